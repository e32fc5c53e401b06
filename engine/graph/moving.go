package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/layout"
)

func flattenNode(c *call) error {
	shape := c.value(0).Shape
	axis, err := axisOf(c.Int("axis", 1), len(shape)+1)
	if c.Int("axis", 1) < 0 { // counted from the end of the shape itself
		axis, err = axisOf(c.Int("axis", 1), len(shape))
	}
	if err != nil {
		return err
	}
	return c.reshape([]int{layout.Len(shape[:axis]), layout.Len(shape[axis:])})
}

// reshape makes the node's output of the first input's elements.
func (c *call) reshape(shape []int) error {
	if slices.Equal(shape, c.value(0).Shape) {
		return c.alias(c.in[0])
	}
	return c.emit(Step{Op: "Reshape", In: c.in[:1]}, shape)
}

func reshapeNode(c *call) error {
	x := c.value(0)
	if err := c.exactly(2); err != nil {
		return err
	}
	want, err := c.integers(1)
	if err != nil {
		return err
	}
	cannot := fmt.Errorf("%v cannot become %v", x.Shape, want)
	shape, rest, open := make([]int, len(want)), x.Len(), -1
	if rest == 0 {
		return cannot
	}
	for i, d := range want {
		switch {
		case d == 0 && i < len(x.Shape) && c.Int("allowzero", 0) == 0:
			shape[i] = x.Shape[i]
		case d == -1 && open < 0:
			open = i
			continue
		case d > 0 && d <= MaxValueElements:
			shape[i] = int(d)
		default:
			return cannot
		}
		if rest%shape[i] != 0 {
			return cannot
		}
		rest /= shape[i]
	}
	if open >= 0 {
		shape[open] = rest
	} else if rest != 1 {
		return cannot
	}
	return c.reshape(shape)
}

// squeezeNode drops axes of length 1: those that are named, or all.
func squeezeNode(c *call) error {
	shape := c.value(0).Shape
	axes, err := c.axes("axes", 1, len(shape))
	if err != nil {
		return err
	}
	var out []int
	for i, d := range shape {
		drop := slices.Contains(axes, i) || (len(axes) == 0 && d == 1)
		if drop && d != 1 {
			return fmt.Errorf("axis %d of %v has not length 1", i, shape)
		}
		if !drop {
			out = append(out, d)
		}
	}
	return c.reshape(out)
}

func unsqueezeNode(c *call) error {
	shape := c.value(0).Shape
	list, err := c.list("axes", 1)
	if err != nil {
		return err
	}
	axes, err := c.axes("axes", 1, len(shape)+len(list))
	if err != nil {
		return err
	}
	var out []int
	for i := range len(shape) + len(axes) {
		if slices.Contains(axes, i) {
			out = append(out, 1)
			continue
		}
		out, shape = append(out, shape[0]), shape[1:]
	}
	return c.reshape(out)
}

// view is a View of input i that gives it as it is.
func (c *call) view(i int) Step {
	rank := len(c.b.net.Values[i].Shape)
	s := Step{Op: "View", In: []int{i}, Starts: make([]int, rank)}
	for axis := range rank {
		s.Axes, s.Strides = append(s.Axes, axis), append(s.Strides, 1)
	}
	return s
}

func transposeNode(c *call) error {
	shape := c.value(0).Shape
	s := c.view(c.in[0])
	slices.Reverse(s.Axes)
	if perm := c.Ints("perm"); perm != nil {
		if len(perm) != len(shape) {
			return fmt.Errorf("the permutation %v does not fit %v", perm, shape)
		}
		seen := make([]bool, len(perm))
		for i, p := range perm {
			if p < 0 || int(p) >= len(perm) || seen[p] {
				return fmt.Errorf("%v is no permutation", perm)
			}
			seen[p], s.Axes[i] = true, int(p)
		}
	}
	out := make([]int, len(shape))
	moved, last := false, -1
	for i, axis := range s.Axes {
		out[i] = shape[axis]
		if shape[axis] > 1 {
			moved, last = moved || axis < last, axis
		}
	}
	if !moved { // only axes of length 1 change places
		return c.reshape(out)
	}
	return c.emit(s, out)
}

