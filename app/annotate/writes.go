package annotate

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// write is one action on its way to the host. Sending it twice does no harm: a label write names its operation, and what is
// undone already stays so.
type write struct {
	Op     string             `json:"op"`
	Asset  string             `json:"asset"`
	Undo   bool               `json:"undo,omitempty"`
	Change domain.LabelChange `json:"change"`
}

// storage keeps the writes that are on their way through a closed tab. It is app.BrowserStorage.
type storage interface {
	Set(key string, v any) error
	Get(key string, v any) error
	Del(key string)
}

// writes sends actions to the host one after the other, in order. What the host cannot be asked for stays and is tried again;
// what it refuses is dropped and told. There is one per project, and it goes on when the screen is left.
type writes struct {
	mu      sync.Mutex
	send    func(context.Context, write) (domain.Operation, error)
	keep    func([]write)
	list    []write
	running bool
	failure error
	kick    chan struct{}
	idle    chan struct{} // closed when there is nothing left; nil while nobody waits

	// told is called after every change, answered with every answer, both from a goroutine of its own.
	told     func()
	answered func(write, domain.Operation, error)
}

var (
	allWrites   = map[string]*writes{}
	allWritesMu sync.Mutex
)

// writesOf gives the writes of a project, with those that an earlier visit left behind.
func writesOf(place platform.Place, project string, kept storage) *writes {
	allWritesMu.Lock()
	defer allWritesMu.Unlock()
	key := "irum.pending/" + string(place) + "/" + project
	if w := allWrites[key]; w != nil {
		return w
	}
	w := &writes{kick: make(chan struct{}, 1)}
	w.send = func(ctx context.Context, x write) (domain.Operation, error) {
		return send(ctx, session.ClientOf(place), project, x)
	}
	w.keep = func(list []write) {
		if len(list) == 0 {
			kept.Del(key)
		} else {
			_ = kept.Set(key, list) // a full storage costs the safety net, not the write
		}
	}
	var left []write
	if kept.Get(key, &left) == nil && len(left) > 0 {
		w.list = left
		w.start()
	}
	allWrites[key] = w
	return w
}

func send(ctx context.Context, c *client.Client, project string, x write) (domain.Operation, error) {
	if x.Undo {
		return c.Undo(ctx, project, x.Op)
	}
	return c.Label(ctx, project, domain.LabelRequest{OpID: x.Op, Changes: []domain.LabelChange{x.Change}})
}

// unsent counts what is on its way in all projects.
func unsent() int {
	allWritesMu.Lock()
	defer allWritesMu.Unlock()
	n := 0
	for _, w := range allWrites {
		pending, _ := w.state()
		n += pending
	}
	return n
}

// add appends x and sends it as soon as its turn comes.
func (w *writes) add(x write) {
	w.mu.Lock()
	w.list = append(w.list, x)
	w.keep(w.list)
	w.start()
	w.mu.Unlock()
}

// start is called with mu held.
func (w *writes) start() {
	if !w.running {
		w.running = true
		go w.run()
	}
}

// state gives how many writes are on their way and why they are stuck, nil where they are not.
func (w *writes) state() (pending int, failure error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list), w.failure
}

// busy tells whether writes of an image are on their way.
func (w *writes) busy(asset string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.list, func(x write) bool { return x.Asset == asset })
}

// retry tries at once instead of at the next turn.
func (w *writes) retry() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// flush waits until everything is written, or gives why it is not.
func (w *writes) flush(ctx context.Context) error {
	w.mu.Lock()
	if len(w.list) == 0 || w.failure != nil {
		defer w.mu.Unlock()
		return w.failure
	}
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	select {
	case <-idle:
		_, err := w.state()
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	firstWait = time.Second
	lastWait  = 20 * time.Second
)

func (w *writes) run() {
	wait := firstWait
	for {
		w.mu.Lock()
		if len(w.list) == 0 {
			w.running = false
			w.wake()
			w.mu.Unlock()
			return
		}
		x := w.list[0]
		w.mu.Unlock()

		op, err := w.send(context.Background(), x)
		if err != nil && !refused(err) {
			w.stuck(err)
			select {
			case <-w.kick:
			case <-time.After(wait):
			}
			wait = min(2*wait, lastWait)
			continue
		}
		wait = firstWait
		w.sent(x, op, err)
	}
}

// wake is called with mu held.
func (w *writes) wake() {
	if w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}

func (w *writes) stuck(err error) {
	w.mu.Lock()
	w.failure = err
	w.wake()
	told := w.told
	w.mu.Unlock()
	if told != nil {
		told()
	}
}

func (w *writes) sent(x write, op domain.Operation, err error) {
	w.mu.Lock()
	w.list, w.failure = w.list[1:], nil
	w.keep(w.list)
	told, answered := w.told, w.answered
	w.mu.Unlock()
	if answered != nil {
		answered(x, op, err)
	}
	if told != nil {
		told()
	}
}

// listen makes told and answered those of the screen that is shown; nil for none.
func (w *writes) listen(told func(), answered func(write, domain.Operation, error)) {
	w.mu.Lock()
	w.told, w.answered = told, answered
	w.mu.Unlock()
}

// refused tells whether the host will say the same the next time too.
func refused(err error) bool {
	var p *domain.Problem
	if !errors.As(err, &p) {
		return false
	}
	switch p.Code {
	case domain.CodeInvalid, domain.CodeNotFound, domain.CodeForbidden, domain.CodeTooLarge, domain.CodeUnsupported:
		return true
	}
	return false
}
