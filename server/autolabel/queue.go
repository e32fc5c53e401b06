package autolabel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Queue tells the processes that share a database of jobs that wait (server/jobs). Their workers call RunNext.
type Queue interface {
	// Offer says that a job which asks for label waits for a worker.
	Offer(ctx context.Context, label string) error
}

// request is what is kept of a job for whoever runs it.
type request struct {
	Actor   domain.Actor           `json:"actor"`
	Credits int64                  `json:"credits,omitempty"` // that were reserved
	Train   *domain.TrainRequest   `json:"train,omitempty"`
	Apply   *applyRequest          `json:"apply,omitempty"`
	Cluster *domain.ClusterRequest `json:"cluster,omitempty"`
	Map     *domain.MapRequest     `json:"map,omitempty"`
}

// work is a job to start: one that any process can run, by its request, or one of this process alone, by run.
type work struct {
	kind     string
	project  string
	request  request
	label    string
	priority int
	run      func(ctx context.Context, j *job) error
	unsaved  bool // its progress is not kept in the store
}

// start keeps a job and reserves its credits. It runs when its turn comes, or at once where only this process can.
func (s *Service) start(ctx context.Context, w work) (domain.Job, error) {
	if !s.computes() {
		return domain.Job{}, errNoEngine()
	}
	workspace, err := s.cfg.Store.WorkspaceOf(ctx, w.project)
	if err != nil {
		return domain.Job{}, err
	}
	w.request.Actor = domain.ActorOf(ctx)
	r := store.JobRecord{Priority: w.priority, Job: domain.Job{
		ID: store.NewID(), ProjectID: w.project, Workspace: workspace, Kind: w.kind, Actor: w.request.Actor.ID, Label: w.label,
		State: domain.JobQueued, CreatedAt: time.Now().UTC(),
	}}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.running.Add(1)
		defer s.running.Done()
	}
	s.mu.Unlock()
	if closed {
		return domain.Job{}, domain.Errorf(domain.CodeUnavailable, "Irum is closing. Start the job again when it is open.")
	}
	if w.run != nil {
		return s.startHere(ctx, r, w)
	}
	text, err := json.Marshal(w.request)
	if err != nil {
		return domain.Job{}, fmt.Errorf("encode the request of a job: %w", err)
	}
	r.Request = string(text)
	if err := s.cfg.Store.AddJob(ctx, r, w.request.Credits, 0); err != nil {
		return domain.Job{}, err
	}
	s.tell(r.Job)
	s.offer(w.label)
	return r.Job, nil
}

// startHere runs a job that only this process can run.
func (s *Service) startHere(ctx context.Context, r store.JobRecord, w work) (domain.Job, error) {
	r.State, r.Lease, r.Worker, r.Starts = domain.JobRunning, store.NewID(), s.cfg.Worker, 1
	if err := s.cfg.Store.AddJob(ctx, r, 0, s.cfg.Lease); err != nil {
		return domain.Job{}, err
	}
	s.tell(r.Job)
	actor, added := w.request.Actor, make(chan struct{})
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.run(domain.WithActor(s.ctx, actor), r, w.unsaved, added, w.run)
	}()
	<-added
	return r.Job, nil
}

// offer lets a job be run that waits: by this process, or by any that has the database.
func (s *Service) offer(label string) {
	if s.cfg.Queue == nil {
		s.Work()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.cfg.Queue.Offer(ctx, label); err != nil {
		s.log.Warn("workers could not be told of a job; they find it soon by themselves", "error", err)
	}
}

// Work runs the jobs that wait, one after the other, until there are none. It returns at once, and is for a process that has the
// database for itself.
func (s *Service) Work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = true
	if s.closed || s.working || s.cfg.Queue != nil {
		return
	}
	s.working = true
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for s.more() {
			for _, label := range s.labels() {
				ran, err := s.RunNext(s.ctx, label)
				if err != nil && s.ctx.Err() == nil {
					s.log.Error("the next job could not be found", "error", err)
				}
				if ran {
					s.mu.Lock()
					s.again = true
					s.mu.Unlock()
				}
			}
		}
	}()
}

// more tells whether Work has to look for jobs once more.
func (s *Service) more() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working = s.again && !s.closed
	s.again = false
	return s.working
}

// labels that this process offers: that of ordinary jobs, and those of its configuration.
func (s *Service) labels() []string { return append([]string{""}, s.cfg.Labels...) }

