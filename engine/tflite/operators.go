package tflite

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// Builtin operator codes of the schema.
const (
	opAdd           = 0
	opAveragePool   = 1
	opConcatenation = 2
	opConv          = 3
	opDepthwiseConv = 4
	opDequantize    = 6
	opFullyConn     = 9
	opLogistic      = 14
	opMaxPool       = 17
	opMul           = 18
	opRelu          = 19
	opRelu6         = 21
	opReshape       = 22
	opSoftmax       = 25
	opPad           = 34
	opMean          = 40
	opSub           = 41
	opSqueeze       = 43
	opQuantize      = 114
	opHardSwish     = 117
)

func (op *operator) int8(slot int) int8 {
	if op.options.Bytes == nil {
		return 0
	}
	return op.options.GetInt8Slot(slotOf(slot), 0)
}

func (op *operator) int32(slot int, def int32) int {
	if op.options.Bytes == nil {
		return int(def)
	}
	return int(op.options.GetInt32Slot(slotOf(slot), def))
}

// operator converts one operator. Operators behind an unsupported one fail only when they lead to the wanted output, so
// an unsupported operator is written under its own name and refused by the reader of the ONNX if it is kept.
func (c *converter) operator(i int) error {
	op := &c.m.operators[i]
	for _, in := range op.inputs {
		if in >= 0 && c.m.tensors[in].data == nil && len(c.m.tensors[in].shape) > 4 {
			return fmt.Errorf("operator %d: tensor %q has more than 4 dimensions", i, c.name(in))
		}
	}
	err := c.convert(op)
	if err != nil {
		return fmt.Errorf("operator %d (TFLite builtin %d): %w", i, op.code, err)
	}
	return nil
}

func (c *converter) convert(op *operator) error {
	need := map[int32]int{opAdd: 2, opSub: 2, opMul: 2, opConv: 2, opDepthwiseConv: 2, opFullyConn: 2, opPad: 2, opMean: 2}
	if len(op.inputs) < max(need[op.code], 1) || op.inputs[0] < 0 {
		return fmt.Errorf("it has only %d inputs", len(op.inputs))
	}
	out, in := op.outputs[0], op.inputs[0]
	switch op.code {
	case opDequantize, opQuantize:
		if c.constant(in) != nil {
			c.constants[out] = in
			return nil
		}
		c.add("Identity", c.name(out), []string{c.name(in)})
	case opConv:
		return c.conv(op, false)
	case opDepthwiseConv:
		return c.conv(op, true)
	case opAdd:
		return c.binary("Add", op)
	case opSub:
		return c.binary("Sub", op)
	case opMul:
		return c.binary("Mul", op)
	case opAveragePool, opMaxPool:
		return c.pool(op)
	case opRelu:
		c.add("Relu", c.name(out), []string{c.name(in)})
	case opRelu6:
		c.relu6(c.name(out), c.name(in))
	case opHardSwish:
		c.add("HardSwish", c.name(out), []string{c.name(in)})
	case opLogistic:
		c.add("Sigmoid", c.name(out), []string{c.name(in)})
	case opSoftmax:
		c.add("Softmax", c.name(out), []string{c.name(in)}, onnx.IntAttr("axis", -1))
	case opReshape, opSqueeze:
		c.reshape(op)
	case opFullyConn:
		return c.fullyConnected(op)
	case opMean:
		return c.mean(op)
	case opPad:
		return c.pad(op)
	case opConcatenation:
		return c.concat(op)
	default:
		name := op.custom
		if name == "" {
			name = fmt.Sprintf("Builtin%d", op.code)
		}
		c.nodes = append(c.nodes, onnx.Node{Op: name, Domain: "tflite", Inputs: c.names(op.inputs), Outputs: c.names(op.outputs)})
	}
	return nil
}

func (c *converter) names(list []int) []string {
	var out []string
	for _, i := range list {
		if i < 0 {
			out = append(out, "")
			continue
		}
		out = append(out, c.name(i))
	}
	return out
}

