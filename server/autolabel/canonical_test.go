package autolabel

import (
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

// node makes a node of one output.
func node(op, out string, in ...string) onnx.Node {
	return onnx.Node{Op: op, Inputs: in, Outputs: []string{out}}
}

func TestPenultimate(t *testing.T) {
	dense := []onnx.Tensor{
		onnx.FloatTensor("w", make([]float32, 6), 3, 2), onnx.FloatTensor("b", make([]float32, 2), 2),
		onnx.FloatTensor("k1", make([]float32, 6), 2, 3, 1, 1), onnx.FloatTensor("k3", make([]float32, 54), 2, 3, 3, 3),
	}
	for name, c := range map[string]struct {
		nodes []onnx.Node
		want  string
	}{
		"softmax over Gemm":              {[]onnx.Node{node("Relu", "f", "x"), node("Gemm", "l", "f", "w"), node("Softmax", "y", "l")}, "f"},
		"logits of Gemm":                 {[]onnx.Node{node("Relu", "f", "x"), node("Gemm", "y", "f", "w")}, "f"},
		"MatMul and bias":                {[]onnx.Node{node("Relu", "f", "x"), node("MatMul", "m", "f", "w"), node("Add", "y", "m", "b")}, "f"},
		"bias first":                     {[]onnx.Node{node("Relu", "f", "x"), node("MatMul", "m", "f", "w"), node("Add", "y", "b", "m")}, "f"},
		"1x1 convolution before softmax": {[]onnx.Node{node("Relu", "f", "x"), node("Conv", "c", "f", "k1"), node("Reshape", "r", "c", "b"), node("Softmax", "y", "r")}, "f"},
		"half-precision weights":         {[]onnx.Node{node("Cast", "k", "k1"), node("Relu", "f", "x"), node("Conv", "c", "f", "k"), node("Softmax", "y", "c")}, "f"},
		"weights of integers":            {[]onnx.Node{node("DequantizeLinear", "k", "k1", "s"), node("Relu", "f", "x"), node("Conv", "c", "f", "k"), node("Softmax", "y", "c")}, "f"},
		"1x1 convolution at the end":     {[]onnx.Node{node("Relu", "f", "x"), node("Conv", "y", "f", "k1")}, "y"},
		"3x3 convolution before softmax": {[]onnx.Node{node("Relu", "f", "x"), node("Conv", "c", "f", "k3"), node("Softmax", "y", "c")}, "y"},
		"residual sum":                   {[]onnx.Node{node("Relu", "f", "x"), node("Conv", "c", "f", "k1"), node("Add", "y", "c", "f")}, "y"},
		"pooled features":                {[]onnx.Node{node("GlobalAveragePool", "p", "x"), node("Flatten", "y", "p")}, "y"},
	} {
		if got := penultimate(&onnx.Graph{Nodes: c.nodes, Initializers: dense}, "y"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
