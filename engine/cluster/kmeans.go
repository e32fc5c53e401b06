package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"slices"
)

// KMeansOptions of KMeans and MiniBatch.
type KMeansOptions struct {
	K       int
	Starts  int // the best of so many is taken; 1 when 0
	MaxIter int // 300 when 0
	Seed    int64
	Start   []float32 // the first centroids, K x D; KMeans chooses them where it is nil
}

// Partition is points in clusters around centroids.
type Partition struct {
	K          int       // clusters; fewer than asked for where there are fewer distinct points
	Assign     []int     // by point
	Centroids  []float32 // K x D, row-major
	Inertia    float64   // sum of squared distances to the centroids
	Iterations int       // of the start that was taken
}

// KMeans is Lloyd's algorithm from greedy k-means++ starts, or from o.Start. Bounds on distances (Hamerly 2010) spare most of them
// without changing the outcome.
func KMeans(ctx context.Context, p Points, o KMeansOptions) (*Partition, error) {
	s := newSpace(p)
	return bestOf(ctx, p, &o, func(rng *rand.Rand) (*Partition, error) {
		centroids := slices.Clone(o.Start)
		if o.Start == nil {
			centroids = plusPlus(s, o.K, rng)
		}
		return lloyd(ctx, s, centroids, o.MaxIter)
	})
}

// bestOf runs a start several times and takes the one of the least inertia.
func bestOf(ctx context.Context, p Points, o *KMeansOptions, start func(*rand.Rand) (*Partition, error)) (*Partition, error) {
	if o.K < 1 || o.K > p.N {
		return nil, fmt.Errorf("%d points cannot be %d clusters", p.N, o.K)
	}
	if o.Start != nil && len(o.Start) != o.K*p.D {
		return nil, fmt.Errorf("%d values are not %d first centroids of %d dimensions", len(o.Start), o.K, p.D)
	}
	if o.MaxIter == 0 {
		o.MaxIter = 300
	}
	starts := max(o.Starts, 1)
	if o.Start != nil {
		starts = 1
	}
	rng := rand.New(rand.NewSource(o.Seed))
	var best *Partition
	for range starts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := start(rng)
		if err != nil {
			return nil, err
		}
		if best == nil || part.Inertia < best.Inertia {
			best = part
		}
	}
	best.compact(p.D)
	return best, nil
}

// plusPlus chooses k points as first centroids, each far from those before it by chance; of a few candidates the one that
// leaves the least inertia (the greedy variant of Arthur and Vassilvitskii 2007).
func plusPlus(s *space, k int, rng *rand.Rand) []float32 {
	p, all := s.p, everything(s.p.N)
	centroids := make([]float32, 0, k*p.D)
	near := make([]float64, p.N)
	trials := 2 + int(math.Log(float64(k)))
	next := make([]float64, trials*p.N)
	chosen := []int{rng.Intn(p.N)}
	for {
		if len(centroids) > 0 {
			sum := 0.0
			for _, d := range near {
				sum += d
			}
			chosen = chosen[:0]
			for range trials {
				chosen = append(chosen, draw(near, sum, rng))
			}
		}
		s.blocks(all, s.x.subset(chosen), func(i int, values []float32) {
			for t, v := range values {
				d := s.between(i, chosen[t], v)
				if len(centroids) > 0 {
					d = min(d, near[i])
				}
				next[t*p.N+i] = d
			}
		})
		best, bestSum := 0, math.Inf(1)
		for t := range chosen {
			total := 0.0
			for _, d := range next[t*p.N:][:p.N] {
				total += d
			}
			if total < bestSum {
				best, bestSum = t, total
			}
		}
		copy(near, next[best*p.N:][:p.N])
		if centroids = append(centroids, p.Row(chosen[best])...); len(centroids) == k*p.D {
			return centroids
		}
	}
}

// draw chooses an index by weight; any where all weights are zero.
func draw(weight []float64, sum float64, rng *rand.Rand) int {
	if sum <= 0 {
		return rng.Intn(len(weight))
	}
	at := rng.Float64() * sum
	for i, w := range weight {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weight) - 1
}

// compact drops clusters without points.
func (part *Partition) compact(d int) {
	to := make([]int, part.K)
	for i := range to {
		to[i] = -1
	}
	for _, c := range part.Assign {
		to[c] = 0
	}
	k := 0
	for c := range to {
		if to[c] == 0 {
			copy(part.Centroids[k*d:][:d], part.Centroids[c*d:][:d])
			to[c] = k
			k++
		}
	}
	part.K, part.Centroids = k, part.Centroids[:k*d]
	for i, c := range part.Assign {
		part.Assign[i] = to[c]
	}
}