func (c *converter) conv(op *operator, depthwise bool) error {
	x, w := &c.m.tensors[op.inputs[0]], c.constant(op.inputs[1])
	if len(x.shape) != 4 || w == nil || len(w.shape) != 4 {
		return fmt.Errorf("a convolution needs an image and constant weights, it has %v", x.shape)
	}
	activation, dilationSlot := int8(0), 4
	if depthwise {
		activation, dilationSlot = op.int8(4), 5
	} else {
		activation = op.int8(3)
	}
	sameSize := op.int8(0) == 0
	strideW, strideH := op.int32(1, 0), op.int32(2, 0)
	dilationW, dilationH := op.int32(dilationSlot, 1), op.int32(dilationSlot+1, 1)
	kh, kw := w.shape[1], w.shape[2]
	if strideW < 1 || strideH < 1 || dilationW < 1 || dilationH < 1 || kh < 1 || kw < 1 {
		return fmt.Errorf("stride %dx%d, dilation %dx%d, kernel %dx%d", strideH, strideW, dilationH, dilationW, kh, kw)
	}
	top, bottom := padding(sameSize, x.shape[1], kh, strideH, dilationH)
	left, right := padding(sameSize, x.shape[2], kw, strideW, dilationW)
	name, group, err := c.convWeights(op, w, x.shape[3], depthwise)
	if err != nil {
		return err
	}
	inputs := []string{c.name(op.inputs[0]), name}
	if len(op.inputs) > 2 && op.inputs[2] >= 0 {
		bias, err := c.bias(op.inputs[2])
		if err != nil {
			return err
		}
		inputs = append(inputs, bias)
	}
	return c.fused(op.outputs[0], activation, func(output string) {
		c.add("Conv", output, inputs, onnx.IntAttr("group", int64(group)),
			onnx.IntsAttr("kernel_shape", int64(kh), int64(kw)), onnx.IntsAttr("pads", top, left, bottom, right),
			onnx.IntsAttr("strides", int64(strideH), int64(strideW)), onnx.IntsAttr("dilations", int64(dilationH), int64(dilationW)))
	})
}

// convWeights writes OHWI weights as OIHW, or depthwise 1HWC as C1HW.
func (c *converter) convWeights(op *operator, w *tensor, channels int, depthwise bool) (name string, group int, err error) {
	kh, kw := w.shape[1], w.shape[2]
	if depthwise {
		if channels == 0 || w.shape[0] != 1 || w.shape[3]%channels != 0 {
			return "", 0, fmt.Errorf("depthwise weights %v do not fit %d channels", w.shape, channels)
		}
		outC, area := w.shape[3], kh*kw
		name, err = c.weights(op.inputs[1], []int64{int64(outC), 1, int64(kh), int64(kw)}, func(k int) int {
			return k%area*outC + k/area
		})
		return name, channels, err
	}
	outC, inC := w.shape[0], w.shape[3]
	if inC == 0 || channels%inC != 0 {
		return "", 0, fmt.Errorf("weights %v do not fit %d channels", w.shape, channels)
	}
	area := kh * kw
	name, err = c.weights(op.inputs[1], []int64{int64(outC), int64(inC), int64(kh), int64(kw)}, func(k int) int {
		o, rest := k/(inC*area), k%(inC*area)
		return o*inC*area + rest%area*inC + rest/area
	})
	return name, channels / inC, err
}

func (c *converter) bias(i int) (string, error) {
	t := c.constant(i)
	if t == nil || len(t.shape) != 1 {
		return "", fmt.Errorf("the bias %q is no constant vector", c.name(i))
	}
	return c.weights(i, []int64{int64(t.shape[0])}, same)
}

// operand names an input of an element-wise operator, writing a constant in NCHW broadcast form.
func (c *converter) operand(i int) (string, error) {
	t := c.constant(i)
	if t == nil {
		return c.name(i), nil
	}
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	switch {
	case n == 1:
		return c.weights(i, nil, same)
	case len(t.shape) >= 1 && t.shape[len(t.shape)-1] == n:
		return c.weights(i, []int64{1, int64(n), 1, 1}, same)
	}
	return "", fmt.Errorf("the constant %q of shape %v is no scalar and no vector over channels", t.name, t.shape)
}

func (c *converter) binary(kind string, op *operator) error {
	a, err := c.operand(op.inputs[0])
	if err != nil {
		return err
	}
	b, err := c.operand(op.inputs[1])
	if err != nil {
		return err
	}
	return c.fused(op.outputs[0], op.int8(0), func(output string) { c.add(kind, output, []string{a, b}) })
}

func (c *converter) pool(op *operator) error {
	x := &c.m.tensors[op.inputs[0]]
	strideW, strideH, kw, kh := op.int32(1, 0), op.int32(2, 0), op.int32(3, 0), op.int32(4, 0)
	if len(x.shape) != 4 || strideW < 1 || strideH < 1 || kw < 1 || kh < 1 {
		return fmt.Errorf("pooling %dx%d, stride %dx%d of %v", kh, kw, strideH, strideW, x.shape)
	}
	kind := "AveragePool"
	if op.code == opMaxPool {
		kind = "MaxPool"
	}
	sameSize := op.int8(0) == 0
	top, bottom := padding(sameSize, x.shape[1], kh, strideH, 1)
	left, right := padding(sameSize, x.shape[2], kw, strideW, 1)
	return c.fused(op.outputs[0], op.int8(5), func(output string) {
		c.add(kind, output, []string{c.name(op.inputs[0])}, onnx.IntsAttr("kernel_shape", int64(kh), int64(kw)),
			onnx.IntsAttr("strides", int64(strideH), int64(strideW)), onnx.IntsAttr("pads", top, left, bottom, right))
	})
}

