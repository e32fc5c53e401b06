package exec

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

// variant is one operator with one set of attributes, in one opset.
type variant struct {
	name   string
	opset  int64 // 0 for the usual one
	shape  []int // of the input; nil for an image of 6 channels
	make   func(s *sketch, x string) string
	leaves int // steps left to Go
}

// plain makes a node of one input.
func plain(op string, attrs ...onnx.Attr) func(s *sketch, x string) string {
	return func(s *sketch, x string) string { return s.node(op, []string{x}, attrs...) }
}

// wider makes a node of an input that reaches further than [-1, 1).
func wider(by float32, op string, attrs ...onnx.Attr) func(s *sketch, x string) string {
	return func(s *sketch, x string) string {
		return s.node(op, []string{s.node("Mul", []string{x, s.scalar(by)})}, attrs...)
	}
}

func activations() []variant {
	list := []variant{
		{name: "hard sigmoid", make: wider(4, "HardSigmoid")},
		{name: "hard sigmoid 1/6", make: wider(4, "HardSigmoid", onnx.FloatAttr("alpha", 1.0/6))},
		{name: "leaky relu", make: plain("LeakyRelu")},
		{name: "leaky relu 0.2", make: plain("LeakyRelu", onnx.FloatAttr("alpha", 0.2))},
		{name: "elu", make: wider(3, "Elu", onnx.FloatAttr("alpha", 0.7))},
		{name: "erf", make: wider(4, "Erf")},
		{name: "exp", make: wider(3, "Exp")},
		{name: "mish", make: wider(6, "Mish"), opset: 18},
		{name: "written mish in a convolution", make: func(s *sketch, x string) string {
			x = s.conv(x, 6, 7)
			return s.node("Mul", []string{x, s.node("Tanh", []string{s.node("Softplus", []string{x})})})
		}},
		{name: "softplus", make: wider(6, "Softplus"), leaves: 1},
		{name: "logarithm of a reciprocal", leaves: 1, make: func(s *sketch, x string) string {
			return s.node("Log", []string{s.node("Reciprocal", []string{s.node("Sigmoid", []string{x})})})
		}},
		{name: "powers", leaves: 1, make: func(s *sketch, x string) string {
			y := s.node("Pow", []string{s.node("Abs", []string{x}), s.scalar(0.5)})
			return s.node("Pow", []string{s.node("Pow", []string{y, s.scalar(2)}), s.scalar(1.5)})
		}},
		{name: "sum of three", make: func(s *sketch, x string) string {
			return s.node("Sum", []string{x, s.weights(5, 1), s.weights(6, 1, 7)})
		}},
		{name: "rows times columns", shape: []int{4, 1, 3}, make: func(s *sketch, x string) string { return s.node("Sub", []string{s.weights(1, 5, 1), x}) }},
		{name: "rows of activations", make: func(s *sketch, x string) string {
			return s.node("Mul", []string{x, s.node("ReduceMean", []string{x}, onnx.IntsAttr("axes", 2))})
		}},
		{name: "gelu", make: wider(5, "Gelu"), opset: 20},
		{name: "gelu tanh", make: wider(5, "Gelu", onnx.StringAttr("approximate", "tanh")), opset: 20},
		{name: "min and max", make: func(s *sketch, x string) string {
			return s.node("Min", []string{s.node("Max", []string{x, s.scalar(-0.5), s.weights(1, 6, 1, 1)}), s.scalar(0.4)})
		}},
		{name: "relu6 of opset 7", opset: 7, make: wider(9, "Clip", onnx.FloatAttr("min", 0), onnx.FloatAttr("max", 6))},
		{name: "silu", make: func(s *sketch, x string) string {
			x = s.node("Mul", []string{x, s.scalar(6)})
			return s.node("Mul", []string{x, s.node("Sigmoid", []string{x})})
		}},
		{name: "silu in a convolution", make: func(s *sketch, x string) string {
			x = s.conv(x, 6, 9)
			return s.node("Mul", []string{s.node("Sigmoid", []string{x}), x})
		}},
		{name: "leaky relu in a depthwise convolution", make: func(s *sketch, x string) string {
			x = s.node("Conv", []string{x, s.weights(6, 1, 3, 3)}, onnx.IntAttr("group", 6), onnx.IntsAttr("pads", 1, 1, 1, 1))
			return s.node("LeakyRelu", []string{x}, onnx.FloatAttr("alpha", 0.1))
		}},
		{name: "hard sigmoid in a convolution", make: func(s *sketch, x string) string { return s.node("HardSigmoid", []string{s.conv(x, 6, 5)}) }},
		{name: "written hard swish", make: func(s *sketch, x string) string {
			x = s.node("Mul", []string{x, s.scalar(6)})
			gate := s.node("Clip", []string{s.node("Add", []string{x, s.scalar(3)}), s.scalar(0), s.scalar(6)})
			return s.node("Div", []string{s.node("Mul", []string{x, gate}), s.scalar(6)})
		}},
		{name: "written hard sigmoid", make: func(s *sketch, x string) string {
			gate := s.node("Clip", []string{s.node("Add", []string{s.node("Mul", []string{x, s.scalar(6)}), s.scalar(3)}), s.scalar(0), s.scalar(6)})
			return s.node("Div", []string{gate, s.scalar(6)})
		}},
		{name: "gated hard sigmoid", make: func(s *sketch, x string) string {
			x = s.node("Mul", []string{x, s.scalar(6)})
			return s.node("Mul", []string{x, s.node("HardSigmoid", []string{x}, onnx.FloatAttr("alpha", 1.0/6))})
		}},
		{name: "gated by another hard sigmoid", make: func(s *sketch, x string) string {
			x = s.node("Mul", []string{x, s.scalar(6)})
			return s.node("Mul", []string{x, s.node("HardSigmoid", []string{x})})
		}},
		{name: "written gelu", make: func(s *sketch, x string) string {
			e := s.node("Erf", []string{s.node("Div", []string{x, s.scalar(1.41421356)})})
			return s.node("Mul", []string{s.node("Mul", []string{x, s.node("Add", []string{e, s.scalar(1)})}), s.scalar(0.5)})
		}},
		{name: "gelu with the half before", make: func(s *sketch, x string) string {
			e := s.node("Erf", []string{s.node("Mul", []string{x, s.scalar(0.70710678)})})
			return s.node("Mul", []string{s.node("Mul", []string{x, s.scalar(0.5)}), s.node("Add", []string{s.scalar(1), e})})
		}},
		{name: "prelu of channels", make: func(s *sketch, x string) string { return s.node("PRelu", []string{x, s.weights(6, 1, 1)}) }},
		{name: "prelu of one", make: func(s *sketch, x string) string { return s.node("PRelu", []string{x, s.weights(1)}) }},
		{name: "prelu of all", make: func(s *sketch, x string) string { return s.node("PRelu", []string{x, s.weights(1, 6, 5, 7)}) }},
		{name: "gate of pixels", make: func(s *sketch, x string) string {
			return s.node("Mul", []string{s.node("Sigmoid", []string{s.conv(x, 6, 1)}), x})
		}},
	}
	for _, op := range []string{"Neg", "Abs", "Floor", "Ceil", "Round"} {
		list = append(list, variant{name: op, make: wider(2.9, op)})
	}
	return append(list, variant{name: "Sqrt", make: func(s *sketch, x string) string {
		return s.node("Sqrt", []string{s.node("Abs", []string{x})})
	}})
}

