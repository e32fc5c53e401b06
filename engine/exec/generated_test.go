package exec

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
)

// sketch builds small networks with random weights.
type sketch struct {
	r     *rand.Rand
	graph onnx.Graph
	shape map[string][]int
	gain  float32 // of the weights
	opset int64   // 14 if 0
	model *onnx.Model
	net   *graph.Network
}

func newSketch(seed uint64, shape ...int) *sketch {
	s := &sketch{r: rand.New(rand.NewPCG(seed, 7)), shape: map[string][]int{"x": shape}, gain: 1}
	s.graph.Inputs = []onnx.Value{{Name: "x", Type: onnx.Float, Dims: wide(shape)}}
	return s
}

func wide(shape []int) []int64 {
	out := make([]int64, len(shape))
	for i, d := range shape {
		out[i] = int64(d)
	}
	return out
}

func (s *sketch) numbers(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = s.gain * (s.r.Float32()*2 - 1)
	}
	return out
}

// weights adds random constants and gives their name.
func (s *sketch) weights(shape ...int) string {
	n := 1
	for _, d := range shape {
		n *= d
	}
	name := fmt.Sprint("w", len(s.graph.Initializers))
	s.graph.Initializers = append(s.graph.Initializers, onnx.FloatTensor(name, s.numbers(n), wide(shape)...))
	return name
}

func (s *sketch) list(values ...int64) string {
	name := fmt.Sprint("w", len(s.graph.Initializers))
	s.graph.Initializers = append(s.graph.Initializers, onnx.IntTensor(name, values, int64(len(values))))
	return name
}

func (s *sketch) node(op string, inputs []string, attrs ...onnx.Attr) string {
	name := fmt.Sprint("v", len(s.graph.Nodes))
	s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
	return name
}

func (s *sketch) build(t *testing.T, outputs ...string) {
	t.Helper()
	for _, o := range outputs {
		s.graph.Outputs = append(s.graph.Outputs, onnx.Value{Name: o, Type: onnx.Float})
	}
	if s.opset == 0 {
		s.opset = 14
	}
	s.model = &onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: s.opset}}, Graph: s.graph}
	var err error
	s.net, err = graph.Build(s.model)
	must(t, err)
}

// input gives random numbers for the network.
func (s *sketch) input() []float32 { return s.numbers(s.net.Values[s.net.Input].Len()) }

// portable runs the network in portable Go and compares the results with the reference.
func portable(t *testing.T, s *sketch, input []float32, tolerance float64) [][]float32 {
	t.Helper()
	out, err := NewPortable(s.net).Run(context.Background(), input)
	must(t, err)
	for i, want := range reference(t, s.model, input) {
		compare(t, "portable Go against the reference", out[i], want, tolerance)
	}
	return out
}

// differ runs the network as generated code, task by task. Before the run, all memory that holds no constants is
// filled with not-a-numbers, so that values which were never computed spoil the result; after each task, only what the
// task says it writes may have changed. Results may differ from want by tolerance. It gives the number of steps left to Go.
func differ(t *testing.T, net *graph.Network, w way, input []float32, want [][]float32, tolerance float64) int {
	t.Helper()
	ctx := context.Background()
	program, err := simd.Compile(net, w.config)
	must(t, err)
	g, err := newGenerated(ctx, net, w)
	must(t, err)
	defer g.Close()
	memory := make([]float32, program.Pages<<14)
	for i := program.Activations / 4; i < len(memory); i++ {
		memory[i] = math.Float32frombits(0x7fc0_0000 | uint32(i)&0xffff)
	}
	control := program.Control // threads change it at any time
	rest := memory[program.Activations/4:]
	must(t, g.instance.write(program.Activations, rest))
	must(t, g.instance.read(0, memory))
	copy(memory[program.Input.Offset/4:], input)
	must(t, g.instance.write(program.Input.Offset, input))
	after, left := make([]float32, len(memory)), 0
	for i := range g.program.Tasks {
		task := &g.program.Tasks[i]
		must(t, g.task(ctx, task))
		must(t, g.instance.read(0, after))
		from, to := task.Out.Offset/4, task.Out.Offset/4+task.Out.Floats
		for k := range after {
			if (k < from || k >= to) && (k < control.Offset/4 || k >= control.Offset/4+control.Floats) && math.Float32bits(after[k]) != math.Float32bits(memory[k]) {
				t.Fatalf("%s: %s writes float %d, outside [%d, %d)", w.name, task.Name, k, from, to)
			}
		}
		memory, after = after, memory
		if task.Step != nil {
			left++
		}
	}
	for o, span := range g.program.Outputs {
		got := make([]float32, span.Floats)
		must(t, g.instance.read(span.Offset, got))
		compare(t, w.name, got, want[o], tolerance)
	}
	// The usual way, twice: nothing of the first run may show in the second.
	for range 2 {
		out, err := g.Run(ctx, input)
		must(t, err)
		for o := range want {
			compare(t, w.name, out[o], want[o], tolerance)
		}
	}
	return left
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("%s: value %d is %g, want %g (tolerance %g)", name, i, got[i], want[i], tolerance)
		}
	}
}

