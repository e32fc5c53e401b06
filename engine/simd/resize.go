package simd

import (
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/graph"
)

// resizeSpec makes each pixel of the result from one pixel of the input (nearest, and pads that repeat the image) or from
// four (linear), whose places stand in tables.
type resizeSpec struct {
	rows, cols int // of the result
	vecs       int // of a pixel
	linear     bool
}

// units are rows of the result.
func (s resizeSpec) units() int { return s.rows }

func (s resizeSpec) name(cfg Config) string {
	kind := map[bool]string{false: "nearest", true: "linear"}[s.linear]
	return fmt.Sprintf("f32_resize_%s_%s_%dx%dx%d", kind, cfg.variant(), s.rows, s.cols, 4*s.vecs)
}

// indexTable keeps distances in bytes as integers.
func (p *planner) indexTable(list []int, step int) ref {
	data := make([]float32, len(list))
	for i, v := range list {
		data[i] = math.Float32frombits(uint32(v * step))
	}
	return p.constant(data)
}

// lineTable keeps two distances and a weight for each index.
func (p *planner) lineTable(l graph.Line, step int) ref {
	data := make([]float32, 0, 3*len(l.Weight))
	for i, w := range l.Weight {
		data = append(data, math.Float32frombits(uint32(l.From[i]*step)), math.Float32frombits(uint32(l.To[i]*step)), w)
	}
	return p.constant(data)
}

// addressed sets local to base plus the integer at table + offset.
func addressed(f *function, local, base, table, offset int) {
	f.get(table)
	f.op(opI32Load)
	f.memory(2, offset)
	f.get(base)
	f.op(opI32Add)
	f.set(local)
}

// resize generates a kernel of the parameters (input, row table, column table, output).
func resize(cfg Config, s resizeSpec) *function {
	f, r := ranged(s.name(cfg), 4, s.units())
	const in, rows, columns, out = 0, 1, 2, 3
	r.skip(rows, map[bool]int{false: 4, true: 12}[s.linear])
	r.skip(out, 16*s.vecs*s.cols)
	column := f.local(typeI32)
	if !s.linear {
		row, pixel, v := f.local(typeI32), f.local(typeI32), f.local(typeV128)
		r.each("row", func() {
			addressed(f, row, in, rows, 0)
			f.advance(rows, 4)
			f.copyTo(column, columns, 0)
			f.repeat("pixel", s.cols, func() {
				addressed(f, pixel, row, column, 0)
				f.advance(column, 4)
				strip(f, s.vecs, 4, func(at int) {
					f.load(pixel, at)
					f.set(v)
					f.store(out, at, v, 4)
				}, pixel, out)
			})
		})
		return f
	}
	upper, lower := f.local(typeI32), f.local(typeI32)
	corners := [4]int{f.local(typeI32), f.local(typeI32), f.local(typeI32), f.local(typeI32)}
	wy, wx, a, b := f.local(typeV128), f.local(typeV128), f.local(typeV128), f.local(typeV128)
	between := func(weight int, first, second func()) { // first + weight*(second - first)
		first()
		f.set(a)
		second()
		f.get(a)
		f.vec(vecSub)
		f.get(weight)
		f.vec(vecMul) // rounded by itself, as in Go, so that all hosts give the same bits
		f.get(a)
		f.vec(vecAdd)
	}
	r.each("row", func() {
		addressed(f, upper, in, rows, 0)
		addressed(f, lower, in, rows, 4)
		f.splat(rows, 8)
		f.set(wy)
		f.advance(rows, 12)
		f.copyTo(column, columns, 0)
		f.repeat("pixel", s.cols, func() {
			for k, local := range corners {
				addressed(f, local, []int{upper, lower}[k/2], column, 4*(k%2))
			}
			f.splat(column, 8)
			f.set(wx)
			f.advance(column, 12)
			f.repeat("channel", s.vecs, func() {
				between(wx, func() { f.load(corners[0], 0) }, func() { f.load(corners[1], 0) })
				f.set(b)
				between(wx, func() { f.load(corners[2], 0) }, func() { f.load(corners[3], 0) })
				f.set(a)
				c := f.shared("lower", typeV128)
				f.copyVector(c, a)
				between(wy, func() { f.get(b) }, func() { f.get(c) })
				f.set(a)
				f.store(out, 0, a, 4)
				for _, pointer := range append(corners[:], out) {
					f.advance(pointer, 16)
				}
			})
		})
	})
	return f
}
