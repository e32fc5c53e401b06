package domain_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

var catOnly = []domain.Class{{ID: "cat", Name: "Cat"}}

func TestCheckBoxes(t *testing.T) {
	box := func(x, y, w, h float64) domain.Box { return domain.Box{ClassID: "cat", X: x, Y: y, W: w, H: h} }
	many := make([]domain.Box, domain.MaxBoxes+1)
	for i := range many {
		many[i] = box(0, 0, 1, 1)
	}
	for name, test := range map[string]struct {
		boxes []domain.Box
		field string // "" where they are fine
		says  string
	}{
		"none":           {},
		"whole image":    {boxes: []domain.Box{box(0, 0, 40, 30)}},
		"thin":           {boxes: []domain.Box{box(1, 1, domain.MinBoxSide, 20)}},
		"last bit":       {boxes: []domain.Box{box(39.9, 0, 40-39.9, 30)}},
		"as many as can": {boxes: many[1:]},
		"one too many":   {many, "boxes", "at most 5000"},
		"thinner":        {[]domain.Box{box(1, 1, 0.009, 20)}, "boxes[0]", "at least 0.01"},
		"backwards":      {[]domain.Box{box(0, 0, 1, 1), box(9, 9, -3, 3)}, "boxes[1]", "at least"},
		"right of it":    {[]domain.Box{box(30, 0, 10.5, 3)}, "boxes[0]", "40 x 30"},
		"below it":       {[]domain.Box{box(0, 29, 1, 2)}, "boxes[0]", "40 x 30"},
		"left of it":     {[]domain.Box{box(-0.5, 0, 1, 1)}, "boxes[0]", "not inside"},
		"NaN":            {[]domain.Box{box(math.NaN(), 0, 1, 1)}, "boxes[0]", "finite"},
		"NaN wide":       {[]domain.Box{box(0, 0, math.NaN(), 1)}, "boxes[0]", "finite"},
		"infinite":       {[]domain.Box{box(0, 0, math.Inf(1), 1)}, "boxes[0]", "finite"},
		"unknown class":  {[]domain.Box{{ClassID: "wolf", W: 1, H: 1}}, "boxes[0]", `"wolf"`},
		"too sure":       {[]domain.Box{{ClassID: "cat", W: 1, H: 1, Score: 1.5}}, "boxes[0]", "score"},
		"score NaN":      {[]domain.Box{{ClassID: "cat", W: 1, H: 1, Score: math.NaN()}}, "boxes[0]", "score"},
	} {
		t.Run(name, func(t *testing.T) {
			p := domain.CheckBoxes(test.boxes, catOnly, 40, 30)
			switch {
			case test.field == "" && p != nil:
				t.Errorf("refused: %s", p)
			case test.field == "":
			case p == nil:
				t.Error("taken")
			case p.Field != test.field || !strings.Contains(p.Detail, test.says):
				t.Errorf("%s: %s", p.Field, p.Detail)
			}
		})
	}
}

// What a canvas makes of edges inside the image is always a box, whatever the rounding of their differences.
func TestSettledBoxesAreInside(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		w, h := 1+r.IntN(9000), 1+r.IntN(9000)
		x0, y0 := r.Float64()*float64(w)*0.99, r.Float64()*float64(h)*0.99
		b := domain.Box{ClassID: "cat", X: x0, Y: y0, W: float64(w) - x0 + (r.Float64()-0.5)*1e-3, H: float64(h) - y0}
		if r.IntN(3) == 0 {
			b.X, b.W = -r.Float64()*1e-3, 1+r.Float64()*float64(w-1)
		}
		if b.W < domain.MinBoxSide || b.H < domain.MinBoxSide {
			continue
		}
		s := b.Settled(w, h)
		if p := domain.CheckBoxes([]domain.Box{s}, catOnly, w, h); p != nil {
			t.Fatalf("%+v in %d x %d became %+v: %s", b, w, h, s, p)
		}
		if math.Abs(s.X-b.X) > 1e-3 || math.Abs(s.X+s.W-b.X-b.W) > 2e-3 || s.Y != b.Y {
			t.Fatalf("%+v moved to %+v", b, s)
		}
		if s != s.Settled(w, h) {
			t.Fatalf("%+v settles again", s)
		}
	}
	if far := (domain.Box{X: -0.01, W: 5, H: 5}); far.Settled(40, 30) != far {
		t.Error("what sticks out by more than rounding was cut")
	}
}
