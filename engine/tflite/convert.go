package tflite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/engine/onnx"
)

// Options choose what Convert writes.
type Options struct {
	// Output names the tensor to stop at; "" keeps the model's own outputs. What does not lead to it is left out.
	Output string
	// Features, when there are any, take the place of Output: of each of these feature maps (tensors of rank 4) the average
	// over its pixels is taken, and all of them, one after the other, are the one output [1,C].
	Features []string
	// Metadata goes into metadata_props, beside irum.input, irum.scale and irum.shift.
	Metadata []onnx.Property
}

// embedding is the name of the output that Options.Features make.
const embedding = "embedding"

// Convert reads a TFLite model and gives the same network as ONNX, NCHW, opset 13. Half-precision weights stay so
// (FLOAT16 and a Cast), and so do 8-bit ones (a DequantizeLinear); quantised biases become float. An operator that is not supported is named in the error.
//
// The metadata irum.scale and irum.shift say how pixels 0..255 become input: x*scale + shift. Quantised models carry
// that themselves; for others it is 1/127.5 and -1, the convention of the TensorFlow detection and MobileNet families.
func Convert(data []byte, o Options) (out []byte, err error) {
	m, err := read(data)
	if err != nil {
		return nil, err
	}
	c := &converter{m: m, constants: map[int]int{}, written: map[string]bool{}}
	for i := range m.operators {
		if err := c.operator(i); err != nil {
			return nil, err
		}
	}
	outputs, err := c.outputs(o)
	if err != nil {
		return nil, err
	}
	in := &m.tensors[m.inputs[0]]
	if len(in.shape) != 4 || in.shape[3] != 3 || in.shape[1] != in.shape[2] {
		return nil, fmt.Errorf("the input %q has shape %v: an image [1,S,S,3] is expected", in.name, in.shape)
	}
	size := int64(in.shape[1])
	scale, shift := 1/127.5, -1.0
	if in.typ == typeUint8 && len(in.scales) == 1 && len(in.zeroPoints) == 1 {
		scale, shift = float64(in.scales[0]), -float64(in.scales[0])*float64(in.zeroPoints[0])
	}
	model := &onnx.Model{
		IRVersion: 7, Producer: "irum", Opsets: []onnx.Opset{{Version: 13}},
		Graph: onnx.Graph{
			Name: "irum", Nodes: c.nodes, Initializers: c.initializers, Outputs: outputs,
			Inputs: []onnx.Value{{Name: in.name, Type: onnx.Float, Dims: []int64{1, 3, size, size}}},
		},
	}
	model.SetMeta("irum.input", strconv.FormatInt(size, 10))
	model.SetMeta("irum.scale", strconv.FormatFloat(scale, 'g', -1, 64))
	model.SetMeta("irum.shift", strconv.FormatFloat(shift, 'g', -1, 64))
	for _, p := range o.Metadata {
		model.SetMeta(p.Key, p.Value)
	}
	onnx.Prune(&model.Graph)
	return onnx.Write(model), nil
}

type converter struct {
	m            *model
	nodes        []onnx.Node
	initializers []onnx.Tensor
	constants    map[int]int // tensor made by DEQUANTIZE of a constant -> that constant
	written      map[string]bool
}

func (c *converter) outputs(o Options) ([]onnx.Value, error) {
	if len(o.Features) > 0 {
		return c.features(o.Features)
	}
	if o.Output == "" {
		var values []onnx.Value
		for _, i := range c.m.outputs {
			values = append(values, onnx.Value{Name: c.name(i), Type: onnx.Float, Dims: c.nchwShape(i)})
		}
		return values, nil
	}
	i, err := c.find(o.Output)
	if err != nil {
		return nil, err
	}
	return []onnx.Value{{Name: c.name(i), Type: onnx.Float, Dims: c.nchwShape(i)}}, nil
}

// features adds what makes one embedding of the averages of feature maps.
func (c *converter) features(names []string) ([]onnx.Value, error) {
	var pooled []string
	channels := 0
	for k, name := range names {
		i, err := c.find(name)
		if err != nil {
			return nil, err
		}
		t := &c.m.tensors[i]
		if len(t.shape) != 4 {
			return nil, fmt.Errorf("tensor %q has shape %v, a feature map [1,H,W,C] is expected", t.name, t.shape)
		}
		pooled = append(pooled, fmt.Sprintf("%s/pool%d", embedding, k))
		channels += t.shape[3]
		c.add("GlobalAveragePool", pooled[k], []string{c.name(i)})
	}
	last := pooled[0]
	if len(pooled) > 1 {
		last = embedding + "/pools"
		c.add("Concat", last, pooled, onnx.IntAttr("axis", 1))
	}
	c.add("Flatten", embedding, []string{last}, onnx.IntAttr("axis", 1))
	return []onnx.Value{{Name: embedding, Type: onnx.Float, Dims: []int64{1, int64(channels)}}}, nil
}

