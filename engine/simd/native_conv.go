//go:build !js

package simd

import "github.com/irum-app/irum/engine/native"

// convWork is the work of convSpec.
type convWork struct {
	machine
	convSpec
	scratch [native.Rows * native.Columns]float32
}

func (m machine) conv(s convSpec) Work {
	w := &convWork{machine: m, convSpec: s}
	return w.run
}

// tile gives the tiles of a block of columns as package native has them.
func (w *convWork) tile() native.Tile {
	t := native.Tile{
		ColA: w.colA / 4, ColC: w.colC / 4, Inner: w.inner,
		Outer: w.loops[0].count, OuterStep: w.loops[0].step / 4, Middle: w.loops[1].count, MiddleStep: w.loops[1].step / 4,
	}
	t.Lo, t.Hi = w.bounds()
	return t
}

// operands are where tiles begin in the memory.
type operands struct{ a, b, bias, c, residual int }

func (w *convWork) run(memory []float32) {
	o := operands{a: w.at[0], b: w.at[1], bias: w.at[2], c: w.at[3]}
	if w.residual {
		o.residual = w.at[4]
	}
	for range w.groups {
		if w.weightsOutside() {
			for block := 0; block < w.vecs(); block += w.tileVecs {
				for row := range w.rows {
					w.row(memory, w.skip(o, block, row, 0), block, 0, w.cols)
				}
			}
		} else {
			w.pixelsOutside(memory, o)
		}
		o.a += w.groupA / 4
		o.b += w.panels() / 4
		o.bias += 4 * w.vecs()
		o.c += w.outputs
		o.residual += w.outputs
	}
	w.activate(w.ending, memory[w.at[3]:][:w.rows*w.cols*w.colC/4])
}

// skip goes from the first tile to that of a block (in vectors), a row and a pixel.
func (w *convWork) skip(o operands, block, row, col int) operands {
	o.a += (row*w.rowA + col*w.colA) / 4
	o.b += 4 * block * w.depth()
	o.bias += 4 * block
	to := (row*w.rowC+col*w.colC)/4 + 4*block
	o.c += to
	o.residual += to
	return o
}

// nearBytes is how much of the input is gone over by all blocks of columns in turn, so that it stays in the first cache.
const nearBytes = 1 << 14

func (w *convWork) pixelsOutside(memory []float32, o operands) {
	tiles := max(nearBytes/(native.Rows*max(w.colA, 4)), 1)
	for row := range w.rows {
		for from := 0; from < w.tiles(); from += tiles {
			first, last := w.pixel(from), w.pixel(min(from+tiles, w.tiles()))
			for block := 0; block < w.vecs(); block += w.tileVecs {
				w.row(memory, w.skip(o, block, row, first), block, first, last)
			}
		}
	}
}

// pixel is the first pixel of a tile of a row. Tiles differ by at most one pixel: the larger ones come first.
func (w *convWork) pixel(tile int) int {
	size, larger := w.cols/w.tiles(), w.cols%w.tiles()
	return tile*size + min(tile, larger)
}

// row computes the pixels [from, to) of a row, which are whole tiles, for one block of columns.
func (w *convWork) row(memory []float32, o operands, block, from, to int) {
	size, larger := w.cols/w.tiles(), w.cols%w.tiles()
	border := min(max(larger*(size+1), from), to)
	if n := border - from; n > 0 {
		w.some(memory, o, block, size+1, n/(size+1))
		o.a += n * w.colA / 4
		o.c += n * w.colC / 4
		o.residual += n * w.colC / 4
	}
	if n := to - border; n > 0 {
		w.some(memory, o, block, size, n/size)
	}
}

// some computes count tiles of that many rows. Where a tile has other columns than package native's, it goes by way of
// scratch memory, so that nothing else is written.
func (w *convWork) some(memory []float32, o operands, block, rows, count int) {
	t := w.tile()
	t.StrideB, t.Count = 4*min(w.tileVecs, w.vecs()-block), count
	columns := t.StrideB
	if w.exact {
		columns = min(columns, w.outputs-4*block)
	}
	wide := t.StrideB > native.Columns/2
	if columns == native.Columns || columns == native.Columns/2 {
		var residual []float32
		if w.residual {
			residual = memory[o.residual:]
		}
		w.Tiles(&t, rows, wide, memory[o.a:], memory[o.b:], memory[o.bias:], memory[o.c:], residual)
		return
	}
	lo, hi := t.Lo, t.Hi
	t.Lo, t.Hi = native.Unbounded()
	t.Count, t.ColC = 1, native.Columns
	for range count {
		w.Tiles(&t, rows, wide, memory[o.a:], memory[o.b:], memory[o.bias:], w.scratch[:], nil)
		for r := range rows {
			sums, to := w.scratch[r*native.Columns:][:columns], memory[o.c:][:columns]
			if w.residual {
				w.Binary(native.Add, to, sums, memory[o.residual:], lo, hi)
			} else {
				w.Clamp(sums, lo, hi)
				copy(to, sums)
			}
			o.c += w.colC / 4
			o.residual += w.colC / 4
		}
		o.a += rows * w.colA / 4
	}
}
