package grad

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

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

// prepared gives a net with a batch of noise.
func prepared(b *testing.B, m *onnx.Model, batch int, o Options) (n *Net, x []float32, labels []int, dy []float32) {
	o.Batch = batch
	n, err := New(m, "", o)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	x, labels = normal(r, batch*product(n.Input())), make([]int, batch)
	for i := range labels {
		labels[i] = r.IntN(n.Output()[0])
	}
	return n, x, labels, make([]float32, batch*n.Output()[0])
}

func train(b *testing.B, m *onnx.Model, batch, threads int) {
	n, x, labels, dy := prepared(b, m, batch, Options{Threads: threads})
	step(b, n, x, labels, dy)
	for b.Loop() {
		step(b, n, x, labels, dy)
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "images/s")
}

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

func BenchmarkTraining(b *testing.B) {
	for _, r := range rivals {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprint(r.name, "/threads=", threads), func(b *testing.B) { train(b, r.model(), r.batch, threads) })
		}
	}
}

// rivals are the networks that BenchmarkBesidePyTorch measures, and how many images a step has.
var rivals = []struct {
	name  string
	batch int
	model func() *onnx.Model
}{
	{"small", 64, smallNet},
	{"last", 32, lastBlock},
	{"mobilenetv2", 16, func() *onnx.Model {
		m, err := onnx.Read(bench.Build("mobilenetv2", 224).ONNX())
		if err != nil {
			panic(err)
		}
		return m
	}},
}

// BenchmarkBesidePyTorch measures training steps (forward, backward, update) here and in PyTorch by turns, in one thread each, and
// reports the best turn of both in images per second of processor time, of PyTorch's layouts the better one, and how many times as
// fast this is.
func BenchmarkBesidePyTorch(b *testing.B) {
	interpreter := python(b)
	for _, rival := range rivals {
		b.Run(rival.name, func(b *testing.B) {
			cmd := exec.Command(interpreter, "testdata/compare.py", "1")
			in, _ := cmd.StdinPipe()
			out, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			answers := json.NewDecoder(out)
			n, x, labels, dy := prepared(b, rival.model(), rival.batch, Options{Threads: 1})
			step(b, n, x, labels, dy)
			ours, theirs := 0.0, 0.0
			for b.Loop() {
				for _, layout := range []string{"channels-last", "channels-first"} {
					var answer struct{ Rate float64 }
					if _, err := fmt.Fprintln(in, rival.name, layout, turn.Seconds()); err != nil {
						b.Fatal(err)
					}
					if err := answers.Decode(&answer); err != nil {
						b.Fatal(err)
					}
					theirs = max(theirs, answer.Rate)
				}
				start, images := processorTime(), 0
				for processorTime()-start < turn {
					step(b, n, x, labels, dy)
					images += rival.batch
				}
				ours = max(ours, float64(images)/(processorTime()-start).Seconds())
			}
			_ = in.Close()
			_ = cmd.Wait()
			b.ReportMetric(ours, "images/s")
			b.ReportMetric(theirs, "PyTorch-images/s")
			b.ReportMetric(ours/theirs, "times-as-fast")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// turn is how long each side runs at a time, of processor time.
const turn = 1500 * time.Millisecond
