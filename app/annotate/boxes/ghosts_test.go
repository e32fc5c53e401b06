package boxes

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/server/domain"
)

func threeGhosts() *Ghosts {
	return NewGhosts([]domain.Box{
		{ClassID: "cat", X: 0, Y: 0, W: 10, H: 10, Score: .9},
		{ClassID: "dog", X: 20, Y: 0, W: 10, H: 10, Score: .6},
		{ClassID: "cat", X: 40, Y: 0, W: 10, H: 10, Score: .3},
	})
}

func TestGhostsAreOpenUntilSomethingIsSaidOfTheirObject(t *testing.T) {
	g := threeGhosts()
	var none *Ghosts
	at := func(x float64) geometry.Rect { return geometry.Rect{X0: x, Y0: 0, X1: x + 10, Y1: 10} }
	for _, c := range []struct {
		name  string
		rects []geometry.Rect
		least float64
		want  []int
	}{
		{"all", nil, 0, []int{0, 1, 2}},
		{"the sure ones", nil, .5, []int{0, 1}},
		{"one was drawn by hand", []geometry.Rect{at(22)}, 0, []int{0, 2}},
		{"a box beside it", []geometry.Rect{at(27)}, 0, []int{0, 1, 2}},
	} {
		if got := g.Open(c.rects, c.least); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if none.Open(nil, 0) != nil {
		t.Error("no ghosts are open")
	}
	g.Refuse(0)
	g.Take(1)
	if got := g.Open([]geometry.Rect{at(27)}, 0); !slices.Equal(got, []int{2}) {
		t.Errorf("one was refused, one was taken and pulled far: %v", got)
	}
	if got := g.Open(nil, 0); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("what was taken is undone: %v", got)
	}
	beside := domain.Box{X: 27, W: 10, H: 10}
	if g.Recall([]domain.Box{beside}); !slices.Equal(g.Open([]geometry.Rect{at(27)}, 0), []int{1, 2}) {
		t.Error("after undo a box beside it hides a suggestion that had been taken")
	}
	g.Restore(0)
	if got := g.Open(nil, 0); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("the refusal is undone: %v", got)
	}
}

func TestStepsThroughGhosts(t *testing.T) {
	g := threeGhosts()
	if _, ok := g.Focus([]int{0, 1, 2}); ok {
		t.Error("a key means a ghost before one was chosen")
	}
	for _, c := range []struct {
		open []int
		by   int
		want int
	}{
		{[]int{0, 1, 2}, 1, 0},
		{[]int{0, 1, 2}, 1, 1},
		{[]int{0, 2}, 1, 2}, // 1 was taken meanwhile
		{[]int{0, 2}, 1, 0},
		{[]int{0, 2}, -1, 2},
		{[]int{0, 1}, -1, 1},
		{nil, 1, -1},
		{[]int{0, 1}, -1, 1},
	} {
		g.Step(c.open, c.by)
		if got, ok := g.Focus(c.open); got != c.want || ok != (c.want >= 0) {
			t.Fatalf("step %d in %v comes to %d, %v, want %d", c.by, c.open, got, ok, c.want)
		}
	}
	g.Leave()
	if _, ok := g.Focus([]int{0, 1, 2}); ok {
		t.Error("a ghost was left, but keys mean it")
	}
}

func TestWhatAPointerMeansOfGhosts(t *testing.T) {
	g := threeGhosts()
	p := func(x, y float64) Pointer { return Pointer{At: geometry.ImagePt{X: x, Y: y}, Scale: 1, Reach: 3} }
	if got := g.Under([]int{0, 2}, p(5, 5)); got != 0 {
		t.Errorf("under the first: %d", got)
	}
	if got := g.Under([]int{0, 2}, p(25, 5)); got != -1 {
		t.Errorf("under one that is not open: %d", got)
	}
	if !g.Grips(0, p(10, 10)) || g.Grips(0, p(5, 5)) || g.Grips(0, p(15, 5)) {
		t.Error("handles are at the edges")
	}
}

func TestWhatBecameOfGhosts(t *testing.T) {
	g := threeGhosts()
	first := g.Box(0)
	first.Score = 0
	if least, ok := g.Alone([]domain.Box{first}); !ok || least != .9 {
		t.Errorf("%v, %v", least, ok)
	}
	moved := g.Box(1)
	moved.X += 3
	if _, ok := g.Alone([]domain.Box{first, moved}); ok {
		t.Error("a box that was moved is no suggestion as it was")
	}
	if _, ok := g.Alone(nil); ok {
		t.Error("no box is no suggestion")
	}
	g.Take(0)
	g.Take(1)
	g.Refuse(2)
	if a, b, c := g.Tally([]domain.Box{first, moved}); a != 1 || b != 1 || c != 1 {
		t.Errorf("%d accepted, %d adjusted, %d refused", a, b, c)
	}
	if a, b, c := g.Tally(nil); a != 0 || b != 0 || c != 1 {
		t.Errorf("after undo %d accepted, %d adjusted, %d refused", a, b, c)
	}
	if got := g.Of([]geometry.Rect{{X0: 41, X1: 51, Y1: 10}}); !slices.Equal(got, []int{2}) {
		t.Errorf("suggestions of a box: %v", got)
	}
	place := NewGhosts([]domain.Box{{X: 1, Y: 2, W: 5, H: 6, Score: 1}})
	place.Take(0)
	if a, b, _ := place.Tally([]domain.Box{{ClassID: "cat", X: 1, Y: 2, W: 5, H: 6}}); a != 1 || b != 0 {
		t.Errorf("a place that was given a class: %d accepted, %d adjusted", a, b)
	}
	if g.Count(.5) != 2 {
		t.Errorf("%d of at least a half", g.Count(.5))
	}
}
