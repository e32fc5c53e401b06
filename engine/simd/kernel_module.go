package simd

import "github.com/irum-app/irum/engine/native"

// KernelModule is a module of those kernels of package native that products and their gradients are made of, over the memory of the
// program that calls them: it imports that memory, and each kernel reads the native.Call at address call. So numbers need not be moved.
// Each sum adds in the order that native's kernels keep: with relaxed SIMD and a processor that fuses, the results have the same bits as
// those in assembly, and without as those in portable Go.
func KernelModule(cfg Config, call int) []byte {
	m := kernelModule{cfg: cfg, address: call}
	var list []*function
	for rows := 1; rows <= native.Rows; rows++ {
		digit := string(rune('0' + rows))
		list = append(list, m.tile(native.TileName+digit, rows), m.outer(native.OuterName+digit, rows))
	}
	list = append(list, m.sums(), m.dots(), m.addScaled(), m.add(), m.clampAll(), m.gate(), m.unpack())
	for _, f := range list {
		f.exported = true
	}
	return encode(list, 1, false)
}

type kernelModule struct {
	cfg     Config
	address int
}

// entry reads an integer of the Call into a local.
func (m kernelModule) entry(f *function, slot int) int {
	l := f.local(typeI32)
	f.number(m.address)
	f.op(opI32Load)
	f.memory(2, 8*slot)
	f.set(l)
	return l
}

func (m kernelModule) pointer(f *function, i int) int { return m.entry(f, i) }

func (m kernelModule) count(f *function, i int) int { return m.entry(f, native.CallPointers+i) }

// bounds reads Lo and Hi into every lane of two locals.
func (m kernelModule) bounds(f *function) (lo, hi int) {
	for i, l := range []*int{&lo, &hi} {
		*l = f.local(typeV128)
		f.number(m.address)
		f.vec(vecLoadSplat32)
		f.memory(2, 8*(native.CallPointers+native.CallNumbers)+4*i)
		f.set(*l)
	}
	return lo, hi
}

// loop runs body as often as the local says, at least once, and leaves it 0.
func (f *function) loop(counter int, body func()) {
	f.op(opLoop, blockEmpty)
	body()
	f.get(counter)
	f.number(1)
	f.op(opI32Sub)
	f.tee(counter)
	f.op(opBrIf, 0)
	f.op(opEnd)
}

// step adds one i32 local to another.
func (f *function) step(local, by int) {
	f.get(local)
	f.get(by)
	f.op(opI32Add)
	f.set(local)
}

// bound applies pmax and pmin to the vector v: NaN stays NaN.
func (f *function) bound(v, lo, hi int) {
	f.get(v)
	f.get(lo)
	f.vec(vecPMax)
	f.get(hi)
	f.vec(vecPMin)
	f.set(v)
}

const (
	lineBytes = 4 * native.Columns // of a line of B
	halfBytes = lineBytes / 2      // of the columns that a tile of a module has
	unrolled  = 4                  // steps of a sum that are written out
)

// sumsOf are the accumulators of a tile of rows by two vectors, and what its loop needs.
type sumsOf struct {
	acc        []int // two for each row
	b0, b1, va int
}

func newSums(f *function, rows int) sumsOf {
	s := sumsOf{b0: f.local(typeV128), b1: f.local(typeV128), va: f.local(typeV128)}
	for range 2 * rows {
		s.acc = append(s.acc, f.local(typeV128))
	}
	return s
}

// row adds the float at address + offset times the line of B to the sums of a row.
func (m kernelModule) row(f *function, s sumsOf, row, address, offset int) {
	f.splat(address, offset)
	f.set(s.va)
	for half, b := range []int{s.b0, s.b1} {
		m.cfg.accumulate(f, s.acc[2*row+half], func() {
			f.get(s.va)
			f.get(b)
		})
	}
}

// line loads a line of B at address + offset.
func (s sumsOf) line(f *function, address, offset int) {
	for half, b := range []int{s.b0, s.b1} {
		f.load(address, offset+16*half)
		f.set(b)
	}
}

