//go:build !js

package cluster

import "github.com/irum-app/irum/engine/native"

// fast are the kernels for products; quick tells whether they are worth it.
var fast, quick = native.AVX2()

// Products sets to, a.N x b.N row-major, to a times the transpose of b: inner products of every point of a with every point of b,
// which have the same dimensions. It uses the caller's thread alone.
func Products(to []float32, a, b Points) {
	if !quick {
		plainProducts(to, a, b)
		return
	}
	fast.Multiply(native.Dense(to, a.N, b.N), native.Dense(a.X, a.N, a.D), native.Dense(b.X, b.N, b.D).T(), false)
}
