// Package neighbours finds the points that are nearest to a point: by comparing all of them (Exact), or in a graph that is searched
// greedily (Graph). It does no I/O. Distances are Euclidean; for points of length one they give the same order as the cosine.
package neighbours

import (
	"context"
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/parallel"
)

// List holds the K nearest other points of each of N points, nearest first.
type List struct {
	N, K     int
	Index    []int32   // N x K, row-major
	Distance []float32 // N x K, not squared
}

// Of gives the neighbours of point i and their distances, without a copy.
func (l *List) Of(i int) ([]int32, []float32) {
	return l.Index[i*l.K:][:l.K], l.Distance[i*l.K:][:l.K]
}

const (
	exactRows = 128  // points whose neighbours one thread looks for at a time
	exactCols = 2048 // points that they are compared with at a time: the products stay in the second cache
)

// Exact compares all pairs of points: time n²·d. k is at least 1 and less than the number of points. Equal distances are ordered
// by index. progress may be nil; it is called from the caller's goroutine. The error is ctx.Err() or about k.
func Exact(ctx context.Context, p cluster.Points, k int, progress func(done, total int)) (*List, error) {
	if k < 1 || k >= p.N {
		return nil, fmt.Errorf("%d points have no %d neighbours each", p.N, k)
	}
	out := &List{N: p.N, K: k, Index: make([]int32, p.N*k), Distance: make([]float32, p.N*k)}
	length := make([]float32, p.N)
	for i := range length {
		sum := 0.0
		for _, v := range p.Row(i) {
			sum += float64(v) * float64(v)
		}
		length[i] = float32(sum)
	}
	strips := (p.N + exactRows - 1) / exactRows
	const together = 16 // strips between two looks at ctx
	for from := 0; from < strips; from += together {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parallel.Each(min(together, strips-from), func(s int) {
			at := (from + s) * exactRows
			out.strip(p, length, at, min(at+exactRows, p.N))
		})
		if progress != nil {
			progress(min(from+together, strips), strips)
		}
	}
	return out, nil
}

// strip finds the neighbours of points [from, to).
func (l *List) strip(p cluster.Points, length []float32, from, to int) {
	rows := cluster.Points{X: p.X[from*p.D : to*p.D], N: to - from, D: p.D}
	near := make([]nearest, rows.N)
	for i := range near {
		near[i] = nearest{index: l.Index[(from+i)*l.K:][:l.K], distance: l.Distance[(from+i)*l.K:][:l.K]}
	}
	product := make([]float32, rows.N*min(exactCols, p.N))
	for at := 0; at < p.N; at += exactCols {
		cols := cluster.Points{X: p.X[at*p.D : min(at+exactCols, p.N)*p.D], N: min(exactCols, p.N-at), D: p.D}
		cluster.Products(product[:rows.N*cols.N], rows, cols)
		for i := range near {
			n, own := &near[i], length[from+i]
			for j, v := range product[i*cols.N:][:cols.N] {
				if d := own + length[at+j] - 2*v; n.count < l.K || d < n.distance[l.K-1] {
					if at+j != from+i {
						n.add(int32(at+j), d)
					}
				}
			}
		}
	}
	for i := range near {
		near[i].settle(p, from+i)
	}
}

// nearest is the list of one point while it grows, with squared distances.
type nearest struct {
	index    []int32
	distance []float32
	count    int
}

// add puts a point in its place, and the farthest out where the list is full.
func (n *nearest) add(i int32, d float32) {
	if n.count < len(n.index) {
		n.count++
	}
	at := n.count - 1
	for ; at > 0 && n.distance[at-1] > d; at-- {
		n.index[at], n.distance[at] = n.index[at-1], n.distance[at-1]
	}
	n.index[at], n.distance[at] = i, d
}

// settle computes the distances term by term, since those of products are mostly rounding for points that nearly coincide, and
// orders the list by them.
func (n *nearest) settle(p cluster.Points, own int) {
	list := append([]int32(nil), n.index[:n.count]...)
	n.count = 0
	for _, i := range list {
		n.add(i, squared(p.Row(own), p.Row(int(i))))
	}
	for k, d := range n.distance {
		n.distance[k] = float32(math.Sqrt(float64(d)))
	}
}

// squared gives the squared distance. Four sums at a time, since one would wait for itself.
func squared(a, b []float32) float32 {
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
	return s0 + s1 + (s2 + s3)
}
