package autolabel_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
)

// TestTrainingGoesOnFromItsCheckpoint wants no epoch to be run twice when a training is closed in the middle, and its checkpoints
// to be there as long as they are needed, and no longer.
func TestTrainingGoesOnFromItsCheckpoint(t *testing.T) {
	h := newHost(t)
	gate, run := make(chan struct{}, 20), atomic.Int64{}
	trainer := &servetest.Epochs{Before: func(ctx context.Context, _ string, _ int) error {
		select {
		case <-gate:
			run.Add(1)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
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
		gate <- struct{}{}
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
	close(gate)
	second := h.open(t)
	second.Work()
	j = done(t, second, j)
	if j.Starts != 2 || run.Load() != 10 {
		t.Errorf("%d epochs were run of 10: %+v", run.Load(), j)
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

// TestEstimatesSayWhatTheyStandOn: a full training is guessed at until one has run.
func TestEstimatesSayWhatTheyStandOn(t *testing.T) {
	h := newHost(t)
	h.config.Labels, h.config.Trainer = []string{domain.LabelGPU}, &servetest.Epochs{Before: func(context.Context, string, int) error { return nil }}
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 0)
	r := domain.TrainRequest{ExportID: h.export(t, p.ID).ID, Level: "full"}
	guess := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, r))
	head := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: r.ExportID}))
	done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, r)))
	after := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, r))
	if guess.Basis != "guess" || head.Basis != "measured" || after.Basis != "earlier" || after.Seconds == guess.Seconds {
		t.Errorf("before %+v, after %+v; a head %+v", guess, after, head)
	}
}
