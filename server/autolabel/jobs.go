package autolabel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// saveEvery is how often progress is written to the store; readers in this process always see the newest.
const saveEvery = 250 * time.Millisecond

// cancelWait is how long Cancel waits for the job to end before it answers.
const cancelWait = 1500 * time.Millisecond

// closedReason is what jobs say that an earlier process left unfinished.
const closedReason = "Irum was closed while this was running. The credits were given back; start it again."

// job is one long work of this process.
type job struct {
	s      *Service
	cancel context.CancelFunc
	ended  chan struct{}

	mu         sync.Mutex
	now        domain.Job
	saved      time.Time
	phaseStart time.Time
	tail       float64 // seconds that later phases are expected to take
	unsaved    bool    // progress is told while the store is held by the work itself
}

func (j *job) state() domain.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

// progress tells where the job is. It may be called from many goroutines.
func (j *job) progress(phase string, done, total int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	changed := phase != j.now.Phase
	if changed {
		j.phaseStart = now
	} else if done < j.now.Done {
		return // a slower worker reports late
	}
	j.now.Phase, j.now.Done, j.now.Total = phase, done, total
	if spent := now.Sub(j.phaseStart).Seconds(); done > 0 && total >= done && spent > 0 {
		j.now.SecondsETA = spent/float64(done)*float64(total-done) + j.tail
	}
	if !j.unsaved && (changed || now.Sub(j.saved) >= saveEvery) {
		j.save()
	}
}

// expect says how many seconds the phases after this one are expected to take.
func (j *job) expect(tail float64) {
	j.mu.Lock()
	j.tail = tail
	j.mu.Unlock()
}

// update changes the job and saves it.
func (j *job) update(change func(*domain.Job)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.now)
	j.save()
}

// save is called with mu held. It outlives the job's own context, since the end of a cancelled job has to be kept too.
func (j *job) save() {
	j.saved = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := j.s.cfg.Store.SaveJob(ctx, j.now); err != nil {
		j.s.log.Error("a job's state could not be saved", "job", j.now.ID, "error", err)
	}
}

// work is what a job does. credits are reserved before it is queued.
type work struct {
	kind    string
	project string
	credits int64
	light   bool // does not wait for its turn: it hardly computes
	unsaved bool // its progress is not kept in the store
	run     func(ctx context.Context, j *job) error
}

// start saves a queued job, reserves its credits and lets it run when its turn comes.
func (s *Service) start(ctx context.Context, w work) (domain.Job, error) {
	workspace, err := s.cfg.Store.WorkspaceOf(ctx, w.project)
	if err != nil {
		return domain.Job{}, err
	}
	runCtx, cancel := context.WithCancel(domain.WithActor(s.ctx, domain.ActorOf(ctx)))
	j := &job{s: s, cancel: cancel, ended: make(chan struct{}), unsaved: w.unsaved, now: domain.Job{
		ID: store.NewID(), ProjectID: w.project, Workspace: workspace, Kind: w.kind, Actor: domain.ActorOf(ctx).ID, State: domain.JobQueued, CreatedAt: time.Now().UTC(),
	}}
	if err := s.admit(ctx, j, w); err != nil {
		cancel()
		return domain.Job{}, err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		cancel()
		s.finish(j, context.Canceled)
		return domain.Job{}, domain.Errorf(domain.CodeUnavailable, "Irum is closing. Start the job again when it is open.")
	}
	s.live[j.now.ID] = j
	s.running.Add(1)
	s.mu.Unlock()
	queued := j.state()
	go func() {
		defer s.running.Done()
		defer cancel()
		err := s.turn(runCtx, w.light, func() error {
			j.update(func(n *domain.Job) { n.State = domain.JobRunning })
			return guarded(runCtx, j, w.run)
		})
		s.finish(j, err)
	}()
	return queued, nil
}

