package simd

import (
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/graph"
)

// leastDepth is the number of products in a sum from which on integers are faster: below, a sum costs more to turn into a float
// and into a byte than it saves.
const leastDepth = 16

// Integers says how activations are bytes; dense convolutions of them compute with 8-bit integers. NewIntegers makes it. Programs that
// never do are not linked with what it takes.
type Integers interface {
	byteCode
	survey(p *planner)
	product(p *planner, s *graph.Step) bool
	depthwise(p *planner, s *graph.Step, spec windowSpec) bool
	window(p *planner, s *graph.Step, spec windowSpec, args []ref) bool
}

// NewIntegers is for activations by their names.
func NewIntegers(bytes map[string]Bytes) Integers { return meanings{bytes: bytes} }

// meanings are what the bytes of activations mean, by name.
type meanings struct {
	code
	bytes map[string]Bytes
}

// survey does nothing: the choice is made.
func (*integers) survey(*planner) {}

// integers plans one network's steps with integers: it knows which do so, and who reads what values.
type integers struct {
	*planner
	code
	meanings      map[string]Bytes
	steps         map[*graph.Step]bool
	bytes, floats map[int]bool // values that are read as bytes, as floats
	homes         map[int]ref  // of values as bytes
}

// survey decides which convolutions compute with integers.
func (m meanings) survey(p *planner) {
	if p.cfg.Native {
		p.cfg.Integers = nil
		return
	}
	n := &integers{planner: p, meanings: m.bytes, steps: map[*graph.Step]bool{}, bytes: map[int]bool{}, floats: map[int]bool{}, homes: map[int]ref{}}
	for i := range p.net.Steps {
		s := &p.net.Steps[i]
		for k, v := range s.In {
			if k == 0 && n.suits(s) {
				n.steps[s], n.bytes[v] = true, true
				continue
			}
			n.floats[v] = true
		}
	}
	for _, v := range p.net.Outputs {
		n.floats[v] = true
	}
	p.integers, p.cfg.Integers = len(n.steps), n
}

func (m meanings) product(*planner, *graph.Step) bool                   { return false }
func (m meanings) depthwise(*planner, *graph.Step, windowSpec) bool     { return false }
func (m meanings) window(*planner, *graph.Step, windowSpec, []ref) bool { return false }

// suits tells whether step s can compute with integers and gains by it. Patches of 4x4 by Winograd's filtering save three of four
// multiplications of floats, which is as fast or faster, and more exact.
func (p *integers) suits(s *graph.Step) bool {
	if s.Op != "Conv" || s.Geometry.Group != 1 || !isImage(&p.net.Values[s.In[0]]) || p.patchSide(s) == 4 {
		return false
	}
	x, w := &p.net.Values[s.In[0]], &p.net.Values[s.In[1]]
	if x.Data != nil || w.Data == nil || x.Shape[1] < word {
		return false
	}
	b, ok := p.meanings[x.Name]
	g := s.Geometry
	padded := g.Top+g.Left+g.Bottom+g.Right > 0
	return ok && x.Name != "" && b.fits(x.Shape[1]) && (!padded || b.oneZero()) && w.Len()/w.Shape[0] >= leastDepth
}

// meaning is what the bytes of value v mean.
func (p *integers) meaning(v int) Bytes { return p.meanings[p.net.Values[v].Name] }

// wanted says how the steps that read value v want it.
func (p *integers) wanted(v int) storing {
	switch {
	case !p.bytes[v]:
		return asFloats
	case p.floats[v]:
		return asBoth
	}
	return asBytes
}

// bytesTable gives the table of value v, which hi bounds.
func (p *integers) bytesTable(v int, hi float32) ref { return p.constant(p.meaning(v).table(hi)) }

// byteImage makes a buffer for the bytes of v.
func (p *integers) byteImage(v int) ref {
	value := &p.net.Values[v]
	return p.buffer(value.Shape[2] * value.Shape[3] * pitch(value) / word)
}

// inBytes gives image v as bytes, making them of its floats if no kernel has stored them.
func (p *integers) inBytes(v int) ref {
	at, ok := p.homes[v]
	if !ok {
		value, from := &p.net.Values[v], p.pixels(v)
		at = p.byteImage(v)
		p.homes[v] = at
		add(p.planner, bytesSpec{value.Shape[2] * value.Shape[3], pitch(value) / 4}, 1, from, at, p.bytesTable(v, float32(math.Inf(1))))
	}
	return at
}

// window plans a window operator whose result is only wanted as bytes, and tells whether it did.
func (p *integers) window(_ *planner, s *graph.Step, spec windowSpec, args []ref) bool {
	if p.wanted(s.Out) != asBytes || s.Residual {
		return false
	}
	p.homes[s.Out] = p.byteImage(s.Out)
	args[3] = ref{-1, 0}
	args = append(args, p.homes[s.Out], p.bytesTable(s.Out, endingOf(s).hi))
	spec.results, spec.ending = p.storingBytes(s)
	add(p.planner, spec, 5, args...)
	return true
}

