package simd

import "fmt"

// units is a range of a kernel's units: of the independent pieces into which its work can be cut. Every unit's result is
// the same however the range is cut. from and to are locals that hold the range; with from -1 it is all of count units.
type units struct {
	*function
	count, from, to int
}

// ranged makes a function of params parameters for work of count units. With several units it has two more parameters, from and
// to, and does the units [from, to).
func ranged(name string, params, count int) (*function, units) {
	if count <= 1 {
		f := newFunction(name, params)
		return f, f.all(max(count, 0))
	}
	f := newFunction(name, params+2)
	return f, units{f, count, params, params + 1}
}

// all is the whole of n units.
func (f *function) all(n int) units { return units{f, n, -1, -1} }

// skip moves a pointer to the range's first unit; units lie step bytes apart.
func (u units) skip(pointer, step int) {
	if u.from < 0 || step == 0 {
		return
	}
	u.get(pointer)
	u.get(u.from)
	u.number(step)
	u.op(opI32Mul, opI32Add)
	u.set(pointer)
}

// each runs body for every unit of the range.
func (u units) each(name string, body func()) { u.part(name, 0, u.count, body) }

// part runs body for every unit of the range that lies in [low, high).
func (u units) part(name string, low, high int, body func()) {
	switch {
	case u.from < 0:
		u.repeat(name, high-low, body)
	case high == low+1:
		u.get(u.from)
		u.number(low)
		u.op(opI32LeS)
		u.get(u.to)
		u.number(low)
		u.op(opI32GtS, opI32And)
		u.when(body)
	case high > low:
		u.turns(name, func() {
			u.least(u.to, high, u.count)
			u.most(u.from, low)
			u.op(opI32Sub)
		}, body)
	}
}

// first runs body if the range has the first unit.
func (u units) first(body func()) { u.part("first", 0, 1, body) }

// last runs body if the range has the last unit.
func (u units) last(body func()) { u.part("last", u.count-1, u.count, body) }

// least pushes the smaller of a local, which is limit at most, and n.
func (f *function) least(local, n, limit int) {
	f.get(local)
	if n < limit {
		f.number(n)
		f.get(local)
		f.number(n)
		f.op(opI32LtS, opSelect)
	}
}

// most pushes the larger of a local, which is not negative, and n.
func (f *function) most(local, n int) {
	f.get(local)
	if n > 0 {
		f.number(n)
		f.get(local)
		f.number(n)
		f.op(opI32GtS, opSelect)
	}
}

// turns runs body as often as the number that count pushes, which may be negative.
func (f *function) turns(name string, count, body func()) {
	counter := f.shared(fmt.Sprint("count ", name), typeI32)
	count()
	f.tee(counter)
	f.number(0)
	f.op(opI32GtS)
	f.when(func() {
		f.op(opLoop, blockEmpty)
		body()
		f.get(counter)
		f.number(1)
		f.op(opI32Sub)
		f.tee(counter)
		f.op(opBrIf, 0)
		f.op(opEnd)
	})
}
