package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// node appends the step of one ONNX node, or folds it.
func (b *builder) node(n *onnx.Node) error {
	if len(n.Outputs) == 0 {
		return fmt.Errorf("%s has no output", n.Label())
	}
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return &UnsupportedError{Node: n.Label(), Op: n.Domain + "." + n.Op, Opset: b.m.Opset()}
	}
	s := Step{Op: n.Op, Label: n.Label()}
	for _, name := range n.Inputs {
		if name == "" {
			continue
		}
		i, ok := b.index[name]
		if !ok {
			return fmt.Errorf("%s reads %q before any node makes it: the graph has a cycle or is cut", n.Label(), name)
		}
		s.In = append(s.In, i)
	}
	if n.Op == "Constant" {
		return b.constantNode(n)
	}
	if len(s.In) == 0 {
		return fmt.Errorf("%s has no input", n.Label())
	}
	switch n.Op {
	case "Identity", "Cast", "Dropout":
		// All numbers are float32 here, so these change nothing; the output is another name of the input.
		b.index[n.Outputs[0]] = s.In[0]
		return nil
	}
	shape, err := b.shape(n, &s)
	if err != nil {
		return fmt.Errorf("%s: %w", n.Label(), err)
	}
	s.Out, err = b.add(Value{Name: n.Outputs[0], Shape: shape})
	if err != nil {
		return fmt.Errorf("%s: %w", n.Label(), err)
	}
	b.net.Steps = append(b.net.Steps, s)
	return nil
}

func (b *builder) constantNode(n *onnx.Node) error {
	a := n.Attr("value")
	if a == nil || a.T == nil {
		return &UnsupportedError{Node: n.Label(), Op: "Constant without a tensor", Opset: b.m.Opset()}
	}
	_, err := b.add(constant(a.T, n.Outputs[0]))
	return err
}

// value gives input k, or nil.
func (b *builder) value(s *Step, k int) *Value {
	if k >= len(s.In) {
		return nil
	}
	return &b.net.Values[s.In[k]]
}

// integers gives a constant integer input.
func (b *builder) integers(s *Step, k int) ([]int64, error) {
	if v := b.value(s, k); v != nil && v.Data != nil {
		return v.ints, nil
	}
	return nil, fmt.Errorf("input %d must be a constant list of integers", k)
}

func scalar(v *Value) (float32, bool) {
	if v == nil || len(v.Data) != 1 {
		return 0, false
	}
	return v.Data[0], true
}

// shape checks the node, fills in s and gives the result's shape.
func (b *builder) shape(n *onnx.Node, s *Step) ([]int, error) {
	x := b.value(s, 0)
	switch n.Op {
	case "Conv":
		return b.convShape(n, s)
	case "MaxPool", "AveragePool":
		return b.poolShape(n, s)
	case "GlobalAveragePool":
		if len(x.Shape) != 4 {
			return nil, fmt.Errorf("the input has shape %v, an image is expected", x.Shape)
		}
		return []int{x.Shape[0], x.Shape[1], 1, 1}, nil
	case "Gemm", "MatMul":
		return b.gemmShape(n, s)
	case "Add", "Sub", "Mul", "Div":
		if len(s.In) != 2 {
			return nil, fmt.Errorf("it has %d inputs instead of 2", len(s.In))
		}
		return broadcast(x.Shape, b.value(s, 1).Shape)
	case "Relu", "Clip":
		return slices.Clone(x.Shape), b.clamp(n, s)
	case "Sigmoid", "HardSwish", "Tanh":
		return slices.Clone(x.Shape), nil
	case "Softmax":
		axis, err := axisOf(n.Int("axis", -1), len(x.Shape))
		if err == nil && axis != len(x.Shape)-1 {
			err = fmt.Errorf("a softmax over axis %d of %v is not supported, only over the last", axis, x.Shape)
		}
		return slices.Clone(x.Shape), err
	case "BatchNormalization":
		return slices.Clone(x.Shape), b.batchNorm(n, s)
	}
	return b.movingShape(n, s)
}

