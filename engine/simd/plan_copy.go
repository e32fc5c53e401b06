package simd

import (
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
)

// place says where a value lies and how: the distance between neighbours along each axis, in floats.
type place struct {
	at      ref
	strides []int
}

// pixelStrides are those of an image pixel after pixel.
func pixelStrides(v *graph.Value) []int {
	return []int{0, 1, v.Shape[3] * pitch(v), pitch(v)}
}

// source gives value v in the layout in which it lies already, pixel after pixel if in both.
func (p *planner) source(v int) place {
	value := &p.net.Values[v]
	if isImage(value) && p.homes[v].hasPixels {
		return place{p.homes[v].pixels, pixelStrides(value)}
	}
	return place{p.plain(v), layout.Strides(value.Shape)}
}

// target makes a buffer for v in one of the layouts.
func (p *planner) target(v int, pixels bool) place {
	value := &p.net.Values[v]
	if pixels {
		return place{p.image(v), pixelStrides(value)}
	}
	return place{p.buffer(value.Len()), layout.Strides(value.Shape)}
}

// transfer copies all elements of a shape.
func (p *planner) transfer(shape []int, from, to place) {
	add(p, newCopy(shape, from.strides, to.strides), 1, from.at, to.at)
}

// inPixels tells whether v lies pixel after pixel, and not in the network's layout.
func (p *planner) inPixels(v int) bool {
	return isImage(&p.net.Values[v]) && p.homes[v].hasPixels && !flat(&p.net.Values[v])
}

// view plans reading with other strides. A part of an image stays in its layout; what changes axes leaves it.
func (p *planner) view(s *graph.Step) bool {
	out := &p.net.Values[s.Out]
	from := p.source(s.In[0])
	pixels := p.inPixels(s.In[0]) && isImage(out) && slices.Equal(s.Axes, []int{0, 1, 2, 3})
	strides, base := s.Reading(from.strides)
	from.at.offset += 4 * base
	to := p.target(s.Out, pixels)
	p.transfer(out.Shape, place{from.at, strides}, to)
	p.settle(s.Out, to.at, pixels)
	return true
}

// concat plans joining values along an axis: pixel after pixel if one of them lies so.
func (p *planner) concat(s *graph.Step) bool {
	out, axis := &p.net.Values[s.Out], s.Axes[0]
	pixels := isImage(out) && slices.ContainsFunc(s.In, p.inPixels)
	parts := make([]place, len(s.In))
	for i, in := range s.In {
		value := &p.net.Values[in]
		if pixels && isImage(value) {
			parts[i] = place{p.pixels(in), pixelStrides(value)}
		} else {
			parts[i] = place{p.plain(in), layout.Strides(value.Shape)}
		}
	}
	to := p.target(s.Out, pixels)
	at := to.at
	for i, in := range s.In {
		shape := p.net.Values[in].Shape
		p.transfer(shape, parts[i], to)
		to.at.offset += 4 * shape[axis] * to.strides[axis]
	}
	p.settle(s.Out, at, pixels)
	return true
}

// pad plans laying a value into a larger or smaller one.
func (p *planner) pad(s *graph.Step) bool {
	x, out := &p.net.Values[s.In[0]], &p.net.Values[s.Out]
	from := p.source(s.In[0])
	pixels := p.inPixels(s.In[0]) && isImage(out)
	to := p.target(s.Out, pixels)
	at, floats := to.at, out.Len()
	if pixels {
		floats = out.Shape[2] * out.Shape[3] * pitch(out)
	}
	add(p, fillSpec{vecs: (floats + 3) / 4, value: s.Alpha}, 0, at)
	part := s.Padding(x.Shape, out.Shape)
	if layout.Len(part.Shape) > 0 {
		from.at.offset += 4 * part.From(from.strides)
		to.at.offset += 4 * part.To(to.strides)
		to.strides = part.Writing(to.strides)
		p.transfer(part.Shape, from, to)
	}
	p.settle(s.Out, at, pixels)
	return true
}

