package grad

import (
	"math"
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/native"
)

// binary is an operator of two tensors, the smaller repeated as ONNX says.
type binary struct {
	name      string
	x, y, out *value
	end       bounds
	way       way
}

// way is how the loops of a binary run.
type way int

const (
	stepwise  way = iota // any shapes, number by number
	flat                 // all three lie alike
	perColumn            // y has one number for each channel, of each image or of all
)

func newBinary(name string, x, y, out *value) *binary {
	b := &binary{name: name, x: x, y: y, out: out, end: unbounded}
	alike := func(v *value) bool {
		return v.batched == out.batched && slices.Equal(v.shape, out.shape) && slices.Equal(v.strides, out.strides)
	}
	switch _, simple := kernelOf[name]; {
	case alike(x) && alike(y) && simple:
		b.way = flat
	case alike(x) && out.batched && b.columns(y) && name != "Min" && name != "Max" && simple:
		b.way = perColumn
	case alike(y) && out.batched && b.columns(x) && (name == "Add" || name == "Mul"):
		b.x, b.y, b.way = y, x, perColumn
	}
	return b
}

// columns tells whether v has one number for each channel of the result, which lies in rows of channels.
func (b *binary) columns(v *value) bool {
	rank, axis := len(b.out.shape), len(b.out.shape)-1
	if rank == 4 {
		axis = 1
	}
	if v.size != b.out.channels() {
		return false
	}
	k := axis - rank + len(v.shape)
	return k >= 0 && v.shape[k] == v.size
}

var kernelOf = map[string]native.Binary{"Add": native.Add, "Sub": native.Sub, "Mul": native.Mul, "Div": native.Div, "Min": native.Min, "Max": native.Max}

func (b *binary) result() *value { return b.out }

func (b *binary) forward(n *Net) {
	size := n.count(b.out) * b.out.size
	switch b.way {
	case flat:
		n.chunks(size, func(_, from, to int) {
			n.kernels.Binary(kernelOf[b.name], b.out.data[from:to], b.x.data[from:], b.y.data[from:], b.end.lo, b.end.hi)
		})
	case perColumn:
		channels := b.out.channels()
		n.team.each(n.images, func(worker, i int) {
			factor, shift := b.affine(n, worker, b.y.at(i)[:channels])
			x, out := native.Table{Data: b.x.at(i), Step: channels}, native.Table{Data: b.out.at(i), Step: channels}
			n.kernels.Scale(out, x, factor, shift, b.out.size/channels, b.end.lo, b.end.hi)
		})
	default:
		f := graph.Arithmetic(b.name)
		n.team.each(n.count(b.out), func(_, i int) {
			x, y, out := b.x.at(i), b.y.at(i), b.out.at(i)
			b.walk(func(to, p, q int) { out[to] = min(max(f(x[p], y[q]), b.end.lo), b.end.hi) })
		})
	}
}

// affine gives the operator with y as x*factor + shift.
func (b *binary) affine(n *Net, worker int, y []float32) (factor, shift []float32) {
	factor, shift = n.team.memory(worker, 0, len(y))[:len(y)], n.team.memory(worker, 1, len(y))[:len(y)]
	clear(shift)
	for i, v := range y {
		factor[i] = 1
		switch b.name {
		case "Add":
			shift[i] = v
		case "Sub":
			shift[i] = -v
		case "Mul":
			factor[i] = v
		case "Div":
			factor[i] = 1 / v
		}
	}
	return factor, shift
}

// walk calls visit with the places of every number of the result and of its two operands.
func (b *binary) walk(visit func(out, x, y int)) {
	shape := b.out.shape
	strides := [][]int{b.out.strides, b.repeated(b.x), b.repeated(b.y)}
	last := len(shape) - 1
	layout.Walk(shape, strides, func(_ int, from []int) {
		if last < 0 {
			visit(from[0], from[1], from[2])
			return
		}
		for i := range shape[last] {
			visit(from[0]+i*strides[0][last], from[1]+i*strides[1][last], from[2]+i*strides[2][last])
		}
	})
}

// repeated gives the strides of v as an operand, 0 along an axis in which it is repeated.
func (b *binary) repeated(v *value) []int {
	out := make([]int, len(b.out.shape))
	for i, d := range v.shape {
		if d != 1 {
			out[i+len(out)-len(v.shape)] = v.strides[i]
		}
	}
	return out
}

func (b *binary) backward(n *Net) {
	n.gate(b.end, b.out)
	switch b.way {
	case flat:
		b.flatGradient(n)
	case perColumn:
		b.columnGradient(n)
	default:
		b.stepGradient(n)
	}
}

