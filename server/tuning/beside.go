package tuning

import (
	"math"
	"slices"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// beside compares what was trained with a head that learnt from the same images, on those that neither has seen. The training is worth
// keeping when it is right no less often and its probabilities are better.
func beside(r *autolabel.Run, rival *train.Head, tuned *tune.Result) domain.Comparison {
	c := domain.Comparison{Of: r.Request().Level, Images: len(tuned.Held)}
	gained, lost, was := 0, 0, 0
	for k, i := range tuned.Held {
		label, before, after := r.Labels()[i], rival.Scores(r.Vectors()[i]), tuned.Scores[k]
		a := slices.Equal(metrics.Predict(before, r.Multi()), label)
		b := slices.Equal(metrics.Predict(after, r.Multi()), label)
		switch {
		case a && !b:
			lost++
		case b && !a:
			gained++
		}
		if a {
			was++
		}
		c.LossWithout += logLoss(before, label, r.Multi()) / float64(c.Images)
		c.LossWith += logLoss(after, label, r.Multi()) / float64(c.Images)
	}
	c.Without, c.With = float64(was)/float64(c.Images), float64(was+gained-lost)/float64(c.Images)
	c.Gain = domain.Interval(metrics.Paired(gained, lost, c.Images))
	c.Kept = gained >= lost && c.LossWith < c.LossWithout
	return c
}

// logLoss of probabilities, in nats: of one class, or of each of them by itself.
func logLoss(p []float64, label []int, multi bool) (sum float64) {
	const least = 1e-12
	for c, v := range p {
		switch {
		case slices.Contains(label, c):
			sum -= math.Log(max(v, least))
		case multi:
			sum -= math.Log(max(1-v, least))
		}
	}
	return sum
}
