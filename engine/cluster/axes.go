package cluster

import "math"

// Axes gives the mean of points, the orthonormal directions along which they vary independently, D of D numbers, most first, and the
// variances along them: eigenvectors and eigenvalues of the covariances, by Jacobi rotations. For points of some dozen dimensions: time
// D³ beside N·D².
func Axes(p Points) (mean []float64, axes [][]float64, variances []float64) {
	n := p.D
	mean = make([]float64, n)
	for i := range p.N {
		for k, v := range p.Row(i) {
			mean[k] += float64(v) / float64(p.N)
		}
	}
	covariance, centred := make([]float64, n*n), make([]float64, n)
	for i := range p.N {
		for k, v := range p.Row(i) {
			centred[k] = float64(v) - mean[k]
		}
		for a, x := range centred {
			row := covariance[a*n:][:a+1]
			for b := range row {
				row[b] += x * centred[b] / float64(p.N)
			}
		}
	}
	for a := range n {
		for b := range a {
			covariance[b*n+a] = covariance[a*n+b]
		}
	}
	vectors := jacobi(covariance, n)
	for _, i := range ranked(n, func(i int) float64 { return -covariance[i*n+i] }) {
		axes, variances = append(axes, vectors[i*n:][:n]), append(variances, max(covariance[i*n+i], 0))
	}
	return mean, axes, variances
}

// jacobi makes a symmetric matrix of n x n numbers diagonal and gives the eigenvectors, which are rows (cyclic Jacobi, Golub and Van
// Loan 8.5).
func jacobi(m []float64, n int) (vectors []float64) {
	vectors = make([]float64, n*n)
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
	return vectors
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
