package detect

import (
	"math"
	"math/rand/v2"
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
	for p := 0; p < len(dy); p += d.out {
		for i, v := range dy[p:][:d.out] {
			db[i] += v
		}
	}
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

// taps calls f for every row of places and every neighbour that it has: count places of the result from to on, the same number of the input's
// from from on, and the index of the weight.
func taps(rows, cols, spread int, f func(to, from, count, tap int)) {
	for y := range rows {
		for tap := range 9 {
			r, shift := y+(tap/3-1)*spread, (tap%3-1)*spread
			if r < 0 || r >= rows {
				continue
			}
			first, end := max(-shift, 0), min(cols-shift, cols)
			if first < end {
				f(y*cols+first, r*cols+first+shift, end-first, tap)
			}
		}
	}
}

func (d *depthwise) forward(y, x []float32, rows, cols int) {
	n := d.channels
	for p := range rows * cols {
		copy(y[p*n:][:n], d.bias.value)
	}
	taps(rows, cols, d.spread, func(to, from, count, tap int) {
		addScaled(y[to*n:], x[from*n:], d.weights.value[tap*n:][:n], count)
	})
}

func (d *depthwise) backward(dw, db, dx, dy, x []float32, rows, cols int) {
	n := d.channels
	for p := range rows * cols {
		for i, v := range dy[p*n:][:n] {
			db[i] += v
		}
	}
	clear(dx)
	taps(rows, cols, d.spread, func(to, from, count, tap int) {
		addScaled(dx[from*n:], dy[to*n:], d.weights.value[tap*n:][:n], count)
		addDots(dw[tap*n:][:n], x[from*n:], dy[to*n:], count)
	})
}

// relu bounds y from below; reluBack keeps of dy what has passed.
func relu(y []float32) {
	for i, v := range y {
		if v < 0 {
			y[i] = 0
		}
	}
}

func reluBack(dy, y []float32) {
	for i, v := range y {
		if v <= 0 {
			dy[i] = 0
		}
	}
}
