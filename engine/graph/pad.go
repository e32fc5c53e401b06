package graph

import (
	"fmt"
	"slices"
)

// padNode: before opset 11 the pads are an attribute. What repeats the image is a Gather.
func padNode(c *call) error {
	shape := slices.Clone(c.value(0).Shape)
	pads, err := c.list("pads", 1)
	if err != nil {
		return err
	}
	axes, err := c.axes("axes", 3, len(shape))
	if err != nil {
		return err
	}
	if len(axes) == 0 {
		for i := range shape {
			axes = append(axes, i)
		}
	}
	if len(pads) != 2*len(axes) {
		return fmt.Errorf("pads %v do not fit %v", pads, shape)
	}
	before, after := make([]int, len(shape)), make([]int, len(shape))
	for k, axis := range axes {
		for _, side := range []struct {
			to *int
			v  int64
		}{{&before[axis], pads[k]}, {&after[axis], pads[k+len(axes)]}} {
			if side.v < -MaxValueElements || side.v > MaxValueElements {
				return fmt.Errorf("pads %v are too large", pads)
			}
			*side.to = int(side.v)
		}
	}
	mode := c.Str("mode", "constant")
	if mode != "constant" {
		return c.repeat(mode, shape, before, after)
	}
	value := c.Float("value", 0)
	if number, err := c.floats(2); err != nil {
		return err
	} else if len(number) == 1 {
		value = number[0]
	}
	s := Step{Op: "Pad", In: c.in[:1], Starts: before, Strides: slices.Repeat([]int{1}, len(shape)), Alpha: value}
	none := true
	for i := range shape {
		shape[i] += before[i] + after[i]
		none = none && before[i] == 0 && after[i] == 0
	}
	if none {
		return c.alias(c.in[0])
	}
	return c.emit(s, shape)
}

// repeat pads by elements of the image itself.
func (c *call) repeat(mode string, shape, before, after []int) error {
	s := Step{Op: "Gather", In: c.in[:1], Tables: make([][]int, len(shape))}
	source := map[string]func(i, n int) int{
		"edge": func(i, n int) int { return min(max(i, 0), n-1) },
		"wrap": func(i, n int) int { return (i%n + n) % n },
		"reflect": func(i, n int) int {
			period := max(2*(n-1), 1)
			i = (i%period + period) % period
			return min(i, period-i)
		},
	}[mode]
	if source == nil {
		return fmt.Errorf("mode %q is not known", mode)
	}
	for axis, n := range shape {
		if before[axis] == 0 && after[axis] == 0 {
			continue
		}
		size := n + before[axis] + after[axis]
		if n == 0 || size < 0 || size > MaxValueElements {
			return fmt.Errorf("%d elements cannot be padded by %d and %d", n, before[axis], after[axis])
		}
		shape[axis] = size
	}
	if product(shape...) > MaxValueElements {
		return fmt.Errorf("the shape %v is too large", shape)
	}
	for axis, n := range c.value(0).Shape {
		if before[axis] == 0 && after[axis] == 0 {
			continue
		}
		if !c.b.net.spend(shape[axis]) {
			return errSpent
		}
		s.Tables[axis] = make([]int, shape[axis])
		for i := range s.Tables[axis] {
			s.Tables[axis][i] = min(max(source(i-before[axis], n), 0), n-1)
		}
	}
	return c.emit(s, shape)
}