// sliceNode: before opset 10 the bounds are attributes.
func sliceNode(c *call) error {
	shape := slices.Clone(c.value(0).Shape)
	starts, err := c.list("starts", 1)
	if err != nil {
		return err
	}
	ends, err := c.list("ends", 2)
	if err != nil {
		return err
	}
	axes, err := c.axes("axes", 3, len(shape))
	if err != nil {
		return err
	}
	steps, err := c.integers(4)
	if err != nil {
		return err
	}
	s := c.view(c.in[0])
	if len(axes) == 0 && len(starts) <= len(shape) {
		axes = slices.Clone(s.Axes[:len(starts)])
	}
	if len(starts) != len(axes) || len(ends) != len(axes) || (len(steps) > 0 && len(steps) != len(axes)) {
		return fmt.Errorf("starts %v, ends %v, axes %v and steps %v do not fit", starts, ends, axes, steps)
	}
	for k, axis := range axes {
		step := int64(1)
		if len(steps) > 0 {
			step = steps[k]
		}
		if step == 0 || step == math.MinInt64 {
			return fmt.Errorf("a step of %d", step)
		}
		from, n := cut(int64(shape[axis]), starts[k], ends[k], step)
		s.Starts[axis], shape[axis] = int(from), int(n)
		if n > 1 {
			s.Strides[axis] = int(step)
		}
	}
	if slices.Equal(shape, c.value(0).Shape) && !slices.ContainsFunc(s.Strides, func(v int) bool { return v != 1 }) {
		return c.alias(c.in[0])
	}
	return c.emit(s, shape)
}

// cut gives the first index and the number of the elements of a slice along an axis of d.
func cut(d, start, end, step int64) (from, n int64) {
	bound := func(v, low, high int64) int64 {
		if v < 0 {
			v = max(v, -d-1) + d
		}
		return min(max(v, low), high)
	}
	if step > 0 {
		start, end = bound(start, 0, d), bound(end, 0, d)
		if start >= end {
			return 0, 0
		}
		return start, (end-start-1)/step + 1
	}
	if end < -d { // beyond the first
		end = -1
	} else {
		end = bound(end, -1, d-1)
	}
	start = bound(start, 0, d-1)
	if d == 0 || start <= end {
		return 0, 0
	}
	return start, (start-end-1)/-step + 1
}

func splitNode(c *call) error {
	shape := c.value(0).Shape
	axis, err := axisOf(c.Int("axis", 0), len(shape))
	if err != nil {
		return err
	}
	sizes, err := c.list("split", 1)
	if err != nil {
		return err
	}
	parts := int64(len(c.Outputs))
	if sizes == nil {
		each := (int64(shape[axis]) + parts - 1) / parts
		for left := int64(shape[axis]); len(sizes) < len(c.Outputs); left -= each {
			sizes = append(sizes, min(each, left))
		}
		// Only since opset 18 may the last part be smaller.
		if c.b.m.Opset() < 18 && int64(shape[axis])%parts != 0 {
			return fmt.Errorf("axis %d of %v cannot be split into %d parts", axis, shape, parts)
		}
	}
	at := 0
	for k, size := range sizes {
		if size < 0 || size > int64(shape[axis]-at) || k >= len(c.Outputs) {
			return fmt.Errorf("axis %d of %v cannot be split into %v", axis, shape, sizes)
		}
		s, part := c.view(c.in[0]), slices.Clone(shape)
		s.Starts[axis], part[axis] = at, int(size)
		at += int(size)
		if c.Outputs[k] == "" {
			continue
		}
		if _, err := c.emitAs(c.Outputs[k], s, part); err != nil {
			return err
		}
	}
	if at != shape[axis] || len(sizes) != len(c.Outputs) {
		return fmt.Errorf("axis %d of %v cannot be split into %v", axis, shape, sizes)
	}
	return nil
}

func expandNode(c *call) error {
	if err := c.exactly(2); err != nil {
		return err
	}
	want, err := c.integers(1)
	if err != nil {
		return err
	}
	target := make([]int, len(want))
	for i, d := range want {
		if d < 1 || d > MaxValueElements {
			return fmt.Errorf("the shape %v is too large", want)
		}
		target[i] = int(d)
	}
	from := c.value(0).Shape
	shape, err := broadcast(from, target)
	if err != nil {
		return err
	}
	if slices.Equal(shape, from) {
		return c.alias(c.in[0])
	}
	s := Step{Op: "View", In: c.in[:1], Starts: make([]int, len(from)), Axes: make([]int, len(shape)), Strides: make([]int, len(shape))}
	for i := range shape {
		s.Axes[i] = -1
		if k := i - len(shape) + len(from); k >= 0 && from[k] == shape[i] {
			s.Axes[i], s.Strides[i] = k, 1
		}
	}
	return c.emit(s, shape)
}

