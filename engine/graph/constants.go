package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/onnx"
)

func constantNode(c *call) error {
	var v Value
	found := false
	for i := range c.Attrs {
		a := &c.Attrs[i]
		var t onnx.Tensor
		switch a.Name {
		case "value":
			if a.T == nil {
				continue
			}
			t = *a.T
		case "value_float":
			t = onnx.FloatTensor("", []float32{a.F})
		case "value_floats":
			t = onnx.FloatTensor("", a.Floats, int64(len(a.Floats)))
		case "value_int":
			t = onnx.IntTensor("", []int64{a.I})
		case "value_ints":
			t = onnx.IntTensor("", a.Ints, int64(len(a.Ints)))
		default:
			continue
		}
		v, found = constant(&t, c.Outputs[0]), true
	}
	if !found {
		return &UnsupportedError{Node: c.Label(), Op: "Constant without numbers", Opset: c.b.m.Opset()}
	}
	_, err := c.b.add(v)
	return err
}

// whole adds a constant of integers as the node's output.
func (c *call) whole(ints []int64, shape ...int) error {
	v := Value{Name: c.Outputs[0], Shape: shape, ints: ints, kind: onnx.Int64}
	v.Data = rounded(ints)
	_, err := c.b.add(v)
	return err
}

func rounded(ints []int64) []float32 {
	out := make([]float32, len(ints))
	for i, n := range ints {
		out[i] = float32(n)
	}
	return out
}

// shapeNode: all shapes are known here.
func shapeNode(c *call) error {
	shape := c.value(0).Shape
	rank := int64(len(shape))
	bound := func(v int64) int64 {
		if v < 0 {
			v = max(v, -rank) + rank
		}
		return min(max(v, 0), rank)
	}
	start, end := bound(c.Int("start", 0)), bound(c.Int("end", rank))
	ints := make([]int64, 0, rank)
	for i := start; i < end; i++ {
		ints = append(ints, int64(shape[i]))
	}
	return c.whole(ints, len(ints))
}

func constantOfShapeNode(c *call) error {
	want, err := c.integers(0)
	if err != nil {
		return err
	}
	if len(want) > onnx.MaxRank {
		return fmt.Errorf("the shape has %d dimensions", len(want))
	}
	shape := make([]int, len(want))
	for i, d := range want {
		if d < 0 || d > MaxValueElements {
			return fmt.Errorf("the shape %v is too large", want)
		}
		shape[i] = int(d)
	}
	n := product(shape...)
	if n > MaxValueElements {
		return fmt.Errorf("the shape %v is too large", want)
	}
	if !c.b.net.spend(n) {
		return errSpent
	}
	fill := onnx.FloatTensor("", []float32{0})
	if a := c.Attr("value"); a != nil && a.T != nil && a.T.Len() == 1 {
		fill = *a.T
	}
	one := constant(&fill, c.Outputs[0])
	v := Value{Name: c.Outputs[0], Shape: shape, Data: make([]float32, n), kind: one.kind}
	for i := range v.Data {
		v.Data[i] = one.Data[0]
	}
	if one.ints != nil {
		v.ints = make([]int64, n)
		for i := range v.ints {
			v.ints[i] = one.ints[0]
		}
	}
	_, err = c.b.add(v)
	return err
}

// castNode: activations are float32 and stay so; constants of shapes become integers.
func castNode(c *call) error {
	x, to := c.value(0), onnx.DataType(c.Int("to", int64(onnx.Float)))
	switch to {
	case onnx.Float, onnx.Float16, onnx.Double:
		if x.ints == nil {
			return c.alias(c.in[0])
		}
		_, err := c.b.add(Value{Name: c.Outputs[0], Shape: x.Shape, Data: x.Data, kind: to})
		return err
	case onnx.Int64, onnx.Int32:
		if x.Data == nil {
			break
		}
		if !c.b.net.spend(x.Len()) {
			return errSpent
		}
		v := Value{Name: c.Outputs[0], Shape: x.Shape, Data: x.Data, ints: x.ints, kind: to}
		if v.ints == nil {
			v.ints = make([]int64, len(x.Data))
			for i, f := range x.Data {
				v.ints[i] = int64(min(max(math.Trunc(float64(f)), -1<<62), 1<<62))
			}
			v.Data = rounded(v.ints)
		}
		_, err := c.b.add(v)
		return err
	}
	return fmt.Errorf("a cast of %v to %v is not supported", x.Shape, to)
}

