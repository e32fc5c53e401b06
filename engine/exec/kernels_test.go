package exec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/native"
)

// Digests of what the kernels of products compute in TestProducts: fused products and sums, and each rounded by itself.
const (
	fusedDigest = "df67311aa3d8f4d69b9a2a83"
	plainDigest = "0b6f605c02885d6c7cd37f23"
)

// TestProducts compares the fastest kernels of this host with portable Go, over sizes around those of tiles, and all of their bits with
// the digest: assembly on amd64 and relaxed SIMD in JavaScript hosts give the same.
func TestProducts(t *testing.T) {
	startKernels(t)
	fast := native.Fastest()
	if fast.Portable() {
		t.Skip("this host has portable kernels only")
	}
	var all [][]float32
	for i, size := range [][3]int{{1, 1, 1}, {5, 9, 8}, {6, 16, 4}, {13, 24, 30}, {31, 64, 128}, {17, 7, 300}, {100, 33, 65}, {256, 128, 64}} {
		got, want := kernelResults(fast, size, uint64(i)), kernelResults(native.Portable(), size, uint64(i))
		for k := range got {
			compare(t, fmt.Sprintf("%v, part %d", size, k), got[k], want[k], 1e-4)
		}
		all = append(all, got...)
	}
	if got := digest(all); got != fusedDigest && got != plainDigest {
		t.Errorf("the digest is %s", got)
	} else {
		t.Logf("fused: %v", got == fusedDigest)
	}
}

// kernelResults runs every kernel that products, convolutions by channel and their gradients are made of.
func kernelResults(k native.Kernels, size [3]int, seed uint64) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 5))
	random := func(n int) []float32 {
		out := make([]float32, n+native.Slack)
		for i := range out {
			out[i] = r.Float32()*2 - 1
		}
		return out
	}
	rows, cols, depth := size[0], size[1], size[2]
	x, w, y, bias := random(rows*depth), random(depth*cols), random(rows*cols), random(cols)
	var p native.Panels
	p.Reset(depth, cols)
	p.Set(0, native.Dense(w, depth, cols))
	p.SetBias(bias[:cols])
	k.Product(native.Dense(y, rows, cols), native.Dense(x, rows, depth), &p, native.Ending{Lo: -0.75, Hi: float32(math.Inf(1))})
	more := random(rows * cols)
	k.Multiply(native.Dense(more, rows, cols), native.Dense(x, rows, depth), native.Dense(random(cols*depth), cols, depth).T(), true)
	dw := random(depth * cols)
	k.AddTransposed(native.Dense(dw, depth, cols), native.Dense(x, rows, depth), native.Dense(y, rows, cols))

	sums, dots, to := random(cols), random(cols), random(4*rows*cols)
	table := func(data []float32, from int) native.Table { return native.Table{Data: data[from:], Step: cols} }
	other := random(4 * rows * cols)
	k.Sums(sums[:cols], table(other, 0), rows)
	planes := native.Planes{Rows: rows, Count: 3, A: rows * cols, B: (rows - 1) * cols}
	k.DotsOfPlanes(dots[:cols], table(to, 0), table(other, 0), planes)
	k.AddScaledOfPlanes(table(to, 0), table(other, 0), bias[:cols], planes)

	added, gated, clamped := random(rows*cols), random(rows*cols), random(rows*cols)
	lo, hi := native.Unbounded()
	k.Binary(native.Add, added[:rows*cols], added[:rows*cols], y[:rows*cols], lo, hi)
	k.Gate(gated[:rows*cols], gated[:rows*cols], y[:rows*cols], 0, hi)
	k.Clamp(clamped[:rows*cols], 0, 0.5)
	bytes, unpacked := make([]int8, rows*depth), make([]float32, rows*depth)
	for i := range bytes {
		bytes[i] = int8(r.IntN(256) - 128)
	}
	k.Unpack(unpacked, bytes, 1.0/20)
	return [][]float32{y, more, dw, sums, dots, to, added, gated, clamped, unpacked}
}

func BenchmarkProducts(b *testing.B) {
	startKernels(b)
	k := native.Fastest()
	const rows, depth, cols = 2916, 128, 64
	x, w, y := make([]float32, rows*depth+native.Slack), make([]float32, depth*cols+native.Slack), make([]float32, rows*cols+native.Slack)
	lo, hi := native.Unbounded()
	speed := func(b *testing.B, macs float64) {
		b.ReportMetric(macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
	}
	b.Run("product", func(b *testing.B) {
		var p native.Panels
		p.Reset(depth, cols)
		p.Set(0, native.Dense(w, depth, cols))
		for b.Loop() {
			k.Product(native.Dense(y, rows, cols), native.Dense(x, rows, depth), &p, native.Ending{Lo: lo, Hi: hi})
		}
		speed(b, rows*depth*cols)
	})
	b.Run("transposed", func(b *testing.B) {
		for b.Loop() {
			k.AddTransposed(native.Dense(w, depth, cols), native.Dense(x, rows, depth), native.Dense(y, rows, cols))
		}
		speed(b, rows*depth*cols)
	})
	b.Run("multiply", func(b *testing.B) {
		c := make([]float32, 512*512)
		for b.Loop() {
			k.Multiply(native.Dense(c, 512, 512), native.Dense(x, 512, 512), native.Dense(x[512:], 512, 512).T(), false)
		}
		speed(b, 512*512*512)
	})
	b.Run("depthwise", func(b *testing.B) {
		planes := native.Planes{Rows: 53, Count: 53, A: 54 * cols, B: 54 * cols}
		for b.Loop() {
			k.AddScaledOfPlanes(native.Table{Data: y, Step: cols}, native.Table{Data: x, Step: cols}, w[:cols], planes)
		}
		speed(b, 53*53*cols)
	})
	b.Run("dots", func(b *testing.B) {
		planes := native.Planes{Rows: 53, Count: 53, A: 54 * cols, B: 54 * cols}
		for b.Loop() {
			k.DotsOfPlanes(w[:cols], native.Table{Data: y, Step: cols}, native.Table{Data: x, Step: cols}, planes)
		}
		speed(b, 53*53*cols)
	})
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			k.Binary(native.Add, y, y, x[:len(y)], lo, hi)
		}
		speed(b, rows*cols)
	})
}
