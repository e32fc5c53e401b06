package train_test

import (
	"context"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
)

// flocks draws points of classes that lie near each other along some directions and far along others that say nothing: what a few
// labels do not tell apart, and many points without labels do. The first n have labels, of each class as many.
func flocks(n, more, classes, d int, seed int64) (data train.Dataset, hidden []int) {
	rng := rand.New(rand.NewSource(seed))
	data = train.Dataset{N: n, D: d, Classes: classes, Unlabelled: more}
	for i := range n + more {
		c := i % classes
		for k := range d {
			v := rng.NormFloat64()
			switch {
			case k < classes && k == c:
				v = 0.5*v + 1.6
			case k < classes:
				v *= 0.5
			case k < 2*classes:
				v *= 4 // light, backgrounds
			}
			data.X = append(data.X, float32(v))
		}
		if i < n {
			data.Labels = append(data.Labels, []int{c})
		} else {
			hidden = append(hidden, c)
		}
	}
	return data, hidden
}

// rightOf is the share of the rows after the labelled ones that a head tells rightly.
func rightOf(h *train.Head, d train.Dataset, hidden []int) float64 {
	right := 0.0
	for k, c := range hidden {
		p := h.Scores(d.X[(d.N+k)*d.D:][:d.D])
		if slices.Index(p, slices.Max(p)) == c {
			right++
		}
	}
	return right / float64(len(hidden))
}

func TestImagesWithoutLabelsTeach(t *testing.T) {
	better, claimed, found := 0, 0.0, 0.0
	for seed := range int64(4) {
		d, _ := flocks(24, 300, 4, 60, seed)
		fresh, hidden := flocks(4, 400, 4, 60, 100+seed)
		alone := d
		alone.Unlabelled, alone.X = 0, d.X[:d.N*d.D]
		before, _, err := train.Fit(context.Background(), alone, train.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		after, e, err := train.Fit(context.Background(), d, train.Options{Learning: true}, func(done, total int) {
			if done < steps || done > total {
				t.Errorf("progress went from %d to %d of %d", steps, done, total)
			}
			steps = done
		})
		if err != nil {
			t.Fatal(err)
		}
		g, a, b := e.Unlabelled, rightOf(before, fresh, hidden), rightOf(after, fresh, hidden)
		if g == nil || g.Images != 300 || g.Kept != (g.LossAfter < g.LossBefore && g.Gained >= g.Mislaid) {
			t.Fatalf("seed %d: %+v", seed, g)
		}
		if r, err := metrics.Evaluate(d.Labels, e.Scores, 4, false); err != nil || g.Kept && r.Accuracy != g.With || g.Kept && e.Learning != nil {
			t.Errorf("seed %d: accuracy of the scores %v, of the gain %+v (%v)", seed, r.Accuracy, g, err)
		}
		if g.Kept && b > a {
			better++
		}
		claimed, found = claimed+(g.With-g.Without)/4, found+(b-a)/4
	}
	if better < 3 || found < 0.05 {
		t.Errorf("better with %d of 4 seeds: gain %.3f on new images, %.3f by cross-validation", better, found, claimed)
	}
}

// TestImagesOfNothingAreNotKept gives images without labels that have nothing to do with the classes.
func TestImagesOfNothingAreNotKept(t *testing.T) {
	kept := 0
	for seed := range int64(4) {
		d, _ := flocks(40, 200, 4, 60, seed)
		rng := rand.New(rand.NewSource(seed))
		for i := d.N * d.D; i < len(d.X); i++ {
			d.X[i] = float32(3 * rng.NormFloat64())
		}
		alone := d
		alone.Unlabelled, alone.X = 0, d.X[:d.N*d.D]
		want, _, err := train.Fit(context.Background(), alone, train.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, e, err := train.Fit(context.Background(), d, train.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e.Unlabelled.Kept {
			kept++
		} else if !slices.Equal(got.W, want.W) || !slices.Equal(got.B, want.B) {
			t.Errorf("seed %d: not kept, and yet another head", seed)
		}
	}
	if kept > 1 {
		t.Errorf("kept %d of 4 times", kept)
	}
}

func TestSameImagesWithoutLabelsSameHead(t *testing.T) {
	d, _ := flocks(30, 120, 3, 40, 5)
	a, _, err := train.Fit(context.Background(), d, train.Options{Seed: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := train.Fit(context.Background(), d, train.Options{Seed: 2}, nil)
	if err != nil || !slices.Equal(a.W, b.W) || !slices.Equal(a.B, b.B) {
		t.Errorf("another head (%v)", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	if _, _, err := train.Fit(ctx, d, train.Options{}, func(done, total int) {
		if seen = done; 2*done > total {
			cancel()
		}
	}); err != context.Canceled {
		t.Errorf("cancelled at %d: %v", seen, err)
	}
}

// TestUnlabelledClassesThatAFoldMisses has classes of one and two groups, so that a fold is without them.
func TestUnlabelledClassesThatAFoldMisses(t *testing.T) {
	d, _ := flocks(24, 60, 3, 30, 3)
	d.Groups = make([]int, d.N)
	for i := range d.Groups {
		d.Groups[i] = i
		if d.Labels[i][0] == 1 {
			d.Groups[i] = 1
		}
	}
	h, e, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range append(e.Scores, h.Scores(d.X[:d.D])) {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		if !(sum > 0.999 && sum < 1.001) {
			t.Errorf("scores %v", row)
		}
	}
}

func TestUnlabelledRefusals(t *testing.T) {
	base, _ := flocks(12, 10, 3, 8, 1)
	for want, change := range map[string]func(d *train.Dataset){
		"at most 800":     func(d *train.Dataset) { d.Unlabelled = train.MaxUnlabelled + 1 },
		"one class":       func(d *train.Dataset) { d.Multi = true },
		"do not fit":      func(d *train.Dataset) { d.Unlabelled-- },
		"not -1":          func(d *train.Dataset) { d.Unlabelled = -1 },
		"is not finite":   func(d *train.Dataset) { d.X[len(d.X)-1] = float32(nan()) },
		"labelled ones; ": func(d *train.Dataset) { d.N = train.MaxTaught + 1 },
	} {
		d := base
		d.X = slices.Clone(base.X)
		change(&d)
		if _, _, err := train.Fit(context.Background(), d, train.Options{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }
