package graph

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// grid reads scale and zero point as constants that broadcast along the axis of x.
func (c *call) grid() (scale, zero int, kind onnx.DataType, err error) {
	x := c.value(0)
	if err := c.exactly(2); err != nil {
		return 0, 0, 0, err
	}
	if c.Int("block_size", 0) != 0 {
		return 0, 0, 0, fmt.Errorf("blocks of one scale are not supported")
	}
	kind = onnx.Uint8
	shape := []int{1}
	if n := c.value(1).Len(); n > 1 {
		axis, err := axisOf(c.Int("axis", 1), len(x.Shape))
		if err != nil {
			return 0, 0, 0, err
		}
		if n != x.Shape[axis] {
			return 0, 0, 0, fmt.Errorf("%d scales for axis %d of %v", n, axis, x.Shape)
		}
		shape = slices.Repeat([]int{1}, len(x.Shape)-axis)
		shape[0] = n
	}
	constantOf := func(k int) (int, error) {
		v := c.value(k)
		if v == nil {
			return c.number(0), nil
		}
		if v.Data == nil || v.Len() != product(shape...) {
			return 0, fmt.Errorf("input %d must be a constant of %d values", k, product(shape...))
		}
		return c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: shape, Data: v.Data, kind: onnx.Float})
	}
	if scale, err = constantOf(1); err != nil {
		return 0, 0, 0, err
	}
	if v := c.value(2); v != nil {
		kind = v.kind
	}
	zero, err = constantOf(2)
	return scale, zero, kind, err
}

// quantizeNode rounds to the grid of an integer type; the numbers stay float32.
func quantizeNode(c *call) error {
	scale, zero, kind, err := c.grid()
	if err != nil {
		return err
	}
	s := Step{Op: "Clamp", Lo: 0, Hi: 255}
	switch kind {
	case onnx.Uint8:
	case onnx.Int8:
		s.Lo, s.Hi = -128, 127
	default:
		return fmt.Errorf("quantization to %v is not supported", kind)
	}
	shape := slices.Clone(c.value(0).Shape)
	at := c.in[0]
	for _, step := range []Step{{Op: "Div", In: []int{at, scale}}, {Op: "Round"}, {Op: "Add", In: []int{0, zero}}} {
		if step.In == nil {
			step.In = []int{at}
		}
		step.In[0] = at
		if at, err = c.inner(step, shape); err != nil {
			return err
		}
	}
	s.In = []int{at}
	return c.emit(s, shape)
}

// dequantizeNode gives (x - zero) * scale; of constants, which weights are, at once.
func dequantizeNode(c *call) error {
	scale, zero, _, err := c.grid()
	if err != nil {
		return err
	}
	shape, at := slices.Clone(c.value(0).Shape), c.in[0]
	if x := c.value(0); x.bytes != nil && c.b.net.spend(x.Len()) {
		data := make([]float32, len(x.bytes))
		unfold(data, x, &c.b.net.Values[scale], &c.b.net.Values[zero])
		_, err := c.b.add(Value{Name: c.Outputs[0], Shape: shape, Data: data, kind: onnx.Float})
		return err
	}
	c.value(0).unpack()
	if x := c.value(0); x.ints != nil { // a constant of integers, as numbers
		if at, err = c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: shape, Data: x.Data, kind: onnx.Float}); err != nil {
			return err
		}
	}
	if at, err = c.inner(Step{Op: "Sub", In: []int{at, zero}}, shape); err != nil {
		return err
	}
	return c.emit(Step{Op: "Mul", In: []int{at, scale}}, shape)
}

// unfold gives the numbers of x, 8-bit integers, where scale and zero are one value each or one for every index of one axis. It
// is what a network of quantised weights spends its loading on, so it goes over the bytes themselves.
func unfold(data []float32, x, scale, zero *Value) {
	run := len(data)
	if scale.Len() > 1 { // what lies behind the axis that grid put first
		run = product(x.Shape[len(x.Shape)-len(scale.Shape)+1:]...)
	}
	for at := 0; at < len(data); {
		for k := range scale.Data {
			factor, shift := scale.Data[k], zero.Data[k%len(zero.Data)]
			out, in := data[at:at+run], x.bytes[at:at+run]
			if x.kind == onnx.Int8 {
				for i, v := range in {
					out[i] = (float32(int8(v)) - shift) * factor
				}
			} else {
				for i, v := range in {
					out[i] = (float32(v) - shift) * factor
				}
			}
			at += run
		}
	}
}

// unpack makes the numbers of a constant of 8-bit integers.
func (v *Value) unpack() {
	if v.bytes == nil || v.Data != nil {
		return
	}
	t := onnx.Tensor{Type: v.kind, Dims: []int64{int64(len(v.bytes))}, Raw: v.bytes}
	v.ints, v.Data, v.bytes = t.Integers(), t.Floats(), nil
}
