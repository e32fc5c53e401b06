package bench

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// ONNX writes n as an ONNX model of opset 13: input x [1,3,S,S], output y [1,1000].
func (n *Network) ONNX() []byte {
	w := &onnxWriter{n: n}
	w.constants = append(w.constants, onnx.FloatTensor("zero", []float32{0}), onnx.FloatTensor("six", []float32{6}))
	for i := range n.Layers {
		w.layer(i)
	}
	size := int64(n.Size)
	return onnx.Write(&onnx.Model{
		IRVersion: 7, Producer: "irum bench", Opsets: []onnx.Opset{{Version: 13}},
		Graph: onnx.Graph{
			Name: n.Name, Nodes: w.nodes, Initializers: w.constants,
			Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, size, size}}},
			Outputs: []onnx.Value{{Name: "y", Type: onnx.Float, Dims: []int64{1, Classes}}},
		},
	})
}

type onnxWriter struct {
	n         *Network
	nodes     []onnx.Node
	constants []onnx.Tensor
}

// value names the result of layer i.
func (w *onnxWriter) value(i int) string {
	switch i {
	case Input:
		return "x"
	case len(w.n.Layers) - 1:
		return "y"
	}
	return fmt.Sprintf("v%d", i)
}

func (w *onnxWriter) node(op, output string, inputs []string, attrs ...onnx.Attr) {
	w.nodes = append(w.nodes, onnx.Node{Name: output, Op: op, Inputs: inputs, Outputs: []string{output}, Attrs: attrs})
}

// weights writes layer i's weights under dims, and its bias.
func (w *onnxWriter) weights(i int, data []float32, dims ...int) []string {
	l := &w.n.Layers[i]
	names := []string{fmt.Sprintf("w%d", i), fmt.Sprintf("b%d", i)}
	long := make([]int64, len(dims))
	for k, d := range dims {
		long[k] = int64(d)
	}
	w.constants = append(w.constants, onnx.FloatTensor(names[0], data, long...), onnx.FloatTensor(names[1], l.Bias, int64(l.Channels)))
	return append([]string{w.value(l.In)}, names...)
}

func (w *onnxWriter) layer(i int) {
	l := &w.n.Layers[i]
	from, channels := w.n.shape(l.In)
	out := w.value(i)
	linear := out
	if l.Act != Linear {
		linear += "/linear"
	}
	before, after := same(from, l.Side, l.Kernel, l.Stride)
	window := []onnx.Attr{
		onnx.IntsAttr("kernel_shape", int64(l.Kernel), int64(l.Kernel)), onnx.IntsAttr("strides", int64(l.Stride), int64(l.Stride)),
		onnx.IntsAttr("pads", int64(before), int64(before), int64(after), int64(after)),
	}
	switch l.Op {
	case Conv:
		in := w.weights(i, swap(l.Weights, l.Channels, l.Kernel*l.Kernel, channels), l.Channels, channels, l.Kernel, l.Kernel)
		w.node("Conv", linear, in, window...)
	case Depthwise:
		in := w.weights(i, swap(l.Weights, 1, l.Kernel*l.Kernel, channels), l.Channels, 1, l.Kernel, l.Kernel)
		w.node("Conv", linear, in, append(window, onnx.IntAttr("group", int64(channels)))...)
	case Dense:
		w.node("Gemm", linear, w.weights(i, l.Weights, l.Channels, channels), onnx.IntAttr("transB", 1))
	case Add:
		w.node("Add", linear, []string{w.value(l.In), w.value(l.With)})
	case MaxPool:
		w.node("MaxPool", linear, []string{w.value(l.In)}, window...)
	case GlobalAverage:
		w.node("GlobalAveragePool", linear+"/mean", []string{w.value(l.In)})
		w.node("Flatten", linear, []string{linear + "/mean"})
	}
	switch l.Act {
	case ReLU:
		w.node("Relu", out, []string{linear})
	case ReLU6:
		w.node("Clip", out, []string{linear, "zero", "six"})
	}
}

// swap reorders [outer][rows][columns] to [outer][columns][rows].
func swap(data []float32, outer, rows, columns int) []float32 {
	out := make([]float32, len(data))
	for o := range outer {
		block := data[o*rows*columns:]
		for r := range rows {
			for c := range columns {
				out[(o*columns+c)*rows+r] = block[r*columns+c]
			}
		}
	}
	return out
}
