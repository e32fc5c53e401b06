package geometry

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestHandles(t *testing.T) {
	big, small := Rect{10, 10, 110, 90}, Rect{10, 10, 16, 16}
	for _, test := range []struct {
		name string
		rect Rect
		at   ImagePt
		want Handle
	}{
		{"corner", big, ImagePt{8, 12}, NorthWest},
		{"the other corner", big, ImagePt{112, 88}, SouthEast},
		{"edge", big, ImagePt{60, 87}, South},
		{"inside", big, ImagePt{60, 50}, None},
		{"far", big, ImagePt{5, 50}, None},
		{"the middle of a small one", small, ImagePt{13, 13}, None},
		{"outside of a small one", small, ImagePt{18, 13}, East},
		{"a line", Rect{10, 10, 10, 50}, ImagePt{10, 30}, West},
	} {
		if got := HandleAt(test.rect, test.at, 4); got != test.want {
			t.Errorf("%s: handle %d, want %d", test.name, got, test.want)
		}
	}
	for _, h := range Handles {
		if got := HandleAt(big, h.At(big), 4); got != h {
			t.Errorf("at its own place handle %d is %d", h, got)
		}
		if h.Cursor() == "" {
			t.Errorf("handle %d has no cursor", h)
		}
	}
}

func TestHitGoesThroughAll(t *testing.T) {
	rects := []Rect{{0, 0, 90, 90}, {10, 10, 30, 30}, {10, 10, 30, 30}, {50, 50, 60, 60}}
	for _, test := range []struct {
		at          ImagePt
		after, want int
	}{
		{ImagePt{20, 20}, -1, 2}, // of two alike the one on top
		{ImagePt{20, 20}, 2, 1},
		{ImagePt{20, 20}, 1, 0},
		{ImagePt{20, 20}, 0, 2}, // and round again
		{ImagePt{55, 55}, 2, 3}, // what was clicked elsewhere has no turn here
		{ImagePt{95, 95}, -1, -1},
		{ImagePt{91, 91}, -1, 0}, // within reach
	} {
		if got := Hit(rects, test.at, 2, test.after); got != test.want {
			t.Errorf("at %v after %d hits %d, want %d", test.at, test.after, got, test.want)
		}
	}
}

func TestSnapping(t *testing.T) {
	n := NewSnapper(Size{100, 80}, []Rect{{20.5, 30, 40, 50}}, 3)
	p, g := n.Point(ImagePt{22, 78}, None)
	if p != (ImagePt{20.5, 80}) || g != (Guides{20.5, 80}) {
		t.Errorf("snapped to %v, %v", p, g)
	}
	if p, g = n.Point(ImagePt{22, 78}, West); p != (ImagePt{20.5, 78}) || !math.IsNaN(g.Y) {
		t.Errorf("an edge snapped to %v, %v", p, g)
	}
	if p, g = n.Point(ImagePt{25, 60}, None); p != (ImagePt{25, 60}) || !math.IsNaN(g.X) || !math.IsNaN(g.Y) {
		t.Errorf("far from all snapped to %v, %v", p, g)
	}
	if dx, dy, g := n.Move(Rect{60, 60, 70, 70}, 28, 0); dx != 30 || dy != 0 || g.X != 100 {
		t.Errorf("moved by %g, %g at %v", dx, dy, g)
	}
}

func rect(r *rand.Rand) Rect {
	return Span(ImagePt{r.Float64() * 100, r.Float64() * 80}, ImagePt{r.Float64() * 100, r.Float64() * 80})
}

func TestProperties(t *testing.T) {
	r, size := rand.New(rand.NewPCG(3, 4)), Size{100, 80}
	inside := func(a Rect) bool {
		return a.X0 >= -1e-9 && a.Y0 >= -1e-9 && a.X1 <= size.W+1e-9 && a.Y1 <= size.H+1e-9 && a.X0 <= a.X1 && a.Y0 <= a.Y1
	}
	for range 20000 {
		a, b := rect(r), rect(r)
		if IoU(a, b) != IoU(b, a) || IoU(a, b) < 0 || IoU(a, b) > 1 || (IoU(a, b) > 0) != a.Overlaps(b) {
			t.Fatalf("IoU of %v and %v is %g, the other way %g", a, b, IoU(a, b), IoU(b, a))
		}
		if a.Area() > 0 && math.Abs(IoU(a, a)-1) > 1e-12 {
			t.Fatalf("IoU of %v with itself is %g", a, IoU(a, a))
		}
		dx, dy := (r.Float64()-.5)*300, (r.Float64()-.5)*300
		mx, my := a.Inside(size, dx, dy)
		if !inside(a.Move(mx, my)) || math.Abs(mx) > math.Abs(dx) || math.Abs(my) > math.Abs(dy) || mx*dx < 0 || my*dy < 0 {
			t.Fatalf("%v asked to move by %g, %g moves by %g, %g", a, dx, dy, mx, my)
		}
		if !inside(a.Move(dx, dy).Clip(size)) || a.Clip(size) != a {
			t.Fatalf("%v clipped", a)
		}
		h, p := Handles[r.IntN(8)], ImagePt{r.Float64() * 100, r.Float64() * 80}
		d, held := h.Drag(a, p)
		if !inside(d) || HandleAt(d, held.At(d), 0) == None {
			t.Fatalf("handle %d of %v at %v gives %v", h, a, p, d)
		}
		at := held.At(d)
		if h&(West|East) != 0 && at.X != p.X || h&(North|South) != 0 && at.Y != p.Y {
			t.Fatalf("handle %d of %v at %v is held at %v", h, a, p, at)
		}
	}
}
