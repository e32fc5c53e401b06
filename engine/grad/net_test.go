package grad

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
)

// must makes a net or fails.
func must(t *testing.T, m *onnx.Model, output string, o Options) *Net {
	t.Helper()
	n, err := New(m, output, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// stepped trains one step of random gradients and gives the input.
func stepped(t *testing.T, n *Net, images int) (x []float32) {
	t.Helper()
	r := rand.New(rand.NewPCG(51, 52))
	x = normal(r, images*product(n.Input()))
	y, err := n.Forward(x, images)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Backward(normal(r, len(y))); err != nil {
		t.Fatal(err)
	}
	for _, p := range n.Parameters() {
		for i, g := range p.Grad {
			p.Value[i] -= 0.01 * g
		}
	}
	return x
}

// TestWholeNetworks compares the slope along the gradient with the reference, over all weights of whole networks at once.
func TestWholeNetworks(t *testing.T) {
	for name, m := range networks() {
		n := must(t, m, "", Options{})
		r := rand.New(rand.NewPCG(61, 62))
		x := normal(r, product(n.Input()))
		y, err := n.Forward(x, 1)
		if err != nil {
			t.Fatal(err)
		}
		dy := normal(r, len(y))
		if err := n.Backward(dy); err != nil {
			t.Fatal(err)
		}
		square := 0.0
		for _, p := range n.Parameters() {
			for _, g := range p.Grad {
				square += float64(g) * float64(g)
			}
		}
		// A small step crosses few corners of the activations, and its rounding is known exactly.
		step, slope := 3e-5/math.Sqrt(square), 0.0
		up, down := m, m
		for _, p := range n.Parameters() {
			more, less := slices.Clone(p.Value), slices.Clone(p.Value)
			for i, g := range p.Grad {
				more[i] += float32(step * float64(g))
				less[i] -= float32(step * float64(g))
				slope += float64(g) * (float64(more[i]) - float64(less[i]))
			}
			up, down = changed(up, p, more), changed(down, p, less)
		}
		a, _ := reference(t, up, x, dy, 1)
		b, _ := reference(t, down, x, dy, 1)
		off := math.Abs((a-b)/slope - 1)
		t.Logf("%-14s %3d tensors, slope off by %.1e", name, len(n.Parameters()), off)
		if !(off < 1e-3) {
			t.Errorf("%s: the reference rises by %g where the gradient says %g", name, a-b, slope)
		}
	}
}

// TestBatchNormOfTheBatch compares its gradients with differences of the formula in float64.
func TestBatchNormOfTheBatch(t *testing.T) {
	const channels, images, area = 5, 3, 6
	s := newSketch(channels, 2, 3)
	x := s.node("Conv", []string{"x", s.weights(-0.6, 0.6, channels, channels, 1, 1)})
	n := must(t, s.model(s.norm(x, channels)), "", Options{Batch: images, Norm: BatchNorm})
	r := rand.New(rand.NewPCG(71, 72))
	in := normal(r, images*channels*area)
	dy := normal(r, len(in))
	loss := func(w, scale, bias []float64) (sum float64) {
		for c := range channels {
			var u []float64
			for i := range images * area {
				v := 0.0
				for k := range channels {
					v += w[c*channels+k] * float64(in[i/area*channels*area+k*area+i%area])
				}
				u = append(u, v)
			}
			mean, variance := 0.0, 0.0
			for _, v := range u {
				mean += v / float64(len(u))
			}
			for _, v := range u {
				variance += (v - mean) * (v - mean) / float64(len(u))
			}
			for i, v := range u {
				y := (v-mean)/math.Sqrt(variance+1e-5)*scale[c] + bias[c]
				sum += y * float64(dy[i/area*channels*area+c*area+i%area])
			}
		}
		return sum
	}
	if _, err := n.Forward(in, images); err != nil {
		t.Fatal(err)
	}
	if err := n.Backward(dy); err != nil {
		t.Fatal(err)
	}
	var values [3][]float64
	for k, p := range n.Parameters() {
		for _, v := range p.Value {
			values[k] = append(values[k], float64(v))
		}
	}
	for k, p := range n.Parameters() {
		for i, g := range p.Grad {
			const step = 1e-5
			at := values[k][i]
			values[k][i] = at + step
			up := loss(values[0], values[1], values[2])
			values[k][i] = at - step
			down := loss(values[0], values[1], values[2])
			values[k][i] = at
			if want := (up - down) / (2 * step); math.Abs(want-float64(g)) > 2e-5 {
				t.Errorf("%s %d: %g instead of %g", p.Name, i, g, want)
			}
		}
	}
}

func TestWriteGivesWhatInferComputes(t *testing.T) {
	for _, kind := range []Norm{FrozenNorm, BatchNorm} {
		m := torchNet()
		n := must(t, m, "", Options{Batch: 4, Norm: kind})
		x := stepped(t, n, 4)
		x = x[:2*product(n.Input())]
		got, err := n.Infer(x, 2)
		if err != nil {
			t.Fatal(err)
		}
		if n.Backward(got) == nil {
			t.Error("there is a Backward after Infer")
		}
		written, err := n.Write()
		if err != nil {
			t.Fatal(err)
		}
		read, err := onnx.Read(onnx.Write(written))
		if err != nil {
			t.Fatal(err)
		}
		_, values := reference(t, read, x, make([]float32, len(got)), 2)
		for i, v := range slices.Concat(values...) {
			if math.Abs(v-float64(got[i])) > 1e-5 {
				t.Fatalf("norm %d: result %d is %g, of the written model %g", kind, i, got[i], v)
			}
		}
		if before := must(t, m, "", Options{}).Parameters()[0].Value[0]; before == n.Parameters()[0].Value[0] {
			t.Error("training changed nothing, or the model that it was given")
		}
	}
}

// TestIntegersBecomeNumbers trains weights that are stored as 8-bit integers; those that are not trained stay integers.
func TestIntegersBecomeNumbers(t *testing.T) {
	s := newSketch(3, 8, 8)
	x := s.node("Relu", []string{s.node("Conv", []string{"x", s.weights(-0.5, 0.5, 128, 3, 3, 3), s.weights(0, 0.1, 128)})})
	x = s.node("Relu", []string{s.node("Conv", []string{x, s.weights(-0.1, 0.1, 128, 128, 1, 1), s.weights(0, 0.1, 128)})})
	x = s.node("Conv", []string{x, s.weights(-0.1, 0.1, 128, 128, 1, 1), s.weights(0, 0.1, 128)})
	m := s.model(s.node("Flatten", []string{s.node("GlobalAveragePool", []string{x})}))
	m.SetMeta("irum.scale", "0.0078125")
	m.SetMeta("irum.shift", "-1")
	small, _, err := quantise.Weights(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if len(small.Graph.Nodes) != len(m.Graph.Nodes)+2 {
		t.Fatalf("%d nodes instead of two more than %d", len(small.Graph.Nodes), len(m.Graph.Nodes))
	}
	last := m.Graph.Nodes[4].Inputs[1]
	n := must(t, small, "", Options{Trainable: func(name string) bool { return name == last }})
	in := stepped(t, n, 1)
	got, err := n.Infer(in, 1)
	if err != nil {
		t.Fatal(err)
	}
	written, err := n.Write()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, node := range written.Graph.Nodes {
		if node.Op == "DequantizeLinear" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d tensors of integers are left instead of one", count)
	}
	_, values := reference(t, written, in, make([]float32, len(got)), 1)
	for i, v := range values[0] {
		if math.Abs(v-float64(got[i])) > 1e-5 {
			t.Fatalf("result %d is %g, of the written model %g", i, got[i], v)
		}
	}
}

// TestFrom cuts a network: what comes after the cut has the gradients of the whole network, from kept maps.
func TestFrom(t *testing.T) {
	m := torchNet()
	whole := must(t, m, "", Options{Batch: 2})
	cut := ""
	for _, node := range m.Graph.Nodes {
		if node.Op == "MaxPool" {
			cut = node.Outputs[0]
		}
	}
	r := rand.New(rand.NewPCG(81, 82))
	x := normal(r, 2*product(whole.Input()))
	maps := must(t, m, cut, Options{Batch: 2})
	kept, err := maps.Infer(x, 2)
	if err != nil {
		t.Fatal(err)
	}
	rest := must(t, m, "", Options{Batch: 2, From: cut})
	if !slices.Equal(rest.Input(), maps.Output()) {
		t.Fatalf("the input is %v, the kept maps are %v", rest.Input(), maps.Output())
	}
	var results [2][]float32
	for k, n := range []*Net{whole, rest} {
		y, err := n.Forward([][]float32{x, kept}[k], 2)
		if err != nil {
			t.Fatal(err)
		}
		results[k] = slices.Clone(y)
		if err := n.Backward(y); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(results[0], results[1]) {
		t.Error("the rest of the network gives other results than the whole")
	}
	list := whole.Parameters()
	tail := list[len(list)-len(rest.Parameters()):]
	if len(tail) == len(list) || len(tail) != 6 {
		t.Fatalf("%d parameters of %d", len(tail), len(list))
	}
	for i, p := range rest.Parameters() {
		if p.Name != tail[i].Name || !slices.Equal(p.Grad, tail[i].Grad) {
			t.Errorf("%s differs from the whole network's", p.Name)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	s, x := layered(4, 3, 3)
	round := s.node("Round", []string{x})
	m := s.model(s.node("Relu", []string{round}))
	m.Graph.Nodes[1].Name = "step"
	if _, err := New(m, "", Options{}); err == nil || !strings.Contains(err.Error(), "step") || !strings.Contains(err.Error(), "Round") {
		t.Errorf("the error for an operator without a gradient is %v", err)
	}
	if _, err := New(m, "", Options{Trainable: func(string) bool { return false }}); err != nil {
		t.Errorf("where nothing is trained before it, it is only computed: %v", err)
	}
	if _, err := New(m, "nowhere", Options{}); err == nil {
		t.Error("an output that does not exist is taken")
	}
	if _, err := New(m, "", Options{From: "nowhere"}); err == nil {
		t.Error("an input that does not exist is taken")
	}
	s, x = layered(4, 3, 3)
	y := s.node("Relu", []string{x})
	if _, err := New(s.model(s.node("Add", []string{y, x})), "", Options{From: y}); err == nil {
		t.Error("a cut that the input goes around is taken")
	}
	n := must(t, torchNet(), "", Options{Batch: 2})
	if _, err := n.Forward(make([]float32, 5), 1); err == nil {
		t.Error("an image of five numbers is taken")
	}
	if _, err := n.Forward(make([]float32, 3*3*19*17), 3); err == nil {
		t.Error("more images than the batch are taken")
	}
	if err := n.Backward(make([]float32, 7)); err == nil {
		t.Error("there is a Backward before Forward")
	}
}
