package tune

import (
	"math"
	"testing"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/grad"
	"github.com/irum-app/irum/engine/onnx"
)

func parameter(values, gradient []float32) *grad.Parameter {
	return &grad.Parameter{Name: "w", Shape: []int{len(values)}, Value: values, Grad: gradient, Decay: true}
}

// TestStepsByHand compares two steps of each rule with what its paper's formulas give.
func TestStepsByHand(t *testing.T) {
	flat := func(string) float64 { return 1 }
	p := parameter([]float32{1}, []float32{0.5})
	m := newMoments(SGD, []*grad.Parameter{p}, flat)
	m.step(0.1, 0.01) // g = .51, v = .51, w = 1 - .1 (.51 + .9 .51)
	want := 1 - 0.1*1.9*0.51
	near(t, "SGD, first step", p.Value[0], want)
	g := 0.5 + 0.01*want
	m.step(0.1, 0.01)
	near(t, "SGD, second step", p.Value[0], want-0.1*(g+0.9*(0.9*0.51+g)))

	p = parameter([]float32{1}, []float32{0.5})
	m = newMoments(AdamW, []*grad.Parameter{p}, flat)
	m.step(0.1, 0.01) // the first step is the rate itself, whatever the gradient
	near(t, "AdamW, first step", p.Value[0], 0.999-0.1)
	p.Grad[0] = -0.25
	m.step(0.1, 0.01)
	first, second := (0.9*0.1*0.5-0.1*0.25)/(1-0.81), (0.999*0.001*0.25+0.001*0.0625)/(1-0.999*0.999)
	near(t, "AdamW, second step", p.Value[0], 0.899*0.999-0.1*first/math.Sqrt(second))

	p = parameter([]float32{1}, []float32{0})
	p.Decay = false
	newMoments(AdamW, []*grad.Parameter{p}, flat).step(0.1, 0.5)
	near(t, "no decay, no gradient", p.Value[0], 1)
}

func near(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 1e-5 {
		t.Errorf("%s: %v instead of %v", what, got, want)
	}
}

func TestClip(t *testing.T) {
	a, b := parameter([]float32{0}, []float32{3}), parameter([]float32{0}, []float32{4})
	if norm := clip([]*grad.Parameter{a, b}, 10); norm != 5 || a.Grad[0] != 3 {
		t.Errorf("norm %v, gradient %v", norm, a.Grad[0])
	}
	clip([]*grad.Parameter{a, b}, 1)
	near(t, "clipped", a.Grad[0], 0.6)
	near(t, "clipped", b.Grad[0], 0.8)
}

func TestRate(t *testing.T) {
	last := 0.0
	for step := range 10 {
		if v := rate(1, step, 10, 100); v <= last || v >= 1 {
			t.Errorf("step %d of the warm-up: %v after %v", step, v, last)
		} else {
			last = v
		}
	}
	if rate(1, 10, 10, 100) != 1 || math.Abs(rate(1, 55, 10, 100)-0.5) > 1e-12 || rate(1, 100, 10, 100) > 1e-3 || rate(1, 99, 10, 100) <= 0 {
		t.Errorf("after it: %v, half way %v, at the end %v", rate(1, 10, 10, 100), rate(1, 55, 10, 100), rate(1, 100, 10, 100))
	}
	if rate(1, 0, 0, 1) <= 0 {
		t.Error("a training of one step stands still")
	}
}

func TestAverage(t *testing.T) {
	p := parameter([]float32{0}, nil)
	a := newAverage(0.9, []*grad.Parameter{p})
	p.Value[0] = 1
	for k := range 200 {
		a.step(k + 1)
	}
	a.swap()
	if p.Value[0] < 0.99 || p.Value[0] > 1 {
		t.Errorf("the average of 1 is %v", p.Value[0])
	}
	a.swap()
	if p.Value[0] != 1 {
		t.Errorf("the weight did not come back: %v", p.Value[0])
	}
}

// TestLossSlope compares every loss's gradient with differences of the loss itself.
func TestLossSlope(t *testing.T) {
	logits := []float32{0.3, -1.2, 2, 0.1, 0.9, -0.4}
	y := []float32{0.7, 0.1, 0.2, 0, 1, 0}
	for name, tr := range map[string]*trainer{
		"softmax":          {d: Data{Classes: 3}, o: Options{Batch: 2}},
		"weighted softmax": {d: Data{Classes: 3}, o: Options{Batch: 2}, weights: []float32{1, 3, 0.5}},
		"binary":           {d: Data{Classes: 3, Multi: true}, o: Options{Batch: 2}, weights: []float32{1, 3, 0.5}},
		"focal":            {d: Data{Classes: 3, Multi: true}, o: Options{Batch: 2, Focus: 2}},
	} {
		_, dy := tr.loss(logits, y)
		dy = append([]float32(nil), dy...)
		for i := range logits {
			const h = 1e-2
			up, down := append([]float32(nil), logits...), append([]float32(nil), logits...)
			up[i] += h
			down[i] -= h
			high, _ := tr.loss(up, y)
			low, _ := tr.loss(down, y)
			if slope := (high - low) / (2 * h); math.Abs(slope-float64(dy[i])) > 1e-4 {
				t.Errorf("%s, logit %d: slope %v instead of %v", name, i, dy[i], slope)
			}
		}
	}
}

func TestBeta(t *testing.T) {
	sum := 0.0
	const n = 4000
	for k := range n {
		v := beta(source(1, drawMix, k, 0), 0.2)
		if v < 0.5 || v > 1 {
			t.Fatalf("draw %v", v)
		}
		sum += v
	}
	// E max(X, 1-X) of Beta(0.2, 0.2), by quadrature.
	if mean := sum / n; math.Abs(mean-0.9037) > 0.01 {
		t.Errorf("mean %v", mean)
	}
}

func TestCut(t *testing.T) {
	for name, want := range map[string]int{"resnet18": 512 * 7 * 7, "mobilenetv3": 160 * 3 * 3, "efficientnet": 0} {
		m := enginetest.Networks()[name]()
		cut, size, err := Cut(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%s is cut at %q of %d values", name, cut, size)
		if want > 0 && size != want {
			t.Errorf("%s is cut at %q of %d values, not %d", name, cut, size, want)
		}
	}
	m := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}, Graph: onnx.Graph{
		Nodes:   []onnx.Node{{Op: "Flatten", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, 4, 4}}},
		Outputs: []onnx.Value{{Name: "y", Type: onnx.Float, Dims: []int64{1, 48}}},
	}}
	if _, _, err := Cut(m); err == nil {
		t.Error("a network without maps was cut")
	}
}
