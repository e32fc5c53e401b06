package native

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestMultiply compares with sums in float64, over sizes around those of tiles and blocks, and every way of transposing.
func TestMultiply(t *testing.T) {
	kernels := []Kernels{Portable()}
	if k, ok := AVX2(); ok {
		kernels = append(kernels, k)
	}
	r := rand.New(rand.NewPCG(7, 8))
	sizes := []int{0, 1, 2, 5, 6, 7, 15, 16, 17, 33, 191, 193, 255, 256, 257, 300}
	pick := func() int { return sizes[r.IntN(len(sizes))] }
	for turn := range 120 {
		m, n, depth, gap := pick(), pick(), pick(), r.IntN(3)
		view := func(rows, cols int, transposed bool) Matrix {
			if transposed {
				rows, cols = cols, rows
			}
			step := cols + gap
			data, _ := fenced(r, max((rows-1)*step+cols, 0))
			x := Matrix{data, rows, cols, step, 1}
			if transposed {
				return x.T()
			}
			return x
		}
		a, b := view(m, depth, turn&1 > 0), view(depth, n, turn&2 > 0)
		for _, k := range kernels {
			for _, add := range []bool{false, true} {
				step := n + gap
				data, intact := fenced(r, max((m-1)*step+n, 0))
				if n == 0 {
					data = nil
				}
				want := append([]float32(nil), data...)
				for i := range m {
					for j := range n {
						sum := 0.0
						if add {
							sum = float64(want[i*step+j])
						}
						for l := range depth {
							sum += float64(a.Data[i*a.Row+l*a.Col]) * float64(b.Data[l*b.Row+j*b.Col])
						}
						want[i*step+j] = float32(sum)
					}
				}
				k.Multiply(Matrix{data, m, n, step, 1}, a, b, add)
				what := fmt.Sprintf("%dx%dx%d, turn %d, assembly %v, add %v", m, depth, n, turn, k.assembly, add)
				same(t, what, data, want, float64(depth+8)/(1<<23))
				if !intact() {
					t.Fatalf("%s: written outside", what)
				}
			}
		}
	}
}

func TestMultiplyRefusesShapes(t *testing.T) {
	x := make([]float32, 12)
	for _, m := range [][3]Matrix{
		{Dense(x, 2, 2), Dense(x, 2, 3), Dense(x, 2, 2)},
		{Dense(x, 2, 2), Dense(x, 3, 3), Dense(x, 3, 2)},
		{Dense(x, 2, 2).T(), Dense(x, 2, 3), Dense(x, 3, 2)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v were multiplied", m)
				}
			}()
			Portable().Multiply(m[0], m[1], m[2], false)
		}()
	}
}

func BenchmarkMultiply(b *testing.B) {
	fast := assembly(b)
	for _, s := range []struct {
		m, n, k int
		turned  bool
	}{{96, 96, 96, false}, {512, 512, 512, false}, {512, 512, 512, true}, {3136, 64, 576, false}, {12544, 24, 96, false}} {
		b.Run(fmt.Sprintf("%dx%dx%d/transposed=%v", s.m, s.n, s.k, s.turned), func(b *testing.B) {
			x, y, z := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
			left, right := Dense(x, s.m, s.k), Dense(y, s.k, s.n)
			if s.turned {
				left, right = Dense(x, s.k, s.m).T(), Dense(y, s.n, s.k).T()
			}
			for b.Loop() {
				fast.Multiply(Dense(z, s.m, s.n), left, right, false)
			}
			b.ReportMetric(float64(b.N)*2*float64(s.m)*float64(s.n)*float64(s.k)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
