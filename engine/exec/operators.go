package exec

import (
	"math"

	"github.com/irum-app/irum/engine/graph"
)

func clamp(x []float32, lo, hi float32) {
	for i, v := range x {
		x[i] = min(max(v, lo), hi)
	}
}

func unary(op string, out, x []float32) {
	for i, v := range x {
		switch op {
		case "Sigmoid":
			out[i] = float32(1 / (1 + math.Exp(-float64(v))))
		case "Tanh":
			out[i] = float32(math.Tanh(float64(v)))
		case "HardSwish":
			out[i] = v * min(max(v/6+0.5, 0), 1)
		}
	}
}

// softmax over rows of n values, shifted by their maximum so that it does not overflow.
func softmax(out, x []float32, n int) {
	for at := 0; at < len(x); at += n {
		row, top := x[at:at+n], float32(math.Inf(-1))
		for _, v := range row {
			top = max(top, v)
		}
		sum := 0.0
		for i, v := range row {
			e := math.Exp(float64(v - top))
			out[at+i] = float32(e)
			sum += e
		}
		for i := range row {
			out[at+i] = float32(float64(out[at+i]) / sum)
		}
	}
}

// globalAverage sums in float64: the pooled features feed the head, so their rounding is worth avoiding.
func globalAverage(out, x []float32) {
	area := len(x) / len(out)
	for c := range out {
		sum := 0.0
		for _, v := range x[c*area:][:area] {
			sum += float64(v)
		}
		out[c] = float32(sum / float64(area))
	}
}

func pool(step *graph.Step, out, x []float32, in, shape []int) {
	g, average := step.Geometry, step.Op == "AveragePool"
	for plane := range in[0] * in[1] {
		xs, ys := x[plane*in[2]*in[3]:], out[plane*shape[2]*shape[3]:]
		for oy := range shape[2] {
			for ox := range shape[3] {
				sum, top, count := float32(0), float32(math.Inf(-1)), 0
				for kh := range g.KernelH {
					for kw := range g.KernelW {
						iy, ix := oy*g.StrideH+kh*g.DilationH-g.Top, ox*g.StrideW+kw*g.DilationW-g.Left
						if iy < 0 || ix < 0 || iy >= in[2] || ix >= in[3] {
							continue
						}
						v := xs[iy*in[3]+ix]
						sum, top, count = sum+v, max(top, v), count+1
					}
				}
				if average {
					if step.CountPad {
						count = g.KernelH * g.KernelW
					}
					top = sum / float32(max(count, 1))
				}
				ys[oy*shape[3]+ox] = top
			}
		}
	}
}

func batchNorm(out, x []float32, shape []int, epsilon float32, scale, bias, mean, variance []float32) {
	channels := shape[1]
	area := len(x) / (shape[0] * channels)
	for i := range shape[0] * channels {
		c := i % channels
		k := scale[c] / float32(math.Sqrt(float64(variance[c]+epsilon)))
		for j, v := range x[i*area:][:area] {
			out[i*area+j] = (v-mean[c])*k + bias[c]
		}
	}
}

// strides of shape seen as rank dimensions of a broadcast: 0 along an axis that is repeated.
func strides(shape []int, rank int) []int {
	out := make([]int, rank)
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] != 1 {
			out[i+rank-len(shape)] = step
		}
		step *= shape[i]
	}
	return out
}

func binary(op string, out, x, y []float32, shape, xShape, yShape []int) {
	sx, sy := strides(xShape, len(shape)), strides(yShape, len(shape))
	counter := make([]int, len(shape))
	a, b := 0, 0
	for i := range out {
		switch op {
		case "Add":
			out[i] = x[a] + y[b]
		case "Sub":
			out[i] = x[a] - y[b]
		case "Mul":
			out[i] = x[a] * y[b]
		case "Div":
			out[i] = x[a] / y[b]
		}
		for d := len(shape) - 1; d >= 0; d-- {
			counter[d]++
			a, b = a+sx[d], b+sy[d]
			if counter[d] < shape[d] {
				break
			}
			a, b = a-sx[d]*shape[d], b-sy[d]*shape[d]
			counter[d] = 0
		}
	}
}

func transpose(out, x []float32, shape, perm []int) {
	source := strides(shape, len(shape))
	counter := make([]int, len(shape))
	at := 0
	for i := range out {
		out[i] = x[at]
		for d := len(perm) - 1; d >= 0; d-- {
			axis := perm[d]
			counter[d]++
			at += source[axis]
			if counter[d] < shape[axis] {
				break
			}
			at -= source[axis] * shape[axis]
			counter[d] = 0
		}
	}
}

func reduceMean(out, x []float32, shape, axes []int) {
	kept := strides(shape, len(shape))
	size := make([]int, len(shape))
	copy(size, shape)
	count := 1
	for _, a := range axes {
		count *= shape[a]
		size[a] = 1
	}
	target := strides(size, len(shape))
	sums := make([]float64, len(out))
	for i, v := range x {
		at := 0
		for d := range shape {
			if kept[d] > 0 {
				at += i / kept[d] % shape[d] * target[d]
			}
		}
		sums[at] += float64(v)
	}
	for i, s := range sums {
		out[i] = float32(s / float64(count))
	}
}

// gemm computes alpha * A * B + beta * C of two matrices, either transposed.
func (s *Portable) gemm(step *graph.Step, out, x []float32) {
	w, shape := s.buffers[step.In[1]], s.net.Values[step.Out].Shape
	rows, cols := shape[0], shape[1]
	k := len(x) / rows
	var c []float32
	var sc []int
	if len(step.In) > 2 {
		c, sc = s.buffers[step.In[2]], strides(s.net.Values[step.In[2]].Shape, 2)
	}
	xr, xk, wk, wc := k, 1, cols, 1
	if step.TransA {
		xr, xk = 1, rows
	}
	if step.TransB {
		wk, wc = 1, k
	}
	for i := range rows {
		for j := range cols {
			sum := 0.0
			for p := range k {
				sum += float64(x[i*xr+p*xk]) * float64(w[p*wk+j*wc])
			}
			sum *= float64(step.Alpha)
			if c != nil {
				sum += float64(step.Beta) * float64(c[i*sc[0]+j*sc[1]])
			}
			out[i*cols+j] = float32(sum)
		}
	}
}

func (s *Portable) concat(step *graph.Step, out []float32) {
	axis := step.Axes[0]
	shape := s.net.Values[step.Out].Shape
	inner := 1
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	row, at := shape[axis]*inner, 0
	for _, in := range step.In {
		part := s.net.Values[in].Shape[axis] * inner
		for i := 0; part > 0 && i*row < len(out); i++ {
			copy(out[i*row+at:i*row+at+part], s.buffers[in][i*part:])
		}
		at += part
	}
}
