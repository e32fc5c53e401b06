//go:build !js

package ref

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/irum-app/irum/engine/onnx"
)

// frame is the geometry of a sliding window, read by its definition in the ONNX operator specification.
type frame struct {
	kernel, stride, dilation, before, after [2]int
}

func pair(list []int64, otherwise int) [2]int {
	if list == nil {
		return [2]int{otherwise, otherwise}
	}
	return [2]int{int(list[0]), int(list[1])}
}

func frameOf(n *onnx.Node, kernel [2]int) frame {
	f := frame{kernel: kernel, stride: pair(n.Ints("strides"), 1), dilation: pair(n.Ints("dilations"), 1)}
	if p := n.Ints("pads"); p != nil {
		f.before, f.after = pair(p[:2], 0), pair(p[2:], 0)
	}
	return f
}

// size is the length of the result along an axis of n pixels.
func (f frame) size(axis, n int) int {
	return (n+f.before[axis]+f.after[axis]-((f.kernel[axis]-1)*f.dilation[axis]+1))/f.stride[axis] + 1
}

// at is the input position of window position k of output o along an axis.
func (f frame) at(axis, o, k int) int { return o*f.stride[axis] + k*f.dilation[axis] - f.before[axis] }

// conv multiplies, for each image and group, the weights with the matrix of all windows.
func conv(n *onnx.Node, x, w, bias *tensor.Dense) (*tensor.Dense, error) {
	in, ws, group := x.Shape(), w.Shape(), int(n.Int("group", 1))
	f := frameOf(n, [2]int{ws[2], ws[3]})
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
	f := frameOf(n, pair(n.Ints("kernel_shape"), 1))
	oh, ow := f.size(0, in[2]), f.size(1, in[3])
	out := dense(make([]float64, in[0]*in[1]*oh*ow), in[0], in[1], oh, ow)
	source, result := numbers(x), numbers(out)
	for i := range result {
		plane, oy, ox := i/(oh*ow), i/ow%oh, i%ow
		sum, count, top := 0.0, 0, math.Inf(-1)
		for k := range f.kernel[0] * f.kernel[1] {
			y, px := f.at(0, oy, k/f.kernel[1]), f.at(1, ox, k%f.kernel[1])
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
			result[i] = sum / float64(f.kernel[0]*f.kernel[1])
		default:
			result[i] = sum / float64(max(count, 1))
		}
	}
	return out
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