// fold does a step at once if its inputs are constants, and tells whether it did.
func (b *builder) fold(s *Step) bool {
	in := make([]*Value, len(s.In))
	whole := true
	for k, i := range s.In {
		in[k] = &b.net.Values[i]
		if in[k].Data == nil {
			return false
		}
		whole = whole && in[k].ints != nil
	}
	out := &b.net.Values[s.Out]
	// What has more elements than went in had better be made anew at each run, unless it is small.
	if n := out.Len(); (n > 4096 && !slices.ContainsFunc(in, func(v *Value) bool { return v.Len() >= n })) || !b.net.spend(n) {
		return false
	}
	data, ok := evaluate(s, out, in, func(v *Value) []float32 { return v.Data }, Arithmetic(s.Op), s.Alpha)
	if !ok {
		a := Activation{Op: s.Op, Alpha: s.Alpha, Beta: s.Beta}
		if !a.Known() {
			return false
		}
		data, whole = make([]float32, out.Len()), false
		a.Apply(data, in[0].Data)
	}
	out.Data, out.kind = data, in[0].kind
	if whole {
		out.ints, ok = evaluate(s, out, in, func(v *Value) []int64 { return v.ints }, integerArithmetic(s.Op), int64(s.Alpha))
		if ok {
			out.Data = rounded(out.ints)
		}
	}
	return true
}

// evaluate gives the result of a step on constants of one kind.
func evaluate[T any](s *Step, out *Value, in []*Value, of func(*Value) []T, op func(x, y T) T, fill T) ([]T, bool) {
	result := make([]T, out.Len())
	x := of(in[0])
	switch s.Op {
	case "Reshape":
		copy(result, x)
	case "View":
		strides, base := s.Reading(layout.Strides(in[0].Shape))
		layout.Copy(result, x, out.Shape, strides, base)
	case "Gather":
		layout.Gather(result, x, out.Shape, in[0].Shape, s.Tables)
	case "Concat":
		parts, shapes := make([][]T, len(in)), make([][]int, len(in))
		for k, v := range in {
			parts[k], shapes[k] = of(v), v.Shape
		}
		layout.Concat(result, out.Shape, s.Axes[0], parts, shapes)
	case "Pad":
		for i := range result {
			result[i] = fill
		}
		cut := s.Padding(in[0].Shape, out.Shape)
		source := make([]T, layout.Len(cut.Shape))
		strides := layout.Strides(in[0].Shape)
		layout.Copy(source, x, cut.Shape, strides, cut.From(strides))
		strides = layout.Strides(out.Shape)
		layout.Scatter(result, source, cut.Shape, cut.Writing(strides), cut.To(strides))
	default:
		if op == nil || len(in) != 2 {
			return nil, false
		}
		layout.Combine(result, x, of(in[1]), out.Shape, in[0].Shape, in[1].Shape, op)
	}
	return result, true
}

// Reading gives the strides with which a View reads each output axis, and where it begins, in an input that lies with the
// given strides.
func (s *Step) Reading(input []int) (strides []int, base int) {
	strides = make([]int, len(s.Axes))
	for i, axis := range s.Axes {
		if axis >= 0 {
			strides[i] = input[axis] * s.Strides[i]
		}
	}
	for axis, start := range s.Starts {
		base += start * input[axis]
	}
	return strides, base
}

// Padding is the part of a Pad's input that reaches its result.
type Padding struct {
	Shape        []int // of the part
	first, place []int // its first index in the input, and where that goes
	distance     []int
}

// Padding gives the part of an input of shape in that reaches the result of shape out.
func (s *Step) Padding(in, out []int) Padding {
	p := Padding{distance: s.Strides}
	for axis, n := range in {
		before, step := s.Starts[axis], s.Strides[axis]
		first := 0
		if before < 0 {
			first = (-before + step - 1) / step
		}
		count := 0
		if room := out[axis] - 1 - before; room >= 0 {
			count = max(min(room/step+1, n)-first, 0)
		}
		p.Shape, p.first, p.place = append(p.Shape, count), append(p.first, first), append(p.place, before+first*step)
	}
	return p
}

func dot(a, b []int) int {
	sum := 0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// From is where the part begins in an input of those strides.
func (p Padding) From(strides []int) int { return dot(p.first, strides) }

// To is where the part begins in a result of those strides.
func (p Padding) To(strides []int) int { return dot(p.place, strides) }

// Writing gives the distances of the part's elements in a result of those strides.
func (p Padding) Writing(strides []int) []int {
	out := make([]int, len(strides))
	for i, s := range strides {
		out[i] = s * p.distance[i]
	}
	return out
}
