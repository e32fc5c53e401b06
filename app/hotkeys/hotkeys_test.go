package hotkeys

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/web/messages"
)

// with puts a choice in force for one test.
func with(t *testing.T, c Choice) {
	before := now
	now = c
	t.Cleanup(func() { now = before })
}

func TestFind(t *testing.T) {
	classes := []domain.Class{{ID: "one", Key: "1"}, {ID: "ten", Key: "0"}, {ID: "cat", Key: "R"}, {ID: "bird", Key: "ㅂ"}, {ID: "old", Key: "2", Archived: true}}
	type want = Press
	for _, tt := range []struct {
		name  string
		scope Scope
		key   ui.Key
		want  Press // the zero Press: nothing
	}{
		{"digit", Annotate, ui.Key{Name: "1", Code: "Digit1"}, want{Class: "one"}},
		{"a held class key", Annotate, ui.Key{Name: "1", Code: "Digit1", Repeat: true}, want{Class: "one", Held: true}},
		{"digit of the block", Annotate, ui.Key{Name: "1", Code: "Numpad1"}, want{Class: "one"}},
		{"digit row of AZERTY", Grid, ui.Key{Name: "&", Code: "Digit1"}, want{Class: "one"}},
		{"tenth class", Annotate, ui.Key{Name: "0", Code: "Digit0"}, want{Class: "ten"}},
		{"a class takes the key of an action", Annotate, ui.Key{Name: "r", Code: "KeyR"}, want{Class: "cat"}},
		{"by place on a Korean layout", Clusters, ui.Key{Name: "ㄱ", Code: "KeyR"}, want{Class: "cat"}},
		{"a Hangul class key", Annotate, ui.Key{Name: "ㅂ", Code: "KeyQ"}, want{Class: "bird"}},
		{"an archived class gives up its key", Annotate, ui.Key{Name: "2", Code: "Digit2"}, want{}},
		{"next", Annotate, ui.Key{Name: "ArrowRight", Code: "ArrowRight"}, want{Action: Next}},
		{"next, held", Annotate, ui.Key{Name: "ArrowRight", Code: "ArrowRight", Repeat: true}, want{Action: Next}},
		{"next by D", Annotate, ui.Key{Name: "d", Code: "KeyD"}, want{Action: Next}},
		{"next on a Korean layout", Annotate, ui.Key{Name: "ㅇ", Code: "KeyD"}, want{Action: Next}},
		{"while an input method is on", Annotate, ui.Key{Name: "Process", Code: "KeyD"}, want{Action: Next}},
		{"accept", Annotate, ui.Key{Name: " ", Code: "Space"}, want{Action: Accept}},
		{"accept, held", Annotate, ui.Key{Name: " ", Code: "Space", Repeat: true}, want{Action: Accept, Held: true}},
		{"select in the grid", Grid, ui.Key{Name: " ", Code: "Space"}, want{Action: Select}},
		{"open in the grid", Grid, ui.Key{Name: "Enter", Code: "Enter"}, want{Action: Open}},
		{"accept in the grid", Grid, ui.Key{Name: "Enter", Code: "Enter", Shift: true}, want{Action: AcceptHere}},
		{"reject in the grid", Grid, ui.Key{Name: "ㅌ", Code: "KeyX"}, want{Action: Reject}},
		{"clear in the grid", Grid, ui.Key{Name: "Delete", Code: "Delete"}, want{Action: Clear}},
		{"delete in the grid", Grid, ui.Key{Name: "Delete", Code: "Delete", Shift: true}, want{Action: Delete}},
		{"no delete while labelling", Annotate, ui.Key{Name: "Delete", Code: "Delete", Shift: true}, want{}},
		{"all", Grid, ui.Key{Name: "ㅁ", Code: "KeyA", Ctrl: true}, want{Action: SelectAll}},
		{"extend", Grid, ui.Key{Name: "ArrowDown", Code: "ArrowDown", Shift: true}, want{Action: Down, Extend: true}},
		{"extend by a letter", Grid, ui.Key{Name: "d", Code: "KeyD", Shift: true}, want{Action: Next, Extend: true}},
		{"nothing extends while labelling", Annotate, ui.Key{Name: "d", Code: "KeyD", Shift: true}, want{}},
		{"Shift and an arrow move the image", Annotate, ui.Key{Name: "ArrowRight", Code: "ArrowRight", Shift: true}, want{Action: PanRight}},
		{"actual size", Annotate, ui.Key{Name: "g", Code: "KeyG", Shift: true}, want{Action: ActualSize}},
		{"more contrast", Annotate, ui.Key{Name: "}", Code: "BracketRight", Shift: true}, want{Action: MoreContrast}},
		{"undo", Annotate, ui.Key{Name: "z", Code: "KeyZ"}, want{Action: Undo}},
		{"undo by Ctrl on a Korean layout", Clusters, ui.Key{Name: "ㅋ", Code: "KeyZ", Ctrl: true}, want{Action: Undo}},
		{"redo by Shift", Grid, ui.Key{Name: "z", Code: "KeyZ", Shift: true}, want{Action: Redo}},
		{"redo by Ctrl and Shift", Annotate, ui.Key{Name: "z", Code: "KeyZ", Shift: true, Ctrl: true}, want{Action: Redo}},
		{"redo by Ctrl Y", Annotate, ui.Key{Name: "y", Code: "KeyY", Ctrl: true}, want{Action: Redo}},
		{"help", Clusters, ui.Key{Name: "?", Code: "Slash", Shift: true}, want{Action: Help}},
		{"help on AZERTY", Annotate, ui.Key{Name: "?", Code: "KeyM", Shift: true}, want{Action: Help}},
		{"zoom in with Shift", Annotate, ui.Key{Name: "+", Code: "Equal", Shift: true}, want{Action: ZoomIn}},
		{"Ctrl 1 is the browser's", Annotate, ui.Key{Name: "1", Code: "Digit1", Ctrl: true}, want{}},
		{"Alt is the browser's", Annotate, ui.Key{Name: "1", Code: "Digit1", Alt: true}, want{}},
		{"a class, but unsure", Annotate, ui.Key{Name: "!", Code: "Digit1", Shift: true}, want{Class: "one", Unsure: true}},
		{"a letter's class, but unsure", Annotate, ui.Key{Name: "r", Code: "KeyR", Shift: true}, want{Class: "cat", Unsure: true}},
		{"no unsure classes in the grid", Grid, ui.Key{Name: "!", Code: "Digit1", Shift: true}, want{}},
		{"unsure", Annotate, ui.Key{Name: "u", Code: "KeyU"}, want{Action: Unsure}},
		{"a bad image on a Korean layout", Annotate, ui.Key{Name: "ㅓ", Code: "KeyJ"}, want{Action: BadImage}},
		{"Shift S is nothing", Annotate, ui.Key{Name: "s", Code: "KeyS", Shift: true}, want{}},
		{"F5 is the browser's", Grid, ui.Key{Name: "F5", Code: "F5"}, want{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := For(tt.scope, classes).Find(tt.key); got != tt.want || ok != (tt.want != Press{}) {
				t.Errorf("means %+v, %v; want %+v", got, ok, tt.want)
			}
		})
	}
	m := For(Annotate, classes)
	if got := m.Key(Copy); got != "" {
		t.Errorf("the button shows %q, which a class has taken", got)
	}
	if got := m.Keys(Next); !slices.Equal(got, []string{"ArrowRight", "d", "f"}) {
		t.Errorf("keys of next: %v", got)
	}
	if p, _ := For(Boxes, nil).Find(ui.Key{Name: "g", Code: "KeyG"}); p.Action != Fit {
		t.Errorf("with boxes the keys of labelling work too: %+v", p)
	}
}

