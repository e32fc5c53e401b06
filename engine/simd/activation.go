package simd

import (
	"math"

	"github.com/irum-app/irum/engine/graph"
)

// simple are the activations that are one instruction.
var simple = map[string]uint64{"Sqrt": vecSqrt, "Neg": vecNeg, "Abs": vecAbs, "Floor": vecFloor, "Ceil": vecCeil, "Round": vecNearest}

// composed are the activations that unary puts together.
var composed = map[string]func(f *function, cfg Config, a graph.Activation, x int){
	"Sigmoid": func(f *function, cfg Config, _ graph.Activation, x int) { sigmoid(f, cfg, x) },
	"Tanh":    func(f *function, cfg Config, _ graph.Activation, x int) { tanh(f, cfg, x) },
	"Silu": func(f *function, cfg Config, _ graph.Activation, x int) {
		sigmoid(f, cfg, x)
		f.get(x)
		f.vec(vecMul)
	},
	"Exp": func(f *function, cfg Config, _ graph.Activation, x int) {
		f.get(x)
		exp(f, cfg)
	},
	"Reciprocal": func(f *function, _ Config, _ graph.Activation, x int) {
		f.constant(1)
		f.get(x)
		f.vec(vecDiv)
	},
	"Mish": func(f *function, cfg Config, _ graph.Activation, x int) { // x n / (n + 2) with n = e (e + 2), e = exp(x)
		n := f.shared("mish n", typeV128)
		f.get(x)
		f.clamp(-87, 20)
		exp(f, cfg)
		f.set(n)
		f.get(n)
		f.get(n)
		f.constant(2)
		f.vec(vecAdd)
		f.vec(vecMul)
		f.set(n)
		f.get(x)
		f.get(n)
		f.vec(vecMul)
		f.get(n)
		f.constant(2)
		f.vec(vecAdd)
		f.vec(vecDiv)
	},
	"HardSwish": func(f *function, _ Config, _ graph.Activation, x int) { // x * min(max(x/6 + 1/2, 0), 1)
		f.get(x)
		f.constant(6)
		f.vec(vecDiv)
		f.constant(0.5)
		f.vec(vecAdd)
		f.clamp(0, 1)
		f.get(x)
		f.vec(vecMul)
	},
	"HardSigmoid": func(f *function, _ Config, a graph.Activation, x int) {
		f.get(x)
		f.constant(a.Alpha)
		f.vec(vecMul)
		f.constant(a.Beta)
		f.vec(vecAdd)
		f.clamp(0, 1)
	},
	"LeakyRelu": func(f *function, _ Config, a graph.Activation, x int) {
		f.get(x)
		f.constant(a.Alpha)
		parametric(f)
	},
	"Elu": func(f *function, cfg Config, a graph.Activation, x int) { // max(x, 0) + alpha (exp(min(x, 0)) - 1)
		f.get(x)
		f.constant(0)
		f.vec(vecPMin)
		exp(f, cfg)
		f.constant(1)
		f.vec(vecSub)
		f.constant(a.Alpha)
		f.vec(vecMul)
		f.get(x)
		f.constant(0)
		f.vec(vecPMax)
		f.vec(vecAdd)
	},
	"Erf": func(f *function, cfg Config, _ graph.Activation, x int) { erf(f, cfg, x) },
	"Gelu": func(f *function, cfg Config, _ graph.Activation, x int) { // x/2 * (1 + erf(x / sqrt 2))
		z := f.shared("gelu z", typeV128)
		f.get(x)
		f.constant(1 / math.Sqrt2)
		f.vec(vecMul)
		f.set(z)
		erf(f, cfg, z)
		f.constant(1)
		f.vec(vecAdd)
		f.get(x)
		f.constant(0.5)
		f.vec(vecMul)
		f.vec(vecMul)
	},
	"GeluTanh": func(f *function, cfg Config, _ graph.Activation, x int) { // x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))
		z := f.shared("gelu z", typeV128)
		f.get(x)
		f.get(x)
		f.vec(vecMul)
		f.constant(0.044715)
		f.vec(vecMul)
		f.constant(1)
		f.vec(vecAdd)
		f.get(x)
		f.vec(vecMul)
		f.constant(float32(2 * math.Sqrt(2/math.Pi)))
		f.vec(vecMul)
		f.set(z)
		sigmoid(f, cfg, z)
		f.get(x)
		f.vec(vecMul)
	},
}

// hasUnary tells whether there is code for an operator of one operand. A Clamp is all in the bounds.
func hasUnary(op string) bool { return op == "Clamp" || simple[op] != 0 || composed[op] != nil }

// unary replaces the vector on the stack by an activation of it.
func unary(f *function, cfg Config, a graph.Activation) {
	if code := simple[a.Op]; code != 0 {
		f.vec(code)
		return
	}
	x := f.shared("activated", typeV128)
	f.set(x)
	composed[a.Op](f, cfg, a, x)
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

// erf pushes the error function, within 2e-7: 1 - (a1 t + ... + a5 t^5) exp(-x^2) with t = 1/(1 + p|x|), and the sign of x
// (Abramowitz and Stegun 7.1.26).
func erf(f *function, cfg Config, x int) {
	t, sum := f.shared("erf t", typeV128), f.shared("erf sum", typeV128)
	f.constant(1)
	f.get(x)
	f.vec(vecAbs)
	f.constant(0.3275911)
	f.vec(vecMul)
	f.constant(1)
	f.vec(vecAdd)
	f.vec(vecDiv)
	f.set(t)
	f.constant(1.061405429)
	f.set(sum)
	for _, c := range []float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
		f.get(sum)
		f.get(t)
		f.constant(c)
		cfg.multiplyAdd(f)
		f.set(sum)
	}
	f.constant(1)
	f.get(sum)
	f.get(t)
	f.vec(vecMul)
	f.get(x)
	f.get(x)
	f.vec(vecMul)
	f.vec(vecNeg)
	exp(f, cfg)
	f.vec(vecMul)
	f.vec(vecSub)
	f.get(x)
	f.bits(math.MinInt32)
	f.vec(vecAnd)
	f.vec(vecOr)
}
