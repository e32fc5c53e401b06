package gallery

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// stroke is a key that is held down while the keyboard walks over images: what it did to the first it does to each of them.
// All that one stroke labels is one operation.
type stroke struct {
	code string // of the key, as KeyboardEvent.code

	selects bool // chooses images, or (put false) lets them go
	put     bool

	change domain.LabelChange // what it does to labels, where it does not select
	op     string
	done   func(n int) string
	seen   map[string]bool // images that it has been over
	wait   []string        // of those, what has not been sent yet
	busy   bool            // something is on its way
	lifted bool
	n      int // labels changed so far
}

// swept are the images that a stroke paints when the keyboard goes from one cell to another: the one that it comes to, or
// all up to it where it leaps.
func swept(by hotkeys.Action, from, to int) (low, high int) {
	switch by {
	case hotkeys.Next, hotkeys.Prev, hotkeys.Up, hotkeys.Down:
		return to, to
	}
	if to > from {
		return from + 1, to
	}
	return to, max(from-1, to)
}

// paint lets the stroke under way go on to cell to.
func (s *Screen) paint(by hotkeys.Action, to int) {
	st := s.stroke
	if st == nil || to == s.focus {
		return
	}
	low, high := swept(by, s.focus, to)
	for i := low; i <= high; i++ {
		id := s.ids[i]
		switch {
		case st.selects && st.put:
			s.sel.put(id)
		case st.selects:
			s.sel.drop(id)
		case !st.seen[id]:
			st.seen[id] = true
			st.wait = append(st.wait, id)
		}
	}
	s.sel.anchor = to
	s.send(st)
}

// beginSelect begins a stroke that does to others what was done to cell i.
func (s *Screen) beginSelect(code string, i int) {
	s.stroke = &stroke{code: code, selects: true, put: s.sel.has(s.ids[i])}
}

// beginLabel begins a stroke that labels, with the one image whose label is on its way. Keys alone begin strokes.
func (s *Screen) beginLabel(change domain.LabelChange, f domain.Filter, op string, done func(n int) string) *stroke {
	if s.pressed == "" || s.sel.count() > 0 || len(f.IDs) != 1 {
		return nil
	}
	st := &stroke{code: s.pressed, change: change, op: op, done: done, seen: map[string]bool{f.IDs[0]: true}, busy: true}
	s.stroke = st
	return st
}

// lift ends the stroke of a key that is let go; of any key where code is "".
func (s *Screen) lift(ctx app.Context, code string) {
	st := s.stroke
	if st == nil || (code != "" && code != st.code) {
		return
	}
	s.stroke = nil
	st.lifted = true
	s.settle(ctx, st)
}

// send labels what a stroke has come over since the last time.
func (s *Screen) send(st *stroke) {
	if st.busy || len(st.wait) == 0 {
		return
	}
	if waiting() {
		s.queue(st.wait, st.change, st.op)
		st.wait, st.n = nil, len(st.seen)
		return
	}
	st.busy = true
	ids := st.wait
	change, c, project := st.change, session.Client(), session.Now.Project
	change.Filter = &domain.Filter{IDs: st.wait}
	st.wait = nil
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) {
		return c.Label(ctx, project, domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: st.op, Append: true})
	}, func(ctx app.Context, o domain.Operation, err error) { s.stroked(ctx, st, ids, o, err) })
}

// stroked takes over the answer to what a stroke did to ids.
func (s *Screen) stroked(ctx app.Context, st *stroke, ids []string, o domain.Operation, err error) {
	st.busy = false
	if away(err) {
		s.queued(ctx, st, ids, st.change, st.op, st.done)
		return
	}
	if err != nil {
		if s.stroke == st {
			s.stroke = nil
		}
		st.wait = nil
		ui.ToastError(ctx, err)
		return
	}
	st.n = o.Changed
	o.Changed = len(o.Assets) // of this part
	s.changed(ctx, o)
	s.send(st)
	s.settle(ctx, st)
}

// settle tells what a stroke did once it is over: of one image the grid itself tells.
func (s *Screen) settle(ctx app.Context, st *stroke) {
	if !st.lifted || st.busy || len(st.seen) < 2 {
		return
	}
	ui.Toast(ctx, ui.ToastSpec{Text: st.done(st.n), Action: i18n.T("action.undo"), On: func(ctx app.Context) { s.undo(ctx, st.op) }})
	st.seen = nil
}