// generators are this host's ways to run what package simd plans, with the browsers' tiles in wazero and the portable twins of
// native kernels.
func generators(t *testing.T) []way {
	var out []way
	for _, w := range ways(context.Background()) {
		if w.host == nil {
			continue
		}
		out = append(out, w)
		if w.name == Wazero {
			out = append(out, way{name: "wazero with the browsers' tiles", host: w.host, config: simd.Plain})
		}
		w.name, w.config.Threads = w.name+" in three threads", 3
		out = append(out, w)
	}
	out = append(out, twins()...)
	if len(out) == 0 {
		t.Skip("this host runs no generated code")
	}
	return out
}

// within is the tolerance of sums of depth products of numbers in [-1, 1).
func within(depth int) float64 { return float64(depth+16) / (1 << 23) }

// convCase is one convolution, perhaps with a clamp and a residual.
type convCase struct {
	c, h, w, m, kh, kw, sh, sw, dh, dw int
	top, left, bottom, right, group    int
	relu, residual, noBias             bool
	leaves                             int
}

func (c convCase) build(t *testing.T, seed uint64) (s *sketch, depth int) {
	t.Helper()
	s = newSketch(seed, 1, c.c, c.h, c.w)
	inputs := []string{"x", s.weights(c.m, c.c/c.group, c.kh, c.kw)}
	if !c.noBias {
		inputs = append(inputs, s.weights(c.m))
	}
	attrs := []onnx.Attr{
		onnx.IntsAttr("strides", int64(c.sh), int64(c.sw)), onnx.IntsAttr("dilations", int64(c.dh), int64(c.dw)),
		onnx.IntsAttr("pads", int64(c.top), int64(c.left), int64(c.bottom), int64(c.right)), onnx.IntAttr("group", int64(c.group)),
	}
	y := s.node("Conv", inputs, attrs...)
	if c.residual { // the sum of two convolutions of one shape
		other := append([]string(nil), inputs...)
		other[1] = s.weights(c.m, c.c/c.group, c.kh, c.kw)
		y = s.node("Add", []string{s.node("Conv", other, attrs...), y})
	}
	if c.relu {
		y = s.node("Relu", []string{y})
	}
	s.build(t, y)
	return s, c.kh * c.kw * c.c / c.group
}

