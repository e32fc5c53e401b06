package exec

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
)

// bytesOf are bytes of steps of 1/8, and in every other channel 1/4. Their zero is that number, or with vary one near it.
func bytesOf(channels, zero int, vary bool) simd.Bytes {
	b := simd.Bytes{Step: make([]float32, channels), Zero: make([]uint8, channels), Mean: make([]float32, channels)}
	for c := range channels {
		b.Step[c], b.Zero[c], b.Mean[c] = 0.125, uint8(zero), float32(c%5)
		if c%2 == 1 {
			b.Step[c] = 0.25
		}
		if vary {
			b.Zero[c] = uint8((zero + 7*c) % 128)
		}
	}
	return b
}

// eighths are random multiples of 1/8 up to 20, so that sums and products of few of them are exact, and some lie outside of the range.
func (s *sketch) eighths(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(s.r.IntN(320)-160) / 8
	}
	return out
}

// inIntegers computes the convolution s as it is written down: numbers to bytes, sums of products of bytes, and back. With steps, the
// results become bytes at once.
func inIntegers(net *graph.Network, s *graph.Step, buffers [][]float32, from simd.Bytes, steps *simd.Bytes) {
	x, w, out := &net.Values[s.In[0]], &net.Values[s.In[1]], &net.Values[s.Out]
	g, to := s.Geometry, buffers[s.Out]
	h, wide, size := x.Shape[2], x.Shape[3], g.KernelH*g.KernelW
	each := len(w.Data) / out.Shape[1]
	for o := range out.Shape[1] {
		own, largest := make([]float32, each), float32(0)
		for i := range own {
			own[i] = w.Data[o*each+i] * from.Step[i/size]
			largest = max(largest, own[i], -own[i])
		}
		scale, lost := largest/127, 0.0
		weights := make([]int, each)
		for i, v := range own {
			weights[i] = int(math.RoundToEven(float64(v / scale)))
			lost += (float64(v/scale) - float64(weights[i])) * float64(from.Mean[i/size]/from.Step[i/size])
		}
		first := int(math.RoundToEven(lost)) + int(math.RoundToEven(float64(net.Values[s.In[2]].Data[o]/scale)))
		if steps != nil {
			scale /= steps.Step[o]
			first += int(math.RoundToEven(float64((float32(steps.Zero[o]) + 0.5) / scale)))
		}
		for i := range out.Shape[2] * out.Shape[3] {
			top, left := i/out.Shape[3]*g.StrideH-g.Top, i%out.Shape[3]*g.StrideW-g.Left
			sum := first
			for k, v := range weights {
				c, y, z := k/size, top+k/g.KernelW%g.KernelH*g.DilationH, left+k%g.KernelW*g.DilationW
				if y < 0 || y >= h || z < 0 || z >= wide {
					continue // its byte is the zero's
				}
				b := min(max(int(math.Floor(float64(buffers[s.In[0]][(c*h+y)*wide+z]/from.Step[c])+0.5))+int(from.Zero[c]), 0), 127)
				sum += (b - int(from.Zero[c])) * v
			}
			at, result := o*out.Shape[2]*out.Shape[3]+i, float32(sum)*scale
			if steps != nil {
				b := min(max(int(result), 0), 127)
				if top := s.Hi/steps.Step[o] + float32(steps.Zero[o]) + 0.5; s.Clamp && float32(b) > top {
					b = int(top)
				}
				to[at] = float32(b-int(steps.Zero[o])) * steps.Step[o]
				continue
			}
			if s.Residual {
				result += buffers[s.In[3]][at]
			}
			if s.Clamp {
				result = min(max(result, s.Lo), s.Hi)
			}
			to[at] = result
		}
	}
}

// byteCase is a network of which values x, a and b are read as bytes.
type byteCase struct {
	name  string
	shape []int
	zero  int
	vary  bool                     // from channel to channel
	make  func(s *sketch) []string // the outputs
	steps int                      // that compute with integers
}

