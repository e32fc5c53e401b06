package cluster

import (
	"math"
	"sort"

	"github.com/irum-app/irum/engine/parallel"
)

// squared gives the squared Euclidean distance. Four sums at a time, since one would wait for itself.
func squared(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	k := 0
	for ; k+4 <= len(a); k += 4 {
		d0, d1, d2, d3 := a[k]-b[k], a[k+1]-b[k+1], a[k+2]-b[k+2], a[k+3]-b[k+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; k < len(a); k++ {
		d := a[k] - b[k]
		s0 += d * d
	}
	return float64(s0) + float64(s1) + float64(s2) + float64(s3)
}

func distance(a, b []float32) float64 { return math.Sqrt(squared(a, b)) }

// unit gives the points scaled to length one; those of length zero stay.
func unit(p Points) Points {
	out := Points{X: make([]float32, len(p.X)), N: p.N, D: p.D}
	for i := range p.N {
		sum := 0.0
		for _, v := range p.Row(i) {
			sum += float64(v) * float64(v)
		}
		scale := 1.0
		if sum > 0 {
			scale = 1 / math.Sqrt(sum)
		}
		to := out.Row(i)
		for k, v := range p.Row(i) {
			to[k] = float32(float64(v) * scale)
		}
	}
	return out
}

// subset copies the named points.
func (p Points) subset(index []int) Points {
	out := Points{X: make([]float32, 0, len(index)*p.D), N: len(index), D: p.D}
	for _, i := range index {
		out.X = append(out.X, p.Row(i)...)
	}
	return out
}

// byLess sorts indices. It goes through sort.Interface: slices.SortFunc makes code of its own for every type, which the
// browser would be sent.
type byLess struct {
	list []int
	less func(a, b int) bool
}

// Len implements sort.Interface.
func (s byLess) Len() int { return len(s.list) }

// Less implements sort.Interface.
func (s byLess) Less(i, j int) bool { return s.less(s.list[i], s.list[j]) }

// Swap implements sort.Interface.
func (s byLess) Swap(i, j int) { s.list[i], s.list[j] = s.list[j], s.list[i] }

// ranked gives 0..n-1 by key, equal ones in their order.
func ranked(n int, key func(i int) float64) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	sort.Sort(byLess{out, func(a, b int) bool {
		x, y := key(a), key(b)
		return x < y || (x == y && a < b)
	}})
	return out
}

// products gives a times the transpose of b, a.N x b.N. Tiles of four by two share what they load.
func products(a, b Points) Points {
	out := Points{X: make([]float32, a.N*b.N), N: a.N, D: b.N}
	const strip = 32
	parallel.Each((a.N+strip-1)/strip, func(s int) {
		for i := s * strip; i < min((s+1)*strip, a.N); i += 4 {
			rows := min(4, min((s+1)*strip, a.N)-i)
			for j := 0; j < b.N; j += 2 {
				tile(a, b, i, j, rows, min(2, b.N-j), out)
			}
		}
	})
	return out
}

func tile(a, b Points, i, j, rows, cols int, out Points) {
	last := func(p Points, at, limit, t int) []float32 { return p.Row(at + min(t, limit-1))[:a.D] }
	a0, a1, a2, a3 := last(a, i, rows, 0), last(a, i, rows, 1), last(a, i, rows, 2), last(a, i, rows, 3)
	b0, b1 := last(b, j, cols, 0), last(b, j, cols, 1)
	var s [8]float32
	for k, v0 := range a0 {
		x, y := b0[k], b1[k]
		v1, v2, v3 := a1[k], a2[k], a3[k]
		s[0] += v0 * x
		s[1] += v0 * y
		s[2] += v1 * x
		s[3] += v1 * y
		s[4] += v2 * x
		s[5] += v2 * y
		s[6] += v3 * x
		s[7] += v3 * y
	}
	for r := range rows {
		for c := range cols {
			out.X[(i+r)*out.D+j+c] = s[2*r+c]
		}
	}
}
