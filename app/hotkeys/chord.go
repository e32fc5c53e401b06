package hotkeys

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/irum-app/irum/app/ui"
)

// A chord is a key with the modifiers that are held with it, as text: "z", "Ctrl+Shift+z", "ArrowRight", "?". Letters are in
// lower case. Shift is named with letters and with keys that write nothing; with other characters it is part of how they are
// typed, which differs between layouts.
var modifiers = []string{"Ctrl+", "Alt+", "Shift+"}

// Chord gives the chord that k is bound under when a person presses it to say so; "" where it cannot be bound.
func Chord(k ui.Key) string {
	name := k.Name
	if r, n := utf8.DecodeRuneInString(name); r >= 0x80 && n == len(name) {
		name = k.Letter() // by its place: the key is the same whether Hangul or Latin is on
	}
	if bare[k.Name] || name == "" {
		return ""
	}
	c := chord(k, name)
	if reserved[c] || !valid(c) {
		return ""
	}
	return c
}

// bare are keys that mean nothing by themselves.
var bare = map[string]bool{
	"Shift": true, "Control": true, "Alt": true, "AltGraph": true, "Meta": true, "CapsLock": true, "NumLock": true, "Dead": true,
	"Process": true, "Unidentified": true, "HangulMode": true, "HanjaMode": true, "Compose": true, "Fn": true, "ContextMenu": true,
}

// reserved are keys that browsers keep for themselves or that people who use no mouse need.
var reserved = map[string]bool{
	"Tab": true, "Shift+Tab": true, "Ctrl+Tab": true, "Ctrl+Shift+Tab": true, "Ctrl+t": true, "Ctrl+n": true, "Ctrl+w": true,
	"Ctrl+Shift+t": true, "Ctrl+Shift+n": true, "Ctrl+Shift+w": true, "Ctrl+r": true, "Ctrl+l": true, "Ctrl+q": true, "F5": true,
	"F6": true, "F11": true, "F12": true, "Alt+F4": true, "Alt+Tab": true, "Alt+ArrowLeft": true, "Alt+ArrowRight": true,
}

func chord(k ui.Key, name string) string {
	out := ""
	if k.Ctrl {
		out += "Ctrl+"
	}
	if k.Alt {
		out += "Alt+"
	}
	if k.Shift && (isLetter(name) || utf8.RuneCountInString(name) > 1 || name == " ") {
		out += "Shift+"
	}
	return out + name
}

// chords are the names under which k may be bound: by what it writes, then by its place on the keyboard.
func chords(k ui.Key) []string {
	out := []string{chord(k, k.Name)}
	if byPlace := chord(k, k.Letter()); byPlace != out[0] {
		out = append(out, byPlace)
	}
	return out
}

func isLetter(s string) bool { return len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' }

// split takes a chord apart.
func split(c string) (held []string, name string) {
	for _, m := range modifiers {
		if rest, ok := strings.CutPrefix(c, m); ok && rest != "" {
			held, c = append(held, m[:len(m)-1]), rest
		}
	}
	return held, c
}

// valid tells whether c is a chord at all: what comes from the browser's storage may be anything.
func valid(c string) bool {
	_, name := split(c)
	if !utf8.ValidString(c) || len(c) > 40 || name == "" || bare[name] {
		return false
	}
	if utf8.RuneCountInString(name) == 1 {
		r, _ := utf8.DecodeRuneInString(name)
		return !unicode.IsControl(r) && name == strings.ToLower(name)
	}
	return name[0] >= 'A' && name[0] <= 'Z' && strings.IndexFunc(name, func(r rune) bool { return !(r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))) }) < 0
}

// caps are how keys are written on keyboards.
var caps = map[string]string{
	"ArrowRight": "→", "ArrowLeft": "←", "ArrowUp": "↑", "ArrowDown": "↓", " ": "Space", "Backspace": "⌫", "Delete": "Del", "Escape": "Esc",
	"PageUp": "PgUp", "PageDown": "PgDn",
}

// Keycap writes a chord, or the key of a class, as keyboards do.
func Keycap(c string) string {
	held, name := split(c)
	if short, ok := caps[name]; ok {
		name = short
	} else if utf8.RuneCountInString(name) == 1 {
		name = strings.ToUpper(name)
	}
	return strings.Join(append(slices.Clone(held), name), "+")
}
