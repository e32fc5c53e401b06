package torch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
)

// Job is one training. Labels lists the class indices of each image, exactly one unless Multi; Groups (nil: every image its own)
// names the images that must stay on one side of every split.
type Job struct {
	Folder    string // for files of this run alone; made where it is missing, and left to the caller to remove
	Host      Host
	Processes int    // one for each GPU; 0 for as many as there are, one without
	Device    string // cpu, cuda, or empty for a GPU where there is one
	Backbone  []byte // ONNX: an image [1,3,S,S] in, an embedding [1,D] out
	Classes   []string
	Labels    [][]int
	Multi     bool
	Groups    []int
	Image     func(ctx context.Context, i int) ([]byte, error) // the bytes of an image file
	Metadata  []onnx.Property                                  // of the model, beside the backbone's
	Recipe    Recipe
	// Checkpoint is what KeepCheckpoint was given before, to go on from there; nil to begin. KeepCheckpoint may be nil; the newest one
	// then lies in Folder only.
	Checkpoint     io.Reader
	KeepCheckpoint func(ctx context.Context, r io.Reader) error
	// Silence is how long the trainer may say nothing before it counts as hung, 0 for ten minutes; Grace how long it may take to
	// write a checkpoint when it is asked to stop, 0 for 20 seconds.
	Silence, Grace time.Duration
	Log            *slog.Logger // nil for none

	command []string // in tests: runs instead of the trainer
}

// Result of a training. Model is the whole network as ONNX, image in, class probabilities out, calibrated. Scores are
// Irum's own engine's with Model on the images Held, which were not learnt from and did not say when to stop.
type Result struct {
	Model     []byte
	Head      *train.Head
	Held      []int
	Scores    [][]float64
	Taught    int // images that were learnt from
	Hello     Hello
	Course    []Epoch
	Epochs    int
	BestEpoch int    // whose weights Model has; 0: the network as it was, with a head
	Reason    string // epochs, or early: the images that say when to stop stood still
}

