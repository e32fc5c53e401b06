package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// call is one node with its inputs resolved.
type call struct {
	*onnx.Node
	b  *builder
	in []int // values by position, -1 for an input left out
}

// handler checks a node and emits its steps.
type handler func(c *call) error

// handlers holds all operators but those that only rename a value.
var handlers = map[string]handler{
	"Conv": convNode, "ConvTranspose": convTransposeNode,
	"MaxPool": poolNode, "AveragePool": poolNode, "GlobalAveragePool": globalPoolNode, "GlobalMaxPool": globalPoolNode,
	"Gemm": gemmNode, "MatMul": matMulNode,
	"Add": binaryNode, "Sub": binaryNode, "Mul": binaryNode, "Div": binaryNode, "PRelu": binaryNode, "Min": binaryNode, "Max": binaryNode, "Sum": binaryNode,
	"Pow":  powNode,
	"Relu": clampNode, "Clip": clampNode,
	"Sigmoid": unaryNode, "HardSigmoid": unaryNode, "HardSwish": unaryNode, "Tanh": unaryNode, "LeakyRelu": unaryNode, "Elu": unaryNode,
	"Gelu": unaryNode, "Erf": unaryNode, "Exp": unaryNode, "Sqrt": unaryNode, "Neg": unaryNode, "Abs": unaryNode, "Floor": unaryNode,
	"Ceil": unaryNode, "Round": unaryNode, "Log": unaryNode, "Reciprocal": unaryNode, "Softplus": unaryNode, "Mish": unaryNode,
	"Softmax": softmaxNode, "BatchNormalization": batchNormNode, "InstanceNormalization": instanceNormNode, "LRN": lrnNode,
	"ReduceMean": reduceNode, "ReduceSum": reduceNode, "ReduceMax": reduceNode, "ReduceMin": reduceNode,
	"Flatten": flattenNode, "Reshape": reshapeNode, "Squeeze": squeezeNode, "Unsqueeze": unsqueezeNode,
	"Transpose": transposeNode, "Slice": sliceNode, "Split": splitNode, "Expand": expandNode, "Concat": concatNode,
	"Gather": gatherNode, "Pad": padNode, "Resize": resizeNode, "Upsample": resizeNode,
	"DepthToSpace": depthNode, "SpaceToDepth": depthNode,
	"Constant": constantNode, "ConstantOfShape": constantOfShapeNode, "Shape": shapeNode, "Cast": castNode,
	"QuantizeLinear": quantizeNode, "DequantizeLinear": dequantizeNode,
}

