package clusters

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/session"
)

// keys are the keys in force.
func (s *Screen) keys() hotkeys.Map { return hotkeys.For(hotkeys.Clusters, session.Classes()) }

// onKey does what a key asks for.
func (s *Screen) onKey(ctx app.Context, p hotkeys.Press) bool {
	if len(s.rows) == 0 || s.elsewhere(p.Action) {
		return false
	}
	if class, ok := session.Class(p.Class); ok {
		s.label(ctx, class)
		return true
	}
	switch p.Action {
	case hotkeys.Down:
		s.move(s.at + 1)
	case hotkeys.Up:
		s.move(s.at - 1)
	case hotkeys.First:
		s.move(0)
	case hotkeys.Last:
		s.move(len(s.rows) - 1)
	case hotkeys.Next:
		s.along(1)
	case hotkeys.Prev:
		s.along(-1)
	case hotkeys.Tick:
		s.current().alone()
	case hotkeys.Leave:
		s.leave(ctx)
	case hotkeys.Regroup:
		s.regroup(ctx)
	case hotkeys.Unselect:
		if s.merging == "" {
			return false
		}
		s.merging = ""
	case hotkeys.Open:
		s.gallery(ctx)
	case hotkeys.NewClass:
		s.name(ctx)
	case hotkeys.Merge:
		s.merge(ctx)
	case hotkeys.Split:
		s.divide(ctx)
	case hotkeys.Undo:
		s.undo()
	default:
		return false
	}
	return true
}

// elsewhere tells whether Enter or an arrow is meant for the control that has the focus.
func (s *Screen) elsewhere(a hotkeys.Action) bool {
	active := app.Window().Get("document").Get("activeElement")
	if !active.Truthy() || !active.Get("matches").Truthy() {
		return false
	}
	switch a {
	case hotkeys.Open:
		return active.Call("matches", "button,a,summary").Bool()
	case hotkeys.Up, hotkeys.Down, hotkeys.First, hotkeys.Last, hotkeys.Next, hotkeys.Prev:
		return active.Call("matches", "[role=radio]").Bool()
	}
	return false
}
