package simd

import (
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
)

// unary plans an operator of one operand in whichever layout it lies.
func (p *planner) unary(s *graph.Step) bool {
	x := &p.net.Values[s.In[0]]
	spec := elementSpec{op: s.Op, pixels: 1, ending: endingOf(s)}
	if s.Op != "Clamp" {
		spec.act = graph.Activation{Op: s.Op, Alpha: s.Alpha, Beta: s.Beta}
	}
	if isImage(x) && (p.homes[s.In[0]].hasPixels || x.Data != nil) {
		spec.vecs = x.Shape[2] * x.Shape[3] * pitch(x) / 4
		from, at := p.pixels(s.In[0]), p.image(s.Out)
		add(p, spec, 1, from, at)
		p.settle(s.Out, at, true)
		return true
	}
	spec.vecs = (x.Len() + 3) / 4
	from, at := p.plain(s.In[0]), p.buffer(x.Len())
	add(p, spec, 1, from, at)
	p.settle(s.Out, at, false)
	return true
}

// binary plans an operator of two operands of one shape, or of an operand and a number for each channel or for all.
func (p *planner) binary(s *graph.Step) bool {
	a, b, out := &p.net.Values[s.In[0]], &p.net.Values[s.In[1]], &p.net.Values[s.Out]
	first, second, swapped := s.In[0], s.In[1], false
	if a.Len() < b.Len() {
		first, second, swapped = second, first, true
		a, b = b, a
	}
	if out.Len() > a.Len() { // both are repeated
		return p.repeated(s)
	}
	spec := elementSpec{op: s.Op, pixels: 1, swapped: swapped, ending: endingOf(s), vecs: (out.Len() + 3) / 4}
	channels := 0
	if isImage(out) {
		channels = out.Shape[1]
	}
	alike := slices.Equal(a.Shape, out.Shape)
	switch {
	case b.Len() == out.Len():
		if alike && slices.Equal(b.Shape, out.Shape) && isImage(out) && (p.homes[first].hasPixels || p.homes[second].hasPixels) {
			spec.vecs = out.Shape[2] * out.Shape[3] * pitch(out) / 4
			p.elements(s.Out, spec, p.pixels(first), p.pixels(second), true)
			return true
		}
		p.elements(s.Out, spec, p.plain(first), p.plain(second), false)
	case b.Len() == 1:
		spec.second = single
		number := p.plain(second)
		if alike && isImage(out) && p.homes[first].hasPixels {
			spec.vecs = out.Shape[2] * out.Shape[3] * pitch(out) / 4
			p.elements(s.Out, spec, p.pixels(first), number, true)
			return true
		}
		p.elements(s.Out, spec, p.plain(first), number, false)
	case alike && channels > 0 && b.Len() == channels && len(b.Shape) >= 3 && b.Shape[len(b.Shape)-3] == channels:
		spec.second, spec.pixels, spec.vecs = perChannel, out.Shape[2]*out.Shape[3], pitch(out)/4
		p.elements(s.Out, spec, p.pixels(first), p.plain(second), true)
	case alike && channels > 0 && b.Len() == out.Shape[2]*out.Shape[3] && slices.Equal(b.Shape[max(len(b.Shape)-2, 0):], out.Shape[2:]):
		spec.second, spec.pixels, spec.vecs = perPixel, out.Shape[2]*out.Shape[3], pitch(out)/4
		p.elements(s.Out, spec, p.pixels(first), p.plain(second), true)
	default:
		return p.repeated(s)
	}
	return true
}

// repeated plans an operator of two operands of which one is repeated in another way than channels or pixels: it is laid
// out in full first.
func (p *planner) repeated(s *graph.Step) bool {
	out := &p.net.Values[s.Out]
	full := func(v int) ref {
		value := &p.net.Values[v]
		if value.Len() == out.Len() {
			return p.plain(v)
		}
		strides := layout.Broadcast(value.Shape, len(out.Shape))
		if value.Data != nil && out.Len() <= p.repeatedRoom {
			p.repeatedRoom -= out.Len()
			data := make([]float32, out.Len())
			layout.Copy(data, value.Data, out.Shape, strides, 0)
			return p.constant(data)
		}
		from, to := p.plain(v), p.buffer(out.Len())
		p.transfer(out.Shape, place{from, strides}, place{to, layout.Strides(out.Shape)})
		return to
	}
	p.elements(s.Out, elementSpec{op: s.Op, pixels: 1, vecs: (out.Len() + 3) / 4, ending: endingOf(s)}, full(s.In[0]), full(s.In[1]), false)
	return true
}

// elements adds a call of two operands and settles its result.
func (p *planner) elements(v int, spec elementSpec, x, y ref, pixels bool) {
	at := ref{}
	if pixels {
		at = p.image(v)
	} else {
		at = p.buffer(p.net.Values[v].Len())
	}
	add(p, spec, 2, x, y, at)
	p.settle(v, at, pixels)
}

// batchNorm plans a normalisation that no convolution before it could take in: times a factor, plus a number.
func (p *planner) batchNorm(s *graph.Step) bool {
	x := &p.net.Values[s.In[0]]
	if !isImage(x) {
		return false
	}
	factor, shift := graph.Affine(p.net, s)
	spec := elementSpec{op: "Mul", second: perChannel, pixels: x.Shape[2] * x.Shape[3], vecs: pitch(x) / 4, ending: endingOf(&graph.Step{})}
	at := p.image(s.Out)
	add(p, spec, 2, p.pixels(s.In[0]), p.constant(factor), at)
	spec.op, spec.ending = "Add", endingOf(s)
	add(p, spec, 2, at, p.constant(shift), at)
	p.settle(s.Out, at, true)
	return true
}
