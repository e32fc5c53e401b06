package simd

import "github.com/irum-app/irum/engine/native"

// columnBytes are those of eight columns, which kernels over columns take at a time.
const columnBytes = 32

// grid walks over planes of rows: each pointer begins a plane at its start and moves by its step from row to row, by its pitch from plane
// to plane.
type grid struct {
	rows, planes               int
	starts, steps, pitches, at []int
}

// each runs body for every row, with at set. The starts move on.
func (g grid) each(f *function, body func()) {
	left, planes := f.shared("rows left", typeI32), f.shared("planes left", typeI32)
	f.copyTo(planes, g.planes, 0)
	f.loop(planes, func() {
		for i, p := range g.at {
			f.copyTo(p, g.starts[i], 0)
		}
		f.copyTo(left, g.rows, 0)
		f.loop(left, func() {
			body()
			for i, p := range g.at {
				f.step(p, g.steps[i])
			}
		})
		for i, p := range g.starts {
			f.step(p, g.pitches[i])
		}
	})
}

// sums generates native's Sums, in the order of rows.
func (m kernelModule) sums() *function {
	f := newFunction(native.SumsName, 0)
	sum, x, step, rows, cols := m.pointer(f, 0), m.pointer(f, 1), m.count(f, 0), m.count(f, 1), m.count(f, 2)
	at, left := f.local(typeI32), f.local(typeI32)
	acc := []int{f.local(typeV128), f.local(typeV128)}
	m.strips(f, cols, columnBytes, []int{sum, x}, func() {
		for i, v := range acc {
			f.load(sum, 16*i)
			f.set(v)
		}
		f.copyTo(at, x, 0)
		f.copyTo(left, rows, 0)
		f.loop(left, func() {
			for i, v := range acc {
				f.get(v)
				f.load(at, 16*i)
				f.vec(vecAdd)
				f.set(v)
			}
			f.step(at, step)
		})
		for i, v := range acc {
			f.store(sum, 16*i, v, 4)
		}
	})
	return f
}

// strips runs body while cols (bytes) holds another width of them, and moves the pointers behind it.
func (m kernelModule) strips(f *function, cols, width int, pointers []int, body func()) {
	f.op(opBlock, blockEmpty)
	f.op(opLoop, blockEmpty)
	f.get(cols)
	f.number(width)
	f.op(opI32LtU)
	f.op(opBrIf, 1)
	body()
	for _, p := range pointers {
		f.advance(p, width)
	}
	f.advance(cols, -width)
	f.op(opBr, 0)
	f.op(opEnd)
	f.op(opEnd)
}

// tables gives the grid of two tables, by the counts that kernels over planes take, and how many columns (bytes) they have.
func (m kernelModule) tables(f *function) (g grid, cols int) {
	stepA, stepB, rows, cols, planes := m.count(f, 0), m.count(f, 1), m.count(f, 2), m.count(f, 3), m.count(f, 4)
	return grid{
		rows, planes,
		[]int{f.local(typeI32), f.local(typeI32)},
		[]int{stepA, stepB},
		[]int{m.count(f, 5), m.count(f, 6)},
		[]int{f.local(typeI32), f.local(typeI32)},
	}, cols
}

// dots generates native's DotsOfPlanes: strips of 32 columns, whose sums hide the latency of an addition, then of 8.
func (m kernelModule) dots() *function {
	f := newFunction(native.DotsName, 0)
	sum, x, y := m.pointer(f, 0), m.pointer(f, 1), m.pointer(f, 2)
	g, cols := m.tables(f)
	for _, width := range []int{4 * columnBytes, columnBytes} {
		m.strips(f, cols, width, []int{sum, x, y}, func() {
			acc := f.vectors("dot", width/16)
			for i, v := range acc {
				f.load(sum, 16*i)
				f.set(v)
			}
			f.copyTo(g.starts[0], x, 0)
			f.copyTo(g.starts[1], y, 0)
			g.each(f, func() {
				for i, v := range acc {
					m.cfg.accumulate(f, v, func() {
						f.load(g.at[0], 16*i)
						f.load(g.at[1], 16*i)
					})
				}
			})
			for i, v := range acc {
				f.store(sum, 16*i, v, 4)
			}
		})
	}
	return f
}

