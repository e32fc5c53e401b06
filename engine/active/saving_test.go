package active_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"sort"
	"testing"

	"github.com/irum-app/irum/engine/active"
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/realtest"
	"github.com/irum-app/irum/engine/train"
)

// labeller labels a pool in batches, by chance or in the order of this package, and tells how good a head is after each.
type labeller struct {
	p     cluster.Points
	truth []int
	test  []int
	known []int
	rest  []int // in an order by chance
}

// head learns from all that is known.
func (l *labeller) head(t *testing.T) *train.Live {
	image := func(i int) train.LiveImage {
		return train.LiveImage{Key: fmt.Sprint(i), X: l.p.Row(i), Label: []int{l.truth[i]}}
	}
	var first []train.LiveImage
	base := l.known[max(len(l.known)-train.LiveBase, 0):]
	for _, i := range base {
		first = append(first, image(i))
	}
	var others [][]float32
	for _, i := range l.rest[:min(len(l.rest), 100)] {
		others = append(others, l.p.Row(i))
	}
	h, err := train.NewLive(context.Background(), first, others, 10, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range l.known[:len(l.known)-len(base)] {
		if err := h.Set(image(i)); err != nil {
			t.Fatal(err)
		}
	}
	h.Refresh()
	return h
}

func (l *labeller) accuracy(h *train.Live) float64 {
	right := 0
	for _, i := range l.test {
		scores := h.Scores(l.p.Row(i))
		if slices.Index(scores, slices.Max(scores)) == l.truth[i] {
			right++
		}
	}
	return float64(right) / float64(len(l.test))
}

// next labels a batch.
func (l *labeller) next(t *testing.T, h *train.Live, useful bool) {
	list := l.rest
	if useful {
		c := active.Candidates{Margin: make([]float64, len(l.rest)), Chance: make([]int, len(l.rest))}
		for k, i := range l.rest {
			c.Margin[k], c.Chance[k] = active.Margin(h.Scores(l.p.Row(i)), false), k
		}
		c.Embedding = func(k int) []float32 { return l.p.Row(l.rest[k]) }
		for _, i := range l.known[max(len(l.known)-500, 0):] {
			c.Labelled = append(c.Labelled, l.p.Row(i))
		}
		order, err := active.Order(c)
		if err != nil {
			t.Fatal(err)
		}
		list = make([]int, len(order))
		for at, k := range order {
			list[at] = l.rest[k]
		}
	}
	batch := slices.Clone(list[:min(active.Batch, len(list))])
	l.known = append(l.known, batch...)
	l.rest = slices.DeleteFunc(slices.Clone(l.rest), func(i int) bool { return slices.Contains(batch, i) })
}

// curve gives the accuracy after each batch; the first one is by chance for all, with the same images for the same seed.
func curve(t *testing.T, p cluster.Points, truth []int, pool, test int, seed int64, useful bool, until int) []float64 {
	perm := rand.New(rand.NewSource(seed)).Perm(p.N)
	l := &labeller{p: p, truth: truth, test: perm[:test], rest: slices.Clone(perm[test : test+pool])}
	start := 2 * active.Batch
	l.known, l.rest = slices.Clone(l.rest[:start]), l.rest[start:]
	var out []float64
	for {
		h := l.head(t)
		out = append(out, l.accuracy(h))
		if len(l.known)+active.Batch > until {
			return out
		}
		l.next(t, h, useful)
	}
}

// reached gives how many labels it takes to reach an accuracy and keep it on average of this and the next batch, or 0.
func reached(curve []float64, goal float64) int {
	for k := 0; k+1 < len(curve); k++ {
		if (curve[k]+curve[k+1])/2 >= goal {
			return (k + 2) * active.Batch
		}
	}
	return 0
}

// TestLabelsSaved counts the labels that it takes to be as good as labelling by chance is at the end, over five seeds. It takes minutes,
// so it runs only when IRUM_QUALITY is set.
func TestLabelsSaved(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	for _, set := range []struct {
		name              string
		load              func(testing.TB) (cluster.Points, []int)
		pool, test, until int
	}{
		{"hand signs", realtest.Signs, 450, 150, 360},
		{"Fashion-MNIST", func(tb testing.TB) (cluster.Points, []int) { return realtest.Fashion(tb, 10_000) }, 9000, 1000, 600},
	} {
		p, truth := set.load(t)
		var saved []float64
		for seed := range int64(5) {
			chance := curve(t, p, truth, set.pool, set.test, seed, false, set.until)
			useful := curve(t, p, truth, set.pool, set.test, seed, true, set.until)
			n := len(chance)
			for _, goal := range []float64{(chance[n-1] + chance[n-2]) / 2, (chance[n/2] + chance[n/2+1]) / 2} {
				a, b := reached(useful, goal), reached(chance, goal)
				if a == 0 {
					a = set.until
				}
				t.Logf("%s, seed %d: accuracy %.3f takes %d labels, by chance %d: %.2f", set.name, seed, goal, a, b, float64(a)/float64(b))
				saved = append(saved, float64(a)/float64(b))
			}
			t.Logf("%s, seed %d: useful %.3f", set.name, seed, useful)
			t.Logf("%s, seed %d: chance %.3f", set.name, seed, chance)
		}
		sort.Float64s(saved)
		sum := 0.0
		for _, v := range saved {
			sum += math.Log(v)
		}
		t.Logf("%s: labels needed are %.2f times those by chance (geometric mean), %.2f to %.2f", set.name, math.Exp(sum/float64(len(saved))), saved[0], saved[len(saved)-1])
	}
}
