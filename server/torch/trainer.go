package torch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// rare is how many times rarer than the most frequent class one must be for classes to be weighed.
const rare = 3

// Options of New.
type Options struct {
	Python string       // with PyTorch; empty to look for one
	Device string       // cpu to train without a GPU, which takes long; else empty
	Folder string       // where the pixels of a training lie while it runs; empty for the system's temporary folder
	Log    *slog.Logger // nil for none
}

// Trainer trains whole networks for package autolabel.
type Trainer struct {
	host   Host
	device string
	folder string
	log    *slog.Logger
	recipe func(images int) Recipe
}

// New finds PyTorch. The error says what is missing on this machine and how to install it.
func New(ctx context.Context, o Options) (*Trainer, error) {
	host, err := Find(ctx, o.Python)
	if err != nil {
		return nil, err
	}
	if len(host.Devices) == 0 && o.Device != "cpu" {
		return nil, fmt.Errorf("PyTorch %s of %s sees no GPU: install its build for the GPU and the GPU's driver, or train on the processor, which takes long", host.Torch, host.Python)
	}
	t := &Trainer{host: host, device: o.Device, folder: o.Folder, log: o.Log, recipe: NewRecipe}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	return t, nil
}

// Host is what was found.
func (t *Trainer) Host() Host { return t.host }

// Train implements autolabel.Trainer. It goes on from the checkpoint that an earlier run kept; where that does not fit, as on a machine
// with another number of GPUs, it begins anew.
func (t *Trainer) Train(ctx context.Context, r *autolabel.Run) (autolabel.Trained, error) {
	folder, err := os.MkdirTemp(t.folder, "irum-training-")
	if err != nil {
		return autolabel.Trained{}, fmt.Errorf("make a folder for the training: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	j, err := t.job(ctx, r, filepath.Join(folder, "run"))
	if err != nil {
		return autolabel.Trained{}, err
	}
	kept, err := r.Checkpoint(ctx)
	if err != nil {
		return autolabel.Trained{}, err
	}
	if kept != nil {
		defer func() { _ = kept.Close() }()
		j.Checkpoint = kept
	}
	follow := &following{r: r, course: domain.Course{Epochs: j.Recipe.Epochs, Points: []domain.CoursePoint{}}}
	result, err := Train(ctx, j, follow.tell)
	var failed *TrainerError
	if errors.As(err, &failed) && failed.Code == "checkpoint" && ctx.Err() == nil {
		t.log.WarnContext(ctx, "a training begins anew", "job", r.Job(), "error", err)
		j.Checkpoint = nil
		result, err = Train(ctx, j, follow.tell)
	}
	if err != nil {
		return autolabel.Trained{}, t.explain(ctx, r, err)
	}
	course := follow.course
	course.Best, course.Learnt = result.BestEpoch, result.Taught
	return autolabel.Trained{
		Model: result.Model, Head: result.Head, Evaluation: &train.Evaluation{Scores: result.Scores}, Held: result.Held, Course: &course,
	}, nil
}

// job is the run as this package takes it.
func (t *Trainer) job(ctx context.Context, r *autolabel.Run, folder string) (Job, error) {
	groups, err := r.Groups(ctx)
	if err != nil {
		return Job{}, err
	}
	r.Expect(0)
	backbone, _, err := r.Backbone(ctx)
	if err != nil {
		return Job{}, err
	}
	j := Job{
		Folder: folder, Host: t.host, Device: t.device, Backbone: backbone, Labels: r.Labels(), Multi: r.Multi(), Groups: groups,
		Image: r.Image, Recipe: t.recipe(len(r.Labels())), Log: t.log, Metadata: []onnx.Property{{Key: "irum.level", Value: r.Request().Level}},
		KeepCheckpoint: func(ctx context.Context, data io.Reader) error { return r.KeepCheckpoint(ctx, data) },
	}
	j.Recipe.Seed = r.Request().Seed
	for _, c := range r.Classes() {
		j.Classes = append(j.Classes, c.Name)
	}
	if w := balance(j.Labels, len(j.Classes)); slices.Max(w) > rare*slices.Min(w) {
		j.Recipe.ClassWeights = w
	}
	return j, nil
}

// following shows people how a training goes.
type following struct {
	r      *autolabel.Run
	steps  int
	course domain.Course
}

func (f *following) tell(message any) {
	switch m := message.(type) {
	case Phase:
		f.r.Progress(m.Name, m.Done, m.Total)
	case *Progress:
		f.steps = m.Steps
		f.r.Progress("tune", m.Epoch*m.Steps+m.Step, m.Epochs*m.Steps)
	case *Epoch:
		f.course.Points = append(slices.Clone(f.course.Points), domain.CoursePoint{Learnt: m.TrainLoss, Loss: m.Loss, Accuracy: m.Accuracy})
		f.r.Course(f.course)
		if f.steps > 0 {
			f.r.Progress("tune", m.Epoch*f.steps, m.Epochs*f.steps)
		}
	}
}

// explain turns what went wrong into what people can do about it.
func (t *Trainer) explain(ctx context.Context, r *autolabel.Run, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var image *ImageError
	if errors.As(err, &image) {
		return domain.Errorf(domain.CodeInvalid, "The image %q cannot be read: %v", r.Images()[image.Index].Name, image.Err).In("export")
	}
	var few *SplitError
	if errors.As(err, &few) {
		return domain.Errorf(domain.CodeInvalid, "%s", few.Error()).In("export")
	}
	var failed *TrainerError
	if errors.As(err, &failed) {
		switch failed.Code {
		case "memory":
			return domain.Errorf(domain.CodeUnavailable, "The GPU has too little memory for this training, or others use it.")
		case "diverged":
			return domain.Errorf(domain.CodeInvalid, "The training diverged: its loss is no finite number any more. Check the labels, and train at another level.").In("level")
		}
	}
	return err
}
