package simd

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/graph"
)

// kernel is the specification of a function; equal ones share it.
type kernel interface {
	comparable
	specification
}

// specification is what of a kernel does not depend on its type.
type specification interface {
	name(Config) string
	units() int // see units
	build(Config) *function
}

func (s convSpec) build(cfg Config) *function    { return conv(cfg, s) }
func (s windowSpec) build(cfg Config) *function  { return window(cfg, s) }
func (s elementSpec) build(cfg Config) *function { return element(cfg, s) }
func (s moveSpec) build(cfg Config) *function    { return move(cfg, s) }
func (s copySpec) build(cfg Config) *function    { return copying(cfg, s) }
func (s fillSpec) build(cfg Config) *function    { return filling(cfg, s) }
func (s shuffleSpec) build(cfg Config) *function { return shuffle(cfg, s) }
func (s softmaxSpec) build(cfg Config) *function { return softmax(cfg, s) }
func (s reduceSpec) build(cfg Config) *function  { return reduce(cfg, s) }
func (s resizeSpec) build(cfg Config) *function  { return resize(cfg, s) }
func (s meanSpec) build(cfg Config) *function    { return mean(cfg, s) }
func (s patchSpec) build(cfg Config) *function   { return patches(cfg, s) }
func (s mergeSpec) build(cfg Config) *function   { return merge(cfg, s) }

// call is one entry of the plan: a function with its arguments, or a step of the portable executor.
type call struct {
	name     string
	function int
	spec     any // natively: what there is no function for
	units    int // of the function
	cost     int // nanoseconds, about
	args     []ref
	out      int // the argument that is written
	step     *graph.Step
}

// home says where a value lies in the two layouts, as far as it does yet.
type home struct {
	plain, pixels       ref
	hasPlain, hasPixels bool
}

// planner turns steps into calls.
type planner struct {
	net          *graph.Network
	cfg          Config
	homes        []home
	buffers      []buffer
	calls        []call
	functions    []*function
	codeBytes    int
	known        map[any]int // function by specification
	constants    []Constant
	deliveries   []delivery
	setup        []call      // deliveries and warm, whose numbers follow those of calls
	held         map[any]ref // constants that several steps may share, by what they are
	repeatedRoom int         // floats of constants that may still be laid out in full
	constantsEnd int         // bytes
	zeros        ref         // a row of zeros that is as long as any window's
	input        ref
	integers     int // convolutions that compute with 8-bit integers
	control      int // address of the block by which threads agree, 0 for one thread
}

func newPlanner(net *graph.Network, cfg Config) (*planner, error) {
	p := &planner{net: net, cfg: cfg, homes: make([]home, len(net.Values)), known: map[any]int{}, held: map[any]ref{}, repeatedRoom: 1 << 22, constantsEnd: line}
	bytes := 0
	for i := range net.Values {
		bytes += 4 * len(net.Values[i].Data)
	}
	for i := range net.Steps {
		for _, v := range append([]int{net.Steps[i].Out}, net.Steps[i].In...) {
			if net.Values[v].Len() == 0 {
				return nil, fmt.Errorf("%w: %q is empty", ErrUnsuited, net.Values[v].Name)
			}
		}
	}
	if bytes > maxBytes/2 {
		return nil, ErrUnsuited
	}
	if cfg.Threads > 1 {
		p.constantsEnd = roundUp(p.constantsEnd, 2*line)
		p.control = p.constantsEnd
		p.constantsEnd += controlBytes
	}
	row := 0
	for i := range net.Steps {
		if v := &net.Values[net.Steps[i].In[0]]; isImage(v) {
			row = max(row, v.Shape[3]*pitch(v))
		}
	}
	if cfg.Integers != nil {
		cfg.Integers.survey(p)
	}
	p.zeros = ref{-1, p.constantsEnd} // memory is zero at first
	p.constantsEnd += roundUp(4*row, line)
	p.input = p.buffer(net.Values[net.Input].Len())
	p.settle(net.Input, p.input, false)
	return p, nil
}

// isImage tells whether v is one image, so that it has a layout of pixels.
func isImage(v *graph.Value) bool { return len(v.Shape) == 4 && v.Shape[0] == 1 }

// pitch is the distance between pixels in floats.
func pitch(v *graph.Value) int { return roundUp(v.Shape[1], 4) }

// flat tells whether both layouts of v are the same.
func flat(v *graph.Value) bool { return !isImage(v) || v.Shape[2]*v.Shape[3] == 1 }

func (p *planner) buffer(floats int) ref {
	p.buffers = append(p.buffers, buffer{bytes: roundUp(4*floats, line), first: math.MaxInt, last: -1})
	return ref{len(p.buffers) - 1, 0}
}

func (p *planner) constant(data []float32) ref {
	r := ref{-1, p.constantsEnd}
	p.constants = append(p.constants, Constant{Offset: r.offset, Data: data, Call: -1})
	p.constantsEnd += roundUp(4*len(data), line)
	return r
}

// share gives the constant of that key, made at its first use: steps that read one tensor do not each keep a copy.
func (p *planner) share(key any, make func() []float32) ref {
	r, ok := p.held[key]
	if !ok {
		r = p.constant(make())
		p.held[key] = r
	}
	return r
}