// flatGradient: an operand of a sum takes the gradient itself over, if it is the first to have one.
func (b *binary) flatGradient(n *Net) {
	size, dy := n.count(b.out)*b.out.size, b.out.grad
	each := func(v *value, write func(g []float32, from, to int)) {
		if v.needs {
			n.contribute(v, func(g []float32) {
				n.chunks(size, func(_, from, to int) { write(g, from, to) })
			})
		}
	}
	k, x, y := n.kernels, b.x.data, b.y.data
	do := func(op native.Binary, to, p, q []float32) { k.Binary(op, to, p, q, unbounded.lo, unbounded.hi) }
	switch b.name {
	case "Add":
		each(b.y, func(g []float32, from, to int) { copy(g[from:to], dy[from:]) })
		if !n.hand(b.out, b.x) {
			each(b.x, func(g []float32, from, to int) { copy(g[from:to], dy[from:]) })
		}
	case "Sub":
		each(b.y, func(g []float32, from, to int) {
			copy(g[from:to], dy[from:])
			k.Unary(native.Neg, g[from:to])
		})
		if !n.hand(b.out, b.x) {
			each(b.x, func(g []float32, from, to int) { copy(g[from:to], dy[from:]) })
		}
	case "Mul":
		each(b.x, func(g []float32, from, to int) { do(native.Mul, g[from:to], dy[from:], y[from:]) })
		each(b.y, func(g []float32, from, to int) { do(native.Mul, g[from:to], dy[from:], x[from:]) })
	case "Div":
		each(b.x, func(g []float32, from, to int) { do(native.Div, g[from:to], dy[from:], y[from:]) })
		each(b.y, func(g []float32, from, to int) {
			do(native.Mul, g[from:to], dy[from:], b.out.data[from:])
			do(native.Div, g[from:to], g[from:], y[from:])
			k.Unary(native.Neg, g[from:to])
		})
	default: // Min, Max
		b.stepGradient(n)
	}
}

// columnGradient is that of x by rows, and of y the sum over rows.
func (b *binary) columnGradient(n *Net) {
	channels := b.out.channels()
	rows, dy := b.out.size/channels, b.out.grad
	if b.y.needs {
		sums := make([]float32, n.images*channels)
		n.team.each(n.images, func(_, i int) {
			sum, g := sums[i*channels:][:channels], native.Table{Data: b.out.part(dy, i), Step: channels}
			switch b.name {
			case "Add", "Sub":
				n.kernels.Sums(sum, g, rows)
			case "Mul":
				n.kernels.Dots(sum, native.Table{Data: b.x.at(i), Step: channels}, g, rows)
			case "Div": // the sum of -dy * x / y²
				n.kernels.Dots(sum, native.Table{Data: b.x.at(i), Step: channels}, g, rows)
				for c, v := range b.y.at(i)[:channels] {
					sum[c] /= -v * v
				}
			}
			if b.name == "Sub" {
				n.kernels.Unary(native.Neg, sum)
			}
		})
		g := n.adding(b.y)
		if b.y.batched {
			n.add(g, sums, len(sums))
		} else {
			for c, s := range totals(sums, channels) {
				g[c] += float32(s)
			}
		}
	}
	if !b.x.needs {
		return
	}
	if (b.name == "Add" || b.name == "Sub") && n.hand(b.out, b.x) {
		return
	}
	n.contribute(b.x, func(g []float32) {
		n.team.each(n.images, func(worker, i int) {
			factor, shift := b.affine(n, worker, b.y.at(i)[:channels])
			clear(shift)
			to, from := native.Table{Data: b.x.part(g, i), Step: channels}, native.Table{Data: b.out.part(dy, i), Step: channels}
			n.kernels.Scale(to, from, factor, shift, rows, unbounded.lo, unbounded.hi)
		})
	})
}

// stepGradient goes number by number. What belongs to no image is added up image by image.
func (b *binary) stepGradient(n *Net) {
	slope := binarySlopes[b.name]
	var gx, gy []float32
	inOrder := false
	if b.x.needs {
		gx, inOrder = n.adding(b.x), !b.x.batched
	}
	if b.y.needs {
		gy, inOrder = n.adding(b.y), inOrder || !b.y.batched
	}
	image := func(_, i int) {
		x, y, out, dy := b.x.at(i), b.y.at(i), b.out.at(i), b.out.part(b.out.grad, i)
		b.walk(func(to, p, q int) {
			dx, dq := slope(x[p], y[q], out[to])
			if gx != nil {
				b.x.part(gx, i)[p] += dy[to] * dx
			}
			if gy != nil {
				b.y.part(gy, i)[q] += dy[to] * dq
			}
		})
	}
	if !inOrder {
		n.team.each(n.count(b.out), image)
		return
	}
	for i := range n.count(b.out) {
		image(0, i)
	}
}

// binarySlopes are the derivatives of the operators with respect to x and y, where they are out.
var binarySlopes = map[string]func(x, y, out float32) (dx, dy float32){
	"Add": func(_, _, _ float32) (float32, float32) { return 1, 1 },
	"Sub": func(_, _, _ float32) (float32, float32) { return 1, -1 },
	"Mul": func(x, y, _ float32) (float32, float32) { return y, x },
	"Div": func(_, y, out float32) (float32, float32) { return 1 / y, -out / y },
	"Min": func(x, y, _ float32) (float32, float32) { return chosen(y - x) },
	"Max": func(x, y, _ float32) (float32, float32) { return chosen(x - y) },
	"PRelu": func(x, y, _ float32) (float32, float32) {
		if x > 0 {
			return 1, 0
		}
		return y, x
	},
	"Pow": func(x, y, out float32) (float32, float32) {
		return float32(float64(y) * math.Pow(float64(x), float64(y)-1)), out * float32(math.Log(float64(x)))
	},
}

// chosen shares the gradient of an extreme between equal operands.
func chosen(ahead float32) (dx, dy float32) {
	switch {
	case ahead > 0:
		return 1, 0
	case ahead < 0:
		return 0, 1
	}
	return 0.5, 0.5
}