// addScaled generates native's AddScaledOfPlanes: strips of 32 columns, whose factors stay in registers, then of 8.
func (m kernelModule) addScaled() *function {
	f := newFunction(native.AddScaledName, 0)
	to, x, factor := m.pointer(f, 0), m.pointer(f, 1), m.pointer(f, 2)
	g, cols := m.tables(f)
	v := f.local(typeV128)
	for _, width := range []int{4 * columnBytes, columnBytes} {
		m.strips(f, cols, width, []int{to, x, factor}, func() {
			by := f.vectors("factor", width/16)
			for i, k := range by {
				f.load(factor, 16*i)
				f.set(k)
			}
			f.copyTo(g.starts[0], to, 0)
			f.copyTo(g.starts[1], x, 0)
			g.each(f, func() {
				for i, k := range by {
					f.load(g.at[0], 16*i)
					f.set(v)
					m.cfg.accumulate(f, v, func() {
						f.load(g.at[1], 16*i)
						f.get(k)
					})
					f.store(g.at[0], 16*i, v, 4)
				}
			})
		})
	}
	return f
}

// overVectors generates a kernel over vectors: to is body of x and, where there are three pointers, of y.
func (m kernelModule) overVectors(name string, pointers int, body func(f *function, x, y, lo, hi int)) *function {
	f := newFunction(name, 0)
	var p []int
	for i := range pointers {
		p = append(p, m.pointer(f, i))
	}
	bytes := m.count(f, 0)
	lo, hi := m.bounds(f)
	x, y := f.local(typeV128), f.local(typeV128)
	from := p[min(1, len(p)-1)]
	m.strips(f, bytes, 16, p, func() {
		f.load(from, 0)
		f.set(x)
		if len(p) > 2 {
			f.load(p[2], 0)
			f.set(y)
		}
		body(f, x, y, lo, hi)
		f.store(p[0], 0, x, 4)
	})
	return f
}

func (m kernelModule) add() *function {
	return m.overVectors(native.AddName, 3, func(f *function, x, y, lo, hi int) {
		f.get(x)
		f.get(y)
		f.vec(vecAdd)
		f.set(x)
		f.bound(x, lo, hi)
	})
}

func (m kernelModule) clampAll() *function {
	return m.overVectors(native.ClampName, 1, func(f *function, x, _, lo, hi int) { f.bound(x, lo, hi) })
}

func (m kernelModule) gate() *function {
	return m.overVectors(native.GateName, 3, func(f *function, x, y, lo, hi int) {
		f.get(x)
		f.get(lo)
		f.get(y)
		f.vec(vecLt)
		f.vec(vecAnd)
		f.get(y)
		f.get(hi)
		f.vec(vecLt)
		f.vec(vecAnd)
		f.set(x)
	})
}

// unpack generates native's Unpack: sixteen signed bytes at a time become floats, times a factor.
func (m kernelModule) unpack() *function {
	f := newFunction(native.UnpackName, 0)
	to, x, bytes := m.pointer(f, 0), m.pointer(f, 1), m.count(f, 0)
	factor, _ := m.bounds(f)
	v := f.local(typeV128)
	m.strips(f, bytes, 16, []int{to}, func() {
		f.get(x)
		f.vec(vecLoadZero32)
		f.memory(0, 0)
		f.vec(vecExtendLow8)
		f.vec(vecExtendLow16)
		f.vec(vecConvertI32)
		f.get(factor)
		f.vec(vecMul)
		f.set(v)
		f.store(to, 0, v, 4)
		f.advance(x, 4)
	})
	return f
}
