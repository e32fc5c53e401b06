package teamwork

import (
	"context"
	"crypto/rand"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Disputes is the screen of images that people label differently: a reviewer sees all votes and decides by one key.
type Disputes struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen
	project string
	total   int
	loaded  bool
	failure error
	docket  docket
	writes  *outbox.Box
}

// CompoID implements app.DismountEnforcer.
func (s *Disputes) CompoID() string { return s.Key }

// OnMount loads what is disputed.
func (s *Disputes) OnMount(ctx app.Context) {
	s.ctx, s.project = ctx, session.Now.Project
	s.writes = outbox.Of(session.Now.Place, s.project)
	s.writes.Listen(nil, func(w outbox.Write, _ domain.Operation, err error) {
		ctx.Dispatch(func(ctx app.Context) { s.answered(ctx, w, err) })
	})
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	s.load(ctx)
}

// OnDismount lets the writes go on without the screen.
func (s *Disputes) OnDismount() {
	if s.writes != nil {
		s.writes.Listen(nil, nil)
	}
}

func (s *Disputes) load(app.Context) {
	s.failure = nil
	c, project, w := session.Client(), s.project, s.writes
	session.Do(s.ctx, func(ctx context.Context) (domain.Agreement, error) {
		if err := w.Flush(ctx); err != nil { // what was decided is not to come again
			return domain.Agreement{}, err
		}
		return c.Agreement(ctx, project)
	}, func(_ app.Context, a domain.Agreement, err error) {
		s.loaded = true
		if s.failure = err; err == nil {
			s.total = a.Disputed
			s.docket.fill(a.Disputes)
		}
	})
}

func (s *Disputes) keys() hotkeys.Map {
	if session.Project.Task == domain.TaskSingle {
		return hotkeys.For(hotkeys.Disputes, session.Classes())
	}
	return hotkeys.For(hotkeys.Disputes, nil)
}

// onKey does what a key asks for.
func (s *Disputes) onKey(ctx app.Context, p hotkeys.Press) bool {
	if p.Action == hotkeys.Undo {
		s.undo(ctx)
		return true
	}
	d := s.docket.current()
	if d == nil || p.Action == hotkeys.Accept && onControl() {
		return false
	}
	if p.Class != "" {
		s.decide(domain.LabelChange{Action: "set", Classes: []string{p.Class}})
		return true
	}
	switch p.Action {
	case hotkeys.Accept:
		s.takeVote(s.docket.vote)
	case hotkeys.Skip:
		s.decide(domain.LabelChange{Action: "skip"})
	case hotkeys.Next:
		s.move(ctx, s.docket.at+1)
	case hotkeys.Prev:
		s.move(ctx, s.docket.at-1)
	case hotkeys.Down:
		s.docket.choose(1)
	case hotkeys.Up:
		s.docket.choose(-1)
	case hotkeys.First:
		s.move(ctx, 0)
	case hotkeys.Last:
		s.move(ctx, len(s.docket.list)-1)
	default:
		return false
	}
	return true
}

func onControl() bool {
	active := app.Window().Get("document").Get("activeElement")
	return active.Truthy() && active.Get("matches").Truthy() && active.Call("matches", "button,a,summary").Bool()
}

func (s *Disputes) move(ctx app.Context, to int) {
	s.docket.move(to)
	ctx.Defer(func(app.Context) {
		if e := app.Window().Get("document").Call("querySelector", ".su-line[aria-current=true]"); e.Truthy() {
			e.Call("scrollIntoView", map[string]any{"block": "nearest", "inline": "nearest"})
		}
	})
}

// takeVote decides as one of the votes says.
func (s *Disputes) takeVote(i int) {
	l := s.docket.current().Votes[i].Label
	if l.State == domain.StateSkipped {
		s.decide(domain.LabelChange{Action: "skip"})
		return
	}
	s.decide(domain.LabelChange{Action: "set", Classes: classIDs(l)})
}

func classIDs(l domain.Label) []string {
	out := make([]string, len(l.Classes))
	for i, c := range l.Classes {
		out[i] = c.ClassID
	}
	return out
}

// decide gives the image its label and goes on.
func (s *Disputes) decide(change domain.LabelChange) {
	d := s.docket.current()
	if d == nil || s.docket.decided[d.Asset.ID] != nil {
		return
	}
	change.AssetID = d.Asset.ID
	op := "ui-" + rand.Text()
	s.docket.decide(op)
	s.writes.Add(outbox.Write{Op: op, Asset: d.Asset.ID, Name: d.Asset.Name, Change: change, Before: d.Asset.Label, After: outbox.Result(d.Asset.Label, change)})
}

// undo takes back the newest decision.
func (s *Disputes) undo(ctx app.Context) {
	r := s.docket.back()
	if r == nil {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.nothing_to_undo")})
		return
	}
	s.writes.Add(outbox.Write{Op: r.op, Asset: r.asset, Undo: true})
	ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.undone")})
}

// answered takes in what the host made of a decision.
func (s *Disputes) answered(ctx app.Context, w outbox.Write, err error) {
	if err != nil {
		if !w.Undo {
			s.docket.drop(w.Op)
		}
		ui.ToastError(ctx, err)
		return
	}
	session.ProjectChanged(ctx)
	if n, _ := s.writes.State(); n == 0 && s.docket.done() && s.total > len(s.docket.list) {
		s.load(ctx)
	}
}
