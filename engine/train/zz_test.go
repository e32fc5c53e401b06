package train

import (
	"math/rand"
	"testing"
)

func randomMatrix(n, d int) *matrix {
	m := newMatrix(n, d)
	rng := rand.New(rand.NewSource(1))
	for i := range m.data {
		m.data[i] = rng.NormFloat64()
	}
	return m
}

func BenchmarkParts(b *testing.B) {
	x := randomMatrix(600, 1280)
	b.Run("gram600x1280", func(b *testing.B) {
		for b.Loop() {
			gram(x)
		}
	})
	k := gram(x)
	for i := range k.rows {
		k.data[i*k.cols+i] += 10
	}
	b.Run("cholesky600", func(b *testing.B) {
		for b.Loop() {
			c := newMatrix(600, 600)
			copy(c.data, k.data)
			cholesky(c, func() bool { return false })
		}
	})
	c := newMatrix(600, 600)
	copy(c.data, k.data)
	cholesky(c, func() bool { return false })
	y := randomMatrix(600, 10)
	b.Run("solve600x10", func(b *testing.B) {
		for b.Loop() {
			c.solve(y)
		}
	})
	b.Run("dots", func(b *testing.B) {
		for b.Loop() {
			for range 1000 {
				dots4x2(x.row(0), x.row(1), x.row(2), x.row(3), x.row(4), x.row(5))
			}
		}
	})
}
