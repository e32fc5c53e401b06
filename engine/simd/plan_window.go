package simd

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/graph"
)

// conv plans a convolution: channel by channel, or as a product of pixels and weights.
func (p *planner) conv(s *graph.Step) bool {
	x, out, g := &p.net.Values[s.In[0]], &p.net.Values[s.Out], s.Geometry
	if !isImage(x) {
		return false
	}
	if g.Group == x.Shape[1] && out.Shape[1] == x.Shape[1] && g.Group > 1 {
		spec := p.windowSpec(s, depthwise)
		if spec.fits() {
			if p.cfg.Integers != nil && p.cfg.Integers.depthwise(p, s, spec) {
				return true
			}
			weights := p.share(packing{value: s.In[1], kind: "depthwise"}, func() []float32 {
				return packDepthwise(p.net.Values[s.In[1]].Data, x.Shape[1], g.KernelH*g.KernelW)
			})
			p.window(s, spec, weights, p.constant(packBias(p.bias(s), x.Shape[1], 1)))
			return true
		}
	}
	switch {
	case p.cfg.Integers != nil && p.cfg.Integers.product(p, s):
	case !p.winograd(s):
		p.product(s)
	}
	return true
}

func (p *planner) bias(s *graph.Step) []float32 {
	if len(s.In) > 2 {
		return p.net.Values[s.In[2]].Data
	}
	return nil
}

func (p *planner) windowSpec(s *graph.Step, kind windowKind) windowSpec {
	x, out := &p.net.Values[s.In[0]], &p.net.Values[s.Out]
	return windowSpec{
		kind: kind, vecs: pitch(x) / 4, h: x.Shape[2], w: x.Shape[3], outH: out.Shape[2], outW: out.Shape[3],
		geometry: s.Geometry, residual: s.Residual, ending: endingOf(s), tile: p.cfg.windowTile(kind, s.Geometry.KernelW), maxEdgeTiles: p.cfg.DenseEdges,
	}
}

func (p *planner) window(s *graph.Step, spec windowSpec, weights, bias ref) {
	neutral := p.zeros
	if spec.kind == maximum {
		neutral = p.share(fillSpec{vecs: spec.w * spec.vecs}, func() []float32 {
			return slices.Repeat([]float32{float32(math.Inf(-1))}, spec.w*4*spec.vecs)
		})
	}
	x := p.pixels(s.In[0])
	args := []ref{x, weights, bias, {}, neutral}
	if s.Residual {
		args = append(args, p.pixels(s.In[3]))
	}
	if p.cfg.Integers != nil && p.cfg.Integers.window(p, s, spec, args) {
		return
	}
	args[3] = p.image(s.Out)
	add(p, spec, 3, args...)
	p.settle(s.Out, args[3], true)
}

func (p *planner) pool(s *graph.Step) bool {
	if !isImage(&p.net.Values[s.In[0]]) {
		return false
	}
	spec := p.windowSpec(s, maximum)
	if s.Op == "AveragePool" {
		spec = p.windowSpec(s, average)
		spec.countPad = s.CountPad
	}
	// The places under a window that reaches beyond the padding would have to be counted.
	g := s.Geometry
	beyond := func(out, stride, before, kernel, dilation, end int) bool {
		return (out-1)*stride-before+(kernel-1)*dilation >= end
	}
	if spec.countPad && (beyond(spec.outH, g.StrideH, g.Top, g.KernelH, g.DilationH, spec.h+g.Bottom) ||
		beyond(spec.outW, g.StrideW, g.Left, g.KernelW, g.DilationW, spec.w+g.Right)) {
		return false
	}
	if !spec.fits() {
		return false
	}
	p.window(s, spec, p.zeros, p.zeros)
	return true
}

// bordered gives the input of a dense convolution: the image itself, or a copy inside a border of zeros.
func (p *planner) bordered(s *graph.Step) (at ref, h, w, pitchA int) {
	x, g := &p.net.Values[s.In[0]], s.Geometry
	copied := moveSpec{
		channels: x.Shape[1], h: x.Shape[2], w: x.Shape[3], fromPitch: pitch(x), toPitch: x.Shape[1],
		top: g.Top, left: g.Left, bottom: g.Bottom, right: g.Right,
	}
	if !copied.bordered() {
		return p.pixels(s.In[0]), x.Shape[2], x.Shape[3], pitch(x)
	}
	from := p.homes[s.In[0]]
	input := from.pixels
	if !from.hasPixels {
		input = p.plain(s.In[0])
		copied.fromPlain, copied.fromPitch = true, 0
	}
	at = p.buffer(copied.floats())
	add(p, copied, 1, input, at)
	return at, x.Shape[2] + g.Top + g.Bottom, x.Shape[3] + g.Left + g.Right, x.Shape[1]
}

