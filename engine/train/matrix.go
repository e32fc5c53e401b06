package train

import (
	"math"

	"github.com/irum-app/irum/engine/parallel"
)

// matrix is row-major.
type matrix struct {
	rows, cols int
	data       []float64
}

func newMatrix(rows, cols int) *matrix {
	return &matrix{rows, cols, make([]float64, rows*cols)}
}

func (m *matrix) row(i int) []float64 { return m.data[i*m.cols:][:m.cols] }

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += a * v
	}
}

// dots4x2 gives the products of four rows with two: eight sums live in registers, so that each number that is loaded is
// used more than once. All slices have the length of a0.
func dots4x2(a0, a1, a2, a3, b0, b1 []float64) (s [8]float64) {
	n := len(a0)
	a1, a2, a3, b0, b1 = a1[:n], a2[:n], a3[:n], b0[:n], b1[:n]
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for k, v0 := range a0 {
		x, y := b0[k], b1[k]
		v1, v2, v3 := a1[k], a2[k], a3[k]
		s0 += v0 * x
		s1 += v0 * y
		s2 += v1 * x
		s3 += v1 * y
		s4 += v2 * x
		s5 += v2 * y
		s6 += v3 * x
		s7 += v3 * y
	}
	return [8]float64{s0, s1, s2, s3, s4, s5, s6, s7}
}

// products calls set with the product of a's row i and b's row j over columns [0, k), for the rows [i0, i1) and [j0, j1).
// With lower only pairs of i >= j are wanted; a few others may come too.
func products(a, b *matrix, i0, i1, j0, j1, k int, lower bool, set func(i, j int, v float64)) {
	for i := i0; i < i1; i += 4 {
		last := j1
		if lower {
			last = min(j1, i+4)
		}
		if i+4 > i1 {
			for ; i < i1; i++ {
				for j := j0; j < last; j++ {
					set(i, j, dot(a.row(i)[:k], b.row(j)[:k]))
				}
			}
			return
		}
		r0, r1, r2, r3 := a.row(i)[:k], a.row(i + 1)[:k], a.row(i + 2)[:k], a.row(i + 3)[:k]
		j := j0
		for ; j+2 <= last; j += 2 {
			s := dots4x2(r0, r1, r2, r3, b.row(j)[:k], b.row(j + 1)[:k])
			for t, v := range s {
				set(i+t/2, j+t%2, v)
			}
		}
		for ; j < last; j++ {
			for t := range 4 {
				set(i+t, j, dot(a.row(i + t)[:k], b.row(j)[:k]))
			}
		}
	}
}

// gram gives m times its transpose, both triangles. Strips of rows are computed side by side where the host has threads;
// each entry is summed in one order whatever their number.
func gram(m *matrix) *matrix {
	out := newMatrix(m.rows, m.rows)
	const strip = 32
	parallel.Each((m.rows+strip-1)/strip, func(s int) {
		i0, i1 := s*strip, min((s+1)*strip, m.rows)
		products(m, m, i0, i1, 0, i1, m.cols, true, func(i, j int, v float64) {
			out.data[i*m.rows+j] = v
		})
	})
	for i := range m.rows {
		for j := range i {
			out.data[j*m.rows+i] = out.data[i*m.rows+j]
		}
	}
	return out
}

func transpose(m *matrix) *matrix {
	out := newMatrix(m.cols, m.rows)
	for i := range m.rows {
		for j, v := range m.row(i) {
			out.data[j*m.rows+i] = v
		}
	}
	return out
}

// cholesky replaces the lower triangle of the positive definite m by L with m = L L^T. It works in strips of columns, whose
// products with what is done already are taken by tiles. stop ends it early; false then, and when m is not positive definite.
func cholesky(m *matrix, stop func() bool) bool {
	const strip = 24
	n := m.rows
	for j0 := 0; j0 < n; j0 += strip {
		if stop() {
			return false
		}
		j1 := min(j0+strip, n)
		if j0 > 0 {
			for i := j0; i < n; i += 4 {
				products(m, m, i, min(i+4, n), j0, j1, j0, true, func(i, j int, v float64) {
					m.data[i*n+j] -= v
				})
			}
		}
		for i := j0; i < n; i++ {
			row := m.row(i)
			for j := j0; j < min(i, j1); j++ {
				row[j] = (row[j] - dot(row[j0:j], m.row(j)[j0:j])) / m.data[j*n+j]
			}
			if i < j1 {
				v := row[i] - dot(row[j0:i], row[j0:i])
				if !(v > 0) {
					return false
				}
				row[i] = math.Sqrt(v)
			}
		}
	}
	return true
}

// dots4 gives the products of four rows with b. All slices have the length of b.
func dots4(a0, a1, a2, a3, b []float64) (s0, s1, s2, s3 float64) {
	n := len(b)
	a0, a1, a2, a3 = a0[:n], a1[:n], a2[:n], a3[:n]
	for k, v := range b {
		s0 += a0[k] * v
		s1 += a1[k] * v
		s2 += a2[k] * v
		s3 += a3[k] * v
	}
	return s0, s1, s2, s3
}

// along gives the products of every row of m, over its first len(b) columns, with b.
func (m *matrix) along(b, out []float64) {
	n, c := len(b), 0
	for ; c+4 <= m.rows; c += 4 {
		out[c], out[c+1], out[c+2], out[c+3] = dots4(m.row(c)[:n], m.row(c + 1)[:n], m.row(c + 2)[:n], m.row(c + 3)[:n], b)
	}
	for ; c < m.rows; c++ {
		out[c] = dot(b, m.row(c)[:n])
	}
}

// solve replaces each row b of rows by x with L L^T x = b, where L is the lower triangle of m.
func (m *matrix) solve(rows *matrix) {
	sums := make([]float64, rows.rows)
	for i := range m.rows {
		row := m.row(i)
		rows.along(row[:i], sums)
		for c, v := range sums {
			x := rows.row(c)
			x[i] = (x[i] - v) / row[i]
		}
	}
	for i := m.rows - 1; i >= 0; i-- {
		row := m.row(i)
		for c := range rows.rows {
			x := rows.row(c)
			x[i] /= row[i]
			axpy(x[:i], -x[i], row[:i])
		}
	}
}
