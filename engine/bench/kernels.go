package bench

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// Kernel is the shape of a convolution with windows of Size x Size, padded as SAME, that gives Side x Side pixels.
type Kernel struct{ Size, Stride, Side, In, Out int }

// String tells the shape as the table of kernels shows it: window/stride, pixels, channels.
func (k Kernel) String() string {
	return fmt.Sprintf("%dx%d/%d, %dx%d, %d to %d", k.Size, k.Size, k.Stride, k.Side, k.Side, k.In, k.Out)
}

// FLOPs is the number of floating-point operations, a multiplication and an addition counting as two.
func (k Kernel) FLOPs() int { return 2 * k.Side * k.Side * k.Size * k.Size * k.In * k.Out }

// Kernels are the shapes of the 1x1 and 3x3 convolutions of all networks over 224 x 224 pixels, each once. The networks' first
// layers are not among them.
func Kernels() []Kernel {
	var list []Kernel
	seen := map[Kernel]bool{}
	for _, name := range Names() {
		n := Build(name, 224)
		for _, l := range n.Layers {
			if l.Op != Conv || l.In == Input || l.Kernel > 3 {
				continue
			}
			_, in := n.shape(l.In)
			k := Kernel{l.Kernel, l.Stride, l.Side, in, l.Channels}
			if !seen[k] {
				seen[k] = true
				list = append(list, k)
			}
		}
	}
	return list
}

// KernelsSide is the side of the RGB input of KernelsONNX in pixels.
const KernelsSide = 112

// KernelsONNX writes an ONNX model with one branch for each of Kernels, in order: a convolution of one pixel that makes the kernel's input
// from x [1,3,112,112], the kernel with its ReLU, and the mean over the image, an output. Running through all branches leaves each
// kernel with its weights out of the caches, as whole networks do.
func KernelsONNX() []byte {
	g := onnx.Graph{Name: "kernels", Inputs: []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, KernelsSide, KernelsSide}}}}
	weights := Build("mobilenetv2", 32) // for its random numbers
	conv := func(in, out string, size, stride, pad, from, to int) {
		w := "w" + out
		g.Initializers = append(g.Initializers, onnx.FloatTensor(w, weights.weights(to*from*size*size, float64(from*size*size)), int64(to), int64(from), int64(size), int64(size)))
		g.Nodes = append(g.Nodes, onnx.Node{Op: "Conv", Inputs: []string{in, w}, Outputs: []string{out}, Attrs: []onnx.Attr{
			onnx.IntsAttr("strides", int64(stride), int64(stride)), onnx.IntsAttr("pads", int64(pad), int64(pad), int64(pad), int64(pad)),
		}})
	}
	for i, k := range Kernels() {
		name := fmt.Sprint("v", i)
		conv("x", name, 1, KernelsSide/(k.Side*k.Stride), 0, 3, k.In)
		conv(name, name+"/linear", k.Size, k.Stride, k.Size/2, k.In, k.Out)
		g.Nodes = append(
			g.Nodes,
			onnx.Node{Op: "Relu", Inputs: []string{name + "/linear"}, Outputs: []string{name + "/kernel"}},
			onnx.Node{Op: "GlobalAveragePool", Inputs: []string{name + "/kernel"}, Outputs: []string{name + "/mean"}},
		)
		g.Outputs = append(g.Outputs, onnx.Value{Name: name + "/mean", Type: onnx.Float, Dims: []int64{1, int64(k.Out), 1, 1}})
	}
	return onnx.Write(&onnx.Model{IRVersion: 7, Producer: "irum bench", Opsets: []onnx.Opset{{Version: 13}}, Graph: g})
}