// find gives the tensor of an original name.
func (c *converter) find(name string) (int, error) {
	for i := range c.m.tensors {
		if named(&c.m.tensors[i], name) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("the model has no tensor named %q", name)
}

// named tells whether t is the tensor that the original graph called name: the TFLite converter joins the names of the
// operations that it fused with semicolons.
func named(t *tensor, name string) bool {
	return slices.Contains(strings.Split(t.name, ";"), name)
}

func (c *converter) add(op, output string, inputs []string, attrs ...onnx.Attr) {
	c.nodes = append(c.nodes, onnx.Node{Name: output, Op: op, Inputs: inputs, Outputs: []string{output}, Attrs: attrs})
}

func (c *converter) name(i int) string {
	if t := &c.m.tensors[i]; t.name != "" {
		return t.name
	}
	return fmt.Sprintf("tensor%d", i)
}

func (c *converter) nchwShape(i int) []int64 {
	s := c.m.tensors[i].shape
	if len(s) == 4 {
		return []int64{int64(s[0]), int64(s[3]), int64(s[1]), int64(s[2])}
	}
	dims := make([]int64, len(s))
	for k, d := range s {
		dims[k] = int64(d)
	}
	return dims
}

// constant follows DEQUANTIZE back to the tensor that holds data; nil when tensor i is no constant.
func (c *converter) constant(i int) *tensor {
	if i < 0 {
		return nil
	}
	if source, ok := c.constants[i]; ok {
		i = source
	}
	if t := &c.m.tensors[i]; t.data != nil {
		return t
	}
	return nil
}

// weights writes constant i as an initializer of shape dims with its elements taken in the order index gives, keeping half
// precision, and gives the name to use as input.
func (c *converter) weights(i int, dims []int64, index func(k int) int) (string, error) {
	t := c.constant(i)
	if t == nil {
		return "", fmt.Errorf("tensor %q should hold weights but is computed", c.name(i))
	}
	name := t.name
	if c.written[name] {
		return name, nil
	}
	values, err := t.floats()
	if err != nil {
		return "", err
	}
	c.written[name] = true
	if c.integers(t, dims, index) {
		return name, nil
	}
	out := make([]float32, len(values))
	for k := range out {
		out[k] = values[index(k)]
	}
	if t.typ != typeFloat16 {
		c.initializers = append(c.initializers, onnx.FloatTensor(name, out, dims...))
		return name, nil
	}
	half := name + "/half"
	c.initializers = append(c.initializers, onnx.HalfTensor(half, out, dims...))
	c.add("Cast", name, []string{half}, onnx.IntAttr("to", int64(onnx.Float)))
	return name, nil
}

// integers writes 8-bit weights as they are, behind a DequantizeLinear, where there is one grid for all or one for every index of
// the first of several dimensions; it tells whether it did.
func (c *converter) integers(t *tensor, dims []int64, index func(k int) int) bool {
	n := len(t.scales)
	if (t.typ != typeUint8 && t.typ != typeInt8) || len(dims) < 2 || n == 0 || n != 1 && int64(n) != dims[0] || len(t.zeroPoints) != n {
		return false
	}
	kind, low, high := onnx.Uint8, int64(0), int64(255)
	if t.typ == typeInt8 {
		kind, low, high = onnx.Int8, -128, 127
	}
	zeros := make([]byte, n)
	for k, z := range t.zeroPoints {
		if z < low || z > high {
			return false
		}
		zeros[k] = byte(z)
	}
	raw := make([]byte, len(t.data))
	for k := range raw {
		raw[k] = t.data[index(k)]
	}
	var shape []int64 // of one number
	var attrs []onnx.Attr
	if n > 1 {
		shape, attrs = []int64{int64(n)}, []onnx.Attr{onnx.IntAttr("axis", 0)}
	}
	whole, scale, zero := t.name+"/integers", t.name+"/scale", t.name+"/zero"
	c.initializers = append(c.initializers,
		onnx.Tensor{Name: whole, Type: kind, Dims: dims, Raw: raw}, onnx.FloatTensor(scale, t.scales, shape...),
		onnx.Tensor{Name: zero, Type: kind, Dims: shape, Raw: zeros})
	c.add("DequantizeLinear", t.name, []string{whole, scale, zero}, attrs...)
	return true
}

func same(k int) int { return k }

// fused gives the name an operator should write to so that its fused activation ends in tensor i, and adds that activation.
func (c *converter) fused(i int, activation int8, write func(output string)) error {
	final := c.name(i)
	switch activation {
	case 0:
		write(final)
	case 1:
		write(final + "/linear")
		c.add("Relu", final, []string{final + "/linear"})
	case 3:
		write(final + "/linear")
		c.relu6(final, final+"/linear")
	default:
		return fmt.Errorf("fused activation %d of %q is not supported", activation, final)
	}
	return nil
}

func (c *converter) relu6(output, input string) {
	for i, name := range []string{"zero", "six"} { // in one order, for the same bytes every time
		if !c.written[name] {
			c.written[name] = true
			c.initializers = append(c.initializers, onnx.FloatTensor(name, []float32{float32(6 * i)}))
		}
	}
	c.add("Clip", output, []string{input, "zero", "six"})
}

// padding gives TFLite's padding of one axis as ONNX's begin and end: SAME puts the odd one at the end.
func padding(same bool, in, kernel, stride, dilation int) (begin, end int64) {
	if !same {
		return 0, 0
	}
	reach := (kernel-1)*dilation + 1
	out := (in + stride - 1) / stride
	total := max((out-1)*stride+reach-in, 0)
	return int64(total / 2), int64(total - total/2)
}
