package train

import (
	"cmp"
	"math"
	"math/rand"
	"slices"
)

// standardised holds embeddings shifted to mean 0, divided by each feature's deviation, and scaled so that their mean
// square norm is 1: one grid of regularisation then fits every backbone.
type standardised struct {
	rows  []float64 // n x d
	mean  []float64
	scale []float64 // row = (x - mean) * scale
}

func standardise(data Dataset) *standardised {
	s := &standardised{rows: make([]float64, data.N*data.D), mean: make([]float64, data.D), scale: make([]float64, data.D)}
	for i, v := range data.X {
		s.mean[i%data.D] += float64(v) / float64(data.N)
	}
	variance := make([]float64, data.D)
	for i, v := range data.X {
		dev := float64(v) - s.mean[i%data.D]
		variance[i%data.D] += dev * dev / float64(data.N)
	}
	alive := 0
	for _, v := range variance {
		if v > 1e-12 {
			alive++
		}
	}
	for k, v := range variance {
		if v > 1e-12 { // a feature that never changes tells nothing
			s.scale[k] = 1 / math.Sqrt(v*float64(alive))
		}
	}
	for i, v := range data.X {
		s.rows[i] = (float64(v) - s.mean[i%data.D]) * s.scale[i%data.D]
	}
	return s
}

// span gives coordinates z (n x r, row-major) of the rows in an orthonormal basis of their span, so that all inner
// products stay the same while r <= min(n, d): regularised logistic regression in z has the same solution as in the
// rows. It is a Cholesky factorisation of the Gram matrix with pivoting; pivots lists the r rows that span.
func span(rows []float64, n, d int) (z []float64, pivots []int, r int) {
	diagonal := make([]float64, n)
	top := 0.0
	for i := range diagonal {
		diagonal[i] = dot(rows[i*d:][:d], rows[i*d:][:d])
		top = max(top, diagonal[i])
	}
	limit := min(n, d)
	columns := make([][]float64, 0, limit)
	for len(columns) < limit {
		p := 0
		for i, v := range diagonal {
			if v > diagonal[p] {
				p = i
			}
		}
		if diagonal[p] <= 1e-10*top || top == 0 {
			break
		}
		column, root := make([]float64, n), math.Sqrt(diagonal[p])
		for i := range column {
			v := dot(rows[i*d:][:d], rows[p*d:][:d])
			for _, before := range columns {
				v -= before[i] * before[p]
			}
			column[i] = v / root
			diagonal[i] -= column[i] * column[i]
		}
		diagonal[p] = 0
		columns, pivots = append(columns, column), append(pivots, p)
	}
	r = len(columns)
	z = make([]float64, n*r)
	for k, column := range columns {
		for i, v := range column {
			z[i*r+k] = v
		}
	}
	return z, pivots, r
}

// head takes parameters x found in the span back to embeddings: the weights are a combination of the pivot rows whose
// coefficients solve a triangular system, since the pivots' coordinates form a triangle.
func (s *standardised) head(data Dataset, x, z []float64, pivots []int, r int, temperature float64) *Head {
	h := &Head{W: make([]float32, data.Classes*data.D), B: make([]float32, data.Classes), D: data.D, Classes: data.Classes, Multi: data.Multi}
	for c := range data.Classes {
		coefficients := make([]float64, r)
		for k := r - 1; k >= 0; k-- {
			v := x[c*r+k]
			for j := k + 1; j < r; j++ {
				v -= coefficients[j] * z[pivots[j]*r+k]
			}
			coefficients[k] = v / z[pivots[k]*r+k]
		}
		w := make([]float64, data.D)
		for k, a := range coefficients {
			axpy(w, a, s.rows[pivots[k]*data.D:][:data.D])
		}
		bias := x[data.Classes*r+c]
		for i := range w {
			w[i] *= s.scale[i]
			bias -= w[i] * s.mean[i]
			h.W[c*data.D+i] = float32(w[i] / temperature)
		}
		h.B[c] = float32(bias / temperature)
	}
	return h
}

// folds puts every group into one fold, largest groups first, each where its classes are rarest so far.
func (d *Dataset) folds(o Options) (fold []int, count int) {
	members := map[int][]int{}
	var groups []int
	for i := range d.N {
		g := i
		if d.Groups != nil {
			g = d.Groups[i]
		}
		if members[g] == nil {
			groups = append(groups, g)
		}
		members[g] = append(members[g], i)
	}
	count = o.Folds
	if count < 2 {
		count = 5
	}
	count = max(min(count, len(groups)), 1)
	rng := rand.New(rand.NewSource(o.Seed))
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(len(members[b]), len(members[a])) })
	held := make([][]int, count) // images of each class, and in the last place all images
	for k := range held {
		held[k] = make([]int, d.Classes+1)
	}
	fold = make([]int, d.N)
	for _, g := range groups {
		best, bestCost := 0, math.MaxInt
		for k := range held {
			cost := held[k][d.Classes]
			for _, i := range members[g] {
				for _, c := range d.Labels[i] {
					cost += d.N * held[k][c]
				}
			}
			if cost < bestCost {
				best, bestCost = k, cost
			}
		}
		for _, i := range members[g] {
			fold[i] = best
			held[best][d.Classes]++
			for _, c := range d.Labels[i] {
				held[best][c]++
			}
		}
	}
	return fold, count
}
