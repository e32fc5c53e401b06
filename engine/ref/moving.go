//go:build !js

package ref

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// generate makes a tensor of which f gives each element.
func generate(shape []int, f func(at []int) float64) *tensor.Dense {
	out := dense(make([]float64, tensor.Shape(shape).TotalSize()), slices.Clone(shape)...)
	data := numbers(out)
	at := make([]int, out.Dims())
	for i := range data {
		rest := i
		for axis := len(at) - 1; axis >= 0; axis-- {
			at[axis] = rest % out.Shape()[axis]
			rest /= out.Shape()[axis]
		}
		data[i] = f(at)
	}
	return out
}

// value is an element.
func value(t *tensor.Dense, at ...int) float64 {
	i := 0
	for axis, n := range t.Shape() {
		i = i*n + at[axis]
	}
	return numbers(t)[i]
}

func axisOf(axis int64, rank int) int {
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis)
}

// moved computes a node that moves or names elements; it gives nil for another.
func (e *evaluator) moved(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	switch n.Op {
	case "Identity", "Dropout", "Cast", "Squeeze", "Unsqueeze", "Gather", "Slice", "Concat":
		if kind, whole := e.integer[n.Inputs[0]]; whole {
			e.integer[n.Outputs[0]] = kind
		}
	}
	switch n.Op {
	case "Constant":
		e.constantNode(n)
		return e.values[n.Outputs[0]]
	case "Identity", "Dropout":
		e.scalar[n.Outputs[0]] = e.scalar[n.Inputs[0]]
		return x
	case "Cast":
		return e.cast(n, x)
	case "Shape":
		e.integer[n.Outputs[0]] = onnx.Int64
		var sizes []float64
		for _, d := range x.Shape() {
			sizes = append(sizes, float64(d))
		}
		end := n.Int("end", int64(len(sizes)))
		sizes = sizes[axisOf(n.Int("start", 0), len(sizes)):axisOf(end, len(sizes))]
		return dense(sizes, len(sizes))
	case "ConstantOfShape":
		fill := 0.0
		if a := n.Attr("value"); a != nil {
			fill = float64(a.T.Floats()[0])
		}
		return generate(whole(numbers(x)), func([]int) float64 { return fill })
	case "Expand":
		rank := max(x.Dims(), len(numbers(e.in(n, 1))))
		shape := slices.Repeat([]int{1}, rank)
		for _, s := range [][]int{x.Shape(), whole(numbers(e.in(n, 1)))} {
			for i, d := range s {
				shape[rank-len(s)+i] = max(shape[rank-len(s)+i], d)
			}
		}
		t, err := fill(x, shape)
		if err != nil {
			return nil
		}
		return t
	case "Flatten":
		rows := 1
		for _, d := range x.Shape()[:axisOf(n.Int("axis", 1), x.Dims())] {
			rows *= d
		}
		return dense(numbers(x), rows, x.Shape().TotalSize()/rows)
	case "Reshape":
		return reshape(x, e.list(n, "", 1))
	case "Squeeze", "Unsqueeze":
		return e.squeeze(n, x)
	case "Transpose":
		return transpose(n, x)
	case "Slice":
		return e.slice(n, x)
	case "Gather":
		return e.gather(n, x)
	case "Pad":
		return e.pad(n, x)
	case "Concat":
		return e.concat(n, x)
	case "SpaceToDepth", "DepthToSpace":
		return blocks(n, x)
	}
	return nil
}

func whole(data []float64) []int {
	var out []int
	for _, v := range data {
		out = append(out, int(v))
	}
	return out
}

func (e *evaluator) constantNode(n *onnx.Node) {
	name := n.Outputs[0]
	for _, a := range n.Attrs {
		t := onnx.Tensor{}
		switch a.Name {
		case "value":
			t = *a.T
		case "value_float":
			t = onnx.FloatTensor(name, []float32{a.F})
		case "value_floats":
			t = onnx.FloatTensor(name, a.Floats, int64(len(a.Floats)))
		case "value_int":
			t = onnx.IntTensor(name, []int64{a.I})
		case "value_ints":
			t = onnx.IntTensor(name, a.Ints, int64(len(a.Ints)))
		}
		e.constant(&t, name)
	}
}

