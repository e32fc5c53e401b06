package annotate

import (
	"net/url"
	"slices"
	"testing"

	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

func TestKeys(t *testing.T) {
	classes := []domain.Class{{ID: "one", Key: "1"}, {ID: "ten", Key: "0"}, {ID: "cat", Key: "R"}, {ID: "bird", Key: "ㅂ"}, {ID: "old", Key: "2", Archived: true}}
	m := newKeymap(classes, domain.TaskSingle)
	for _, tt := range []struct {
		name    string
		key     ui.Key
		command command
		class   string
	}{
		{"digit", ui.Key{Name: "1", Code: "Digit1"}, "", "one"},
		{"digit of the block", ui.Key{Name: "1", Code: "Numpad1"}, "", "one"},
		{"digit row of AZERTY", ui.Key{Name: "&", Code: "Digit1"}, "", "one"},
		{"tenth class", ui.Key{Name: "0", Code: "Digit0"}, "", "ten"},
		{"a class takes the key of a command", ui.Key{Name: "r", Code: "KeyR"}, "", "cat"},
		{"by position on a Korean layout", ui.Key{Name: "ㄱ", Code: "KeyR"}, "", "cat"},
		{"a Hangul class key", ui.Key{Name: "ㅂ", Code: "KeyQ"}, "", "bird"},
		{"an archived class gives up its key", ui.Key{Name: "2", Code: "Digit2"}, "", ""},
		{"next", ui.Key{Name: "ArrowRight", Code: "ArrowRight"}, next, ""},
		{"next by D", ui.Key{Name: "d", Code: "KeyD"}, next, ""},
		{"next on a Korean layout", ui.Key{Name: "ㅇ", Code: "KeyD"}, next, ""},
		{"accept", ui.Key{Name: " ", Code: "Space"}, accept, ""},
		{"undo", ui.Key{Name: "z", Code: "KeyZ"}, undo, ""},
		{"undo by Ctrl", ui.Key{Name: "z", Code: "KeyZ", Ctrl: true}, undo, ""},
		{"redo by Shift", ui.Key{Name: "z", Code: "KeyZ", Shift: true}, redo, ""},
		{"redo by Ctrl and Shift", ui.Key{Name: "z", Code: "KeyZ", Shift: true, Ctrl: true}, redo, ""},
		{"redo by Ctrl Y", ui.Key{Name: "y", Code: "KeyY", Ctrl: true}, redo, ""},
		{"undo by Ctrl on a Korean layout", ui.Key{Name: "ㅋ", Code: "KeyZ", Ctrl: true}, undo, ""},
		{"help", ui.Key{Name: "?", Code: "Slash", Shift: true}, help, ""},
		{"zoom in with Shift", ui.Key{Name: "+", Code: "Equal", Shift: true}, zoomIn, ""},
		{"Ctrl 1 is the browser's", ui.Key{Name: "1", Code: "Digit1", Ctrl: true}, "", ""},
		{"Alt is the browser's", ui.Key{Name: "1", Code: "Digit1", Alt: true}, "", ""},
		{"Shift S is nothing", ui.Key{Name: "s", Code: "KeyS", Shift: true}, "", ""},
		{"F5 is the browser's", ui.Key{Name: "F5", Code: "F5"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if c, class := m.find(tt.key); c != tt.command || class != tt.class {
				t.Errorf("does %q, class %q; want %q, %q", c, class, tt.command, tt.class)
			}
		})
	}
	if got := m.keyOf(copyLast); got != "" {
		t.Errorf("the button shows %q, which a class has taken", got)
	}
	if got := m.keysOf(next); !slices.Equal(got, []string{"→", "D", "F"}) {
		t.Errorf("keys of next: %v", got)
	}
	if c, class := newKeymap(classes, domain.TaskBoxes).find(ui.Key{Name: "r", Code: "KeyR"}); c != copyLast || class != "" {
		t.Errorf("with boxes a class key gives %q %q", c, class)
	}
}

func TestFilterOfAnAddress(t *testing.T) {
	low, high := 0.5, 0.9
	want := domain.Filter{
		IDs: []string{"a", "b"}, Classes: []string{"c"}, States: []domain.State{domain.StateAuto}, Sources: []domain.Source{domain.SourceModel},
		Text: "x y&z", Model: "m", MinConfidence: &low, MaxConfidence: &high,
	}
	q := client.FilterQuery(want)
	q.Set("sort", domain.SortName)
	got, sort, restricted := filterOf(q)
	if client.FilterQuery(got).Encode() != client.FilterQuery(want).Encode() || sort != domain.SortName || !restricted {
		t.Errorf("got %+v, %q, %v", got, sort, restricted)
	}
	if f, _, restricted := filterOf(url.Values{"at": {"i"}, "min_confidence": {"half"}}); restricted || f.MinConfidence != nil {
		t.Errorf("an address without a filter gives %+v", f)
	}
}

func TestFound(t *testing.T) {
	classes := []domain.Class{{Name: "House sparrow"}, {Name: "Sparrow hawk"}, {Name: "참새"}}
	for text, want := range map[string][]string{
		"sparrow": {"Sparrow hawk", "House sparrow"}, " HOUSE ": {"House sparrow"}, "참": {"참새"}, "": {"House sparrow", "Sparrow hawk", "참새"}, "x": nil,
	} {
		var got []string
		for _, c := range found(classes, text) {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("found(%q) = %v, want %v", text, got, want)
		}
	}
}
