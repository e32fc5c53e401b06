package cluster

import (
	"context"
	"math"
	"math/rand"
)

// MaxSilhouette is how many points a silhouette is taken of; of more, a sample.
const MaxSilhouette = 2000

// Silhouette gives the mean silhouette coefficient (Rousseeuw 1987) of an assignment, -1 to 1: how much nearer points are
// to their own cluster than to the next. It is 0 where there are fewer than two clusters. Above MaxSilhouette points it is
// that of a sample, chosen by seed.
func Silhouette(ctx context.Context, p Points, assign []int, seed int64) (float64, error) {
	s, err := newSample(ctx, p, seed)
	if err != nil {
		return 0, err
	}
	return s.silhouette(assign), nil
}

// sample is points with all their distances, which serve many silhouettes.
type sample struct {
	index []int
	apart []float32 // row-major
}

func newSample(ctx context.Context, p Points, seed int64) (*sample, error) {
	s := &sample{}
	if p.N > MaxSilhouette {
		s.index = rand.New(rand.NewSource(seed)).Perm(p.N)[:MaxSilhouette]
	} else {
		for i := range p.N {
			s.index = append(s.index, i)
		}
	}
	n := len(s.index)
	s.apart = make([]float32, n*n)
	if n < p.N {
		p = p.subset(s.index)
	}
	apart := newSpace(p)
	for from := 0; from < n && ctx.Err() == nil; from += spaceRows {
		apart.pairs(from, min(from+spaceRows, n), func(i, at int, values []float32) {
			to := s.apart[i*n+at:][:len(values)]
			for k, v := range values {
				to[k] = float32(math.Sqrt(float64(v)))
			}
		})
	}
	for i := range n {
		for j := range i {
			s.apart[j*n+i] = s.apart[i*n+j]
		}
	}
	return s, ctx.Err()
}

func (s *sample) silhouette(assign []int) float64 {
	n := len(s.index)
	local, count := make([]int, n), []int{}
	for i, at := range s.index {
		c := assign[at]
		for len(count) <= c {
			count = append(count, 0)
		}
		local[i] = c
		count[c]++
	}
	seen := 0
	for _, c := range count {
		if c > 0 {
			seen++
		}
	}
	if seen < 2 {
		return 0
	}
	total, sums := 0.0, make([]float64, len(count))
	for i, own := range local {
		if count[own] == 1 {
			continue // a cluster of one counts as 0
		}
		clear(sums)
		for j, d := range s.apart[i*n:][:n] {
			sums[local[j]] += float64(d)
		}
		a, b := sums[own]/float64(count[own]-1), math.Inf(1)
		for c, sum := range sums {
			if c != own && count[c] > 0 {
				b = min(b, sum/float64(count[c]))
			}
		}
		if top := max(a, b); top > 0 {
			total += (b - a) / top
		}
	}
	return total / float64(n)
}