func byteCases() []byteCase {
	conv := func(s *sketch, x, out string, m, c, size int, attrs ...onnx.Attr) string {
		in := []string{x, s.weights(m, c, size, size), s.weights(m)}
		s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Conv", Inputs: in, Outputs: []string{out}, Attrs: attrs})
		return out
	}
	padded, strided := onnx.IntsAttr("pads", 1, 1, 1, 1), onnx.IntsAttr("strides", 2, 2)
	relu6 := func(s *sketch, x, out string) string {
		s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Clip", Inputs: []string{x, s.scalar(0), s.scalar(6)}, Outputs: []string{out}})
		return out
	}
	depthwise := func(s *sketch, x, out string, c int, attrs ...onnx.Attr) string {
		w := s.weights(c, 1, 3, 3)
		s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(w, s.eighths(9*c), int64(c), 1, 3, 3)
		s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Conv", Inputs: []string{x, w}, Outputs: []string{out}, Attrs: append(attrs, padded, onnx.IntAttr("group", int64(c)))})
		return out
	}
	list := []byteCase{
		{"3x3 strided of odd channels", []int{1, 19, 9, 7}, 60, false, func(s *sketch) []string { return []string{conv(s, "x", "y", 13, 19, 3, padded, strided)} }, 1},
		{"3x3 dilated", []int{1, 8, 9, 7}, 127, false, func(s *sketch) []string {
			return []string{conv(s, "x", "y", 21, 8, 3, padded, onnx.IntsAttr("dilations", 2, 2))}
		}, 1},
		{"chain of bytes", []int{1, 24, 7, 7}, 0, false, func(s *sketch) []string {
			a := relu6(s, conv(s, "x", "p", 30, 24, 1), "a")
			return []string{relu6(s, conv(s, a, "q", 18, 30, 3, padded), "y")}
		}, 2},
		{"chain of steps", []int{1, 24, 7, 7}, 0, false, func(s *sketch) []string {
			s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "Relu", Inputs: []string{conv(s, "x", "p", 30, 24, 3)}, Outputs: []string{"a"}})
			return []string{conv(s, "a", "y", 18, 30, 1)}
		}, 2},
		{"chain without bounds", []int{1, 20, 5, 6}, 90, true, func(s *sketch) []string {
			return []string{conv(s, conv(s, "x", "a", 22, 20, 1), "y", 9, 22, 1)}
		}, 2},
		{"depthwise in steps", []int{1, 12, 9, 9}, 64, false, func(s *sketch) []string {
			return []string{conv(s, depthwise(s, "x", "a", 12), "y", 16, 12, 3, strided)}
		}, 1},
		{"residual and both", []int{1, 16, 7, 6}, 40, false, func(s *sketch) []string {
			a := conv(s, "x", "a", 20, 16, 1)
			b := s.node("Add", []string{conv(s, a, "p", 20, 20, 3, padded), a})
			return []string{b, s.node("Add", []string{a, b})}
		}, 2},
		{"inverted bottleneck", []int{1, 16, 9, 9}, 70, false, func(s *sketch) []string {
			b := depthwise(s, relu6(s, conv(s, "x", "p", 24, 16, 1), "q"), "b", 24, strided)
			return []string{conv(s, relu6(s, b, "a"), "y", 16, 24, 1)}
		}, 2},
		{"pool", []int{1, 20, 9, 9}, 50, false, func(s *sketch) []string {
			s.graph.Nodes = append(s.graph.Nodes, onnx.Node{Op: "MaxPool", Inputs: []string{"x"}, Outputs: []string{"a"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 3, 3), padded, strided}})
			return []string{conv(s, "a", "y", 9, 20, 1)}
		}, 1},
		{"too few products", []int{1, 5, 4, 4}, 50, false, func(s *sketch) []string { return []string{depthwise(s, "x", "y", 5)} }, 0},
	}
	for _, side := range []int{1, 3, 7} {
		for _, m := range []int{3, 8, 20} {
			list = append(list, byteCase{fmt.Sprintf("1x1 of %d x %d to %d", side, side, m), []int{1, 32, side, side}, 20 * side % 128, true, func(s *sketch) []string {
				return []string{relu6(s, conv(s, "x", "p", m, 32, 1), "y")}
			}, 1})
		}
	}
	return list
}

// TestIntegers compares generated code with a convolution of integers in Go, bit for bit: all that is not integer is exact, but for the
// sum with a residual, which is rounded once in both.
func TestIntegers(t *testing.T) {
	for i, c := range byteCases() {
		t.Run(c.name, func(t *testing.T) {
			s := newSketch(uint64(i), c.shape...)
			s.build(t, c.make(s)...)
			bytes := map[string]simd.Bytes{}
			for _, v := range s.net.Values {
				if v.Name == "x" || v.Name == "a" {
					bytes[v.Name] = bytesOf(v.Shape[1], c.zero, c.vary)
				}
			}
			input := s.eighths(s.net.Values[s.net.Input].Len())
			suits := func(step *graph.Step) bool {
				_, ok := bytes[s.net.Values[step.In[0]].Name]
				return ok && step.Op == "Conv" && step.Geometry.Group == 1
			}
			p := NewPortable(s.net)
			copy(p.buffers[s.net.Input], input)
			for k := range s.net.Steps {
				step := &s.net.Steps[k]
				if !suits(step) {
					must(t, p.step(step))
					continue
				}
				onlyBytes := !step.Residual && !slices.Contains(s.net.Outputs, step.Out) && (!step.Clamp || step.Lo <= -float32(c.zero)/8 && !c.vary)
				for _, later := range s.net.Steps {
					onlyBytes = onlyBytes && (!slices.Contains(later.In, step.Out) || suits(&later))
				}
				var steps *simd.Bytes
				if onlyBytes {
					b := bytes[s.net.Values[step.Out].Name]
					steps = &b
				}
				inIntegers(s.net, step, p.buffers, bytes[s.net.Values[step.In[0]].Name], steps)
			}
			var want [][]float32
			for _, o := range s.net.Outputs {
				want = append(want, p.buffers[o])
			}
			for _, w := range generators(t) {
				w.config.Integers = simd.NewIntegers(bytes)
				g, err := newGenerated(t.Context(), s.net, w)
				must(t, err)
				if n := Integers(g); n != c.steps && !w.config.Native {
					t.Errorf("%s: %d steps in integers, want %d", w.name, n, c.steps)
				}
				must(t, g.Close())
				if !w.config.Native {
					differ(t, s.net, w, input, want, 0)
				}
			}
		})
	}
}
