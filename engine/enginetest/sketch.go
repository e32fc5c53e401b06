// Package enginetest makes whole networks of well-known kinds with seeded random weights, for tests and benchmarks that
// should not depend on files of megabytes. The same call always gives the same bytes.
package enginetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/onnx"
)

// sketch writes a graph node by node. Values know their channels, so that layers need not be told.
type sketch struct {
	graph    onnx.Graph
	random   *rand.Rand
	channels map[string]int
}

func newSketch(seed uint64, name string, size int) *sketch {
	s := &sketch{random: rand.New(rand.NewPCG(seed, 1)), channels: map[string]int{"x": 3}}
	s.graph.Name = name
	s.graph.Inputs = []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, int64(size), int64(size)}}}
	return s
}

// model finishes the graph with those outputs.
func (s *sketch) model(opset int64, outputs ...string) *onnx.Model {
	for _, o := range outputs {
		s.graph.Outputs = append(s.graph.Outputs, onnx.Value{Name: o, Type: onnx.Float})
	}
	return &onnx.Model{IRVersion: 7, Producer: "irum", Opsets: []onnx.Opset{{Version: opset}}, Graph: s.graph}
}

func (s *sketch) initializer(t onnx.Tensor) string {
	t.Name = fmt.Sprint("w", len(s.graph.Initializers))
	s.graph.Initializers = append(s.graph.Initializers, t)
	return t.Name
}

// uniform makes numbers between mean - reach and mean + reach.
func (s *sketch) uniform(mean, reach float64, dims ...int) string {
	n, wide := 1, make([]int64, len(dims))
	for i, d := range dims {
		n *= d
		wide[i] = int64(d)
	}
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(mean + reach*(2*s.random.Float64()-1))
	}
	return s.initializer(onnx.FloatTensor("", data, wide...))
}

func (s *sketch) list(values ...int64) string {
	return s.initializer(onnx.IntTensor("", values, int64(len(values))))
}

func (s *sketch) number(v float32) string {
	return s.initializer(onnx.FloatTensor("", []float32{v}))
}

// node appends a node; its result has the channels of the first input.
func (s *sketch) node(op string, inputs []string, attrs ...onnx.Attr) string {
	return s.nodes(op, inputs, 1, attrs...)[0]
}

func (s *sketch) nodes(op string, inputs []string, outputs int, attrs ...onnx.Attr) []string {
	n := onnx.Node{Op: op, Inputs: inputs, Attrs: attrs}
	for k := range outputs {
		name := fmt.Sprintf("v%d", len(s.graph.Nodes))
		if k > 0 {
			name += fmt.Sprint("_", k)
		}
		n.Outputs = append(n.Outputs, name)
		s.channels[name] = s.channels[inputs[0]]
	}
	s.graph.Nodes = append(s.graph.Nodes, n)
	return n.Outputs
}

// conv adds a convolution whose results are about as large as its inputs, with padding that keeps the size.
func (s *sketch) conv(x string, filters, kernel, stride, group int) string {
	perGroup := s.channels[x] / group
	reach := math.Sqrt(4.5 / float64(perGroup*kernel*kernel))
	p, k := int64(kernel/2), int64(kernel)
	y := s.node("Conv", []string{x, s.uniform(0, reach, filters, perGroup, kernel, kernel), s.uniform(0, 0.1, filters)},
		onnx.IntsAttr("kernel_shape", k, k), onnx.IntsAttr("strides", int64(stride), int64(stride)),
		onnx.IntsAttr("pads", p, p, p, p), onnx.IntAttr("group", int64(group)))
	s.channels[y] = filters
	return y
}

// norm adds a batch normalisation.
func (s *sketch) norm(x string) string {
	c := s.channels[x]
	return s.node("BatchNormalization", []string{x, s.uniform(1, 0.2, c), s.uniform(0, 0.1, c), s.uniform(0, 0.1, c), s.uniform(1, 0.3, c)})
}

func (s *sketch) relu(x string) string { return s.node("Relu", []string{x}) }

func (s *sketch) silu(x string) string {
	return s.node("Mul", []string{x, s.node("Sigmoid", []string{x})})
}

// hardSwish is written as exporters of opsets before 14 do.
func (s *sketch) hardSwish(x string) string {
	gate := s.node("HardSigmoid", []string{x}, onnx.FloatAttr("alpha", 1.0/6))
	return s.node("Mul", []string{x, gate})
}

func (s *sketch) add(a, b string) string { return s.node("Add", []string{a, b}) }

func (s *sketch) concat(axis int64, parts ...string) string {
	y := s.node("Concat", parts, onnx.IntAttr("axis", axis))
	if axis == 1 {
		s.channels[y] = 0
		for _, p := range parts {
			s.channels[y] += s.channels[p]
		}
	}
	return y
}

func (s *sketch) maxPool(x string, kernel, stride, pad, ceil int64) string {
	return s.node("MaxPool", []string{x}, onnx.IntsAttr("kernel_shape", kernel, kernel), onnx.IntsAttr("strides", stride, stride),
		onnx.IntsAttr("pads", pad, pad, pad, pad), onnx.IntAttr("ceil_mode", ceil))
}

func (s *sketch) reshape(x string, shape ...int64) string {
	return s.node("Reshape", []string{x, s.list(shape...)})
}

// classify adds global pooling, a dense layer and, as the result, its scores.
func (s *sketch) classify(x string, classes int) string {
	flat := s.node("Flatten", []string{s.node("GlobalAveragePool", []string{x})})
	c := s.channels[x]
	return s.node("Gemm", []string{flat, s.uniform(0, math.Sqrt(3/float64(c)), classes, c), s.uniform(0, 0.1, classes)}, onnx.IntAttr("transB", 1))
}
