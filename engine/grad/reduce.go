package grad

import (
	"math"
	"slices"

	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/native"
)

// places gives where the numbers lie over some axes of v, the last axis fastest.
func (v *value) places(axes []int) []int {
	var shape, strides []int
	for _, a := range axes {
		shape, strides = append(shape, v.shape[a]), append(strides, v.strides[a])
	}
	out := make([]int, layout.Len(shape))
	at := make([]int32, len(out))
	for i := range at {
		rest := i
		for k := len(shape) - 1; k >= 0; k-- {
			out[i] += rest % shape[k] * strides[k]
			rest /= shape[k]
		}
	}
	return out
}

// others gives the axes of v that are not named.
func (v *value) others(axes []int) []int {
	var out []int
	for a := range v.shape {
		if !slices.Contains(axes, a) {
			out = append(out, a)
		}
	}
	return out
}

// reduce sums, averages or takes the extreme over axes.
type reduce struct {
	name   string
	x, out *value
	groups []int // where the numbers that make one result begin
	inner  []int // where each of them lies behind that
	to     []int // where the result goes
	pixels bool  // all pixels of an image, channel by channel
}

func newReduce(name string, x, out *value, axes []int) *reduce {
	r := &reduce{name: name, x: x, out: out, groups: x.places(x.others(axes)), inner: x.places(axes)}
	var kept []int // axes of the result that are not reduced ones of length 1
	if len(out.shape) == len(x.shape) {
		kept = x.others(axes)
	} else {
		for a := range out.shape {
			kept = append(kept, a)
		}
	}
	r.to = out.places(kept)
	mean := name == "ReduceMean" || name == "ReduceSum"
	r.pixels = mean && x.batched && slices.Equal(axes, []int{2, 3}) && x.shape[0] == 1
	return r
}

func (r *reduce) result() *value { return r.out }

// weight is what a sum is multiplied by.
func (r *reduce) weight() float32 {
	if r.name == "ReduceMean" {
		return 1 / float32(len(r.inner))
	}
	return 1
}

func (r *reduce) forward(n *Net) {
	n.team.each(n.count(r.out), func(_, i int) {
		x, out := r.x.at(i), r.out.at(i)
		if r.pixels {
			sums := out[:r.out.size]
			clear(sums)
			n.kernels.Sums(sums, native.Table{Data: x, Step: len(sums)}, len(r.inner))
			n.kernels.Affine(sums, r.weight(), 0)
			return
		}
		for k, base := range r.groups {
			if r.name == "ReduceMax" || r.name == "ReduceMin" {
				out[r.to[k]] = x[base+r.inner[r.extreme(x[base:])]]
				continue
			}
			sum := 0.0
			for _, p := range r.inner {
				sum += float64(x[base+p])
			}
			out[r.to[k]] = float32(sum) * r.weight()
		}
	})
}

// extreme gives which of a group's numbers is the first of the largest or smallest.
func (r *reduce) extreme(x []float32) int {
	best := 0
	for i, p := range r.inner {
		v, top := x[p], x[r.inner[best]]
		if r.name == "ReduceMax" && v > top || r.name == "ReduceMin" && v < top {
			best = i
		}
	}
	return best
}

func (r *reduce) backward(n *Net) {
	g := n.adding(r.x)
	n.team.each(n.count(r.out), func(worker, i int) {
		x, dx, dy := r.x.at(i), r.x.part(g, i), r.out.part(r.out.grad, i)
		if r.pixels {
			n.kernels.Affine(dy[:r.out.size], r.weight(), 0)
			factor := slices.Repeat([]float32{1}, r.out.size)
			n.kernels.AddScaled(native.Table{Data: dx, Step: r.out.size}, native.Table{Data: dy}, factor, len(r.inner))
			return
		}
		for k, base := range r.groups {
			v := dy[r.to[k]]
			if r.name == "ReduceMax" || r.name == "ReduceMin" {
				dx[base+r.inner[r.extreme(x[base:])]] += v
				continue
			}
			v *= r.weight()
			for _, p := range r.inner {
				dx[base+p] += v
			}
		}
	})
}

