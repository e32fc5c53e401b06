package autolabel

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// cancelWait is how long Cancel and Pause wait for the run to end before they answer.
	cancelWait = 1500 * time.Millisecond
	// lookEvery is how often they look at a job that another process runs.
	lookEvery = 50 * time.Millisecond
)

// Job by id, as it stands now. CodeNotFound when there is none.
func (s *Service) Job(ctx context.Context, id string) (domain.Job, error) {
	if j := s.liveJob(id); j != nil {
		return j.state(), nil
	}
	r, err := s.cfg.Store.JobRecord(ctx, id)
	if err != nil {
		return domain.Job{}, err
	}
	jobs := []domain.Job{r.Job}
	err = s.explain(ctx, jobs)
	return jobs[0], err
}

// Jobs of a project as they stand now, newest first.
func (s *Service) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	jobs, err := s.cfg.Store.Jobs(ctx, project)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		if j := s.liveJob(jobs[i].ID); j != nil {
			jobs[i] = j.state()
		}
	}
	return jobs, s.explain(ctx, jobs)
}

// explain says why queued jobs wait.
func (s *Service) explain(ctx context.Context, jobs []domain.Job) error {
	var workers []store.WorkerRecord
	asked := s.cfg.Queue == nil
	for i := range jobs {
		j := &jobs[i]
		if j.State != domain.JobQueued {
			continue
		}
		if !asked {
			asked = true
			var err error
			if workers, err = s.cfg.Store.Workers(ctx); err != nil {
				return err
			}
		}
		switch {
		case s.cfg.Queue != nil && !slices.ContainsFunc(workers, func(w store.WorkerRecord) bool { return slices.Contains(w.Labels, j.Label) }):
			j.Waiting = domain.WaitWorker
		case j.Starts > 0:
			j.Waiting = domain.WaitRetry
		default:
			j.Waiting = domain.WaitTurn
		}
	}
	return nil
}

// Cancel asks a job to stop, wherever it runs, and answers how it stands soon after; what it reserved is given back when it has
// ended. A job that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, id string) (domain.Job, error) {
	for {
		r, err := s.cfg.Store.JobRecord(ctx, id)
		if err != nil || !r.State.Open() {
			return r.Job, err
		}
		if r.State == domain.JobRunning {
			return s.stopRun(ctx, id, errCancelled, store.WishCancel)
		}
		r.State, r.EndedAt, r.SecondsETA = domain.JobCancelled, time.Now().UTC(), 0
		err = s.cfg.Store.EndJob(ctx, r.Job, r.Lease)
		if errors.Is(err, store.ErrLeaseLost) { // it has just been begun
			continue
		}
		if err == nil {
			s.dropCheckpoint(r.Checkpoint)
			s.tell(r.Job)
		}
		return r.Job, err
	}
}

// Pause lets a job that can be resumed rest: what it has kept and reserved stays. It answers how the job stands soon after.
// CodeConflict when the job has ended, or cannot be resumed.
func (s *Service) Pause(ctx context.Context, id string) (domain.Job, error) {
	for {
		r, err := s.cfg.Store.JobRecord(ctx, id)
		switch {
		case err != nil || r.State == domain.JobPaused:
			return r.Job, err
		case !r.State.Open() || r.Request == "":
			return r.Job, domain.Errorf(domain.CodeConflict, "Only a training, labelling or grouping that has not ended can be paused.")
		case r.State == domain.JobRunning:
			return s.stopRun(ctx, id, errPaused, store.WishPause)
		}
		if moved, err := s.cfg.Store.MoveJob(ctx, id, domain.JobQueued, domain.JobPaused); moved || err != nil {
			return s.told(ctx, id, err)
		}
	}
}

// Resume queues a paused job again. One that is not paused stays as it is, when it has not ended.
func (s *Service) Resume(ctx context.Context, id string) (domain.Job, error) {
	r, err := s.cfg.Store.JobRecord(ctx, id)
	if err != nil {
		return domain.Job{}, err
	}
	if !r.State.Open() {
		return r.Job, domain.Errorf(domain.CodeConflict, "This job has ended. Start a new one.")
	}
	moved, err := s.cfg.Store.MoveJob(ctx, id, domain.JobPaused, domain.JobQueued)
	if moved {
		s.offer(r.Label)
	}
	return s.told(ctx, id, err)
}

// told answers how a job stands, and tells the watchers.
func (s *Service) told(ctx context.Context, id string, err error) (domain.Job, error) {
	if err != nil {
		return domain.Job{}, err
	}
	j, err := s.Job(ctx, id)
	if err == nil {
		s.tell(j)
	}
	return j, err
}

// stopRun ends the run of a job for a reason, here or, by a wish, in the process that runs it, and waits a little for its end.
func (s *Service) stopRun(ctx context.Context, id string, why error, wish string) (domain.Job, error) {
	if j := s.liveJob(id); j != nil {
		j.cancel(why)
		timer := time.NewTimer(cancelWait)
		defer timer.Stop()
		select {
		case <-j.ended:
		case <-timer.C:
		case <-ctx.Done():
		}
		return s.Job(context.WithoutCancel(ctx), id)
	}
	if err := s.cfg.Store.WishJob(ctx, id, wish); err != nil {
		return domain.Job{}, err
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(cancelWait); ; {
		j, err := s.Job(context.WithoutCancel(ctx), id)
		if err != nil || j.State != domain.JobRunning || time.Now().After(deadline) {
			return j, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return j, nil
		}
	}
}
