package native

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// bothKernels runs a test with each version of the kernels that this processor has.
func bothKernels(t *testing.T, run func(t *testing.T, k Kernels)) {
	t.Run("portable", func(t *testing.T) { run(t, Portable()) })
	if k, ok := AVX2(); ok {
		t.Run("avx2", func(t *testing.T) { run(t, k) })
	}
}

func random(r *rand.Rand, n int) []float32 {
	out := make([]float32, n+Slack)
	for i := range out {
		out[i] = r.Float32()*2 - 1
	}
	return out
}

// near fails where got is further from want than rounding of n products of numbers up to 1 explains.
func near(t *testing.T, what string, got float32, want float64, n int) {
	t.Helper()
	if math.Abs(float64(got)-want) > 1.2e-7*float64(n+4)*4 {
		t.Fatalf("%s is %g instead of %g", what, got, want)
	}
}

func TestProductOfPanels(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	bothKernels(t, func(t *testing.T, k Kernels) {
		for _, size := range [][3]int{{1, 1, 1}, {7, 3, 10}, {13, 300, 16}, {200, 27, 24}, {6, 700, 33}, {5, 0, 9}, {193, 40, 8}} {
			m, depth, n := size[0], size[1], size[2]
			a, b, bias := Matrix{random(r, m*(depth+3)), m, depth, depth + 3, 1}, Dense(random(r, depth*n), depth, n), random(r, n)
			c := Matrix{random(r, m*(n+5)), m, n, n + 5, 1}
			before := append([]float32{}, c.Data...)
			var p Panels
			p.Reset(depth, n)
			p.SetBias(bias[:n])
			half := depth / 3
			p.Set(0, Matrix{b.Data, half, n, b.Row, 1})
			turned := make([]float32, len(b.Data)) // the rest comes from a matrix whose columns lie one after another
			for i := half; i < depth; i++ {
				for j := range n {
					turned[j*depth+i-half] = b.Data[i*n+j]
				}
			}
			p.Set(half, Matrix{turned, depth - half, n, 1, depth})
			for _, add := range []bool{false, true} {
				copy(c.Data, before)
				k.Product(c, a, &p, Ending{Add: add, Lo: -0.75, Hi: 2})
				for i := range m {
					for j := range n + 5 {
						at := i*(n+5) + j
						if j >= n {
							if c.Data[at] != before[at] {
								t.Fatalf("%v: a number beside the result changed", size)
							}
							continue
						}
						want := float64(bias[j])
						if add {
							want = float64(before[at])
						}
						for d := range depth {
							want += float64(a.Data[i*a.Row+d]) * float64(b.Data[d*n+j])
						}
						near(t, fmt.Sprint(size, add, i, j), c.Data[at], min(max(want, -0.75), 2), depth)
					}
				}
			}
		}
	})
}

func TestAddTransposed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	bothKernels(t, func(t *testing.T, k Kernels) {
		for _, size := range [][3]int{{1, 1, 1}, {7, 30, 10}, {13, 5, 16}, {12, 64, 24}, {9, 1, 33}, {4, 50, 8}} {
			rows, depth, cols := size[0], size[1], size[2]
			a := Matrix{random(r, depth*(rows+2)), depth, rows, rows + 2, 1}
			b := Matrix{random(r, depth*(cols+1)), depth, cols, cols + 1, 1}
			c := Matrix{random(r, rows*(cols+3)), rows, cols, cols + 3, 1}
			before := append([]float32{}, c.Data...)
			k.AddTransposed(c, a, b)
			for i := range rows {
				for j := range cols + 3 {
					want := float64(before[i*c.Row+j])
					for d := 0; d < depth && j < cols; d++ {
						want += float64(a.Data[d*a.Row+i]) * float64(b.Data[d*b.Row+j])
					}
					near(t, fmt.Sprint(size, i, j), c.Data[i*c.Row+j], want, depth)
				}
			}
		}
	})
}

