package tune

import (
	"errors"
	"fmt"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/onnx"
)

// Cut finds where a network is parted into what is computed once and its last blocks: a value that everything after it is made
// of, of the size of the last maps, with the fewest numbers, the earliest of several such. In MobileNetV2 and in ResNets the blocks
// after the last reduction come behind it. size is the number of its values. m is an image network whose first output is
// wanted. An error says why it cannot be parted.
func Cut(m *onnx.Model) (name string, size int, err error) {
	names := waists(&m.Graph)
	if len(names) == 0 {
		return "", 0, errors.New("the network has no value that everything after it is made of")
	}
	net, err := graph.Build(m, names...)
	if err != nil {
		return "", 0, fmt.Errorf("cut the network: %w", err)
	}
	shapes := make([][]int, len(names))
	var last []int // of the last maps
	for i, o := range net.Outputs {
		shape := net.Values[o].Shape
		if shapes[i] = shape; len(shape) == 4 && shape[2]*shape[3] > 1 {
			last = shape
		}
	}
	for i, shape := range shapes {
		if last == nil || len(shape) != 4 || shape[2] != last[2] || shape[3] != last[3] {
			continue
		}
		if n := layout.Len(shape); name == "" || n < size {
			name, size = names[i], n
		}
	}
	if name == "" {
		return "", 0, errors.New("the network has no maps that everything after them is made of")
	}
	return name, size, nil
}

// waists names the values that are the only ones that later nodes take of earlier ones, in the order of the nodes.
func waists(g *onnx.Graph) []string {
	constant := map[string]bool{"": true}
	for i := range g.Initializers {
		constant[g.Initializers[i].Name] = true
	}
	users := map[string]int{g.Outputs[0].Name: 1}
	active := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		for _, in := range n.Inputs {
			active[i] = active[i] || !constant[in]
		}
		if !active[i] {
			for _, o := range n.Outputs {
				constant[o] = true
			}
			continue
		}
		for _, in := range n.Inputs {
			users[in]++
		}
	}
	live := map[string]bool{}
	for _, in := range g.Inputs {
		live[in.Name] = !constant[in.Name]
	}
	left := func(name string) {
		if users[name]--; users[name] <= 0 {
			delete(live, name)
		}
	}
	var out []string
	for i, n := range g.Nodes {
		if !active[i] {
			continue
		}
		for _, in := range n.Inputs {
			left(in)
		}
		for _, o := range n.Outputs {
			if users[o] > 0 {
				live[o] = true
			}
		}
		if len(n.Outputs) == 1 && len(live) == 1 && live[n.Outputs[0]] && n.Outputs[0] != g.Outputs[0].Name {
			out = append(out, n.Outputs[0])
		}
	}
	return out
}
