package train_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/risk"
	"github.com/irum-app/irum/engine/train"
)

// splits counts random splits into images that a head learns from, which are cross-validated, and others that it labels.
type splits struct {
	over     map[float64]int // splits in which more of what was accepted is wrong than the budget has, by budget
	none     map[float64]int // in which nothing was accepted
	coverage map[float64]float64
}

// budgets that people ask for.
var budgets = []float64{0.01, 0.02, 0.05}

// try parts all images count times, learn of them of each class to learn from.
func try(t *testing.T, all []photo, classes, learn, count int) splits {
	t.Helper()
	s := splits{map[float64]int{}, map[float64]int{}, map[float64]float64{}}
	for seed := range count {
		rng := rand.New(rand.NewSource(int64(seed)))
		d := train.Dataset{D: len(all[0].vector), Classes: classes}
		var rest []photo
		taken := make([]int, classes)
		for _, i := range rng.Perm(len(all)) {
			if p := all[i]; taken[p.labels[0]] < learn {
				taken[p.labels[0]]++
				d.N++
				d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, p.labels)
			} else {
				rest = append(rest, p)
			}
		}
		head, eval, err := train.Fit(context.Background(), d, train.Options{Seed: int64(seed)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.judge(t, d.Labels, eval.Scores, head, rest, float64(count))
	}
	return s
}

// judge lets a head label the rest under each budget.
func (s *splits) judge(t *testing.T, truth [][]int, scores [][]float64, head *train.Head, rest []photo, count float64) {
	t.Helper()
	answer := func(scores []float64) risk.Answer {
		return risk.Answer{Class: metrics.Predict(scores, false)[0], Confidence: metrics.Confidence(scores, false)}
	}
	held := make([]risk.Held, len(truth))
	for i := range held {
		held[i].Answer = answer(scores[i])
		held[i].Wrong = held[i].Class != truth[i][0]
	}
	batch := make([]risk.Answer, len(rest))
	for i, p := range rest {
		batch[i] = answer(head.Scores(p.vector))
	}
	for _, budget := range budgets {
		choice, err := risk.Choose(held, batch, risk.Options{Budget: budget, Confidence: 0.95, Classes: head.Classes})
		if err != nil {
			t.Fatal(err)
		}
		least, accepted, wrong := choice.Thresholds(head.Classes), 0, 0
		for i, a := range batch {
			if a.Confidence >= least[a.Class] {
				accepted++
				if a.Class != rest[i].labels[0] {
					wrong++
				}
			}
		}
		if accepted != choice.Accepted {
			t.Fatalf("%d are accepted, %d were said", accepted, choice.Accepted)
		}
		if float64(wrong) > budget*float64(accepted) {
			s.over[budget]++
		}
		if accepted == 0 {
			s.none[budget]++
		}
		s.coverage[budget] += float64(accepted) / float64(len(batch)) / count
	}
}

// blobs are embeddings of classes that overlap, about as those of hands do.
func blobs(rng *rand.Rand, images, classes, dim int) []photo {
	all := make([]photo, images)
	for i := range all {
		c := i % classes
		all[i] = photo{labels: []int{c}, vector: make([]float32, dim)}
		for k := range all[i].vector {
			all[i].vector[k] = float32(rng.NormFloat64())
		}
		all[i].vector[c] += 5
		if rng.Float64() < 0.005 { // somebody's finger slipped
			all[i].labels = []int{rng.Intn(classes)}
		}
	}
	return all
}

// reportBudgets fails where budgets were overrun more often than promised, as far as so few splits tell.
func reportBudgets(t *testing.T, s splits, count int) {
	t.Helper()
	for _, budget := range budgets {
		t.Logf("at most %v wrong: kept in %d of %d splits; nothing accepted in %d, %.3f of the images on average",
			budget, count-s.over[budget], count, s.none[budget], s.coverage[budget])
		if limit := 0.05*float64(count) + 2*math.Sqrt(0.05*0.95*float64(count)); float64(s.over[budget]) > limit {
			t.Errorf("at most %v wrong: overrun in %d of %d splits", budget, s.over[budget], count)
		}
	}
}

// TestBudget: heads that were trained on some images and label others keep to a budget of errors that is chosen by their
// cross-validated scores. IRUM_QUALITY makes it more splits.
func TestBudget(t *testing.T) {
	count, images := 20, 900
	if os.Getenv("IRUM_QUALITY") != "" {
		count = 100
	}
	s := try(t, blobs(rand.New(rand.NewSource(1)), images, 5, 24), 5, 120, count)
	reportBudgets(t, s, count)
	if s.coverage[0.05] < 0.8 {
		t.Errorf("only %.2f are accepted with one of twenty allowed to be wrong", s.coverage[0.05])
	}
}

// TestBudgetSigns is TestBudget on photos of hands.
func TestBudgetSigns(t *testing.T) {
	all := embeddedSigns(t)
	for _, learn := range []int{20, 30, 40, 50} {
		t.Run(fmt.Sprint(learn, " of each"), func(t *testing.T) { reportBudgets(t, try(t, all, 10, learn, 100), 100) })
	}
}

// TestBudgetFashion is TestBudget on Fashion-MNIST (Xiao et al. 2017), where there are images enough for one in a hundred. The embeddings are
// no network's: the pictures at half the size, and what random directions of them have over a limit.
func TestBudgetFashion(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on Fashion-MNIST")
	}
	all := fashion(t, 10000)
	for _, learn := range []int{100, 300} {
		t.Run(fmt.Sprint(learn, " of each"), func(t *testing.T) { reportBudgets(t, try(t, all, 10, learn, 100), 100) })
	}
}

func fashion(t *testing.T, n int) []photo {
	t.Helper()
	read := func(name string, head int) []byte {
		f, err := os.Open("/usr/share/datasets/fashion-mnist/" + name)
		if err != nil {
			t.Skipf("Fashion-MNIST is not there: %v", err)
		}
		defer func() { _ = f.Close() }()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return data[head:]
	}
	pixels, labels := read("t10k-images-idx3-ubyte.gz", 16), read("t10k-labels-idx1-ubyte.gz", 8)
	rng := rand.New(rand.NewSource(1))
	directions := make([][196]float32, 300)
	for i := range directions {
		for k := range directions[i] {
			directions[i][k] = float32(rng.NormFloat64() / 14)
		}
	}
	out := make([]photo, n)
	for i := range out {
		v := make([]float32, 196, 496)
		for k, p := range pixels[784*i:][:784] {
			v[k/56*14+k%28/2] += float32(p) / 1020
		}
		for _, d := range directions {
			sum := float32(0)
			for k, x := range d {
				sum += x * v[k]
			}
			v = append(v, max(sum, 0))
		}
		out[i] = photo{labels: []int{int(labels[i])}, vector: v}
	}
	return out
}
