package native

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// fenced gives n random floats between two fences of NaN, and a function that tells whether the fences still stand.
func fenced(r *rand.Rand, n int) (data []float32, intact func() bool) {
	const fence = 64
	all := make([]float32, n+2*fence)
	for i := range all {
		all[i] = math.Float32frombits(0x7fc0_0000 | uint32(i)&0xffff)
	}
	data = all[fence : fence+n : n+2*fence]
	for i := range data {
		data[i] = r.Float32()*2 - 1
	}
	return data, func() bool {
		for i, v := range all {
			if (i < fence || i >= fence+n) && math.Float32bits(v) != 0x7fc0_0000|uint32(i)&0xffff {
				return false
			}
		}
		return true
	}
}

func assembly(t testing.TB) Kernels {
	t.Helper()
	k, ok := AVX2()
	if !ok {
		t.Skip("this processor has no AVX2")
	}
	return k
}

// same compares two versions of one result; numbers that are none in both agree.
func same(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		a, b := float64(got[i]), float64(want[i])
		if math.IsNaN(a) && math.IsNaN(b) {
			continue
		}
		if !(math.Abs(a-b) <= tolerance*max(1, math.Abs(b))) && a != b {
			t.Fatalf("%s: float %d is %g, want %g", what, i, a, b)
		}
	}
}

// TestTiles holds the assembly against its twin and both against sums in float64, over all sizes of tiles, with steps that
// leave gaps; the gaps of the result and what lies around it must stay as they were.
func TestTiles(t *testing.T) {
	fast := assembly(t)
	r := rand.New(rand.NewPCG(1, 2))
	for turn := range 600 {
		rows, wide := 1+turn%Rows, turn/Rows%2 == 0
		columns := Columns
		if !wide {
			columns /= 2
		}
		inner := 1 + r.IntN(11)
		tile := Tile{
			Inner: inner, Middle: 1 + r.IntN(3), Outer: 1 + r.IntN(3), Count: 1 + r.IntN(4),
			ColA: inner + r.IntN(5), ColC: columns + r.IntN(9), StrideB: columns + 4*r.IntN(2),
			MiddleStep: r.IntN(20), OuterStep: r.IntN(30), Lo: -0.5, Hi: 0.75,
		}
		if turn%3 == 0 {
			tile.Lo, tile.Hi = Unbounded()
		}
		last := rows*tile.Count - 1
		depth := tile.Outer * tile.Middle * inner
		a, _ := fenced(r, last*tile.ColA+(tile.Outer-1)*tile.OuterStep+(tile.Middle-1)*tile.MiddleStep+inner)
		b, _ := fenced(r, (depth-1)*tile.StrideB+columns)
		bias, _ := fenced(r, columns)
		size := last*tile.ColC + columns
		c, intact := fenced(r, size)
		var residual []float32
		if turn%4 < 2 {
			residual, _ = fenced(r, size)
		}
		want, exact := append([]float32(nil), c...), append([]float32(nil), c...)
		fast.Tiles(&tile, rows, wide, a, b, bias, c, residual)
		Portable().Tiles(&tile, rows, wide, a, b, bias, want, residual)
		for row := range rows * tile.Count {
			for col := range columns {
				sum, k := float64(bias[col]), 0
				for o := range tile.Outer {
					for m := range tile.Middle {
						for i := range inner {
							sum += float64(a[row*tile.ColA+o*tile.OuterStep+m*tile.MiddleStep+i]) * float64(b[k*tile.StrideB+col])
							k++
						}
					}
				}
				if residual != nil {
					sum += float64(residual[row*tile.ColC+col])
				}
				exact[row*tile.ColC+col] = float32(min(max(sum, float64(tile.Lo)), float64(tile.Hi)))
			}
		}
		what := fmt.Sprintf("%d rows, wide %v, %+v", rows, wide, tile)
		tolerance := float64(depth+8) / (1 << 23)
		same(t, "assembly: "+what, c, exact, tolerance)
		same(t, "portable: "+what, want, exact, tolerance)
		if !intact() {
			t.Fatalf("%s: written outside the result", what)
		}
	}
}

// TestTilesStayInside: operands that end too early are refused before the assembly runs.
func TestTilesStayInside(t *testing.T) {
	fast := assembly(t)
	tile := Tile{ColA: 4, ColC: 16, Outer: 1, Middle: 1, Inner: 4, StrideB: 16, Count: 2}
	sizes := [5]int{8 * 4, 4 * 16, 16, 8 * 16, 8 * 16}
	for short := range sizes {
		var s [5][]float32
		for i, n := range sizes {
			if i == short {
				n--
			}
			s[i] = make([]float32, n)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("operand %d was too short, and read", short)
				}
			}()
			fast.Tiles(&tile, 4, true, s[0], s[1], s[2], s[3], s[4])
		}()
	}
}

// TestNaN: what is not a number stays so, whatever the bounds.
func TestNaN(t *testing.T) {
	a, nan := []float32{float32(math.NaN())}, make([]float32, 16)
	tile := Tile{ColA: 1, ColC: 16, Outer: 1, Middle: 1, Inner: 1, StrideB: 16, Count: 1, Lo: 0, Hi: 6}
	for _, k := range []Kernels{Portable(), assembly(t)} {
		k.Tiles(&tile, 1, true, a, make([]float32, 16), make([]float32, 16), nan, nil)
		if !math.IsNaN(float64(nan[3])) {
			t.Errorf("NaN became %g", nan[3])
		}
	}
}

func BenchmarkTiles(b *testing.B) {
	fast := assembly(b)
	for _, depth := range []int{16, 96, 576, 4608} {
		for _, k := range []Kernels{fast, Portable()} {
			b.Run(fmt.Sprintf("6x16x%d/assembly=%v", depth, k.assembly), func(b *testing.B) {
				const count = 8
				x, w := make([]float32, 6*count*depth), make([]float32, depth*16)
				bias, c := make([]float32, 16), make([]float32, 6*count*16)
				tile := Tile{ColA: depth, ColC: 16, Outer: 1, Middle: 1, Inner: depth, StrideB: 16, Count: count}
				tile.Lo, tile.Hi = Unbounded()
				for b.Loop() {
					k.Tiles(&tile, 6, true, x, w, bias, c, nil)
				}
				b.ReportMetric(float64(b.N)*2*6*16*count*float64(depth)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
