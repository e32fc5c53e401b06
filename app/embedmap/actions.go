package embedmap

import (
	"context"
	"crypto/rand"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// label gives a class to what is selected, as one operation.
func (s *Screen) label(_ app.Context, class domain.Class) {
	ids := s.picked()
	if len(ids) == 0 || s.working || session.Project.Task == domain.TaskBoxes || !session.May(domain.RightLabel) {
		return
	}
	s.working = true
	change := domain.LabelChange{Filter: &domain.Filter{IDs: ids}, Action: "set", Classes: []string{class.ID}}
	if session.Project.Task == domain.TaskMulti {
		change.Action = "add"
	}
	// The id of the operation makes sending it twice do it once.
	request := domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: rand.Text()}
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Label(ctx, project, request) },
		func(ctx app.Context, o domain.Operation, err error) {
			s.working = false
			if err != nil {
				ui.ToastError(ctx, err)
				return
			}
			ui.Toast(ctx, ui.ToastSpec{
				Text: i18n.N("gallery.done.set", o.Changed, "class", class.Name), Action: i18n.T("action.undo"),
				On: func(app.Context) { s.undo(o.ID) },
			})
			session.ProjectChanged(ctx)
			s.refresh()
		})
}

// undo takes back an operation, the newest where op is "".
func (s *Screen) undo(op string) { ui.Undo(s.ctx, s.project, op, s.refresh) }

// keys are the keys in force.
func (s *Screen) keys() hotkeys.Map { return hotkeys.For(hotkeys.Plane, session.Classes()) }

// onKey does what a key asks for.
func (s *Screen) onKey(ctx app.Context, p hotkeys.Press) bool {
	if s.made == nil {
		return false
	}
	if class, ok := session.Class(p.Class); ok {
		s.label(ctx, class)
		return true
	}
	switch p.Action {
	case hotkeys.Next:
		s.canvas.walk(1, 0)
	case hotkeys.Prev:
		s.canvas.walk(-1, 0)
	case hotkeys.Up:
		s.canvas.walk(0, -1)
	case hotkeys.Down:
		s.canvas.walk(0, 1)
	case hotkeys.Select:
		if onControl() { // Space presses it
			return false
		}
		s.canvas.toggle()
	case hotkeys.Heap:
		s.canvas.gather(s.canvas.cursor, false)
	case hotkeys.ZoomIn:
		s.canvas.near(1.25)
	case hotkeys.ZoomOut:
		s.canvas.near(1 / 1.25)
	case hotkeys.Fit:
		s.canvas.plot.fit()
		s.canvas.changed()
	case hotkeys.PanLeft:
		s.canvas.shift(1, 0)
	case hotkeys.PanRight:
		s.canvas.shift(-1, 0)
	case hotkeys.PanUp:
		s.canvas.shift(0, 1)
	case hotkeys.PanDown:
		s.canvas.shift(0, -1)
	case hotkeys.SelectAll:
		s.canvas.view(false)
	case hotkeys.Unselect:
		s.unselect(ctx)
	case hotkeys.Undo:
		s.undo("")
	default:
		return false
	}
	return true
}

// onControl tells whether a button or a link has the focus.
func onControl() bool {
	active := app.Window().Get("document").Get("activeElement")
	return active.Truthy() && active.Get("matches").Truthy() && active.Call("matches", "button,a").Bool()
}
