package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// record is a job that waits, made so many milliseconds after the others.
func record(p domain.Project, id string, after int) store.JobRecord {
	return store.JobRecord{Request: "{}", Job: domain.Job{
		ID: id, ProjectID: p.ID, Workspace: p.Workspace, Kind: "train", State: domain.JobQueued,
		CreatedAt: time.UnixMilli(1_700_000_000_000 + int64(after)).UTC(),
	}}
}

func claim(t *testing.T, s *store.Store, label string, hold time.Duration) (store.JobRecord, bool) {
	t.Helper()
	j, found, err := s.ClaimJob(ctx, label, "worker", store.NewID(), hold)
	ok(t, err)
	return j, found
}

func TestJobIsRunOnceAndEndsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		r := record(p, "j1", 0)
		ok(t, s.AddJob(ctx, r, 40, 0))
		wantBalance(t, s, "a job was queued", store.FirstGrant-40)
		wantCode(t, s.AddJob(ctx, record(p, "j2", 1), store.FirstGrant, 0), domain.CodeNoCredits, "")
		_, err := s.Job(ctx, "j2")
		wantCode(t, err, domain.CodeNotFound, "")
		j, found := claim(t, s, "", time.Minute)
		if !found || j.ID != "j1" || j.State != domain.JobRunning || j.Starts != 1 || j.Worker != "worker" || j.Request != "{}" {
			t.Fatalf("claimed %+v", j)
		}
		if _, found := claim(t, s, "", time.Minute); found {
			t.Error("it was claimed twice")
		}
		j.Done = 7
		ok(t, s.UpdateJob(ctx, j.Job, j.Lease))
		if err := s.UpdateJob(ctx, j.Job, "another"); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("a foreign lease saves it: %v", err)
		}
		ok(t, s.WishJob(ctx, "j1", store.WishCancel))
		if wish := must[string](t)(s.RenewJob(ctx, "j1", j.Lease, time.Minute)); wish != store.WishCancel {
			t.Errorf("the wish is %q", wish)
		}
		j.State, j.EndedAt = domain.JobCancelled, time.Now().UTC()
		if err := s.EndJob(ctx, j.Job, "another"); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("a foreign lease ends it: %v", err)
		}
		wantBalance(t, s, "a foreign lease", store.FirstGrant-40)
		ok(t, s.EndJob(ctx, j.Job, j.Lease))
		wantBalance(t, s, "the end", store.FirstGrant)
		j.State = domain.JobDone
		if err := s.EndJob(ctx, j.Job, j.Lease); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("it ends again: %v", err)
		}
		list := must[[]domain.Job](t)(s.Jobs(ctx, p.ID))
		if len(list) != 1 || list[0].State != domain.JobCancelled || list[0].Done != 7 || list[0].EndedAt.IsZero() {
			t.Errorf("jobs %+v", list)
		}
		_, err = s.RenewJob(ctx, "j1", j.Lease, time.Minute)
		if !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("a job that has ended is held: %v", err)
		}
		wantCode(t, s.AddJob(ctx, store.JobRecord{}, 0, 0), domain.CodeInvalid, "id")
	})
}

func TestWorkspacesTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		home := project(t, s, domain.TaskSingle)
		other, far := home, home
		other.Workspace, far.Workspace = "other", "far"
		for i := range 4 {
			ok(t, s.AddJob(ctx, record(home, fmt.Sprint("home", i), i), 0, 0))
		}
		ok(t, s.AddJob(ctx, record(other, "other0", 10), 0, 0))
		ok(t, s.AddJob(ctx, record(other, "other1", 11), 0, 0))
		urgent := record(other, "other2", 12)
		urgent.Priority = 1
		ok(t, s.AddJob(ctx, urgent, 0, 0))
		gpu := record(far, "far0", 13)
		gpu.Label = "gpu"
		ok(t, s.AddJob(ctx, gpu, 0, 0))
		var order []string
		for {
			j, found := claim(t, s, "", time.Minute)
			if !found {
				break
			}
			order = append(order, j.ID)
			if len(order)%2 == 0 { // two run at a time, and the first of them ends first
				first := must[store.JobRecord](t)(s.JobRecord(ctx, order[len(order)-2]))
				first.State = domain.JobDone
				ok(t, s.EndJob(ctx, first.Job, first.Lease))
			}
		}
		if want := []string{"other2", "home0", "other0", "home1", "other1", "home2", "home3"}; !slices.Equal(order, want) {
			t.Errorf("the order is %v, want %v", order, want)
		}
		if waiting := must[map[string]int](t)(s.Waiting(ctx)); len(waiting) != 1 || waiting["gpu"] != 1 {
			t.Errorf("waiting %v", waiting)
		}
		if j, found := claim(t, s, "gpu", time.Minute); !found || j.ID != "far0" {
			t.Errorf("with a gpu: %+v", j)
		}
	})
}

func TestManyWorkersShareJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		for i := range 30 {
			ok(t, s.AddJob(ctx, record(p, fmt.Sprint("j", i), i), 0, 0))
		}
		var mu sync.Mutex
		runs := map[string]int{}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for {
					j, found, err := s.ClaimJob(ctx, "", "worker", store.NewID(), time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if found {
						runs[j.ID]++
					}
					all := len(runs) == 30
					mu.Unlock()
					if all {
						return
					}
				}
			})
		}
		wg.Wait()
		for id, n := range runs {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
	})
}

func TestLostJobsAreQueuedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		ok(t, s.AddJob(ctx, record(p, "j", 0), 40, 0))
		here := record(p, "here", 1)
		here.State, here.Request, here.Lease = domain.JobRunning, "", "lease"
		ok(t, s.AddJob(ctx, here, 0, -time.Second))
		old := record(p, "of an earlier version", 2)
		old.Request = ""
		ok(t, s.AddJob(ctx, old, 0, 0))
		first, _ := claim(t, s, "", -time.Second)
		if n := must[int64](t)(s.RequeueLost(ctx, 0, 3)); n != 1 {
			t.Fatalf("%d queued again", n)
		}
		if err := s.UpdateJob(ctx, first.Job, first.Lease); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("the lost run still writes: %v", err)
		}
		second, found := claim(t, s, "", time.Minute)
		if !found || second.Starts != 2 || second.Lost != 1 {
			t.Fatalf("claimed again: %+v", second)
		}
		ok(t, s.KeepCheckpoint(ctx, "j", second.Lease, "c1"))
		if err := s.KeepCheckpoint(ctx, "j", first.Lease, "c0"); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("the lost run keeps a checkpoint: %v", err)
		}
		ok(t, s.ReleaseJob(ctx, "j", second.Lease, domain.JobPaused))
		if _, found := claim(t, s, "", time.Minute); found {
			t.Error("a paused job was claimed")
		}
		if !must[bool](t)(s.MoveJob(ctx, "j", domain.JobPaused, domain.JobQueued)) || must[bool](t)(s.MoveJob(ctx, "j", domain.JobPaused, domain.JobQueued)) {
			t.Error("a job is resumed once")
		}
		for lost := 1; lost <= 3; lost++ { // the checkpoint let the count begin anew
			j, found := claim(t, s, "", -time.Second)
			if !found || j.Checkpoint != "c1" || j.Lost != lost-1 {
				t.Fatalf("run %d: %v %+v", lost, found, j)
			}
			if n := must[int64](t)(s.RequeueLost(ctx, 0, 3)); n != min(1, int64(3-lost)) {
				t.Errorf("after loss %d, %d are queued again", lost, n)
			}
		}
		lost := must[[]store.JobRecord](t)(s.LostJobs(ctx))
		if len(lost) != 3 || lost[0].ID == lost[1].ID {
			t.Fatalf("lost %+v", lost)
		}
		wantBalance(t, s, "losses", store.FirstGrant-40)
		for _, j := range lost {
			j.State = domain.JobFailed
			ok(t, s.EndJob(ctx, j.Job, j.Lease))
		}
		wantBalance(t, s, "the end", store.FirstGrant)
		if named := must[[]string](t)(s.ReferencedBlobs(ctx)); slices.Contains(named, "c1") {
			t.Error("the checkpoint of an ended job is held")
		}
	})
}

func TestLostJobWaitsBeforeItsNextTry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		ok(t, s.AddJob(ctx, record(p, "j", 0), 0, 0))
		claim(t, s, "", -time.Second)
		if n := must[int64](t)(s.RequeueLost(ctx, time.Hour, 3)); n != 1 {
			t.Fatalf("%d queued again", n)
		}
		if _, found := claim(t, s, "", time.Minute); found {
			t.Error("it was claimed at once")
		}
		j := must[store.JobRecord](t)(s.JobRecord(ctx, "j"))
		if wait := time.Until(j.Due); wait < 50*time.Minute || wait > 70*time.Minute {
			t.Errorf("it is due in %v", wait)
		}
	})
}

func TestReservationsOfEndedJobsAreGivenBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		ok(t, s.AddJob(ctx, record(p, "waits", 0), 10, 0))
		ok(t, s.Reserve(ctx, "gone with its project", 60))
		ok(t, s.RefundEnded(ctx))
		wantBalance(t, s, "one waits", store.FirstGrant-10)
	})
}

func TestWorkers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := store.WorkerRecord{ID: "w1", Name: "first", Version: "1", Labels: []string{"", "gpu"}, StartedAt: s.Now().UTC().Truncate(time.Microsecond)}
		ok(t, s.SeeWorker(ctx, w, time.Minute))
		ok(t, s.SeeWorker(ctx, store.WorkerRecord{ID: "w2", Name: "silent", Labels: []string{""}}, -time.Second))
		list := must[[]store.WorkerRecord](t)(s.Workers(ctx))
		if len(list) != 1 || list[0].Name != "first" || !slices.Equal(list[0].Labels, w.Labels) || !list[0].StartedAt.Equal(w.StartedAt) {
			t.Errorf("workers %+v", list)
		}
		ok(t, s.DropWorker(ctx, "w1"))
		if list := must[[]store.WorkerRecord](t)(s.Workers(ctx)); len(list) != 0 {
			t.Errorf("workers %+v", list)
		}
	})
}
