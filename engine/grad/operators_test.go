package grad

import (
	"github.com/irum-app/irum/engine/onnx"
)

// unary is a layer and a function behind it.
func unary(op string, attrs ...onnx.Attr) func() *onnx.Model {
	return func() *onnx.Model {
		s, x := layered(6, 4, 3)
		return s.model(s.node(op, []string{x}, attrs...))
	}
}

// positive is unary for functions of positive numbers.
func positive(op string) func() *onnx.Model {
	return func() *onnx.Model {
		s, x := layered(6, 4, 3)
		return s.model(s.node(op, []string{s.node("Add", []string{s.node("Sigmoid", []string{x}), s.weights(0.5, 0.5, 1)})}))
	}
}

// pair is an operator of two layers, or of a layer and weights of those dims.
func pair(op string, dims ...int64) func() *onnx.Model {
	return func() *onnx.Model {
		s, x := layered(8, 4, 3)
		y := s.node("Conv", []string{"x", s.weights(-0.6, 0.6, 8, 8, 1, 1), s.weights(4, 5, 8)})
		if dims != nil {
			y = s.weights(0.5, 1.5, dims...)
			y = s.node("Add", []string{y, s.weights(0.1, 0.1, 1)}) // so that it is computed, not trained as a bias
		}
		return s.model(s.node(op, []string{x, y}))
	}
}

// pooled is a pooling of a layer.
func pooled(op string, attrs ...onnx.Attr) func() *onnx.Model {
	return func() *onnx.Model {
		s, x := layered(12, 7, 6)
		return s.model(s.node(op, []string{x}, attrs...))
	}
}

