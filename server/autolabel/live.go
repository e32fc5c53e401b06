package autolabel

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// liveDemand is how long after the last question images are still embedded ahead, and liveKeep how long a head is kept.
	liveDemand = time.Minute
	liveKeep   = 10 * time.Minute
	// aheadChunk is how many images a worker embeds ahead before the loop looks whether something is more urgent.
	aheadChunk = 4
	// maxOthers is how many images without a label help to tell how far features spread.
	maxOthers = 100
)

// maxLives is how many projects have a head at a time: one holds some tens of megabytes. In a browser there is one person.
var maxLives = map[bool]int{false: 16, true: 2}[runtime.GOOS == "js"]

// live is a project's head that learns while people label. It costs nothing until somebody asks for suggestions, and ends
// when nobody has for a while. One goroutine learns and embeds; questions are answered beside it.
type live struct {
	s       *Service
	project string
	kick    chan struct{}
	end     context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex // of all below
	state   domain.Suggestions
	changed chan struct{} // closed and made anew when something here has changed
	asked   time.Time
	front   []domain.Asset // wanted next
	all     bool           // wanted whether there are labels to learn from or not
	moved   []store.LabelsMoved
	sought  int64 // the newest label sequence that a question has seen
	head    *train.Live
	classes []domain.Class // of the head's outputs
	index   []string       // ids of them
	seq     int64          // label sequence up to which the head has learnt
	task    domain.Task
	sha     string           // of the backbone
	learnt  int64            // label sequence up to which it has, or cannot yet
	usable  []bool           // classes that have enough labels
	failed  map[string]error // by SHA-256: images that cannot be read

	learner // the loop's own
}

// lives are the heads of a service.
type lives struct {
	mu   sync.Mutex
	all  map[string]*live
	stop func() // watching the store
}

// liveOf gives the head of a project, beginning one where there is none.
func (s *Service) liveOf(project string) (*live, error) {
	s.lives.mu.Lock()
	defer s.lives.mu.Unlock()
	if l := s.lives.all[project]; l != nil {
		return l, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, domain.Errorf(domain.CodeUnavailable, "Irum is closing.")
	}
	if s.lives.all == nil {
		s.lives.all = map[string]*live{}
		s.lives.stop = s.cfg.Store.Watch(s.labelsMoved)
	}
	ctx, end := context.WithCancel(s.ctx)
	l := &live{
		s: s, project: project, kick: make(chan struct{}, 1), end: end, ended: make(chan struct{}), changed: make(chan struct{}),
		asked: time.Now(), failed: map[string]error{}, state: domain.Suggestions{State: domain.SuggestLearning},
	}
	s.lives.all[project] = l
	s.lives.crowd(l)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer close(l.ended)
		l.run(ctx)
		s.lives.forget(l)
	}()
	return l, nil
}

// crowd ends the head that was asked longest ago where there are too many. It is called with mu held.
func (v *lives) crowd(keep *live) {
	if len(v.all) <= maxLives {
		return
	}
	var oldest *live
	for _, l := range v.all {
		if l != keep && (oldest == nil || l.lastAsked().Before(oldest.lastAsked())) {
			oldest = l
		}
	}
	oldest.end()
	delete(v.all, oldest.project)
}

func (v *lives) forget(l *live) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all[l.project] == l {
		delete(v.all, l.project)
	}
	if len(v.all) == 0 && v.stop != nil {
		v.stop()
		v.all, v.stop = nil, nil
	}
}

// labelsMoved hands a write of labels to the head of its project, if there is one.
func (s *Service) labelsMoved(m store.LabelsMoved) {
	s.lives.mu.Lock()
	l := s.lives.all[m.Project]
	s.lives.mu.Unlock()
	if l == nil {
		return
	}
	l.mu.Lock()
	l.moved = append(l.moved, m)
	l.mu.Unlock()
	l.wake()
}

func (l *live) wake() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// want has all images embedded, whether there are labels to learn from or not.
func (l *live) want() {
	l.mu.Lock()
	l.all = true
	l.mu.Unlock()
}

func (l *live) wantsAll() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

func (l *live) lastAsked() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// tell changes what questions see, and wakes those that wait.
func (l *live) tell(change func()) {
	l.mu.Lock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
}

// breathe lets others run between pieces of work: in the browser everything of this worker shares one thread with what comes
// from outside, which only a sleep lets in.
func breathe() {
	if runtime.GOOS == "js" {
		time.Sleep(time.Millisecond)
	}
}