func normalisations() []variant {
	batchNorm := func(shape ...int) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			c := shape[1]
			variance := s.weights(c)
			t := &s.graph.Initializers[len(s.graph.Initializers)-1]
			*t = onnx.FloatTensor(variance, slices.Repeat([]float32{0.5}, c), int64(c))
			return s.node("BatchNormalization", []string{x, s.weights(c), s.weights(c), s.weights(c), variance}, onnx.FloatAttr("epsilon", 1e-3))
		}
	}
	var list []variant
	for axis, shape := range [][]int{{3, 13}, {1, 40}, {2, 5, 9}, {1, 6, 5, 7}, {1, 5, 3, 4}, {7, 3}} {
		for _, opset := range []int64{11, 13} {
			for a := range shape {
				list = append(list, variant{
					name: fmt.Sprintf("softmax %d.%d of %v", opset, a, shape), opset: opset, shape: shape,
					make: wider(3, "Softmax", onnx.IntAttr("axis", int64(a))),
				})
			}
		}
		list = append(list, variant{name: fmt.Sprintf("default softmax %d", axis), shape: shape, opset: []int64{11, 13}[axis%2], make: plain("Softmax")})
	}
	return append(
		list,
		variant{name: "batch norm of rows", shape: []int{2, 6}, make: batchNorm(2, 6)},
		variant{name: "batch norm of lists", shape: []int{1, 6, 5}, make: batchNorm(1, 6, 5)},
		variant{name: "batch norm of an image", make: batchNorm(1, 6, 5, 7)},
		variant{name: "mean of all", make: plain("ReduceMean", onnx.IntAttr("keepdims", 0))},
		variant{name: "mean of channels", make: plain("ReduceMean", onnx.IntsAttr("axes", 1))},
		variant{name: "mean of far axes", make: plain("ReduceMean", onnx.IntsAttr("axes", 1, 3)), leaves: 1},
		variant{name: "sum of columns", make: plain("ReduceSum", onnx.IntsAttr("axes", 3), onnx.IntAttr("keepdims", 0)), opset: 11},
		variant{name: "largest of rows", make: plain("ReduceMax", onnx.IntsAttr("axes", 2))},
		variant{name: "largest of channels", make: plain("ReduceMax", onnx.IntsAttr("axes", 1))},
		variant{name: "least of a row", shape: []int{3, 18}, make: plain("ReduceMin", onnx.IntsAttr("axes", -1))},
		variant{name: "instance norm", make: func(s *sketch, x string) string {
			return s.node("InstanceNormalization", []string{x, s.weights(6), s.weights(6)}, onnx.FloatAttr("epsilon", 1e-2))
		}},
		variant{name: "local response", leaves: 1, make: wider(3, "LRN", onnx.IntAttr("size", 4), onnx.FloatAttr("alpha", 0.5), onnx.FloatAttr("bias", 1.5))},
		variant{name: "layer norm of channels", make: func(s *sketch, x string) string {
			centred := s.node("Sub", []string{x, s.node("ReduceMean", []string{x}, onnx.IntsAttr("axes", 1))})
			variance := s.node("ReduceMean", []string{s.node("Pow", []string{centred, s.scalar(2)})}, onnx.IntsAttr("axes", 1))
			y := s.node("Div", []string{centred, s.node("Sqrt", []string{s.node("Add", []string{variance, s.scalar(0.1)})})})
			return s.node("Add", []string{s.node("Mul", []string{y, s.weights(6, 1, 1)}), s.weights(6, 1, 1)})
		}},
		variant{name: "mean of the end", make: plain("ReduceMean", onnx.IntsAttr("axes", -1, -2)), leaves: 0},
		variant{name: "mean of opset 18", opset: 18, make: func(s *sketch, x string) string {
			return s.node("ReduceMean", []string{x, s.list(2, 3)}, onnx.IntAttr("keepdims", 1))
		}},
	)
}

