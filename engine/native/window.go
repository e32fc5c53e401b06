package native

import "math"

// Tap is one place under a window.
type Tap struct {
	X int // floats from the pixel under the window's origin, which may lie outside the image, to the one under this place
	W int // floats from the first weight to those of this place
}

// Window describes a row of neighbouring results of a window that slides over each channel by itself. Distances are in floats.
type Window struct {
	Taps          []Tap // those inside the image
	Channels      int   // of a pixel, a multiple of 4
	Count         int   // pixels
	StepX, StepTo int   // between the origins of two windows, between two results
	Divisor       float32
	Lo, Hi        float32
}

// Depthwise gives for each pixel and channel its bias and the sum of the products of weights and values under the window, plus
// the residual if it is not nil, bounded. The window's first origin is the float at of x, which may be negative; every tap of
// every window lies inside x.
func (k Kernels) Depthwise(w *Window, x []float32, at int, weights, bias, to, residual []float32) {
	if k.assembly {
		last := w.inside(x, at, to, residual)
		_, _ = weights[last+w.Channels-1], bias[w.Channels-1]
		assemblyDepthwise(w, &x[0], at, &weights[0], &bias[0], &to[0], first(residual))
		return
	}
	w.portable(x, at, to, residual, func(sums []float32, c int) {
		copy(sums, bias[c:])
	}, func(sums, values []float32, c int, tap Tap) {
		row := weights[tap.W+c:]
		for i, v := range values {
			sums[i] += v * row[i]
		}
	})
}

// Maximum gives the largest value under the window, minus infinity for a window without taps, and NaN if one is.
func (k Kernels) Maximum(w *Window, x []float32, at int, to, residual []float32) {
	if k.assembly {
		w.inside(x, at, to, residual)
		assemblyMaximum(w, &x[0], at, &to[0], first(residual))
		return
	}
	w.portable(x, at, to, residual, func(sums []float32, _ int) {
		for i := range sums {
			sums[i] = float32(math.Inf(-1))
		}
	}, func(sums, values []float32, _ int, _ Tap) {
		for i, v := range values {
			sums[i] = max(sums[i], v)
		}
	})
}

// Average gives the sum of the values under the window, divided by w.Divisor.
func (k Kernels) Average(w *Window, x []float32, at int, to, residual []float32) {
	if k.assembly {
		w.inside(x, at, to, residual)
		assemblyAverage(w, &x[0], at, &to[0], first(residual))
		return
	}
	whole := *w
	whole.Lo, whole.Hi = Unbounded()
	whole.portable(x, at, to, nil, func(sums []float32, _ int) { clear(sums) }, func(sums, values []float32, _ int, _ Tap) {
		for i, v := range values {
			sums[i] += v
		}
	})
	for p := range w.Count {
		for c := range w.Channels {
			i := p*w.StepTo + c
			v := to[i] / w.Divisor
			if residual != nil {
				v += residual[i]
			}
			to[i] = bounded(v, w.Lo, w.Hi)
		}
	}
}

func first(s []float32) *float32 {
	if s == nil {
		return nil
	}
	return &s[0]
}

// inside panics where the assembly would leave a slice, and gives the place of the last weights.
func (w *Window) inside(x []float32, at int, to, residual []float32) (lastWeight int) {
	if w.Channels < 4 || w.Channels%4 != 0 || w.Count < 1 || w.StepX < 0 || w.StepTo < 0 {
		panic("native: a window of impossible sizes")
	}
	end := (w.Count-1)*w.StepX + w.Channels - 1
	for _, tap := range w.Taps {
		_, _ = x[at+tap.X], x[at+tap.X+end]
		if tap.W < 0 {
			panic("native: a weight before the first")
		}
		lastWeight = max(lastWeight, tap.W)
	}
	end = (w.Count-1)*w.StepTo + w.Channels - 1
	_ = to[end]
	if residual != nil {
		_ = residual[end]
	}
	return lastWeight
}

// portable runs the window in blocks of channels.
func (w *Window) portable(x []float32, at int, to, residual []float32, start func(sums []float32, c int), take func(sums, values []float32, c int, tap Tap)) {
	const block = 64
	var sums [block]float32
	for p := range w.Count {
		for c := 0; c < w.Channels; c += block {
			n := min(block, w.Channels-c)
			line := sums[:n]
			start(line, c)
			for _, tap := range w.Taps {
				take(line, x[at+p*w.StepX+tap.X+c:][:n], c, tap)
			}
			i := p*w.StepTo + c
			if residual != nil {
				for k, v := range residual[i:][:n] {
					line[k] += v
				}
			}
			out := to[i:][:n]
			for k, v := range line {
				out[k] = bounded(v, w.Lo, w.Hi)
			}
		}
	}
}
