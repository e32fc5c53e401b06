package grad

import (
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/onnx"
)

// smallNet is the network of the comparison on images of 32x32x3: three convolutions with pooling between them and two dense
// layers. testdata/compare.py has the same.
func smallNet() *onnx.Model {
	s := newSketch(3, 32, 32)
	x, c := "x", int64(3)
	for _, filters := range []int64{32, 64, 128} {
		x = s.node("Conv", []string{x, s.weights(-0.1, 0.1, filters, c, 3, 3), s.weights(0, 0, filters)}, ints("pads", 1, 1, 1, 1))
		x = s.node("MaxPool", []string{s.node("Relu", []string{x})}, ints("kernel_shape", 2, 2), ints("strides", 2, 2))
		c = filters
	}
	x = s.node("Relu", []string{s.gemm(s.node("Flatten", []string{x}), 128, 2048, 1, 1, 1)})
	return s.model(s.gemm(x, 10, 128, 1, 1, 1))
}

// step trains one step of plain gradient descent.
func step(b *testing.B, n *Net, x []float32, labels []int, dy []float32) {
	y, err := n.Forward(x, len(labels))
	if err != nil {
		b.Fatal(err)
	}
	SoftmaxLoss{}.Loss(dy, y, labels, len(y)/len(labels))
	if err := n.Backward(dy); err != nil {
		b.Fatal(err)
	}
	for _, p := range n.Parameters() {
		for i, g := range p.Grad {
			p.Value[i] -= 0.01 * g
		}
	}
}

func train(b *testing.B, m *onnx.Model, batch int, o Options) {
	o.Batch, o.Threads = batch, 1
	n, err := New(m, "", o)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	x := normal(r, batch*product(n.Input()))
	labels := make([]int, batch)
	for i := range labels {
		labels[i] = r.IntN(n.Output()[0])
	}
	dy := make([]float32, batch*n.Output()[0])
	step(b, n, x, labels, dy)
	for b.Loop() {
		step(b, n, x, labels, dy)
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "images/s")
}

func BenchmarkSmall(b *testing.B) { train(b, smallNet(), 64, Options{}) }

// lastBlock is the last block of a MobileNetV2 and a head of 10 classes, over maps that are kept.
func lastBlock() *onnx.Model {
	s := newSketch(160, 7, 7)
	conv := func(x string, filters, c, kernel, group int64) string {
		return s.node("Conv", []string{x, s.weights(-0.1, 0.1, filters, c/group, kernel, kernel), s.weights(0, 0, filters)},
			ints("pads", kernel/2, kernel/2, kernel/2, kernel/2), onnx.IntAttr("group", group))
	}
	relu6 := func(x string) string { return s.node("Clip", []string{x, s.weights(0, 0), s.weights(6, 6)}) }
	x := relu6(conv("x", 960, 160, 1, 1))
	x = relu6(conv(conv(relu6(conv(x, 960, 960, 3, 960)), 320, 960, 1, 1), 1280, 320, 1, 1))
	return s.model(s.gemm(s.node("Flatten", []string{s.node("GlobalAveragePool", []string{x})}), 10, 1280, 1, 1, 1))
}

func BenchmarkLast(b *testing.B) { train(b, lastBlock(), 32, Options{}) }

func BenchmarkMobileNetV2(b *testing.B) {
	m, err := onnx.Read(bench.Build("mobilenetv2", 224).ONNX())
	if err != nil {
		b.Fatal(err)
	}
	train(b, m, 8, Options{})
}
