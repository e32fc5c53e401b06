package torch

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
)

// network is a backbone as the trainer gets it: a description, and its constants one after another.
type network struct {
	model   *onnx.Model
	tensors []tensor
	names   []string // of tensors, in the ONNX file
	size    int      // of the input's sides, in pixels
	dim     int      // of the embedding
	text    []byte   // JSON
	values  []float32
}

// tensor is one constant. Offset counts numbers from the first.
type tensor struct {
	Value     int   `json:"value"`
	Shape     []int `json:"shape"`
	Offset    int   `json:"offset"`
	Trainable bool  `json:"trainable"`
}

type description struct {
	Input   int      `json:"input"`
	Output  int      `json:"output"`
	Size    int      `json:"size"`
	Dim     int      `json:"dim"`
	Scale   float64  `json:"scale"`
	Shift   float64  `json:"shift"`
	Shapes  [][]int  `json:"shapes"` // of all values, of one image
	Tensors []tensor `json:"tensors"`
	Steps   []step   `json:"steps"`
}

type step struct {
	Op       string       `json:"op"`
	In       []int        `json:"in"`
	Out      int          `json:"out"`
	Fixed    bool         `json:"fixed"` // computed from constants alone: its values have no batch
	Low      *float64     `json:"lo"`    // nil for no bound
	High     *float64     `json:"hi"`
	Geometry geometryJSON `json:"geometry"`
	Axes     []int        `json:"axes"`
	Starts   []int        `json:"starts"`
	Strides  []int        `json:"strides"`
	Tables   [][]int      `json:"tables"`
	Lines    []lineJSON   `json:"lines"`
	Alpha    float64      `json:"alpha"`
	Beta     float64      `json:"beta"`
	TransB   bool         `json:"trans_b"`
	CountPad bool         `json:"count_pad"`
}

type geometryJSON struct {
	KernelH   int `json:"kernel_h"`
	KernelW   int `json:"kernel_w"`
	StrideH   int `json:"stride_h"`
	StrideW   int `json:"stride_w"`
	DilationH int `json:"dilation_h"`
	DilationW int `json:"dilation_w"`
	Top       int `json:"top"`
	Left      int `json:"left"`
	Bottom    int `json:"bottom"`
	Right     int `json:"right"`
	Group     int `json:"group"`
}

type lineJSON struct {
	From   []int     `json:"from"`
	To     []int     `json:"to"`
	Weight []float32 `json:"weight"`
}

// readNetwork reads a backbone: an image [1,3,S,S] in, one embedding [1,D] out. What the trainer has no operator for is an error
// that names it.
func readNetwork(data []byte) (*network, error) {
	m, err := onnx.Read(data)
	if err != nil {
		return nil, fmt.Errorf("read the backbone: %w", err)
	}
	if len(m.Graph.Outputs) == 0 {
		return nil, fmt.Errorf("the backbone has no output")
	}
	output := m.Meta("irum.embedding")
	if output == "" {
		output = m.Graph.Outputs[0].Name
	}
	g, err := graph.Plain(m, output)
	if err != nil {
		return nil, fmt.Errorf("the backbone cannot be trained: %w", err)
	}
	in, out := g.Values[g.Input].Shape, g.Values[g.Outputs[0]].Shape
	if len(in) != 4 || in[0] != 1 || in[1] != 3 || in[2] != in[3] || len(out) != 2 || out[0] != 1 {
		return nil, fmt.Errorf("the backbone takes %v and gives %v: an image [1 3 S S] and an embedding [1 D] are expected", in, out)
	}
	n := &network{model: m, size: in[2], dim: out[1]}
	d := description{Input: g.Input, Output: g.Outputs[0], Size: n.size, Dim: n.dim}
	d.Scale, d.Shift = scaling(m)
	for i := range g.Values {
		d.Shapes = append(d.Shapes, append([]int{}, g.Values[i].Shape...))
	}
	batched := map[int]bool{g.Input: true}
	for i := range g.Steps {
		s, err := convert(g, &g.Steps[i], batched)
		if err != nil {
			return nil, fmt.Errorf("the backbone cannot be trained: %s: %w", g.Steps[i].Label, err)
		}
		d.Steps = append(d.Steps, s)
	}
	if !batched[g.Outputs[0]] {
		return nil, fmt.Errorf("the backbone's embedding does not depend on the image")
	}
	n.collect(g)
	d.Tensors = n.tensors
	n.text, err = json.Marshal(d)
	return n, err
}

