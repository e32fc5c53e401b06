package autolabel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/autolabel"
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
		j := domain.Job{ID: string(state), ProjectID: p.ID, Workspace: p.Workspace, Kind: "train", State: state, CreatedAt: time.Now()}
		if err := h.st.AddJob(ctx, store.JobRecord{Job: j, Request: "{}"}, int64(10+i), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.st.Settle(ctx, "done", 12); err != nil {
		t.Fatal(err)
	}
	s := h.open(t)
	for id, want := range map[string]domain.JobState{"queued": domain.JobFailed, "running": domain.JobFailed, "done": domain.JobDone} {
		j := must[domain.Job](t)(s.Job(ctx, id))
		if j.State != want || (want == domain.JobFailed) != strings.Contains(j.Error, "start it again") || (want == domain.JobFailed) != (j.Code == domain.JobInterrupted) {
			t.Errorf("job %s is %s: %q", id, j.State, j.Error)
		}
	}
	if got := h.balance(t); got != store.FirstGrant-12 {
		t.Errorf("balance %d, only the finished job's 12 credits should be gone", got)
	}
}

// TestJobsOfAnEarlierProcessGoOn wants jobs that a process left, closed or killed, to end well in the next one, and to be paid once.
func TestJobsOfAnEarlierProcessGoOn(t *testing.T) {
	h := newHost(t)
	h.config.Repeat = true
	engine := h.config.Engine
	h.config.Engine = newGated(engine, 6)
	first := must[*autolabel.Service](t)(autolabel.New(ctx, h.config))
	p := h.project(t, domain.TaskSingle, 5, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID}
	running := must[domain.Job](t)(first.Train(ctx, p.ID, request))
	waiting := must[domain.Job](t)(first.Train(ctx, p.ID, request))
	until(t, first, running, func(j domain.Job) bool { return j.State == domain.JobRunning && j.Done > 0 })
	first.Close()
	if kept := must[domain.Job](t)(h.st.Job(ctx, running.ID)); kept.State != domain.JobQueued || kept.Starts != 1 {
		t.Errorf("after closing the job is %+v", kept)
	}
	if h.balance(t) >= store.FirstGrant {
		t.Error("the reservation is gone after closing")
	}
	_, err := first.Train(ctx, p.ID, request)
	wantCode(t, err, domain.CodeUnavailable)
	if _, _, err := h.st.ClaimJob(ctx, "", "", "killed", 0); err != nil { // as a process that is killed while it runs leaves it
		t.Fatal(err)
	}
	h.config.Engine = engine
	second := h.open(t)
	if j := must[domain.Job](t)(second.Job(ctx, running.ID)); j.State != domain.JobQueued {
		t.Errorf("before the second process works the job is %+v", j)
	}
	second.Work()
	paid := int64(0)
	for _, id := range []string{running.ID, waiting.ID} {
		j := done(t, second, domain.Job{ID: id})
		m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID))
		paid += m.Credits
		if id == running.ID && j.Starts != 3 || j.Seconds <= 0 {
			t.Errorf("it ended as %+v", j)
		}
	}
	if got := h.balance(t); got != store.FirstGrant-paid {
		t.Errorf("balance %d, want %d", got, store.FirstGrant-paid)
	}
	if list := must[[]store.ModelRecord](t)(h.st.Models(ctx, p.ID)); len(list) != 2 {
		t.Errorf("%d models of 2 trainings", len(list))
	}
}

// TestJobThatKillsItsProcessIsGivenUp wants a job that never survives to fail after a few tries, and its credits back.
func TestJobThatKillsItsProcessIsGivenUp(t *testing.T) {
	h := newHost(t)
	h.config.Repeat = true
	p := h.project(t, domain.TaskSingle, 3, 0)
	j := domain.Job{ID: "j", ProjectID: p.ID, Workspace: p.Workspace, Kind: "train", State: domain.JobQueued, CreatedAt: time.Now()}
	if err := h.st.AddJob(ctx, store.JobRecord{Job: j, Request: "{}"}, 10, 0); err != nil {
		t.Fatal(err)
	}
	for run := 1; run <= 3; run++ {
		if _, ok, err := h.st.ClaimJob(ctx, "", "", store.NewID(), 0); err != nil || !ok {
			t.Fatalf("run %d: %v %v", run, ok, err)
		}
		must[*autolabel.Service](t)(autolabel.New(ctx, h.config)).Close()
	}
	if j := must[domain.Job](t)(h.st.Job(ctx, "j")); j.State != domain.JobFailed || j.Code != domain.JobLost || j.Error == "" {
		t.Errorf("it ended as %+v", j)
	}
	if h.balance(t) != store.FirstGrant {
		t.Errorf("balance %d", h.balance(t))
	}
}

// TestPublishedTrainingIsOnlySettled wants a training whose process died after its model was kept to end with that one.
func TestPublishedTrainingIsOnlySettled(t *testing.T) {
	h := newHost(t)
	h.config.Repeat = true
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 0)
	paused := must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: h.export(t, p.ID).ID}))
	j := done(t, s, paused)
	m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID))
	if m.ID != j.ID {
		t.Fatalf("the model is %s, the job %s", m.ID, j.ID)
	}
	again := domain.Job{ID: "again", ProjectID: p.ID, Workspace: p.Workspace, Kind: "train", State: domain.JobQueued, CreatedAt: time.Now()}
	m.ID, m.Credits = "again", 3
	must[store.ModelRecord](t)(h.st.SaveModel(ctx, m))
	before := h.balance(t)
	if err := h.st.AddJob(ctx, store.JobRecord{Job: again, Request: `{"credits":9,"train":{"export":"gone"}}`}, 9, 0); err != nil {
		t.Fatal(err)
	}
	s.Work()
	if j := done(t, s, again); j.ModelID != "again" {
		t.Errorf("it ended as %+v", j)
	}
	if got := h.balance(t); got != before-3 {
		t.Errorf("balance %d, want %d", got, before-3)
	}
}

func TestPauseKeepsTheReservation(t *testing.T) {
	h := newHost(t)
	gate := newGated(h.config.Engine, 6)
	h.config.Engine = gate
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 5, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID}
	running := must[domain.Job](t)(s.Train(ctx, p.ID, request))
	waiting := must[domain.Job](t)(s.Train(ctx, p.ID, request))
	until(t, s, running, func(j domain.Job) bool { return j.State == domain.JobRunning && j.Done > 0 })
	reserved := h.balance(t)
	for _, id := range []string{waiting.ID, running.ID} {
		if j := must[domain.Job](t)(s.Pause(ctx, id)); j.State != domain.JobPaused || !j.EndedAt.IsZero() {
			t.Errorf("paused: %+v", j)
		}
	}
	if h.balance(t) != reserved {
		t.Errorf("balance %d after the pause, %d before", h.balance(t), reserved)
	}
	if j := must[domain.Job](t)(s.Cancel(ctx, waiting.ID)); j.State != domain.JobCancelled {
		t.Errorf("cancelled while it was paused: %+v", j)
	}
	close(gate.free)
	if j := done(t, s, must[domain.Job](t)(s.Resume(ctx, running.ID))); j.Starts != 2 {
		t.Errorf("resumed: %+v", j)
	}
	_, err := s.Pause(ctx, running.ID)
	wantCode(t, err, domain.CodeConflict)
	_, err = s.Resume(ctx, running.ID)
	wantCode(t, err, domain.CodeConflict)
}

func TestWithoutCreditsNothingStarts(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID}
	if err := h.st.Reserve(ctx, "other", store.FirstGrant); err != nil { // what another job has
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
