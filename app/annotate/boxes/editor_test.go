package boxes

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/server/domain"
)

func box(class string, x, y, w, h float64) domain.Box {
	return domain.Box{ClassID: class, X: x, Y: y, W: w, H: h}
}

func editor(list ...domain.Box) *Editor {
	e := &Editor{Class: "cat"}
	e.Load(list, geometry.Size{W: 100, H: 80}, false)
	return e
}

func at(x, y float64) Pointer {
	return Pointer{At: geometry.ImagePt{X: x, Y: y}, Scale: 4, Reach: 7, Slop: 4}
}

func drag(e *Editor, from, to Pointer) (bool, Notice) {
	e.Move(from)
	e.Down(from)
	e.Move(to)
	return e.Up(to)
}

func click(e *Editor, p Pointer) (bool, Notice) {
	e.Move(p)
	e.Down(p)
	return e.Up(p)
}

func want(t *testing.T, e *Editor, list ...domain.Box) {
	t.Helper()
	if !slices.Equal(e.Boxes(), list) {
		t.Errorf("boxes %+v, want %+v", e.Boxes(), list)
	}
}

func TestDrawing(t *testing.T) {
	for name, test := range map[string]struct {
		from, to Pointer
		want     domain.Box
		notice   Notice
	}{
		"whole pixels":            {at(10.2, 10.4), at(30.6, 40.1), box("cat", 10, 10, 21, 30), ""},
		"from below":              {at(30, 40), at(10, 12), box("cat", 10, 12, 20, 28), ""},
		"snaps to the image":      {at(1.2, 0.9), at(99, 79), box("cat", 0, 0, 100, 80), ""},
		"from outside the image":  {at(-20, -9), at(50, 40), box("cat", 0, 0, 50, 40), ""},
		"over the far edge":       {at(50, 40), at(500, 400), box("cat", 50, 40, 50, 40), ""},
		"flat":                    {at(10, 10), at(60, 10.2), domain.Box{}, TooSmall},
		"all outside of an image": {at(-20, 10), at(-5, 40), domain.Box{}, TooSmall},
	} {
		t.Run(name, func(t *testing.T) {
			e := editor()
			changed, n := drag(e, test.from, test.to)
			if changed != (test.notice == "") || n != test.notice {
				t.Fatalf("changed %v, notice %q", changed, n)
			}
			if changed {
				want(t, e, test.want)
				if !slices.Equal(e.Selected(), []int{0}) {
					t.Errorf("selected %v", e.Selected())
				}
			}
		})
	}
	e := editor()
	e.Class = ""
	if changed, n := drag(e, at(10, 10), at(40, 40)); changed || n != NoClass {
		t.Errorf("without a class: %v %q", changed, n)
	}
}

func TestTwoClicks(t *testing.T) {
	e := editor(box("cat", 60, 10, 20, 20))
	click(e, at(10, 10))
	if !e.AwaitsCorner() {
		t.Fatal("the first click began nothing")
	}
	if changed, _ := click(e, at(10.2, 10)); changed || !e.AwaitsCorner() {
		t.Error("a double click is no box")
	}
	e.Move(at(70, 20)) // the second corner may lie over another box
	if changed, _ := click(e, at(70, 50)); !changed || e.AwaitsCorner() {
		t.Error("the second click made nothing")
	}
	want(t, e, box("cat", 60, 10, 20, 20), box("cat", 10, 10, 60, 40))
	click(e, at(2, 70))
	if !e.Cancel() || e.Busy() || len(e.Boxes()) != 2 {
		t.Error("a box that is begun can be given up")
	}
}

func TestClicksGoThroughWhatLiesBelow(t *testing.T) {
	e := editor(box("cat", 0, 0, 90, 70), box("dog", 10, 10, 40, 40), box("owl", 20, 20, 10, 10))
	var order []int
	for range 4 {
		click(e, at(25, 25))
		order = append(order, e.Selected()[0])
	}
	if !slices.Equal(order, []int{2, 1, 0, 2}) {
		t.Errorf("clicked on %v", order)
	}
	p := at(15, 15)
	p.Shift = true
	click(e, p)
	if !slices.Equal(e.Selected(), []int{1, 2}) {
		t.Errorf("with Shift selected %v", e.Selected())
	}
}

func TestMoveAndResize(t *testing.T) {
	e := editor(box("cat", 10.25, 10.5, 20.125, 20), box("dog", 60, 50, 10, 10))
	e.Tool = Select
	drag(e, at(20, 20), at(25.4, 23)) // moves by whole pixels: fractions stay to the last bit
	want(t, e, box("cat", 15.25, 13.5, 20.125, 20), box("dog", 60, 50, 10, 10))
	drag(e, at(20, 20), at(-300, 20)) // stops at the edge
	want(t, e, box("cat", 0, 13.5, 20.125, 20), box("dog", 60, 50, 10, 10))
	click(e, at(65, 55))
	drag(e, at(70, 60), at(80.2, 70.4))
	want(t, e, box("cat", 0, 13.5, 20.125, 20), box("dog", 60, 50, 20, 20))
	drag(e, at(80, 60), at(40, 60)) // an edge pulled over the opposite one
	want(t, e, box("cat", 0, 13.5, 20.125, 20), box("dog", 40, 50, 20, 20))
	before := slices.Clone(e.Boxes())
	e.Down(at(50, 60))
	e.Move(at(70, 70))
	if e.Cancel(); !slices.Equal(e.Boxes(), before) || e.Rects()[1] != rectOf(before[1]) {
		t.Error("a move that is given up leaves something behind")
	}
}

