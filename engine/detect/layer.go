package detect

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/native"
)

// param is a tensor that is learnt, with Adam's moments.
type param struct {
	value, mean, square []float32
	decay               bool
}

func newParam(n int, decay bool) *param {
	return &param{make([]float32, n), make([]float32, n), make([]float32, n), decay}
}

// dense is a 1x1 convolution over places: weights [in, out].
type dense struct {
	in, out       int
	weights, bias *param
}

func newDense(in, out int, scale float64, rng *rand.Rand) *dense {
	d := &dense{in, out, newParam(in*out, true), newParam(out, false)}
	for i := range d.weights.value {
		d.weights.value[i] = float32(rng.NormFloat64() * scale / math.Sqrt(float64(in)))
	}
	return d
}

// forward gives y [places, out] of x [places, in].
func (d *dense) forward(y, x []float32) { d.multiply(y, x) }

// backward adds to the gradients of weights and bias, and gives dx unless it is nil. dy is the gradient of y.
func (d *dense) backward(dw, db, dx, dy, x []float32) {
	addSums(db, dy)
	d.correlate(dw, dy, x)
	if dx != nil {
		d.multiplyBack(dx, dy)
	}
}

// depthwise is a 3x3 convolution of each channel by itself over places that lie apart as far as spread says, with a border of zeros: weights
// [9, channels].
type depthwise struct {
	channels      int
	spread        int
	weights, bias *param
}

func newDepthwise(channels, spread int, rng *rand.Rand) *depthwise {
	d := &depthwise{channels, spread, newParam(9*channels, true), newParam(channels, false)}
	for i := range d.weights.value {
		d.weights.value[i] = float32(rng.NormFloat64() / 3)
	}
	return d
}

// tap calls f for one of nine neighbours with all places that have it: the first of the result and the first of the input, and the
// planes, one for each row, that both lie in.
func (d *depthwise) tap(tap, rows, cols int, f func(to, from int, p native.Planes)) {
	down, right := (tap/3-1)*d.spread, (tap%3-1)*d.spread
	top, left := max(-down, 0), max(-right, 0)
	high, wide := min(rows-down, rows)-top, min(cols-right, cols)-left
	if high > 0 && wide > 0 {
		pitch := cols * d.channels
		f(top*cols+left, (top+down)*cols+left+right, native.Planes{Rows: wide, Count: high, A: pitch, B: pitch})
	}
}

func (d *depthwise) forward(y, x []float32, rows, cols int) {
	n := d.channels
	for p := range rows * cols {
		copy(y[p*n:][:n], d.bias.value)
	}
	for tap := range 9 {
		d.tap(tap, rows, cols, func(to, from int, p native.Planes) {
			addScaled(y[to*n:], x[from*n:], d.weights.value[tap*n:][:n], p)
		})
	}
}

func (d *depthwise) backward(dw, db, dx, dy, x []float32, rows, cols int) {
	n := d.channels
	addSums(db, dy)
	clear(dx)
	for tap := range 9 {
		d.tap(tap, rows, cols, func(to, from int, p native.Planes) {
			addScaled(dx[from*n:], dy[to*n:], d.weights.value[tap*n:][:n], p)
			addDots(dw[tap*n:][:n], x[from*n:], dy[to*n:], p)
		})
	}
}
