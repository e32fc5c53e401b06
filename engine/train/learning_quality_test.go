package train_test

import (
	"context"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
)

// learnt fits some photos and gives the accuracy on others, which the head has not seen.
func learnt(t *testing.T, learn, rest []photo, classes int, o train.Options) (*train.Evaluation, float64) {
	t.Helper()
	d := train.Dataset{N: len(learn), D: len(learn[0].vector), Classes: classes}
	for _, p := range learn {
		d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, p.labels)
	}
	head, eval, err := train.Fit(context.Background(), d, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, p := range rest {
		if metrics.Predict(head.Scores(p.vector), false)[0] == p.labels[0] {
			right++
		}
	}
	return eval, float64(right) / float64(len(rest))
}

// TestTheForecastHoldsOnPhotos asks the learning curve of some labels what as many again would give, and gives them. It embeds
// 600 photos, so it runs only when IRUM_QUALITY is set.
func TestTheForecastHoldsOnPhotos(t *testing.T) {
	const classes, seeds = 10, 16
	all := embeddedSigns(t)
	for _, n := range []int{100, 200} {
		inside, off, size, measured, width := 0, 0.0, 0.0, 0.0, 0.0
		for seed := range seeds {
			rand.New(rand.NewSource(int64(seed))).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			eval, now := learnt(t, all[:n], all[2*n:], classes, train.Options{Learning: true})
			_, then := learnt(t, all[:2*n], all[2*n:], classes, train.Options{})
			for _, f := range eval.Learning.Forecasts {
				if f.More != n {
					continue
				}
				gain := then - now
				off, size, measured, width = off+f.Gain-gain, size+math.Abs(f.Gain-gain), measured+gain, width+f.GainHigh-f.GainLow
				if f.GainLow <= gain && gain <= f.GainHigh {
					inside++
				}
			}
		}
		t.Logf("%d more labels beside %d: measured %+.3f on average, the forecast is off by %+.3f (%.3f without sign), interval %.3f wide, %d of %d inside",
			n, n, measured/seeds, off/seeds, size/seeds, width/seeds, inside, seeds)
		if math.Abs(off/seeds) > 0.04 || inside < seeds*2/3 {
			t.Error("the forecast does not hold")
		}
	}
	start := time.Now()
	learnt(t, all, all[:1], classes, train.Options{})
	plain := time.Since(start)
	start = time.Now()
	learnt(t, all, all[:1], classes, train.Options{Learning: true})
	t.Logf("%d images: a fit takes %.2f s, with the curve %.2f s", len(all), plain.Seconds(), time.Since(start).Seconds())
}
