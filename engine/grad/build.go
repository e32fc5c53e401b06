package grad

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/native"
)

// builder turns the steps of a network into operators.
type builder struct {
	n      *Net
	net    *graph.Network
	steps  []*graph.Step // those that are computed
	values []*value      // by index of the network, nil if not needed
	maker  map[*value]op
	reads  map[int]int // how many steps read a value
}

// build makes n's operators.
func (n *Net) build(output string) error {
	if output == "" {
		if len(n.model.Graph.Outputs) == 0 {
			return fmt.Errorf("the model has no output")
		}
		output = n.model.Graph.Outputs[0].Name
	}
	outputs := []string{output}
	if n.options.From != "" && n.options.From != output { // so that it is not fused into something else
		outputs = append(outputs, n.options.From)
	}
	net, err := graph.Plain(n.model, outputs...)
	if err != nil {
		return err
	}
	b := &builder{n: n, net: net, values: make([]*value, len(net.Values)), maker: map[*value]op{}, reads: map[int]int{}}
	if err := b.cut(); err != nil {
		return err
	}
	b.learn()
	for i := 0; i < len(b.steps); i++ {
		if err := b.step(b.steps[i]); err != nil {
			return fmt.Errorf("%s: %w", b.steps[i].Label, err)
		}
	}
	n.output = b.values[net.Outputs[0]]
	if n.output == nil || !n.output.batched {
		return fmt.Errorf("the output %q does not depend on the input", output)
	}
	return nil
}

// cut keeps the steps between the input and the output.
func (b *builder) cut() error {
	from := b.net.Input
	if b.n.options.From != "" {
		from = b.net.Outputs[len(b.net.Outputs)-1]
	}
	needed := map[int]bool{b.net.Outputs[0]: true}
	for i := len(b.net.Steps) - 1; i >= 0; i-- {
		s := &b.net.Steps[i]
		if !needed[s.Out] || s.Out == from {
			continue
		}
		b.steps = append(b.steps, s)
		for _, in := range s.In {
			needed[in] = true
			b.reads[in]++
		}
	}
	slices.Reverse(b.steps)
	b.reads[b.net.Outputs[0]]++
	if from != b.net.Input && needed[b.net.Input] {
		return fmt.Errorf("the output does not depend on %q alone: the input comes to it by another way too", b.n.options.From)
	}
	v := &b.net.Values[from]
	if len(v.Shape) == 0 || v.Shape[0] != 1 || v.Data != nil {
		return fmt.Errorf("%q has the shape %v, a batch of one image was expected", v.Name, v.Shape)
	}
	b.values[from] = b.memory(newValue(v.Name, v.Shape, true))
	b.n.input = b.values[from]
	return nil
}

// memory gives v its numbers.
func (b *builder) memory(v *value) *value {
	size := b.n.room(v)
	v.data = make([]float32, size+native.Slack)
	b.n.values = append(b.n.values, v)
	return v
}

// in gives an input of a step; constants are made when they are first asked for.
func (b *builder) in(i int) *value {
	if b.values[i] == nil {
		c := &b.net.Values[i]
		v := b.memory(newValue(c.Name, c.Shape, false))
		copy(v.data, c.Data)
		b.values[i] = v
	}
	return b.values[i]
}

// made makes the result of a step, which depends on an image if an input does.
func (b *builder) made(name string, shape []int, in ...*value) *value {
	v := newValue(name, shape, slices.ContainsFunc(in, func(v *value) bool { return v.batched }))
	v.needs = slices.ContainsFunc(in, func(v *value) bool { return v.needs })
	return b.memory(v)
}

// add appends an operator.
func (b *builder) add(o op) {
	b.n.ops = append(b.n.ops, o)
	b.maker[o.result()] = o
}

// learn makes parameters of the tensors that are trained.
func (b *builder) learn() {
	names := map[string]bool{}
	for _, t := range b.n.model.Graph.Initializers {
		names[t.Name] = true
	}
	for _, node := range b.n.model.Graph.Nodes {
		for _, o := range node.Outputs {
			names[o] = true
		}
	}
	after := map[int]bool{} // values that come after a trained layer
	for _, s := range b.steps {
		for k, i := range s.In {
			v := &b.net.Values[i]
			if after[i] {
				after[s.Out] = true
			}
			weight, decay := b.role(s, k, after)
			if !weight {
				continue
			}
			after[s.Out] = true
			if !names[v.Name] || b.in(i).param != nil || b.n.options.Trainable != nil && !b.n.options.Trainable(v.Name) {
				continue
			}
			t := b.in(i)
			t.param = &Parameter{Name: v.Name, Shape: slices.Clone(v.Shape), Value: t.data[:t.size:t.size], Grad: make([]float32, t.size), Decay: decay}
			t.needs = true
			b.n.params = append(b.n.params, t.param)
		}
	}
}