// run learns what is new, then embeds what is wanted next, then what lies ahead, until nobody has asked for liveKeep.
func (l *live) run(ctx context.Context) {
	for ctx.Err() == nil {
		busy, err := l.step(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil && l.broken { // it goes on
			l.broken = false
			l.settle(l.seqNow())
		}
		if err != nil {
			l.broken = true
			l.s.log.Warn("suggestions stopped", "project", l.project, "error", err)
			l.tell(func() {
				l.state.State, l.state.Reason = domain.SuggestFailed, domain.AsProblem(err).Detail
				l.front, l.learnt = nil, max(l.learnt, l.sought)
			})
		}
		if busy && err == nil {
			breathe()
			continue
		}
		if !l.rest(ctx) {
			return
		}
	}
}

// rest waits until there is something to do; false when there will not be.
func (l *live) rest(ctx context.Context) bool {
	wait := time.Until(l.lastAsked().Add(liveKeep))
	if l.blocked { // by a job, or a failure: look again soon
		wait = min(wait, time.Second)
	}
	if wait <= 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-l.kick:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// step does the most urgent piece of work and tells whether there was any.
func (l *live) step(ctx context.Context) (busy bool, err error) {
	l.blocked = false
	for _, work := range []func(context.Context) (bool, error){l.sync, l.learn, l.caughtUp, l.embedFront, l.fill, l.embedAhead} {
		if busy, err := work(ctx); busy || err != nil {
			return busy, err
		}
	}
	return false, nil
}

// caughtUp tells those who wait that all labels so far are learnt.
func (l *live) caughtUp(context.Context) (bool, error) {
	l.mu.Lock()
	behind := l.learnt < l.seq
	l.mu.Unlock()
	if behind {
		l.tell(func() { l.learnt = l.seq })
	}
	return false, nil
}

// embedFront embeds the images that are wanted next.
func (l *live) embedFront(ctx context.Context) (bool, error) {
	l.mu.Lock()
	front := l.front
	l.front = nil
	l.mu.Unlock()
	if len(front) == 0 || !l.learnable() {
		return false, nil
	}
	for _, a := range front {
		if a.Label.State == domain.StateUnlabelled && len(l.others) < maxOthers && !slices.Contains(l.others, a.SHA256) {
			l.others = append(l.others, a.SHA256)
		}
	}
	missing, err := l.missing(ctx, front)
	if err != nil || len(missing) == 0 {
		return false, err
	}
	// The first of them is waited for: the others come after it, unless something else is wanted meanwhile.
	now := missing[:min(len(missing), max(l.s.cfg.Engine.Parallel()/2, 1))]
	if err := l.embed(ctx, now); err != nil {
		return false, err
	}
	l.mu.Lock()
	if len(l.front) == 0 {
		l.front = missing[len(now):]
	}
	l.mu.Unlock()
	return true, nil
}

// embedAhead embeds images that nobody has asked for yet, as long as somebody is there and no job runs.
func (l *live) embedAhead(ctx context.Context) (bool, error) {
	if !l.learnable() && !l.wantsAll() || time.Since(l.lastAsked()) > liveDemand || l.aheadDone {
		return false, nil
	}
	select {
	case l.s.lane <- struct{}{}:
		defer func() { <-l.s.lane }()
	default:
		l.blocked = true
		return false, nil
	}
	workers := max(l.s.cfg.Engine.Parallel()/2, 1)
	assets, last, err := l.s.cfg.Store.Unembedded(ctx, l.project, l.backbone.SHA256, l.ahead, aheadChunk*workers)
	if err != nil {
		return false, err
	}
	if len(assets) == 0 {
		l.aheadDone = l.ahead == 0
		l.ahead = 0 // once more from the start: what was added before, or jumped over
		return !l.aheadDone, nil
	}
	l.ahead = last
	missing, err := l.missing(ctx, assets)
	if err != nil {
		return false, err
	}
	if len(missing) == 0 { // all unreadable
		return true, nil
	}
	return true, l.embed(ctx, missing)
}

// missing leaves out what is embedded already and what cannot be.
func (l *live) missing(ctx context.Context, assets []domain.Asset) ([]domain.Asset, error) {
	missing, err := l.s.missing(ctx, l.backbone.SHA256, assets)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	out := missing[:0:0]
	for _, a := range missing {
		if l.failed[a.SHA256] == nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// embed embeds assets with half of the workers, so that a person's own doing has room.
func (l *live) embed(ctx context.Context, assets []domain.Asset) error {
	failed, err := l.s.embed(ctx, l.backbone, assets, max(l.s.cfg.Engine.Parallel()/2, 1), func(int) {})
	if err != nil {
		return err
	}
	l.tell(func() {
		for _, a := range assets {
			if err := failed[a.ID]; err != nil {
				l.failed[a.SHA256] = err
				continue
			}
			l.state.Embedded++
		}
		l.state.Unread = len(l.failed)
	})
	return nil
}