// reshape goes through NHWC when the input is an image, since TFLite counts elements in that order.
func (c *converter) reshape(op *operator) {
	x, y := &c.m.tensors[op.inputs[0]], &c.m.tensors[op.outputs[0]]
	in, out := c.name(op.inputs[0]), c.name(op.outputs[0])
	if len(x.shape) == 4 && x.shape[1]*x.shape[2] != 1 {
		c.add("Transpose", out+"/nhwc", []string{in}, onnx.IntsAttr("perm", 0, 2, 3, 1))
		in = out + "/nhwc"
	}
	dims := make([]int64, len(y.shape))
	for i, d := range y.shape {
		dims[i] = int64(d)
	}
	shape := out + "/shape"
	c.initializers = append(c.initializers, onnx.IntTensor(shape, dims, int64(len(dims))))
	if len(y.shape) != 4 || y.shape[1]*y.shape[2] == 1 {
		if len(y.shape) == 4 {
			c.initializers[len(c.initializers)-1] = onnx.IntTensor(shape, c.nchwShape(op.outputs[0]), 4)
		}
		c.add("Reshape", out, []string{in, shape})
		return
	}
	c.add("Reshape", out+"/flat", []string{in, shape})
	c.add("Transpose", out, []string{out + "/flat"}, onnx.IntsAttr("perm", 0, 3, 1, 2))
}

func (c *converter) fullyConnected(op *operator) error {
	w := c.constant(op.inputs[1])
	if w == nil || len(w.shape) != 2 {
		return fmt.Errorf("fully connected weights must be a constant matrix")
	}
	name, err := c.weights(op.inputs[1], []int64{int64(w.shape[0]), int64(w.shape[1])}, same)
	if err != nil {
		return err
	}
	in := c.name(op.inputs[0])
	if x := &c.m.tensors[op.inputs[0]]; len(x.shape) != 2 {
		flat := in + "/flat"
		if len(x.shape) == 4 {
			c.add("Transpose", flat+"/nhwc", []string{in}, onnx.IntsAttr("perm", 0, 2, 3, 1))
			in = flat + "/nhwc"
		}
		c.add("Flatten", flat, []string{in}, onnx.IntAttr("axis", 1))
		in = flat
	}
	inputs := []string{in, name}
	if len(op.inputs) > 2 && op.inputs[2] >= 0 {
		bias, err := c.bias(op.inputs[2])
		if err != nil {
			return err
		}
		inputs = append(inputs, bias)
	}
	return c.fused(op.outputs[0], op.int8(0), func(output string) {
		c.add("Gemm", output, inputs, onnx.IntAttr("transB", 1))
	})
}

func (c *converter) mean(op *operator) error {
	axes := c.constant(op.inputs[1])
	if axes == nil || axes.typ != typeInt32 {
		return fmt.Errorf("the axes of a mean must be constant")
	}
	values, err := axes.floats()
	if err != nil {
		return err
	}
	rank := len(c.m.tensors[op.inputs[0]].shape)
	var list []int64
	for _, v := range values {
		axis := int64(v)
		if axis < 0 {
			axis += int64(rank)
		}
		if rank == 4 {
			if axis < 0 || axis > 3 {
				return fmt.Errorf("mean over axis %d", axis)
			}
			axis = []int64{0, 2, 3, 1}[axis]
		}
		list = append(list, axis)
	}
	keep := int64(op.int8(0))
	c.add("ReduceMean", c.name(op.outputs[0]), []string{c.name(op.inputs[0])}, onnx.IntsAttr("axes", list...), onnx.IntAttr("keepdims", keep))
	return nil
}

func (c *converter) pad(op *operator) error {
	p := c.constant(op.inputs[1])
	if p == nil || p.typ != typeInt32 || len(p.shape) != 2 || p.shape[0] != 4 || p.shape[1] != 2 {
		return fmt.Errorf("padding must be a constant 4x2 matrix")
	}
	v, err := p.floats()
	if err != nil {
		return err
	}
	pads := []int64{int64(v[0]), int64(v[6]), int64(v[2]), int64(v[4]), int64(v[1]), int64(v[7]), int64(v[3]), int64(v[5])}
	name := c.name(op.outputs[0]) + "/pads"
	c.initializers = append(c.initializers, onnx.IntTensor(name, pads, 8))
	c.add("Pad", c.name(op.outputs[0]), []string{c.name(op.inputs[0]), name})
	return nil
}

func (c *converter) concat(op *operator) error {
	rank := len(c.m.tensors[op.outputs[0]].shape)
	axis := op.int32(0, 0)
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return fmt.Errorf("concatenation along axis %d of rank %d", axis, rank)
	}
	if rank == 4 {
		axis = []int{0, 2, 3, 1}[axis]
	}
	return c.fused(op.outputs[0], op.int8(1), func(output string) {
		c.add("Concat", output, c.names(op.inputs), onnx.IntAttr("axis", int64(axis)))
	})
}
