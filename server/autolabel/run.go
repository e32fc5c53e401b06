package autolabel

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
)

// Trainer trains levels that this package does not run by itself, such as on a GPU.
type Trainer interface {
	// Train makes a model of a run. When ctx ends it stops, keeps a checkpoint if it can, and answers ctx.Err(): the training is
	// called again then, here or on another machine, or never.
	Train(ctx context.Context, r *Run) (Trained, error)
}

// Trained is what a Trainer made: an ONNX file, image in, the embedding and the classes' probabilities out; the head that is its
// last layer, which takes the embedding; and how it did on images that it was not trained on. Held are the indices of the images
// that Evaluation.Scores are of, in that order; nil for all of them. Course is how the training went, or nil.
type Trained struct {
	Model      []byte
	Head       *train.Head
	Evaluation *train.Evaluation
	Held       []int
	Course     *domain.Course
	// Compared says how it did beside a head; nil where that was not measured. Where it is not kept, a head is what is published.
	Compared *domain.Comparison
}

// Tuner trains the levels last, whole and scratch.
type Tuner interface {
	Trainer
	// Estimate tells how long such a training takes on this host, at most. known is what an earlier call for the same level and
	// backbone gave as measured, or empty: then it is measured, which takes a moment. Of r only what was asked for can be used.
	Estimate(ctx context.Context, r *Run, known string) (seconds float64, measured string, err error)
}

// Run is a training under way, as a Trainer sees it. Its methods may be called from many goroutines.
type Run struct {
	t *training
	j *job
}

// Job is the id of the job, the same each time that it is run.
func (r *Run) Job() string { return r.j.state().ID }

// Request is what was asked for.
func (r *Run) Request() domain.TrainRequest { return r.t.plan.request }

// Classes that are to be learnt, in the order of the outputs.
func (r *Run) Classes() []domain.Class { return r.t.plan.classes }

// Images that teach them.
func (r *Run) Images() []domain.Asset { return r.t.plan.assets }

// Labels are the class indices of each image, one where Multi is false.
func (r *Run) Labels() [][]int { return r.t.plan.labels }

// Multi tells whether an image may have several classes or none.
func (r *Run) Multi() bool { return r.t.plan.project.Task == domain.TaskMulti }

// Image gives the file of the i-th image.
func (r *Run) Image(ctx context.Context, i int) ([]byte, error) {
	return r.t.s.readImage(ctx, r.t.plan.assets[i].SHA256)
}

// Backbone gives the network that the training starts from, as ONNX, with the SHA-256 that names it.
func (r *Run) Backbone(ctx context.Context) (data []byte, sha string, err error) {
	data, err = r.t.plan.backbone.data(ctx)
	return data, r.t.plan.backbone.SHA256, err
}

// Groups numbers the images so that near-duplicates have the same number, by the embeddings of the backbone, which are computed
// where they are missing. A split must not part a group.
func (r *Run) Groups(ctx context.Context) ([]int, error) {
	if err := r.t.embed(ctx, r.j); err != nil {
		return nil, err
	}
	r.t.findGroups()
	return r.t.plan.group, nil
}

// Vectors are the images' embeddings by the backbone, after Groups.
func (r *Run) Vectors() [][]float32 { return r.t.vectors }

// Course tells people how the training goes.
func (r *Run) Course(c domain.Course) { r.j.update(func(n *domain.Job) { n.Course = &c }) }

// Progress tells how far a phase is: done of total.
func (r *Run) Progress(phase string, done, total int) { r.j.progress(phase, done, total) }

// Expect says how many seconds the phases after this one are expected to take.
func (r *Run) Expect(seconds float64) { r.j.expect(seconds) }

// Checkpoint opens what an earlier run kept, maybe on another machine; nil when there is nothing. The caller closes it.
func (r *Run) Checkpoint(ctx context.Context) (io.ReadCloser, error) { return r.j.checkpoint(ctx) }

// KeepCheckpoint keeps what the next run goes on from, in place of what was kept before: whole or not at all.
func (r *Run) KeepCheckpoint(ctx context.Context, data io.Reader) error {
	return r.j.keepCheckpoint(ctx, data)
}

// runTrainer trains by Config.Trainer.
func (t *training) runTrainer(ctx context.Context, j *job) error {
	if t.s.cfg.Trainer == nil {
		return fmt.Errorf("this worker offers what the level %q needs, but has nothing to train it with", t.plan.request.Level)
	}
	started, first := time.Now(), j.state().Starts < 2
	err := t.runBy(ctx, j, t.s.cfg.Trainer)
	if err == nil && first { // one that went on from a checkpoint tells too little
		t.s.notePace(context.WithoutCancel(ctx), t.plan, time.Since(started))
	}
	return err
}

// runTuner trains by Config.Tuner.
func (t *training) runTuner(ctx context.Context, j *job) error { return t.runBy(ctx, j, t.s.cfg.Tuner) }

// runBy trains by another package, and publishes what it made.
func (t *training) runBy(ctx context.Context, j *job, by Trainer) error {
	made, err := by.Train(ctx, &Run{t, j})
	if err != nil {
		return err
	}
	if made.Compared != nil && !made.Compared.Kept { // nobody gets a worse model for having waited longer
		t.plan.request.Level, t.compared = levelHead, made.Compared
		return t.runHead(ctx, j)
	}
	j.progress("evaluate", 0, 1)
	seen := t.plan
	if made.Held != nil {
		seen = seen.only(made.Held)
	}
	m, err := t.model(seen, made.Head, made.Evaluation)
	if err != nil {
		return err
	}
	m.Metrics.Course, m.Metrics.Compared = made.Course, made.Compared
	return t.publish(ctx, j, made.Model, made.Head, m)
}
