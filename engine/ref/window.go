//go:build !js

package ref

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// frame is the geometry of a sliding window, read by its definition in the ONNX operator specification.
type frame struct {
	kernel, stride, dilation, before, after [2]int
	ceil                                    bool
}

func pair(list []int64, otherwise int) [2]int {
	if list == nil {
		return [2]int{otherwise, otherwise}
	}
	return [2]int{int(list[0]), int(list[1])}
}

func frameOf(n *onnx.Node, kernel [2]int, size []int) frame {
	f := frame{kernel: kernel, stride: pair(n.Ints("strides"), 1), dilation: pair(n.Ints("dilations"), 1)}
	if p := n.Ints("pads"); p != nil {
		f.before, f.after = pair(p[:2], 0), pair(p[2:], 0)
	}
	mode := n.Str("auto_pad", "NOTSET")
	for axis := range 2 {
		f.ceil = n.Int("ceil_mode", 0) != 0
		if mode != "SAME_UPPER" && mode != "SAME_LOWER" {
			continue
		}
		want := math.Ceil(float64(size[axis]) / float64(f.stride[axis]))
		total := max((int(want)-1)*f.stride[axis]+(kernel[axis]-1)*f.dilation[axis]+1-size[axis], 0)
		f.before[axis], f.after[axis] = total/2, total-total/2
		if mode == "SAME_LOWER" {
			f.before[axis], f.after[axis] = f.after[axis], f.before[axis]
		}
	}
	return f
}

// size is the length of the result along an axis of n pixels.
func (f frame) size(axis, n int) int {
	steps := float64(n+f.before[axis]+f.after[axis]-((f.kernel[axis]-1)*f.dilation[axis]+1)) / float64(f.stride[axis])
	if !f.ceil {
		return int(math.Floor(steps)) + 1
	}
	out := int(math.Ceil(steps)) + 1
	if (out-1)*f.stride[axis] >= n+f.before[axis] { // a window must begin inside the image or before it
		out--
	}
	return out
}

// at is the input position of window position k of output o along an axis.
func (f frame) at(axis, o, k int) int { return o*f.stride[axis] + k*f.dilation[axis] - f.before[axis] }

// conv multiplies, for each image and group, the weights with the matrix of all windows.
func conv(n *onnx.Node, x, w, bias *tensor.Dense) (*tensor.Dense, error) {
	in, ws, group := x.Shape(), w.Shape(), int(n.Int("group", 1))
	f := frameOf(n, [2]int{ws[2], ws[3]}, in[2:])
	oh, ow := f.size(0, in[2]), f.size(1, in[3])
	per, each, depth := in[1]/group, ws[0]/group, ws[1]*ws[2]*ws[3]
	out := dense(make([]float64, in[0]*ws[0]*oh*ow), in[0], ws[0], oh, ow)
	source, result := numbers(x), numbers(out)
	for image := range in[0] {
		for g := range group {
			columns := make([]float64, depth*oh*ow)
			for k := range depth {
				c, ky, kx := k/(ws[2]*ws[3]), k/ws[3]%ws[2], k%ws[3]
				for o := range oh * ow {
					y, px := f.at(0, o/ow, ky), f.at(1, o%ow, kx)
					if y >= 0 && y < in[2] && px >= 0 && px < in[3] {
						columns[k*oh*ow+o] = source[((image*in[1]+g*per+c)*in[2]+y)*in[3]+px]
					}
				}
			}
			weights := dense(numbers(w)[g*each*depth:(g+1)*each*depth], each, depth)
			product, err := weights.MatMul(dense(columns, depth, oh*ow))
			if err != nil {
				return nil, err
			}
			copy(result[(image*ws[0]+g*each)*oh*ow:], numbers(product))
		}
	}
	if bias != nil {
		for i := range result {
			result[i] += numbers(bias)[i/(oh*ow)%ws[0]]
		}
	}
	return out, nil
}

func pool(n *onnx.Node, x *tensor.Dense) *tensor.Dense {
	in := x.Shape()
	f := frameOf(n, pair(n.Ints("kernel_shape"), 1), in[2:])
	oh, ow := f.size(0, in[2]), f.size(1, in[3])
	out := dense(make([]float64, in[0]*in[1]*oh*ow), in[0], in[1], oh, ow)
	source, result := numbers(x), numbers(out)
	for i := range result {
		plane, oy, ox := i/(oh*ow), i/ow%oh, i%ow
		sum, count, padded, top := 0.0, 0, 0, math.Inf(-1)
		for k := range f.kernel[0] * f.kernel[1] {
			y, px := f.at(0, oy, k/f.kernel[1]), f.at(1, ox, k%f.kernel[1])
			if y < in[2]+f.after[0] && px < in[3]+f.after[1] {
				padded++
			}
			if y < 0 || y >= in[2] || px < 0 || px >= in[3] {
				continue
			}
			v := source[(plane*in[2]+y)*in[3]+px]
			sum, count, top = sum+v, count+1, max(top, v)
		}
		switch {
		case n.Op == "MaxPool":
			result[i] = top
		case n.Int("count_include_pad", 0) != 0:
			result[i] = sum / float64(padded)
		default:
			result[i] = sum / float64(max(count, 1))
		}
	}
	return out
}

