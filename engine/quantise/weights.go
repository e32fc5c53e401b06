// Package quantise stores the weights of ONNX networks as 8-bit integers, a quarter of the bytes of float32.
package quantise

import (
	"context"
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// least is how many weights a tensor has that is stored as integers. Smaller ones would save little, and much is lost with them:
// in a MobileNetV2 they are the first blocks and the depthwise kernels.
const least = 16_384

// perAxisOpset is the first version in which DequantizeLinear takes a scale for every channel.
const perAxisOpset = 13

// Weights gives m with the weights of its convolutions and products as 8-bit integers with one scale for every channel: INT8
// initializers, each behind a DequantizeLinear that gives the values their old name. Tensors of fewer than 16,384 weights stay as
// they are, and so do those that something else reads too, and all of a model older than opset 13; small is m then. The biases of
// convolutions take up the average of the error, as it is on eight drawn pictures.
//
// moved is how far the first output moves on these pictures, in units of how much it differs from picture to picture. m takes an
// image [1,3,H,W]; its metadata irum.scale and irum.shift say how pixels 0..255 become input. m is not changed. The same model gives
// the same bytes on the same kind of processor. An error says why m does not run.
func Weights(ctx context.Context, m *onnx.Model) (small *onnx.Model, moved float64, err error) {
	c := *m
	c.Graph.Nodes = slices.Clone(m.Graph.Nodes)
	p := survey(&c)
	if len(p.chosen) == 0 {
		return m, 0, nil
	}
	var read []string
	for i := range p.g.Nodes {
		if n := &p.g.Nodes[i]; p.correctable(n) && !slices.Contains(read, n.Inputs[0]) {
			read = append(read, n.Inputs[0])
		}
	}
	before, err := observe(ctx, m, read)
	if err != nil {
		return nil, 0, fmt.Errorf("quantise weights: %w", err)
	}
	p.replace(before.means)
	after, err := observe(ctx, &c, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("quantise weights: the network of integers: %w", err)
	}
	return &c, after.moved(before), nil
}

// source is where constants come from: an initializer, perhaps of half precision behind a Cast.
type source struct {
	tensor *onnx.Tensor
	cast   int // index of the Cast, -1 without one
}

// pass is a graph with what is known of it.
type pass struct {
	g       *onnx.Graph
	chosen  map[string]bool // values that will be integers
	made    map[string]source
	readers map[string]int
}

// survey lists the constants of m and chooses.
func survey(m *onnx.Model) *pass {
	p := &pass{g: &m.Graph, chosen: map[string]bool{}, made: map[string]source{}, readers: map[string]int{}}
	if m.Opset() < perAxisOpset {
		return p
	}
	for i := range p.g.Initializers {
		t := &p.g.Initializers[i]
		p.made[t.Name] = source{t, -1}
	}
	for i := range p.g.Nodes {
		n := &p.g.Nodes[i]
		for _, in := range n.Inputs {
			p.readers[in]++
		}
		if n.Op != "Cast" || len(n.Inputs) != 1 || len(n.Outputs) != 1 || n.Int("to", 0) != int64(onnx.Float) {
			continue
		}
		if s, ok := p.made[n.Inputs[0]]; ok && s.tensor.Type == onnx.Float16 && s.cast < 0 {
			p.made[n.Outputs[0]] = source{s.tensor, i}
		}
	}
	for _, o := range p.g.Outputs {
		p.readers[o.Name]++
	}
	for i := range p.g.Nodes {
		if n := &p.g.Nodes[i]; weighted(n) && p.private(n.Inputs[1]) && worth(p.made[n.Inputs[1]].tensor) {
			p.chosen[n.Inputs[1]] = true
		}
	}
	return p
}

// weighted tells whether the second input of a node is weights.
func weighted(n *onnx.Node) bool {
	if (n.Domain != "" && n.Domain != "ai.onnx") || len(n.Inputs) < 2 {
		return false
	}
	return n.Op == "Conv" || n.Op == "ConvTranspose" || n.Op == "Gemm" || n.Op == "MatMul"
}

// private tells whether a value is a constant of floats that one node reads.
func (p *pass) private(name string) bool {
	s, ok := p.made[name]
	if !ok || p.readers[name] != 1 {
		return false
	}
	if s.cast < 0 {
		return s.tensor.Type == onnx.Float
	}
	return p.readers[s.tensor.Name] == 1
}

// worth tells whether a tensor holds enough weights over at least two axes, all finite: what is broken stays visible.
func worth(t *onnx.Tensor) bool {
	return len(t.Dims) >= 2 && t.Dims[1] > 1 && t.Len() >= least &&
		!slices.ContainsFunc(t.Floats(), func(v float32) bool { return v-v != 0 })
}

// replace writes the integers, in the order of the graph.
func (p *pass) replace(means map[string][]float64) {
	e := &edit{pass: p, gone: map[string]bool{}, dead: map[int]bool{}}
	for i := range p.g.Nodes {
		n := &p.g.Nodes[i]
		if len(n.Inputs) < 2 || !p.chosen[n.Inputs[1]] {
			continue
		}
		g := nearestGrid(p.made[n.Inputs[1]].tensor)
		if mean := means[n.Inputs[0]]; mean != nil {
			e.correct(n, &g, mean)
		}
		e.unfold(n.Inputs[1], &g)
	}
	e.finish()
}

// edit gathers what replaces constants.
type edit struct {
	*pass
	gone   map[string]bool // initializers
	dead   map[int]bool    // nodes
	before []onnx.Node
	added  []onnx.Tensor
}

// unfold puts a grid behind a DequantizeLinear in the place of a constant.
func (e *edit) unfold(name string, g *grid) {
	s := e.made[name]
	e.gone[s.tensor.Name] = true
	if s.cast >= 0 {
		e.dead[s.cast] = true
	}
	g.integers.Name, g.scales.Name = e.unused(name+"/int8"), e.unused(name+"/scale")
	e.added = append(e.added, g.integers, g.scales)
	e.before = append(e.before, onnx.Node{
		Name: name, Op: "DequantizeLinear", Inputs: []string{g.integers.Name, g.scales.Name}, Outputs: []string{name},
		Attrs: []onnx.Attr{onnx.IntAttr("axis", int64(g.axis))},
	})
}

// unused gives a name that no value has.
func (e *edit) unused(name string) string {
	for {
		_, taken := e.made[name]
		if !taken && e.readers[name] == 0 {
			e.readers[name]++
			return name
		}
		name += "_"
	}
}

func (e *edit) finish() {
	g := e.g
	var live []onnx.Node
	for i := range g.Nodes {
		if !e.dead[i] {
			live = append(live, g.Nodes[i])
		}
	}
	g.Nodes = append(e.before, live...)
	g.Initializers = append(slices.DeleteFunc(slices.Clone(g.Initializers), func(t onnx.Tensor) bool { return e.gone[t.Name] }), e.added...)
	g.Inputs = slices.DeleteFunc(slices.Clone(g.Inputs), func(v onnx.Value) bool { return e.gone[v.Name] })
}

// correctable tells whether the error of a convolution's integers can go into its bias.
func (p *pass) correctable(n *onnx.Node) bool {
	if n.Op != "Conv" || !p.chosen[n.Inputs[1]] {
		return false
	}
	return len(n.Inputs) < 3 || n.Inputs[2] == "" || p.private(n.Inputs[2])
}

// correct adds to the bias what the weights lose on average: for every channel the sum over its inputs of what is lost times the
// mean of the input (Nagel and others, Data-free quantization through weight equalization and bias correction, 2019). Padding is
// taken for mean values.
func (e *edit) correct(n *onnx.Node, g *grid, mean []float64) {
	w := e.made[n.Inputs[1]].tensor
	filters, perGroup := int(w.Dims[0]), int(w.Dims[1])
	groups := int(max(n.Int("group", 1), 1))
	if len(mean) != perGroup*groups || filters%groups != 0 {
		return
	}
	values, back := w.Floats(), g.floats()
	area := len(values) / max(filters*perGroup, 1)
	bias := make([]float32, filters)
	name, kind := e.unused(n.Inputs[1]+"/bias"), onnx.Float
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		old := e.made[n.Inputs[2]].tensor
		name, kind = old.Name, old.Type
		copy(bias, old.Floats())
		e.gone[name] = true
	} else {
		n.Inputs = append(slices.Clone(n.Inputs[:2]), name)
	}
	for f := range filters {
		sum := 0.0
		for i := range perGroup {
			lost := 0.0
			for k := (f*perGroup + i) * area; k < (f*perGroup+i+1)*area; k++ {
				lost += float64(values[k]) - float64(back[k])
			}
			sum += float64(lost * mean[f/(filters/groups)*perGroup+i])
		}
		bias[f] += float32(sum)
	}
	t := onnx.FloatTensor(name, bias, int64(filters))
	if kind == onnx.Float16 {
		t = onnx.HalfTensor(name, bias, int64(filters))
	}
	e.added = append(e.added, t)
}