// product plans a convolution as sums over the window and the channels of a group.
func (p *planner) product(s *graph.Step) {
	x, out, g := &p.net.Values[s.In[0]], &p.net.Values[s.Out], s.Geometry
	at, _, w, pitchA := p.bordered(s)
	perGroup, each := x.Shape[1]/g.Group, out.Shape[1]/g.Group
	spec := convSpec{
		kind: fmt.Sprintf("conv%dx%d", g.KernelH, g.KernelW),
		rows: out.Shape[2], cols: out.Shape[3],
		rowA: 4 * g.StrideH * w * pitchA, colA: 4 * g.StrideW * pitchA,
		rowC: 4 * out.Shape[3] * pitch(out), colC: 4 * pitch(out),
		loops: [2]stride{{g.KernelH, 4 * g.DilationH * w * pitchA}, {g.KernelW, 4 * g.DilationW * pitchA}},
		inner: perGroup, outputs: each, groups: g.Group, groupA: 4 * perGroup, groupC: 4 * each,
		exact: g.Group > 1 && each%4 != 0, residual: s.Residual, ending: endingOf(s),
	}
	if pitchA == perGroup && g.DilationW == 1 { // a line of the window is one run
		spec.loops[1], spec.inner = stride{1, 0}, g.KernelW*perGroup
	}
	if spec.rowA == spec.cols*spec.colA {
		spec.rows, spec.cols = 1, spec.rows*spec.cols
	}
	spec.tileRows, spec.tileVecs = p.cfg.tileFor(spec.cols)
	weights := p.packed(packing{value: s.In[1], kind: "conv", geometry: g, vecs: spec.tileVecs}, p.net.Values[s.In[1]].Data,
		packSpec{windowMatrix(each, perGroup, g), spec.tileVecs, g.Group})
	bias := p.constant(packBias(p.bias(s), out.Shape[1], g.Group))
	args := []ref{at, weights, bias, {}}
	if s.Residual {
		args = append(args, p.pixels(s.In[3]))
	}
	args[3] = p.image(s.Out)
	add(p, spec, 3, args...)
	p.settle(s.Out, args[3], true)
}

// gemm plans a product with constant weights; other products of matrices are left.
func (p *planner) gemm(s *graph.Step) bool {
	x, w, out := &p.net.Values[s.In[0]], &p.net.Values[s.In[1]], &p.net.Values[s.Out]
	rows, cols := out.Shape[0], out.Shape[1]
	if w.Data == nil || s.TransA || x.Data != nil {
		return false
	}
	bias := make([]float32, cols)
	if len(s.In) > 2 {
		c := &p.net.Values[s.In[2]]
		if c.Data == nil || (c.Len() != 1 && c.Len() != cols) || (len(c.Shape) == 2 && c.Shape[1] != cols && c.Len() != 1) {
			return false
		}
		for i := range bias {
			bias[i] = s.Beta * c.Data[i%c.Len()]
		}
	}
	depth := x.Len() / rows
	spec := convSpec{
		kind: "gemm", rows: 1, cols: rows, rowA: 4 * rows * depth, colA: 4 * depth, colC: 4 * cols, rowC: 4 * rows * cols,
		loops: [2]stride{{1, 0}, {1, 0}}, inner: depth, outputs: cols, groups: 1, exact: rows > 1 && cols%4 != 0, ending: endingOf(s),
	}
	spec.tileRows, spec.tileVecs = p.cfg.tileFor(rows)
	m := matrix{outputs: cols, outer: 1, inner: depth, stepOutput: 1, stepInner: cols}
	if s.TransB {
		m.stepOutput, m.stepInner = depth, 1
	}
	data := w.Data
	if s.Alpha != 1 {
		data = slices.Clone(data)
		for i := range data {
			data[i] *= s.Alpha
		}
	}
	weights := p.packed(packing{value: s.In[1], kind: "gemm", vecs: spec.tileVecs, alpha: s.Alpha, turned: s.TransB}, data, packSpec{m, spec.tileVecs, 1})
	at := p.buffer(rows * cols)
	add(p, spec, 3, p.plain(s.In[0]), weights, p.constant(bias), at)
	p.settle(s.Out, at, false)
	return true
}

func (p *planner) mean(s *graph.Step) bool {
	x := &p.net.Values[s.In[0]]
	if !isImage(x) {
		return false
	}
	from, at := p.pixels(s.In[0]), p.buffer(pitch(x))
	add(p, meanSpec{vecs: pitch(x) / 4, h: x.Shape[2], w: x.Shape[3]}, 1, from, at)
	p.settle(s.Out, at, false)
	return true
}
