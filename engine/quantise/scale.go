package quantise

import (
	"math"

	"github.com/irum-app/irum/engine/onnx"
)

const most = 127 // of an integer's size; -128 is left out, so that the grid is symmetric

// grid is a tensor as integers with a scale for every index of one axis.
type grid struct {
	integers, scales onnx.Tensor
	axis             int
	squares          float64 // sum of the squared errors
}

// nearestGrid gives the grid that is nearest to a matrix or to a convolution's weights, finite floats: with a scale for every
// index of the first axis or of the second. In layers whose inputs have very different ranges the channels of the input are the
// ones to tell apart.
func nearestGrid(t *onnx.Tensor) grid {
	first, second := gridAlong(t, 0), gridAlong(t, 1)
	if second.squares < first.squares {
		return second
	}
	return first
}

func gridAlong(t *onnx.Tensor, axis int) grid {
	values := t.Floats()
	channels, run := int(t.Dims[axis]), 1
	for _, d := range t.Dims[axis+1:] {
		run *= int(d)
	}
	g := grid{axis: axis, integers: onnx.Tensor{Type: onnx.Int8, Dims: t.Dims, Raw: make([]byte, len(values))}}
	scales := make([]float32, channels)
	one := make([]float32, 0, len(values)/max(channels, 1))
	for c := range channels {
		one = one[:0]
		for at := c * run; at < len(values); at += channels * run {
			one = append(one, values[at:at+run]...)
		}
		scale, squares := nearestScale(one)
		scales[c] = scale
		g.squares += squares
		for at := c * run; at < len(values); at += channels * run {
			for i, v := range values[at : at+run] {
				g.integers.Raw[at+i] = byte(int8(nearest(v, scale)))
			}
		}
	}
	g.scales = onnx.FloatTensor("", scales, int64(channels))
	return g
}

// floats gives the numbers that the integers stand for.
func (g *grid) floats() []float32 {
	values, scales, run := g.integers.Floats(), g.scales.Floats(), 1
	for _, d := range g.integers.Dims[g.axis+1:] {
		run *= int(d)
	}
	for i := range values {
		values[i] *= scales[i/run%len(scales)]
	}
	return values
}

// nearest rounds v to the grid of a scale, ties to even.
func nearest(v, scale float32) float64 {
	return min(max(math.RoundToEven(float64(v)/float64(scale)), -most), most)
}

// nearestScale gives the scale whose grid -127..127 comes nearest to w by the sum of squared errors, and that sum. A finer grid
// that cuts off the few largest values is often nearer than one that reaches them, so it tries grids from the whole range down to
// half of it and then fits the best: with the integers q held, the best scale is sum(w q) / sum(q q). The scale of zeros is 1.
func nearestScale(w []float32) (best float32, least float64) {
	reach := 0.0
	for _, v := range w {
		reach = max(reach, math.Abs(float64(v)))
	}
	if reach < most*0x1p-126 { // below it the scale would be no normal number
		return 1, 0
	}
	const tries, fits = 32, 3
	least = math.Inf(1)
	try := func(scale float32) (fitted float32) {
		var wq, qq, squares float64
		for _, v := range w {
			q := nearest(v, scale)
			e := float64(v) - float64(float64(scale)*q)
			// conversions keep products from being fused with sums, which would give other bytes on other processors
			squares += float64(e * e)
			wq += float64(float64(v) * q)
			qq += float64(q * q)
		}
		if squares < least {
			best, least = scale, squares
		}
		return float32(wq / qq)
	}
	for k := range tries {
		try(float32(reach / most * (1 - 0.5*float64(k)/tries)))
	}
	for fitted, k := try(best), 0; k < fits && fitted != best; k++ {
		fitted = try(fitted)
	}
	return best, least
}
