package train_test

import (
	"context"
	"math/rand"
	"testing"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
)

// TestFlippedLabelsAreSuspected says how many of the labels of real photos that were changed at random are found, and how
// many of those under suspicion had been changed. It embeds 600 photos, so it runs only when IRUM_QUALITY is set.
func TestFlippedLabelsAreSuspected(t *testing.T) {
	const classes = 10
	all := embeddedSigns(t)
	const seeds = 5
	precisions, recalls := 0.0, 0.0
	for seed := range seeds {
		rng := rand.New(rand.NewSource(int64(seed)))
		d := train.Dataset{N: len(all), D: len(all[0].vector), Classes: classes}
		flipped := map[int]bool{}
		for i, p := range all {
			c := p.labels[0]
			if rng.Float64() < 0.05 {
				c, flipped[i] = (c+1+rng.Intn(classes-1))%classes, true
			}
			d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, []int{c})
		}
		_, eval, err := train.Fit(context.Background(), d, train.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		found, first := 0, 0
		list := metrics.Suspects(d.Labels, eval.Scores, false)
		for k, s := range list {
			if !flipped[s.Image] {
				continue
			}
			found++
			if k < len(flipped) {
				first++
			}
		}
		precision, recall := float64(found)/float64(len(list)), float64(found)/float64(len(flipped))
		t.Logf("seed %d: %d of %d labels changed, %d suspected: precision %.3f, recall %.3f; of the first %d %.3f were changed",
			seed, len(flipped), len(all), len(list), precision, recall, len(flipped), float64(first)/float64(len(flipped)))
		precisions, recalls = precisions+precision/seeds, recalls+recall/seeds
	}
	t.Logf("means of %d seeds: precision %.3f, recall %.3f", seeds, precisions, recalls)
	if precisions < 0.75 || recalls < 0.85 {
		t.Error("changed labels are not found")
	}
}
