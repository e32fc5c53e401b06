package grad

import (
	"math"

	"github.com/irum-app/irum/engine/native"
)

// conv is a convolution with what follows it: a frozen batch normalisation, which goes into its weights, and bounds. In depthwise
// ones each channel has a kernel of its own.
type conv struct {
	frame
	x, w, b, out *value // b may be nil
	norm         *normalisation
	end          bounds
	depthwise    *depthwise

	weights, back []native.Panels
	scaled        []float32 // the weights times the norm's factor, if there is a norm
	factor        []float32 // of the norm, for each output
	dw            []float32 // gradient of the scaled weights
}

// normalisation is what a batch normalisation knows, each [C].
type normalisation struct {
	scale, bias    *value
	mean, variance *value
	epsilon        float32
	momentum       float32
}

// affine gives the normalisation by running statistics as x*factor + shift.
func (m *normalisation) affine(factor, shift []float32) {
	for c, v := range m.variance.data[:m.variance.size] {
		k := float64(m.scale.data[c]) / math.Sqrt(float64(v)+float64(m.epsilon))
		factor[c] = float32(k)
		shift[c] = float32(float64(m.bias.data[c]) - float64(m.mean.data[c])*k)
	}
}

func (c *conv) result() *value { return c.out }

// prepare lays out the weights as they are now, with the norm in them, and gives them and the bias.
func (c *conv) prepare() (weights, bias []float32) {
	weights, bias = c.w.data[:c.w.size], make([]float32, c.outC)
	if c.b != nil {
		copy(bias, c.b.data)
	}
	if c.norm == nil {
		return weights, bias
	}
	if c.factor == nil {
		c.factor, c.scaled = make([]float32, c.outC), make([]float32, c.w.size)
	}
	shift := make([]float32, c.outC)
	c.norm.affine(c.factor, shift)
	each := c.w.size / c.outC
	for m, k := range c.factor {
		to := c.scaled[m*each:][:each]
		for i, v := range weights[m*each:][:each] {
			to[i] = v * k
		}
		bias[m] = bias[m]*k + shift[m]
	}
	return c.scaled, bias
}

func (c *conv) forward(n *Net) {
	weights, bias := c.prepare()
	if c.depthwise != nil {
		c.depthwise.forward(n, c, weights, bias)
		return
	}
	if c.weights == nil {
		c.weights, c.back = make([]native.Panels, c.group), make([]native.Panels, c.group)
	}
	c.forwardPanels(c.weights, weights)
	for g := range c.weights {
		c.weights[g].SetBias(bias[g*c.outs():][:c.outs()])
	}
	n.convolve(&c.frame, c.out.data, c.x.data, c.weights, native.Ending{Lo: c.end.lo, Hi: c.end.hi})
}

// wanted tells whether the gradient of v is.
func wanted(v *value) bool { return v != nil && v.needs }

func (c *conv) backward(n *Net) {
	sums := c.sums(n)
	wantNorm := c.norm != nil && (c.norm.scale.needs || c.norm.bias.needs)
	if c.w.needs || wantNorm {
		if c.dw == nil {
			c.dw = make([]float32, c.w.size)
		}
		clear(c.dw)
		if c.depthwise != nil {
			c.depthwise.correlate(n, c)
		} else {
			n.correlate(&c.frame, c.dw, c.x.data, c.out.grad)
		}
	}
	if c.w.needs {
		g := n.adding(c.w)
		c.collect(g, c.dw, c.factor)
	}
	if wanted(c.b) {
		g := n.adding(c.b)
		for m, s := range sums {
			if c.norm != nil {
				s *= float64(c.factor[m])
			}
			g[m] += float32(s)
		}
	}
	if wantNorm {
		c.normGradient(n, sums)
	}
	if c.x.needs {
		c.imageGradient(n)
	}
}

// sums stops the gradient where the bounds cut, and gives its sum for each output, in the same pass.
func (c *conv) sums(n *Net) []float64 {
	rows, cols := n.images*c.area(), c.outC
	partial := make([]float32, bandCount(rows, cols)*cols)
	n.bands(rows, cols, func(_, band, from, to int) {
		dy := c.out.grad[from*cols : to*cols]
		if c.end.some() {
			n.kernels.Gate(dy, dy, c.out.data[from*cols:], c.end.lo, c.end.hi)
		}
		n.kernels.Sums(partial[band*cols:][:cols], native.Table{Data: dy, Step: cols}, to-from)
	})
	return totals(partial, cols)
}

// totals adds up lists of cols sums.
func totals(partial []float32, cols int) []float64 {
	sums := make([]float64, cols)
	for i := 0; i < len(partial); i += cols {
		for c, v := range partial[i : i+cols] {
			sums[c] += float64(v)
		}
	}
	return sums
}

// normGradient is that of scale and bias of a norm whose input was never computed by itself: the sum of dy times that input is that
// of the weights times their gradients.
func (c *conv) normGradient(n *Net, sums []float64) {
	m := c.norm
	if m.bias.needs {
		g := n.adding(m.bias)
		for i, s := range sums {
			g[i] += float32(s)
		}
	}
	if !m.scale.needs {
		return
	}
	g := n.adding(m.scale)
	taps, ins, outs := c.taps(), c.ins(), c.outs()
	for i, s := range sums {
		dot := 0.0
		group, o := i/outs, i%outs
		w := c.w.data[i*ins*taps:]
		for k := range ins {
			for t := range taps {
				dot += float64(w[k*taps+t]) * float64(c.dw[(group*taps*ins+t*ins+k)*outs+o])
			}
		}
		shift := -float64(m.mean.data[i])
		if c.b != nil {
			shift += float64(c.b.data[i])
		}
		g[i] += float32((dot + shift*s) / math.Sqrt(float64(m.variance.data[i])+float64(m.epsilon)))
	}
}

// imageGradient is the convolution of the gradient with the turned kernel, or, for a stride, what each result gives back.
func (c *conv) imageGradient(n *Net) {
	weights := c.w.data
	if c.norm != nil {
		weights = c.scaled
	}
	switch {
	case c.depthwise != nil:
		c.depthwise.spread(n, c, weights)
	case c.sH == 1 && c.sW == 1:
		c.turnedPanels(c.back, weights)
		turned := c.turned()
		g, add := n.into(c.x)
		end := native.Ending{Add: add, Lo: unbounded.lo, Hi: unbounded.hi}
		n.convolve(&turned, g, c.out.grad, c.back, end)
	default:
		c.spreadPanels(c.back, weights, n.team.memory(0, 1, c.w.size))
		n.spread(&c.frame, n.adding(c.x), c.out.grad, c.back)
	}
}
