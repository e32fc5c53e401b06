// Package tuning trains networks on this host's processor for package autolabel: their last blocks, all of them, or a small one from
// nothing, as package tune does it. It is native only: browsers train heads.
package tuning

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/tune/augment"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

const (
	// heldShare of the images are not learnt from: they say when to stop, and how good the model is.
	heldShare = 0.2
	// mapMemory bounds the maps of a training of the last blocks, in bytes.
	mapMemory = 1 << 30
)

// Options of a Trainer. The zero value is the default.
type Options struct {
	Threads int          // that compute; 0 for as many as there are
	Epochs  int          // at most; 0 for what suits the depth and the number of images
	Log     *slog.Logger // nil for none
}

// Trainer implements autolabel.Tuner.
type Trainer struct{ Options }

// New gives a trainer.
func New(o Options) *Trainer {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Trainer{o}
}

// defaults are the options of a training at a depth.
func (t *Trainer) defaults(depth tune.Depth, images int) tune.Options {
	o := tune.Defaults(depth, images)
	o.Threads = t.Threads
	if t.Epochs > 0 {
		o.Epochs = min(o.Epochs, t.Epochs)
	}
	return o
}

// Train implements autolabel.Trainer. It goes on from the checkpoint that an earlier run kept; where that does not fit it begins anew.
func (t *Trainer) Train(ctx context.Context, r *autolabel.Run) (autolabel.Trained, error) {
	r.Expect(0)
	m, o, rival, err := t.prepare(ctx, r)
	if err != nil {
		return autolabel.Trained{}, err
	}
	if o.Resume, err = kept(ctx, r); err != nil {
		return autolabel.Trained{}, err
	}
	m.Mapped = func(done, total int) { r.Progress("maps", done, total) }
	o.Stop = ctx.Done()
	o.Save = func(ctx context.Context, data []byte) error { return r.KeepCheckpoint(ctx, bytes.NewReader(data)) }
	var known int
	o.Progress = func(p tune.Progress) {
		r.Progress("tune", p.Step, p.Steps)
		if len(p.History) != known {
			known = len(p.History)
			r.Course(course(p.History, o.Epochs))
		}
	}
	tuned, err := m.Train(ctx, o)
	if errors.Is(err, tune.ErrCheckpoint) {
		t.Log.WarnContext(ctx, "a training begins anew", "job", r.Job(), "error", err)
		o.Resume = nil
		tuned, err = m.Train(ctx, o)
	}
	if err != nil {
		if ctx.Err() != nil {
			return autolabel.Trained{}, context.Cause(ctx)
		}
		return autolabel.Trained{}, err
	}
	last := course(tuned.History, o.Epochs)
	last.Best, last.Learnt = tuned.Best, len(m.Labels)-len(tuned.Held)
	tuned.Network.SetMeta("irum.level", r.Request().Level)
	beside := beside(r, rival, tuned.Result)
	return autolabel.Trained{
		Model: onnx.Write(tuned.Network), Head: tuned.Head, Evaluation: &train.Evaluation{Scores: tuned.Scores}, Held: tuned.Held, Course: &last,
		Compared: &beside,
	}, nil
}

// kept reads the checkpoint of an earlier run, nil when there is none.
func kept(ctx context.Context, r *autolabel.Run) ([]byte, error) {
	f, err := r.Checkpoint(ctx)
	if err != nil || f == nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint: %w", err)
	}
	return data, nil
}

// course is the history of a training, as people see it.
func course(history []tune.Epoch, epochs int) domain.Course {
	c := domain.Course{Epochs: epochs}
	for _, e := range history {
		c.Points = append(c.Points, domain.CoursePoint{Learnt: e.Learnt, Loss: e.Loss, Accuracy: e.Accuracy})
	}
	return c
}

// prepare splits the images and fits the head that the training begins with, and the one that it has to be better than, on those that are
// learnt from.
func (t *Trainer) prepare(ctx context.Context, r *autolabel.Run) (*tune.Model, tune.Options, *train.Head, error) {
	depth := tune.Depth(r.Request().Level)
	groups, err := r.Groups(ctx)
	if err != nil {
		return nil, tune.Options{}, nil, err
	}
	m := &tune.Model{Depth: depth, Labels: r.Labels(), Groups: groups, Threads: t.Threads, Memory: mapMemory}
	for _, c := range r.Classes() {
		m.Names = append(m.Names, c.Name)
	}
	d := tune.Data{Labels: m.Labels, Classes: len(m.Names), Multi: r.Multi(), Groups: groups}
	o := t.defaults(depth, len(m.Labels))
	o.Seed = r.Request().Seed
	o.Held = tune.Split(d, heldShare, o.Seed)
	rival, err := t.start(ctx, r, m, d, o.Held)
	if err == nil {
		err = t.enlarge(ctx, r, sideOf(m.Backbone), &o, &m.Pixels.Augment)
	}
	return m, o, rival, err
}