// movingShape is shape for the operators that move or join elements.
func (b *builder) movingShape(n *onnx.Node, s *Step) ([]int, error) {
	x := b.value(s, 0)
	switch n.Op {
	case "Flatten":
		axis, err := axisOf(n.Int("axis", 1), len(x.Shape)+1)
		if err != nil {
			return nil, err
		}
		rows, cols := 1, 1
		for i, d := range x.Shape {
			if i < axis {
				rows *= d
			} else {
				cols *= d
			}
		}
		s.Op = "Reshape"
		return []int{rows, cols}, nil
	case "Reshape":
		return b.reshape(s)
	case "Transpose":
		perm := n.Ints("perm")
		if len(perm) != len(x.Shape) {
			return nil, fmt.Errorf("the permutation %v does not fit %v", perm, x.Shape)
		}
		out := make([]int, len(perm))
		seen := make([]bool, len(perm))
		for i, p := range perm {
			if p < 0 || int(p) >= len(perm) || seen[p] {
				return nil, fmt.Errorf("%v is no permutation", perm)
			}
			seen[p] = true
			out[i] = x.Shape[p]
			s.Axes = append(s.Axes, int(p))
		}
		return out, nil
	case "ReduceMean":
		return b.reduceShape(n, s)
	case "Concat":
		return b.concatShape(n, s)
	}
	return nil, &UnsupportedError{Node: n.Label(), Op: n.Op, Opset: b.m.Opset()}
}

func axisOf(axis int64, rank int) (int, error) {
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		return 0, fmt.Errorf("axis %d of rank %d", axis, rank)
	}
	return int(axis), nil
}

// broadcast gives the common shape of two operands by ONNX's (NumPy's) rule.
func broadcast(a, b []int) ([]int, error) {
	rank := max(len(a), len(b))
	out := make([]int, rank)
	for i := range rank {
		da, db := 1, 1
		if k := i - rank + len(a); k >= 0 {
			da = a[k]
		}
		if k := i - rank + len(b); k >= 0 {
			db = b[k]
		}
		if da != db && da != 1 && db != 1 {
			return nil, fmt.Errorf("shapes %v and %v do not fit", a, b)
		}
		out[i] = da * db
		if da == db {
			out[i] = da
		}
	}
	return out, nil
}

func (b *builder) clamp(n *onnx.Node, s *Step) error {
	s.Op, s.Lo, s.Hi = "Clamp", 0, float32(math.Inf(1))
	if n.Op == "Relu" {
		return nil
	}
	s.Lo = n.Float("min", float32(math.Inf(-1)))
	s.Hi = n.Float("max", s.Hi)
	// Since opset 11 the bounds are inputs, either of which may be left out.
	for k, bound := range []*float32{&s.Lo, &s.Hi} {
		if k+1 >= len(n.Inputs) || n.Inputs[k+1] == "" {
			continue
		}
		v, ok := scalar(&b.net.Values[b.index[n.Inputs[k+1]]])
		if !ok {
			return fmt.Errorf("bound %q is no constant number", n.Inputs[k+1])
		}
		*bound = v
	}
	s.In = s.In[:1]
	return nil
}

// batchNorm checks scale, bias, mean and variance, each [C].
func (b *builder) batchNorm(n *onnx.Node, s *Step) error {
	x := b.value(s, 0)
	if len(s.In) != 5 || len(x.Shape) < 2 {
		return fmt.Errorf("it has %d inputs instead of 5", len(s.In))
	}
	for k := 1; k < 5; k++ {
		if v := b.value(s, k); len(v.Data) != x.Shape[1] {
			return fmt.Errorf("input %d should be a constant of %d values", k, x.Shape[1])
		}
	}
	s.Alpha = n.Float("epsilon", 1e-5)
	return nil
}