// TestColumns compares every operation on tables with its definition, for widths around whole vectors.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	bothKernels(t, func(t *testing.T, k Kernels) {
		for _, cols := range []int{1, 7, 8, 12, 32, 43, 72} {
			for _, rows := range []int{1, 5} {
				x, y, z := Table{random(r, rows*(cols+1)), cols + 1}, Table{random(r, rows*(cols+2)), cols + 2}, Table{random(r, rows*cols), cols}
				a, b, c := random(r, cols)[:cols], random(r, cols)[:cols], random(r, cols)[:cols]
				sums := func(run func(sum []float32), of func(x, y float64, c int) float64) {
					got := make([]float32, cols)
					copy(got, c)
					run(got)
					for j, v := range got {
						want := float64(c[j])
						for i := range rows {
							want += of(float64(x.Data[i*x.Step+j]), float64(y.Data[i*y.Step+j]), j)
						}
						near(t, fmt.Sprint("sum ", rows, cols, j), v, want, rows)
					}
				}
				sums(func(s []float32) { k.Sums(s, x, rows) }, func(x, _ float64, _ int) float64 { return x })
				sums(func(s []float32) { k.Dots(s, x, y, rows) }, func(x, y float64, _ int) float64 { return x * y })
				sums(func(s []float32) { k.CentredDots(s, x, y, a, rows) }, func(x, y float64, c int) float64 { return (x - float64(a[c])) * y })
				sums(func(s []float32) { k.Squares(s, x, a, rows) }, func(x, _ float64, c int) float64 { return (x - float64(a[c])) * (x - float64(a[c])) })
				lines := func(run func(to Table), of func(x, y, z float64, c int) float64) {
					to := Table{append([]float32{}, z.Data...), cols}
					run(to)
					for i := range rows {
						for j := range cols {
							want := of(float64(x.Data[i*x.Step+j]), float64(y.Data[i*y.Step+j]), float64(z.Data[i*cols+j]), j)
							near(t, fmt.Sprint("row ", rows, cols, i, j), to.Data[i*cols+j], want, 4)
						}
					}
				}
				lines(func(to Table) { k.Scale(to, x, a, b, rows, -0.5, 0.7) }, func(x, _, _ float64, c int) float64 {
					return min(max(x*float64(a[c])+float64(b[c]), -0.5), float64(float32(0.7)))
				})
				lines(func(to Table) { k.Blend(to, x, y, a, b, c, rows) }, func(x, y, _ float64, i int) float64 {
					return x*float64(a[i]) + y*float64(b[i]) + float64(c[i])
				})
				lines(func(to Table) { k.AddScaled(to, x, a, rows) }, func(x, _, z float64, c int) float64 { return z + x*float64(a[c]) })
			}
		}
	})
}

func TestClaimAndGate(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	bothKernels(t, func(t *testing.T, k Kernels) {
		const rows, cols = 3, 21
		x, y, left, to := random(r, rows*cols), random(r, rows*cols), random(r, rows*cols), random(r, rows*cols)
		for i := 0; i < len(x); i += 3 {
			y[i] = x[i]
		}
		wantTo, wantLeft := append([]float32{}, to...), append([]float32{}, left...)
		for i := range rows * cols {
			if x[i] == y[i] {
				wantTo[i] += left[i]
				wantLeft[i] = 0
			}
		}
		k.Claim(Table{to, cols}, Table{x, cols}, Table{y, cols}, Table{left, cols}, rows, cols)
		for i := range rows * cols {
			if to[i] != wantTo[i] || left[i] != wantLeft[i] {
				t.Fatalf("claim %d: %g and %g instead of %g and %g", i, to[i], left[i], wantTo[i], wantLeft[i])
			}
		}
		y[5], y[6], y[20] = 0.5, -0.5, float32(math.NaN())
		gated := make([]float32, 43)
		k.Gate(gated, x, y, -0.5, 0.5)
		for i, v := range gated {
			want := x[i]
			if !(y[i] > -0.5 && y[i] < 0.5) {
				want = 0
			}
			if v != want {
				t.Fatalf("gate %d: %g instead of %g", i, v, want)
			}
		}
	})
}