// role tells whether input k of s is a tensor that is trained, and whether weights are meant, which are decayed. A sum or product
// with one constant for every channel, after a layer with weights, is a bias or a scale written out.
func (b *builder) role(s *graph.Step, k int, after map[int]bool) (weight, decay bool) {
	v := &b.net.Values[s.In[k]]
	if v.Data == nil || v.Len() == 0 {
		return false, false
	}
	switch s.Op {
	case "Conv", "ConvTranspose", "Gemm":
		return true, k < 2
	case "MatMul":
		return true, true
	case "BatchNormalization", "InstanceNormalization":
		return k == 1 || k == 2, false
	case "PRelu":
		return k == 1, false
	case "Add", "Sub", "Mul", "Div":
		other := s.In[1-k]
		axis := len(b.net.Values[s.Out].Shape) - 1
		if axis == 3 {
			axis = 1
		}
		at := axis - len(b.net.Values[s.Out].Shape) + len(v.Shape)
		return after[other] && v.Len() > 1 && at >= 0 && v.Shape[at] == v.Len(), false
	}
	return false, false
}

// step appends the operators of one step.
func (b *builder) step(s *graph.Step) error {
	in := make([]*value, len(s.In))
	for k, i := range s.In {
		in[k] = b.in(i)
	}
	if s.Op == "Clamp" && b.bound(s, in[0]) {
		return nil
	}
	if s.Op == "BatchNormalization" && b.fold(s, in) {
		return nil
	}
	shape := b.net.Values[s.Out].Shape
	out := b.made(b.net.Values[s.Out].Name, shape, in...)
	b.values[s.Out] = out
	return b.operator(s, in, out)
}

// fits checks that an image is one of a batch.
func fits(v *value) error {
	if len(v.shape) != 4 || v.shape[0] != 1 || !v.batched {
		return fmt.Errorf("operators on images do not take %v that depends on no image or holds several", v.shape)
	}
	return nil
}

func (b *builder) operator(s *graph.Step, in []*value, out *value) error {
	if where := moving(s, out, in); where != nil {
		b.add(newMove(out, in, where, s.Alpha))
		return nil
	}
	switch s.Op {
	case "Conv", "ConvTranspose", "MaxPool", "AveragePool", "Interpolate", "InstanceNormalization", "LRN":
		if err := fits(in[0]); err != nil {
			return err
		}
		return b.window(s, in, out)
	case "Gemm", "MatMul":
		return b.product(s, in, out)
	case "BatchNormalization":
		return b.batchNorm(s, in, out)
	case "Softmax":
		b.add(newSoftmax(in[0], out, s.Axes[0], s.Axes[1]))
		return nil
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin":
		b.add(newReduce(s.Op, in[0], out, s.Axes))
		return nil
	}
	if binarySlopes[s.Op] != nil && len(in) == 2 {
		b.add(newBinary(s.Op, in[0], in[1], out))
		return nil
	}
	act := graph.Activation{Op: s.Op, Alpha: s.Alpha, Beta: s.Beta}
	if !act.Known() && s.Op != "Clamp" {
		return fmt.Errorf("operator %s cannot be trained or computed here", s.Op)
	}
	if out.needs && !smooth(s.Op) {
		return fmt.Errorf("operator %s cannot be differentiated, and trained tensors come before it", s.Op)
	}
	b.add(&function{x: in[0], out: out, act: act, lo: s.Lo, hi: s.Hi})
	return nil
}

// window makes operators on images.
func (b *builder) window(s *graph.Step, in []*value, out *value) error {
	switch s.Op {
	case "Conv":
		c := &conv{frame: newFrame(s.Geometry, in[0].shape, out.shape), x: in[0], w: in[1], out: out, end: unbounded}
		if len(in) > 2 {
			c.b = in[2]
		}
		if c.group == c.inC && c.inC == c.outC && c.group > 1 {
			c.depthwise = &depthwise{}
		}
		b.add(c)
	case "ConvTranspose":
		t := &transposed{frame: newFrame(s.Geometry, out.shape, in[0].shape), x: in[0], w: in[1], out: out}
		if len(in) > 2 {
			t.b = in[2]
		}
		b.add(t)
	case "MaxPool", "AveragePool":
		b.add(&pooling{frame: newFrame(s.Geometry, in[0].shape, out.shape), x: in[0], out: out, largest: s.Op == "MaxPool", countPad: s.CountPad})
	case "Interpolate":
		p := &interpolate{x: in[0], out: out}
		for k, l := range s.Lines {
			p.lines[k] = axisLine{l.From, l.To, l.Weight}
		}
		b.add(p)
	case "InstanceNormalization":
		b.add(&instanceNorm{x: in[0], scale: in[1], bias: in[2], out: out, epsilon: s.Alpha})
	default:
		b.add(&localResponse{x: in[0], out: out, size: s.Geometry.Group, alpha: s.Alpha, beta: s.Beta, bias: s.Lo})
	}
	return nil
}