func (b *builder) gemmShape(n *onnx.Node, s *Step) ([]int, error) {
	if len(s.In) < 2 || len(b.value(s, 0).Shape) != 2 || len(b.value(s, 1).Shape) != 2 {
		return nil, fmt.Errorf("it multiplies something other than two matrices")
	}
	s.TransA, s.TransB = n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	s.Alpha, s.Beta = n.Float("alpha", 1), n.Float("beta", 1)
	s.Op = "Gemm"
	x, w := b.value(s, 0).Shape, b.value(s, 1).Shape
	rows, k, k2, cols := x[0], x[1], w[0], w[1]
	if s.TransA {
		rows, k = k, rows
	}
	if s.TransB {
		k2, cols = cols, k2
	}
	if k != k2 {
		return nil, fmt.Errorf("matrices %v and %v do not fit", x, w)
	}
	if c := b.value(s, 2); c != nil {
		if out, err := broadcast(c.Shape, []int{rows, cols}); err != nil || !slices.Equal(out, []int{rows, cols}) {
			return nil, fmt.Errorf("the bias %v does not fit [%d %d]", c.Shape, rows, cols)
		}
	}
	return []int{rows, cols}, nil
}

func (b *builder) reshape(s *Step) ([]int, error) {
	x := b.value(s, 0)
	want, err := b.integers(s, 1)
	if err != nil {
		return nil, err
	}
	s.In = s.In[:1]
	shape, rest, open := make([]int, len(want)), x.Len(), -1
	for i, d := range want {
		switch {
		case d == 0 && i < len(x.Shape):
			shape[i] = x.Shape[i]
		case d == -1 && open < 0:
			open = i
			continue
		case d > 0 && d <= MaxValueElements:
			shape[i] = int(d)
		default:
			return nil, fmt.Errorf("the shape %v is not one that %v can take", want, x.Shape)
		}
		if shape[i] == 0 || rest%shape[i] != 0 {
			return nil, fmt.Errorf("%v cannot become %v", x.Shape, want)
		}
		rest /= shape[i]
	}
	if open >= 0 {
		shape[open] = rest
	} else if rest != 1 {
		return nil, fmt.Errorf("%v cannot become %v", x.Shape, want)
	}
	return shape, nil
}

func (b *builder) reduceShape(n *onnx.Node, s *Step) ([]int, error) {
	x := b.value(s, 0)
	axes := n.Ints("axes")
	if len(s.In) > 1 {
		list, err := b.integers(s, 1)
		if err != nil {
			return nil, err
		}
		axes, s.In = list, s.In[:1]
	}
	drop := make([]bool, len(x.Shape))
	for _, a := range axes {
		axis, err := axisOf(a, len(x.Shape))
		if err != nil {
			return nil, err
		}
		drop[axis] = true
	}
	var shape []int
	for i, d := range x.Shape {
		switch {
		case !drop[i] && len(axes) > 0:
			shape = append(shape, d)
			continue
		case n.Int("keepdims", 1) != 0:
			shape = append(shape, 1)
		}
		s.Axes = append(s.Axes, i)
	}
	return shape, nil
}

func (b *builder) concatShape(n *onnx.Node, s *Step) ([]int, error) {
	shape := slices.Clone(b.value(s, 0).Shape)
	axis, err := axisOf(n.Int("axis", 0), len(shape))
	if err != nil {
		return nil, err
	}
	s.Axes = []int{axis}
	for k := 1; k < len(s.In); k++ {
		other := b.value(s, k).Shape
		if len(other) != len(shape) {
			return nil, fmt.Errorf("shapes %v and %v do not fit", shape, other)
		}
		for i, d := range other {
			if i == axis {
				shape[i] += d
			} else if d != shape[i] {
				return nil, fmt.Errorf("shapes %v and %v do not fit", shape, other)
			}
		}
	}
	return shape, nil
}
