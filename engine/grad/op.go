package grad

import "math"

// op is one operator of a network. forward sets its result from its inputs. backward, which is only called when the gradient of
// the result is complete, gives the inputs that need one their part of it; it may change the result's gradient.
type op interface {
	result() *value
	forward(n *Net)
	backward(n *Net)
}

// bounds are a clamp that follows an operator: Relu, Relu6, Clip.
type bounds struct{ lo, hi float32 }

var unbounded = bounds{float32(math.Inf(-1)), float32(math.Inf(1))}

func (b bounds) some() bool { return b != unbounded }

// gate stops the gradient of v where the bounds cut its result.
func (n *Net) gate(b bounds, v *value) {
	if !b.some() {
		return
	}
	n.chunks(n.count(v)*v.size, func(_, from, to int) {
		n.kernels.Gate(v.grad[from:to], v.grad[from:], v.data[from:], b.lo, b.hi)
	})
}