// Bulk runs change as a job of its own, at once: it computes little. What it writes can be followed and cancelled while it is
// being written. change tells how far it is and gives the operation that it was.
func (s *Service) Bulk(ctx context.Context, project string, change func(ctx context.Context, tell func(phase string, done, total int)) (domain.Operation, error)) (domain.Job, error) {
	return s.start(ctx, work{kind: "bulk", project: project, light: true, unsaved: true, run: func(ctx context.Context, j *job) error {
		rested := time.Now()
		op, err := change(ctx, func(phase string, done, total int) {
			j.progress(phase, done, total)
			if time.Since(rested) > restEvery {
				breathe()
				rested = time.Now()
			}
		})
		if ctx.Err() != nil && err != nil {
			return ctx.Err() // a database tells of it in words of its own
		}
		if err == nil {
			op.Assets = nil
			j.update(func(n *domain.Job) { n.Operation = &op })
		}
		return err
	}})
}

// restEvery is how often a bulk job lets others in.
const restEvery = 60 * time.Millisecond

// admit saves the job and reserves its credits; a job that cannot pay is kept as failed, and the caller told why.
func (s *Service) admit(ctx context.Context, j *job, w work) error {
	if w.credits > 0 {
		c, err := s.cfg.Store.CreditsOf(ctx, j.now.Workspace)
		if err != nil {
			return err
		}
		if c.Balance < w.credits {
			return domain.Errorf(domain.CodeNoCredits, "This needs %d credits and there are %d. Train on fewer images or add credits.", w.credits, c.Balance)
		}
	}
	if err := s.cfg.Store.SaveJob(ctx, j.now); err != nil {
		return err
	}
	if w.credits == 0 {
		return nil
	}
	err := s.cfg.Store.Reserve(ctx, j.now.ID, w.credits)
	if err != nil {
		j.update(func(n *domain.Job) {
			n.State, n.Error, n.EndedAt = domain.JobFailed, domain.AsProblem(err).Detail, time.Now().UTC()
		})
	}
	return err
}

// turn runs f when no other heavy work runs. Waiting ends with ctx.
func (s *Service) turn(ctx context.Context, light bool, f func() error) error {
	if !light {
		select {
		case s.lane <- struct{}{}:
			defer func() { <-s.lane }()
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// guarded turns a panic of a job into its failure: other jobs and the host go on.
func guarded(ctx context.Context, j *job, run func(context.Context, *job) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("job %s: panic: %v", j.now.ID, p)
		}
	}()
	return run(ctx, j)
}

// finish keeps how a job ended and gives back what it reserved unless it is done (which settled it).
func (s *Service) finish(j *job, err error) {
	id := j.state().ID
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if refund := s.cfg.Store.Refund(ctx, id); refund != nil {
			s.log.Error("credits could not be given back; they will be at the next start", "job", id, "error", refund)
		}
		cancel()
	}
	j.update(func(n *domain.Job) {
		n.EndedAt, n.SecondsETA = time.Now().UTC(), 0
		var problem *domain.Problem
		switch {
		case err == nil:
			n.State, n.Done = domain.JobDone, n.Total
		case errors.Is(err, context.Canceled), errors.As(err, &problem) && problem.Code == domain.CodeCancelled:
			n.State = domain.JobCancelled
		default:
			n.State, n.Error = domain.JobFailed, domain.AsProblem(err).Detail
			if problem != nil && problem.Code == domain.CodeConflict {
				n.Code = problem.Code
				return // it is the user's to look again
			}
			s.log.Error("a job failed", "job", id, "kind", n.Kind, "error", err)
		}
	})
	s.mu.Lock()
	delete(s.live, id)
	s.mu.Unlock()
	close(j.ended)
}

func (s *Service) liveJob(id string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[id]
}

// Job by id, as it stands now. CodeNotFound when there is none.
func (s *Service) Job(ctx context.Context, id string) (domain.Job, error) {
	if j := s.liveJob(id); j != nil {
		return j.state(), nil
	}
	return s.cfg.Store.Job(ctx, id)
}

// Jobs of a project as they stand now, newest first.
func (s *Service) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	jobs, err := s.cfg.Store.Jobs(ctx, project)
	for i := range jobs {
		if j := s.liveJob(jobs[i].ID); j != nil {
			jobs[i] = j.state()
		}
	}
	return jobs, err
}

// Cancel asks a job to stop and answers how it stands soon after; what it reserved is given back when it has ended. A job
// that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, id string) (domain.Job, error) {
	j := s.liveJob(id)
	if j == nil {
		return s.cfg.Store.Job(ctx, id)
	}
	j.cancel()
	timer := time.NewTimer(cancelWait)
	defer timer.Stop()
	select {
	case <-j.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
	return j.state(), nil
}
