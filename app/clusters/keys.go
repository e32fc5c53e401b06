package clusters

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// command is what a key asks for; class is the id of a class where name is class.
type command struct{ name, class string }

var plainKeys = map[string]string{
	"arrowdown": "down", "arrowup": "up", "home": "first", "end": "last", "enter": "open",
	"n": "new", "m": "merge", "s": "split", "z": "undo",
}

// commandOf tells what k asks for. A class's key wins over a command: whoever gave it wants it.
func commandOf(k ui.Key, classes []domain.Class) (command, bool) {
	name, letter := strings.ToLower(k.Name), strings.ToLower(k.Letter())
	switch {
	case k.Alt || k.Shift:
		return command{}, false
	case k.Ctrl:
		return command{name: "undo"}, letter == "z"
	}
	for _, exact := range []string{name, letter} {
		for _, c := range classes {
			if c.Key != "" && strings.ToLower(c.Key) == exact {
				return command{"class", c.ID}, !k.Repeat // a held key must not label a column of groups
			}
		}
	}
	c := plainKeys[name]
	if c == "" {
		c = plainKeys[letter]
	}
	return command{name: c}, c != "" && (!k.Repeat || c == "up" || c == "down")
}

// onKey does what a key asks for.
func (s *Screen) onKey(ctx app.Context, k ui.Key) bool {
	if len(s.rows) == 0 {
		return false
	}
	c, ok := commandOf(k, session.Classes())
	if !ok || (c.name != "class" && s.elsewhere(c.name)) {
		return false
	}
	switch c.name {
	case "class":
		if class, ok := session.Class(c.class); ok {
			s.label(ctx, class)
		}
	case "down":
		s.move(ctx, s.at+1)
	case "up":
		s.move(ctx, s.at-1)
	case "first":
		s.move(ctx, 0)
	case "last":
		s.move(ctx, len(s.rows)-1)
	case "open":
		s.gallery(ctx)
	case "new":
		s.name(ctx)
	case "merge":
		s.merge(ctx)
	case "split":
		s.divide(ctx)
	case "undo":
		s.undo(ctx, "")
	}
	return true
}

// elsewhere tells whether Enter or an arrow is meant for the control that has the focus.
func (s *Screen) elsewhere(command string) bool {
	active := app.Window().Get("document").Get("activeElement")
	if !active.Truthy() || !active.Get("matches").Truthy() {
		return false
	}
	switch command {
	case "open":
		return active.Call("matches", "button,a,summary").Bool()
	case "up", "down", "first", "last":
		return active.Call("matches", "[role=radio]").Bool()
	}
	return false
}
