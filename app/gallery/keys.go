package gallery

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// command is what a key asks for. Name is class, move, extend or one of the plain keys' table.
type command struct {
	name  string
	class string // of class: its id
	key   string // of move and extend
}

var plainKeys = map[string]string{
	"enter": "open", " ": "open", "x": "select", "s": "skip", "a": "accept", "z": "undo", "escape": "clear",
	"delete": "delete", "backspace": "unlabel", "/": "search",
}

var ctrlKeys = map[string]string{"a": "all", "z": "undo", "y": "redo"}

var moveKeys = map[string]bool{
	"arrowleft": true, "arrowright": true, "arrowup": true, "arrowdown": true, "pageup": true, "pagedown": true, "home": true, "end": true,
}

// commandOf tells what k asks for. A class's key wins over a command of the grid: whoever gave it wants it.
func commandOf(k ui.Key, classes []domain.Class) (command, bool) {
	name := strings.ToLower(k.Name)
	switch {
	case k.Alt:
		return command{}, false
	case moveKeys[name] && !k.Ctrl:
		if k.Shift {
			return command{name: "extend", key: name}, true
		}
		return command{name: "move", key: name}, true
	case k.Ctrl:
		c := ctrlKeys[strings.ToLower(k.Letter())]
		if c == "undo" && k.Shift {
			c = "redo"
		}
		return command{name: c}, c != ""
	}
	letter := strings.ToLower(k.Letter())
	for _, exact := range []string{name, letter} {
		for _, c := range classes {
			if c.Key != "" && strings.ToLower(c.Key) == exact {
				return command{name: "class", class: c.ID}, true
			}
		}
	}
	c := plainKeys[name]
	if c == "" {
		c = plainKeys[letter]
	}
	return command{name: c}, c != ""
}

// onKey does what a key asks for. Keys are the grid's only while the focus is in it, or nowhere.
func (s *Screen) onKey(ctx app.Context, k ui.Key) bool {
	if len(s.ids) == 0 || !s.focused() {
		return false
	}
	c, ok := commandOf(k, session.Classes())
	if !ok {
		return false
	}
	if !s.inView(s.focus) && s.sel.count() == 0 && c.name != "search" && c.name != "all" {
		// The wheel has moved on: the keys go on from what is seen, and never change what is not.
		from, _ := s.grid.lay.visible(s.grid.scroll+s.grid.lay.row()/2, s.grid.viewport)
		s.moveTo(ctx, clamp(from*s.grid.lay.cols, 0, len(s.ids)-1))
		return true
	}
	switch c.name {
	case "move", "extend":
		to, _ := s.grid.lay.move(s.focus, c.key, int(s.grid.viewport/s.grid.lay.row()))
		if c.name == "extend" {
			if s.sel.count() == 0 {
				s.sel.anchor = s.focus
			}
			s.sel.extend(s.ids, s.focus, to)
		}
		s.moveTo(ctx, to)
	case "open":
		s.open(ctx, s.focus)
	case "select":
		s.sel.toggle(s.ids, s.focus)
	case "all":
		s.selectAll(ctx)
	case "clear":
		if s.sel.count() == 0 {
			return false
		}
		s.sel.clear()
	case "search":
		s.focusSearch()
	default:
		s.act(ctx, c)
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

// act does a command that changes labels or images.
func (s *Screen) act(ctx app.Context, c command) {
	switch c.name {
	case "class":
		if class, ok := session.Class(c.class); ok {
			s.labelAs(ctx, class)
		}
	case "skip", "accept":
		s.change(ctx, c.name)
	case "unlabel":
		s.change(ctx, "clear")
	case "delete":
		s.askDelete(ctx)
	case "undo":
		s.undo(ctx, "")
	case "redo":
		s.redo(ctx)
	}
}