// Train runs j. tell gets *Hello, *Progress, *Epoch, *Checkpoint and Phase, from one goroutine at a time; it may be nil. When ctx
// ends the trainer writes a checkpoint, which is kept, and stops.
func Train(ctx context.Context, j Job, tell func(message any)) (*Result, error) {
	if tell == nil {
		tell = func(any) {}
	}
	t := &training{Job: j, tell: tell, result: &Result{}}
	if t.Log == nil {
		t.Log = slog.New(slog.DiscardHandler)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	var err error
	if t.net, err = readNetwork(j.Backbone); err != nil {
		return nil, err
	}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	d, err := t.learn(ctx)
	if err != nil {
		return nil, err
	}
	t.result.Epochs, t.result.BestEpoch, t.result.Reason = d.Epochs, d.BestEpoch, d.Reason
	if err := t.finish(ctx, d.Result); err != nil {
		return nil, err
	}
	return t.result, nil
}

// Phase is told when something else begins than epochs: prepare, evaluate. Done and Total count images.
type Phase struct {
	Name        string
	Done, Total int
}

// training is a Job at work.
type training struct {
	Job
	tell   func(any)
	net    *network
	teach  []int
	tune   []int
	result *Result
}

func (t *training) check() error {
	if len(t.Labels) == 0 || len(t.Classes) == 0 || t.Image == nil {
		return errors.New("there is nothing to train on")
	}
	if t.Groups != nil && len(t.Groups) != len(t.Labels) {
		return fmt.Errorf("%d groups for %d images", len(t.Groups), len(t.Labels))
	}
	for i, list := range t.Labels {
		if !t.Multi && len(list) != 1 {
			return fmt.Errorf("image %d has %d classes instead of one", i+1, len(list))
		}
		for _, c := range list {
			if c < 0 || c >= len(t.Classes) {
				return fmt.Errorf("image %d has class %d of %d", i+1, c, len(t.Classes))
			}
		}
	}
	if t.Recipe.ClassWeights == nil {
		t.Recipe.ClassWeights = []float64{}
	}
	if t.Recipe.Augment.Crop == 0 {
		t.Recipe.Augment.Crop = 1
	}
	if t.Processes == 0 {
		t.Processes = max(len(t.Host.Devices), 1)
	}
	return t.Recipe.check(len(t.Classes))
}

// prepare parts the images and writes everything that the trainer reads.
func (t *training) prepare(ctx context.Context) error {
	t.teach, t.tune, t.result.Held = split(t.Labels, t.Groups, len(t.Classes), t.Recipe.Seed)
	t.result.Taught = len(t.teach)
	if err := t.learnable(); err != nil {
		return err
	}
	if err := os.MkdirAll(t.Folder, 0o700); err != nil {
		return fmt.Errorf("make the training's folder: %w", err)
	}
	order := append(append([]int{}, t.teach...), t.tune...)
	t.tell(Phase{"prepare", 0, len(order)})
	gate := make(chan struct{}, 1) // tell is called by one at a time
	err := writeImages(ctx, t.file(imagesFile), order, t.net.size, t.Image, func(done int) {
		gate <- struct{}{}
		t.tell(Phase{"prepare", done, len(order)})
		<-gate
	})
	if err != nil {
		return err
	}
	if err := writeLabels(t.file(labelsFile), order, t.Labels, len(t.Classes)); err != nil {
		return fmt.Errorf("keep the labels: %w", err)
	}
	for name, data := range map[string][]byte{networkFile: t.net.text, weightsFile: t.net.weights()} {
		if err := os.WriteFile(t.file(name), data, 0o600); err != nil {
			return fmt.Errorf("keep the network: %w", err)
		}
	}
	if t.Checkpoint != nil {
		return writeCheckpoint(t.file(checkpointFile), t.Checkpoint)
	}
	return nil
}

// SplitError says why images cannot be parted into those that teach and those that measure.
type SplitError struct{ Reason string }

// Error implements error.
func (e *SplitError) Error() string { return e.Reason }

// learnable refuses a split in which nothing teaches a class, or nothing measures.
func (t *training) learnable() error {
	if len(t.tune) == 0 || len(t.result.Held) == 0 {
		return &SplitError{fmt.Sprintf("The %d images are too few, or near-duplicates of each other: nothing is left to hold out. Label others.", len(t.Labels))}
	}
	seen := make([]bool, len(t.Classes))
	for _, i := range t.teach {
		for _, c := range t.Labels[i] {
			seen[c] = true
		}
	}
	for c, s := range seen {
		if !s {
			return &SplitError{fmt.Sprintf("The images of the class %q are too few, or near-duplicates of each other: nothing of it is left to learn from. Label more of it.", t.Classes[c])}
		}
	}
	return nil
}

func (t *training) file(name string) string { return filepath.Join(t.Folder, name) }

// learn runs the trainer.
func (t *training) learn(ctx context.Context) (*done, error) {
	p := &process{
		env: t.environment(), silence: orDefault(t.Silence, 10*time.Minute), grace: orDefault(t.Grace, 20*time.Second),
		tell: func(m any) { t.hear(ctx, m) },
	}
	command, err := t.commandLine()
	if err != nil {
		return nil, err
	}
	p.path, p.args = command[0], command[1:]
	folder, err := filepath.Abs(t.Folder)
	if err != nil {
		return nil, err
	}
	device := t.Device
	if device == "" {
		device = "auto"
	}
	return p.run(ctx, start{Irum: protocolVersion, Type: "start", Run: run{
		Folder: folder, Network: networkFile, Weights: weightsFile, Images: imagesFile, Labels: labelsFile, Result: resultFile,
		Checkpoint: checkpointFile, Resume: t.Checkpoint != nil, Device: device, Processes: t.Processes, Train: len(t.teach), Tune: len(t.tune),
		Classes: len(t.Classes), Multi: t.Multi, Recipe: t.Recipe,
	}})
}

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// commandLine is how the trainer is started.
func (t *training) commandLine() ([]string, error) {
	if t.command != nil {
		return t.command, nil
	}
	main, err := unpack(t.Folder)
	if err != nil {
		return nil, err
	}
	return []string{t.Host.Python, "-u", main}, nil
}

func (t *training) environment() []string {
	more := []string{"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"}
	if t.Recipe.Deterministic {
		more = append(more, "CUBLAS_WORKSPACE_CONFIG=:4096:8")
	}
	if t.Processes > 1 {
		more = append(more, fmt.Sprintf("OMP_NUM_THREADS=%d", max(runtime.NumCPU()/t.Processes, 1)))
	}
	return environment(os.Environ(), more)
}

// hear passes a message on, and keeps checkpoints.
func (t *training) hear(ctx context.Context, message any) {
	switch m := message.(type) {
	case *Hello:
		t.result.Hello = *m
	case *Epoch:
		t.result.Course = append(t.result.Course, *m)
	case *Checkpoint:
		t.keep(ctx)
	}
	t.tell(message)
}

// keep hands the newest checkpoint on. It is done even when the training was just asked to stop; a failure only costs time later.
func (t *training) keep(ctx context.Context) {
	if t.KeepCheckpoint == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orDefault(t.Grace, 20*time.Second))
	defer cancel()
	f, err := os.Open(t.file(checkpointFile))
	if err == nil {
		err = t.KeepCheckpoint(ctx, f)
		_ = f.Close()
	}
	if err != nil {
		t.Log.Warn("a checkpoint of a training could not be kept", "error", err)
	}
}
