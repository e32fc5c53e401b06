package autolabel

import (
	"context"
	"errors"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// defaultLease is how long a process may be silent before its jobs are given to others.
	defaultLease = 30 * time.Second
	// renewals is how often a lease is renewed while it lasts, and retryAfter the part of it that passes before the first new try
	// of a job that was lost.
	renewals   = 15
	retryAfter = 6
)

// keepLease renews the lease of a run until stop, and ends the run when it is asked for, or when the lease could not be renewed
// for so long that another may have the job. A process that has the database for itself needs none.
func (s *Service) keepLease(ctx context.Context, j *job) (stop func()) {
	if s.cfg.Queue == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(min(s.cfg.Lease/renewals, time.Second))
		defer tick.Stop()
		for renewed := time.Now(); ; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			began := time.Now()
			limited, free := context.WithTimeout(ctx, s.cfg.Lease/2)
			wish, err := s.cfg.Store.RenewJob(limited, j.state().ID, j.lease, s.cfg.Lease)
			free()
			switch {
			case err == nil:
				renewed = began
				s.heed(j, wish)
				j.catchUp()
			case errors.Is(err, store.ErrLeaseLost), time.Since(renewed) > s.cfg.Lease:
				j.cancel(store.ErrLeaseLost)
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// heed does what a run is asked for.
func (s *Service) heed(j *job, wish string) {
	switch wish {
	case store.WishCancel:
		j.cancel(errCancelled)
	case store.WishPause:
		j.cancel(errPaused)
	}
}

// Recover looks after the jobs of processes that were lost, where several share a database: any of them may call it, and all do,
// every few seconds. Jobs are queued again, after a pause that grows, or ended when that was tried too often or is not possible. It
// tells how many were queued.
func (s *Service) Recover(ctx context.Context) (int64, error) {
	requeued, err := s.cfg.Store.RequeueLost(ctx, s.cfg.Lease/retryAfter, maxLost)
	if err != nil {
		return 0, err
	}
	if requeued > 0 {
		s.log.Warn("workers were lost; their jobs go on elsewhere", "jobs", requeued)
	}
	lost, err := s.cfg.Store.LostJobs(ctx)
	if err != nil {
		return requeued, err
	}
	for _, r := range lost {
		if r.Request != "" && r.Wish == "" && r.Lost+1 < maxLost {
			continue // it was lost since
		}
		if err := s.giveUp(ctx, r); err != nil && !errors.Is(err, store.ErrLeaseLost) {
			return requeued, err
		}
	}
	return requeued, s.cfg.Store.RefundEnded(ctx)
}

// giveUp ends a job whose run was lost, as it was asked for, or as failed.
func (s *Service) giveUp(ctx context.Context, r store.JobRecord) error {
	if r.Wish == store.WishPause {
		return s.cfg.Store.ReleaseJob(ctx, r.ID, r.Lease, domain.JobPaused)
	}
	r.EndedAt, r.SecondsETA = time.Now().UTC(), 0
	switch {
	case r.Wish == store.WishCancel:
		r.State = domain.JobCancelled
	case r.Request == "" || r.Lost+1 < maxLost:
		r.State, r.Code, r.Error = domain.JobFailed, domain.JobInterrupted, closedReason
	default:
		r.State, r.Code = domain.JobFailed, domain.JobLost
		r.Error = "The process that ran this ended before its time, several times in a row. The credits were given back. See the worker's log, or train on fewer images."
	}
	err := s.cfg.Store.EndJob(ctx, r.Job, r.Lease)
	if err == nil {
		s.log.Warn("a job was given up", "job", r.ID, "kind", r.Kind, "state", r.State)
		s.dropCheckpoint(r.Checkpoint)
		s.tell(r.Job)
	}
	return err
}

// takeOver is called before a process that has the database for itself runs jobs: what an earlier one left is queued again where
// c.Repeat says so and it is possible, else failed.
func (s *Service) takeOver(ctx context.Context) error {
	if s.cfg.Repeat {
		if err := s.cfg.Store.RequeueRunning(ctx, maxLost); err != nil {
			return err
		}
	}
	left, err := s.cfg.Store.OpenJobs(ctx)
	if err != nil {
		return err
	}
	for _, r := range left {
		if r.State == domain.JobPaused || s.cfg.Repeat && r.State == domain.JobQueued && r.Request != "" {
			continue
		}
		s.log.Warn("a job had not ended when Irum was closed", "job", r.ID, "kind", r.Kind)
		if !s.cfg.Repeat {
			r.Request = "" // it is not run again
		}
		if err := s.giveUp(ctx, r); err != nil {
			return err
		}
	}
	return s.cfg.Store.RefundEnded(ctx)
}