// shuffle plans moving channels among groups.
func (p *planner) shuffle(s *graph.Step) bool {
	x, group := &p.net.Values[s.In[0]], s.Geometry.Group
	if !isImage(x) {
		return false
	}
	from := p.pixels(s.In[0])
	at, each, area := p.image(s.Out), x.Shape[1]/group, x.Shape[2]*x.Shape[3]
	if group == 2 {
		add(p, shuffleSpec{pixels: area, half: each, pitch: pitch(x)}, 1, from, at)
	} else {
		add(p, newCopy([]int{area, each, group}, []int{pitch(x), 1, each}, []int{pitch(x), group, 1}), 1, from, at)
	}
	p.settle(s.Out, at, true)
	return true
}

// resize plans taking rows and columns by tables, or numbers between them.
func (p *planner) resize(s *graph.Step) bool {
	x, out := &p.net.Values[s.In[0]], &p.net.Values[s.Out]
	if !isImage(x) || !isImage(out) {
		return false
	}
	step := [2]int{4 * x.Shape[3] * pitch(x), 4 * pitch(x)} // bytes between rows, between columns
	spec := resizeSpec{rows: out.Shape[2], cols: out.Shape[3], vecs: pitch(x) / 4, linear: s.Op == "Interpolate"}
	tables := [2]ref{}
	for k := range tables {
		if spec.linear {
			tables[k] = p.lineTable(s.Lines[k], step[k])
			continue
		}
		if s.Tables[0] != nil || s.Tables[1] != nil {
			return false
		}
		list := s.Tables[2+k]
		if list == nil {
			list = make([]int, x.Shape[2+k])
			for i := range list {
				list[i] = i
			}
		}
		tables[k] = p.indexTable(list, step[k])
	}
	from := p.pixels(s.In[0])
	at := p.image(s.Out)
	add(p, spec, 3, from, tables[0], tables[1], at)
	p.settle(s.Out, at, true)
	return true
}

// softmax plans rows of neighbouring numbers, or columns of numbers that lie apart.
func (p *planner) softmax(s *graph.Step) bool {
	x := &p.net.Values[s.In[0]]
	inner := layout.Len(x.Shape[s.Axes[1]+1:])
	n := layout.Len(x.Shape[s.Axes[0]:]) / inner
	if isImage(x) && p.inPixels(s.In[0]) && s.Axes[0] == 1 && s.Axes[1] == 1 { // over the channels of each pixel
		from, at := p.pixels(s.In[0]), p.image(s.Out)
		add(p, softmaxSpec{rows: x.Shape[2] * x.Shape[3], n: n, pitch: pitch(x), inner: 1}, 1, from, at)
		p.settle(s.Out, at, true)
		return true
	}
	from, at := p.plain(s.In[0]), p.buffer(x.Len())
	add(p, softmaxSpec{rows: x.Len() / n / inner, n: n, pitch: n * inner, inner: inner}, 1, from, at)
	p.settle(s.Out, at, false)
	return true
}

// reduce plans means, sums and extremes over neighbouring axes; others are left.
func (p *planner) reduce(s *graph.Step) bool {
	x := &p.net.Values[s.In[0]]
	first, last := s.Axes[0], s.Axes[len(s.Axes)-1]
	if last-first != len(s.Axes)-1 {
		return false
	}
	at := p.buffer(p.net.Values[s.Out].Len())
	if p.inPixels(s.In[0]) && first == 1 && last == 1 { // over the channels of each pixel
		spec := reduceSpec{op: s.Op, rows: x.Shape[2] * x.Shape[3], n: x.Shape[1], pitch: pitch(x), inner: 1}
		add(p, spec, 1, p.pixels(s.In[0]), at)
	} else {
		inner := layout.Len(x.Shape[last+1:])
		n := layout.Len(x.Shape[first:]) / inner
		add(p, reduceSpec{op: s.Op, rows: x.Len() / n / inner, n: n, pitch: n * inner, inner: inner}, 1, p.plain(s.In[0]), at)
	}
	p.settle(s.Out, at, false)
	return true
}
