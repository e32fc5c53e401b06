package active_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"
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
	head  *train.Live
	base  int
}

// learn brings the head in line with what is known, as the product does: it begins anew when there are twice as many labels.
func (l *labeller) learn(t *testing.T) {
	image := func(i int) train.LiveImage {
		return train.LiveImage{Key: fmt.Sprint(i), X: l.p.Row(i), Label: []int{l.truth[i]}}
	}
	if l.head == nil || l.base < train.LiveBase && len(l.known) >= 2*l.base {
		var first []train.LiveImage
		for _, i := range l.known[max(len(l.known)-train.LiveBase, 0):] {
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
		l.head, l.base = h, len(first)
	}
	for _, i := range l.known {
		if !l.head.Holds(fmt.Sprint(i)) {
			if err := l.head.Set(image(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.head.Refresh()
}

func (l *labeller) accuracy() float64 {
	right := 0
	for _, i := range l.test {
		scores := l.head.Scores(l.p.Row(i))
		if slices.Index(scores, slices.Max(scores)) == l.truth[i] {
			right++
		}
	}
	return float64(right) / float64(len(l.test))
}

// next labels a batch.
func (l *labeller) next(t *testing.T, useful bool) {
	batch := slices.Clone(l.rest[:active.Batch])
	if useful {
		batch = batch[:0]
		c := active.Candidates{Classes: 10, Batches: 1}
		seen := l.rest[:min(len(l.rest), active.MaxCandidates)]
		for k, i := range seen {
			image := active.Image{X: l.p.Row(i)}
			if l.head != nil {
				image.Scores = l.head.Scores(image.X)
			}
			c.Images, c.Chance = append(c.Images, image), append(c.Chance, k)
		}
		for _, i := range l.known {
			c.Images = append(c.Images, active.Image{X: l.p.Row(i), Labelled: true, Class: l.truth[i]})
		}
		order, err := active.Order(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, pick := range order[:active.Batch] {
			batch = append(batch, seen[pick.Image])
		}
	}
	l.known = append(l.known, batch...)
	l.rest = slices.DeleteFunc(slices.Clone(l.rest), func(i int) bool { return slices.Contains(batch, i) })
}

// curve gives the accuracy after each batch, on images that are never offered.
func curve(t *testing.T, p cluster.Points, truth []int, pool, test int, seed int64, useful bool, until int) (out []float64) {
	perm := rand.New(rand.NewSource(seed)).Perm(p.N)
	l := &labeller{p: p, truth: truth, test: perm[:test], rest: slices.Clone(perm[test : test+pool])}
	for len(l.known) < until {
		l.next(t, useful)
		l.learn(t)
		out = append(out, l.accuracy())
	}
	return out
}

// smooth is the mean of each point and those beside it.
func smooth(curve []float64) []float64 {
	out := make([]float64, len(curve))
	for k := range curve {
		near := curve[max(k-1, 0):min(k+2, len(curve))]
		for _, v := range near {
			out[k] += v / float64(len(near))
		}
	}
	return out
}

// needed gives how many labels it takes to reach an accuracy; all that there are where it is not reached.
func needed(curve []float64, goal float64) float64 {
	s := smooth(curve)
	for k, v := range s {
		if v >= goal {
			if k == 0 {
				return active.Batch
			}
			return active.Batch * (float64(k) + (goal-s[k-1])/(v-s[k-1]))
		}
	}
	return active.Batch * float64(len(curve))
}

// logMean gives the geometric mean of ratios and the 95 % interval of it.
func logMean(ratios []float64, student float64) (mean, low, high float64) {
	n, sum, squares := float64(len(ratios)), 0.0, 0.0
	for _, v := range ratios {
		sum += math.Log(v)
	}
	for _, v := range ratios {
		squares += (math.Log(v) - sum/n) * (math.Log(v) - sum/n)
	}
	off := student * math.Sqrt(squares/(n-1)/n)
	return math.Exp(sum / n), math.Exp(sum/n - off), math.Exp(sum/n + off)
}

// TestLabelsSaved counts the labels that it takes to be as good as labelling by chance is after a quarter, half, three quarters and all of
// a budget, over some seeds, each beside labelling by chance of the same images. It takes minutes, so it runs only when IRUM_QUALITY is set.
func TestLabelsSaved(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	for _, set := range []struct {
		name              string
		load              func(testing.TB) (cluster.Points, []int)
		pool, test, until int
		seeds             int
		student           float64 // the 97.5 % quantile of Student's t for so many seeds
	}{
		{"hand signs", realtest.Signs, 400, 200, 300, 10, 2.262},
		{"Fashion-MNIST", func(tb testing.TB) (cluster.Points, []int) { return realtest.Fashion(tb, 10_000) }, 4000, 1000, 400, 5, 2.776},
	} {
		t.Run(set.name, func(t *testing.T) {
			p, truth := set.load(t)
			chance, useful := make([][]float64, set.seeds), make([][]float64, set.seeds)
			mean := make([]float64, set.until/active.Batch)
			for seed := range int64(set.seeds) {
				chance[seed] = curve(t, p, truth, set.pool, set.test, seed, false, set.until)
				useful[seed] = curve(t, p, truth, set.pool, set.test, seed, true, set.until)
				for k, v := range chance[seed] {
					mean[k] += v / float64(set.seeds)
				}
				t.Logf("seed %d: useful %.3f", seed, useful[seed])
				t.Logf("seed %d: chance %.3f", seed, chance[seed])
			}
			all := 0.0
			for quarter := 1; quarter <= 4; quarter++ {
				goal := smooth(mean)[quarter*len(mean)/4-1]
				var ratios []float64
				var line strings.Builder
				for seed := range set.seeds {
					a, b := needed(useful[seed], goal), needed(chance[seed], goal)
					ratios = append(ratios, a/b)
					fmt.Fprintf(&line, " %.0f/%.0f", a, b)
				}
				ratio, low, high := logMean(ratios, set.student)
				all += math.Log(ratio) / 4
				t.Logf("accuracy %.3f, of %d labels by chance: %.2f times as many (%.2f to %.2f):%s", goal, quarter*set.until/4, ratio, low, high, line.String())
			}
			t.Logf("%.2f times as many labels as by chance", math.Exp(all))
			if math.Exp(all) > 0.95 {
				t.Errorf("the order saves too little")
			}
		})
	}
}
