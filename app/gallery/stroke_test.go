package gallery

import (
	"slices"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/server/domain"
)

func TestAStrokePaintsWhatItComesOver(t *testing.T) {
	for _, test := range []struct {
		by       hotkeys.Action
		from, to int
		want     []int
	}{
		{hotkeys.Next, 3, 4, []int{4}},
		{hotkeys.Prev, 3, 2, []int{2}},
		{hotkeys.Down, 3, 8, []int{8}},
		{hotkeys.Up, 8, 3, []int{3}},
		{hotkeys.Ahead, 3, 6, []int{4, 5, 6}},
		{hotkeys.First, 3, 0, []int{0, 1, 2}},
		{hotkeys.Last, 7, 9, []int{8, 9}},
		{hotkeys.Back, 1, 0, []int{0}},
	} {
		s := &Screen{ids: names(10), focus: test.from, stroke: &stroke{selects: true, put: true}}
		s.paint(test.by, test.to)
		if got := chosen(s.sel, s.ids); !slices.Equal(got, test.want) {
			t.Errorf("%s from %d to %d chooses %v, want %v", test.by, test.from, test.to, got, test.want)
		}
	}
}

func TestAStrokeThatLetsGo(t *testing.T) {
	s := &Screen{ids: names(6)}
	s.sel.all(s.ids)
	s.sel.toggle(s.ids, 1)
	s.beginSelect("Space", 1)
	s.paint(hotkeys.Next, 1) // at the end of the list the keyboard stays
	s.paint(hotkeys.Next, 2)
	s.focus = 2
	s.paint(hotkeys.Last, 5)
	if got := chosen(s.sel, s.ids); !slices.Equal(got, []int{0}) {
		t.Errorf("%v are left", got)
	}
	s.lift(app.Context{}, "KeyA")
	if s.stroke == nil {
		t.Error("another key ends the stroke")
	}
	s.lift(app.Context{}, "Space")
	if s.stroke != nil {
		t.Error("the stroke goes on when its key is let go")
	}
}

func TestALabellingStrokeComesOverAnImageOnce(t *testing.T) {
	s := &Screen{ids: names(6), pressed: "Digit1"}
	st := s.beginLabel(domain.LabelChange{Action: "set"}, domain.Filter{IDs: s.ids[:1]}, "op", nil)
	s.paint(hotkeys.Next, 1)
	s.focus = 1
	s.paint(hotkeys.Prev, 0)
	s.focus = 0
	s.paint(hotkeys.Ahead, 3)
	if !slices.Equal(st.wait, []string{"i1", "i2", "i3"}) {
		t.Errorf("%v wait", st.wait)
	}
	s.pressed = ""
	if s.beginLabel(domain.LabelChange{}, domain.Filter{IDs: s.ids[:1]}, "op", nil) != nil {
		t.Error("a button begins a stroke")
	}
	s.pressed = "Digit1"
	s.sel.all(s.ids)
	if s.beginLabel(domain.LabelChange{}, domain.Filter{IDs: s.ids[:1]}, "op", nil) != nil {
		t.Error("a selection is painted with")
	}
}
