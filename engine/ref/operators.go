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

// function gives a node of one operand as a function of a number, nil if it is none.
func (e *evaluator) function(n *onnx.Node) func(float64) float64 {
	alpha := func(otherwise float32) float64 { return float64(n.Float("alpha", otherwise)) }
	switch n.Op {
	case "Sigmoid":
		return func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	case "Tanh":
		return math.Tanh
	case "HardSwish":
		return func(v float64) float64 { return v * min(max(v/6+0.5, 0), 1) }
	case "HardSigmoid":
		return func(v float64) float64 { return min(max(alpha(0.2)*v+float64(n.Float("beta", 0.5)), 0), 1) }
	case "LeakyRelu":
		return func(v float64) float64 { return max(v, 0) + alpha(0.01)*min(v, 0) }
	case "Elu":
		return func(v float64) float64 { return max(v, 0) + alpha(1)*(math.Exp(min(v, 0))-1) }
	case "Gelu":
		if n.Str("approximate", "none") == "tanh" {
			return func(v float64) float64 { return v / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v))) }
		}
		return func(v float64) float64 { return v * 0.5 * math.Erfc(-v/math.Sqrt2) }
	case "Relu":
		return func(v float64) float64 { return max(v, 0) }
	case "Clip":
		lo, hi := float64(n.Float("min", float32(math.Inf(-1)))), float64(n.Float("max", float32(math.Inf(1))))
		if b := e.in(n, 1); b != nil {
			lo = numbers(b)[0]
		}
		if b := e.in(n, 2); b != nil {
			hi = numbers(b)[0]
		}
		return func(v float64) float64 { return min(max(v, lo), hi) }
	}
	return map[string]func(float64) float64{
		"Erf": math.Erf, "Exp": math.Exp, "Sqrt": math.Sqrt, "Neg": func(v float64) float64 { return -v }, "Abs": math.Abs,
		"Log": math.Log, "Reciprocal": func(v float64) float64 { return 1 / v }, "Softplus": func(v float64) float64 { return math.Log(1 + math.Exp(v)) },
		"Mish":  func(v float64) float64 { return v * math.Tanh(math.Log(1+math.Exp(v))) },
		"Floor": math.Floor, "Ceil": math.Ceil, "Round": math.RoundToEven,
	}[n.Op]
}

// operands computes a node of two operands, or of any number.
func (e *evaluator) operands(n *onnx.Node) (*tensor.Dense, error) {
	x, err := e.in(n, 0), error(nil)
	for k := 1; k < len(n.Inputs) && err == nil; k++ {
		x, err = binary(n.Op, x, e.in(n, k))
	}
	if _, whole := e.integer[n.Inputs[0]]; whole && err == nil {
		e.integer[n.Outputs[0]] = onnx.Int64
		x = apply(x, math.Trunc)
	}
	if len(n.Inputs) == 2 && e.scalar[n.Inputs[0]] && e.scalar[n.Inputs[1]] {
		e.scalar[n.Outputs[0]] = true
	}
	return x, err
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
	case "Add", "Sum":
		return x.Add(y)
	case "Sub":
		return x.Sub(y)
	case "Mul":
		return x.Mul(y)
	case "Div":
		return x.Div(y)
	}
	out := x.Clone().(*tensor.Dense)
	for i, v := range numbers(x) {
		w := numbers(y)[i]
		numbers(out)[i] = map[string]float64{"Min": min(v, w), "Max": max(v, w), "PRelu": max(v, 0) + w*min(v, 0), "Pow": math.Pow(v, w)}[op]
	}
	return out, nil
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

func (e *evaluator) softmax(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	if e.opset < 13 { // rows of all axes from the named one on
		at := axisOf(n.Int("axis", 1), x.Dims())
		rows := tensor.Shape(x.Shape()[:at]).TotalSize()
		if at == 0 {
			rows = 1
		}
		return dense(numbers(normalise(dense(numbers(x), rows, x.Shape().TotalSize()/rows), 1)), x.Shape()...)
	}
	return normalise(x, axisOf(n.Int("axis", -1), x.Dims()))
}

