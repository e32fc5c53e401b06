package detect

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/parallel"
)

// projection turns n numbers of a map's place into few: Weights [few, n] times them, plus Bias [few].
type projection struct {
	few           int
	weights, bias []float32
}

// principal finds the few directions in which rows [count, n] vary most, scaled so that each result has a variance of one: principal component
// analysis by subspace iteration, deterministic by seed.
func principal(rows []float32, n, few int, seed uint64) projection {
	count := len(rows) / n
	mean := make([]float64, n)
	for i, v := range rows {
		mean[i%n] += float64(v) / float64(count)
	}
	few = min(few, n)
	rng := rand.New(rand.NewPCG(seed, 1))
	basis := make([][]float64, few)
	for k := range basis {
		basis[k] = make([]float64, n)
		for i := range n {
			basis[k][i] = rng.NormFloat64()
		}
	}
	orthonormal(basis)
	var variance []float64
	for range 8 {
		variance = turn(rows, mean, basis, count)
	}
	p := projection{few: few, weights: make([]float32, few*n), bias: make([]float32, few)}
	for k, b := range basis {
		scale, shift := 1/math.Sqrt(max(variance[k], 1e-12)), 0.0
		if variance[k] < 1e-9*variance[0] {
			scale = 0 // nothing varies in this direction
		}
		for i, v := range b {
			p.weights[k*n+i] = float32(v * scale)
			shift -= v * scale * mean[i]
		}
		p.bias[k] = float32(shift)
	}
	return p
}

// turn multiplies basis by the covariance of rows and makes it orthonormal again; variance is what rows had along it before.
func turn(rows []float32, mean []float64, basis [][]float64, count int) (variance []float64) {
	n := len(mean)
	variance, next := make([]float64, len(basis)), make([][]float64, len(basis))
	parallel.Each(len(basis), func(k int) {
		next[k] = make([]float64, n)
		shift := 0.0
		for i, b := range basis[k] {
			shift += b * mean[i]
		}
		for r := range count {
			row, dot := rows[r*n:][:n], -shift
			for i, b := range basis[k] {
				dot += b * float64(row[i])
			}
			variance[k] += dot * dot / float64(count)
			for i, v := range row {
				next[k][i] += dot * (float64(v) - mean[i])
			}
		}
	})
	copy(basis, next)
	orthonormal(basis)
	return variance
}

// orthonormal is Gram and Schmidt's, done twice against rounding.
func orthonormal(basis [][]float64) {
	for k, b := range basis {
		for range 2 {
			for _, before := range basis[:k] {
				dot := 0.0
				for i, v := range before {
					dot += v * b[i]
				}
				for i, v := range before {
					b[i] -= dot * v
				}
			}
		}
		length := 0.0
		for _, v := range b {
			length += v * v
		}
		length = max(math.Sqrt(length), 1e-30)
		for i := range b {
			b[i] /= length
		}
	}
}
