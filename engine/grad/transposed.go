package grad

import (
	"github.com/irum-app/irum/engine/native"
)

// transposed is a transposed convolution: what a convolution from its result to its image, of the frame, does with gradients.
type transposed struct {
	frame
	x, w, b, out *value

	weights, back []native.Panels
	dw            []float32
}

func (t *transposed) result() *value { return t.out }

func (t *transposed) forward(n *Net) {
	if t.weights == nil {
		t.weights, t.back = make([]native.Panels, t.group), make([]native.Panels, t.group)
	}
	t.spreadPanels(t.weights, t.w.data, n.team.memory(0, 1, t.w.size))
	out := t.out.data[:n.images*t.out.size]
	channels := t.inC
	for at := 0; at < len(out); at += channels {
		if t.b != nil {
			copy(out[at:at+channels], t.b.data[:channels])
		} else {
			clear(out[at : at+channels])
		}
	}
	n.spread(&t.frame, t.out.data, t.x.data, t.weights)
}

func (t *transposed) backward(n *Net) {
	dy := t.out.grad
	if wanted(t.b) {
		rows, cols := n.images*t.inH*t.inW, t.inC
		partial := make([]float32, bandCount(rows, cols)*cols)
		n.bands(rows, cols, func(_, band, from, to int) {
			n.kernels.Sums(partial[band*cols:][:cols], native.Table{Data: dy[from*cols:], Step: cols}, to-from)
		})
		g := n.adding(t.b)
		for i, s := range totals(partial, cols) {
			g[i] += float32(s)
		}
	}
	if t.w.needs {
		if t.dw == nil {
			t.dw = make([]float32, t.w.size)
		}
		clear(t.dw)
		n.correlate(&t.frame, t.dw, dy, t.x.data)
		t.collect(n.adding(t.w), t.dw, nil)
	}
	if t.x.needs {
		t.forwardPanels(t.back, t.w.data)
		g, add := n.into(t.x)
		n.convolve(&t.frame, g, dy, t.back, native.Ending{Add: add, Lo: unbounded.lo, Hi: unbounded.hi})
	}
}
