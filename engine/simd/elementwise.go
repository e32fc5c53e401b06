package simd

import "fmt"

// operand says how the second operand of an elementwise kernel meets the first.
type operand int

const (
	sameShape  operand = iota
	perChannel         // one value for each channel, repeated for every pixel
	single             // one number
)

// elementSpec is an operator of one or two operands on vectors, whatever their layout is.
type elementSpec struct {
	op      string // as in graph.Step
	vecs    int    // of one pixel if perChannel, otherwise of the whole value
	pixels  int    // 1 unless perChannel
	second  operand
	swapped bool // the second operand comes first
	lo, hi  float32
}

func (s elementSpec) binary() bool {
	_, ok := binaryOps[s.op]
	return ok
}

var binaryOps = map[string]uint64{"Add": vecAdd, "Sub": vecSub, "Mul": vecMul, "Div": vecDiv}

func (s elementSpec) name(cfg Config) string {
	n := fmt.Sprintf("f32_%s_%s_%dx%d", s.op, cfg.variant(), s.pixels, 4*s.vecs)
	if s.binary() {
		n += []string{"", "_channel", "_single"}[s.second]
		if s.swapped {
			n += "_swapped"
		}
	}
	return n + clampName(s.lo, s.hi)
}

// element generates a kernel of the parameters (input, output) or (input, second, output).
func element(cfg Config, s elementSpec) *function {
	const unroll = 4
	if !s.binary() {
		f := newFunction(s.name(cfg), 2)
		body := func(at int) {
			f.load(0, at)
			unary(f, cfg, s.op)
			s.write(f, 1, at)
		}
		strip(f, s.vecs, unroll, body, 0, 1)
		return f
	}
	f := newFunction(s.name(cfg), 3)
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
	}
	body := func(at int) {
		first := func() { f.load(x, at) }
		other := func() { f.load(second, at) }
		if s.second == single {
			other = func() { f.get(fixed) }
		}
		if s.swapped {
			first, other = other, first
		}
		first()
		other()
		f.vec(binaryOps[s.op])
		s.write(f, out, at)
	}
	f.repeat("pixel", s.pixels, func() {
		if s.second == perChannel {
			f.copyTo(second, y, 0)
		}
		strip(f, s.vecs, unroll, body, pointers...)
	})
	return f
}

// write clamps the top of the stack and stores it.
func (s elementSpec) write(f *function, out, at int) {
	f.clamp(s.lo, s.hi)
	v := f.shared("result", typeV128)
	f.set(v)
	f.store(out, at, v, 4)
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

// unary replaces the vector on the stack by op of it.
func unary(f *function, cfg Config, op string) {
	x := f.shared("x", typeV128)
	switch op {
	case "Clamp": // the clamp follows
	case "Sigmoid":
		f.set(x)
		sigmoid(f, cfg, x)
	case "Tanh":
		f.set(x)
		tanh(f, cfg, x)
	case "HardSwish": // x * min(max(x/6 + 1/2, 0), 1)
		f.tee(x)
		f.constant(6)
		f.vec(vecDiv)
		f.constant(0.5)
		f.vec(vecAdd)
		f.clamp(0, 1)
		f.get(x)
		f.vec(vecMul)
	}
}

// sigmoid pushes 1 / (1 + exp(-x)).
func sigmoid(f *function, cfg Config, x int) {
	f.constant(1)
	f.constant(0)
	f.get(x)
	f.vec(vecSub)
	exp(f, cfg)
	f.constant(1)
	f.vec(vecAdd)
	f.vec(vecDiv)
}

// exp replaces the vector on the stack by its exponential, within 2 units in the last place: x = n ln 2 + r, and a
// polynomial in |r| < ln 2 / 2 (Cephes expf). Results are bounded below by 2^-126 and above by about 2^127.
func exp(f *function, cfg Config) {
	const log2e, ln2High, ln2Low = 1.44269504088896341, 0.693359375, -2.12194440e-4
	r, n, p := f.shared("exp r", typeV128), f.shared("exp n", typeV128), f.shared("exp p", typeV128)
	f.clamp(-87, 88)
	f.tee(r)
	f.constant(log2e)
	f.vec(vecMul)
	f.vec(vecNearest)
	f.set(n)
	for _, part := range []float32{ln2High, ln2Low} {
		f.get(r)
		f.get(n)
		f.constant(part)
		f.vec(vecMul)
		f.vec(vecSub)
		f.set(r)
	}
	f.constant(1.9875691500e-4)
	f.set(p)
	for _, c := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		f.get(p)
		f.get(r)
		f.constant(c)
		cfg.multiplyAdd(f)
		f.set(p)
	}
	f.get(p) // p r^2 + r + 1
	f.get(r)
	f.get(r)
	f.vec(vecMul)
	f.get(r)
	cfg.multiplyAdd(f)
	f.constant(1)
	f.vec(vecAdd)
	f.get(n) // times 2^n, by way of the exponent's bits
	f.vec(vecTruncI32)
	f.bits(127)
	f.vec(vecAddI32)
	f.number(23)
	f.vec(vecShlI32)
	f.vec(vecMul)
}

// tanh pushes the hyperbolic tangent: a polynomial near 0, where the exponential would cancel, and 2 sigmoid(2x) - 1
// elsewhere.
func tanh(f *function, cfg Config, x int) {
	z, p := f.shared("tanh z", typeV128), f.shared("tanh p", typeV128)
	f.get(x)
	f.get(x)
	f.vec(vecMul)
	f.set(z)
	f.constant(-5.70498872745e-3)
	f.set(p)
	for _, c := range []float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		f.get(p)
		f.get(z)
		f.constant(c)
		cfg.multiplyAdd(f)
		f.set(p)
	}
	f.get(p) // p z x + x
	f.get(z)
	f.vec(vecMul)
	f.get(x)
	f.get(x)
	cfg.multiplyAdd(f)
	f.get(x)
	f.get(x)
	f.vec(vecAdd)
	f.set(z)
	sigmoid(f, cfg, z)
	f.constant(2)
	f.vec(vecMul)
	f.constant(1)
	f.vec(vecSub)
	f.get(x)
	f.vec(vecAbs)
	f.constant(0.625)
	f.vec(vecLt)
	f.vec(vecBitselect)
}