// convTranspose adds every input pixel, times the kernel, to the pixels of the result that it reaches.
func convTranspose(n *onnx.Node, x, w, bias *tensor.Dense) *tensor.Dense {
	in, ws, group := x.Shape(), w.Shape(), int(n.Int("group", 1))
	f, extra := frameOf(n, [2]int{ws[2], ws[3]}, in[2:]), pair(n.Ints("output_padding"), 0)
	size := [2]int{}
	for axis := range 2 {
		full := f.stride[axis]*(in[2+axis]-1) + extra[axis] + (f.kernel[axis]-1)*f.dilation[axis] + 1
		size[axis] = full - f.before[axis] - f.after[axis]
		want := 0
		mode := n.Str("auto_pad", "NOTSET")
		if mode != "NOTSET" && mode != "VALID" {
			want = in[2+axis] * f.stride[axis]
		}
		if s := n.Ints("output_shape"); s != nil {
			want = int(s[axis])
		}
		if want > 0 {
			f.before[axis] = (full - want + 1) / 2
			if mode == "SAME_UPPER" {
				f.before[axis] = (full - want) / 2
			}
			size[axis] = want
		}
	}
	per, each := in[1]/group, ws[1]
	return generate([]int{in[0], each * group, size[0], size[1]}, func(at []int) float64 {
		sum := 0.0
		if bias != nil {
			sum = numbers(bias)[at[1]]
		}
		for i := range per * in[2] * in[3] {
			c, y, px := at[1]/each*per+i/(in[2]*in[3]), i/in[3]%in[2], i%in[3]
			ky, kx := at[2]+f.before[0]-y*f.stride[0], at[3]+f.before[1]-px*f.stride[1]
			if ky < 0 || kx < 0 || ky%f.dilation[0] != 0 || kx%f.dilation[1] != 0 || ky/f.dilation[0] >= ws[2] || kx/f.dilation[1] >= ws[3] {
				continue
			}
			sum += value(x, at[0], c, y, px) * value(w, c, at[1]%each, ky/f.dilation[0], kx/f.dilation[1])
		}
		return sum
	})
}

// matMul multiplies the matrices in the last two axes, those of the smaller operand again and again.
func matMul(a, b *tensor.Dense) *tensor.Dense {
	as, bs := slices.Clone(a.Shape()), slices.Clone(b.Shape())
	dropRow, dropCol := len(as) == 1, len(bs) == 1
	if dropRow {
		as = []int{1, as[0]}
	}
	if dropCol {
		bs = []int{bs[0], 1}
	}
	a, b = dense(numbers(a), as...), dense(numbers(b), bs...)
	rank := max(len(as), len(bs))
	shape := make([]int, rank)
	for i := range rank - 2 {
		shape[i] = 1
		for _, s := range [][]int{as, bs} {
			if k := i - rank + len(s); k >= 0 {
				shape[i] = max(shape[i], s[k])
			}
		}
	}
	shape[rank-2], shape[rank-1] = as[len(as)-2], bs[len(bs)-1]
	own := func(at, s []int) []int {
		at = slices.Clone(at[rank-len(s):])
		for i := range at {
			at[i] = min(at[i], s[i]-1)
		}
		return at
	}
	out := generate(shape, func(at []int) float64 {
		left, right, sum := own(at, as), own(at, bs), 0.0
		left[len(left)-2], right[len(right)-1] = at[rank-2], at[rank-1]
		for k := range as[len(as)-1] {
			left[len(left)-1], right[len(right)-2] = k, k
			sum += value(a, left...) * value(b, right...)
		}
		return sum
	})
	if dropRow {
		shape = slices.Delete(shape, rank-2, rank-1)
	}
	if dropCol {
		shape = shape[:len(shape)-1]
	}
	return dense(numbers(out), shape...)
}

// gemm computes alpha A' B' + beta C.
func gemm(n *onnx.Node, a, b, c *tensor.Dense) (*tensor.Dense, error) {
	for _, side := range []struct {
		t    **tensor.Dense
		flag string
	}{{&a, "transA"}, {&b, "transB"}} {
		if n.Int(side.flag, 0) != 0 {
			t, err := tensor.Transpose(*side.t, 1, 0)
			if err != nil {
				return nil, err
			}
			*side.t = t.(*tensor.Dense)
		}
	}
	product, err := a.MatMul(b)
	if err != nil {
		return nil, err
	}
	out := dense(numbers(product), a.Shape()[0], b.Shape()[1])
	alpha, beta := float64(n.Float("alpha", 1)), float64(n.Float("beta", 1))
	out = apply(out, func(v float64) float64 { return alpha * v })
	if c == nil {
		return out, nil
	}
	return binary("Add", out, apply(c, func(v float64) float64 { return beta * v }))
}
