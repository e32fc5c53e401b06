package graph

import (
	"fmt"
	"math"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

// tape gives the choices of a random model: bytes, and zeros when they are used up.
type tape []byte

func (t *tape) byte() int {
	if len(*t) == 0 {
		return 0
	}
	b := (*t)[0]
	*t = (*t)[1:]
	return int(b)
}

// integer is small most of the time, and sometimes as hostile as can be.
func (t *tape) integer() int64 {
	b := t.byte()
	if wild := []int64{math.MaxInt64, math.MinInt64, 1 << 40, -1 << 40, 1 << 26, 1 << 14, -1, 0}; b >= 256-len(wild) {
		return wild[b-256+len(wild)]
	}
	return int64(b%12) - 3
}

func (t *tape) integers() []int64 {
	out := make([]int64, t.byte()%9)
	for i := range out {
		out[i] = t.integer()
	}
	return out
}

var fuzzAttributes = []string{
	"axis", "axes", "perm", "pads", "strides", "dilations", "kernel_shape", "group", "keepdims", "ceil_mode", "split", "num_outputs", "starts", "ends",
	"output_padding", "output_shape", "auto_pad", "mode", "coordinate_transformation_mode", "nearest_mode", "to", "scales", "value_ints", "allowzero", "count_include_pad", "transA", "transB",
}

var fuzzStrings = []string{"", "SAME_UPPER", "SAME_LOWER", "VALID", "linear", "nearest", "edge", "reflect", "wrap", "align_corners", "asymmetric", "floor", "ceil", "constant"}

func (t *tape) attribute() onnx.Attr {
	name := fuzzAttributes[t.byte()%len(fuzzAttributes)]
	switch t.byte() % 5 {
	case 0:
		return onnx.IntAttr(name, t.integer())
	case 1:
		return onnx.StringAttr(name, fuzzStrings[t.byte()%len(fuzzStrings)])
	case 2:
		return onnx.Attr{Name: name, Type: onnx.AttrFloats, Floats: []float32{1, 1, float32(t.integer()), float32(t.byte()) / 64}}
	}
	return onnx.IntsAttr(name, t.integers()...)
}

// model makes a graph of any operators on any values. Names are those of values that were made, most of the time.
func (t *tape) model() *onnx.Model {
	names := []string{"x"}
	g := onnx.Graph{Inputs: []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, int64(1 + t.byte()%8), int64(1 + t.byte()%8), int64(1 + t.byte()%8)}}}}
	for i := range t.byte() % 8 {
		name := fmt.Sprint("c", i)
		switch t.byte() % 4 {
		case 0:
			list := t.integers()
			g.Initializers = append(g.Initializers, onnx.IntTensor(name, list, int64(len(list))))
		case 1:
			g.Initializers = append(g.Initializers, onnx.IntTensor(name, []int64{t.integer()}))
		case 2:
			n := t.byte() % 6
			g.Initializers = append(g.Initializers, onnx.FloatTensor(name, make([]float32, n), int64(n)))
		case 3:
			dims, n := make([]int64, 1+t.byte()%4), int64(1)
			for k := range dims {
				dims[k] = int64(t.byte() % 5)
				n *= dims[k]
			}
			g.Initializers = append(g.Initializers, onnx.FloatTensor(name, make([]float32, n), dims...))
		}
		names = append(names, name)
	}
	operators := append(Operators(), "Loop")
	for i := range 1 + t.byte()%12 {
		n := onnx.Node{Op: operators[t.byte()%len(operators)]}
		for range t.byte() % 6 {
			if k := t.byte(); k < 250 {
				n.Inputs = append(n.Inputs, names[len(names)-1-k%len(names)])
			} else {
				n.Inputs = append(n.Inputs, []string{"", "nowhere", "y0"}[k%3])
			}
		}
		for range t.byte() % 4 {
			n.Attrs = append(n.Attrs, t.attribute())
		}
		for k := range 1 + t.byte()%3%2*2 {
			n.Outputs = append(n.Outputs, fmt.Sprintf("y%d_%d", i, k))
		}
		names = append(names, n.Outputs...)
		g.Nodes = append(g.Nodes, n)
	}
	g.Outputs = []onnx.Value{{Name: names[len(names)-1], Type: onnx.Float}}
	return &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: int64(7 + t.byte()%14)}}, Graph: g}
}

// FuzzBuild: whatever the operators, attributes and shapes, Build neither panics nor takes more memory than its limits,
// and what it gives is in order.
func FuzzBuild(f *testing.F) {
	for seed := range 64 {
		data := make([]byte, 160)
		for i, state := 0, uint32(seed); i < len(data); i++ {
			state = state*1664525 + 1013904223
			data[i] = byte(state >> 24)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Node by node, so that one that is refused does not hide those after it.
		tape := tape(data)
		m := tape.model()
		nodes := m.Graph.Nodes
		m.Graph.Nodes = nil
		for _, n := range nodes {
			m.Graph.Nodes = append(m.Graph.Nodes, n)
			m.Graph.Outputs = []onnx.Value{{Name: n.Outputs[0], Type: onnx.Float}}
			net, err := Build(m)
			if err != nil {
				m.Graph.Nodes = m.Graph.Nodes[:len(m.Graph.Nodes)-1]
				continue
			}
			inOrder(t, net)
		}
	})
}

// inOrder checks that every step reads what is there, and that constants have the size of their shape.
func inOrder(t *testing.T, net *Network) {
	made := map[int]bool{net.Input: true}
	for i := range net.Values {
		if v := &net.Values[i]; v.Data != nil {
			made[i] = true
			if len(v.Data) != v.Len() || (v.ints != nil && len(v.ints) != v.Len()) {
				t.Fatalf("constant %q of shape %v has %d numbers and %d integers", v.Name, v.Shape, len(v.Data), len(v.ints))
			}
		}
	}
	for _, s := range net.Steps {
		for _, in := range s.In {
			if !made[in] {
				t.Fatalf("%s reads %q before it is made", s.Label, net.Values[in].Name)
			}
		}
		if made[s.Out] {
			t.Fatalf("%s makes %q again", s.Label, net.Values[s.Out].Name)
		}
		made[s.Out] = true
	}
	for _, o := range net.Outputs {
		if !made[o] {
			t.Fatalf("output %q is not made", net.Values[o].Name)
		}
	}
	if n := net.live(); n > MaxLiveElements {
		t.Fatalf("%d values at one time", n)
	}
}
