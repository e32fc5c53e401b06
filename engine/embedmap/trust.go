package embedmap

import (
	"math/rand"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/parallel"
)

// Trustworthiness tells how far the k nearest points in a map, N x 2, are among those that are nearest in p (Venna and Kaski 2001): 1
// where they are, and less for each that is not by how many are nearer. It is the mean over sample points by chance, over all where
// sample is 0. k is less than half of the points, otherwise it is made so; where there are fewer than four points the answer is 1.
func Trustworthiness(p cluster.Points, xy []float32, k, sample int) float64 {
	k = min(k, (p.N-1)/2)
	if k < 1 {
		return 1
	}
	chosen := rand.New(rand.NewSource(1)).Perm(p.N)
	if sample > 0 {
		chosen = chosen[:min(sample, p.N)]
	}
	lost := make([]float64, len(chosen))
	flat := cluster.Points{X: xy, N: p.N, D: 2}
	parallel.Each(len(chosen), func(s int) {
		i := chosen[s]
		high, low := from(p, i), from(flat, i)
		for _, j := range least(low, i, k) {
			rank := 1 // of j among the others of i
			for t, d := range high {
				if t != i && (d < high[j] || d == high[j] && t < j) {
					rank++
				}
			}
			lost[s] += float64(max(rank-k, 0))
		}
	})
	sum := 0.0
	for _, v := range lost {
		sum += v
	}
	n := float64(p.N)
	return 1 - 2*sum/(float64(len(chosen)*k)*(2*n-3*float64(k)-1))
}

// from gives the squared distances of all points from point i.
func from(p cluster.Points, i int) []float64 {
	out, own := make([]float64, p.N), p.Row(i)
	for j := range out {
		sum := 0.0
		for k, v := range p.Row(j) {
			d := float64(v - own[k])
			sum += d * d
		}
		out[j] = sum
	}
	return out
}

// least gives the k indices of least value, without the index without.
func least(values []float64, without, k int) []int {
	out := make([]int, 0, k+1)
	for j, v := range values {
		if j == without || (len(out) == k && v >= values[out[k-1]]) {
			continue
		}
		out = append(out, j)
		at := len(out) - 1
		for ; at > 0 && values[out[at-1]] > v; at-- {
			out[at] = out[at-1]
		}
		out[at] = j
		out = out[:min(len(out), k)]
	}
	return out
}