func concatNode(c *call) error {
	if err := c.exactly(len(c.in)); err != nil {
		return err
	}
	shape := slices.Clone(c.value(0).Shape)
	axis, err := axisOf(c.Int("axis", 0), len(shape))
	if err != nil {
		return err
	}
	for k := 1; k < len(c.in); k++ {
		other := c.value(k).Shape
		if len(other) != len(shape) {
			return fmt.Errorf("shapes %v and %v do not fit", shape, other)
		}
		for i, d := range other {
			if i == axis {
				shape[i] += d
			} else if d != shape[i] {
				return fmt.Errorf("shapes %v and %v do not fit", shape, other)
			}
		}
	}
	if len(c.in) == 1 {
		return c.alias(c.in[0])
	}
	return c.emit(Step{Op: "Concat", In: c.in, Axes: []int{axis}}, shape)
}

// gatherNode takes constant indices along one axis. Neighbouring or evenly spaced ones are a slice.
func gatherNode(c *call) error {
	if err := c.exactly(2); err != nil {
		return err
	}
	shape, list := slices.Clone(c.value(0).Shape), c.value(1)
	axis, err := axisOf(c.Int("axis", 0), len(shape))
	if err != nil {
		return err
	}
	if list.ints == nil || list.Len() == 0 {
		return fmt.Errorf("the indices must be constant integers")
	}
	if !c.b.net.spend(list.Len()) {
		return errSpent
	}
	table := make([]int, list.Len())
	for i, v := range list.ints {
		if table[i], err = axisOf(v, shape[axis]); err != nil {
			return fmt.Errorf("index %d of %d", v, shape[axis])
		}
	}
	result := slices.Concat(shape[:axis], list.Shape, shape[axis+1:])
	shape[axis] = len(table)
	s := c.view(c.in[0])
	s.Starts[axis] = table[0]
	if len(table) > 1 {
		s.Strides[axis] = table[1] - table[0]
	}
	for i, v := range table {
		if v != table[0]+i*s.Strides[axis] {
			s = Step{Op: "Gather", In: c.in[:1], Tables: make([][]int, len(shape))}
			s.Tables[axis] = table
			break
		}
	}
	if slices.Equal(shape, result) {
		return c.emit(s, shape)
	}
	taken, err := c.inner(s, shape)
	if err != nil {
		return err
	}
	return c.emit(Step{Op: "Reshape", In: []int{taken}}, result)
}

// depthNode moves blocks of pixels into channels or back, as reshapes around a transpose.
func depthNode(c *call) error {
	x, err := c.image()
	if err != nil {
		return err
	}
	size := c.Int("blocksize", 0)
	if size < 1 || size > MaxSide || layout.Len(x) == 0 {
		return fmt.Errorf("blocks of %d of %v", size, x)
	}
	b := int(size)
	n, channels, h, w := x[0], x[1], x[2], x[3]
	var split, perm, out []int
	switch {
	case c.Op == "SpaceToDepth" && h%b == 0 && w%b == 0:
		split, perm, out = []int{n, channels, h / b, b, w / b, b}, []int{0, 3, 5, 1, 2, 4}, []int{n, channels * b * b, h / b, w / b}
	case c.Op == "DepthToSpace" && channels%(b*b) == 0 && c.Str("mode", "DCR") == "CRD":
		split, perm, out = []int{n, channels / b / b, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}, []int{n, channels / b / b, h * b, w * b}
	case c.Op == "DepthToSpace" && channels%(b*b) == 0 && c.Str("mode", "DCR") == "DCR":
		split, perm, out = []int{n, b, b, channels / b / b, h, w}, []int{0, 3, 4, 1, 5, 2}, []int{n, channels / b / b, h * b, w * b}
	default:
		return fmt.Errorf("blocks of %d do not fit %v", size, x)
	}
	at, err := c.reshaped(c.in[0], split)
	if err != nil {
		return err
	}
	s, moved := c.view(at), make([]int, len(perm))
	s.Axes = perm
	for i, axis := range perm {
		moved[i] = split[axis]
	}
	if at, err = c.inner(s, moved); err != nil {
		return err
	}
	return c.emit(Step{Op: "Reshape", In: []int{at}}, out)
}
