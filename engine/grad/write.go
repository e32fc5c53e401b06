package grad

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// Write gives the model with the trained tensors and the running statistics as they are now, all float32. Everything else is as it
// was: a tensor that was stored as integers and has been trained becomes an initializer of numbers in the place of what unfolded
// it. The model shares its other tensors with the one that the net was made of.
func (n *Net) Write() (*onnx.Model, error) {
	tensors := map[string]onnx.Tensor{}
	put := func(name string, shape []int, data []float32) {
		dims := make([]int64, len(shape))
		for i, d := range shape {
			dims[i] = int64(d)
		}
		tensors[name] = onnx.FloatTensor(name, data, dims...)
	}
	for _, p := range slices.Concat(n.params, n.Buffers()) {
		put(p.Name, p.Shape, p.Value)
	}
	out := *n.model
	g := &out.Graph
	g.Initializers, g.Nodes, g.Inputs = slices.Clone(g.Initializers), nil, slices.Clone(g.Inputs)
	for i, t := range g.Initializers {
		if trained, ok := tensors[t.Name]; ok {
			g.Initializers[i] = trained
			delete(tensors, t.Name)
		}
	}
	for i := range n.model.Graph.Inputs { // initializers stand among the inputs of old models
		for _, t := range g.Initializers {
			if g.Inputs[i].Name == t.Name {
				g.Inputs[i].Type = t.Type
			}
		}
	}
	for _, node := range n.model.Graph.Nodes {
		made := slices.IndexFunc(node.Outputs, func(o string) bool { _, ok := tensors[o]; return ok })
		if made < 0 {
			g.Nodes = append(g.Nodes, node)
			continue
		}
		if len(node.Outputs) != 1 {
			return nil, fmt.Errorf("grad: %s makes several tensors of which %q was trained", node.Label(), node.Outputs[made])
		}
		g.Initializers = append(g.Initializers, tensors[node.Outputs[made]])
		delete(tensors, node.Outputs[made])
	}
	for name := range tensors {
		return nil, fmt.Errorf("grad: the model has no tensor %q to put the trained one in its place", name)
	}
	if len(g.Nodes) < len(n.model.Graph.Nodes) {
		onnx.Prune(g)
	}
	return &out, nil
}
