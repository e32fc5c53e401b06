package autolabel

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// embeddingName is the output of every backbone that was registered here.
const embeddingName = "embedding"

// canonical makes a backbone of an ONNX network: an image [1,3,S,S] in, one embedding [1,D] out. Of a classifier the
// input of its last layer is the embedding; a map is averaged over its pixels.
func canonical(data []byte) (*onnx.Model, error) {
	m, err := onnx.Read(data)
	if err != nil {
		return nil, err
	}
	g := &m.Graph
	if len(g.Outputs) == 0 {
		return nil, fmt.Errorf("it has no output")
	}
	name := m.Meta("irum.embedding")
	if name == "" {
		name = penultimate(g, g.Outputs[0].Name)
	}
	net, err := graph.Build(m, name)
	if err != nil {
		return nil, err
	}
	in := net.Values[net.Input]
	if len(in.Shape) != 4 || in.Shape[1] != 3 || in.Shape[2] != in.Shape[3] {
		return nil, fmt.Errorf("its input has shape %v: an image [1 3 S S], channels first, is expected", in.Shape)
	}
	shape := net.Values[net.Outputs[0]].Shape
	dim := 1
	for _, d := range shape {
		dim *= d
	}
	if len(shape) == 4 && shape[0] == 1 {
		dim = shape[1]
	}
	for i := range g.Inputs {
		if g.Inputs[i].Name == in.Name {
			g.Inputs[i].Dims = []int64{1, 3, int64(in.Shape[2]), int64(in.Shape[3])}
		}
	}
	g.Outputs = []onnx.Value{{Name: name, Type: onnx.Float, Dims: []int64{1, int64(dim)}}}
	if len(shape) != 2 || shape[0] != 1 {
		if err := flatten(g, name, shape); err != nil {
			return nil, err
		}
	}
	onnx.Prune(g)
	m.SetMeta("irum.input", fmt.Sprint(in.Shape[2]))
	if m.Meta("irum.scale") == "" || m.Meta("irum.shift") == "" {
		// the convention of most networks; others work too, since their first layer sees pixels of the same order
		m.SetMeta("irum.scale", fmt.Sprint(1/127.5))
		m.SetMeta("irum.shift", "-1")
	}
	m.SetMeta("irum.embedding", g.Outputs[0].Name)
	return m, nil
}

// flatten puts the average over pixels, where there are some, and a flatten behind value name.
func flatten(g *onnx.Graph, name string, shape []int) error {
	for i := range g.Nodes {
		if slices.Contains(g.Nodes[i].Outputs, embeddingName) {
			return fmt.Errorf("it has a value named %q that is not its embedding", embeddingName)
		}
	}
	from := name
	if len(shape) == 4 && shape[2]*shape[3] > 1 {
		from = embeddingName + "/pool"
		g.Nodes = append(g.Nodes, onnx.Node{Name: from, Op: "GlobalAveragePool", Inputs: []string{name}, Outputs: []string{from}})
	}
	axis := int64(1)
	if len(shape) < 2 || shape[0] != 1 {
		axis = 0
	}
	g.Nodes = append(g.Nodes, onnx.Node{
		Name: embeddingName, Op: "Flatten", Inputs: []string{from}, Outputs: []string{embeddingName}, Attrs: []onnx.Attr{onnx.IntAttr("axis", axis)},
	})
	g.Outputs[0].Name = embeddingName
	return nil
}

// penultimate gives what a classifier's last layer reads: back from the output over what only renames, reshapes or
// normalises to a Gemm, MatMul, or a 1x1 convolution before a softmax. Another network's output is its embedding.
func penultimate(g *onnx.Graph, output string) string {
	maker := map[string]*onnx.Node{}
	for i := range g.Nodes {
		for _, o := range g.Nodes[i].Outputs {
			maker[o] = &g.Nodes[i]
		}
	}
	constant := map[string]*onnx.Tensor{}
	for i := range g.Initializers {
		constant[g.Initializers[i].Name] = &g.Initializers[i]
	}
	weights := func(name string) *onnx.Tensor { // through what unfolds weights of half precision or of integers
		for n := maker[name]; n != nil && (n.Op == "Cast" || n.Op == "DequantizeLinear" || n.Op == "Identity") && len(n.Inputs) > 0; n = maker[name] {
			name = n.Inputs[0]
		}
		return constant[name]
	}
	classifier := false
	for name := output; ; {
		n := maker[name]
		if n == nil || len(n.Inputs) == 0 {
			return output
		}
		switch n.Op {
		case "Softmax", "Sigmoid":
			classifier = true
			name = n.Inputs[0]
		case "Identity", "Reshape", "Flatten", "Squeeze", "Cast", "Dropout", "Transpose":
			name = n.Inputs[0]
		case "Add": // the bias of a MatMul
			if len(n.Inputs) != 2 || (weights(n.Inputs[0]) == nil) == (weights(n.Inputs[1]) == nil) {
				return output
			}
			name = n.Inputs[0]
			if weights(name) != nil {
				name = n.Inputs[1]
			}
			if before := maker[name]; before == nil || before.Op != "MatMul" {
				return output
			}
		case "Gemm", "MatMul":
			return n.Inputs[0]
		case "Conv":
			if w := weights(n.Inputs[1]); !classifier || w == nil || len(w.Dims) != 4 || w.Dims[2] != 1 || w.Dims[3] != 1 {
				return output
			}
			return n.Inputs[0]
		default:
			return output
		}
	}
}
