package hotkeys

import (
	"slices"
	"strings"

	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Press is what a pressed key means: a class, or an action. Extend tells that Shift was held with a key that moves, Unsure
// that it was held with the key of a class: that class, but somebody else should look.
type Press struct {
	Class  string // id
	Unsure bool
	Action Action
	Extend bool
	Code   string // of the key, as KeyboardEvent.code: what Listener.Up is told when it is let go
	Held   bool   // the key is being held down, and what it does is not to go on: nothing is to be done
}

// Map tells what keys do in one scope of one project. A key that a class has is the class's, whatever else it would do.
type Map struct {
	scope   Scope
	classes map[string]string // class id by key
	actions map[string]Action // by chord
}

// For gives the keys in force in scope. Archived classes have no keys; pass none where keys give no classes.
func For(scope Scope, classes []domain.Class) Map {
	m := Map{scope, map[string]string{}, map[string]Action{}}
	for _, c := range classes {
		if c.Key != "" && !c.Archived {
			m.classes[strings.ToLower(c.Key)] = c.ID
		}
	}
	for _, s := range m.open() {
		for _, a := range Actions(s) {
			for _, c := range KeysOf(a) {
				_, class := m.classes[c]
				if _, taken := m.actions[c]; !taken && !class {
					m.actions[c] = a
				}
			}
		}
	}
	return m
}

// open are the scopes whose keys work, the one that goes before the others first.
func (m Map) open() []Scope {
	switch m.scope {
	case Boxes:
		return []Scope{Boxes, Annotate, Everywhere}
	case Everywhere:
		return []Scope{Everywhere}
	}
	return []Scope{m.scope, Everywhere}
}

// moves are the actions that Shift makes into extending a selection.
var moves = []Action{Next, Prev, Up, Down, Ahead, Back, First, Last}

// Find tells what k means; ok is false where it means nothing here.
func (m Map) Find(k ui.Key) (p Press, ok bool) {
	if !k.Ctrl && !k.Alt {
		for _, name := range []string{strings.ToLower(k.Name), k.Letter()} {
			if id, has := m.classes[name]; has && (!k.Shift || !isLetter(name)) {
				return Press{Class: id, Held: k.Repeat}, true
			}
		}
	}
	for _, c := range chords(k) {
		if a, has := m.actions[c]; has {
			return m.press(a, k.Repeat), true
		}
	}
	if !k.Shift || k.Ctrl || k.Alt {
		return Press{}, false
	}
	if m.scope == Annotate {
		if id, has := m.classes[k.Unshifted()]; has {
			return Press{Class: id, Unsure: true, Held: k.Repeat}, true
		}
	}
	if m.scope != Grid {
		return Press{}, false
	}
	k.Shift = false
	for _, c := range chords(k) {
		if a, has := m.actions[c]; has && slices.Contains(moves, a) {
			return Press{Action: a, Extend: true}, true
		}
	}
	return Press{}, false
}

func (m Map) press(a Action, repeat bool) Press {
	e, _ := entryOf(a)
	return Press{Action: a, Held: repeat && !e.repeat}
}

// Keys gives the chords that do a here: those that neither a class nor another scope has taken.
func (m Map) Keys(a Action) []string {
	var out []string
	for _, c := range KeysOf(a) {
		if m.actions[c] == a {
			out = append(out, c)
		}
	}
	return out
}

// Key is how the button that does a writes its key; "" where it has none.
func (m Map) Key(a Action) string {
	if keys := m.Keys(a); len(keys) > 0 {
		return Keycap(keys[0])
	}
	return ""
}

// Name is text with the key of a, for a control that has no room to show it.
func (m Map) Name(text string, a Action) string {
	if key := m.Key(a); key != "" {
		return text + " (" + key + ")"
	}
	return text
}

// Letters are the keys without modifiers that actions have where classes have keys too: a class takes such a key over.
func Letters() map[string]Action {
	out := map[string]Action{}
	for _, s := range []Scope{Annotate, Grid, Clusters, Plane, Suspects, Disputes} {
		for c, a := range For(s, nil).actions {
			if _, known := out[c]; !known && isLetter(c) {
				out[c] = a
			}
		}
	}
	return out
}
