//go:build !js

package ref

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// resize weighs, for each element of the result, the elements around its place in the input.
func (e *evaluator) resize(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	where, nearest := n.Str("coordinate_transformation_mode", "half_pixel"), n.Str("nearest_mode", "round_prefer_floor")
	old := n.Op == "Upsample" || e.opset < 11
	if old {
		where, nearest = "asymmetric", "floor"
	}
	shape, scale := slices.Clone([]int(x.Shape())), slices.Repeat([]float64{1}, x.Dims())
	for axis := range shape {
		k, in := axis, float64(shape[axis])
		if axes := n.Ints("axes"); axes != nil {
			k = slices.IndexFunc(axes, func(a int64) bool { return axisOf(a, x.Dims()) == axis })
		}
		if k < 0 {
			continue
		}
		index := 2
		if old {
			index = 1
		}
		if sizes := e.in(n, 3); sizes != nil {
			shape[axis] = int(numbers(sizes)[k])
			scale[axis] = float64(shape[axis]) / in
		} else {
			if a := n.Attr("scales"); a != nil {
				scale[axis] = float64(a.Floats[k])
			} else {
				scale[axis] = numbers(e.in(n, index))[k]
			}
			shape[axis] = int(math.Floor(in * scale[axis]))
		}
	}
	place := func(axis, i int) float64 {
		in, out := float64(x.Shape()[axis]), float64(shape[axis])
		switch {
		case where == "asymmetric":
			return float64(i) / scale[axis]
		case where == "align_corners" && out > 1:
			return float64(i) * (in - 1) / (out - 1)
		case where == "align_corners", where == "pytorch_half_pixel" && out == 1:
			return 0
		}
		return (float64(i)+0.5)/scale[axis] - 0.5
	}
	return generate(shape, func(at []int) float64 { return surrounding(x, at, place, n.Str("mode", "nearest"), nearest) })
}

// surrounding sums over all corners of the cell around a place, or takes the one that is nearest.
func surrounding(x *tensor.Dense, at []int, place func(axis, i int) float64, mode, nearest string) float64 {
	sum := 0.0
	for corner := range 1 << len(at) {
		weight, source := 1.0, make([]int, len(at))
		for axis, i := range at {
			p, last := place(axis, i), x.Shape()[axis]-1
			upper := corner>>axis&1 == 1
			if mode == "nearest" {
				r := map[string]float64{
					"floor": math.Floor(p), "ceil": math.Ceil(p), "round_prefer_floor": math.Ceil(p - 0.5), "round_prefer_ceil": math.Floor(p + 0.5),
				}[nearest]
				source[axis] = min(max(int(r), 0), last)
				if upper {
					weight = 0
				}
				continue
			}
			p = min(max(p, 0), float64(last))
			low := int(p)
			source[axis] = low
			w := 1 - (p - float64(low))
			if upper {
				source[axis], w = min(low+1, last), 1-w
			}
			weight *= w
		}
		if weight != 0 {
			sum += weight * value(x, source...)
		}
	}
	return sum
}
