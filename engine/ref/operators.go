//go:build !js

package ref

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

func apply(x *tensor.Dense, f func(float64) float64) *tensor.Dense {
	out := x.Clone().(*tensor.Dense)
	data := numbers(out)
	for i, v := range data {
		data[i] = f(v)
	}
	return out
}

// function gives a node of one operand as a function of a number.
func (e *evaluator) function(n *onnx.Node) func(float64) float64 {
	switch n.Op {
	case "Sigmoid":
		return func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	case "Tanh":
		return math.Tanh
	case "HardSwish":
		return func(v float64) float64 { return v * min(max(v/6+0.5, 0), 1) }
	case "Relu":
		return func(v float64) float64 { return max(v, 0) }
	}
	lo, hi := float64(n.Float("min", float32(math.Inf(-1)))), float64(n.Float("max", float32(math.Inf(1))))
	if b := e.in(n, 1); b != nil {
		lo = numbers(b)[0]
	}
	if b := e.in(n, 2); b != nil {
		hi = numbers(b)[0]
	}
	return func(v float64) float64 { return min(max(v, lo), hi) }
}

// fill repeats t along every axis in which it has length 1, up to shape.
func fill(t *tensor.Dense, shape []int) (*tensor.Dense, error) {
	own := slices.Concat(slices.Repeat([]int{1}, len(shape)-t.Dims()), t.Shape())
	t = dense(numbers(t), own...)
	for axis, n := range shape {
		if own[axis] == n {
			continue
		}
		r, err := t.Repeat(axis, n)
		if err != nil {
			return nil, err
		}
		t = r.(*tensor.Dense)
	}
	return t, nil
}

func binary(op string, x, y *tensor.Dense) (*tensor.Dense, error) {
	rank := max(x.Dims(), y.Dims())
	shape := make([]int, rank)
	for i := range shape {
		shape[i] = 1
		for _, t := range []*tensor.Dense{x, y} {
			if k := i - rank + t.Dims(); k >= 0 {
				shape[i] = max(shape[i], t.Shape()[k])
			}
		}
	}
	x, err := fill(x, shape)
	if err != nil {
		return nil, err
	}
	if y, err = fill(y, shape); err != nil {
		return nil, err
	}
	switch op {
	case "Add":
		return x.Add(y)
	case "Sub":
		return x.Sub(y)
	case "Mul":
		return x.Mul(y)
	}
	return x.Div(y)
}

func (e *evaluator) batchNorm(n *onnx.Node, x *tensor.Dense) (*tensor.Dense, error) {
	scale, bias, mean, variance := numbers(e.in(n, 1)), numbers(e.in(n, 2)), numbers(e.in(n, 3)), numbers(e.in(n, 4))
	out := x.Clone().(*tensor.Dense)
	data, channels := numbers(out), x.Shape()[1]
	area := len(data) / x.Shape()[0] / channels
	for i, v := range data {
		c := i / area % channels
		data[i] = (v-mean[c])/math.Sqrt(variance[c]+float64(n.Float("epsilon", 1e-5)))*scale[c] + bias[c]
	}
	return out, nil
}

func softmax(x *tensor.Dense) *tensor.Dense {
	out := apply(x, math.Exp)
	data, n := numbers(out), x.Shape()[x.Dims()-1]
	for row := range slices.Chunk(data, n) {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		for i := range row {
			row[i] /= sum
		}
	}
	return out
}

func reshape(x *tensor.Dense, want []int64) *tensor.Dense {
	shape, rest, open := make([]int, len(want)), x.Shape().TotalSize(), -1
	for i, d := range want {
		switch d {
		case -1:
			open = i
			continue
		case 0:
			d = int64(x.Shape()[i])
		}
		shape[i] = int(d)
		rest /= int(d)
	}
	if open >= 0 {
		shape[open] = rest
	}
	return dense(numbers(x), shape...)
}

// mean averages over axes, all of them if there are none.
func mean(x *tensor.Dense, axes []int64, keep bool) *tensor.Dense {
	from := x.Shape()
	var shape, kept []int
	for i, d := range from {
		if len(axes) > 0 && !slices.Contains(axes, int64(i)) && !slices.Contains(axes, int64(i-len(from))) {
			shape, kept = append(shape, d), append(kept, d)
			continue
		}
		kept = append(kept, 1)
		if keep {
			shape = append(shape, 1)
		}
	}
	out := dense(make([]float64, tensor.Shape(kept).TotalSize()), kept...)
	sums, strides, target := numbers(out), x.Strides(), out.Strides()
	for i, v := range numbers(x) {
		at := 0
		for axis, s := range strides {
			if kept[axis] > 1 {
				at += i / s % from[axis] * target[axis]
			}
		}
		sums[at] += v * float64(len(sums)) / float64(from.TotalSize())
	}
	return dense(sums, shape...)
}
