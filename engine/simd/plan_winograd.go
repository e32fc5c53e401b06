package simd

import "github.com/irum-app/irum/engine/graph"

// winograd plans a convolution by Winograd's filtering where that is faster, and tells whether it did. The choice depends on the
// layer alone, so that all hosts compute alike.
func (p *planner) winograd(s *graph.Step) bool {
	x, out := &p.net.Values[s.In[0]], &p.net.Values[s.Out]
	m := p.patchSide(s)
	if m == 0 {
		return false
	}
	pixels := patchSpec{m: m, h: x.Shape[2], w: x.Shape[3], vecs: pitch(x) / 4, top: s.Geometry.Top, left: s.Geometry.Left}
	result := mergeSpec{m: m, h: out.Shape[2], w: out.Shape[3], vecs: pitch(out) / 4, residual: s.Residual, ending: endingOf(s)}
	pixels.across, pixels.down = result.across(), result.down()
	n, count := bases[m].side(), pixels.across*pixels.down
	products := convSpec{
		kind: "winograd", rows: 1, cols: count, colA: 4 * pitch(x), rowA: 4 * pitch(x) * count, colC: 4 * pitch(out), rowC: 4 * pitch(out) * count,
		loops: [2]stride{{1, 0}, {1, 0}}, inner: x.Shape[1], outputs: out.Shape[1], groups: n * n,
		groupA: plane(count, pixels.vecs), groupC: plane(count, result.vecs), unbiased: true, ending: unbounded(),
	}
	products.tileRows, products.tileVecs = p.cfg.tileFor(count)
	weights := deliver(p, packing{value: s.In[1], kind: "winograd", vecs: products.tileVecs, patch: m}, p.net.Values[s.In[1]].Data,
		winogradPack{m: m, inputs: x.Shape[1], outputs: out.Shape[1], vecs: products.tileVecs})
	before, after := p.buffer(n*n*products.groupA/4), p.buffer(n*n*products.groupC/4)
	add(p, pixels, 1, p.pixels(s.In[0]), before, p.zeros)
	add(p, products, 3, before, weights, p.zeros, after)
	args := []ref{after, p.constant(packBias(p.bias(s), out.Shape[1], 1)), {}}
	if s.Residual {
		args = append(args, p.pixels(s.In[3]))
	}
	args[2] = p.image(s.Out)
	add(p, result, 2, args...)
	p.settle(s.Out, args[2], true)
	return true
}

// Where Winograd's filtering is faster, as measured in a browser (make bench): with few channels the transforms take as long as the
// products that they save, and with few patches the weights, which grow from 9 numbers to 16 or 36, are read for too little. For
// small maps 2x2 is as fast as 4x4, and keeps less memory.
const (
	leastChannels = 16
	leastPatches4 = 9 // of 4x4 outputs
	leastPatches2 = 4
)

// patchSide is the side of the outputs of a patch with which a convolution is fastest, or 0 if that is as plain sums.
func (p *planner) patchSide(s *graph.Step) int {
	channels, out, g := p.net.Values[s.In[0]].Shape[1], &p.net.Values[s.Out], s.Geometry
	square := g.KernelH == 3 && g.KernelW == 3 && g.StrideH == 1 && g.StrideW == 1 && g.DilationH == 1 && g.DilationW == 1
	if p.cfg.Direct || p.cfg.Native || g.Group != 1 || !square || min(channels, out.Shape[1]) < leastChannels {
		return 0
	}
	patches := func(m int) int { return (out.Shape[2] + m - 1) / m * ((out.Shape[3] + m - 1) / m) }
	switch {
	case p.cfg.Patch != 0:
		return p.cfg.Patch
	case patches(4) >= leastPatches4:
		return 4
	case patches(2) >= leastPatches2:
		return 2
	}
	return 0
}
