//go:build !js

package simd

import (
	"math"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/native"
)

const (
	inverseRoot2   = float32(1 / math.Sqrt2)
	twoRoot2OverPi = float32(1.5957691216057308) // 2 sqrt(2/pi)
)

// activations are those of package graph, in place; t and u are scratch of the same length.
var activations = map[string]func(k native.Kernels, a graph.Activation, x, t, u []float32){
	"Sqrt": one(native.Sqrt), "Neg": one(native.Neg), "Abs": one(native.Abs), "Floor": one(native.Floor), "Ceil": one(native.Ceil),
	"Round": one(native.Round), "Exp": one(native.Exp), "Reciprocal": one(native.Reciprocal),
	"Sigmoid": func(k native.Kernels, _ graph.Activation, x, _, _ []float32) { sigmoids(k, x) },
	"Tanh":    tanhs,
	"Silu": func(k native.Kernels, _ graph.Activation, x, t, _ []float32) {
		copy(t, x)
		sigmoids(k, t)
		multiply(k, x, t)
	},
	"Mish": func(k native.Kernels, _ graph.Activation, x, t, u []float32) { // x n / (n + 2) with n = e (e + 2), e = exp(x)
		copy(t, x)
		k.Clamp(t, -87, 20)
		k.Unary(native.Exp, t)
		copy(u, t)
		k.Affine(u, 1, 2)
		multiply(k, t, u)
		multiply(k, x, t)
		k.Affine(t, 1, 2)
		lo, hi := native.Unbounded()
		k.Binary(native.Div, x, x, t, lo, hi)
	},
	"HardSwish": func(k native.Kernels, _ graph.Activation, x, t, _ []float32) { // x * min(max(x/6 + 1/2, 0), 1)
		for i, v := range x {
			t[i] = v / 6
		}
		k.Affine(t, 1, 0.5)
		k.Clamp(t, 0, 1)
		multiply(k, x, t)
	},
	"HardSigmoid": func(k native.Kernels, a graph.Activation, x, _, _ []float32) {
		k.Affine(x, a.Alpha, a.Beta)
		k.Clamp(x, 0, 1)
	},
	"LeakyRelu": func(k native.Kernels, a graph.Activation, x, t, _ []float32) {
		for i := range t {
			t[i] = a.Alpha
		}
		lo, hi := native.Unbounded()
		k.Binary(native.PRelu, x, x, t, lo, hi)
	},
	"Elu": func(k native.Kernels, a graph.Activation, x, t, _ []float32) { // max(x, 0) + alpha (exp(min(x, 0)) - 1)
		lo, hi := native.Unbounded()
		copy(t, x)
		k.Clamp(t, lo, 0)
		k.Unary(native.Exp, t)
		k.Affine(t, 1, -1)
		k.Affine(t, a.Alpha, 0)
		k.Clamp(x, 0, hi)
		k.Binary(native.Add, x, t, x, lo, hi)
	},
	"Erf": func(k native.Kernels, _ graph.Activation, x, t, u []float32) { erfs(k, x, t, u) },
	"Gelu": func(k native.Kernels, _ graph.Activation, x, t, u []float32) { // x/2 * (1 + erf(x / sqrt 2))
		var z [chunk]float32
		n := copy(z[:], x)
		k.Affine(z[:n], inverseRoot2, 0)
		erfs(k, z[:n], t, u)
		k.Affine(z[:n], 1, 1)
		k.Affine(x, 0.5, 0)
		multiply(k, x, z[:n])
	},
	"GeluTanh": func(k native.Kernels, _ graph.Activation, x, t, _ []float32) { // x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))
		copy(t, x)
		multiply(k, t, x)
		k.Affine(t, 0.044715, 1)
		multiply(k, t, x)
		k.Affine(t, twoRoot2OverPi, 0)
		sigmoids(k, t)
		multiply(k, x, t)
	},
}

func one(op native.Unary) func(k native.Kernels, _ graph.Activation, x, _, _ []float32) {
	return func(k native.Kernels, _ graph.Activation, x, _, _ []float32) { k.Unary(op, x) }
}

// multiply is x *= y.
func multiply(k native.Kernels, x, y []float32) {
	lo, hi := native.Unbounded()
	k.Binary(native.Mul, x, x, y, lo, hi)
}

// sigmoids is 1 / (1 + exp(-x)).
func sigmoids(k native.Kernels, x []float32) {
	k.Unary(native.Neg, x)
	k.Unary(native.Exp, x)
	k.Affine(x, 1, 1)
	k.Unary(native.Reciprocal, x)
}

// tanhs is a polynomial near 0, where the exponential would cancel, and 2 sigmoid(2x) - 1 elsewhere.
func tanhs(k native.Kernels, _ graph.Activation, x, z, p []float32) {
	copy(z, x)
	multiply(k, z, x)
	for i := range p {
		p[i] = -5.70498872745e-3
	}
	for _, c := range [...]float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		k.Horner(p, z, c)
	}
	multiply(k, p, z)
	for i, v := range x {
		z[i] = 2 * v
	}
	sigmoids(k, z)
	k.Affine(z, 2, -1)
	for i, v := range x {
		if v < 0.625 && v > -0.625 {
			x[i] = p[i]*v + v
		} else {
			x[i] = z[i]
		}
	}
}

// erfs is the error function, within 2e-7: 1 - (a1 t + ... + a5 t^5) exp(-x^2) with t = 1/(1 + p|x|), and the sign of x
// (Abramowitz and Stegun 7.1.26).
func erfs(k native.Kernels, x, t, e []float32) {
	var sum [chunk]float32
	p := sum[:len(x)]
	copy(t, x)
	k.Unary(native.Abs, t)
	k.Affine(t, 0.3275911, 1)
	k.Unary(native.Reciprocal, t)
	for i := range p {
		p[i] = 1.061405429
	}
	for _, c := range [...]float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
		k.Horner(p, t, c)
	}
	multiply(k, p, t)
	copy(e, x)
	multiply(k, e, x)
	k.Unary(native.Neg, e)
	k.Unary(native.Exp, e)
	multiply(k, p, e)
	for i, v := range x {
		x[i] = float32(math.Copysign(float64(1-p[i]), float64(v)))
	}
}