func windows() []variant {
	conv := func(m, perGroup, kh, kw int, attrs ...onnx.Attr) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			return s.node("Conv", []string{x, s.weights(m, perGroup, kh, kw), s.weights(m)}, attrs...)
		}
	}
	transposed := func(each, kh, kw int, group int64, attrs ...onnx.Attr) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			attrs = append(slices.Clone(attrs), onnx.IntAttr("group", group))
			return s.node("ConvTranspose", []string{x, s.weights(6, each, kh, kw), s.weights(each * int(group))}, attrs...)
		}
	}
	pool := func(op string, attrs ...onnx.Attr) func(s *sketch, x string) string {
		return plain(op, append([]onnx.Attr{onnx.IntsAttr("kernel_shape", 3, 2), onnx.IntsAttr("strides", 2, 3)}, attrs...)...)
	}
	same := func(mode string) onnx.Attr { return onnx.StringAttr("auto_pad", mode) }
	ceil, strides := onnx.IntAttr("ceil_mode", 1), onnx.IntsAttr("strides", 2, 3)
	return []variant{
		{name: "conv SAME_UPPER", make: conv(5, 6, 2, 4, same("SAME_UPPER"), strides)},
		{name: "conv SAME_LOWER", make: conv(5, 6, 2, 4, same("SAME_LOWER"), strides)},
		{name: "conv VALID", make: conv(5, 6, 2, 3, same("VALID"))},
		{name: "conv SAME dilated", make: conv(4, 3, 3, 3, same("SAME_UPPER"), onnx.IntsAttr("dilations", 2, 2), onnx.IntAttr("group", 2))},
		{name: "depthwise SAME_LOWER", make: conv(6, 1, 4, 4, same("SAME_LOWER"), onnx.IntAttr("group", 6))},
		{name: "transposed", make: transposed(5, 3, 3, 1)},
		{name: "transposed strided", make: transposed(5, 2, 2, 1, onnx.IntsAttr("strides", 2, 2))},
		{name: "transposed padded", make: transposed(3, 4, 3, 2, strides, onnx.IntsAttr("pads", 1, 0, 2, 1), onnx.IntsAttr("output_padding", 1, 2))},
		{name: "transposed cut", make: transposed(4, 2, 2, 1, strides, onnx.IntsAttr("pads", 3, 2, 2, 4))},
		{name: "transposed dilated", make: transposed(1, 3, 2, 6, strides, onnx.IntsAttr("dilations", 2, 3))},
		{name: "transposed SAME_UPPER", make: transposed(4, 3, 4, 1, strides, same("SAME_UPPER"))},
		{name: "transposed SAME_LOWER", make: transposed(4, 3, 4, 1, strides, same("SAME_LOWER"))},
		{name: "transposed to a shape", make: transposed(4, 3, 4, 1, strides, onnx.IntsAttr("output_shape", 10, 20))},
		{name: "max pool ceil", make: pool("MaxPool", ceil)},
		{name: "max pool ceil padded", make: pool("MaxPool", ceil, onnx.IntsAttr("pads", 1, 1, 1, 0))},
		{name: "max pool dilated", make: pool("MaxPool", onnx.IntsAttr("dilations", 2, 3))},
		{name: "max pool SAME_UPPER", make: pool("MaxPool", same("SAME_UPPER"))},
		{name: "average pool ceil", make: pool("AveragePool", ceil)},
		{name: "average pool SAME_LOWER", make: pool("AveragePool", same("SAME_LOWER"))},
		{name: "average pool ceil counted", leaves: 1, make: pool("AveragePool", ceil, onnx.IntAttr("count_include_pad", 1), onnx.IntsAttr("pads", 0, 1, 1, 1))},
		{name: "max pool ceil of an odd image", shape: []int{1, 2, 9, 7}, make: plain("MaxPool", onnx.IntsAttr("kernel_shape", 4, 4), onnx.IntsAttr("strides", 5, 6), onnx.IntsAttr("pads", 3, 3, 3, 3), ceil)},
		{name: "average pool ceil that begins outside", shape: []int{1, 2, 4, 2}, make: plain("AveragePool", onnx.IntsAttr("kernel_shape", 3, 1), onnx.IntsAttr("strides", 3, 1), onnx.IntsAttr("pads", 1, 0, 1, 0), ceil)},
		{name: "global max", make: plain("GlobalMaxPool")},
	}
}