// scaling says how pixels 0..255 become input; without a word of the model as most networks take them.
func scaling(m *onnx.Model) (scale, shift float64) {
	a, errA := strconv.ParseFloat(m.Meta("irum.scale"), 32)
	b, errB := strconv.ParseFloat(m.Meta("irum.shift"), 32)
	if errA != nil || errB != nil {
		return float64(float32(1 / 127.5)), -1
	}
	return a, b
}

// collect lists the constants that steps read.
func (n *network) collect(g *graph.Network) {
	learns := map[int]bool{}
	read := map[int]bool{}
	for i := range g.Steps {
		for k, v := range g.Steps[i].In {
			read[v] = true
			learns[v] = learns[v] || trainable(g, &g.Steps[i], k)
		}
	}
	kept := initial(n.model)
	for v := range g.Values {
		c := &g.Values[v]
		if c.Data == nil || !read[v] {
			continue
		}
		n.tensors = append(n.tensors, tensor{Value: v, Shape: append([]int{}, c.Shape...), Offset: len(n.values), Trainable: learns[v] && kept[c.Name]})
		n.names = append(n.names, c.Name)
		n.values = append(n.values, c.Data...)
	}
}

// initial names the values of m that can be given other numbers: initializers, and what nodes make.
func initial(m *onnx.Model) map[string]bool {
	out := map[string]bool{}
	for i := range m.Graph.Initializers {
		out[m.Graph.Initializers[i].Name] = true
	}
	for i := range m.Graph.Nodes {
		for _, o := range m.Graph.Nodes[i].Outputs {
			out[o] = true
		}
	}
	return out
}

// trainable tells whether input k of a step is a weight that learns. The statistics of batch norms are learnt in another way.
func trainable(g *graph.Network, s *graph.Step, k int) bool {
	v := &g.Values[s.In[k]]
	if v.Data == nil {
		return false
	}
	switch s.Op {
	case "Conv", "ConvTranspose", "Gemm", "MatMul", "PRelu", "InstanceNormalization":
		return k > 0 || s.Op == "MatMul"
	case "BatchNormalization":
		return k == 1 || k == 2
	case "Add", "Mul": // a bias or a factor of channels; single numbers are part of a function
		return v.Len() > 1
	case "View", "Reshape":
		return v.Len() > 1 // a matrix that is turned first
	}
	return false
}

// operators are those that the trainer has, beside functions of one number.
var operators = []string{
	"Conv", "ConvTranspose", "MaxPool", "AveragePool", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Min", "Max", "Pow", "PRelu", "Clamp",
	"Softmax", "BatchNormalization", "InstanceNormalization", "LRN", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "Reshape", "View",
	"Concat", "Gather", "Pad", "Interpolate", "Shuffle",
}

// convert checks that a step can be done on a batch, and notes in batched whether it is.
func convert(g *graph.Network, s *graph.Step, batched map[int]bool) (step, error) {
	if !slices.Contains(operators, s.Op) && !(graph.Activation{Op: s.Op}).Known() {
		return step{}, fmt.Errorf("the trainer has no operator %s", s.Op)
	}
	fixed := !slices.ContainsFunc(s.In, func(v int) bool { return batched[v] })
	batched[s.Out] = !fixed
	if !fixed {
		if err := alongBatch(g, s, batched); err != nil {
			return step{}, err
		}
	}
	out := step{
		Op: s.Op, In: s.In, Out: s.Out, Fixed: fixed, Geometry: geometryJSON(s.Geometry), Axes: s.Axes, Starts: s.Starts, Strides: s.Strides,
		Tables: s.Tables, Alpha: float64(s.Alpha), Beta: float64(s.Beta), TransB: s.TransB, CountPad: s.CountPad,
	}
	if s.Op == "Clamp" {
		out.Low, out.High = bound(s.Lo), bound(s.Hi)
	}
	if s.Op == "LRN" {
		out.Low = bound(s.Lo)
	}
	if s.Op == "Interpolate" {
		for _, l := range s.Lines {
			out.Lines = append(out.Lines, lineJSON(l))
		}
	}
	return out, nil
}

