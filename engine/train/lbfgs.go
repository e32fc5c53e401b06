package train

import "math"

// minimise runs L-BFGS (Nocedal & Wright 2006, algorithm 7.5, memory 10) with a backtracking Armijo line search from x,
// which it changes in place. objective fills gradient and gives the value. It stops when the gradient's largest entry is
// below tolerance, when no step helps, or after iterations; stop ends it early.
func minimise(x []float64, objective func(x, gradient []float64) float64, iterations int, tolerance float64, stop func() bool) float64 {
	const memory = 10
	n := len(x)
	g, next, gNext, d := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var ss, ys [][]float64
	var rhos []float64
	value := objective(x, g)
	for range iterations {
		if largest(g) < tolerance || stop() {
			break
		}
		direction(d, g, ss, ys, rhos)
		slope := dot(d, g)
		if slope >= 0 { // curvature went bad: start over with steepest descent
			ss, ys, rhos = nil, nil, nil
			for i := range d {
				d[i] = -g[i]
			}
			slope = dot(d, g)
		}
		step := 1.0
		if len(ss) == 0 {
			step = min(1, 1/math.Sqrt(-slope))
		}
		ok := false
		var trial float64
		for range 30 {
			for i := range x {
				next[i] = x[i] + step*d[i]
			}
			trial = objective(next, gNext)
			if trial <= value+1e-4*step*slope {
				ok = true
				break
			}
			step /= 2
		}
		if !ok {
			break
		}
		s, y := make([]float64, n), make([]float64, n)
		for i := range x {
			s[i], y[i] = next[i]-x[i], gNext[i]-g[i]
		}
		if sy := dot(s, y); sy > 1e-12*dot(y, y) {
			if len(ss) == memory {
				ss, ys, rhos = ss[1:], ys[1:], rhos[1:]
			}
			ss, ys, rhos = append(ss, s), append(ys, y), append(rhos, 1/sy)
		}
		copy(x, next)
		copy(g, gNext)
		value = trial
	}
	return value
}

// direction is the two-loop recursion: d = -H g.
func direction(d, g []float64, ss, ys [][]float64, rhos []float64) {
	for i := range d {
		d[i] = -g[i]
	}
	if len(ss) == 0 {
		return
	}
	alphas := make([]float64, len(ss))
	for i := len(ss) - 1; i >= 0; i-- {
		alphas[i] = rhos[i] * dot(ss[i], d)
		axpy(d, -alphas[i], ys[i])
	}
	last := len(ss) - 1
	scale := 1 / (rhos[last] * dot(ys[last], ys[last]))
	for i := range d {
		d[i] *= scale
	}
	for i := range ss {
		axpy(d, alphas[i]-rhos[i]*dot(ys[i], d), ss[i])
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func axpy(y []float64, a float64, x []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

func largest(g []float64) float64 {
	top := 0.0
	for _, v := range g {
		top = max(top, math.Abs(v))
	}
	return top
}