func TestBandAndMany(t *testing.T) {
	e := editor(box("cat", 10, 10, 10, 10), box("dog", 30, 10, 10, 10), box("owl", 80, 60, 10, 10))
	e.Tool = Select
	drag(e, at(2, 2), at(35, 15))
	if !slices.Equal(e.Selected(), []int{0, 1}) {
		t.Fatalf("the band chose %v", e.Selected())
	}
	drag(e, at(15, 15), at(20, 25))
	want(t, e, box("cat", 15, 20, 10, 10), box("dog", 35, 20, 10, 10), box("owl", 80, 60, 10, 10))
	if !e.Nudge(-20, 0) || e.Boxes()[0].X != 0 || e.Boxes()[1].X != 20 {
		t.Errorf("nudged to %+v", e.Boxes())
	}
	if !e.Relabel("owl") || e.Relabel("owl") || e.Boxes()[1].ClassID != "owl" || e.Class != "owl" {
		t.Error("relabel")
	}
	if ok, _ := e.Duplicate(8); !ok || len(e.Boxes()) != 5 || !slices.Equal(e.Selected(), []int{3, 4}) || e.Boxes()[3] != box("owl", 8, 28, 10, 10) {
		t.Errorf("duplicated to %+v", e.Boxes())
	}
	if !e.Delete() || len(e.Boxes()) != 3 || e.Delete() {
		t.Error("delete")
	}
}

func TestStepLeadsOut(t *testing.T) {
	e := editor(box("cat", 10, 10, 10, 10), box("dog", 30, 10, 10, 10))
	for i, inside := range []bool{true, true, false, true} {
		if e.Step(1) != inside {
			t.Errorf("step %d", i)
		}
	}
	if e.Step(-1) || len(e.Selected()) != 0 || !e.Step(-1) || e.Selected()[0] != 1 {
		t.Error("backwards")
	}
}

func TestCopiedBoxesAreCutAndNotDoubled(t *testing.T) {
	e := editor(box("cat", 10, 10, 10, 10))
	ok, _ := e.Append([]domain.Box{box("cat", 10, 10, 10, 10), box("dog", 90.5, 70, 40, 40), box("dog", 300, 10, 5, 5), {ClassID: "owl", X: 1.1, Y: 2.2, W: 3.3, H: 4.4, Score: .5}})
	if !ok {
		t.Fatal("nothing was copied")
	}
	want(t, e, box("cat", 10, 10, 10, 10), box("dog", 90.5, 70, 9.5, 10), box("owl", 1.1, 2.2, 3.3, 4.4))
	if ok, _ = e.Append(e.Boxes()); ok {
		t.Error("the same boxes were copied again")
	}
}

func TestUndoSelectsWhatItBroughtBack(t *testing.T) {
	e := editor(box("cat", 10, 10, 10, 10), box("dog", 30, 10, 10, 10))
	e.Choose(0, false)
	e.Delete()
	e.Load([]domain.Box{box("cat", 10, 10, 10, 10), box("dog", 30, 10, 10, 10)}, e.Size, true)
	if !slices.Equal(e.Selected(), []int{0}) {
		t.Errorf("selected %v", e.Selected())
	}
}

// Whatever hands do, what comes out is what the host takes: the boxes of a label, inside the image.
func TestNoGestureMakesABadBox(t *testing.T) {
	classes := []domain.Class{{ID: "cat"}, {ID: "dog"}}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		e := editor(box("cat", .3, .7, 20.11, 9.07), box("dog", 50.5, 40.25, 49.5, 39.75))
		for range 400 {
			p := at(r.Float64()*140-20, r.Float64()*120-20)
			p.Scale, p.Shift, p.Ctrl = []float64{.25, 1, 4, 40}[r.IntN(4)], r.IntN(5) == 0, r.IntN(5) == 0
			switch r.IntN(14) {
			case 0, 1, 2:
				e.Down(p)
			case 3, 4, 5, 6:
				e.Move(p)
			case 7, 8, 9:
				e.Up(p)
			case 10:
				e.Tool, e.Snap = Tool(r.IntN(2)), r.IntN(2) == 0
			case 11:
				e.Nudge(float64(r.IntN(41)-20), float64(r.IntN(41)-20))
			case 12:
				if !e.Busy() && len(e.Boxes()) < 40 {
					e.Duplicate(8)
				}
			case 13:
				if r.IntN(4) == 0 {
					e.Delete()
				} else {
					e.Cancel()
				}
			}
			if problem := domain.CheckBoxes(e.Boxes(), classes, 100, 80); problem != nil {
				t.Fatalf("seed %d: %s: %+v", seed, problem, e.Boxes())
			}
			for i, b := range e.Boxes() {
				if e.Rects()[i] != rectOf(b) {
					t.Fatalf("seed %d: box %d is %+v, drawn as %+v", seed, i, b, e.Rects()[i])
				}
			}
			for _, i := range e.Selected() {
				if i >= len(e.Boxes()) {
					t.Fatalf("seed %d: %d of %d is selected", seed, i, len(e.Boxes()))
				}
			}
		}
	}
}
