package gallery

import (
	"testing"

	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func TestCommandsOfKeys(t *testing.T) {
	classes := []domain.Class{{ID: "cat", Key: "1"}, {ID: "dog", Key: "D"}, {ID: "sky", Key: "s"}, {ID: "none"}}
	for _, c := range []struct {
		key  ui.Key
		want command
		ok   bool
	}{
		{ui.Key{Name: "1", Code: "Digit1"}, command{name: "class", class: "cat"}, true},
		{ui.Key{Name: "&", Code: "Digit1"}, command{name: "class", class: "cat"}, true}, // AZERTY
		{ui.Key{Name: "d", Code: "KeyD"}, command{name: "class", class: "dog"}, true},
		{ui.Key{Name: "ㅇ", Code: "KeyD"}, command{name: "class", class: "dog"}, true}, // Korean layout
		{ui.Key{Name: "s", Code: "KeyS"}, command{name: "class", class: "sky"}, true},
		{ui.Key{Name: "ㅌ", Code: "KeyX"}, command{name: "select"}, true},
		{ui.Key{Name: "z", Code: "KeyZ"}, command{name: "undo"}, true},
		{ui.Key{Name: "z", Code: "KeyZ", Ctrl: true}, command{name: "undo"}, true},
		{ui.Key{Name: "z", Code: "KeyZ", Ctrl: true, Shift: true}, command{name: "redo"}, true},
		{ui.Key{Name: "a", Code: "KeyA", Ctrl: true}, command{name: "all"}, true},
		{ui.Key{Name: "ㅁ", Code: "KeyA", Ctrl: true}, command{name: "all"}, true},
		{ui.Key{Name: "1", Code: "Digit1", Ctrl: true}, command{}, false},
		{ui.Key{Name: "1", Code: "Digit1", Alt: true}, command{}, false},
		{ui.Key{Name: "ArrowDown", Code: "ArrowDown"}, command{name: "move", key: "arrowdown"}, true},
		{ui.Key{Name: "ArrowDown", Code: "ArrowDown", Shift: true}, command{name: "extend", key: "arrowdown"}, true},
		{ui.Key{Name: "ArrowLeft", Code: "ArrowLeft", Ctrl: true}, command{}, false},
		{ui.Key{Name: " ", Code: "Space"}, command{name: "open"}, true},
		{ui.Key{Name: "Delete", Code: "Delete"}, command{name: "delete"}, true},
		{ui.Key{Name: "q", Code: "KeyQ"}, command{}, false},
		{ui.Key{Name: "F5", Code: "F5"}, command{}, false},
	} {
		if got, ok := commandOf(c.key, classes); got != c.want || ok != c.ok {
			t.Errorf("%+v asks for %+v, %v; want %+v, %v", c.key, got, ok, c.want, c.ok)
		}
	}
}
