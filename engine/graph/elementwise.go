package graph

import (
	"fmt"
	"math"
	"slices"
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
	variadic := c.Op == "Min" || c.Op == "Max"
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
		s := Step{Op: c.Op, In: []int{x, c.in[k]}}
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
	x := c.value(0)
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
	return c.emit(Step{Op: "BatchNormalization", In: c.in[:5], Alpha: c.Float("epsilon", 1e-5)}, slices.Clone(x.Shape))
}

func reduceMeanNode(c *call) error {
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
	s := Step{Op: "ReduceMean", In: c.in[:1], Axes: named}
	var shape []int
	for i, d := range x.Shape {
		switch {
		case !slices.Contains(named, i):
			shape = append(shape, d)
		case d == 0:
			return fmt.Errorf("the mean of nothing: the input has shape %v", x.Shape)
		case c.Int("keepdims", 1) != 0:
			shape = append(shape, 1)
		}
	}
	return c.emit(s, shape)
}
