package native

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWindows holds the assembly against its twin: all kinds, odd numbers of pixels and channels, taps before the first pixel's
// origin, windows without taps.
func TestWindows(t *testing.T) {
	fast := assembly(t)
	r := rand.New(rand.NewPCG(3, 4))
	for turn := range 900 {
		kind := turn % 3
		channels := 4 * (1 + r.IntN(9))
		w := Window{
			Channels: channels, Count: 1 + r.IntN(10), StepX: channels * (1 + r.IntN(3)), StepTo: channels + 4*r.IntN(3),
			Divisor: 1 + r.Float32(), Lo: -0.5, Hi: 0.75,
		}
		if turn%2 == 0 {
			w.Lo, w.Hi = Unbounded()
		}
		at, reach := -r.IntN(3)*channels, 0
		for i := range r.IntN(12) {
			tap := Tap{X: -at + r.IntN(5)*channels, W: i * channels}
			w.Taps = append(w.Taps, tap)
			reach = max(reach, at+tap.X)
		}
		x, _ := fenced(r, reach+(w.Count-1)*w.StepX+channels)
		if turn%7 == 0 {
			x[r.IntN(len(x))] = float32(math.NaN())
		}
		weights, _ := fenced(r, max(len(w.Taps), 1)*channels)
		bias, _ := fenced(r, channels)
		size := (w.Count-1)*w.StepTo + channels
		to, intact := fenced(r, size)
		want := slices.Clone(to)
		var residual []float32
		if r.IntN(2) == 0 {
			residual, _ = fenced(r, size)
		}
		run := func(k Kernels, to []float32) {
			switch kind {
			case 0:
				k.Depthwise(&w, x, at, weights, bias, to, residual)
			case 1:
				k.Maximum(&w, x, at, to, residual)
			default:
				k.Average(&w, x, at, to, residual)
			}
		}
		run(fast, to)
		run(Portable(), want)
		what := fmt.Sprintf("kind %d, from %d, %+v", kind, at, w)
		same(t, what, to, want, 4e-6)
		if !intact() {
			t.Fatalf("%s: written outside the result", what)
		}
	}
}

// TestVectors holds every operator against its twin, over lengths around whole vectors and numbers of all kinds.
func TestVectors(t *testing.T) {
	fast := assembly(t)
	r := rand.New(rand.NewPCG(5, 6))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, 1.5, -2.5, 88, -87, 1e30, -1e30, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	for n := range 40 {
		x, intact := fenced(r, n)
		y, _ := fenced(r, n)
		for i := range n {
			x[i], y[i] = 10*x[i], 10*y[i]
			if n%3 == 0 {
				x[i] = special[r.IntN(len(special))]
			}
			if n%4 == 0 {
				y[i] = special[r.IntN(len(special))]
			}
		}
		start := slices.Clone(x)
		for op := Add; op <= PRelu; op++ {
			for _, lo := range []float32{-3, float32(math.Inf(-1))} {
				want := make([]float32, n)
				copy(x, start)
				Portable().Binary(op, want, x, y, lo, 6)
				fast.Binary(op, x, x, y, lo, 6)
				same(t, fmt.Sprintf("binary %d of %d", op, n), x, want, 0)
			}
		}
		each := func(what string, tolerance float64, run func(k Kernels, x []float32)) {
			want := slices.Clone(start)
			copy(x, start)
			run(Portable(), want)
			run(fast, x)
			same(t, fmt.Sprintf("%s of %d", what, n), x, want, tolerance)
		}
		for op := Sqrt; op <= Exp; op++ {
			tolerance := 0.0
			if op == Exp {
				tolerance = 1e-6
			}
			each(fmt.Sprintf("unary %d", op), tolerance, func(k Kernels, x []float32) { k.Unary(op, x) })
		}
		each("clamp", 0, func(k Kernels, x []float32) { k.Clamp(x, -1, 2) })
		each("affine", 0, func(k Kernels, x []float32) { k.Affine(x, 0.3, 7) })
		each("horner", 1e-5, func(k Kernels, x []float32) { k.Horner(x, y, 0.7) })
		if !intact() {
			t.Fatalf("%d floats: written outside", n)
		}
	}
}

// TestExp compares with float64 over the whole range.
func TestExp(t *testing.T) {
	for _, k := range []Kernels{Portable(), assembly(t)} {
		worst := 0.0
		for v := -87.0; v <= 88; v += 0.0101 {
			x := []float32{float32(v), float32(v), float32(v), float32(v)}
			k.Unary(Exp, x)
			want := math.Exp(float64(float32(v)))
			worst = max(worst, math.Abs(float64(x[1])-want)/want)
		}
		if worst > 2.4e-7 {
			t.Errorf("off by %g", worst)
		}
	}
}

func BenchmarkDepthwise(b *testing.B) {
	for _, k := range []Kernels{assembly(b), Portable()} {
		b.Run(fmt.Sprintf("3x3x96/assembly=%v", k.assembly), func(b *testing.B) {
			const channels, width = 96, 56
			w := Window{Channels: channels, Count: width - 2, StepX: channels, StepTo: channels}
			w.Lo, w.Hi = Unbounded()
			for i := range 9 {
				w.Taps = append(w.Taps, Tap{(i/3*width + i%3) * channels, i * channels})
			}
			x, weights, bias, to := make([]float32, 3*width*channels), make([]float32, 9*channels), make([]float32, channels), make([]float32, width*channels)
			for b.Loop() {
				k.Depthwise(&w, x, 0, weights, bias, to, nil)
			}
			b.ReportMetric(float64(b.N)*2*9*channels*(width-2)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
