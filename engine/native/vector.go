package native

import "math"

// Binary is an operator of two vectors.
type Binary int

// The operators of two vectors. PRelu is max(x, 0) + y*min(x, 0); Min and Max are NaN where one operand is.
const (
	Add Binary = iota
	Sub
	Mul
	Div
	Min
	Max
	PRelu
)

// Unary is an operator of one vector.
type Unary int

// The operators of one vector. Round goes to the nearest integer, halves to the even one. Exp is within 2 units in the last
// place; its argument is bounded to [-87, 88].
const (
	Sqrt Unary = iota
	Abs
	Neg
	Floor
	Ceil
	Round
	Reciprocal
	Exp
)

// Binary sets to to op(x, y) within the bounds. All are of to's length or longer, and may be the same.
func (k Kernels) Binary(op Binary, to, x, y []float32, lo, hi float32) {
	n := len(to)
	x, y = x[:n], y[:n]
	done := 0
	switch {
	case n < 4:
	case k.module && op == Add:
		done = n &^ 3
		moduleAdd(&to[0], &x[0], &y[0], done, lo, hi)
	case k.assembly:
		done = n &^ 3
		assemblyBinary(op, &to[0], &x[0], &y[0], done, lo, hi)
	}
	for i := done; i < n; i++ {
		to[i] = bounded(op.of(x[i], y[i]), lo, hi)
	}
}

func (op Binary) of(x, y float32) float32 {
	switch op {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	case Min:
		return min(x, y)
	case Max:
		return max(x, y)
	}
	product := y * bounded(x, float32(math.Inf(-1)), 0)
	return bounded(x, 0, float32(math.Inf(1))) + product
}

// Unary replaces x by op(x).
func (k Kernels) Unary(op Unary, x []float32) {
	done := 0
	if k.assembly && len(x) >= 4 {
		done = len(x) &^ 3
		assemblyUnary(op, &x[0], done)
	}
	for i := done; i < len(x); i++ {
		x[i] = op.of(x[i])
	}
}

func (op Unary) of(x float32) float32 {
	switch op {
	case Sqrt:
		return float32(math.Sqrt(float64(x)))
	case Abs:
		return float32(math.Abs(float64(x)))
	case Neg:
		return -x
	case Floor:
		return float32(math.Floor(float64(x)))
	case Ceil:
		return float32(math.Ceil(float64(x)))
	case Round:
		return float32(math.RoundToEven(float64(x)))
	case Reciprocal:
		return 1 / x
	}
	return exp(x)
}

// exp is x = n ln 2 + r, and a polynomial in |r| < ln 2 / 2 (Cephes expf).
func exp(x float32) float32 {
	const log2e, ln2High, ln2Low = 1.44269504088896341, 0.693359375, -2.12194440e-4
	x = bounded(x, -87, 88)
	if x != x {
		return x
	}
	n := float32(math.RoundToEven(float64(x * log2e)))
	x -= n * ln2High
	x -= n * ln2Low
	p := float32(1.9875691500e-4)
	for _, c := range [...]float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		p = p*x + c
	}
	p = p*(x*x) + x + 1
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}

// Clamp bounds x. NaN stays NaN.
func (k Kernels) Clamp(x []float32, lo, hi float32) {
	done := 0
	switch {
	case len(x) < 4:
	case k.module:
		done = len(x) &^ 3
		moduleClamp(&x[0], done, lo, hi)
	case k.assembly:
		done = len(x) &^ 3
		assemblyClamp(&x[0], done, lo, hi)
	}
	for i := done; i < len(x); i++ {
		x[i] = bounded(x[i], lo, hi)
	}
}

// Affine replaces x by x*factor + plus, rounded twice.
func (k Kernels) Affine(x []float32, factor, plus float32) {
	done := 0
	if k.assembly && len(x) >= 4 {
		done = len(x) &^ 3
		assemblyAffine(&x[0], done, factor, plus)
	}
	for i := done; i < len(x); i++ {
		x[i] = float32(x[i]*factor) + plus
	}
}

// Horner replaces p by p*z + c, one step of a polynomial.
func (k Kernels) Horner(p, z []float32, c float32) {
	z = z[:len(p)]
	done := 0
	if k.assembly && len(p) >= 4 {
		done = len(p) &^ 3
		assemblyHorner(&p[0], &z[0], done, c)
	}
	for i := done; i < len(p); i++ {
		p[i] = p[i]*z[i] + c
	}
}