// storingBytes says how a step stores its result that is only wanted as bytes, and what it still does with it before: the bytes'
// bounds do what its own would. Where nothing else is left to be done, its sums can be steps.
func (p *integers) storingBytes(s *graph.Step) (storing, ending) {
	e := endingOf(s)
	e.hi = float32(math.Inf(1))
	if p.meaning(s.Out).within(e.lo) {
		e.lo = float32(math.Inf(-1))
	}
	if s.Op == "Conv" && !s.Residual && e.act.Op == "" && noBound(e.lo, -1) {
		return asSteps, e
	}
	return asBytes, e
}

// depthwise plans a depthwise convolution whose sums are to be steps, and tells whether it did.
func (p *integers) depthwise(_ *planner, s *graph.Step, spec windowSpec) bool {
	if p.wanted(s.Out) != asBytes {
		return false
	}
	if results, _ := p.storingBytes(s); results != asSteps {
		return false
	}
	weights, bias, to := p.net.Values[s.In[1]].Data, p.bias(s), p.meaning(s.Out)
	scaled, first, area := make([]float32, len(weights)), make([]float32, len(to.Step)), len(weights)/len(to.Step)
	for c, step := range to.Step {
		for k := range area {
			scaled[c*area+k] = weights[c*area+k] / step
		}
		first[c] = float32(to.Zero[c]) + 0.5
		if bias != nil {
			first[c] += bias[c] / step
		}
	}
	p.planner.window(s, spec, p.constant(packDepthwise(scaled, len(first), area)), p.constant(packBias(first, len(first), 1)))
	return true
}

// product plans a convolution with integers, one of words of four channels, and tells whether it did.
func (p *integers) product(_ *planner, s *graph.Step) bool {
	if !p.steps[s] {
		return false
	}
	x, out, g := &p.net.Values[s.In[0]], &p.net.Values[s.Out], s.Geometry
	from := p.meaning(s.In[0])
	at, words := p.inBytes(s.In[0]), pitch(x)/word
	border := moveSpec{
		channels: words, h: x.Shape[2], w: x.Shape[3], fromPitch: words, toPitch: words,
		top: g.Top, left: g.Left, bottom: g.Bottom, right: g.Right, fill: from.Zero[0],
	}
	w := x.Shape[3]
	if border.bordered() {
		whole := p.buffer(border.floats())
		add(p.planner, border, 1, at, whole)
		at, w = whole, w+g.Left+g.Right
	}
	spec := convSpec{
		kind: fmt.Sprintf("conv%dx%d", g.KernelH, g.KernelW), integer: true, results: p.wanted(s.Out),
		rows: out.Shape[2], cols: out.Shape[3],
		rowA: 4 * g.StrideH * w * words, colA: 4 * g.StrideW * words,
		rowC: 4 * out.Shape[3] * pitch(out), colC: 4 * pitch(out),
		loops: [2]stride{{g.KernelH, 4 * g.DilationH * w * words}, {g.KernelW, 4 * g.DilationW * words}},
		inner: words, outputs: out.Shape[1], groups: 1, residual: s.Residual, ending: endingOf(s),
	}
	if g.DilationW == 1 {
		spec.loops[1], spec.inner = stride{1, 0}, g.KernelW*words
	}
	if spec.rowA == spec.cols*spec.colA {
		spec.rows, spec.cols = 1, spec.rows*spec.cols
	}
	spec.tileRows, spec.tileVecs = min(integerRows, spec.cols), 2
	var steps *Bytes
	hi := float32(math.Inf(1))
	if spec.results == asBytes {
		hi = spec.hi
		if spec.results, spec.ending = p.storingBytes(s); spec.results == asSteps {
			to := p.meaning(s.Out)
			steps = &to
		}
	}
	weights := newByteWeights(p.net.Values[s.In[1]].Data, p.bias(s), out.Shape[1], g.KernelH*g.KernelW, from, steps)
	args := []ref{at, p.constant(weights.pack(spec.tileVecs)), p.constant(weights.sums()), {-1, 0}}
	if s.Residual {
		args = append(args, p.pixels(s.In[3]))
	}
	written := 3
	switch spec.results {
	case asFloats:
		args[3] = p.image(s.Out)
	case asBoth: // in one buffer, the bytes behind the floats
		size := out.Shape[2] * out.Shape[3] * pitch(out)
		args[3] = p.buffer(roundUp(size, line/4) + size/word)
		p.homes[s.Out] = ref{args[3].buffer, roundUp(4*size, line)}
	default:
		p.homes[s.Out], written = p.byteImage(s.Out), len(args)
	}
	if spec.results.inFloats() {
		p.settle(s.Out, args[3], true)
	}
	if spec.results != asFloats {
		args = append(args, p.homes[s.Out], p.bytesTable(s.Out, hi))
	}
	add(p.planner, spec, written, args...)
	return true
}

// integerRows is the number of pixels of a tile: with two vectors of outputs for each, all fits into registers.
const integerRows = 4