func movements() []variant {
	slice := func(starts, ends, axes, steps []int64) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			in := []string{x, s.list(starts...), s.list(ends...)}
			if axes != nil {
				in = append(in, s.list(axes...))
			}
			if steps != nil {
				in = append(in, s.list(steps...))
			}
			return s.node("Slice", in)
		}
	}
	split := func(axis int64, sizes ...int64) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			names := make([]string, len(sizes))
			for i := range names {
				names[i] = fmt.Sprint("part", i, "of", len(s.graph.Nodes))
			}
			s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Split", Inputs: []string{x, s.list(sizes...)}, Outputs: names, Attrs: []onnx.Attr{onnx.IntAttr("axis", axis)}})
			slices.Reverse(names)
			return s.node("Concat", names, onnx.IntAttr("axis", axis))
		}
	}
	pad := func(mode string, pads ...int64) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			in := []string{x, s.list(pads...)}
			if mode == "constant" {
				in = append(in, s.scalar(0.25))
			}
			return s.node("Pad", in, onnx.StringAttr("mode", mode))
		}
	}
	shuffle := func(groups int64) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			y := s.node("Transpose", []string{s.node("Reshape", []string{x, s.list(1, groups, -1, 5, 7)})}, onnx.IntsAttr("perm", 0, 2, 1, 3, 4))
			return s.node("Reshape", []string{y, s.list(0, 6, 5, 7)})
		}
	}
	list := []variant{
		{name: "slice channels", make: slice([]int64{1}, []int64{5}, []int64{1}, nil)},
		{name: "slice every other", make: slice([]int64{0, 1}, []int64{9, -1}, []int64{-1, 2}, []int64{2, 3})},
		{name: "slice backwards", make: slice([]int64{-1, 4}, []int64{-1 << 62, 0}, []int64{1, 3}, []int64{-2, -1})},
		{name: "slice of the first axes", make: slice([]int64{0, 2}, []int64{1, 1 << 40}, nil, nil)},
		{name: "slice of opset 7", opset: 7, make: plain("Slice", onnx.IntsAttr("starts", 1, -6), onnx.IntsAttr("ends", 4, -2), onnx.IntsAttr("axes", 2, 3))},
		{name: "split channels", make: split(1, 2, 1, 3)},
		{name: "split columns", make: split(-1, 3, 4)},
		{name: "split of opset 18", opset: 18, make: func(s *sketch, x string) string {
			names := []string{"p", "q", "r", "t"}
			s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Split", Inputs: []string{x}, Outputs: names, Attrs: []onnx.Attr{onnx.IntAttr("axis", 3), onnx.IntAttr("num_outputs", 4)}})
			return s.node("Concat", []string{"t", "q", "p"}, onnx.IntAttr("axis", 3))
		}},
		{name: "gather one", make: func(s *sketch, x string) string {
			index := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.IntTensor(index, []int64{-2})
			return s.node("Gather", []string{x, index}, onnx.IntAttr("axis", 1))
		}},
		{name: "gather some rows", make: func(s *sketch, x string) string {
			return s.node("Gather", []string{x, s.list(4, 0, 0, -2)}, onnx.IntAttr("axis", 2))
		}},
		{name: "gather some channels", leaves: 1, make: func(s *sketch, x string) string {
			return s.node("Gather", []string{x, s.list(5, 1, 1, 0)}, onnx.IntAttr("axis", 1))
		}},
		{name: "gather a table", leaves: 1, make: func(s *sketch, x string) string {
			index := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.IntTensor(index, []int64{5, 1, 1, 0, 2, 3}, 2, 3)
			return s.node("Gather", []string{x, index}, onnx.IntAttr("axis", 1))
		}},
		{name: "pad", make: pad("constant", 0, 1, 2, 0, 0, 2, 0, 1)},
		{name: "pad and cut", make: pad("constant", 0, 0, -1, 2, 0, -2, 3, -3)},
		{name: "pad zeros of opset 7", opset: 7, make: plain("Pad", onnx.IntsAttr("pads", 0, 0, 1, 1, 0, 0, 2, 2))},
		{name: "reflect", make: pad("reflect", 0, 0, 2, 3, 0, 0, 1, 2)},
		{name: "edge", make: pad("edge", 0, 0, 0, 3, 0, 0, 1, 2)},
		{name: "edge of channels", make: pad("edge", 0, 1, 0, 0, 0, 2, 0, 0), leaves: 1},
		{name: "wrap", opset: 19, make: pad("wrap", 0, 0, 2, 3, 0, 0, 1, 2)},
		{name: "pad axes", opset: 18, make: func(s *sketch, x string) string {
			return s.node("Pad", []string{x, s.list(1, 2, 0, 1), "", s.list(3, -2)})
		}},
		{name: "space to depth", shape: []int{1, 3, 4, 6}, make: plain("SpaceToDepth", onnx.IntAttr("blocksize", 2))},
		{name: "depth to space", shape: []int{1, 8, 3, 5}, make: plain("DepthToSpace", onnx.IntAttr("blocksize", 2))},
		{name: "depth to space, columns first", shape: []int{1, 18, 3, 5}, make: plain("DepthToSpace", onnx.IntAttr("blocksize", 3), onnx.StringAttr("mode", "CRD"))},
		{name: "shuffle 2", make: shuffle(2)},
		{name: "shuffle 3", make: shuffle(3)},
		{name: "shuffle whole vectors", shape: []int{1, 26, 2, 3}, make: func(s *sketch, x string) string {
			y := s.node("Transpose", []string{s.node("Reshape", []string{x, s.list(1, 2, 13, 2, 3)})}, onnx.IntsAttr("perm", 0, 2, 1, 3, 4))
			return s.node("Reshape", []string{y, s.list(1, 26, 2, 3)})
		}},
		{name: "reverse transpose", make: plain("Transpose")},
		{name: "transpose rows", shape: []int{5, 9}, make: plain("Transpose", onnx.IntsAttr("perm", 1, 0))},
		{name: "head of a detector", make: func(s *sketch, x string) string {
			y := s.node("Transpose", []string{s.conv(x, 6, 8)}, onnx.IntsAttr("perm", 0, 2, 3, 1))
			return s.node("Reshape", []string{y, s.list(1, -1, 4)})
		}},
		{name: "expand", make: func(s *sketch, x string) string {
			return s.node("Expand", []string{s.node("GlobalAveragePool", []string{x}), s.list(1, 6, 3, 4)})
		}},
		{name: "expand up", shape: []int{3, 1}, make: func(s *sketch, x string) string { return s.node("Expand", []string{x, s.list(2, 1, 4)}) }},
		{name: "squeeze and unsqueeze", make: func(s *sketch, x string) string {
			y := s.node("Squeeze", []string{s.node("GlobalAveragePool", []string{x}), s.list(-1, 2)})
			return s.node("Unsqueeze", []string{y, s.list(0, 3)})
		}},
		{name: "squeeze of opset 11", opset: 11, make: func(s *sketch, x string) string {
			y := s.node("Squeeze", []string{s.node("GlobalAveragePool", []string{x})})
			return s.node("Unsqueeze", []string{y}, onnx.IntsAttr("axes", 0, -1))
		}},
		{name: "flatten 2", make: plain("Flatten", onnx.IntAttr("axis", 2))},
		{name: "flatten from the end", make: plain("Flatten", onnx.IntAttr("axis", -1))},
		{name: "concat rows", make: func(s *sketch, x string) string {
			return s.node("Concat", []string{x, s.weights(1, 6, 2, 7), x}, onnx.IntAttr("axis", 2))
		}},
		{name: "concat vectors", shape: []int{1, 5}, make: func(s *sketch, x string) string {
			return s.node("Concat", []string{s.node("Neg", []string{x}), x, s.weights(1, 2)}, onnx.IntAttr("axis", 1))
		}},
	}
	for _, c := range []int{1, 2, 3, 5, 8} {
		list = append(list, variant{name: fmt.Sprint("concat after ", c), make: func(s *sketch, x string) string {
			return s.node("Concat", []string{s.conv(x, 6, c), x, s.conv(x, 6, 3)}, onnx.IntAttr("axis", 1))
		}})
	}
	return list
}