// Operators names the ONNX operators that Build takes, in alphabetical order.
func Operators() []string {
	out := []string{"Dropout", "Identity"}
	for name := range handlers {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// node appends the steps of one ONNX node, or folds it.
func (b *builder) node(n *onnx.Node) error {
	if len(n.Outputs) == 0 || n.Outputs[0] == "" {
		return fmt.Errorf("%s has no output", n.Label())
	}
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return &UnsupportedError{Node: n.Label(), Op: n.Domain + "." + n.Op, Opset: b.m.Opset()}
	}
	c := &call{Node: n, b: b}
	for k, name := range n.Inputs {
		if name == "" {
			c.in = append(c.in, -1)
			continue
		}
		i, ok := b.index[name]
		if !ok {
			return fmt.Errorf("%s reads %q before any node makes it: the graph has a cycle or is cut", n.Label(), name)
		}
		if n.Op != "DequantizeLinear" || k > 0 {
			b.net.Values[i].unpack()
		}
		c.in = append(c.in, i)
	}
	handle := handlers[n.Op]
	rename := n.Op == "Identity" || n.Op == "Dropout"
	if handle == nil && !rename {
		return &UnsupportedError{Node: n.Label(), Op: n.Op, Opset: b.m.Opset()}
	}
	if n.Op != "Constant" && (len(c.in) == 0 || c.in[0] < 0) {
		return fmt.Errorf("%s has no input", n.Label())
	}
	var err error
	if rename {
		err = c.alias(c.in[0])
	} else {
		err = handle(c)
	}
	if err != nil {
		return fmt.Errorf("%s (opset %d): %w", n.Label(), b.m.Opset(), err)
	}
	return nil
}

// value gives input k, or nil.
func (c *call) value(k int) *Value {
	if k >= len(c.in) || c.in[k] < 0 {
		return nil
	}
	return &c.b.net.Values[c.in[k]]
}

// exactly checks that the first n inputs are there.
func (c *call) exactly(n int) error {
	for k := range n {
		if c.value(k) == nil {
			return fmt.Errorf("it has %d inputs instead of %d", len(c.in), n)
		}
	}
	return nil
}

// alias makes the first output another name of value i.
func (c *call) alias(i int) error {
	if _, taken := c.b.index[c.Outputs[0]]; taken {
		return fmt.Errorf("value %q is made twice", c.Outputs[0])
	}
	c.b.index[c.Outputs[0]] = i
	return nil
}

// emit appends step s, which makes the node's first output of that shape. Steps that only move or combine constants are
// done at once.
func (c *call) emit(s Step, shape []int) error {
	_, err := c.emitAs(c.Outputs[0], s, shape)
	return err
}

// inner appends a step whose result only later steps of the same node read, and gives its value.
func (c *call) inner(s Step, shape []int) (int, error) {
	return c.emitAs(c.b.unused(c.Outputs[0]), s, shape)
}

func (c *call) emitAs(name string, s Step, shape []int) (int, error) {
	out, err := c.b.add(Value{Name: name, Shape: shape})
	if err != nil {
		return 0, err
	}
	s.Out, s.Label = out, c.Label()
	if c.b.fold(&s) {
		return out, nil
	}
	c.b.net.Steps = append(c.b.net.Steps, s)
	return out, nil
}

// unused gives a name that no value has.
func (b *builder) unused(stem string) string {
	for i := len(b.net.Values); ; i++ {
		name := fmt.Sprintf("%s/%d", stem, i)
		if _, taken := b.index[name]; !taken {
			return name
		}
	}
}

// number adds a constant of one value.
func (c *call) number(v float32) int {
	i, _ := c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: []int{1}, Data: []float32{v}, kind: onnx.Float})
	return i
}

// integers gives a constant list of integers, and nil if input k is left out.
func (c *call) integers(k int) ([]int64, error) {
	v := c.value(k)
	if v == nil {
		return nil, nil
	}
	if v.Data == nil || (v.ints == nil && v.Len() > 0) || len(v.Shape) > 1 {
		return nil, fmt.Errorf("input %d must be a constant list of integers", k)
	}
	return v.ints, nil
}

// list gives the integers of an attribute or, in later opsets, of input k; nil if neither is there.
func (c *call) list(attr string, k int) ([]int64, error) {
	if v := c.Ints(attr); v != nil {
		return v, nil
	}
	return c.integers(k)
}

// floats gives the numbers of a constant input; nil if input k is left out or empty.
func (c *call) floats(k int) ([]float32, error) {
	v := c.value(k)
	if v == nil || v.Len() == 0 {
		return nil, nil
	}
	if v.Data == nil {
		return nil, fmt.Errorf("input %d must be constant", k)
	}
	return v.Data, nil
}

// axes gives the axes of an attribute or input k, of a tensor of that rank, each at most once.
func (c *call) axes(attr string, k, rank int) ([]int, error) {
	list, err := c.list(attr, k)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, a := range list {
		axis, err := axisOf(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, axis) {
			return nil, fmt.Errorf("axis %d is named twice", axis)
		}
		out = append(out, axis)
	}
	return out, nil
}

func axisOf(axis int64, rank int) (int, error) {
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		return 0, fmt.Errorf("axis %d of rank %d", axis, rank)
	}
	return int(axis), nil
}

// product multiplies sizes; it gives MaxInt where they are beyond any limit.
func product(sizes ...int) int {
	n := 1
	for _, d := range sizes {
		if d < 0 || (d > 0 && n > math.MaxInt/d) {
			return math.MaxInt
		}
		n *= d
	}
	return n
}