// packing is the key of weights as a kernel reads them.
type packing struct {
	value    int
	kind     string
	geometry graph.Geometry
	vecs     int
	alpha    float32
	turned   bool
	patch    int // side of a Winograd patch's outputs; 0 for plain sums
}

// settle notes where value v lies.
func (p *planner) settle(v int, at ref, pixels bool) {
	h := &p.homes[v]
	if pixels || flat(&p.net.Values[v]) {
		h.pixels, h.hasPixels = at, true
	}
	if !pixels || flat(&p.net.Values[v]) {
		h.plain, h.hasPlain = at, true
	}
}

// plain gives value v in the network's layout, moving it there first if need be.
func (p *planner) plain(v int) ref {
	h, value := &p.homes[v], &p.net.Values[v]
	if h.hasPlain {
		return h.plain
	}
	if value.Data != nil {
		p.settle(v, p.constant(value.Data), false)
		return h.plain
	}
	at := p.buffer(value.Len())
	add(p, moveSpec{channels: value.Shape[1], h: value.Shape[2], w: value.Shape[3], fromPitch: pitch(value), toPlain: true}, 1, h.pixels, at)
	p.settle(v, at, false)
	return at
}

// pixels gives image v pixel after pixel, moving it there first if need be.
func (p *planner) pixels(v int) ref {
	h, value := &p.homes[v], &p.net.Values[v]
	if h.hasPixels {
		return h.pixels
	}
	if value.Data != nil {
		p.settle(v, p.constant(packImage(value.Data, value.Shape[1], value.Shape[2]*value.Shape[3])), true)
		return h.pixels
	}
	at := p.image(v)
	add(p, moveSpec{channels: value.Shape[1], h: value.Shape[2], w: value.Shape[3], fromPlain: true, toPitch: pitch(value)}, 1, h.plain, at)
	p.settle(v, at, true)
	return at
}

// image makes a buffer for v pixel after pixel.
func (p *planner) image(v int) ref {
	value := &p.net.Values[v]
	return p.buffer(value.Shape[2] * value.Shape[3] * pitch(value))
}

// add appends a call of kernel s; out tells which argument is written.
func add[K kernel](p *planner, s K, out int, args ...ref) { p.add(s, out, args) }

// add is written once for all types of kernels; s must be comparable.
func (p *planner) add(s specification, out int, args []ref) {
	if p.cfg.Native {
		p.calls = append(p.calls, call{name: s.name(p.cfg), spec: s, args: args, out: out})
		return
	}
	i, ok := p.known[s]
	if !ok {
		i = len(p.functions)
		p.functions = append(p.functions, s.build(p.cfg))
		p.codeBytes += len(p.functions[i].code)
		p.known[s] = i
	}
	p.calls = append(p.calls, call{name: s.name(p.cfg), function: i, units: s.units(), cost: p.cost(s, args[out]), args: args, out: out})
}

// cost is about how long a call of kernel s takes, in nanoseconds: it only decides how small a share of the work is worth
// taking. Kernels that do more with a number than move it say how many multiplications they do.
func (p *planner) cost(s any, target ref) int {
	if k, ok := s.(interface{ products() int }); ok {
		return k.products() / 25
	}
	return p.buffers[target.buffer].bytes / 8
}

// step plans one step by the kernel for it, or leaves it to the portable executor.
func (p *planner) step(s *graph.Step) {
	done := false
	switch s.Op {
	case "Conv":
		done = p.conv(s)
	case "Gemm":
		done = p.gemm(s)
	case "MaxPool", "AveragePool":
		done = p.pool(s)
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin":
		done = (s.Op == "ReduceMean" && slices.Equal(s.Axes, []int{2, 3}) && p.mean(s)) || p.reduce(s)
	case "Softmax":
		done = p.softmax(s)
	case "Add", "Sub", "Mul", "Div", "Min", "Max", "PRelu":
		done = p.binary(s)
	case "BatchNormalization":
		done = p.batchNorm(s)
	case "Reshape":
		p.settle(s.Out, p.plain(s.In[0]), false)
		done = true
	case "Concat":
		done = p.concat(s)
	case "View":
		done = p.view(s)
	case "Pad":
		done = p.pad(s)
	case "Shuffle":
		done = p.shuffle(s)
	case "Gather", "Interpolate":
		done = p.resize(s)
	default:
		done = hasUnary(s.Op) && p.unary(s)
	}
	if !done {
		p.leave(s)
	}
}

// leave hands s to the portable executor.
func (p *planner) leave(s *graph.Step) {
	c := call{name: s.Op, step: s, out: len(s.In)}
	for _, in := range s.In {
		if p.net.Values[in].Data != nil {
			c.args = append(c.args, ref{-1, 0}) // the executor has it
			continue
		}
		c.args = append(c.args, p.plain(in))
	}
	at := p.buffer(p.net.Values[s.Out].Len())
	c.args = append(c.args, at)
	p.calls = append(p.calls, c)
	p.settle(s.Out, at, false)
}

// endingOf gives what a step does with its results.
func endingOf(s *graph.Step) ending {
	e := unbounded()
	e.act = s.Act
	if s.Clamp || s.Op == "Clamp" {
		e.lo, e.hi = s.Lo, s.Hi
	}
	return e
}

// unbounded leaves results as they are.
func unbounded() ending { return ending{lo: float32(math.Inf(-1)), hi: float32(math.Inf(1))} }
