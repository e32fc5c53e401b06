package embedmap

import (
	"math"

	"github.com/irum-app/irum/engine/cluster"
)

// Principal gives the coordinates of points along their two directions of most variance, N x 2, centred. The largest entry of each
// direction is positive, so that the same points are never mirrored. The covariances are decomposed by Jacobi rotations: for points of
// a few dozen dimensions (cluster.Reduced).
func Principal(p cluster.Points) []float32 {
	mean := make([]float64, p.D)
	for i := range p.N {
		for k, v := range p.Row(i) {
			mean[k] += float64(v) / float64(p.N)
		}
	}
	covariance, centred := make([]float64, p.D*p.D), make([]float64, p.D)
	for i := range p.N {
		for k, v := range p.Row(i) {
			centred[k] = float64(v) - mean[k]
		}
		for a, x := range centred {
			row := covariance[a*p.D:][:a+1]
			for b := range row {
				row[b] += x * centred[b]
			}
		}
	}
	for a := range p.D {
		for b := range a {
			covariance[b*p.D+a] = covariance[a*p.D+b]
		}
	}
	axes := jacobi(covariance, p.D)
	out := make([]float32, 2*p.N)
	for i := range p.N {
		for d, axis := range axes {
			sum := 0.0
			for k, v := range axis {
				sum += v * (float64(p.Row(i)[k]) - mean[k])
			}
			out[2*i+d] = float32(sum)
		}
	}
	return out
}

// jacobi gives the eigenvectors of the two largest eigenvalues of a symmetric matrix of n x n numbers, which it overwrites (cyclic
// Jacobi, Golub and Van Loan 8.5). There is only one where n is 1.
func jacobi(m []float64, n int) [][]float64 {
	vectors := make([]float64, n*n) // rows
	for i := range n {
		vectors[i*n+i] = 1
	}
	for range 60 { // sweeps; it takes six to ten
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				v := m[i*n+j] * m[i*n+j]
				if all += v; i != j {
					off += v
				}
			}
		}
		if off <= 1e-22*all {
			break
		}
		for a := range n {
			for b := a + 1; b < n; b++ {
				rotate(m, vectors, n, a, b)
			}
		}
	}
	first, second := 0, -1
	for i := 1; i < n; i++ {
		switch v := m[i*n+i]; {
		case v > m[first*n+first]:
			first, second = i, first
		case second < 0 || v > m[second*n+second]:
			second = i
		}
	}
	var out [][]float64
	for _, at := range []int{first, second} {
		if at >= 0 {
			out = append(out, upright(vectors[at*n:][:n]))
		}
	}
	return out
}

// rotate makes element (a, b) of m zero.
func rotate(m, vectors []float64, n, a, b int) {
	x := m[a*n+b]
	if x == 0 {
		return
	}
	theta := (m[b*n+b] - m[a*n+a]) / (2 * x)
	t := math.Copysign(1/(math.Abs(theta)+math.Sqrt(theta*theta+1)), theta)
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	for k := range n {
		p, q := m[k*n+a], m[k*n+b]
		m[k*n+a], m[k*n+b] = c*p-s*q, s*p+c*q
	}
	for k := range n {
		p, q := m[a*n+k], m[b*n+k]
		m[a*n+k], m[b*n+k] = c*p-s*q, s*p+c*q
		p, q = vectors[a*n+k], vectors[b*n+k]
		vectors[a*n+k], vectors[b*n+k] = c*p-s*q, s*p+c*q
	}
}

// upright turns a direction round where its largest entry is negative.
func upright(v []float64) []float64 {
	largest := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(largest) {
			largest = x
		}
	}
	if largest < 0 {
		for k := range v {
			v[k] = -v[k]
		}
	}
	return v
}
