package detect

import "github.com/irum-app/irum/engine/native"

// slack is how many numbers behind the last one of an operand may be read.
const slack = native.Slack

// kernels are the fastest ones. Those of a browser are there only after its worker has begun.
func kernels() native.Kernels { return native.Fastest() }

// unbounded ends a product with its sums as they are.
var unbounded = func() native.Ending {
	lo, hi := native.Unbounded()
	return native.Ending{Lo: lo, Hi: hi}
}()

// whole shows what lies behind x too.
func whole(x []float32) []float32 { return x[:cap(x)] }

// multiply sets y [places, out] to x [places, in] times the weights, plus the bias.
func (d *dense) multiply(y, x []float32) {
	var p native.Panels
	p.Reset(d.in, d.out)
	p.Set(0, native.Dense(d.weights.value, d.in, d.out))
	p.SetBias(d.bias.value)
	places := len(y) / d.out
	kernels().Product(native.Dense(whole(y), places, d.out), native.Dense(whole(x), places, d.in), &p, unbounded)
}

// multiplyBack sets dx [places, in] to dy [places, out] times the transposed weights.
func (d *dense) multiplyBack(dx, dy []float32) {
	var p native.Panels
	p.Reset(d.out, d.in)
	p.Set(0, native.Dense(d.weights.value, d.in, d.out).T())
	places := len(dy) / d.out
	kernels().Product(native.Dense(whole(dx), places, d.in), native.Dense(whole(dy), places, d.out), &p, unbounded)
}

// correlate adds to dw [in, out] the product of the transposed x and dy.
func (d *dense) correlate(dw, dy, x []float32) {
	places := len(dy) / d.out
	kernels().AddTransposed(native.Dense(dw, d.in, d.out), native.Dense(whole(x), places, d.in), native.Dense(whole(dy), places, d.out))
}

// addSums adds to each sum its column of x.
func addSums(sum, x []float32) {
	n := len(sum)
	kernels().Sums(sum, native.Table{Data: x, Step: n}, len(x)/n)
}

// addScaled adds x * factor, by columns, to to: planes of rows of as many numbers as factor has.
func addScaled(to, x, factor []float32, p native.Planes) {
	n := len(factor)
	kernels().AddScaledOfPlanes(native.Table{Data: to, Step: n}, native.Table{Data: x, Step: n}, factor, p)
}

// addDots adds to each sum its column of x*y, over planes of rows.
func addDots(sum, x, y []float32, p native.Planes) {
	n := len(sum)
	kernels().DotsOfPlanes(sum, native.Table{Data: x, Step: n}, native.Table{Data: y, Step: n}, p)
}

// add sets y to a + b.
func add(y, a, b []float32) {
	lo, hi := native.Unbounded()
	kernels().Binary(native.Add, y, a, b, lo, hi)
}

// relu bounds y from below.
func relu(y []float32) {
	_, hi := native.Unbounded()
	kernels().Clamp(y, 0, hi)
}

// reluBack keeps of dy what has passed.
func reluBack(dy, y []float32) {
	_, hi := native.Unbounded()
	kernels().Gate(dy, dy, y, 0, hi)
}

// unpack gives the features of a view as numbers.
func unpack(to []float32, features []int8) { kernels().Unpack(to, features, 1.0/grain) }