func products() []variant {
	return []variant{
		{name: "gemm transposed", shape: []int{7, 3}, leaves: 1, make: func(s *sketch, x string) string {
			return s.node("Gemm", []string{x, s.weights(5, 7), s.weights(3, 1)}, onnx.IntAttr("transA", 1), onnx.IntAttr("transB", 1))
		}},
		{name: "matmul of a list", shape: []int{9}, make: func(s *sketch, x string) string { return s.node("MatMul", []string{x, s.weights(9, 4)}) }},
		{name: "matmul by a list", shape: []int{3, 9}, make: func(s *sketch, x string) string { return s.node("MatMul", []string{x, s.weights(9)}) }},
		{name: "matmul of many", shape: []int{2, 3, 5}, make: func(s *sketch, x string) string { return s.node("MatMul", []string{x, s.weights(5, 7)}) }},
		{name: "matmul of pairs", shape: []int{2, 3, 5}, leaves: 1, make: func(s *sketch, x string) string {
			return s.node("MatMul", []string{x, s.weights(2, 5, 7)})
		}},
		{name: "matmul of two activations", shape: []int{1, 2, 3, 5}, leaves: 1, make: func(s *sketch, x string) string {
			return s.node("MatMul", []string{x, s.node("Transpose", []string{x}, onnx.IntsAttr("perm", 0, 1, 3, 2))})
		}},
		{name: "constant times rows", shape: []int{2, 1, 5}, leaves: 1, make: func(s *sketch, x string) string {
			return s.node("MatMul", []string{s.weights(3, 1), x})
		}},
	}
}