// alongBatch refuses steps that mix the images of a batch or move them to another axis.
func alongBatch(g *graph.Network, s *graph.Step, batched map[int]bool) error {
	in, out := g.Values[s.In[0]].Shape, g.Values[s.Out].Shape
	mixes := fmt.Errorf("it makes %v of %v, which cannot be done for several images at a time", out, in)
	if len(out) == 0 || out[0] != 1 {
		return mixes
	}
	for _, v := range s.In {
		if shape := g.Values[v].Shape; batched[v] && (len(shape) != len(out) && s.Op != "Reshape" && s.Op != "View" && len(shape) < len(out) || shape[0] != 1) {
			return mixes
		}
	}
	switch s.Op {
	case "View":
		if s.Axes[0] != 0 || slices.Index(s.Axes[1:], 0) >= 0 {
			return mixes
		}
	case "Softmax", "Concat", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin":
		if s.Axes[0] == 0 {
			return mixes
		}
		if s.Op == "Concat" && slices.ContainsFunc(s.In, func(v int) bool { return !batched[v] }) {
			return fmt.Errorf("it joins an image's values and constants, which the trainer cannot")
		}
	case "Pad":
		if s.Starts[0] != 0 || slices.Min(s.Starts) < 0 && slices.Max(s.Strides) > 1 {
			return mixes
		}
	case "Gather":
		if s.Tables[0] != nil {
			return mixes
		}
	case "Gemm":
		if s.TransA || !batched[s.In[0]] || batched[s.In[1]] {
			return fmt.Errorf("the trainer multiplies an image's values with weights from the right only")
		}
	case "AveragePool":
		if s.Geometry.DilationH > 1 || s.Geometry.DilationW > 1 {
			return fmt.Errorf("the trainer has no average over distant pixels")
		}
	case "BatchNormalization":
		for _, v := range s.In[1:] {
			if readers(g, v) > 1 {
				return fmt.Errorf("its constants are another step's too")
			}
		}
	}
	return nil
}

func readers(g *graph.Network, value int) int {
	n := 0
	for i := range g.Steps {
		for _, v := range g.Steps[i].In {
			if v == value {
				n++
			}
		}
	}
	return n
}

// bound gives nil for infinity, which JSON has not.
func bound(v float32) *float64 {
	if math.IsInf(float64(v), 0) {
		return nil
	}
	x := float64(v)
	return &x
}

// weights are the constants as a file.
func (n *network) weights() []byte {
	out := make([]byte, 0, 4*len(n.values))
	for _, v := range n.values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// learnt takes what the trainer gave: the backbone with its new weights, and the head.
func (n *network) learnt(data []byte, classes int, multi bool) (backbone []byte, h *train.Head, err error) {
	want := len(n.values) + classes*(n.dim+1)
	if len(data) != 4*want {
		return nil, nil, fmt.Errorf("the trainer's result has %d bytes instead of %d", len(data), 4*want)
	}
	values := make([]float32, want)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if v := float64(values[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil, fmt.Errorf("the trainer's result holds what is no finite number")
		}
	}
	changed := map[string][]float32{}
	for i, t := range n.tensors {
		now := values[t.Offset:][:length(t.Shape)]
		if !slices.Equal(now, n.values[t.Offset:][:length(t.Shape)]) {
			changed[n.names[i]] = now
		}
	}
	backbone, err = n.with(changed)
	rest := values[len(n.values):]
	h = &train.Head{W: rest[:classes*n.dim], B: rest[classes*n.dim:], D: n.dim, Classes: classes, Multi: multi}
	return backbone, h, err
}

func length(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// with gives the ONNX file with other numbers for constants, by name. A constant that a node made, of integers or half precision,
// becomes an initializer of float32 in its place.
func (n *network) with(changed map[string][]float32) ([]byte, error) {
	m := *n.model
	m.Metadata = slices.Clone(m.Metadata)
	shapes := map[string][]int64{}
	for i, name := range n.names {
		for _, d := range n.tensors[i].Shape {
			shapes[name] = append(shapes[name], int64(d))
		}
	}
	m.Graph.Initializers, m.Graph.Nodes = nil, nil
	for _, t := range n.model.Graph.Initializers {
		if changed[t.Name] == nil {
			m.Graph.Initializers = append(m.Graph.Initializers, t)
		}
	}
	for _, name := range n.names {
		if data := changed[name]; data != nil {
			m.Graph.Initializers = append(m.Graph.Initializers, onnx.FloatTensor(name, data, shapes[name]...))
		}
	}
	for _, node := range n.model.Graph.Nodes {
		made := slices.ContainsFunc(node.Outputs, func(o string) bool { return changed[o] != nil })
		if made && len(node.Outputs) > 1 {
			return nil, fmt.Errorf("%s makes weights together with something else", node.Label())
		}
		if !made {
			m.Graph.Nodes = append(m.Graph.Nodes, node)
		}
	}
	onnx.Prune(&m.Graph)
	return onnx.Write(&m), nil
}
