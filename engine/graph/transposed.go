package graph

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// convTransposeNode turns a transposed convolution into a convolution: the image is laid out with the stride as distance
// between its pixels, and the kernel is turned by half a turn.
func convTransposeNode(c *call) error {
	w, group, err := c.filters(true)
	if err != nil {
		return err
	}
	x := c.value(0).Shape
	g := Geometry{KernelH: w[2], KernelW: w[3], StrideH: 1, StrideW: 1, Group: group}
	strideH, strideW, err := pair(c.Node, "strides", 1)
	if err != nil {
		return err
	}
	if g.DilationH, g.DilationW, err = pair(c.Node, "dilations", 1); err != nil {
		return err
	}
	rows, err := c.spread(0, x[2], w[2], strideH, g.DilationH)
	if err != nil {
		return err
	}
	cols, err := c.spread(1, x[3], w[3], strideW, g.DilationW)
	if err != nil {
		return err
	}
	reachH, reachW := (w[2]-1)*g.DilationH+1, (w[3]-1)*g.DilationW+1
	shape := []int{x[0], group * w[1], rows.size - reachH + 1, cols.size - reachW + 1}
	if c.b.plain {
		g.StrideH, g.StrideW, g.Top, g.Left = strideH, strideW, reachH-1-rows.before, reachW-1-cols.before
		return c.emit(Step{Op: "ConvTranspose", In: c.weighted(), Geometry: g}, shape)
	}
	pad := Step{Op: "Pad", In: c.in[:1], Starts: []int{0, 0, rows.before, cols.before}, Strides: []int{1, 1, strideH, strideW}}
	image, err := c.inner(pad, []int{x[0], x[1], rows.size, cols.size})
	if err != nil {
		return err
	}
	perGroup, each := w[0]/group, w[1]
	if !c.b.net.spend(c.value(1).Len()) {
		return errSpent
	}
	from, turned := c.value(1).Data, make([]float32, c.value(1).Len())
	area := w[2] * w[3]
	for i := range turned { // [M, C/group, kH, kW]
		filter, channel, k := i/(perGroup*area), i/area%perGroup, area-1-i%area
		source := ((filter/each*perGroup+channel)*each+filter%each)*area + k
		turned[i] = from[source]
	}
	weights, err := c.b.add(Value{Name: c.b.unused(c.Outputs[0]), Shape: []int{group * each, perGroup, w[2], w[3]}, Data: turned, kind: onnx.Float})
	if err != nil {
		return err
	}
	in := []int{image, weights}
	if c.value(2) != nil {
		in = append(in, c.in[2])
	}
	return c.emit(Step{Op: "Conv", In: in, Geometry: g}, shape)
}

// spreading says how an axis is laid out for a transposed convolution: elements before its first (negative to cut it) and
// the size of the whole.
type spreading struct{ before, size int }

func (c *call) spread(axis, n, kernel, stride, dilation int) (spreading, error) {
	at := func(name string, index, def int) (int, error) {
		v := c.Ints(name)
		if v == nil {
			return def, nil
		}
		if index >= len(v) || v[index] < 0 || v[index] > MaxSide {
			return 0, fmt.Errorf("%s is %v", name, v)
		}
		return int(v[index]), nil
	}
	extra, err := at("output_padding", axis, 0)
	if err != nil {
		return spreading{}, err
	}
	head, err := at("pads", axis, 0)
	if err != nil {
		return spreading{}, err
	}
	tail, err := at("pads", axis+2, 0)
	if err != nil {
		return spreading{}, err
	}
	want, err := at("output_shape", axis, 0)
	if err != nil {
		return spreading{}, err
	}
	reach := (kernel-1)*dilation + 1
	full := stride*(n-1) + extra + reach
	mode := c.Str("auto_pad", "NOTSET")
	same := mode == "SAME_UPPER" || mode == "SAME_LOWER"
	switch {
	case !slices.Contains([]string{"NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"}, mode):
		return spreading{}, fmt.Errorf("auto_pad %q is not known", mode)
	case mode == "VALID":
		head, tail = 0, 0
	}
	if want == 0 && same {
		want = n * stride
	}
	if want > 0 {
		total := max(full-want, 0)
		extra += max(want-full, 0)
		head, tail = total-total/2, total/2
		if mode == "SAME_UPPER" {
			head, tail = total/2, total-total/2
		}
	}
	s := spreading{before: reach - 1 - head}
	s.size = s.before + stride*(n-1) + 1 + reach - 1 - tail + extra
	if s.size < reach {
		return s, fmt.Errorf("pads of %d and %d leave nothing", head, tail)
	}
	return s, nil
}