func (e *evaluator) cast(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	e.scalar[n.Outputs[0]] = e.scalar[n.Inputs[0]]
	to := onnx.DataType(n.Int("to", 1))
	if to == onnx.Float || to == onnx.Double || to == onnx.Float16 {
		delete(e.integer, n.Outputs[0])
		return x
	}
	e.integer[n.Outputs[0]] = to
	return apply(x, math.Trunc)
}

func transpose(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	var shape []int
	perm := n.Ints("perm")
	for i := range x.Dims() {
		if n.Ints("perm") == nil {
			perm = append(perm, int64(x.Dims()-1-i))
		}
		shape = append(shape, x.Shape()[perm[i]])
	}
	return generate(shape, func(at []int) float64 {
		source := make([]int, len(at))
		for i, p := range perm {
			source[p] = at[i]
		}
		return value(x, source...)
	})
}

func (e *evaluator) squeeze(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	list := e.list(n, "axes", 1)
	own := []int(x.Shape())
	if e.scalar[n.Inputs[0]] {
		own = nil
	}
	rank := len(own)
	if n.Op == "Unsqueeze" {
		rank += len(list)
	}
	named := func(i int) bool {
		return slices.ContainsFunc(list, func(a int64) bool { return axisOf(a, rank) == i })
	}
	var shape []int
	for i := range rank {
		switch {
		case n.Op == "Unsqueeze" && named(i):
			shape = append(shape, 1)
		case n.Op == "Unsqueeze":
			shape, own = append(shape, own[0]), own[1:]
		case !(named(i) || len(list) == 0 && own[i] == 1):
			shape = append(shape, own[i])
		}
	}
	e.scalar[n.Outputs[0]] = len(shape) == 0
	return dense(numbers(x), shape...)
}

// slice follows the specification's list of elements: from start, by step, while before end.
func (e *evaluator) slice(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	starts, ends, axes, steps := e.list(n, "starts", 1), e.list(n, "ends", 2), e.list(n, "axes", 3), e.list(n, "", 4)
	shape, taken := slices.Clone([]int(x.Shape())), make([][]int, x.Dims())
	for axis, d := range shape {
		for i := range d {
			taken[axis] = append(taken[axis], i)
		}
	}
	for k := range starts {
		axis := k
		if axes != nil {
			axis = axisOf(axes[k], x.Dims())
		}
		d, step, start, end := int64(shape[axis]), int64(1), starts[k], ends[k]
		if steps != nil {
			step = steps[k]
		}
		if start < 0 {
			start += d
		}
		if end < 0 {
			end += d
		}
		low, high := int64(0), d
		if step < 0 {
			low, high = -1, d-1
		}
		start, end = min(max(start, 0), high), min(max(end, low), high)
		taken[axis] = nil
		for i := start; (step > 0 && i < end) || (step < 0 && i > end); i += step {
			taken[axis] = append(taken[axis], int(i))
		}
		shape[axis] = len(taken[axis])
	}
	return pick(x, shape, taken)
}

// pick takes, along each axis, the listed indices.
func pick(x *tensor.Dense, shape []int, taken [][]int) *tensor.Dense {
	source := make([]int, len(shape))
	return generate(shape, func(at []int) float64 {
		for axis, i := range at {
			source[axis] = taken[axis][i]
		}
		return value(x, source...)
	})
}

func (e *evaluator) split(n *onnx.Node) []*tensor.Dense {
	x, sizes := e.in(n, 0), e.list(n, "split", 1)
	axis, at := axisOf(n.Int("axis", 0), x.Dims()), 0
	var out []*tensor.Dense
	for k := range n.Outputs {
		size := int(math.Ceil(float64(x.Shape()[axis]) / float64(len(n.Outputs))))
		if sizes != nil {
			size = int(sizes[k])
		}
		size = min(size, x.Shape()[axis]-at)
		shape, start := slices.Clone([]int(x.Shape())), at
		shape[axis] = size
		out = append(out, generate(shape, func(index []int) float64 {
			source := slices.Clone(index)
			source[axis] += start
			return value(x, source...)
		}))
		at += size
	}
	return out
}