func TestNoPresetHasAKeyTwice(t *testing.T) {
	for _, p := range Presets {
		c := Choice{Preset: p}
		for _, e := range table {
			for _, key := range c.keysOf(e.action) {
				if !valid(key) || reserved[key] {
					t.Errorf("%q: %s has %q, which is no key to bind", p, e.action, key)
				}
				if other, where, taken := c.conflict(e.action, key); taken {
					t.Errorf("%q: %q is for %s and %s in %s", p, key, e.action, other, where)
				}
			}
		}
		for a := range presets[p] {
			if _, known := entryOf(a); !known {
				t.Errorf("%q names %q, which is no action", p, a)
			}
		}
	}
}

func TestEveryActionHasATextAndAScope(t *testing.T) {
	seen := map[Action]bool{}
	for _, l := range messages.Languages {
		i18n.Use(l)
		for _, e := range table {
			if !i18n.Has("keys.do."+string(e.action)) || len(e.scopes) == 0 {
				t.Errorf("%s: %s has no text or no scope", l, e.action)
			}
			if seen[e.action] && l == "en" {
				t.Errorf("%s stands twice", e.action)
			}
			seen[e.action] = true
		}
		for _, s := range Scopes {
			if !i18n.Has("keys.scope." + string(s)) {
				t.Errorf("%s: scope %s has no text", l, s)
			}
		}
	}
	i18n.Use("en")
}

