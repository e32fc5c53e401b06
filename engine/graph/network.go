// Package graph holds a network as typed steps over numbered values: built from ONNX, with shapes inferred, constants
// folded and activations fused, ready for an executor.
package graph

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// Limits of a network that is run.
const (
	MaxValueElements = 1 << 26 // floats of one activation
	MaxSide          = 1 << 14 // of a kernel, stride, dilation or padding
)

// Network is a sequence of steps in an order in which each step's inputs are there.
type Network struct {
	Values  []Value
	Steps   []Step
	Input   int   // index of the one input
	Outputs []int // indices
	Meta    map[string]string
	Params  int // number of weights
}

// Value is a tensor. Data is nil for activations. Images are NCHW with N = 1, row-major.
type Value struct {
	Name  string
	Shape []int
	Data  []float32
	ints  []int64 // an integer constant: shapes and axes
}

// Len is the number of elements.
func (v *Value) Len() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// Step is one operator. Lo and Hi clamp its result (a fused Relu or Clip); Geometry is set for Conv and pooling. A Conv
// with Residual has four inputs, image, weights, bias and an activation that is added before the clamp.
type Step struct {
	Op       string
	Label    string
	In       []int
	Out      int
	Clamp    bool
	Residual bool
	Lo, Hi   float32
	Geometry Geometry
	Axes     []int   // Transpose: permutation; ReduceMean and Softmax, Concat: axes
	Alpha    float32 // Gemm
	Beta     float32 // Gemm
	TransA   bool
	TransB   bool
	CountPad bool // AveragePool: padding counts
}

// Geometry of a sliding window, in pixels.
type Geometry struct {
	KernelH, KernelW     int
	StrideH, StrideW     int
	DilationH, DilationW int
	Top, Left            int
	Bottom, Right        int
	Group                int
}

// UnsupportedError names an operator that Irum has no implementation of.
type UnsupportedError struct {
	Node  string
	Op    string
	Opset int64
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: operator %s of opset %d is not supported", e.Node, e.Op, e.Opset)
}

// Build reads m into a Network whose outputs are named (all of m's outputs when outputs is empty). A symbolic batch
// dimension becomes 1.
func Build(m *onnx.Model, outputs ...string) (*Network, error) {
	if len(outputs) > 0 {
		kept := m.Graph
		kept.Outputs = nil
		for _, name := range outputs {
			kept.Outputs = append(kept.Outputs, onnx.Value{Name: name, Type: onnx.Float})
		}
		onnx.Prune(&kept)
		m = &onnx.Model{Graph: kept, Opsets: m.Opsets, Metadata: m.Metadata}
	}
	b := &builder{m: m, net: &Network{Meta: map[string]string{}}, index: map[string]int{}}
	for _, p := range m.Metadata {
		b.net.Meta[p.Key] = p.Value
	}
	if err := b.inputs(); err != nil {
		return nil, err
	}
	for i := range m.Graph.Nodes {
		if err := b.node(&m.Graph.Nodes[i]); err != nil {
			return nil, err
		}
	}
	for _, o := range m.Graph.Outputs {
		i, ok := b.index[o.Name]
		if !ok {
			return nil, fmt.Errorf("output %q is computed by no node", o.Name)
		}
		b.net.Outputs = append(b.net.Outputs, i)
	}
	for i := range b.net.Values {
		b.net.Params += len(b.net.Values[i].Data)
	}
	b.net.fuse()
	return b.net, nil
}

type builder struct {
	m     *onnx.Model
	net   *Network
	index map[string]int
}

func (b *builder) add(v Value) (int, error) {
	if _, taken := b.index[v.Name]; taken {
		return 0, fmt.Errorf("value %q is made twice", v.Name)
	}
	n := 1
	for _, d := range v.Shape {
		if d < 0 || d > MaxValueElements || n*d > MaxValueElements {
			return 0, fmt.Errorf("value %q has the shape %v, which is too large", v.Name, v.Shape)
		}
		n *= d
	}
	b.index[v.Name] = len(b.net.Values)
	b.net.Values = append(b.net.Values, v)
	return len(b.net.Values) - 1, nil
}

func (b *builder) inputs() error {
	for i := range b.m.Graph.Initializers {
		if _, err := b.add(constant(&b.m.Graph.Initializers[i], b.m.Graph.Initializers[i].Name)); err != nil {
			return err
		}
	}
	found := 0
	for _, in := range b.m.Graph.Inputs {
		if _, isConstant := b.index[in.Name]; isConstant {
			continue // before IR version 4 initializers stand among the inputs too
		}
		shape := make([]int, len(in.Dims))
		for k, d := range in.Dims {
			shape[k] = int(d)
			if k == 0 && d < 1 {
				shape[k] = 1
			}
			if shape[k] < 1 {
				return fmt.Errorf("input %q has the open shape %v: give the model fixed sizes", in.Name, in.Dims)
			}
		}
		i, err := b.add(Value{Name: in.Name, Shape: shape})
		if err != nil {
			return err
		}
		b.net.Input = i
		found++
	}
	if found != 1 {
		return fmt.Errorf("the model has %d inputs: Irum runs networks with one image as input", found)
	}
	return nil
}

func constant(t *onnx.Tensor, name string) Value {
	v := Value{Name: name, Shape: make([]int, len(t.Dims))}
	for i, d := range t.Dims {
		v.Shape[i] = int(d)
	}
	if t.Type == onnx.Int64 || t.Type == onnx.Int32 {
		v.ints = t.Integers()
	}
	v.Data = t.Floats()
	return v
}