func (e *evaluator) gather(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	indices, axis := e.in(n, 1), axisOf(n.Int("axis", 0), x.Dims())
	inner := []int(indices.Shape())
	if e.scalar[n.Inputs[1]] {
		inner = nil
	}
	e.scalar[n.Outputs[0]] = inner == nil && x.Dims() == 1
	shape := slices.Concat([]int(x.Shape()[:axis]), inner, []int(x.Shape()[axis+1:]))
	if len(shape) == 0 {
		shape = []int{1}
	}
	return generate(shape, func(at []int) float64 {
		if e.scalar[n.Outputs[0]] {
			return value(x, axisOf(int64(numbers(indices)[0]), x.Shape()[axis]))
		}
		which := 0
		if inner != nil {
			which = int(value(indices, at[axis:axis+len(inner)]...))
		} else {
			which = int(numbers(indices)[0])
		}
		source := slices.Concat(at[:axis], []int{axisOf(int64(which), x.Shape()[axis])}, at[axis+len(inner):])
		return value(x, source...)
	})
}

func (e *evaluator) pad(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	pads, axes := e.list(n, "pads", 1), e.list(n, "axes", 3)
	before, shape := make([]int, x.Dims()), slices.Clone([]int(x.Shape()))
	for k := range len(pads) / 2 {
		axis := k
		if axes != nil {
			axis = axisOf(axes[k], x.Dims())
		}
		before[axis] = int(pads[k])
		shape[axis] += int(pads[k] + pads[k+len(pads)/2])
	}
	fill := float64(n.Float("value", 0))
	if v := e.in(n, 2); v != nil {
		fill = numbers(v)[0]
	}
	mode := n.Str("mode", "constant")
	return generate(shape, func(at []int) float64 {
		source := make([]int, len(at))
		for axis, i := range at {
			i -= before[axis]
			d := x.Shape()[axis]
			for mode == "reflect" && (i < 0 || i >= d) {
				if i < 0 {
					i = -i
				} else {
					i = 2*(d-1) - i
				}
			}
			switch mode {
			case "edge":
				i = min(max(i, 0), d-1)
			case "wrap":
				i = ((i % d) + d) % d
			case "constant":
				if i < 0 || i >= d {
					return fill
				}
			}
			source[axis] = i
		}
		return value(x, source...)
	})
}

func (e *evaluator) concat(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	axis, shape := axisOf(n.Int("axis", 0), x.Dims()), slices.Clone([]int(x.Shape()))
	for k := 1; k < len(n.Inputs); k++ {
		shape[axis] += e.in(n, k).Shape()[axis]
	}
	return generate(shape, func(at []int) float64 {
		source, k := slices.Clone(at), 0
		for source[axis] >= e.in(n, k).Shape()[axis] {
			source[axis] -= e.in(n, k).Shape()[axis]
			k++
		}
		return value(e.in(n, k), source...)
	})
}

// blocks moves blocks of pixels into channels or back, by the specification's indices.
func blocks(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	b, s := int(n.Int("blocksize", 1)), x.Shape()
	if n.Op == "SpaceToDepth" {
		return generate([]int{s[0], s[1] * b * b, s[2] / b, s[3] / b}, func(at []int) float64 {
			block := at[1] / s[1]
			return value(x, at[0], at[1]%s[1], at[2]*b+block/b, at[3]*b+block%b)
		})
	}
	depth := s[1] / b / b
	return generate([]int{s[0], depth, s[2] * b, s[3] * b}, func(at []int) float64 {
		block := at[2]%b*b + at[3]%b
		c := block*depth + at[1]
		if n.Str("mode", "DCR") == "CRD" {
			c = at[1]*b*b + block
		}
		return value(x, at[0], c, at[2]/b, at[3]/b)
	})
}
