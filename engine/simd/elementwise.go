package simd

import "fmt"

// operand says how the second operand of an elementwise kernel meets the first.
type operand int

const (
	sameShape  operand = iota
	perChannel         // one value for each channel, repeated for every pixel
	single             // one number
	perPixel           // one value for each pixel, for all of its channels
)

// elementSpec is an operator of one or two operands on vectors, whatever their layout is.
type elementSpec struct {
	op      string // as in graph.Step; of one operand, the activation is in the ending
	vecs    int    // of one pixel if perChannel or perPixel, otherwise of the whole value
	pixels  int    // 1 unless perChannel or perPixel
	second  operand
	swapped bool // the second operand comes first
	ending
}

func (s elementSpec) binary() bool {
	_, ok := binaryOps[s.op]
	return ok
}

// binaryOps are the operators of two operands; PRelu is put together.
var binaryOps = map[string]uint64{"Add": vecAdd, "Sub": vecSub, "Mul": vecMul, "Div": vecDiv, "Min": vecMin, "Max": vecMax, "PRelu": 0}

// unroll is the number of vectors that elementwise code does in one turn: a cache line.
const unroll = 4

// units are pixels if the second operand is of channels or pixels, otherwise turns.
func (s elementSpec) units() int {
	if s.second == perChannel || s.second == perPixel {
		return s.pixels
	}
	return max(s.vecs/unroll, 1)
}

func (s elementSpec) name(cfg Config) string {
	n := fmt.Sprintf("f32_%s_%s_%dx%d", s.op, cfg.variant(), s.pixels, 4*s.vecs)
	if s.binary() {
		n += []string{"", "_channel", "_single", "_pixel"}[s.second]
		if s.swapped {
			n += "_swapped"
		}
	}
	return n + s.suffix()
}

// element generates a kernel of the parameters (input, output) or (input, second, output).
func element(cfg Config, s elementSpec) *function {
	if !s.binary() {
		f, r := ranged(s.name(cfg), 2, s.units())
		strips(r, s.vecs, func(at int) {
			f.load(0, at)
			s.write(f, cfg, 1, at)
		}, 0, 1)
		return f
	}
	f, r := ranged(s.name(cfg), 3, s.units())
	const x, y, out = 0, 1, 2
	fixed := f.local(typeV128)
	if s.second == single {
		f.splat(y, 0)
		f.set(fixed)
	}
	second, pointers := y, []int{x, y, out}
	switch s.second {
	case single:
		pointers = []int{x, out}
	case perChannel:
		second = f.local(typeI32)
		pointers = []int{x, second, out}
	case perPixel:
		pointers = []int{x, out}
	}
	body := func(at int) {
		first := func() { f.load(x, at) }
		other := func() { f.load(second, at) }
		if s.second == single || s.second == perPixel {
			other = func() { f.get(fixed) }
		}
		if s.swapped {
			first, other = other, first
		}
		first()
		other()
		if s.op == "PRelu" {
			parametric(f)
		} else {
			f.vec(binaryOps[s.op])
		}
		s.write(f, cfg, out, at)
	}
	if s.second != perChannel && s.second != perPixel {
		strips(r, s.vecs, body, pointers...)
		return f
	}
	r.skip(x, 16*s.vecs)
	r.skip(out, 16*s.vecs)
	if s.second == perPixel {
		r.skip(y, 4)
	}
	r.each("pixel", func() {
		if s.second == perChannel {
			f.copyTo(second, y, 0)
		} else {
			f.splat(y, 0)
			f.set(fixed)
			f.advance(y, 4)
		}
		strip(f, s.vecs, unroll, body, pointers...)
	})
	return f
}

// parametric takes x and a slope from the stack and leaves max(x, 0) + slope*min(x, 0).
func parametric(f *function) {
	x, slope := f.shared("x", typeV128), f.shared("slope", typeV128)
	f.set(slope)
	f.set(x)
	f.get(x)
	f.constant(0)
	f.vec(vecPMin)
	f.get(slope)
	f.vec(vecMul)
	f.get(x)
	f.constant(0)
	f.vec(vecPMax)
	f.vec(vecAdd)
}

// write ends the vector on the stack and stores it.
func (s elementSpec) write(f *function, cfg Config, out, at int) {
	s.end(f, cfg)
	v := f.shared("result", typeV128)
	f.set(v)
	f.store(out, at, v, 4)
}

// strips runs body for the vectors of r, whose units are of unroll vectors each; the last one has the rest of n as well.
func strips(r units, n int, body func(at int), pointers ...int) {
	if r.from < 0 {
		strip(r.function, n, unroll, body, pointers...)
		return
	}
	for _, p := range pointers {
		r.skip(p, 16*unroll)
	}
	r.each("strip", func() { strip(r.function, unroll, unroll, body, pointers...) })
	if n%unroll > 0 {
		r.last(func() { strip(r.function, n%unroll, unroll, body, pointers...) })
	}
}

// strip runs body for n vectors, unroll of them at a time, and moves the pointers behind them.
func strip(f *function, n, unroll int, body func(at int), pointers ...int) {
	part := func(count int) {
		for i := range count {
			body(16 * i)
		}
		for _, p := range pointers {
			f.advance(p, 16*count)
		}
	}
	f.repeat("strip", n/unroll, func() { part(unroll) })
	part(n % unroll)
}
