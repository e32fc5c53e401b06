// Package graph holds a network as typed steps over numbered values: built from ONNX, with shapes inferred, constants
// folded and activations fused, ready for an executor.
package graph

import (
	"errors"
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/onnx"
)

// Limits of a network that is run.
const (
	MaxValueElements = 1 << 26 // floats of one activation
	MaxLiveElements  = 1 << 28 // floats of all activations that are needed at one time
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
	room    int // floats that folding may still make
}

// Value is a tensor. Data is nil for activations. Images are NCHW with N = 1, row-major.
type Value struct {
	Name  string
	Shape []int
	Data  []float32
	ints  []int64       // an integer constant: shapes and axes
	kind  onnx.DataType // of a constant
	bytes []byte        // of a constant of 8-bit integers whose Data nobody has needed yet
}

// Len is the number of elements.
func (v *Value) Len() int { return layout.Len(v.Shape) }

// Step is one operator. Act and then Lo and Hi are applied to its result (a fused activation, Relu or Clip). A Conv with
// Residual has four inputs, image, weights, bias and an activation that is added before them.
//
// The operators are those of ONNX of the same name and these: Clamp bounds by Lo and Hi. Silu is x*sigmoid(x). View
// reads its input with other strides (Transpose, Slice, Split, Expand). Gather takes elements by Tables (Resize nearest and
// repeating pads too). Interpolate is Resize linear. Shuffle moves channel i*(C/Group)+j to j*Group+i.
// LRN has its size as Group and its bias as Lo.
type Step struct {
	Op       string
	Label    string
	In       []int
	Out      int
	Clamp    bool
	Residual bool
	Lo, Hi   float32
	Act      Activation
	Geometry Geometry // Conv, pooling; Shuffle has a Group only
	Axes     []int    // View: the input axis of each output axis, -1 if repeated; ReduceMean, Concat: axes; Softmax: first and last
	Starts   []int    // View: first index by input axis; Pad: elements before by axis, negative to cut
	Strides  []int    // View: by output axis, in indices; Pad: distance by axis at which the input's elements are laid
	Tables   [][]int  // Gather: input index by output index, by axis; nil for an axis that stays
	Lines    [2]Line  // Interpolate: the rows and the columns
	Alpha    float32  // Gemm; parameter of an activation; BatchNormalization: epsilon; Pad: what is put in
	Beta     float32  // Gemm; parameter of an activation; BatchNormalization: momentum
	TransA   bool
	TransB   bool
	CountPad bool // AveragePool: padding counts
}

// Line says for each index of an interpolated axis between which two input indices it lies, and how near to the second.
type Line struct {
	From, To []int
	Weight   []float32
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
	return build(m, false, outputs)
}

// Plain is Build for those who change the weights: every tensor of numbers of the model stays a value under its own name, and every
// step what its node says, but for what is computed from constants alone, which is a constant of the name of its result. Batch
// normalisations are steps of their own, for tensors of any rank, with ONNX's momentum as Beta;
// ConvTranspose and InstanceNormalization are steps too, and nothing is fused but what together is one function (Silu, Gelu,
// channel shuffles and their like). The geometry of a ConvTranspose has the padding that is cut off the result at its top and left.
func Plain(m *onnx.Model, outputs ...string) (*Network, error) {
	return build(m, true, outputs)
}

func build(m *onnx.Model, plain bool, outputs []string) (*Network, error) {
	if len(outputs) > 0 {
		kept := m.Graph
		kept.Outputs = nil
		for _, name := range outputs {
			kept.Outputs = append(kept.Outputs, onnx.Value{Name: name, Type: onnx.Float})
		}
		onnx.Prune(&kept)
		m = &onnx.Model{Graph: kept, Opsets: m.Opsets, Metadata: m.Metadata}
	}
	b := &builder{m: m, net: &Network{Meta: map[string]string{}}, index: map[string]int{}, plain: plain}
	for _, p := range m.Metadata {
		b.net.Meta[p.Key] = p.Value
	}
	if err := b.inputs(); err != nil {
		return nil, err
	}
	b.net.room = 1 << 24
	for i := range b.net.Values {
		b.net.room += 4 * max(len(b.net.Values[i].Data), len(b.net.Values[i].bytes))
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
		b.net.Values[i].unpack()
		b.net.Outputs = append(b.net.Outputs, i)
	}
	for i := range b.net.Values {
		b.net.Params += len(b.net.Values[i].Data)
	}
	if plain {
		b.net.prune()
		b.net.recognise()
	} else {
		b.net.fuse()
	}
	if n := b.net.live(); n > MaxLiveElements {
		return nil, fmt.Errorf("the network needs %d values at one time, more than %d", n, MaxLiveElements)
	}
	return b.net, nil
}

type builder struct {
	m     *onnx.Model
	net   *Network
	index map[string]int
	plain bool // nothing is done to weights
}

// spend notes that a pass makes n values which the model itself does not hold, and tells whether there is room for them.
// Without such a bound a small model that names one tensor many times could take any amount of memory.
func (net *Network) spend(n int) bool {
	if n > net.room {
		return false
	}
	net.room -= n
	return true
}

var errSpent = errors.New("the model's constants and tables unfold to far more values than it holds")

func (b *builder) add(v Value) (int, error) {
	if _, taken := b.index[v.Name]; taken {
		return 0, fmt.Errorf("value %q is made twice", v.Name)
	}
	n := 1
	if len(v.Shape) > onnx.MaxRank {
		return 0, fmt.Errorf("value %q has %d dimensions, more than %d", v.Name, len(v.Shape), onnx.MaxRank)
	}
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
		t := &b.m.Graph.Initializers[i]
		v := Value{Name: t.Name, Shape: sizes(t), kind: t.Type, bytes: t.Raw}
		if (t.Type != onnx.Int8 && t.Type != onnx.Uint8) || len(t.Raw) == 0 {
			v = constant(t, t.Name)
		}
		if _, err := b.add(v); err != nil {
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

func sizes(t *onnx.Tensor) []int {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	return shape
}

func constant(t *onnx.Tensor, name string) Value {
	v := Value{Name: name, Shape: sizes(t), kind: t.Type}
	switch t.Type {
	case onnx.Int64, onnx.Int32, onnx.Int8, onnx.Uint8, onnx.Bool:
		v.ints = t.Integers()
	}
	v.Data = t.Floats()
	return v
}

// live is the most floats of activations that are needed at one time.
func (net *Network) live() int {
	last := make([]int, len(net.Values))
	for i := range net.Steps {
		for _, in := range net.Steps[i].In {
			last[in] = i
		}
	}
	for _, o := range net.Outputs {
		last[o] = len(net.Steps)
	}
	now := net.Values[net.Input].Len()
	most := now
	for i := range net.Steps {
		s := &net.Steps[i]
		now += net.Values[s.Out].Len()
		most = max(most, now)
		for k, in := range append([]int{s.Out}, s.In...) {
			if net.Values[in].Data == nil && last[in] <= i && (k == 0 || !slices.Contains(s.In[:k-1], in)) {
				now -= net.Values[in].Len()
			}
		}
	}
	return most
}
