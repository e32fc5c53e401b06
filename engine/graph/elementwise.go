package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

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

// binaryNode takes two operands, and for Min and Max any number.
func binaryNode(c *call) error {
	op, variadic := c.Op, c.Op == "Min" || c.Op == "Max" || c.Op == "Sum"
	if op == "Sum" {
		op = "Add"
	}
	if len(c.in) != 2 && !variadic {
		return fmt.Errorf("it has %d inputs instead of 2", len(c.in))
	}
	if err := c.exactly(len(c.in)); err != nil {
		return err
	}
	if len(c.in) == 1 {
		return c.alias(c.in[0])
	}
	x := c.in[0]
	for k := 1; k < len(c.in); k++ {
		shape, err := broadcast(c.b.net.Values[x].Shape, c.value(k).Shape)
		if err != nil {
			return err
		}
		if c.Op == "PRelu" && !slices.Equal(shape, c.value(0).Shape) {
			return fmt.Errorf("the slope %v does not fit %v", c.value(1).Shape, c.value(0).Shape)
		}
		s := Step{Op: op, In: []int{x, c.in[k]}}
		if k == len(c.in)-1 {
			return c.emit(s, shape)
		}
		if x, err = c.inner(s, shape); err != nil {
			return err
		}
	}
	return nil
}

func unaryNode(c *call) error {
	s := Step{Op: c.Op, In: c.in[:1]}
	switch c.Op {
	case "HardSigmoid":
		s.Alpha, s.Beta = c.Float("alpha", 0.2), c.Float("beta", 0.5)
	case "LeakyRelu":
		s.Alpha = c.Float("alpha", 0.01)
	case "Elu":
		s.Alpha = c.Float("alpha", 1)
	case "Gelu":
		switch a := c.Str("approximate", "none"); a {
		case "tanh":
			s.Op = "GeluTanh"
		case "none":
		default:
			return fmt.Errorf("approximate %q is not known", a)
		}
	}
	return c.emit(s, slices.Clone(c.value(0).Shape))
}

func clampNode(c *call) error {
	s := Step{Op: "Clamp", In: c.in[:1], Lo: 0, Hi: float32(math.Inf(1))}
	if c.Op == "Clip" {
		s.Lo, s.Hi = c.Float("min", float32(math.Inf(-1))), c.Float("max", s.Hi)
		// Since opset 11 the bounds are inputs, either of which may be left out.
		for k, bound := range []*float32{&s.Lo, &s.Hi} {
			v := c.value(k + 1)
			if v == nil {
				continue
			}
			if len(v.Data) != 1 {
				return fmt.Errorf("bound %q is no constant number", v.Name)
			}
			*bound = v.Data[0]
		}
	}
	return c.emit(s, slices.Clone(c.value(0).Shape))
}

// softmaxNode: before opset 13 all axes from the named one on are taken together.
func softmaxNode(c *call) error {
	rank, def := len(c.value(0).Shape), int64(-1)
	if c.b.m.Opset() < 13 {
		def = 1
	}
	axis, err := axisOf(c.Int("axis", def), rank)
	if err != nil {
		return err
	}
	s := Step{Op: "Softmax", In: c.in[:1], Axes: []int{axis, axis}}
	if c.b.m.Opset() < 13 {
		s.Axes[1] = rank - 1
	}
	return c.emit(s, slices.Clone(c.value(0).Shape))
}

// batchNormNode checks scale, bias, mean and variance, each [C].
func batchNormNode(c *call) error {
	x := *c.value(0)
	if err := c.exactly(5); err != nil {
		return err
	}
	if len(x.Shape) < 2 {
		return fmt.Errorf("the input has shape %v, without channels", x.Shape)
	}
	for k := 1; k < 5; k++ {
		if v := c.value(k); len(v.Data) != x.Shape[1] || x.Shape[1] == 0 {
			return fmt.Errorf("input %d should be a constant of %d values", k, x.Shape[1])
		}
	}
	if c.Int("training_mode", 0) != 0 {
		return fmt.Errorf("it is in training mode: export the model for inference")
	}
	s := Step{Op: "BatchNormalization", In: c.in[:5], Alpha: c.Float("epsilon", 1e-5), Beta: c.Float("momentum", 0.9)}
	if len(x.Shape) == 4 || c.b.plain {
		return c.emit(s, slices.Clone(x.Shape))
	}
	// Of rows and other tensors it is a factor and a number for each channel.
	shape := slices.Repeat([]int{1}, len(x.Shape)-1)
	shape[0] = x.Shape[1]
	factor, shift := Affine(c.b.net, &s)
	in := [2]int{}
	for k, data := range [][]float32{factor, shift} {
		in[k], _ = c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: shape, Data: data, kind: onnx.Float})
	}
	scaled, err := c.inner(Step{Op: "Mul", In: []int{c.in[0], in[0]}}, slices.Clone(x.Shape))
	if err != nil {
		return err
	}
	return c.emit(Step{Op: "Add", In: []int{scaled, in[1]}}, slices.Clone(x.Shape))
}

