package autolabel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestCancelGivesTheCreditsBack(t *testing.T) {
	h := newHost(t)
	h.config.Engine = newGated(h.config.Engine, 7)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 5, 0)
	export := h.export(t, p.ID)
	j := must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID}))
	if h.balance(t) >= store.FirstGrant {
		t.Error("nothing was reserved")
	}
	j = until(t, s, j, func(j domain.Job) bool { return j.Done == 5 }) // the estimate took 2 of the 7
	if j.State != domain.JobRunning || j.Phase != "embed" || j.Total != 13 || j.SecondsETA <= 0 {
		t.Errorf("under way: %+v", j)
	}
	waiting := must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID}))
	if now := must[domain.Job](t)(s.Job(ctx, waiting.ID)); now.State != domain.JobQueued {
		t.Errorf("the second training is %s while the first runs", now.State)
	}
	for _, id := range []string{waiting.ID, j.ID} { // one that waits, one that runs
		if got := must[domain.Job](t)(s.Cancel(ctx, id)); got.State != domain.JobCancelled || got.EndedAt.IsZero() {
			t.Errorf("cancelled: %+v", got)
		}
	}
	if h.balance(t) != store.FirstGrant {
		t.Errorf("balance %d after the cancel", h.balance(t))
	}
	if kept := must[domain.Job](t)(h.st.Job(ctx, j.ID)); kept.State != domain.JobCancelled {
		t.Errorf("kept as %s", kept.State)
	}
	if n := len(must[[]store.ModelRecord](t)(h.st.Models(ctx, p.ID))); n != 0 {
		t.Errorf("%d models of cancelled trainings", n)
	}
	if e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: export.ID})); e.ToEmbed != 8 {
		t.Errorf("%d images to embed: those that were computed before the cancel should be kept", e.ToEmbed)
	}
	if again := must[domain.Job](t)(s.Cancel(ctx, j.ID)); again.State != domain.JobCancelled {
		t.Errorf("cancelled again: %+v", again)
	}
	_, err := s.Cancel(ctx, "x")
	wantCode(t, err, domain.CodeNotFound)
}

func TestJobsOfAnEarlierProcessFailAndAreRefunded(t *testing.T) {
	h := newHost(t)
	p := h.project(t, domain.TaskSingle, 3, 0)
	for i, state := range []domain.JobState{domain.JobQueued, domain.JobRunning, domain.JobDone} {
		j := domain.Job{ID: string(state), ProjectID: p.ID, Kind: "train", State: state, CreatedAt: time.Now()}
		if err := h.st.SaveJob(ctx, j); err != nil {
			t.Fatal(err)
		}
		if err := h.st.Reserve(ctx, j.ID, int64(10+i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.st.Settle(ctx, "done", 12); err != nil {
		t.Fatal(err)
	}
	s := h.open(t)
	for id, want := range map[string]domain.JobState{"queued": domain.JobFailed, "running": domain.JobFailed, "done": domain.JobDone} {
		j := must[domain.Job](t)(s.Job(ctx, id))
		if j.State != want || (want == domain.JobFailed) != strings.Contains(j.Error, "start it again") {
			t.Errorf("job %s is %s: %q", id, j.State, j.Error)
		}
	}
	if got := h.balance(t); got != store.FirstGrant-12 {
		t.Errorf("balance %d, only the finished job's 12 credits should be gone", got)
	}
}

func TestCloseCancelsAndRefuses(t *testing.T) {
	h := newHost(t)
	h.config.Engine = newGated(h.config.Engine, 3)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 5, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID}
	j := must[domain.Job](t)(s.Train(ctx, p.ID, request))
	until(t, s, j, func(j domain.Job) bool { return j.State == domain.JobRunning })
	s.Close()
	if kept := must[domain.Job](t)(h.st.Job(ctx, j.ID)); kept.State != domain.JobCancelled {
		t.Errorf("the job is %s after closing", kept.State)
	}
	if h.balance(t) != store.FirstGrant {
		t.Errorf("balance %d after closing", h.balance(t))
	}
	_, err := s.Train(ctx, p.ID, request)
	wantCode(t, err, domain.CodeUnavailable)
	if h.balance(t) != store.FirstGrant {
		t.Errorf("balance %d after a refused job", h.balance(t))
	}
}

func TestWithoutCreditsNothingStarts(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID}
	if err := h.st.Reserve(ctx, "other", store.FirstGrant); err != nil {
		t.Fatal(err)
	}
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, request))
	if e.Balance != 0 || !slices.Contains(e.Warnings, "no_credits") {
		t.Errorf("estimate %+v", e)
	}
	_, err := s.Train(ctx, p.ID, request)
	wantCode(t, err, domain.CodeNoCredits)
	if n := len(must[[]domain.Job](t)(s.Jobs(ctx, p.ID))); n != 0 {
		t.Errorf("%d jobs", n)
	}
}

func TestUnreadableImageIsNamed(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 1)
	export := h.export(t, p.ID)
	model := h.train(t, s, p.ID)
	for _, a := range h.assets(t, p.ID) {
		if a.Name == "blue/003.png" { // it is not labelled, so it was never embedded
			if err := h.blobs.Delete(ctx, a.SHA256); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = export
	j := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, model.ID, domain.ApplyRequest{})))
	if j.Apply.Labelled != 2 || j.Apply.Skipped != 1 {
		t.Errorf("apply with a lost image: %+v", j.Apply)
	}
	w := store.LabelWrite{}
	for _, a := range h.assets(t, p.ID) {
		if a.Name == "blue/003.png" {
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human("blue")})
		}
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	j = wait(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: h.export(t, p.ID).ID})))
	if j.State != domain.JobFailed || !strings.Contains(j.Error, "blue/003.png") {
		t.Errorf("training with a lost image ended as %s: %s", j.State, j.Error)
	}
}
