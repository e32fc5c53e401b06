package grad

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

// python is the interpreter that has PyTorch.
func python(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import torch").Run() == nil {
			return name
		}
	}
	t.Skip("no Python with PyTorch here to compare with: Debian's is installed by apt-get install python3-torch")
	return ""
}

// named renames the tensor that was added last.
func (s *sketch) named(name string) string {
	s.graph.Initializers[len(s.graph.Initializers)-1].Name = name
	return name
}

// torchNet is a small network with most of what networks have; testdata/check.py has the same.
func torchNet() *onnx.Model {
	s := newSketch(3, 19, 17)
	conv := func(x, name string, filters, c, kernel, stride, group int64, bias bool) string {
		s.weights(-0.4, 0.4, filters, c/group, kernel, kernel)
		in := []string{x, s.named(name)}
		if bias {
			s.weights(-0.2, 0.2, filters)
			in = append(in, s.named(name+".b"))
		}
		return s.node("Conv", in, ints("pads", kernel/2, kernel/2, kernel/2, kernel/2), ints("strides", stride, stride), onnx.IntAttr("group", group))
	}
	norm := func(x, name string, c int64) string {
		in := []string{x}
		for _, t := range []struct {
			name   string
			lo, hi float64
		}{{name + ".scale", 0.5, 1.5}, {name + ".bias", -0.3, 0.3}, {"running_mean." + name, -0.2, 0.2}, {"running_var." + name, 0.5, 1.5}} {
			s.weights(t.lo, t.hi, c)
			in = append(in, s.named(t.name))
		}
		return s.node("BatchNormalization", in)
	}
	relu := func(x string) string { return s.node("Relu", []string{x}) }
	x := s.node("Clip", []string{norm(conv("x", "stem", 16, 3, 3, 2, 1, false), "norm0", 16), s.weights(0, 0), s.weights(6, 6)})
	y := norm(conv(x, "depthwise", 16, 16, 3, 1, 16, false), "norm1", 16)
	y = s.node("Mul", []string{y, s.node("Sigmoid", []string{y})})
	gate := conv(relu(conv(s.node("GlobalAveragePool", []string{y}), "squeeze", 4, 16, 1, 1, 1, true)), "excite", 16, 4, 1, 1, 1, true)
	y = s.node("Mul", []string{y, s.node("Sigmoid", []string{gate})})
	y = norm(conv(y, "project", 16, 16, 1, 1, 1, true), "norm2", 16)
	x = s.node("MaxPool", []string{relu(s.node("Add", []string{x, y}))}, ints("kernel_shape", 3, 3), ints("strides", 2, 2), ints("pads", 1, 1, 1, 1))
	x = s.node("HardSwish", []string{norm(conv(x, "grouped", 24, 16, 3, 2, 4, true), "norm3", 24)})
	s.weights(-0.4, 0.4, 7, 24)
	dense := s.named("dense")
	s.weights(-0.2, 0.2, 7)
	return s.model(s.node("Gemm", []string{s.node("Flatten", []string{s.node("GlobalAveragePool", []string{x})}), dense, s.named("dense.b")}, onnx.IntAttr("transB", 1)))
}

type tensorJSON struct {
	Shape []int64   `json:"shape"`
	Data  []float32 `json:"data"`
}

// TestAgainstPyTorch compares outputs, loss, gradients and running statistics of a whole network with PyTorch's.
func TestAgainstPyTorch(t *testing.T) {
	if testing.Short() {
		t.Skip("PyTorch takes seconds to load")
	}
	interpreter := python(t)
	const images, classes = 6, 7
	for _, kind := range []Norm{FrozenNorm, BatchNorm} {
		m := torchNet()
		net, err := New(m, "", Options{Batch: images, Norm: kind})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(41, 42))
		x, labels, weights := normal(r, images*3*19*17), []int{0, 3, 6, 3, 2, 5}, []float32{1, 0.5, 2, 1.5, 1, 1, 0.25}
		given := map[string]any{"x": x, "shape": []int{images, 3, 19, 17}, "labels": labels, "classes": weights, "train": kind == BatchNorm}
		tensors := map[string]tensorJSON{}
		for _, w := range m.Graph.Initializers {
			if !strings.HasPrefix(w.Name, "w") {
				tensors[w.Name] = tensorJSON{w.Dims, w.Floats()}
			}
		}
		given["weights"] = tensors
		var want struct {
			Y                 []float32
			Loss              float64
			Grads, Statistics map[string][]float32
		}
		ask(t, interpreter, given, &want)
		y, err := net.Forward(x, images)
		if err != nil {
			t.Fatal(err)
		}
		alike(t, "output", y, want.Y)
		dy := make([]float32, len(y))
		loss := SoftmaxLoss{Smoothing: 0.1, Weights: weights}.Loss(dy, y, labels, classes)
		if math.Abs(loss-want.Loss) > 1e-5 {
			t.Errorf("loss is %g instead of %g", loss, want.Loss)
		}
		if err := net.Backward(dy); err != nil {
			t.Fatal(err)
		}
		if len(net.Parameters()) != len(want.Grads) {
			t.Errorf("%d parameters instead of %d", len(net.Parameters()), len(want.Grads))
		}
		for _, p := range net.Parameters() {
			alike(t, p.Name, p.Grad, want.Grads[p.Name])
		}
		for _, p := range net.Buffers() {
			alike(t, p.Name, p.Value, want.Statistics[p.Name])
		}
	}
}

func ask(t *testing.T, interpreter string, given, answer any) {
	t.Helper()
	in, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, "testdata/check.py")
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatal(err)
	}
}

// alike fails where two lists differ by more than 1e-4 of the largest number.
func alike(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers instead of %d", what, len(got), len(want))
	}
	top, most := 1e-3, 0.0
	for i, v := range want {
		top, most = max(top, math.Abs(float64(v))), max(most, math.Abs(float64(v-got[i])))
	}
	t.Logf("%-20s %.1e of the largest", what, most/top)
	if !(most < 1e-4*top) {
		t.Errorf("%s differs by %g, the largest is %g", what, most, top)
	}
}