func init() {
	for name, m := range map[string]func() *onnx.Model{
		"Relu": unary("Relu"), "LeakyRelu": unary("LeakyRelu", onnx.FloatAttr("alpha", 0.2)), "Sigmoid": unary("Sigmoid"), "Tanh": unary("Tanh"),
		"HardSigmoid": unary("HardSigmoid", onnx.FloatAttr("alpha", 0.8)), "HardSwish": unary("HardSwish"), "Elu": unary("Elu"),
		"Softplus": unary("Softplus"), "Mish": unary("Mish"), "Erf": unary("Erf"), "Exp": unary("Exp"), "Neg": unary("Neg"), "Abs": unary("Abs"),
		"Gelu": unary("Gelu"), "Gelu tanh": unary("Gelu", onnx.StringAttr("approximate", "tanh")),
		"Log": positive("Log"), "Sqrt": positive("Sqrt"), "Reciprocal": positive("Reciprocal"),
		"Add": pair("Add"), "Sub": pair("Sub"), "Mul": pair("Mul"), "Div": pair("Div"), "Min": pair("Min"), "Max": pair("Max"),
		"Add channel": pair("Add", 8, 1, 1), "Sub channel": pair("Sub", 8, 1, 1), "Mul channel": pair("Mul", 1, 8, 1, 1), "Div channel": pair("Div", 8, 1, 1),
		"Add column": pair("Add", 3), "Mul number": pair("Mul", 1), "Div image": pair("Div", 1, 1, 4, 3), "Max channel": pair("Max", 8, 1, 1),
		"MaxPool 2x2":     pooled("MaxPool", ints("kernel_shape", 2, 2), ints("strides", 2, 2)),
		"MaxPool overlap": pooled("MaxPool", ints("kernel_shape", 3, 3), ints("strides", 2, 2), ints("pads", 1, 1, 1, 1)),
		"MaxPool ceil":    pooled("MaxPool", ints("kernel_shape", 3, 2), ints("strides", 2, 2), onnx.IntAttr("ceil_mode", 1), ints("dilations", 1, 2)),
		"AveragePool":     pooled("AveragePool", ints("kernel_shape", 3, 3), ints("strides", 2, 1), ints("pads", 1, 1, 1, 1)),
		"AveragePool counting": pooled("AveragePool", ints("kernel_shape", 3, 3), ints("strides", 2, 2), ints("pads", 1, 1, 1, 1),
			onnx.IntAttr("count_include_pad", 1), onnx.IntAttr("ceil_mode", 1)),
		"GlobalAveragePool": pooled("GlobalAveragePool"), "GlobalMaxPool": pooled("GlobalMaxPool"),
		"ReduceMean": pooled("ReduceMean", ints("axes", 1), onnx.IntAttr("keepdims", 0)), "ReduceMean pixels": pooled("ReduceMean", ints("axes", 2, 3)),
		"ReduceMax": pooled("ReduceMax", ints("axes", 2)), "ReduceMin": pooled("ReduceMin", ints("axes", 1, 3), onnx.IntAttr("keepdims", 0)),
		"LRN":     pooled("LRN", onnx.IntAttr("size", 3), onnx.FloatAttr("alpha", 0.4)),
		"Softmax": pooled("Softmax", onnx.IntAttr("axis", 1)), "Softmax last": pooled("Softmax"),
		"Flatten": pooled("Flatten"), "Transpose": pooled("Transpose", ints("perm", 0, 2, 3, 1)),
		"SpaceToDepth": func() *onnx.Model {
			s, x := layered(3, 4, 6)
			return s.model(s.node("SpaceToDepth", []string{x}, onnx.IntAttr("blocksize", 2)))
		},
		"DepthToSpace": func() *onnx.Model {
			s, x := layered(8, 3, 2)
			return s.model(s.node("DepthToSpace", []string{x}, onnx.IntAttr("blocksize", 2)))
		},
		"BatchNorm":      func() *onnx.Model { s, x := layered(8, 3, 3); return s.model(s.norm(s.node("Tanh", []string{x}), 8)) },
		"BatchNorm rows": func() *onnx.Model { s, x := layered(9); return s.model(s.norm(x, 9)) },
		"BatchNorm list": func() *onnx.Model {
			s, x := layered(4, 3, 2)
			return s.model(s.norm(s.node("Reshape", []string{x, s.list(1, 4, 6)}), 4))
		},
		"BatchNorm of Conv": func() *onnx.Model { s, x := layered(8, 3, 3); return s.model(s.node("Relu", []string{s.norm(x, 8)})) },
		"InstanceNorm":      instanceNormModel,
		"Gemm":              func() *onnx.Model { s, x := layered(9); return s.model(s.gemm(x, 5, 9, 1, 1, 1)) },
		"Gemm plain":        func() *onnx.Model { s, x := layered(20); return s.model(s.gemm(x, 20, 33, 0, 0.5, 2)) },
		"Gemm of images":    gemmOfImages,
		"MatMul":            matMulModel,
		"MatMul of images":  attention,
		"PRelu": func() *onnx.Model {
			s, x := layered(6, 3, 3)
			return s.model(s.node("PRelu", []string{x, s.weights(0.1, 0.4, 6, 1, 1)}))
		},
		"Pow": func() *onnx.Model {
			s, x := layered(6, 3, 3)
			return s.model(s.node("Pow", []string{x, s.weights(3, 3, 1)}))
		},
		"Clip": func() *onnx.Model {
			s, x := layered(6, 3, 3)
			return s.model(s.node("Clip", []string{s.node("Tanh", []string{x}), s.weights(-0.3, -0.3), s.weights(0.4, 0.4)}))
		},
		"Silu": func() *onnx.Model {
			s, x := layered(6, 3, 3)
			return s.model(s.node("Mul", []string{x, s.node("Sigmoid", []string{x})}))
		},
		"Gate":             gate,
		"Residual":         residual,
		"Split and Concat": splitAndConcat,
		"Slice": func() *onnx.Model {
			s, x := layered(6, 5, 6)
			return s.model(s.node("Slice", []string{x, s.list(1, 5, 0), s.list(5, -10, 6), s.list(1, 2, 3), s.list(2, -2, 1)}))
		},
		"Pad": func() *onnx.Model {
			s, x := layered(4, 3, 3)
			return s.model(s.node("Pad", []string{x, s.list(0, 0, 1, 2, 0, 1, -1, 0)}))
		},
		"Pad reflect": func() *onnx.Model {
			s, x := layered(4, 4, 3)
			return s.model(s.node("Pad", []string{x, s.list(0, 0, 2, 1, 0, 0, 1, 1)}, onnx.StringAttr("mode", "reflect")))
		},
		"Expand": func() *onnx.Model {
			s, x := layered(4, 1, 3)
			return s.model(s.node("Expand", []string{x, s.list(1, 4, 5, 3)}))
		},
		"Channel shuffle": shuffled,
		"Gather": func() *onnx.Model {
			s, x := layered(5, 3, 3)
			return s.model(s.node("Gather", []string{x, s.list(4, 0, 0, 2)}, onnx.IntAttr("axis", 1)))
		},
		"Resize nearest": func() *onnx.Model { return resized("nearest") },
		"Resize linear":  func() *onnx.Model { return resized("linear") },
		"Bias written out": func() *onnx.Model {
			s, x := layered(6, 3, 3)
			return s.model(s.node("Mul", []string{s.node("Add", []string{x, s.weights(-1, 1, 6, 1, 1)}), s.weights(0.5, 2, 1, 6, 1, 1)}))
		},
		"Weights read twice": readTwice,
	} {
		operators[name] = m
	}
}

func (s *sketch) norm(x string, c int64) string {
	return s.node("BatchNormalization", []string{x, s.weights(0.5, 1.5, c), s.weights(-0.3, 0.3, c), s.weights(-0.2, 0.2, c), s.weights(0.5, 1.5, c)})
}

