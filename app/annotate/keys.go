package annotate

import (
	"strings"

	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// command is what a key or a button does, other than giving a class.
type command string

const (
	next     command = "next"
	prev     command = "prev"
	first    command = "first"
	last     command = "last"
	nextOpen command = "next_open"
	accept   command = "accept"
	reject   command = "reject"
	skip     command = "skip"
	undo     command = "undo"
	redo     command = "redo"
	copyLast command = "copy"
	clear    command = "clear"
	fit      command = "fit"
	zoomIn   command = "zoom_in"
	zoomOut  command = "zoom_out"
	find     command = "find"
	help     command = "help"
	saved    command = "saved"
)

// binding is a command with its keys, the one that buttons show first.
type binding struct {
	command command
	keys    []string
}

// bindings are all keys but those of classes, in the order in which the overview lists them. Undo and redo have more, with
// Ctrl and Shift.
var bindings = []binding{
	{accept, []string{"Enter", " "}},
	{reject, []string{"Backspace", "x"}},
	{skip, []string{"s"}},
	{copyLast, []string{"r"}},
	{clear, []string{"Delete"}},
	{find, []string{"/"}},
	{next, []string{"ArrowRight", "d", "f"}},
	{prev, []string{"ArrowLeft", "a"}},
	{nextOpen, []string{"n"}},
	{first, []string{"Home"}},
	{last, []string{"End"}},
	{undo, []string{"z"}},
	{redo, nil},
	{zoomIn, []string{"+", "="}},
	{zoomOut, []string{"-", "_"}},
	{fit, []string{"g"}},
	{help, []string{"?", "F1"}},
}

// caps are how keys with long names are written on buttons.
var caps = map[string]string{
	"ArrowRight": "→", "ArrowLeft": "←", " ": "Space", "Backspace": "⌫", "Delete": "Del",
}

func keycap(key string) string {
	if c, ok := caps[key]; ok {
		return c
	}
	if len(key) == 1 {
		return strings.ToUpper(key)
	}
	return key
}

// repeats are the commands that go on while a key is held down; a held class key must not label a row of images.
var repeats = map[command]bool{next: true, prev: true, undo: true, redo: true, zoomIn: true, zoomOut: true}

// keymap finds what a key does in one project. A key that a class has is the class's, whatever else it would do.
type keymap struct {
	classes  map[string]string // class id by key
	commands map[string]command
}

func newKeymap(classes []domain.Class, task domain.Task) keymap {
	m := keymap{map[string]string{}, map[string]command{}}
	if task != domain.TaskBoxes {
		for _, c := range classes {
			if c.Key != "" && !c.Archived {
				m.classes[strings.ToLower(c.Key)] = c.ID
			}
		}
	}
	for _, b := range bindings {
		for _, key := range b.keys {
			if _, taken := m.classes[key]; !taken {
				m.commands[key] = b.command
			}
		}
	}
	return m
}

// keysOf gives c's keys that no class has taken, as they are written on keyboards.
func (m keymap) keysOf(c command) []string {
	var out []string
	for _, b := range bindings {
		if b.command != c {
			continue
		}
		for _, key := range b.keys {
			if m.commands[key] == c && key != "=" && key != "_" {
				out = append(out, keycap(key))
			}
		}
	}
	switch c {
	case undo:
		out = append(out, "Ctrl+Z")
	case redo:
		if _, taken := m.classes["z"]; !taken {
			out = append(out, "Shift+Z")
		}
		out = append(out, "Ctrl+Y")
	}
	return out
}

// keyOf gives the key that c's button shows.
func (m keymap) keyOf(c command) string {
	if keys := m.keysOf(c); len(keys) > 0 {
		return keys[0]
	}
	return ""
}

// find tells what k does: a command or a class; neither where it does nothing here.
func (m keymap) find(k ui.Key) (c command, class string) {
	letter := k.Letter()
	switch {
	case k.Alt:
		return "", ""
	case k.Ctrl:
		return control(letter, k.Shift), ""
	}
	name := strings.ToLower(k.Name)
	if id, ok := m.classes[name]; ok && (!k.Shift || !isLetter(name)) {
		return "", id
	}
	if id, ok := m.classes[letter]; ok && !k.Shift {
		return "", id
	}
	if k.Shift && isLetter(letter) {
		if letter == "z" {
			return redo, ""
		}
		return "", ""
	}
	if c, ok := m.commands[k.Name]; ok {
		return c, ""
	}
	return m.commands[letter], ""
}

func control(letter string, shift bool) command {
	switch {
	case letter == "z" && shift, letter == "y":
		return redo
	case letter == "z":
		return undo
	case letter == "s":
		return saved
	}
	return ""
}

func isLetter(s string) bool { return len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' }