// product makes a Gemm or MatMul. What is no product of the images' rows with one matrix goes image by image.
func (b *builder) product(s *graph.Step, in []*value, out *value) error {
	rows := in[0].batched && len(in[0].shape) == 2 && !in[1].batched && len(in[1].shape) == 2 && !s.TransA
	column := len(in) < 3 || !in[2].batched && (in[2].size == 1 || in[2].size == out.shape[1] && in[2].shape[len(in[2].shape)-1] == in[2].size)
	if rows && column && len(out.shape) == 2 {
		d := &dense{x: in[0], w: in[1], out: out, turned: s.TransB, alpha: s.Alpha, beta: s.Beta, end: unbounded}
		if len(in) > 2 {
			d.b = in[2]
		}
		b.add(d)
		return nil
	}
	m := &matMul{x: in[0], y: in[1], out: out, transX: s.TransA, transY: s.TransB, alpha: s.Alpha}
	if len(in) < 3 {
		b.add(m)
		return nil
	}
	m.out = b.made(out.name, out.shape, in[0], in[1])
	b.add(m)
	c := in[2]
	if s.Beta != 1 {
		beta := b.memory(newValue("beta", []int{1}, false))
		beta.data[0] = s.Beta
		c = b.made(c.name, c.shape, c)
		b.add(newBinary("Mul", in[2], beta, c))
	}
	b.add(newBinary("Add", m.out, c, out))
	return nil
}

// batchNorm makes a normalisation of its own. Tensors that are neither rows nor images are seen as images for it.
func (b *builder) batchNorm(s *graph.Step, in []*value, out *value) error {
	x, shape := in[0], in[0].shape
	if !x.batched || shape[0] != 1 {
		return fmt.Errorf("it normalises %v that depends on no image or holds several", shape)
	}
	to := out
	direct := len(shape) == 2 || len(shape) == 4
	reshape := func(x, out *value) {
		b.add(newMove(out, []*value{x}, moving(&graph.Step{Op: "Reshape"}, out, []*value{x}), 0))
	}
	if !direct {
		image := b.made(x.name, []int{1, shape[1], layout.Len(shape[2:]), 1}, x)
		reshape(x, image)
		x, to = image, b.made(out.name, image.shape, in...)
	}
	op := &batchNorm{x: x, out: to, kind: b.n.options.Norm, end: unbounded, normalisation: normalised(s, in)}
	b.add(op)
	b.n.norms = append(b.n.norms, op)
	if !direct {
		reshape(to, out)
	}
	return nil
}

func normalised(s *graph.Step, in []*value) normalisation {
	return normalisation{scale: in[1], bias: in[2], mean: in[3], variance: in[4], epsilon: s.Alpha, momentum: s.Beta}
}

// fold lets the convolution before a frozen normalisation do it.
func (b *builder) fold(s *graph.Step, in []*value) bool {
	c, ok := b.maker[in[0]].(*conv)
	if !ok || b.n.options.Norm != FrozenNorm || b.reads[s.In[0]] != 1 || c.norm != nil || c.end.some() {
		return false
	}
	norm := normalised(s, in)
	c.norm = &norm
	c.out.needs = c.out.needs || norm.scale.needs || norm.bias.needs
	b.values[s.Out] = c.out
	return true
}

// bound lets the operator before a clamp do it.
func (b *builder) bound(s *graph.Step, x *value) bool {
	if b.reads[s.In[0]] != 1 || s.Lo >= s.Hi || math.IsNaN(float64(s.Lo+s.Hi)) && !math.IsInf(float64(s.Lo), 0) {
		return false
	}
	var end *bounds
	switch o := b.maker[x].(type) {
	case *conv:
		end = &o.end
	case *dense:
		end = &o.end
	case *batchNorm:
		end = &o.end
	case *binary:
		end = &o.end
	default:
		return false
	}
	if end.some() {
		return false
	}
	*end = bounds{s.Lo, s.Hi}
	b.values[s.Out] = x
	return true
}
