package native

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

//go:noescape
func tile16x1(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile16x2(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile16x3(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile16x4(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile16x5(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile16x6(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x1(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x2(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x3(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x4(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x5(t *Tile, a, b, bias, c, r *float32)

//go:noescape
func tile8x6(t *Tile, a, b, bias, c, r *float32)

func assemblyTiles(t *Tile, rows int, wide bool, a, b, bias, c, r *float32) {
	if !wide {
		rows += Rows
	}
	switch rows {
	case 1:
		tile16x1(t, a, b, bias, c, r)
	case 2:
		tile16x2(t, a, b, bias, c, r)
	case 3:
		tile16x3(t, a, b, bias, c, r)
	case 4:
		tile16x4(t, a, b, bias, c, r)
	case 5:
		tile16x5(t, a, b, bias, c, r)
	case 6:
		tile16x6(t, a, b, bias, c, r)
	case 7:
		tile8x1(t, a, b, bias, c, r)
	case 8:
		tile8x2(t, a, b, bias, c, r)
	case 9:
		tile8x3(t, a, b, bias, c, r)
	case 10:
		tile8x4(t, a, b, bias, c, r)
	case 11:
		tile8x5(t, a, b, bias, c, r)
	case 12:
		tile8x6(t, a, b, bias, c, r)
	}
}

//go:noescape
func windowSum(w *Window, x *float32, at int, weights, bias, to, r *float32)

//go:noescape
func windowMax(w *Window, x *float32, at int, weights, bias, to, r *float32)

//go:noescape
func windowAverage(w *Window, x *float32, at int, weights, bias, to, r *float32)

func assemblyDepthwise(w *Window, x *float32, at int, weights, bias, to, r *float32) {
	windowSum(w, x, at, weights, bias, to, r)
}

func assemblyMaximum(w *Window, x *float32, at int, to, r *float32) {
	windowMax(w, x, at, nil, nil, to, r)
}

func assemblyAverage(w *Window, x *float32, at int, to, r *float32) {
	windowAverage(w, x, at, nil, nil, to, r)
}
