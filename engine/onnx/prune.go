package onnx

// Prune drops the nodes and initializers that no output needs, keeping the order of the rest.
func Prune(g *Graph) {
	needed := map[string]bool{}
	for _, o := range g.Outputs {
		needed[o.Name] = true
	}
	var kept []Node
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		used := false
		for _, o := range n.Outputs {
			used = used || needed[o]
		}
		if !used {
			continue
		}
		for _, in := range n.Inputs {
			needed[in] = true
		}
		kept = append(kept, n)
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	g.Nodes = kept
	var initializers []Tensor
	for _, t := range g.Initializers {
		if needed[t.Name] {
			initializers = append(initializers, t)
		}
	}
	g.Initializers = initializers
}