func resizes() []variant {
	var list []variant
	to := func(attrs []onnx.Attr, scales []float32, sizes ...int64) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			if sizes != nil {
				return s.node("Resize", []string{x, "", "", s.list(sizes...)}, attrs...)
			}
			name := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(name, scales, int64(len(scales)))
			return s.node("Resize", []string{x, "", name}, attrs...)
		}
	}
	for _, where := range []string{"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"} {
		attrs := []onnx.Attr{onnx.StringAttr("coordinate_transformation_mode", where), onnx.StringAttr("mode", "linear")}
		list = append(
			list,
			variant{name: "linear " + where, make: to(attrs, []float32{1, 1, 2, 2.5})},
			variant{name: "linear smaller " + where, make: to(attrs, nil, 1, 6, 3, 5)},
			variant{name: "linear to one " + where, make: to(attrs, nil, 1, 6, 1, 1)},
		)
		for _, nearest := range []string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"} {
			attrs := []onnx.Attr{onnx.StringAttr("coordinate_transformation_mode", where), onnx.StringAttr("nearest_mode", nearest)}
			list = append(
				list,
				variant{name: "nearest " + where + nearest, make: to(attrs, []float32{1, 1, 2, 2})},
				variant{name: "nearest rows " + where + nearest, make: to(attrs, nil, 1, 6, 8, 7)},
			)
		}
	}
	upsample := func(op string) func(s *sketch, x string) string {
		return func(s *sketch, x string) string {
			name := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(name, []float32{1, 1, 2, 3}, 4)
			return s.node(op, []string{x, name})
		}
	}
	return append(
		list,
		variant{name: "upsample", opset: 9, make: upsample("Upsample")},
		variant{name: "resize of opset 10", opset: 10, make: upsample("Resize")},
		variant{name: "upsample of opset 7", opset: 7, make: plain("Upsample", onnx.Attr{Name: "scales", Type: onnx.AttrFloats, Floats: []float32{1, 1, 2, 3}})},
		variant{name: "resize axes", opset: 18, make: func(s *sketch, x string) string {
			return s.node("Resize", []string{x, "", "", s.list(9, 4)}, onnx.IntsAttr("axes", 3, 2), onnx.StringAttr("mode", "linear"))
		}},
		variant{name: "nearest channels", leaves: 1, make: to([]onnx.Attr{onnx.StringAttr("nearest_mode", "floor"), onnx.StringAttr("coordinate_transformation_mode", "asymmetric")}, []float32{1, 2, 1, 1})},
	)
}