// softmax normalises exponentials over axes.
type softmax struct {
	x, out        *value
	groups, inner []int
}

func newSoftmax(x, out *value, first, last int) *softmax {
	var axes []int
	for a := first; a <= last; a++ {
		axes = append(axes, a)
	}
	return &softmax{x, out, x.places(x.others(axes)), x.places(axes)}
}

func (s *softmax) result() *value { return s.out }

func (s *softmax) forward(n *Net) {
	n.team.each(n.count(s.out), func(_, i int) {
		x, out := s.x.at(i), s.out.at(i)
		for _, base := range s.groups {
			top, sum := float32(math.Inf(-1)), 0.0
			for _, p := range s.inner {
				top = max(top, x[base+p])
			}
			for _, p := range s.inner {
				e := math.Exp(float64(x[base+p] - top))
				out[base+p] = float32(e)
				sum += e
			}
			for _, p := range s.inner {
				out[base+p] = float32(float64(out[base+p]) / sum)
			}
		}
	})
}

// backward is y * (dy - the sum of y*dy).
func (s *softmax) backward(n *Net) {
	n.contribute(s.x, func(g []float32) {
		n.team.each(n.count(s.out), func(_, i int) {
			y, dy, dx := s.out.at(i), s.out.part(s.out.grad, i), s.x.part(g, i)
			for _, base := range s.groups {
				sum := 0.0
				for _, p := range s.inner {
					sum += float64(y[base+p]) * float64(dy[base+p])
				}
				for _, p := range s.inner {
					dx[base+p] = y[base+p] * (dy[base+p] - float32(sum))
				}
			}
		})
	})
}

// interpolate resizes the rows and columns of images.
type interpolate struct {
	x, out *value
	lines  [2]axisLine
}

// axisLine says for each index of an axis between which two indices of the input it lies, and how near to the second.
type axisLine struct {
	from, to []int
	weight   []float32
}

func (p *interpolate) result() *value { return p.out }

// corners calls visit for every pixel of the result with the four of the input around it and their weights.
func (p *interpolate) corners(visit func(out int, in [4]int, weight [4]float32)) {
	rows, cols, c, width := p.lines[0], p.lines[1], p.x.shape[1], p.x.shape[3]
	at := 0
	for y, v := range rows.weight {
		for x, w := range cols.weight {
			top, bottom := rows.from[y]*width, rows.to[y]*width
			a, b := cols.from[x], cols.to[x]
			visit(at*c, [4]int{(top + a) * c, (top + b) * c, (bottom + a) * c, (bottom + b) * c}, [4]float32{(1 - v) * (1 - w), (1 - v) * w, v * (1 - w), v * w})
			at++
		}
	}
}

func (p *interpolate) forward(n *Net) {
	c := p.x.shape[1]
	n.team.each(n.images, func(_, i int) {
		x, out := p.x.at(i), p.out.at(i)
		p.corners(func(to int, in [4]int, w [4]float32) {
			line := out[to : to+c]
			for k := range line {
				line[k] = x[in[0]+k]*w[0] + x[in[1]+k]*w[1] + x[in[2]+k]*w[2] + x[in[3]+k]*w[3]
			}
		})
	})
}

func (p *interpolate) backward(n *Net) {
	g, c := n.adding(p.x), p.x.shape[1]
	n.team.each(n.images, func(_, i int) {
		dx, dy := p.x.part(g, i), p.out.part(p.out.grad, i)
		p.corners(func(from int, in [4]int, w [4]float32) {
			for k, v := range dy[from : from+c] {
				for corner, at := range in {
					dx[at+k] += v * w[corner]
				}
			}
		})
	})
}