// start gives the network and the head that the training begins with, and the head that it has to be better than.
func (t *Trainer) start(ctx context.Context, r *autolabel.Run, m *tune.Model, d tune.Data, held []bool) (rival *train.Head, err error) {
	fit := func(vectors [][]float32) (*train.Head, error) {
		learn := train.Dataset{D: len(vectors[0]), Classes: d.Classes, Multi: d.Multi}
		for i, v := range vectors {
			if !held[i] {
				learn.N++
				learn.X, learn.Labels, learn.Groups = append(learn.X, v...), append(learn.Labels, d.Labels[i]), append(learn.Groups, d.Groups[i])
			}
		}
		h, _, err := train.Fit(ctx, learn, train.Options{Seed: r.Request().Seed}, func(done, total int) { r.Progress("train", done, total) })
		if err != nil && ctx.Err() == nil {
			err = domain.Errorf(domain.CodeInvalid, "There are too few images to hold some out for the test: %v. Label more, or train at the level head.", err).In("export")
		}
		return h, err
	}
	if rival, err = fit(r.Vectors()); err != nil {
		return nil, err
	}
	if m.Backbone, err = network(ctx, r); err != nil {
		return nil, err
	}
	m.Pixels = newPictures(r, held, sideOf(m.Backbone)).pixels(m.Depth)
	if m.Depth == tune.Scratch {
		dim, err := dimOf(m.Backbone)
		m.Head = tune.Untrained(dim, d.Classes, d.Multi)
		return rival, err
	}
	m.Head = rival
	if own, _, err := r.Backbone(ctx); err != nil || sideOf(m.Backbone) == sideOf(own) {
		return rival, err
	}
	vectors, err := tune.Vectors(ctx, m.Backbone, m.Pixels, t.Threads, func(done int) { r.Progress("maps", done, len(held)) })
	if err != nil {
		return nil, err
	}
	m.Head, err = fit(vectors)
	return rival, err
}

// enlarge adapts the options of a training of the whole network at a smaller side than its own.
func (t *Trainer) enlarge(ctx context.Context, r *autolabel.Run, side int, o *tune.Options, a *augment.Options) error {
	if tune.Depth(r.Request().Level) != tune.Whole {
		return nil
	}
	own, _, err := r.Backbone(ctx)
	if err != nil || sideOf(own) == side {
		return err
	}
	tune.Enlarge(o, a)
	if t.Epochs > 0 {
		o.Epochs = min(o.Epochs, t.Epochs)
	}
	return nil
}

// network is what a run trains, without a head: its backbone, for small images at a smaller size where it can be, or for the level scratch a
// network that knows nothing.
func network(ctx context.Context, r *autolabel.Run) ([]byte, error) {
	if tune.Depth(r.Request().Level) == tune.Scratch {
		side, width := small(r.Images())
		return onnx.Write(tune.ResNet(side, width, r.Request().Seed)), nil
	}
	backbone, _, err := r.Backbone(ctx)
	if err != nil {
		return nil, err
	}
	var sides []int
	for _, a := range r.Images() {
		sides = append(sides, max(a.Width, a.Height))
	}
	own := sideOf(backbone)
	side := tune.Side(own, sides)
	if side == own {
		return backbone, nil
	}
	if resized, err := tune.Resized(backbone, side); err == nil {
		return resized, nil
	}
	return backbone, nil // one that takes images of its own size only
}

// small is the size of the network that learns from scratch, by the size of the images: pixels and channels.
func small(images []domain.Asset) (side, width int) {
	const channels = 16 // He et al. 2016, for CIFAR
	tiny := 0
	for _, a := range images {
		if min(a.Width, a.Height) <= 48 {
			tiny++
		}
	}
	if 2*tiny > len(images) {
		return 32, channels
	}
	return 64, channels
}

// sideOf is the size of the images that a network takes, in pixels.
func sideOf(backbone []byte) int {
	m, err := onnx.Read(backbone)
	if err != nil || len(m.Graph.Inputs) == 0 {
		return 0
	}
	for _, in := range m.Graph.Inputs {
		if len(in.Dims) == 4 {
			return int(in.Dims[3])
		}
	}
	return 0
}