func normalise(x *tensor.Dense, axis int) *tensor.Dense {
	return generate(x.Shape(), func(at []int) float64 {
		sum, other := 0.0, slices.Clone(at)
		for i := range x.Shape()[axis] {
			other[axis] = i
			sum += math.Exp(value(x, other...) - value(x, at...))
		}
		return 1 / sum
	})
}

// quantise rounds to a grid, or goes back from it, by the formulas of the specification.
func (e *evaluator) quantise(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	scale, axis := e.in(n, 1), axisOf(n.Int("axis", 1), x.Dims())
	zero := func(int) float64 { return 0 }
	if z := e.in(n, 2); z != nil {
		zero = func(i int) float64 { return numbers(z)[i] }
	}
	lo, hi := 0.0, 255.0
	if len(n.Inputs) > 2 && e.integer[n.Inputs[2]] == onnx.Int8 {
		lo, hi = -128, 127
	}
	return generate(x.Shape(), func(at []int) float64 {
		i := 0
		if scale.Shape().TotalSize() > 1 {
			i = at[axis]
		}
		if n.Op == "DequantizeLinear" {
			return (value(x, at...) - zero(i)) * numbers(scale)[i]
		}
		return min(max(math.RoundToEven(value(x, at...)/numbers(scale)[i])+zero(i), lo), hi)
	})
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

// reduce averages, sums or takes the extreme over axes, all of them if there are none.
func reduce(op string, x *tensor.Dense, axes []int64, keep bool) *tensor.Dense {
	from := x.Shape()
	named := func(i int) bool {
		return len(axes) == 0 || slices.ContainsFunc(axes, func(a int64) bool { return axisOf(a, len(from)) == i })
	}
	var shape, small []int
	for i, d := range from {
		switch {
		case !named(i):
			shape, small = append(shape, d), append(small, d)
		case keep:
			shape, small = append(shape, 1), append(small, 1)
		default:
			small = append(small, 1)
		}
	}
	groups := map[int][]float64{}
	places := dense(make([]float64, tensor.Shape(small).TotalSize()), small...)
	generate(from, func(at []int) float64 {
		i := 0
		for axis, n := range places.Shape() {
			i = i*n + min(at[axis], n-1)
		}
		groups[i] = append(groups[i], value(x, at...))
		return 0
	})
	for i := range numbers(places) {
		sum := 0.0
		for _, v := range groups[i] {
			sum += v
		}
		numbers(places)[i] = map[string]float64{
			"ReduceMean": sum / float64(len(groups[i])), "ReduceSum": sum, "ReduceMax": slices.Max(groups[i]), "ReduceMin": slices.Min(groups[i]),
		}[op]
	}
	return dense(numbers(places), shape...)
}

func (e *evaluator) instanceNorm(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	mean := reduce("ReduceMean", x, []int64{2, 3}, true)
	square := func(at []int) float64 { d := value(x, at...) - value(mean, at[0], at[1], 0, 0); return d * d }
	variance := reduce("ReduceMean", generate(x.Shape(), square), []int64{2, 3}, true)
	return generate(x.Shape(), func(at []int) float64 {
		d := value(x, at...) - value(mean, at[0], at[1], 0, 0)
		return d/math.Sqrt(value(variance, at[0], at[1], 0, 0)+float64(n.Float("epsilon", 1e-5)))*numbers(e.in(n, 1))[at[1]] + numbers(e.in(n, 2))[at[1]]
	})
}

func lrn(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	size := int(n.Int("size", 0))
	return generate(x.Shape(), func(at []int) float64 {
		sum, other := 0.0, slices.Clone(at)
		for c := range x.Shape()[1] {
			if other[1] = c; c >= at[1]-(size-1)/2 && c <= at[1]+size/2 {
				sum += math.Pow(value(x, other...), 2)
			}
		}
		return value(x, at...) / math.Pow(float64(n.Float("bias", 1))+float64(n.Float("alpha", 1e-4))/float64(size)*sum, float64(n.Float("beta", 0.75)))
	})
}