func TestPresetsAndChanges(t *testing.T) {
	with(t, Choice{Preset: CVAT})
	if p, _ := For(Annotate, nil).Find(ui.Key{Name: "d", Code: "KeyD"}); p.Action != Prev {
		t.Errorf("with CVAT's keys D means %+v", p)
	}
	with(t, Choice{Keys: map[Action][]string{Skip: {"j"}, Fit: {}}})
	m := For(Annotate, nil)
	if p, _ := m.Find(ui.Key{Name: "j", Code: "KeyJ"}); p.Action != Skip {
		t.Errorf("a changed key means %+v", p)
	}
	if _, ok := m.Find(ui.Key{Name: "s", Code: "KeyS"}); ok {
		t.Error("the key from before works still")
	}
	if m.Key(Fit) != "" || !Changed(Fit) || Changed(Next) {
		t.Error("an action without a key")
	}
}

func TestConflictsKeepToTheirScope(t *testing.T) {
	for _, c := range []struct {
		action Action
		key    string
		other  Action
	}{
		{Merge, "u", ""},          // nobody is unsure of clusters
		{Merge, "s", Split},       // the same screen
		{Merge, "?", Help},        // everywhere
		{Select, "Enter", Open},   // the grid's
		{Accept, "Enter", ""},     // its own
		{NewClass, "Enter", Open}, // an action of several scopes
		{Help, "g", Fit},          // what works everywhere meets all
		{Skip, "Ctrl+j", ""},
	} {
		if other, _, _ := Conflict(c.action, c.key); other != c.other {
			t.Errorf("%q for %s clashes with %q, want %q", c.key, c.action, other, c.other)
		}
	}
}

// TestStoredKeysAreData: what the browser's storage holds may be anything, and only keys of actions come out of it.
func TestStoredKeysAreData(t *testing.T) {
	var c Choice
	err := json.Unmarshal([]byte(`{"preset":"<img src=x>","keys":{
  "skip":["<b>x</b>","j","j","Shift","","Ctrl+Ctrl+x","A","javascript:alert(1)"],"nothing":["k"],
  "next":["1","2","3","4","5","6","7"],"fit":[],"prev":["ArrowLeft","a"]}}`), &c)
	if err != nil {
		t.Fatal(err)
	}
	want := Choice{Keys: map[Action][]string{Skip: {"j"}, Next: {"1", "2", "3", "4", "5"}, Fit: {}}}
	if got := c.clean(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestChords(t *testing.T) {
	for _, c := range []struct {
		key  ui.Key
		want string
		cap  string
	}{
		{ui.Key{Name: "ㅁ", Code: "KeyA"}, "a", "A"},
		{ui.Key{Name: "z", Code: "KeyZ", Shift: true, Ctrl: true}, "Ctrl+Shift+z", "Ctrl+Shift+Z"},
		{ui.Key{Name: "?", Code: "Slash", Shift: true}, "?", "?"},
		{ui.Key{Name: "+", Code: "Equal", Shift: true, Ctrl: true}, "Ctrl++", "Ctrl++"},
		{ui.Key{Name: "ArrowLeft", Code: "ArrowLeft", Shift: true}, "Shift+ArrowLeft", "Shift+←"},
		{ui.Key{Name: " ", Code: "Space", Ctrl: true}, "Ctrl+ ", "Ctrl+Space"},
		{ui.Key{Name: "é", Code: "Digit2"}, "2", "2"},
		{ui.Key{Name: "&", Code: "Digit1"}, "&", "&"},
		{ui.Key{Name: "Shift", Code: "ShiftLeft", Shift: true}, "", ""},
		{ui.Key{Name: "Tab", Code: "Tab"}, "", ""},
		{ui.Key{Name: "w", Code: "KeyW", Ctrl: true}, "", ""},
		{ui.Key{Name: "", Code: ""}, "", ""},
	} {
		got := Chord(c.key)
		if got != c.want || Keycap(got) != c.cap {
			t.Errorf("%+v is %q, written %q", c.key, got, Keycap(got))
		}
		if got != "" && !slices.Contains(chords(c.key), got) {
			t.Errorf("%+v bound as %q is not found under %q", c.key, got, chords(c.key))
		}
	}
}

func TestLetters(t *testing.T) {
	letters := Letters()
	for _, l := range []string{"a", "d", "f", "g", "m", "n", "r", "s", "v", "x", "z"} {
		if letters[l] == "" {
			t.Errorf("no action has %s", l)
		}
	}
	if letters["q"] != "" || letters["1"] != "" {
		t.Errorf("%v", letters)
	}
}