// tile generates native's tiles of that many rows, for one run of neighbours (Outer and Middle 1) and lines of B native.Columns apart:
// one half of the columns after the other.
func (m kernelModule) tile(name string, rows int) *function {
	f := newFunction(name, 0)
	a, b, bias, c, r := m.pointer(f, 0), m.pointer(f, 1), m.pointer(f, 2), m.pointer(f, 3), m.pointer(f, 4)
	colA, colC, inner, count, halves := m.count(f, 0), m.count(f, 1), m.count(f, 2), m.count(f, 3), m.count(f, 4)
	s := newSums(f, rows)
	t := tileLocals{half: f.local(typeI32), left: f.local(typeI32), b: f.local(typeI32), at: f.local(typeI32), column: f.local(typeI32)}
	for range rows {
		t.rows = append(t.rows, f.local(typeI32))
	}
	f.loop(count, func() {
		f.copyTo(t.half, halves, 0)
		f.number(0)
		f.set(t.column)
		f.loop(t.half, func() {
			m.begin(f, s, t, a, b, bias, colA)
			m.inner(f, s, t, inner)
			f.get(r)
			f.when(func() { m.along(f, t, r, colC, rows, func(row int) { s.plus(f, row, t.at) }) })
			lo, hi := m.bounds(f) // here, since while the sums are made there is no register for them
			m.along(f, t, c, colC, rows, func(row int) {
				for half := range 2 {
					f.bound(s.acc[2*row+half], lo, hi)
					f.store(t.at, 16*half, s.acc[2*row+half], 4)
				}
			})
			f.advance(t.column, halfBytes)
		})
		for range rows {
			f.step(a, colA)
			f.step(c, colC)
		}
		f.get(r)
		f.when(func() {
			for range rows {
				f.step(r, colC)
			}
		})
	})
	return f
}

// tileLocals are the i32 locals of a tile's loops: column is where its half of the columns begins, in bytes.
type tileLocals struct {
	half, left, b, at, column int
	rows                      []int
}

// begin sets the sums to the bias and the pointers to the first row of A and of B.
func (m kernelModule) begin(f *function, s sumsOf, t tileLocals, a, b, bias, colA int) {
	for row, p := range t.rows {
		if row == 0 {
			f.copyTo(p, a, 0)
			continue
		}
		f.copyTo(p, t.rows[row-1], 0)
		f.step(p, colA)
	}
	f.copyTo(t.b, b, 0)
	f.step(t.b, t.column)
	f.copyTo(t.at, bias, 0)
	f.step(t.at, t.column)
	for i, acc := range s.acc {
		f.load(t.at, 16*(i%2))
		f.set(acc)
	}
}

// inner adds all products of a tile.
func (m kernelModule) inner(f *function, s sumsOf, t tileLocals, inner int) {
	steps := func(n int) {
		for k := range n {
			s.line(f, t.b, lineBytes*k)
			for row, p := range t.rows {
				m.row(f, s, row, p, 4*k)
			}
		}
		f.advance(t.b, lineBytes*n)
		for _, p := range t.rows {
			f.advance(p, 4*n)
		}
	}
	part := func(op byte, by, n int) {
		f.get(inner)
		f.number(by)
		f.op(op)
		f.tee(t.left)
		f.when(func() { f.loop(t.left, func() { steps(n) }) })
	}
	part(opI32ShrU, 2, unrolled)
	part(opI32And, unrolled-1, 1)
}

// along calls body with t.at set to each row's place in the half of the columns, from first on, step apart.
func (m kernelModule) along(f *function, t tileLocals, first, step, rows int, body func(row int)) {
	f.copyTo(t.at, first, 0)
	f.step(t.at, t.column)
	for row := range rows {
		body(row)
		if row+1 < rows {
			f.step(t.at, step)
		}
	}
}

// plus adds what lies at address to the sums of a row.
func (s sumsOf) plus(f *function, row, address int) {
	for half := range 2 {
		f.get(s.acc[2*row+half])
		f.load(address, 16*half)
		f.vec(vecAdd)
		f.set(s.acc[2*row+half])
	}
}

// outer generates native's tiles of AddTransposed of that many rows.
func (m kernelModule) outer(name string, rows int) *function {
	f := newFunction(name, 0)
	a, b, c := m.pointer(f, 0), m.pointer(f, 1), m.pointer(f, 2)
	rowA, rowB, rowC, count, halves := m.count(f, 0), m.count(f, 1), m.count(f, 2), m.count(f, 3), m.count(f, 4)
	s := newSums(f, rows)
	t := tileLocals{left: f.local(typeI32), b: f.local(typeI32), at: f.local(typeI32), column: f.local(typeI32), rows: []int{f.local(typeI32)}}
	f.loop(halves, func() {
		m.along(f, t, c, rowC, rows, func(row int) {
			for half := range 2 {
				f.load(t.at, 16*half)
				f.set(s.acc[2*row+half])
			}
		})
		f.copyTo(t.rows[0], a, 0)
		f.copyTo(t.b, b, 0)
		f.step(t.b, t.column)
		one := func() {
			s.line(f, t.b, 0)
			for row := range rows {
				m.row(f, s, row, t.rows[0], 4*row)
			}
			f.step(t.rows[0], rowA)
			f.step(t.b, rowB)
		}
		f.get(count)
		f.number(1)
		f.op(opI32And)
		f.when(one)
		f.get(count)
		f.number(1)
		f.op(opI32ShrU)
		f.tee(t.left)
		f.when(func() {
			f.loop(t.left, func() {
				one()
				one()
			})
		})
		m.along(f, t, c, rowC, rows, func(row int) {
			for half := range 2 {
				f.store(t.at, 16*half, s.acc[2*row+half], 4)
			}
		})
		f.advance(t.column, halfBytes)
	})
	return f
}
