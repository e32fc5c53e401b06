package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
)

// TestWorkersShareJobs wants ten trainings to be run by two workers, each once, and paid once.
func TestWorkersShareJobs(t *testing.T) {
	o := newOffice(t)
	c := o.serve(t, "server", false)
	project, request := o.request(t, 3)
	request.Level = "full"
	var ids []string
	for range 10 {
		ids = append(ids, must[domain.Job](t)(c.Train(t.Context(), project, request)).ID)
	}
	var mu sync.Mutex
	begun, here, both := map[string]int{}, map[string]bool{}, make(chan struct{})
	for _, name := range []string{"one", "two"} {
		o.worker(t, name, func(ctx context.Context, job string, epoch int) error {
			mu.Lock()
			if epoch == 0 {
				begun[job]++
			}
			if !here[name] {
				if here[name] = true; len(here) == 2 {
					close(both)
				}
			}
			mu.Unlock()
			select {
			case <-both: // each has one of the jobs
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	by, paid := map[string]int{}, int64(0)
	for _, id := range ids {
		j := done(t, c, id)
		by[j.Worker]++
		mu.Lock()
		if j.Starts != 1 || begun[id] != 1 {
			t.Errorf("%s was begun %d times: %+v", id, begun[id], j)
		}
		mu.Unlock()
		paid += must[store.ModelRecord](t)(o.st.Model(t.Context(), project, j.ModelID)).Credits
	}
	if by["one"]+by["two"] != 10 || by["one"] == 0 || by["two"] == 0 {
		t.Errorf("they were run by %v", by)
	}
	if n := len(must[[]store.ModelRecord](t)(o.st.Models(t.Context(), project))); n != 10 {
		t.Errorf("%d models of 10 trainings", n)
	}
	if got := o.balance(t); got != store.FirstGrant-paid {
		t.Errorf("balance %d, want %d", got, store.FirstGrant-paid)
	}
}

// TestKilledWorker wants a training to go on, on another machine, from the last epoch that was kept when its worker is killed -9;
// and a cancel to reach the process that runs it.
func TestKilledWorker(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	config := childConfig{Name: "first", Gate: filepath.Join(dir, "gate"), Log: filepath.Join(dir, "epochs")}
	if err := os.Mkdir(config.Gate, 0o700); err != nil {
		t.Fatal(err)
	}
	allow := func(epochs ...int) {
		for _, n := range epochs {
			if err := os.WriteFile(filepath.Join(config.Gate, fmt.Sprint(n)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := o.serve(t, "server", true)
	project, request := o.request(t, 4)
	request.Level = "full"
	j := must[domain.Job](t)(c.Train(t.Context(), project, request))
	waits := until(t, c, j.ID, func(j domain.Job) bool { return j.State == domain.JobQueued })
	if waits.Waiting != domain.WaitWorker || waits.Label != domain.LabelGPU {
		t.Errorf("with no gpu: %+v", waits)
	}
	reserved := o.balance(t)
	allow(0, 1, 2)
	first := o.start(t, config)
	config.reached(t, 3)
	running := must[domain.Job](t)(c.Job(t.Context(), j.ID))
	if running.Worker != "first" || running.State != domain.JobRunning || running.Total != 10 {
		t.Errorf("running: %+v", running)
	}
	kill(first)
	if got := o.balance(t); got != reserved {
		t.Errorf("balance %d after the kill, %d before", got, reserved)
	}
	config.Name = "second"
	o.start(t, config)
	resumed := until(t, c, j.ID, func(j domain.Job) bool { return j.Starts == 2 && j.Done == 3 })
	if resumed.Worker != "second" {
		t.Errorf("resumed: %+v", resumed)
	}
	second := must[domain.Job](t)(c.Train(t.Context(), project, request)) // waits for its turn
	allow(3, 4, 5, 6, 7, 8, 9)
	ended := done(t, c, j.ID)
	var want []string
	for n := range 10 {
		want = append(want, fmt.Sprintf("%s/%d/%s", j.ID, n, map[bool]string{true: "first", false: "second"}[n < 3]))
	}
	if got := lines(t, config.Log); !slices.Equal(got[:10], want) {
		t.Errorf("the epochs were\n%s", strings.Join(got, "\n"))
	}
	paid := must[store.ModelRecord](t)(o.st.Model(t.Context(), project, ended.ModelID)).Credits
	done(t, c, second.ID)
	paid += must[store.ModelRecord](t)(o.st.Model(t.Context(), project, second.ID)).Credits
	if got := o.balance(t); got != store.FirstGrant-paid {
		t.Errorf("balance %d, want %d", got, store.FirstGrant-paid)
	}
	if err := os.RemoveAll(filepath.Join(config.Gate, "2")); err != nil {
		t.Fatal(err)
	}
	third := must[domain.Job](t)(c.Train(t.Context(), project, request))
	until(t, c, third.ID, func(j domain.Job) bool { return j.State == domain.JobRunning && j.Total == 10 })
	if j := must[domain.Job](t)(c.CancelJob(t.Context(), third.ID)); j.State != domain.JobCancelled && j.State != domain.JobRunning {
		t.Errorf("cancelled: %+v", j)
	}
	until(t, c, third.ID, func(j domain.Job) bool { return j.State == domain.JobCancelled })
	if got := o.balance(t); got != store.FirstGrant-paid {
		t.Errorf("balance %d after the cancel, want %d", got, store.FirstGrant-paid)
	}
}

// TestTwoServers wants servers of one Postgres to leave each other's jobs and blobs alone, to tell the same of them, and a worker
// that stops to hand its job back.
func TestTwoServers(t *testing.T) {
	o := newOffice(t)
	one := o.serve(t, "one", false)
	project, request := o.request(t, 3)
	queued := must[domain.Job](t)(one.Train(t.Context(), project, request))
	put := must[string](t)(o.tr.Blobs.PutBytes(t.Context(), []byte("an upload that has not been named yet")))
	two := o.serve(t, "two", false)
	if j := must[domain.Job](t)(two.Job(t.Context(), queued.ID)); j.State != domain.JobQueued {
		t.Errorf("after another server was opened the job is %+v", j)
	}
	if _, err := o.tr.Blobs.Stat(t.Context(), put); err != nil {
		t.Errorf("the other server swept a blob that was just put: %v", err)
	}
	if j := must[domain.Job](t)(two.PauseJob(t.Context(), queued.ID)); j.State != domain.JobPaused {
		t.Errorf("paused by the other server: %+v", j)
	}
	must[domain.Job](t)(two.ResumeJob(t.Context(), queued.ID))
	three := o.serve(t, "three", true)
	if j := done(t, one, queued.ID); j.Worker != "three" {
		t.Errorf("it was run by %q", j.Worker)
	}
	list := must[[]domain.Job](t)(three.Jobs(t.Context(), project))
	if len(list) != 1 || list[0].State != domain.JobDone || list[0].ModelID == "" {
		t.Errorf("the third server tells %+v", list)
	}
	_, err := serve.OpenWorker(t.Context(), serve.WorkerConfig{DB: o.url, Blobs: t.TempDir(), Backbone: servetest.Backbone})
	if err == nil || domain.AsProblem(err).Field != "blobs" || !strings.Contains(err.Error(), "--blobs") {
		t.Errorf("a worker with another folder: %v", err)
	}
}