// powNode: squares and roots are what networks ask for; other powers are left to the portable executor.
func powNode(c *call) error {
	if err := c.exactly(2); err != nil {
		return err
	}
	x, y := c.value(0), c.value(1)
	shape, err := broadcast(x.Shape, y.Shape)
	if err != nil {
		return err
	}
	if len(y.Data) == 1 && slices.Equal(shape, x.Shape) {
		switch y.Data[0] {
		case 1:
			return c.alias(c.in[0])
		case 2:
			return c.emit(Step{Op: "Mul", In: []int{c.in[0], c.in[0]}}, shape)
		case 0.5:
			return c.emit(Step{Op: "Sqrt", In: c.in[:1]}, shape)
		}
	}
	return c.emit(Step{Op: "Pow", In: c.in[:2]}, shape)
}

// instanceNormNode writes the normalisation of every channel by its own mean and variance as simpler steps.
func instanceNormNode(c *call) error {
	if err := c.exactly(3); err != nil {
		return err
	}
	x := c.value(0)
	if len(x.Shape) != 4 || len(c.value(1).Data) != x.Shape[1] || len(c.value(2).Data) != x.Shape[1] || x.Len() == 0 {
		return fmt.Errorf("scale %v and bias %v do not fit %v, or are not constant", c.value(1).Shape, c.value(2).Shape, x.Shape)
	}
	shape, small := slices.Clone(x.Shape), []int{x.Shape[0], x.Shape[1], 1, 1}
	if c.b.plain {
		return c.emit(Step{Op: c.Op, In: c.in[:3], Alpha: c.Float("epsilon", 1e-5)}, shape)
	}
	perChannel := func(k int) int {
		i, _ := c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: []int{1, x.Shape[1], 1, 1}, Data: c.value(k).Data, kind: onnx.Float})
		return i
	}
	scale, bias := perChannel(1), perChannel(2)
	var err error
	do := func(op string, shape []int, in ...int) int {
		if err != nil {
			return 0
		}
		var out int
		out, err = c.inner(Step{Op: op, In: in, Axes: []int{2, 3}}, shape)
		return out
	}
	centred := do("Sub", shape, c.in[0], do("ReduceMean", small, c.in[0]))
	variance := do("ReduceMean", small, do("Mul", shape, centred, centred))
	deviation := do("Sqrt", small, do("Add", small, variance, c.number(c.Float("epsilon", 1e-5))))
	scaled := do("Mul", shape, centred, do("Div", small, scale, deviation))
	if err != nil {
		return err
	}
	return c.emit(Step{Op: "Add", In: []int{scaled, bias}}, shape)
}

// lrnNode is local response normalisation over neighbouring channels. Its size stands in the geometry.
func lrnNode(c *call) error {
	x := c.value(0)
	size := c.Int("size", 0)
	if len(x.Shape) < 3 || size < 1 || size > MaxSide {
		return fmt.Errorf("a size of %d over %v", size, x.Shape)
	}
	s := Step{Op: "LRN", In: c.in[:1], Geometry: Geometry{Group: int(size)}, Alpha: c.Float("alpha", 1e-4), Beta: c.Float("beta", 0.75), Lo: c.Float("bias", 1)}
	return c.emit(s, slices.Clone(x.Shape))
}

func reduceNode(c *call) error {
	x := c.value(0)
	named, err := c.axes("axes", 1, len(x.Shape))
	if err != nil {
		return err
	}
	if len(named) == 0 {
		if c.Int("noop_with_empty_axes", 0) != 0 {
			return c.alias(c.in[0])
		}
		for i := range x.Shape {
			named = append(named, i)
		}
	}
	slices.Sort(named)
	s := Step{Op: c.Op, In: c.in[:1], Axes: named}
	var shape []int
	for i, d := range x.Shape {
		switch {
		case !slices.Contains(named, i):
			shape = append(shape, d)
		case d == 0:
			return fmt.Errorf("there is nothing to reduce: the input has shape %v", x.Shape)
		case c.Int("keepdims", 1) != 0:
			shape = append(shape, 1)
		}
	}
	return c.emit(s, shape)
}