// convolutions are the cases of TestConvolutions.
func convolutions() []convCase {
	one := func(c, h, w, m int) convCase {
		return convCase{c: c, h: h, w: w, m: m, kh: 1, kw: 1, sh: 1, sw: 1, dh: 1, dw: 1, group: 1}
	}
	square := func(c, h, w, m, k, stride, pad, group int) convCase {
		return convCase{c: c, h: h, w: w, m: m, kh: k, kw: k, sh: stride, sw: stride, dh: 1, dw: 1, top: pad, left: pad, bottom: pad, right: pad, group: group}
	}
	with := func(c convCase, change func(*convCase)) convCase { change(&c); return c }
	cases := []convCase{
		one(1, 1, 1, 1), one(3, 1, 1, 33), one(40, 1, 1, 10), one(5, 1, 2, 19), one(7, 1, 3, 8), one(8, 5, 1, 12),
		one(16, 7, 7, 8), one(13, 6, 5, 11), one(4, 12, 12, 24), one(96, 3, 3, 20),
		with(one(9, 7, 7, 14), func(c *convCase) { c.residual, c.relu = true, true }),
		with(one(6, 9, 7, 5), func(c *convCase) { c.sh, c.sw = 2, 3 }),
		square(3, 15, 13, 9, 3, 2, 1, 1), square(5, 7, 7, 16, 3, 1, 1, 1), square(8, 6, 6, 8, 3, 1, 0, 1), square(3, 9, 9, 4, 7, 2, 3, 1),
		square(4, 5, 5, 4, 3, 1, 1, 4), square(7, 9, 8, 7, 3, 2, 1, 7), square(12, 11, 10, 12, 5, 1, 2, 12), square(33, 4, 3, 33, 3, 1, 1, 33),
		square(8, 3, 3, 8, 7, 1, 3, 8),   // a window that is larger than the image
		square(6, 6, 6, 4, 3, 1, 1, 2),   // groups whose outputs share vectors
		square(16, 5, 5, 32, 3, 1, 1, 2), // groups of whole vectors
		square(5, 6, 6, 15, 3, 1, 1, 5),  // three outputs for each channel
		with(square(8, 9, 9, 8, 3, 1, 1, 8), func(c *convCase) { c.residual, c.relu, c.noBias = true, true, true }),
		with(square(6, 8, 8, 6, 3, 1, 0, 1), func(c *convCase) { c.top, c.right = 2, 1 }),
		with(square(6, 9, 9, 6, 3, 2, 0, 6), func(c *convCase) { c.bottom, c.right = 1, 1 }),
		with(square(4, 12, 11, 6, 3, 1, 2, 1), func(c *convCase) { c.dh, c.dw = 2, 2 }),
		with(square(5, 12, 11, 5, 3, 1, 2, 5), func(c *convCase) { c.dh, c.dw = 2, 3 }),
		with(square(4, 10, 10, 10, 3, 1, 1, 1), func(c *convCase) { c.residual = true }),
		one(160, 7, 7, 60), one(300, 1, 1, 100), // weights that are touched before they are needed
		square(64, 7, 7, 40, 3, 1, 1, 1), square(37, 11, 9, 41, 3, 2, 1, 1), square(16, 5, 3, 12, 3, 1, 1, 1), // tiles over the ends of rows
		with(square(32, 14, 14, 44, 3, 1, 1, 1), func(c *convCase) { c.residual, c.relu = true, true }),
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		cases = append(cases, randomConv(r))
	}
	return cases
}

func TestConvolutions(t *testing.T) {
	for i, c := range convolutions() {
		s, depth := c.build(t, uint64(i))
		input := s.input()
		want := portable(t, s, input, 2*within(depth))
		for _, w := range generators(t) {
			if left := differ(t, s.net, w, input, want, 2*within(depth)); left != c.leaves {
				t.Errorf("%+v: %d steps were left to Go", c, left)
			}
			if t.Failed() {
				t.Fatalf("%+v", c)
			}
		}
	}
}

func randomConv(r *rand.Rand) convCase {
	group := []int{1, 1, 2, 3}[r.IntN(4)]
	c := convCase{
		c: group * (1 + r.IntN(9)), h: 1 + r.IntN(12), w: 1 + r.IntN(12), m: group * (1 + r.IntN(17)), kh: 1 + r.IntN(4), kw: 1 + r.IntN(4),
		sh: 1 + r.IntN(2), sw: 1 + r.IntN(3), dh: 1 + r.IntN(2), dw: 1 + r.IntN(2),
		top: r.IntN(3), left: r.IntN(3), bottom: r.IntN(3), right: r.IntN(3), group: group,
		relu: r.IntN(2) == 0, residual: r.IntN(3) == 0, noBias: r.IntN(3) == 0,
	}
	if r.IntN(2) == 0 {
		c.group, c.m = c.c, c.c
	}
	c.h, c.w = max(c.h, (c.kh-1)*c.dh+1), max(c.w, (c.kw-1)*c.dw+1)
	return c
}
