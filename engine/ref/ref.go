//go:build !js

// Package ref evaluates an ONNX model node by node in float64 on gorgonia.org/tensor: slow, obvious, and without any of
// the passes of package graph. It is what the executors are tested against.
package ref

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// Run computes all values of m for one input, by name. The input has the elements of the model's input, row-major; an
// open dimension counts as 1. Values are tensors of float64.
func Run(m *onnx.Model, input []float32) (map[string]*tensor.Dense, error) {
	e := &evaluator{opset: m.Opset(), values: map[string]*tensor.Dense{}, integer: map[string]onnx.DataType{}, scalar: map[string]bool{}}
	for i := range m.Graph.Initializers {
		e.constant(&m.Graph.Initializers[i], m.Graph.Initializers[i].Name)
	}
	for _, in := range m.Graph.Inputs {
		if _, ok := e.values[in.Name]; ok {
			continue
		}
		shape := make([]int, len(in.Dims))
		for i, d := range in.Dims {
			shape[i] = max(int(d), 1)
		}
		e.values[in.Name] = dense(widen(input), shape...)
	}
	for i := range m.Graph.Nodes {
		n := &m.Graph.Nodes[i]
		out, err := e.node(n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Label(), err)
		}
		for k, t := range out {
			e.values[n.Outputs[k]] = t
		}
	}
	return e.values, nil
}

type evaluator struct {
	opset   int64
	values  map[string]*tensor.Dense
	integer map[string]onnx.DataType // of the values that are whole numbers by type
	scalar  map[string]bool          // values of no dimensions, which are kept as lists of one
}

func (e *evaluator) constant(t *onnx.Tensor, name string) {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	data := widen(t.Floats())
	if t.Type != onnx.Float && t.Type != onnx.Float16 && t.Type != onnx.Double {
		e.integer[name] = t.Type
		for i, v := range t.Integers() {
			data[i] = float64(v)
		}
	}
	e.scalar[name] = len(shape) == 0
	e.values[name] = dense(data, shape...)
}

// list gives the integers of an attribute or of input k.
func (e *evaluator) list(n *onnx.Node, attr string, k int) []int64 {
	if v := n.Ints(attr); v != nil || e.in(n, k) == nil {
		return v
	}
	var out []int64
	for _, v := range numbers(e.in(n, k)) {
		out = append(out, int64(v))
	}
	return out
}

// dense makes a tensor; a number becomes a list of one, which broadcasts alike.
func dense(data []float64, shape ...int) *tensor.Dense {
	if len(shape) == 0 {
		shape = []int{1}
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func numbers(t *tensor.Dense) []float64 { return t.Data().([]float64) }

// in gives input k of n, or nil.
func (e *evaluator) in(n *onnx.Node, k int) *tensor.Dense {
	if k >= len(n.Inputs) || n.Inputs[k] == "" {
		return nil
	}
	return e.values[n.Inputs[k]]
}

// node gives the results of n.
func (e *evaluator) node(n *onnx.Node) ([]*tensor.Dense, error) {
	if n.Op == "Split" {
		return e.split(n), nil
	}
	out, err := e.single(n)
	if err != nil {
		return nil, err
	}
	return []*tensor.Dense{out}, nil
}

func (e *evaluator) single(n *onnx.Node) (*tensor.Dense, error) {
	x := e.in(n, 0)
	switch n.Op {
	case "Conv":
		return conv(n, x, e.in(n, 1), e.in(n, 2))
	case "ConvTranspose":
		return convTranspose(n, x, e.in(n, 1), e.in(n, 2)), nil
	case "MaxPool", "AveragePool":
		return pool(n, x), nil
	case "GlobalAveragePool":
		return reduce("ReduceMean", x, []int64{2, 3}, true), nil
	case "GlobalMaxPool":
		return generate([]int{x.Shape()[0], x.Shape()[1], 1, 1}, func(at []int) float64 {
			top := math.Inf(-1)
			for i := range x.Shape()[2] * x.Shape()[3] {
				top = max(top, value(x, at[0], at[1], i/x.Shape()[3], i%x.Shape()[3]))
			}
			return top
		}), nil
	case "InstanceNormalization":
		return e.instanceNorm(n, x), nil
	case "LRN":
		return lrn(n, x), nil
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin":
		axes := e.list(n, "axes", 1)
		if len(axes) == 0 && n.Int("noop_with_empty_axes", 0) != 0 {
			return x, nil
		}
		return reduce(n.Op, x, axes, n.Int("keepdims", 1) != 0), nil
	case "Gemm":
		return gemm(n, x, e.in(n, 1), e.in(n, 2))
	case "MatMul":
		return matMul(x, e.in(n, 1)), nil
	case "Add", "Sub", "Mul", "Div", "PRelu", "Min", "Max", "Sum", "Pow":
		return e.operands(n)
	case "BatchNormalization":
		return e.batchNorm(n, x)
	case "Softmax":
		return e.softmax(n, x), nil
	case "QuantizeLinear", "DequantizeLinear":
		return e.quantise(n, x), nil
	case "Resize", "Upsample":
		return e.resize(n, x), nil
	}
	if out := e.moved(n, x); out != nil {
		return out, nil
	}
	if f := e.function(n); f != nil {
		return apply(x, f), nil
	}
	return nil, fmt.Errorf("operator %s is not in the reference", n.Op)
}
