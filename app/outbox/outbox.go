// Package outbox sends label actions to their host one after the other, in order, and keeps them in the browser until they have
// come through: while a server cannot be reached nothing is lost, and what others did meanwhile is not written over unseen.
package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Write is one action on its way to the host. Sending it twice does no harm: a label write names its operation, and what is
// undone already stays so.
type Write struct {
	Op     string             `json:"op"`
	Asset  string             `json:"asset"` // "" for the undo of an operation over several
	Name   string             `json:"name,omitempty"`
	Undo   bool               `json:"undo,omitempty"`
	Append bool               `json:"append,omitempty"` // joins what Op did before
	Queue  bool               `json:"queue,omitempty"`  // an answer about an image that was handed out
	Change domain.LabelChange `json:"change"`

	Before domain.Label `json:"before"` // as the user saw it; its Rev is what the host had then
	After  domain.Label `json:"after"`
	// Late tells that the host was away when this was done, or sent: others may have changed the label meanwhile.
	Late   bool          `json:"late,omitempty"`
	Theirs *domain.Label `json:"theirs,omitempty"` // a conflict: what the label is on the host; waits for a choice
}

// Box holds the actions of one project. What the host cannot be asked for stays and is tried again; what it refuses is
// dropped and told; what somebody else has changed meanwhile waits for a choice. It goes on when a screen is left.
type Box struct {
	Place   platform.Place
	Project string

	mu      sync.Mutex
	send    func(context.Context, Write) (domain.Operation, error)
	look    func(ctx context.Context, asset string) (domain.Asset, error)
	keep    func([]Write)
	atRisk  func() bool
	list    []Write
	running bool
	failure error
	kick    chan struct{}
	idle    chan struct{} // closed when there is nothing left that can be sent; nil while nobody waits

	// told is called after every change, answered with every answer, both from a goroutine of its own.
	told     func()
	answered func(Write, domain.Operation, error)
}

func send(ctx context.Context, c *client.Client, project string, x Write) (domain.Operation, error) {
	change := x.Change
	change.AssetID = x.Asset
	switch {
	case x.Queue && x.Undo:
		return c.UndoAnswer(ctx, project, x.Op)
	case x.Queue:
		return c.Answer(ctx, project, domain.QueueAnswer{OpID: x.Op, Change: change})
	case x.Undo:
		return c.Undo(ctx, project, x.Op)
	}
	if x.Late {
		change.Rev = &x.Before.Rev
	}
	return c.Label(ctx, project, domain.LabelRequest{OpID: x.Op, Append: x.Append, Changes: []domain.LabelChange{change}})
}

// Add appends x and sends it as soon as its turn comes.
func (b *Box) Add(x Write) {
	b.mu.Lock()
	x.Late = x.Late || b.failure != nil
	b.list = append(b.list, x)
	b.keep(b.list)
	b.start()
	b.mu.Unlock()
	changed()
}

// start is called with mu held.
func (b *Box) start() {
	if !b.running {
		b.running = true
		ui.AfterPaint(func() { go b.run() }) // what was done is seen before it is sent
	}
}

// State gives how many writes are on their way and why they are stuck, nil where they are not.
func (b *Box) State() (pending int, failure error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list), b.failure
}

// Waiting counts the writes that did not come through at once, until the last of them has.
func (b *Box) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.ContainsFunc(b.list, func(x Write) bool { return x.Late }) {
		return 0
	}
	return len(b.list)
}

// Busy tells whether writes of an image are on their way.
func (b *Box) Busy(asset string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.list, func(x Write) bool { return x.Asset == asset })
}

// Retry tries at once instead of at the next turn.
func (b *Box) Retry() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

// Flush waits until everything is written, or gives why it is not.
func (b *Box) Flush(ctx context.Context) error {
	b.mu.Lock()
	if _, left := b.next(); !left || b.failure != nil {
		defer b.mu.Unlock()
		return b.stopped()
	}
	if b.idle == nil {
		b.idle = make(chan struct{})
	}
	idle := b.idle
	b.mu.Unlock()
	select {
	case <-idle:
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.stopped()
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	firstWait = time.Second
	lastWait  = 20 * time.Second
)

// next is the write to send: the first that does not wait behind a choice. It is called with mu held.
func (b *Box) next() (Write, bool) {
	for i, x := range b.list {
		if !slices.ContainsFunc(b.list[:i+1], func(c Write) bool {
			return c.Theirs != nil && (c.Asset == x.Asset || c.Op == x.Op && x.Undo)
		}) {
			return x, true
		}
	}
	return Write{}, false
}

// stopped is why not all is written; nil where it is, or on its way. It is called with mu held.
func (b *Box) stopped() error {
	if b.failure == nil && slices.ContainsFunc(b.list, func(x Write) bool { return x.Theirs != nil }) {
		return domain.Errorf(domain.CodeConflict, "Some labels were changed by others meanwhile. Choose which are to stay.")
	}
	return b.failure
}

func (b *Box) run() {
	wait := firstWait
	for {
		b.mu.Lock()
		x, ok := b.next()
		if !ok {
			b.running = false
			b.wake()
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()

		op, err := b.send(context.Background(), x)
		if err != nil && x.Late && !x.Undo && domain.AsProblem(err).Code == domain.CodeConflict {
			if err = b.compare(context.Background(), x); err == nil {
				continue
			}
		}
		if err != nil && !Refused(err) {
			b.stuck(err)
			select {
			case <-b.kick:
			case <-time.After(wait):
			}
			wait = min(2*wait, lastWait)
			continue
		}
		wait = firstWait
		b.sent(x, op, err)
	}
}

// wake is called with mu held.
func (b *Box) wake() {
	if b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

func (b *Box) stuck(err error) {
	b.mu.Lock()
	b.failure = err
	for i := range b.list {
		b.list[i].Late = true
	}
	b.keep(b.list)
	b.wake()
	told := b.told
	b.mu.Unlock()
	if told != nil {
		told()
	}
	changed()
}

func (b *Box) sent(x Write, op domain.Operation, err error) {
	b.mu.Lock()
	b.failure = nil
	if i := b.at(x); i >= 0 {
		b.list = slices.Delete(slices.Clone(b.list), i, i+1)
	}
	for _, a := range op.Assets { // what follows goes on from what we wrote
		for i := range b.list {
			if b.list[i].Asset == a.ID && b.list[i].Theirs == nil {
				b.list[i].Before = a.Label
			}
		}
	}
	b.keep(b.list)
	told, answered := b.told, b.answered
	b.mu.Unlock()
	if answered != nil {
		answered(x, op, err)
	}
	if told != nil {
		told()
	}
	changed()
}

// at is the place of x in the list, -1 where it is gone. It is called with mu held.
func (b *Box) at(x Write) int {
	return slices.IndexFunc(b.list, func(y Write) bool { return y.Op == x.Op && y.Asset == x.Asset && y.Undo == x.Undo })
}

// Listen makes told and answered those of the screen that is shown; nil for none.
func (b *Box) Listen(told func(), answered func(Write, domain.Operation, error)) {
	b.mu.Lock()
	b.told, b.answered = told, answered
	b.mu.Unlock()
}

// Refused tells whether the host will say the same the next time too.
func Refused(err error) bool {
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
