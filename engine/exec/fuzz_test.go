package exec

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// choices draws a network from bytes, and from a fixed sequence when they are used up.
type choices struct {
	data []byte
	rest *rand.Rand
}

func (c *choices) below(n int) int {
	if len(c.data) == 0 {
		return c.rest.IntN(n)
	}
	b := int(c.data[0])
	c.data = c.data[1:]
	return b % n
}

// side gives a list of n numbers from low on.
func (c *choices) side(n, low, count int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(low + c.below(count))
	}
	return out
}

// layer appends a random node that reads x of that shape, and gives its result, if it makes one that can be built.
func (c *choices) layer(s *sketch, x string, shape []int, others []string) string {
	rank := len(shape)
	axis := func() onnx.Attr { return onnx.IntAttr("axis", int64(c.below(rank))) }
	window := func(pads int) []onnx.Attr {
		return []onnx.Attr{
			onnx.IntsAttr("strides", c.side(2, 1, 3)...), onnx.IntsAttr("dilations", c.side(2, 1, 2)...), onnx.IntsAttr("pads", c.side(4, 0, pads)...),
		}
	}
	channels := 1
	if rank > 1 {
		channels = shape[1]
	}
	switch c.below(16) {
	case 0:
		group := []int{1, 1, channels}[c.below(3)]
		m := group * (1 + c.below(9))
		return s.node("Conv", []string{x, s.weights(m, channels/group, 1+c.below(4), 1+c.below(4)), s.weights(m)}, append(window(3), onnx.IntAttr("group", int64(group)))...)
	case 1:
		return s.conv(x, channels, 1+c.below(20))
	case 2:
		return s.node("ConvTranspose", []string{x, s.weights(channels, 1+c.below(6), 1+c.below(3), 1+c.below(3))}, append(window(3), onnx.IntsAttr("output_padding", c.side(2, 0, 2)...))...)
	case 3: // pads smaller than the kernel: the largest of nothing is minus infinity
		op := []string{"MaxPool", "AveragePool"}[c.below(2)]
		return s.node(op, []string{x}, append(window(2), onnx.IntsAttr("kernel_shape", c.side(2, 2, 3)...), onnx.IntAttr("ceil_mode", int64(c.below(2))), onnx.IntAttr("count_include_pad", int64(c.below(2))))...)
	case 4:
		ops := []string{"Relu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "LeakyRelu", "Elu", "Erf", "Gelu", "Mish", "Softplus", "Neg", "Abs"}
		return s.node(ops[c.below(len(ops))], []string{x})
	case 5:
		y := s.node("Sigmoid", []string{x})
		return s.node("Mul", []string{y, x})
	case 6:
		op := []string{"Add", "Sub", "Mul", "Max", "Min"}[c.below(5)]
		other := others[c.below(len(others))]
		if c.below(2) == 0 {
			small := make([]int, rank)
			for i := range small {
				small[i] = []int{1, shape[i]}[c.below(2)]
			}
			other = s.weights(small...)
		}
		if c.below(2) == 0 {
			x, other = other, x
		}
		return s.node(op, []string{x, other})
	case 7:
		return s.node("Softmax", []string{x}, axis())
	case 8:
		op := []string{"ReduceMean", "ReduceMax", "ReduceMin"}[c.below(3)]
		return s.node(op, []string{x}, onnx.IntsAttr("axes", c.side(1+c.below(2), 0, rank)...), onnx.IntAttr("keepdims", int64(c.below(2))))
	case 9:
		a := c.below(rank)
		return s.node("Slice", []string{x, s.list(int64(c.below(4))), s.list(int64(1 + c.below(20))), s.list(int64(a)), s.list(int64(1 + c.below(2)))})
	case 10:
		return s.node("Concat", []string{x, others[c.below(len(others))]}, axis())
	case 11:
		perm := c.rest.Perm(rank)
		wide := make([]int64, rank)
		for i, p := range perm {
			wide[i] = int64(p)
		}
		return s.node("Transpose", []string{x}, onnx.IntsAttr("perm", wide...))
	case 12:
		pads := c.side(2*rank, -1, 4)
		mode := []string{"constant", "edge", "reflect"}[c.below(3)]
		if mode == "reflect" {
			for i := range pads {
				pads[i] = min(max(pads[i], 0), int64(shape[i%rank]-1))
			}
		}
		return s.node("Pad", []string{x, s.list(pads...)}, onnx.StringAttr("mode", mode))
	case 13:
		mode := []string{"nearest", "linear"}[c.below(2)]
		name := s.list()
		s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(name, []float32{1, 1, []float32{1, 2, 0.5}[c.below(3)], []float32{1, 2, 3}[c.below(3)]}, 4)
		return s.node("Resize", []string{x, "", name}, onnx.StringAttr("mode", mode), onnx.StringAttr("coordinate_transformation_mode", []string{"half_pixel", "asymmetric"}[c.below(2)]))
	case 14:
		return s.node("Reshape", []string{x, s.list([][]int64{{1, -1}, {1, 2, -1, 3}, {0, -1, 2}, {1, 4, 2, -1}}[c.below(4)]...)})
	}
	groups := int64(1 + c.below(3))
	if rank != 4 {
		return s.node("Flatten", []string{x})
	}
	y := s.node("Reshape", []string{x, s.list(int64(shape[0]), groups, -1, int64(shape[2]), int64(shape[3]))})
	y = s.node("Transpose", []string{y}, onnx.IntsAttr("perm", 0, 2, 1, 3, 4))
	return s.node("Reshape", []string{y, s.list(int64(shape[0]), int64(channels), int64(shape[2]), int64(shape[3]))})
}

// FuzzNetworks holds random networks of all operators, in portable Go and generated code, against the reference.
func FuzzNetworks(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(binary.LittleEndian.AppendUint64(nil, seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 8 {
			return
		}
		seed := binary.LittleEndian.Uint64(data)
		c := &choices{data[8:], rand.New(rand.NewPCG(seed, 4))}
		shape := []int{1, 1 + c.below(9), 1 + c.below(9), 1 + c.below(9)}
		s := newSketch(seed, shape...)
		s.opset = 20
		names, shapes := []string{"x"}, map[string][]int{"x": shape}
		for range 1 + c.below(8) {
			kept := s.graph
			x := names[len(names)-1-c.below(min(len(names), 2))]
			y := c.layer(s, x, shapes[x], names)
			got, ok := shapeOf(s, y)
			if !ok || len(got) == 0 || product(got) > 4000 {
				s.graph = kept
				continue
			}
			names, shapes[y] = append(names, y), got
		}
		outputs := names[len(names)-1:]
		if len(names) > 2 && len(names)%2 == 0 {
			outputs = names[len(names)-2:]
		}
		if len(names) == 1 {
			return
		}
		s.build(t, outputs...)
		defer func() {
			if t.Failed() {
				for _, n := range s.graph.Nodes {
					t.Logf("%s %v -> %v %v %+v", n.Op, n.Inputs, n.Outputs, shapes[n.Outputs[0]], n.Attrs)
				}
			}
		}()
		input := s.input()
		want, err := NewPortable(s.net).Run(context.Background(), input)
		must(t, err)
		scale := 1.0
		for _, out := range want {
			for _, v := range out {
				scale = max(scale, math.Abs(float64(v)))
			}
		}
		if !(scale < 1e4) {
			return // what grows without bounds tells nothing
		}
		portable(t, s, input, 1e-4*scale)
		for _, w := range generators(t) {
			differ(t, s.net, w, input, want, 1e-4*scale)
		}
	})
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// shapeOf builds the sketch so far and gives the shape of value v.
func shapeOf(s *sketch, v string) ([]int, bool) {
	g := s.graph
	g.Outputs = []onnx.Value{{Name: v, Type: onnx.Float}}
	net, err := graph.Build(&onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: s.opset}}, Graph: g})
	if err != nil || net.Values[net.Outputs[0]].Data != nil || net.Values[net.Outputs[0]].Len() == 0 {
		return nil, false
	}
	return net.Values[net.Outputs[0]].Shape, true
}
