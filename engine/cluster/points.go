package cluster

import (
	"math"
	"sort"
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