// RunNext runs the next job that asks for label to its end, or until ctx ends: then it is handed back. ran is false when none
// waits. Ordinary jobs are run one at a time.
func (s *Service) RunNext(ctx context.Context, label string) (ran bool, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false, nil
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	if label == "" {
		select {
		case s.lane <- struct{}{}:
			defer func() { <-s.lane }()
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	r, ok, err := s.cfg.Store.ClaimJob(ctx, label, s.cfg.Worker, store.NewID(), s.cfg.Lease)
	if err != nil || !ok {
		return false, err
	}
	var q request
	if err := json.Unmarshal([]byte(r.Request), &q); err != nil {
		s.log.Error("the request of a job is damaged", "job", r.ID, "error", err)
	}
	s.log.Info("a job begins", "job", r.ID, "kind", r.Kind, "start", r.Starts)
	s.run(domain.WithActor(ctx, q.Actor), r, false, nil, func(ctx context.Context, j *job) error { return s.do(ctx, j, q) })
	return true, nil
}

// do is what a request asks for.
func (s *Service) do(ctx context.Context, j *job, q request) error {
	switch project := j.state().ProjectID; {
	case q.Train != nil:
		return s.runTraining(ctx, j, project, q)
	case q.Apply != nil:
		return s.runApply(ctx, j, project, *q.Apply)
	case q.Cluster != nil:
		return s.runClustering(ctx, j, project, *q.Cluster)
	case q.Map != nil:
		return s.runMap(ctx, j, project, *q.Map)
	}
	return fmt.Errorf("nothing is known of how to run the job %s of kind %q", j.state().ID, j.state().Kind)
}

// run is one run of a job under its lease. added is closed when others can find it in this process.
func (s *Service) run(ctx context.Context, r store.JobRecord, unsaved bool, added chan<- struct{}, do func(context.Context, *job) error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j := &job{
		s: s, lease: r.Lease, repeat: r.Request != "", cancel: cancel, ended: make(chan struct{}), begun: time.Now(), before: r.Seconds,
		now: r.Job, kept: r.Checkpoint, unsaved: unsaved,
	}
	j.now.Phase, j.now.Done, j.now.Total = "", 0, 0 // an earlier run's
	defer context.AfterFunc(s.ctx, func() { cancel(context.Canceled) })()
	s.mu.Lock()
	s.live[r.ID] = j
	s.mu.Unlock()
	if added != nil {
		close(added)
	}
	s.tell(j.state())
	stop := s.keepLease(ctx, j)
	err := guarded(ctx, j, do)
	stop()
	s.finish(ctx, j, err)
}

// guarded turns a panic of a job into its failure: other jobs and the host go on.
func guarded(ctx context.Context, j *job, do func(context.Context, *job) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("job %s: panic: %v", j.now.ID, p)
		}
	}()
	return do(ctx, j)
}

// finish keeps how a run ended: with its job, whose reservation is given back unless it is done (which settled it), or before it.
func (s *Service) finish(ctx context.Context, j *job, err error) {
	keep, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	id, cause := j.state().ID, context.Cause(ctx)
	back := domain.JobState("")
	switch {
	case err == nil || cause == nil || !j.repeat || errors.Is(cause, errCancelled):
	case errors.Is(cause, errPaused):
		back = domain.JobPaused
	default:
		back = domain.JobQueued
	}
	var kept error
	switch {
	case j.repeat && (errors.Is(cause, store.ErrLeaseLost) || errors.Is(err, store.ErrLeaseLost)):
		kept = store.ErrLeaseLost
	case back != "":
		j.mu.Lock()
		j.now.State, j.now.SecondsETA, j.now.Worker = back, 0, ""
		j.save()
		j.mu.Unlock()
		kept = s.cfg.Store.ReleaseJob(keep, id, j.lease, back)
	default:
		j.mu.Lock()
		s.end(j, err)
		kept = s.cfg.Store.EndJob(keep, j.now, j.lease)
		j.mu.Unlock()
	}
	if errors.Is(kept, store.ErrLeaseLost) && !j.repeat { // it removed its own project, and with that its row
		kept = s.cfg.Store.AddJob(keep, store.JobRecord{Job: j.state(), Lease: j.lease}, 0, 0)
	}
	switch {
	case errors.Is(kept, store.ErrLeaseLost):
		s.log.Warn("a job was taken from this worker", "job", id)
	case kept != nil:
		s.log.Error("the end of a job could not be kept", "job", id, "error", kept)
	case back == "":
		s.dropCheckpoint(j.kept)
		fallthrough
	default:
		n := j.state()
		s.log.Info("a run of a job ended", "job", id, "kind", n.Kind, "state", n.State, "start", n.Starts, "seconds", n.Seconds)
	}
	s.mu.Lock()
	delete(s.live, id)
	s.mu.Unlock()
	close(j.ended)
	s.tell(j.state())
	if kept == nil && back == domain.JobQueued {
		s.offer(j.state().Label)
	}
}

// end writes how a job ended. It is called with its mu held.
func (s *Service) end(j *job, err error) {
	n := &j.now
	n.EndedAt, n.SecondsETA, n.Seconds = time.Now().UTC(), 0, j.seconds()
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
		s.log.Error("a job failed", "job", n.ID, "kind", n.Kind, "error", err)
	}
}
