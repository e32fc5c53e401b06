package gallery

import (
	"errors"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func box() *outbox.Box { return outbox.Of(session.Now.Place, session.Now.Project) }

// away tells whether err says that the host cannot be reached, so that what was asked of it can wait.
func away(err error) bool {
	var p *domain.Problem
	return errors.As(err, &p) && p.Code == domain.CodeUnavailable
}

// waiting tells whether earlier actions wait for the host: what comes after them has to wait too.
func waiting() bool {
	n, failure := box().State()
	return n > 0 && failure != nil
}

// queue does change to images here, and leaves it to the outbox to tell the host when it is back.
func (s *Screen) queue(ids []string, change domain.LabelChange, op string) {
	change.Filter = nil
	for _, id := range ids {
		a := s.assets[id]
		after := outbox.Result(a.Label, change)
		box().Add(outbox.Write{Op: op, Asset: id, Name: a.Name, Append: true, Late: true, Change: change, Before: a.Label, After: after})
		if a.ProjectID != "" {
			after.Rev = a.Label.Rev
			a.Label = after
			s.assets[id] = a
		}
	}
}

// queued is queue for an action of a key or a button, and for the stroke that it may have begun.
func (s *Screen) queued(ctx app.Context, st *stroke, ids []string, change domain.LabelChange, op string, done func(n int) string) {
	s.queue(ids, change, op)
	if st != nil {
		st.busy, st.n = false, len(st.seen)
		s.send(st)
		s.settle(ctx, st)
		return
	}
	if len(ids) > 1 {
		ui.Toast(ctx, ui.ToastSpec{Text: done(len(ids)), Action: i18n.T("action.undo"), On: func(ctx app.Context) { s.undo(ctx, op) }})
	}
}

// takeBack undoes what still waits for the host: the newest operation, or op. False where there is no such thing.
func (s *Screen) takeBack(ctx app.Context, op string) bool {
	back := box().TakeBack(op)
	seen := map[string]bool{}
	for _, x := range back {
		if a, known := s.assets[x.Asset]; known && !seen[x.Asset] {
			a.Label = x.Before
			s.assets[x.Asset] = a
		}
		seen[x.Asset] = true
	}
	if len(back) > 0 {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.N("gallery.undone", len(seen))})
	}
	return len(back) > 0
}
