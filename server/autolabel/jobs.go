package autolabel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// saveEvery is how often progress is written to the store; readers in this process always see the newest.
	saveEvery = 250 * time.Millisecond
	// maxLost is how often in a row, without a checkpoint in between, a job may lose the process that runs it.
	maxLost = 3
)

// closedReason is what jobs say that an earlier process left unfinished and that are not run again.
const closedReason = "Irum was closed while this was running. The credits were given back; start it again."

// Why a run ends before its job does; the causes of its context.
var (
	errCancelled = fmt.Errorf("the job was cancelled: %w", context.Canceled)
	errPaused    = fmt.Errorf("the job was paused: %w", context.Canceled)
)

// job is one run of a long work, in this process.
type job struct {
	s      *Service
	lease  string
	repeat bool // it can be run again, here or elsewhere
	cancel context.CancelCauseFunc
	ended  chan struct{}
	begun  time.Time
	before float64 // seconds that were spent on it by earlier runs

	mu         sync.Mutex
	now        domain.Job
	kept       string // SHA-256 of the checkpoint
	saved      time.Time
	phaseStart time.Time
	phaseFrom  int     // how far it was then: a run that goes on has not done that
	tail       float64 // seconds that later phases are expected to take
	late       bool    // the newest progress is not saved yet
	telling    bool    // it is told soon
	unsaved    bool    // progress is told while the store is held by the work itself
}

func (j *job) state() domain.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

// seconds is how long the job has been worked on, over all its runs.
func (j *job) seconds() float64 { return j.before + time.Since(j.begun).Seconds() }

// progress tells where the job is. It may be called from many goroutines.
func (j *job) progress(phase string, done, total int) {
	if j.moved(phase, done, total) {
		j.s.tell(j.state())
	}
}

// moved notes progress, and tells whether it is worth telling.
func (j *job) moved(phase string, done, total int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	changed := phase != j.now.Phase
	if changed {
		j.phaseStart, j.phaseFrom = now, done
	} else if done < j.now.Done {
		return false // a slower worker reports late
	}
	j.now.Phase, j.now.Done, j.now.Total = phase, done, total
	if spent := now.Sub(j.phaseStart).Seconds(); done > j.phaseFrom && total >= done && spent > 0 {
		j.now.SecondsETA = spent/float64(done-j.phaseFrom)*float64(total-done) + j.tail
	}
	if since := now.Sub(j.saved); !changed && since < saveEvery {
		j.late = true
		if !j.telling {
			j.telling = true
			time.AfterFunc(saveEvery-since, j.tellLate)
		}
		return false
	}
	if j.saved = now; !j.unsaved {
		j.save()
	}
	return true
}

// tellLate tells progress that came too soon after what was told last: the next may be a long time off.
func (j *job) tellLate() {
	j.mu.Lock()
	late := j.late
	j.telling = false
	j.mu.Unlock()
	if late {
		j.s.tell(j.state())
	}
}

// catchUp saves progress that came too soon after what was saved last, and that nothing has followed since.
func (j *job) catchUp() {
	j.mu.Lock()
	late := j.late && !j.unsaved
	if late {
		j.save()
	}
	j.mu.Unlock()
	if late {
		j.s.tell(j.state())
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
	change(&j.now)
	j.save()
	j.mu.Unlock()
	j.s.tell(j.state())
}

// save is called with mu held. It outlives the job's own context: what a stopped job has found is kept too.
func (j *job) save() {
	j.saved, j.late, j.now.Seconds = time.Now(), false, j.seconds()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := j.s.cfg.Store.UpdateJob(ctx, j.now, j.lease)
	switch {
	case errors.Is(err, store.ErrLeaseLost):
		j.cancel(err)
	case err != nil:
		j.s.log.Error("a job's state could not be saved", "job", j.now.ID, "error", err)
	}
}

// checkpoint opens what an earlier run of the job kept; nil when there is nothing. The caller closes it.
func (j *job) checkpoint(ctx context.Context) (io.ReadCloser, error) {
	j.mu.Lock()
	sha := j.kept
	j.mu.Unlock()
	if sha == "" {
		return nil, nil
	}
	r, err := j.s.cfg.Blobs.Get(ctx, sha)
	if err != nil {
		return nil, fmt.Errorf("open the checkpoint: %w", err)
	}
	if _, err := io.CopyN(io.Discard, r, int64(len(j.mark()))); err != nil {
		return nil, errors.Join(fmt.Errorf("read the checkpoint: %w", err), r.Close())
	}
	return r, nil
}

// mark begins the blob of a checkpoint, so that no other job has the same one: it is deleted as soon as it is superseded.
func (j *job) mark() string { return "irum checkpoint of " + j.now.ID + "\n" }

// keepCheckpoint keeps what the next run of the job, on this machine or another, goes on from, in place of what was kept before.
// It is there whole or not at all. ErrLeaseLost says that another runs the job already.
func (j *job) keepCheckpoint(ctx context.Context, data io.Reader) error {
	sha, _, err := j.s.cfg.Blobs.Put(ctx, io.MultiReader(bytes.NewReader([]byte(j.mark())), data))
	if err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if sha == j.kept {
		return nil
	}
	err = j.s.cfg.Store.KeepCheckpoint(ctx, j.now.ID, j.lease, sha)
	switch {
	case errors.Is(err, store.ErrLeaseLost):
		j.cancel(err) // the blob stays for the sweep: the other run may keep the same
		return err
	case err != nil:
		return err
	}
	j.s.dropCheckpoint(j.kept)
	j.kept = sha
	j.save()
	return nil
}

// dropCheckpoint deletes a checkpoint that nothing needs any more.
func (s *Service) dropCheckpoint(sha string) {
	if sha == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.cfg.Blobs.Delete(ctx, sha); err != nil && domain.AsProblem(err).Code != domain.CodeNotFound {
		s.log.Warn("an old checkpoint could not be deleted", "sha256", sha, "error", err)
	}
}

// held makes sure, before something is published, that the job is still this run's: ErrLeaseLost when it is not.
func (j *job) held(ctx context.Context) error {
	_, err := j.s.cfg.Store.RenewJob(ctx, j.state().ID, j.lease, j.s.cfg.Lease)
	return err
}

// Watch calls f after each change of a job that this process runs or moves; f must be quick. The answer ends that.
func (s *Service) Watch(f func(domain.Job)) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.watching
	s.watching++
	s.watchers[key] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, key)
	}
}

func (s *Service) tell(j domain.Job) {
	s.mu.Lock()
	list := make([]func(domain.Job), 0, len(s.watchers))
	for _, f := range s.watchers {
		list = append(list, f)
	}
	s.mu.Unlock()
	for _, f := range list {
		f(j)
	}
}

func (s *Service) liveJob(id string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[id]
}
