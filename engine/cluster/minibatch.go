package cluster

import (
	"context"
	"math/rand"
	"slices"
)

// batchSize is how many points MiniBatch learns from at a time.
const batchSize = 1024

// MiniBatch is K-Means that moves its centroids by batches of 1,024 points (Sculley 2010), for very many points. Each start
// takes as many batches as go over the points three times, 100 at least.
func MiniBatch(ctx context.Context, p Points, o KMeansOptions) (*Partition, error) {
	s := newSpace(p)
	return bestOf(ctx, p, &o, func(rng *rand.Rand) (*Partition, error) {
		from := s
		if p.N > 8*batchSize {
			from = newSpace(p.subset(rng.Perm(p.N)[:8*batchSize]))
		}
		k := min(o.K, from.p.N)
		to, seen := Points{X: slices.Clone(o.Start), N: k, D: p.D}, make([]float64, o.K)
		if o.Start == nil {
			to.X = plusPlus(from, k, rng)
		} else {
			to.N = o.K
		}
		batch, nearest := make([]int, min(batchSize, p.N)), make([]int, p.N)
		for range max(100, 3*p.N/batchSize) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for b := range batch {
				batch[b] = rng.Intn(p.N)
			}
			slices.Sort(batch)
			s.nearest(slices.Compact(slices.Clone(batch)), s.centres(to), func(i int, f found) { nearest[i] = f.at })
			for _, i := range batch {
				c := nearest[i]
				seen[c]++
				rate := float32(1 / seen[c])
				row := to.Row(c)
				for t, v := range p.Row(i) {
					row[t] += rate * (v - row[t])
				}
			}
		}
		return lloyd(ctx, s, to.X, 3)
	})
}
