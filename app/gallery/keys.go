package gallery

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// keys are the keys in force.
func (s *Screen) keys() hotkeys.Map { return hotkeys.For(hotkeys.Grid, session.Classes()) }

// onKey does what a key asks for. Keys are the grid's only while the focus is in it, or nowhere.
func (s *Screen) onKey(ctx app.Context, p hotkeys.Press) bool {
	if len(s.ids) == 0 || !s.focused() {
		return false
	}
	toEnd := (p.Action == hotkeys.First || p.Action == hotkeys.Last) && !p.Extend // wherever one is
	if !s.inView(s.focus) && s.sel.count() == 0 && p.Action != hotkeys.Search && p.Action != hotkeys.SelectAll && !toEnd {
		// The wheel has moved on: the keys go on from what is seen, and never change what is not.
		from, _ := s.grid.lay.visible(s.grid.scroll+s.grid.lay.row()/2, s.grid.viewport)
		s.moveTo(ctx, clamp(from*s.grid.lay.cols, 0, len(s.ids)-1))
		return true
	}
	if to, moves := s.grid.lay.move(s.focus, p.Action, int(s.grid.viewport/s.grid.lay.row())); moves {
		if p.Extend {
			if s.sel.count() == 0 {
				s.sel.anchor = s.focus
			}
			s.sel.extend(s.ids, s.focus, to)
		} else {
			s.paint(p.Action, to)
		}
		s.moveTo(ctx, to)
		return true
	}
	switch p.Action {
	case hotkeys.Open:
		s.open(ctx, s.focus)
	case hotkeys.Select:
		s.sel.toggle(s.ids, s.focus)
		s.beginSelect(p.Code, s.focus)
	case hotkeys.SelectTo:
		s.sel.extend(s.ids, s.sel.anchor, s.focus)
	case hotkeys.SelectAll:
		s.selectAll(ctx)
	case hotkeys.Unselect:
		if s.sel.count() == 0 {
			return false
		}
		s.sel.clear()
	case hotkeys.Search:
		s.focusSearch()
	case hotkeys.ShowLike:
		s.showLike(ctx, s.focus)
	default:
		s.pressed = p.Code
		s.act(ctx, p)
		s.pressed = ""
	}
	return true
}

// inView tells whether some of cell i is seen.
func (s *Screen) inView(i int) bool {
	from, to := s.grid.lay.visible(s.grid.scroll, s.grid.viewport)
	r := i / max(s.grid.lay.cols, 1)
	return r >= from && r < to
}

// focused tells whether keys are meant for the grid.
func (s *Screen) focused() bool {
	document := app.Window().Get("document")
	active := document.Get("activeElement")
	if !active.Truthy() || active.Equal(document.Get("body")) || active.Get("id").String() == "main" {
		return true
	}
	return s.Mounted() && active.Call("closest", ".grid-scroll").Truthy()
}

// act does what changes labels or images.
func (s *Screen) act(ctx app.Context, p hotkeys.Press) {
	if session.OnlyLooks() {
		return
	}
	if class, ok := session.Class(p.Class); ok {
		s.labelAs(ctx, class)
		return
	}
	switch p.Action {
	case hotkeys.Approve:
		s.approve(ctx)
	case hotkeys.Skip:
		s.change(ctx, "skip")
	case hotkeys.Unsure:
		s.flag(ctx, domain.FlagUnsure)
	case hotkeys.BadImage:
		s.flag(ctx, domain.FlagBad)
	case hotkeys.AcceptHere:
		s.change(ctx, "accept")
	case hotkeys.Reject:
		s.change(ctx, "reject")
	case hotkeys.Clear:
		s.change(ctx, "clear")
	case hotkeys.Delete:
		s.askDelete(ctx)
	case hotkeys.Undo:
		s.undo(ctx, "")
	case hotkeys.Redo:
		s.redo(ctx)
	}
}
