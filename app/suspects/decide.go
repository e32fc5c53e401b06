package suspects

import (
	"context"
	"crypto/rand"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// keys are the keys in force. Class keys label an image with one class; what several classes are is said elsewhere.
func (s *Screen) keys() hotkeys.Map {
	if single() {
		return hotkeys.For(hotkeys.Suspects, session.Classes())
	}
	return hotkeys.For(hotkeys.Suspects, nil)
}

func single() bool { return session.Project != nil && session.Project.Task == domain.TaskSingle }

// onKey does what a key asks for.
func (s *Screen) onKey(ctx app.Context, p hotkeys.Press) bool {
	if p.Action == hotkeys.Accept && focused("button,a,summary") {
		return false
	}
	switch p.Action {
	case hotkeys.Undo:
		s.undo(ctx)
		return true
	case hotkeys.Redo:
		s.redo(ctx)
		return true
	}
	q := &s.queue
	if q.current() == nil || q.done() {
		return false
	}
	if p.Class != "" {
		s.give(ctx, p.Class)
		return true
	}
	switch p.Action {
	case hotkeys.Accept:
		s.accept(ctx)
	case hotkeys.Keep:
		s.keep(ctx)
	case hotkeys.Skip:
		s.skip(ctx)
	case hotkeys.Next, hotkeys.Down:
		s.move(ctx, q.at+1)
	case hotkeys.Prev, hotkeys.Up:
		s.move(ctx, q.at-1)
	case hotkeys.First:
		s.move(ctx, 0)
	case hotkeys.Last:
		s.move(ctx, len(q.list.Items)-1)
	default:
		return false
	}
	return true
}

// focused tells whether the focus is on what selector finds: Enter and Space are meant for it.
func focused(selector string) bool {
	active := app.Window().Get("document").Get("activeElement")
	return active.Truthy() && active.Get("matches").Truthy() && active.Call("matches", selector).Bool()
}

// accept gives the image what the model says.
func (s *Screen) accept(ctx app.Context) { s.set(ctx, idsOf(s.queue.current().Suggested)) }

// give labels the image with a class; the one it has keeps it.
func (s *Screen) give(ctx app.Context, class string) {
	if given := s.queue.current().Given; len(given) == 1 && given[0].ClassID == class {
		s.keep(ctx)
		return
	}
	s.set(ctx, []string{class})
}

func (s *Screen) set(ctx app.Context, classes []string) {
	now := s.queue.current().Asset
	// A class that the model did not learn is none of its business.
	for _, c := range now.Label.Classes {
		if !single() && !s.learnt(c.ClassID) {
			classes = append(classes, c.ClassID)
		}
	}
	s.decide(ctx, fixed, domain.LabelChange{AssetID: now.ID, Action: "set", Classes: classes})
}

func (s *Screen) learnt(class string) bool {
	for _, c := range s.model.Classes {
		if c.ID == class {
			return true
		}
	}
	return false
}

// keep says that the label is right.
func (s *Screen) keep(ctx app.Context) {
	now := s.queue.current().Asset
	s.decide(ctx, kept, domain.LabelChange{AssetID: now.ID, Action: "keep"})
}

// skip puts the image aside for now.
func (s *Screen) skip(ctx app.Context) {
	s.queue.decide(aside, "")
	s.shown(ctx)
}

func idsOf(scores []domain.ClassScore) []string {
	ids := make([]string, 0, len(scores))
	for _, c := range scores {
		ids = append(ids, c.ClassID)
	}
	return ids
}

// decide shows the next image at once and writes the decision beside.
func (s *Screen) decide(ctx app.Context, d decision, change domain.LabelChange) {
	if was := s.queue.decided[change.AssetID]; was == fixed || was == kept {
		return // decided: undo comes first
	}
	op, rev := rand.Text(), s.queue.current().Asset.Label.Rev
	change.Rev = &rev
	s.queue.decide(d, op)
	s.shown(ctx)
	s.write(func(ctx context.Context, c *client.Client) (domain.Operation, error) {
		return c.Label(ctx, s.project, domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: op})
	}, func(ctx app.Context, _ domain.Operation, err error) {
		if err != nil {
			s.queue.drop(op)
			ui.ToastError(ctx, err)
			if domain.AsProblem(err).Code != domain.CodeUnavailable {
				s.load(ctx) // somebody else was faster: what is doubted has changed
			}
			return
		}
		session.ProjectChanged(ctx)
		if s.queue.done() && s.queue.more() {
			s.load(ctx)
		}
	})
}

// write sends one after the other, also when the screen is left meanwhile.
func (s *Screen) write(do func(context.Context, *client.Client) (domain.Operation, error), then func(app.Context, domain.Operation, error)) {
	c, before, mine := session.Client(), s.last, make(chan struct{})
	s.last = mine
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) {
		defer close(mine)
		if before != nil {
			<-before
		}
		return do(context.WithoutCancel(ctx), c)
	}, then)
}

// undo takes back the newest decision, or what was done before this screen was opened.
func (s *Screen) undo(ctx app.Context) {
	m, own := s.queue.back()
	s.shown(ctx)
	if own && m.op == "" {
		return
	}
	s.write(func(ctx context.Context, c *client.Client) (domain.Operation, error) {
		return c.Undo(ctx, s.project, m.op)
	},
		func(ctx app.Context, _ domain.Operation, err error) {
			switch {
			case err == nil:
				ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.undone")})
				session.ProjectChanged(ctx)
				if !own {
					s.load(ctx)
				}
			case domain.AsProblem(err).Code == domain.CodeNotFound:
				ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.nothing_to_undo")})
			default:
				ui.ToastError(ctx, err)
				s.load(ctx)
			}
		})
}

func (s *Screen) redo(app.Context) {
	s.write(func(ctx context.Context, c *client.Client) (domain.Operation, error) { return c.Redo(ctx, s.project) },
		func(ctx app.Context, _ domain.Operation, err error) {
			switch {
			case err == nil:
				session.ProjectChanged(ctx)
				s.load(ctx)
			case domain.AsProblem(err).Code != domain.CodeNotFound:
				ui.ToastError(ctx, err)
			}
		})
}

func (s *Screen) move(ctx app.Context, to int) {
	s.queue.move(to)
	s.shown(ctx)
}

// shown brings the current line of the list into view.
func (s *Screen) shown(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		if e := app.Window().Get("document").Call("querySelector", ".su-line[aria-current=true]"); e.Truthy() {
			e.Call("scrollIntoView", map[string]any{"block": "nearest", "inline": "nearest"})
		}
	})
}
