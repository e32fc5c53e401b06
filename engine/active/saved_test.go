package active_test

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"github.com/irum-app/irum/engine/active"
	"github.com/irum-app/irum/engine/train"
)

// answers are labels of two-dimensional heaps: every seventh by chance, the others even of all classes (good), or all of one class.
func answers(n, classes int, good bool) []active.Answer {
	rng := rand.New(rand.NewSource(3))
	var out []active.Answer
	for i := range n {
		c := 0
		chance := i%7 == 6
		switch {
		case chance:
			c = min(rng.Intn(2*classes), classes-1) // half of them of the last class
		case good:
			c = i % classes
		}
		x := make([]float32, classes+1)
		for k := range x {
			x[k] = float32(rng.NormFloat64() * 0.3)
		}
		x[c]++
		out = append(out, active.Answer{LiveImage: train.LiveImage{Key: fmt.Sprint(i), X: x, Label: []int{c}}, Chance: chance})
	}
	return out
}

func saved(t *testing.T, a []active.Answer, before []train.LiveImage) *active.Saving {
	t.Helper()
	s, err := active.Saved(context.Background(), a, before, 8, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSavedTellsAGoodOrderFromABadOne(t *testing.T) {
	good := saved(t, answers(350, 8, true), nil)
	if good == nil || good.Tested != 50 || good.Queue > 0.7*good.Chance {
		t.Fatalf("an order that is even saved %+v", good)
	}
	if ratio := good.Queue / good.Chance; !(good.Low <= ratio && ratio <= good.High) || good.Accuracy < 0.7 {
		t.Errorf("the interval of %+v does not hold what was seen", good)
	}
	last := good.Points[len(good.Points)-1]
	if good.Points[0].Labels != 0 || last.Labels != 75 || last.Chance >= 0 || last.Queue < good.Accuracy {
		t.Errorf("the points are %+v", good.Points)
	}
	bad := saved(t, answers(350, 8, false), nil)
	if bad.Queue <= bad.Chance {
		t.Errorf("an order of one class saved %+v", bad)
	}
}

func TestSavedNeedsLabelsByChance(t *testing.T) {
	if s := saved(t, answers(7*active.LeastByChance-1, 8, true), nil); s != nil {
		t.Errorf("of %d labels by chance it tells %+v", active.LeastByChance-1, s)
	}
	var before []train.LiveImage
	for _, a := range answers(80, 8, true) {
		a.Key = "before " + a.Key
		before = append(before, a.LiveImage)
	}
	if s := saved(t, answers(200, 8, true), before); s == nil || s.Points[0].Queue < 0.5 || s.Points[0].Queue != s.Points[0].Chance {
		t.Errorf("heads do not begin with the labels from before: %+v", s)
	}
}

func TestSavedOfManyLabelsAnImage(t *testing.T) {
	a := answers(210, 8, true)
	for i := range a {
		if i%3 == 0 {
			a[i].Label = nil
		}
	}
	s, err := active.Saved(context.Background(), a, nil, 8, true, nil)
	if err != nil || s == nil || s.Accuracy <= 0 {
		t.Errorf("multi-label: %+v, %v", s, err)
	}
}

// TestSavedAtTheTop: where a few labels of either kind tell all, nothing was saved, though many by chance are there.
func TestSavedAtTheTop(t *testing.T) {
	a := answers(420, 2, true)
	for i := range a {
		for k := range a[i].X {
			a[i].X[k] *= 0.1
		}
		a[i].X[a[i].Label[0]] += 5
	}
	if s := saved(t, a, nil); s.Accuracy != 1 || s.Queue < 0.5*s.Chance || s.Chance > 20 {
		t.Errorf("two classes that are easily told: %+v", s)
	}
}
