// Package native has the inner loops of a convolutional network for processors themselves: in Go assembly for amd64 with
// AVX2 and FMA, and for each of them a portable twin of the same meaning.
//
// It knows no networks and no layouts beyond what a loop needs; package simd plans the loops around it. Slices reach from
// the first float that is read or written to the end of the memory it lies in. Kernels read whole vectors: up to Slack floats
// behind the last one that counts, and write none but those that count. Every kernel adds in one order, the same in both
// versions, so that they differ only where the assembly fuses a product and a sum into one rounding.
package native

import "math"

// Slack is how many floats behind the last one of an operand a kernel may read.
const Slack = 16

// Kernels are one version of the inner loops. The zero value is the portable one.
type Kernels struct {
	assembly bool
	module   bool // some of them are those of the module that was installed
}

// Portable gives the kernels in Go.
func Portable() Kernels { return Kernels{} }

// AVX2 gives the kernels in assembly, if this processor has AVX2 and FMA.
func AVX2() (Kernels, bool) { return Kernels{assembly: hasAVX2}, hasAVX2 }

// Fastest gives the fastest kernels that this process has by now: in assembly, of the module that a browser's host installed, or in Go.
func Fastest() Kernels { return Kernels{assembly: hasAVX2, module: installed()} }

// Portable tells whether all of k are in Go, which a loop of the caller's own may do as well.
func (k Kernels) Portable() bool { return !k.assembly && !k.module }

// Rows and Columns are the size of the largest tile, in pixels (rows of A) and outputs (columns of B). A tile of half as
// many columns is the other one.
const (
	Rows    = 6
	Columns = 16
)

// Tile describes a row of tiles of a product, whose rows are Count times as many pixels as a tile has. Distances are in floats.
//
// Each result is its bias, plus the products of Outer*Middle*Inner values of A with as many of B, plus the residual if there
// is one, bounded by Lo and Hi. The values of A lie in runs of Inner neighbours, Middle runs MiddleStep apart, Outer times
// that OuterStep apart; B has one line of columns after another, StrideB apart.
type Tile struct {
	ColA, ColC         int // between the rows of A, of the result and of the residual
	Outer, OuterStep   int
	Middle, MiddleStep int
	Inner              int
	StrideB            int
	Count              int // tiles
	Lo, Hi             float32
}

// Tiles computes t.Count tiles one after another, each of 1 to Rows rows and of Columns columns if wide, otherwise of half as
// many. All of Outer, Middle, Inner and Count are at least 1. residual may be nil.
func (k Kernels) Tiles(t *Tile, rows int, wide bool, a, b, bias, c, residual []float32) {
	fits := k.module && t.Outer == 1 && t.Middle == 1 && t.StrideB == Columns
	if !k.assembly && !fits {
		portableTiles(t, rows, wide, a, b, bias, c, residual)
		return
	}
	t.check(rows, wide, a, b, bias, c, residual)
	var r *float32
	if residual != nil {
		r = &residual[0]
	}
	if fits {
		moduleTiles(t, rows, wide, &a[0], &b[0], &bias[0], &c[0], r)
		return
	}
	assemblyTiles(t, rows, wide, &a[0], &b[0], &bias[0], &c[0], r)
}

// check panics where the assembly would leave a slice.
func (t *Tile) check(rows int, wide bool, a, b, bias, c, residual []float32) {
	columns := Columns
	if !wide {
		columns /= 2
	}
	last := rows*t.Count - 1
	_ = a[last*t.ColA+(t.Outer-1)*t.OuterStep+(t.Middle-1)*t.MiddleStep+t.Inner-1]
	_ = b[(t.Outer*t.Middle*t.Inner-1)*t.StrideB+columns-1]
	_ = bias[columns-1]
	_ = c[last*t.ColC+columns-1]
	if residual != nil {
		_ = residual[last*t.ColC+columns-1]
	}
	if rows < 1 || rows > Rows || min(t.ColA, t.ColC, t.OuterStep, t.MiddleStep, t.StrideB) < 0 || min(t.Outer, t.Middle, t.Inner, t.Count) < 1 {
		panic("native: a tile of impossible sizes")
	}
}

// Unbounded are the bounds that bound nothing.
func Unbounded() (lo, hi float32) { return float32(math.Inf(-1)), float32(math.Inf(1)) }

// bounded clamps v; NaN stays NaN.
func bounded(v, lo, hi float32) float32 {
	if v < lo {
		v = lo
	}
	if v > hi {
		v = hi
	}
	return v
}

func portableTiles(t *Tile, rows int, wide bool, a, b, bias, c, residual []float32) {
	columns := Columns
	if !wide {
		columns /= 2
	}
	var sums [Columns]float32
	for row := range rows * t.Count {
		line := sums[:columns]
		copy(line, bias)
		weights := b
		for o := range t.Outer {
			for m := range t.Middle {
				for _, v := range a[row*t.ColA+o*t.OuterStep+m*t.MiddleStep:][:t.Inner] {
					w := weights[:columns]
					for i := range w {
						line[i] += v * w[i]
					}
					weights = weights[min(t.StrideB, len(weights)):]
				}
			}
		}
		to := c[row*t.ColC:][:columns]
		if residual != nil {
			for i, v := range residual[row*t.ColC:][:columns] {
				line[i] += v
			}
		}
		for i, v := range line {
			to[i] = bounded(v, t.Lo, t.Hi)
		}
	}
}
