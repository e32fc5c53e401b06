//go:build !js

// Package ref evaluates an ONNX model node by node in float64 on gorgonia.org/tensor: slow, obvious, and without any of
// the passes of package graph. It is what the executors are tested against.
package ref

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// Run computes all values of m for one input, by name. The input has the elements of the model's input, row-major; an
// open dimension counts as 1. Values are tensors of float64.
func Run(m *onnx.Model, input []float32) (map[string]*tensor.Dense, error) {
	e := &evaluator{values: map[string]*tensor.Dense{}, integers: map[string][]int64{}}
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
		e.values[n.Outputs[0]] = out
	}
	return e.values, nil
}

type evaluator struct {
	values   map[string]*tensor.Dense
	integers map[string][]int64
}

func (e *evaluator) constant(t *onnx.Tensor, name string) {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	e.values[name] = dense(widen(t.Floats()), shape...)
	if t.Type == onnx.Int64 || t.Type == onnx.Int32 {
		e.integers[name] = t.Integers()
	}
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

func (e *evaluator) node(n *onnx.Node) (*tensor.Dense, error) {
	x := e.in(n, 0)
	switch n.Op {
	case "Conv":
		return conv(n, x, e.in(n, 1), e.in(n, 2))
	case "MaxPool", "AveragePool":
		return pool(n, x), nil
	case "GlobalAveragePool":
		return mean(x, []int64{2, 3}, true), nil
	case "ReduceMean":
		axes := n.Ints("axes")
		if len(n.Inputs) > 1 {
			axes = e.integers[n.Inputs[1]]
		}
		return mean(x, axes, n.Int("keepdims", 1) != 0), nil
	case "Gemm", "MatMul":
		return gemm(n, x, e.in(n, 1), e.in(n, 2))
	case "Add", "Sub", "Mul", "Div":
		return binary(n.Op, x, e.in(n, 1))
	case "Relu", "Clip", "Sigmoid", "Tanh", "HardSwish":
		return apply(x, e.function(n)), nil
	case "BatchNormalization":
		return e.batchNorm(n, x)
	case "Softmax":
		return softmax(x), nil
	case "Flatten":
		rows := 1
		for _, d := range x.Shape()[:n.Int("axis", 1)] {
			rows *= d
		}
		return dense(numbers(x), rows, x.Shape().TotalSize()/rows), nil
	case "Reshape":
		return reshape(x, e.integers[n.Inputs[1]]), nil
	case "Transpose":
		perm := make([]int, 0, 4)
		for _, p := range n.Ints("perm") {
			perm = append(perm, int(p))
		}
		t, err := tensor.Transpose(x, perm...)
		if err != nil {
			return nil, err
		}
		return t.(*tensor.Dense), nil
	case "Concat":
		parts := make([]*tensor.Dense, 0, len(n.Inputs)-1)
		for k := 1; k < len(n.Inputs); k++ {
			parts = append(parts, e.in(n, k))
		}
		axis := int(n.Int("axis", 0))
		if axis < 0 {
			axis += x.Dims()
		}
		return x.Concat(axis, parts...)
	}
	return nil, fmt.Errorf("operator %s is not in the reference", n.Op)
}