func constants() []variant {
	bytes := func(s *sketch, kind onnx.DataType, values []byte, dims ...int64) string {
		name := fmt.Sprint("w", len(s.graph.Initializers))
		s.graph.Initializers = append(s.graph.Initializers, onnx.Tensor{Name: name, Type: kind, Dims: dims, Raw: values})
		return name
	}
	floats := func(s *sketch, values ...float32) string {
		name := s.list()
		s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(name, values, int64(len(values)))
		return name
	}
	return []variant{
		{name: "view by shape arithmetic", make: func(s *sketch, x string) string { // x.view(x.size(0), x.size(1)*2, -1) as PyTorch writes it
			index := func(v int64) string {
				name := s.list()
				s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.IntTensor(name, []int64{v})
				return name
			}
			size := func(k int64) string {
				return s.node("Gather", []string{s.node("Shape", []string{x}), index(k)}, onnx.IntAttr("axis", 0))
			}
			first := s.node("Unsqueeze", []string{size(0), s.list(0)})
			second := s.node("Unsqueeze", []string{s.node("Div", []string{s.node("Mul", []string{size(1), index(5)}), index(3)}), s.list(0)})
			return s.node("Reshape", []string{x, s.node("Concat", []string{first, second, s.list(-1)}, onnx.IntAttr("axis", 0))})
		}},
		{name: "resize by shape arithmetic", make: func(s *sketch, x string) string {
			shape := s.node("Cast", []string{s.node("Shape", []string{x})}, onnx.IntAttr("to", 1))
			doubled := s.node("Cast", []string{s.node("Floor", []string{s.node("Mul", []string{shape, floats(s, 1, 1, 2, 1.5)})})}, onnx.IntAttr("to", 7))
			return s.node("Resize", []string{x, "", "", doubled})
		}},
		{name: "shape of opset 15", opset: 15, make: func(s *sketch, x string) string {
			tail := s.node("Shape", []string{x}, onnx.IntAttr("start", 1), onnx.IntAttr("end", -1))
			return s.node("Reshape", []string{x, s.node("Concat", []string{tail, s.list(7, 1)}, onnx.IntAttr("axis", 0))})
		}},
		{name: "constant of shape", make: func(s *sketch, x string) string {
			value := onnx.FloatTensor("", []float32{0.5}, 1)
			ones := s.node("ConstantOfShape", []string{s.node("Shape", []string{x})}, onnx.Attr{Name: "value", Type: onnx.AttrTensor, T: &value})
			return s.node("Add", []string{x, ones})
		}},
		{name: "constants", make: func(s *sketch, x string) string {
			k := s.node("Constant", nil, onnx.Attr{Name: "value_floats", Type: onnx.AttrFloats, Floats: []float32{2}})
			one := s.node("Constant", nil, onnx.FloatAttr("value_float", 3))
			shape := s.node("Constant", nil, onnx.IntsAttr("value_ints", 1, -1))
			return s.node("Reshape", []string{s.node("Mul", []string{s.node("Identity", []string{s.node("Dropout", []string{x})}), s.node("Add", []string{k, one})}), shape})
		}},
		{name: "quantized weights", opset: 13, make: func(s *sketch, x string) string {
			w := bytes(s, onnx.Int8, []byte{1, 2, 3, 128, 255, 127, 250, 4, 5, 6, 7, 8}, 2, 6, 1, 1)
			zero := bytes(s, onnx.Int8, []byte{0, 3}, 2)
			w = s.node("DequantizeLinear", []string{w, floats(s, 0.01, 0.02), zero}, onnx.IntAttr("axis", 0))
			return s.node("Conv", []string{x, w})
		}},
		{name: "quantized weights by input channel", opset: 13, make: func(s *sketch, x string) string {
			w := bytes(s, onnx.Uint8, []byte{1, 2, 3, 128, 255, 127, 250, 4, 5, 6, 7, 8}, 2, 6, 1, 1)
			w = s.node("DequantizeLinear", []string{w, floats(s, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06)}, onnx.IntAttr("axis", -3))
			return s.node("Conv", []string{x, w})
		}},
		{name: "quantized weights of one scale", opset: 13, make: func(s *sketch, x string) string {
			w, zero := bytes(s, onnx.Uint8, []byte{1, 2, 3, 128, 255, 127, 250, 4, 5, 6, 7, 8}, 2, 6, 1, 1), bytes(s, onnx.Uint8, []byte{130})
			return s.node("Conv", []string{x, s.node("DequantizeLinear", []string{w, s.scalar(0.02), zero})})
		}},
		{name: "quantized weights that are read twice", opset: 13, make: func(s *sketch, x string) string {
			w := bytes(s, onnx.Int8, []byte{1, 2, 3, 128, 255, 127}, 6, 1, 1)
			numbers := s.node("DequantizeLinear", []string{w, s.scalar(0.02)})
			whole := s.node("Cast", []string{w}, onnx.IntAttr("to", int64(onnx.Float)))
			return s.node("Mul", []string{s.node("Add", []string{x, numbers}), s.node("Add", []string{whole, s.node("DequantizeLinear", []string{w, s.scalar(0.5)})})})
		}},
		{name: "quantized activations", opset: 13, make: func(s *sketch, x string) string {
			scale, zero := s.scalar(0.011), bytes(s, onnx.Uint8, []byte{120})
			q := s.node("QuantizeLinear", []string{s.node("Mul", []string{x, s.scalar(2)}), scale, zero})
			return s.node("DequantizeLinear", []string{q, scale, zero})
		}},
		{name: "quantized channels", opset: 13, make: func(s *sketch, x string) string {
			scale, zero := floats(s, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06), bytes(s, onnx.Int8, []byte{0, 1, 2, 3, 255, 0}, 6)
			q := s.node("QuantizeLinear", []string{x, scale, zero}, onnx.IntAttr("axis", 1))
			return s.node("DequantizeLinear", []string{q, scale, zero}, onnx.IntAttr("axis", -3))
		}},
		{name: "saturated", opset: 13, make: func(s *sketch, x string) string {
			return s.node("QuantizeLinear", []string{x, s.scalar(0.004), bytes(s, onnx.Int8, []byte{0})})
		}},
		{name: "saturated from zero on", opset: 13, make: func(s *sketch, x string) string {
			return s.node("QuantizeLinear", []string{s.node("Mul", []string{x, s.scalar(400)}), s.scalar(1)})
		}},
		{name: "transposed weights", shape: []int{2, 5}, make: func(s *sketch, x string) string {
			return s.node("MatMul", []string{x, s.node("Transpose", []string{s.weights(7, 5)})})
		}},
	}
}

