package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// table is a matrix, row after row.
type table [][]float64

func newTable(rows, cols int) table {
	t := make(table, rows)
	for i := range t {
		t[i] = make([]float64, cols)
	}
	return t
}

func (t table) times(u table) table {
	out := newTable(len(t), len(u[0]))
	for i := range out {
		for j := range out[i] {
			for k := range u {
				out[i][j] += t[i][k] * u[k][j]
			}
		}
	}
	return out
}

func (t table) each(f func(i, j int, v float64) float64) table {
	out := newTable(len(t), len(t[0]))
	for i := range t {
		for j := range t[i] {
			out[i][j] = f(i, j, t[i][j])
		}
	}
	return out
}

func (t table) turned() table {
	out := newTable(len(t[0]), len(t))
	return out.each(func(i, j int, _ float64) float64 { return t[j][i] })
}

func (t table) magnitudes() table {
	return t.each(func(_, _ int, v float64) float64 { return math.Abs(v) })
}

// around gives t u t^T.
func (t table) around(u table) table { return t.times(u).times(t.turned()) }

// textbook gives the matrices A^T, G and B^T of Winograd's filtering by Toom and Cook's interpolation at the points of b and at
// infinity.
func (b basis) textbook() (at, g, bt table) {
	points := []float64{0}
	for _, p := range b {
		points = append(points, p, -p)
	}
	n, m := b.side(), b.side()-2
	at, g, bt = newTable(m, n), newTable(n, 3), newTable(n, n)
	product := func(except int) (coefficients []float64, value float64) {
		coefficients, value = []float64{1}, 1
		for i, p := range points {
			if i == except {
				continue
			}
			next := make([]float64, len(coefficients)+1)
			for k, c := range coefficients {
				next[k] -= p * c
				next[k+1] += c
			}
			coefficients = next
			if except >= 0 {
				value *= points[except] - p
			}
		}
		return coefficients, value
	}
	for j, p := range points {
		coefficients, value := product(j)
		copy(bt[j], coefficients)
		for k := range 3 {
			g[j][k] = math.Pow(p, float64(k)) / value
		}
		for i := range m {
			at[i][j] = math.Pow(p, float64(i))
		}
	}
	coefficients, _ := product(-1)
	copy(bt[n-1], coefficients)
	g[n-1][2], at[m-1][n-1] = 1, 1
	return at, g, bt
}

// TestWinogradBasis: the matrices of each basis give the sums of a convolution, and the worst case of their rounding errors is that
// many times the one of plain sums.
func TestWinogradBasis(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	random := func(_, _ int, _ float64) float64 { return r.Float64()*2 - 1 }
	one := func(_, _ int, _ float64) float64 { return 1 }
	for m, b := range bases {
		at, g, bt := b.textbook()
		filter := func(at, g, bt, weights, patch table) table {
			inner := bt.around(patch)
			return at.around(g.around(weights).each(func(i, j int, v float64) float64 { return v * inner[i][j] }))
		}
		weights, patch := newTable(3, 3).each(random), newTable(m+2, m+2).each(random)
		worst := 0.0
		bound := filter(at.magnitudes(), g.magnitudes(), bt.magnitudes(), newTable(3, 3).each(one), newTable(m+2, m+2).each(one))
		filter(at, g, bt, weights, patch).each(func(i, j int, v float64) float64 {
			sum := 0.0
			for y := range 3 {
				for x := range 3 {
					sum += weights[y][x] * patch[i+y][j+x]
				}
			}
			if math.Abs(v-sum) > 1e-12 {
				t.Errorf("outputs of %d: %g at %d,%d, want %g", m, v, i, j, sum)
			}
			worst = max(worst, bound[i][j]/9)
			return 0
		})
		if got := Amplification(m); math.Abs(got-worst) > 0.01*worst {
			t.Errorf("outputs of %d: errors are amplified %.2f times at worst, not %.2f", m, worst, got)
		}
	}
}
