package triage

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
)

// keys are the keys in force.
func (s *Screen) keys() hotkeys.Map { return hotkeys.For(hotkeys.Check, nil) }

// onKey does what a key asks for.
func (s *Screen) onKey(ctx app.Context, p hotkeys.Press) bool {
	if s.report == nil || onSlider() {
		return false
	}
	switch p.Action {
	case hotkeys.Next:
		s.move(s.list.at + 1)
	case hotkeys.Prev:
		s.move(s.list.at - 1)
	case hotkeys.First:
		s.move(0)
	case hotkeys.Last:
		s.move(len(s.list.tiles) - 1)
	case hotkeys.SelectAll:
		s.list.all(true)
	case hotkeys.Unselect:
		s.list.all(false)
	case hotkeys.Keep:
		s.list.keep()
	case hotkeys.BadImage:
		s.markBad(ctx)
	case hotkeys.Delete:
		s.deleteTicked(ctx)
	case hotkeys.Undo:
		s.undo("")
	default:
		return false
	}
	return true
}

// move gives the keyboard to another image. The first press goes to the one that had it last.
func (s *Screen) move(to int) {
	if len(s.list.tiles) == 0 {
		return
	}
	active := app.Window().Get("document").Get("activeElement")
	if !active.Truthy() || !active.Get("classList").Call("contains", "check-tile").Bool() {
		to = s.list.at
	}
	s.list.at = min(max(to, 0), len(s.list.tiles)-1)
	if e := app.Window().GetElementByID(tileID(s.list.at)); e.Truthy() {
		e.Call("focus") // at once: the next key may be here before anything is rendered
	}
}

// onSlider tells whether the limit has the keyboard: arrows move it.
func onSlider() bool {
	active := app.Window().Get("document").Get("activeElement")
	return active.Truthy() && active.Get("id").String() == "check-limit"
}
