package cluster

import (
	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/parallel"
)

// productRows is how many rows of a product one thread computes at a time.
const productRows = 128

// products gives a times the transpose of b, a.N x b.N, on all threads.
func products(a, b Points) Points {
	out := Points{X: make([]float32, a.N*b.N), N: a.N, D: b.N}
	parallel.Each((a.N+productRows-1)/productRows, func(s int) {
		from, to := s*productRows, min((s+1)*productRows, a.N)
		Products(out.X[from*b.N:to*b.N], a.part(from, to), b)
	})
	return out
}

// part gives points [from, to), without a copy.
func (p Points) part(from, to int) Points {
	return Points{X: p.X[from*p.D : to*p.D], N: to - from, D: p.D}
}

// Products sets to, a.N x b.N row-major, to a times the transpose of b: inner products of every point of a with every point of b,
// which have the same dimensions. It uses the caller's thread alone.
func Products(to []float32, a, b Points) {
	fast := native.Fastest()
	if fast.Portable() {
		plainProducts(to, a, b)
		return
	}
	fast.Multiply(native.Dense(to, a.N, b.N), native.Dense(a.X, a.N, a.D), native.Dense(b.X, b.N, b.D).T(), false)
}

// plainProducts computes Products in tiles of four by two that share what they load.
func plainProducts(to []float32, a, b Points) {
	for i := 0; i < a.N; i += 4 {
		for j := 0; j < b.N; j += 2 {
			tile(a, b, i, j, min(4, a.N-i), min(2, b.N-j), to)
		}
	}
}

func tile(a, b Points, i, j, rows, cols int, to []float32) {
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
			to[(i+r)*b.N+j+c] = s[2*r+c]
		}
	}
}
