package hotkeys

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Preset is a set of keys that people know from elsewhere.
type Preset string

// The presets.
const (
	Irum        Preset = ""
	CVAT        Preset = "cvat"
	LabelStudio Preset = "label_studio"
)

// Presets are all presets.
var Presets = []Preset{Irum, CVAT, LabelStudio}

// presets hold what differs from Irum's own keys.
var presets = map[Preset]map[Action][]string{
	CVAT: {
		Next: {"f", "ArrowRight"}, Prev: {"d", "ArrowLeft"}, Ahead: {"v", "PageDown"}, Back: {"c", "PageUp"},
		Accept: {"Enter", " ", "Shift+Enter"}, AcceptHere: {"Shift+Enter"}, Copy: {"Ctrl+b"},
		Undo: {"Ctrl+z"}, Redo: {"Ctrl+Shift+z", "Ctrl+y"}, Help: {"F1", "?"}, DrawBox: {"n"}, NextOpen: {"j"}, BadImage: {"Shift+j"}, Comment: {"Shift+c"},
	},
	LabelStudio: {
		Next: {"Ctrl+ArrowRight", "ArrowRight"}, Prev: {"Ctrl+ArrowLeft", "ArrowLeft"},
		Accept: {"Ctrl+Enter", "Enter"}, AcceptHere: {"Ctrl+Enter"}, Skip: {"Ctrl+ ", "s"},
		Clear: {"Backspace", "Delete"}, Reject: {"x"}, Unselect: {"u", "Escape"}, Undo: {"Ctrl+z"}, Redo: {"Ctrl+Shift+z"},
		Unsure: {"Shift+u"},
	},
}

// Choice is what a person has chosen. It is kept in the browser as data.
type Choice struct {
	Preset Preset              `json:"preset,omitempty"`
	Keys   map[Action][]string `json:"keys,omitempty"` // instead of the preset's; empty for an action that is to have none
}

// now is the choice in force.
var now Choice

// stored is its name in the browser's storage.
const stored = "hotkeys"

// Load reads the choice from the browser. What is not understood is left out: a newer Irum may have written it.
func Load(ctx app.Context) {
	var c Choice
	if err := ctx.LocalStorage().Get(stored, &c); err != nil {
		c = Choice{}
	}
	now = c.clean()
}

func (c Choice) clean() Choice {
	out := Choice{}
	if slices.Contains(Presets, c.Preset) {
		out.Preset = c.Preset
	}
	for a, keys := range c.Keys {
		if _, known := entryOf(a); !known {
			continue
		}
		fine := []string{}
		for _, k := range keys {
			if valid(k) && !slices.Contains(fine, k) && len(fine) < maxKeys {
				fine = append(fine, k)
			}
		}
		out.set(a, fine)
	}
	return out
}

// maxKeys is how many keys an action can have.
const maxKeys = 5

func (c *Choice) set(a Action, keys []string) {
	if c.Keys == nil {
		c.Keys = map[Action][]string{}
	}
	c.Keys[a] = keys
	if slices.Equal(keys, c.given(a)) {
		delete(c.Keys, a)
	}
}

// given are the keys of a in the preset, or in Irum's own.
func (c Choice) given(a Action) []string {
	if keys, ok := presets[c.Preset][a]; ok {
		return keys
	}
	e, _ := entryOf(a)
	return e.keys
}

func (c Choice) keysOf(a Action) []string {
	if keys, ok := c.Keys[a]; ok {
		return keys
	}
	return c.given(a)
}

// KeysOf gives the chords of a that are in force.
func KeysOf(a Action) []string { return now.keysOf(a) }

// Chosen is the preset in force.
func Chosen() Preset { return now.Preset }

// Changed tells whether a has other keys than the preset gives it.
func Changed(a Action) bool { _, ok := now.Keys[a]; return ok }

// AnyChanged tells whether any action has.
func AnyChanged() bool { return len(now.Keys) > 0 }

// Use takes a preset and forgets what was changed.
func Use(ctx app.Context, p Preset) { keep(ctx, Choice{Preset: p}) }

// Reset gives a the preset's keys again. What has taken one of them meanwhile keeps it.
func Reset(ctx app.Context, a Action) {
	c := now.clean()
	delete(c.Keys, a)
	var free []string
	for _, k := range c.given(a) {
		if _, _, taken := c.conflict(a, k); !taken {
			free = append(free, k)
		}
	}
	c.set(a, free)
	keep(ctx, c)
}

// Add gives a one more key, which is taken from every action that it would clash with.
func Add(ctx app.Context, a Action, key string) {
	c := now.clean()
	for {
		other, _, taken := c.conflict(a, key)
		if !taken {
			break
		}
		c.set(other, without(c.keysOf(other), key))
	}
	keys := slices.Clone(c.keysOf(a))
	if !slices.Contains(keys, key) {
		keys = append(keys, key)
	}
	c.set(a, keys[max(0, len(keys)-maxKeys):])
	keep(ctx, c)
}

// Remove takes a key from a.
func Remove(ctx app.Context, a Action, key string) {
	c := now.clean()
	c.set(a, without(c.keysOf(a), key))
	keep(ctx, c)
}

func without(keys []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == key })
}

// Conflict names the action that key does already where a would do something else by it, and where.
func Conflict(a Action, key string) (other Action, where Scope, taken bool) {
	return now.conflict(a, key)
}

func (c Choice) conflict(a Action, key string) (other Action, where Scope, taken bool) {
	e, _ := entryOf(a)
	for _, o := range table {
		if o.action == a || !slices.Contains(c.keysOf(o.action), key) {
			continue
		}
		if where, both := clash(e, o); both {
			return o.action, where, true
		}
	}
	return "", "", false
}

func keep(ctx app.Context, c Choice) {
	now = c
	_ = ctx.LocalStorage().Set(stored, c) // where storage is full or forbidden the keys last until the page is left
}