// gemm is a product with weights of those dims, of which the first is the depth or, turned, the outputs.
func (s *sketch) gemm(x string, first, second, turned int64, alpha, beta float32) string {
	outputs := second
	if turned != 0 {
		outputs = first
	}
	return s.node("Gemm", []string{x, s.weights(-0.5, 0.5, first, second), s.weights(-0.2, 0.2, outputs)},
		onnx.IntAttr("transB", turned), onnx.FloatAttr("alpha", alpha), onnx.FloatAttr("beta", beta))
}

func instanceNormModel() *onnx.Model {
	s, x := layered(6, 4, 3)
	return s.model(s.node("InstanceNormalization", []string{x, s.weights(0.5, 1.5, 6), s.weights(-0.3, 0.3, 6)}))
}

// gemmOfImages multiplies weights with what comes from the image, on their right, and adds a bias for every row.
func gemmOfImages() *onnx.Model {
	s, x := layered(6, 4, 1)
	y := s.node("Reshape", []string{x, s.list(6, 4)})
	return s.model(s.node("Gemm", []string{s.weights(-0.5, 0.5, 6, 5), y, s.weights(-0.5, 0.5, 5, 1)},
		onnx.IntAttr("transA", 1), onnx.FloatAttr("alpha", 0.5), onnx.FloatAttr("beta", 3)))
}

func matMulModel() *onnx.Model {
	s, x := layered(6, 4, 3)
	y := s.node("Transpose", []string{s.node("Reshape", []string{x, s.list(1, 6, 12)})}, ints("perm", 0, 2, 1))
	return s.model(s.node("Add", []string{s.node("MatMul", []string{y, s.weights(-0.5, 0.5, 6, 10)}), s.weights(-0.2, 0.2, 10)}))
}

// attention multiplies two tensors that both come from the image, head by head.
func attention() *onnx.Model {
	s, x := layered(6, 4, 1)
	heads := func(x string, perm ...int64) string {
		return s.node("Transpose", []string{s.node("Reshape", []string{x, s.list(1, 2, 3, 4)})}, ints("perm", perm...))
	}
	y := s.node("Conv", []string{"x", s.weights(-0.6, 0.6, 6, 6, 1, 1)})
	scores := s.node("Softmax", []string{s.node("MatMul", []string{heads(x, 0, 1, 3, 2), heads(y, 0, 1, 2, 3)})})
	return s.model(s.node("MatMul", []string{scores, heads(y, 0, 1, 3, 2)}))
}

func gate() *onnx.Model {
	s, x := layered(8, 4, 3)
	mean := s.node("GlobalAveragePool", []string{x})
	hidden := s.node("Relu", []string{s.node("Conv", []string{mean, s.weights(-0.8, 0.8, 3, 8, 1, 1), s.weights(0.2, 0.4, 3)})})
	scale := s.node("Sigmoid", []string{s.node("Conv", []string{hidden, s.weights(-0.8, 0.8, 8, 3, 1, 1)})})
	return s.model(s.node("Mul", []string{x, scale}))
}

func residual() *onnx.Model {
	s, x := layered(8, 4, 3)
	y := s.node("Conv", []string{s.node("Relu", []string{x}), s.weights(-0.4, 0.4, 8, 8, 1, 1)})
	z := s.node("Relu", []string{s.node("Add", []string{y, x})})
	return s.model(s.node("Add", []string{z, s.node("Sub", []string{x, z})}))
}

func splitAndConcat() *onnx.Model {
	s, x := layered(8, 4, 3)
	parts := s.nodes("Split", []string{x, s.list(3, 5)}, 2, onnx.IntAttr("axis", 1))
	return s.model(s.node("Concat", []string{s.node("Tanh", []string{parts[1]}), parts[0], x}, onnx.IntAttr("axis", 1)))
}

func shuffled() *onnx.Model {
	s, x := layered(6, 3, 2)
	y := s.node("Transpose", []string{s.node("Reshape", []string{x, s.list(1, 2, 3, 3, 2)})}, ints("perm", 0, 2, 1, 3, 4))
	return s.model(s.node("Conv", []string{s.node("Reshape", []string{y, s.list(1, 6, 3, 2)}), s.weights(-0.5, 0.5, 4, 6, 1, 1)}))
}

func resized(mode string) *onnx.Model {
	s, x := layered(4, 3, 4)
	s.graph.Initializers = append(s.graph.Initializers, onnx.FloatTensor("scales", []float32{1, 1, 2, 1.5}, 4))
	return s.model(s.node("Resize", []string{x, "", "scales"}, onnx.StringAttr("mode", mode)))
}

func readTwice() *onnx.Model {
	s, _ := layered(6, 4, 3)
	w := s.weights(-0.5, 0.5, 6, 6, 1, 1)
	return s.model(s.node("Conv", []string{s.node("Tanh", []string{s.node("Conv", []string{"x", w})}), w}))
}
