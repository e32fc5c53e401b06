package exec

import (
	"math"
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
)

func clamp(x []float32, lo, hi float32) {
	for i, v := range x {
		x[i] = min(max(v, lo), hi)
	}
}

// softmax over n values at a distance of inner from each other, shifted by their maximum so that it does not overflow.
func softmax(out, x []float32, n, inner int) {
	for block := 0; block < len(x); block += n * inner {
		for at := block; at < block+inner; at++ {
			top, sum := float32(math.Inf(-1)), 0.0
			for i := at; i < block+n*inner; i += inner {
				top = max(top, x[i])
			}
			for i := at; i < block+n*inner; i += inner {
				e := math.Exp(float64(x[i] - top))
				out[i] = float32(e)
				sum += e
			}
			for i := at; i < block+n*inner; i += inner {
				out[i] = float32(float64(out[i]) / sum)
			}
		}
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
						count = covered(oy*g.StrideH-g.Top, g.KernelH, g.DilationH, in[2]+g.Bottom) * covered(ox*g.StrideW-g.Left, g.KernelW, g.DilationW, in[3]+g.Right)
					}
					top = sum / float32(max(count, 1))
				}
				ys[oy*shape[3]+ox] = top
			}
		}
	}
}

// covered is how many of a window's n places, from the first on, lie before end, where the padding is over.
func covered(first, n, dilation, end int) int {
	return max(min(n, (end-first+dilation-1)/dilation), 0)
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

// reduce sums or averages over axes, in float64, or takes the least or largest.
func reduce(op string, out, x []float32, shape, axes []int) {
	kept := layout.Broadcast(shape, len(shape))
	size := slices.Clone(shape)
	count := 1
	for _, a := range axes {
		count *= shape[a]
		size[a] = 1
	}
	target := layout.Broadcast(size, len(shape))
	results := make([]float64, len(out))
	for i := range results {
		results[i] = map[string]float64{"ReduceMax": math.Inf(-1), "ReduceMin": math.Inf(1)}[op]
	}
	for i, v := range x {
		at := 0
		for d := range shape {
			if kept[d] > 0 {
				at += i / kept[d] % shape[d] * target[d]
			}
		}
		switch op {
		case "ReduceMax":
			results[at] = max(results[at], float64(v))
		case "ReduceMin":
			results[at] = min(results[at], float64(v))
		default:
			results[at] += float64(v)
		}
	}
	if op == "ReduceMean" {
		for i := range results {
			results[i] /= float64(count)
		}
	}
	for i, s := range results {
		out[i] = float32(s)
	}
}

// localResponse divides by a power of the squares' sum over size neighbouring channels.
func localResponse(step *graph.Step, out, x []float32, shape []int) {
	size, channels, area := step.Geometry.Group, shape[1], layout.Len(shape[2:])
	for i := range shape[0] * channels {
		c := i % channels
		from, to := max(c-(size-1)/2, 0), min(c+size/2, channels-1)
		for k := range area {
			sum := 0.0
			for other := from; other <= to; other++ {
				v := float64(x[(i-c+other)*area+k])
				sum += v * v
			}
			scale := math.Pow(float64(step.Lo)+float64(step.Alpha)/float64(size)*sum, float64(step.Beta))
			out[i*area+k] = float32(float64(x[i*area+k]) / scale)
		}
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
		c, sc = s.buffers[step.In[2]], layout.Broadcast(s.net.Values[step.In[2]].Shape, 2)
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

// matMul multiplies the matrices in the last two axes.
func matMul(out, x, y []float32, shape, xShape, yShape []int) {
	if len(xShape) == 1 {
		xShape, shape = []int{1, xShape[0]}, slices.Insert(slices.Clone(shape), len(shape)-1, 1)
	}
	if len(yShape) == 1 {
		yShape, shape = []int{yShape[0], 1}, append(slices.Clone(shape), 1)
	}
	rank := len(shape) - 2
	rows, cols, depth := shape[rank], shape[rank+1], xShape[len(xShape)-1]
	batch := append(slices.Clone(shape[:rank]), 1) // the runs of the walk are of one pair of matrices
	sx := append(layout.Broadcast(xShape, len(shape))[:rank], 0)
	sy := append(layout.Broadcast(yShape, len(shape))[:rank], 0)
	clear(out)
	at := 0
	layout.Walk(batch, [][]int{sx, sy}, func(_ int, from []int) {
		multiply(out[at:at+rows*cols], x[from[0]:], y[from[1]:], rows, depth, cols)
		at += rows * cols
	})
}

func (s *Portable) concat(step *graph.Step, out []float32) {
	parts, shapes := make([][]float32, len(step.In)), make([][]int, len(step.In))
	for k, in := range step.In {
		parts[k], shapes[k] = s.buffers[in], s.net.Values[in].Shape
	}
	layout.Concat(out, s.net.Values[step.Out].Shape, step.Axes[0], parts, shapes)
}

// pad lays x into out, which is filled with a number.
func pad(step *graph.Step, out, x []float32, inShape, shape []int) {
	for i := range out {
		out[i] = step.Alpha
	}
	part := step.Padding(inShape, shape)
	from, to := layout.Strides(inShape), layout.Strides(shape)
	writing := part.Writing(to)
	last := len(part.Shape) - 1
	layout.Walk(part.Shape, [][]int{from, writing}, func(_ int, at []int) {
		source, target := part.From(from)+at[0], part.To(to)+at[1]
		for range part.Shape[last] {
			out[target] = x[source]
			source, target = source+1, target+writing[last]
		}
	})
}

// shuffle moves channel i*(C/group)+j to j*group+i.
func shuffle(out, x []float32, shape []int, group int) {
	channels, area := shape[1], shape[2]*shape[3]
	each := channels / group
	for n := range shape[0] {
		for c := range channels {
			to := (n*channels + c%each*group + c/each) * area
			copy(out[to:to+area], x[(n*channels+c)*area:])
		}
	}
}

// interpolate resizes the last two axes.
func interpolate(step *graph.Step, out, x []float32, inShape, shape []int) {
	rows, cols := step.Lines[0], step.Lines[1]
	for plane := range shape[0] * shape[1] {
		source := x[plane*inShape[2]*inShape[3]:][:inShape[2]*inShape[3]]
		target := out[plane*shape[2]*shape[3]:][:shape[2]*shape[3]]
		for y, wy := range rows.Weight {
			top, bottom := source[rows.From[y]*inShape[3]:], source[rows.To[y]*inShape[3]:]
			for i, wx := range cols.Weight {
				a, b := cols.From[i], cols.To[i]
				upper, lower := top[a]+wx*(top[b]-top[a]), bottom[a]+wx*(bottom[b]-bottom[a])
				target[y*shape[3]+i] = upper + wy*(lower-upper)
			}
		}
	}
}
