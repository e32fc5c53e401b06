package autolabel_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// epochs is a Trainer of ten epochs that keeps a checkpoint after each and waits for a token before each. What it publishes is a
// head on the backbone.
type epochs struct {
	engine autolabel.Engine
	gate   chan struct{}
	run    atomic.Int64 // epochs, over all runs
}

func (e *epochs) Train(ctx context.Context, r *autolabel.Run) (autolabel.Trained, error) {
	var out autolabel.Trained
	done := 0
	kept, err := r.Checkpoint(ctx)
	if err != nil {
		return out, err
	}
	if kept != nil {
		text, err := io.ReadAll(kept)
		if _, scan := fmt.Sscanf(string(text), "epoch %d", &done); err != nil || scan != nil {
			return out, fmt.Errorf("the checkpoint is %q: %w", text, err)
		}
		_ = kept.Close()
	}
	for ; done < 10; done++ {
		r.Progress("train", done, 10)
		select {
		case <-e.gate:
		case <-ctx.Done():
			return out, ctx.Err()
		}
		e.run.Add(1)
		if err := r.KeepCheckpoint(ctx, strings.NewReader(fmt.Sprint("epoch ", done+1))); err != nil {
			return out, err
		}
	}
	return e.publish(ctx, r)
}

func (e *epochs) publish(ctx context.Context, r *autolabel.Run) (out autolabel.Trained, err error) {
	network, sha, err := r.Backbone(ctx)
	if err != nil {
		return out, err
	}
	if _, err := r.Groups(ctx); err != nil {
		return out, err
	}
	d := train.Dataset{N: len(r.Images()), Labels: r.Labels(), Classes: len(r.Classes()), Multi: r.Multi()}
	for i := range r.Images() {
		file, err := r.Image(ctx, i)
		if err != nil {
			return out, err
		}
		v, err := e.engine.Embed(ctx, sha, file)
		if err != nil {
			return out, err
		}
		d.X, d.D = append(d.X, v...), len(v)
	}
	if out.Head, out.Evaluation, err = train.Fit(ctx, d, train.Options{}, func(int, int) {}); err != nil {
		return out, err
	}
	names := make([]string, len(r.Classes()))
	for i, c := range r.Classes() {
		names[i] = c.Name
	}
	out.Model, err = train.AppendHead(network, out.Head, names, onnx.Property{Key: "irum.backbone", Value: sha})
	return out, err
}

// TestTrainingGoesOnFromItsCheckpoint wants no epoch to be run twice when a training is closed in the middle, and its checkpoints
// to be there as long as they are needed, and no longer.
func TestTrainingGoesOnFromItsCheckpoint(t *testing.T) {
	h := newHost(t)
	trainer := &epochs{engine: h.config.Engine, gate: make(chan struct{}, 20)}
	h.config.Repeat, h.config.Labels, h.config.Trainer = true, []string{domain.LabelGPU}, trainer
	first := must[*autolabel.Service](t)(autolabel.New(ctx, h.config))
	p := h.project(t, domain.TaskSingle, 4, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID, Level: "full"}
	before := blobs(t, h.blobs)
	j := must[domain.Job](t)(first.Train(ctx, p.ID, request))
	if j.Label != domain.LabelGPU {
		t.Errorf("the job asks for %q", j.Label)
	}
	for range 4 {
		trainer.gate <- struct{}{}
	}
	until(t, first, j, func(j domain.Job) bool { return j.Phase == "train" && j.Done == 4 })
	first.Close()
	kept := must[store.JobRecord](t)(h.st.JobRecord(ctx, j.ID))
	if kept.State != domain.JobQueued || kept.Checkpoint == "" {
		t.Fatalf("after closing: %+v", kept)
	}
	if named := must[[]string](t)(h.st.ReferencedBlobs(ctx)); !strings.Contains(strings.Join(named, " "), kept.Checkpoint) {
		t.Error("the sweep would take the checkpoint")
	}
	if n := blobs(t, h.blobs) - before; n != 1 {
		t.Errorf("%d checkpoints are kept", n)
	}
	close(trainer.gate)
	second := h.open(t)
	second.Work()
	j = done(t, second, j)
	if j.Starts != 2 || trainer.run.Load() != 10 {
		t.Errorf("%d epochs were run of 10: %+v", trainer.run.Load(), j)
	}
	m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID))
	if m.Level != "full" || m.Metrics.Images != 12 || h.balance(t) != store.FirstGrant-m.Credits {
		t.Errorf("level %s, %d images, balance %d after %d credits", m.Level, m.Metrics.Images, h.balance(t), m.Credits)
	}
	if n := blobs(t, h.blobs) - before; n != 2 {
		t.Errorf("%d blobs are there, a model and its head were made", n)
	}
}

func TestLevelsThatThisHostDoesNotHave(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 3, 0)
	for _, level := range []string{"full", "deep"} {
		_, err := s.Train(ctx, p.ID, domain.TrainRequest{ExportID: h.export(t, p.ID).ID, Level: level})
		wantCode(t, err, domain.CodeUnsupported)
	}
}

func blobs(t *testing.T, b blob.Bucket) (n int) {
	t.Helper()
	for _, err := range b.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