func variants() []variant {
	return slices.Concat(activations(), normalisations(), windows(), movements(), products(), resizes(), constants())
}

// TestVariants holds every operator's attributes and opsets against the reference, in portable Go and generated code, once
// behind the input (the network's layout) and, for images, once behind a convolution (pixel layout).
func TestVariants(t *testing.T) {
	for _, c := range variants() {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}

// sketches are the networks of a variant, by name.
func (c variant) sketches(t *testing.T) map[string]*sketch {
	t.Helper()
	shape := c.shape
	if shape == nil {
		shape = []int{1, 6, 5, 7}
	}
	build := func(convolution bool) *sketch {
		s := newSketch(13, shape...)
		s.opset = c.opset
		x := "x"
		if convolution {
			x = s.conv(x, shape[1], shape[1])
		}
		s.build(t, c.make(s, x))
		return s
	}
	out := map[string]*sketch{c.name: build(false)}
	if len(shape) == 4 {
		out[c.name+", behind a convolution"] = build(true)
	}
	return out
}

func (c variant) check(t *testing.T) {
	for name, s := range c.sketches(t) {
		shape := s.shape["x"]
		input, tolerance := s.input(), 4*within(shape[len(shape)-1]*64)
		want := portable(t, s, input, tolerance)
		for _, w := range generators(t) {
			if left := differ(t, s.net, w, input, want, tolerance); left != c.leaves {
				t.Errorf("%s, %s: %d steps were left to Go", w.name, name, left)
			}
		}
	}
}
