package exec

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
)

// conv adds a convolution, whose result lies pixel after pixel, for the operator under test to follow.
func (s *sketch) conv(x string, in, out int) string {
	s.gain = float32(math.Sqrt(2 / float64(in))) // so that chains neither grow nor vanish
	defer func() { s.gain = 1 }()
	return s.node("Conv", []string{x, s.weights(out, in, 1, 1), s.weights(out)})
}

func window(op string, kh, kw, stride int64, pads ...int64) func(s *sketch, x string) string {
	return func(s *sketch, x string) string {
		return s.node(op, []string{x}, onnx.IntsAttr("kernel_shape", kh, kw), onnx.IntsAttr("strides", stride, stride), onnx.IntsAttr("pads", pads...))
	}
}

// TestOperatorsAgree puts every operator behind a convolution (pixel layout) and behind the input (the network's layout).
func TestOperatorsAgree(t *testing.T) {
	const channels, h, w = 6, 5, 7
	for name, c := range map[string]struct {
		make   func(s *sketch, x string) string
		leaves int // steps left to Go
	}{
		"max pool":           {window("MaxPool", 3, 3, 2, 1, 1, 1, 1), 0},
		"max pool 2x4":       {window("MaxPool", 2, 4, 1, 0, 2, 1, 0), 0},
		"average pool":       {window("AveragePool", 3, 2, 1, 1, 0, 1, 1), 0},
		"average of nothing": {window("AveragePool", 2, 2, 1, 2, 2, 2, 2), 0},
		"average 5x5":        {window("AveragePool", 5, 5, 1, 2, 2, 2, 2), 0},
		"average of padding": {func(s *sketch, x string) string {
			return s.node("AveragePool", []string{x}, onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("pads", 1, 1, 1, 1), onnx.IntAttr("count_include_pad", 1))
		}, 0},
		"global": {func(s *sketch, x string) string { return s.node("GlobalAveragePool", []string{x}) }, 0},
		"reduce": {func(s *sketch, x string) string {
			return s.node("ReduceMean", []string{x}, onnx.IntsAttr("axes", 2, 3), onnx.IntAttr("keepdims", 0))
		}, 0},
		"reduce rows": {func(s *sketch, x string) string { return s.node("ReduceMean", []string{x}, onnx.IntsAttr("axes", 2)) }, 0},
		"sigmoid": {func(s *sketch, x string) string {
			return s.node("Sigmoid", []string{s.node("Mul", []string{x, s.scalar(40)})})
		}, 0},
		"tanh": {func(s *sketch, x string) string {
			return s.node("Tanh", []string{s.node("Mul", []string{x, s.scalar(4)})})
		}, 0},
		"hard swish": {func(s *sketch, x string) string {
			return s.node("HardSwish", []string{s.node("Mul", []string{x, s.scalar(9)})})
		}, 0},
		"clip": {func(s *sketch, x string) string {
			return s.node("Clip", []string{s.node("Sigmoid", []string{x}), s.scalar(0.4), s.scalar(0.6)})
		}, 0},
		"add itself": {func(s *sketch, x string) string { return s.node("Relu", []string{s.node("Add", []string{x, x})}) }, 0},
		"add input":  {func(s *sketch, x string) string { return s.node("Add", []string{s.node("Sigmoid", []string{x}), "x"}) }, 0},
		"divide number": {func(s *sketch, x string) string {
			return s.node("Div", []string{s.scalar(3), s.node("Sigmoid", []string{x})})
		}, 0},
		"less channel":  {func(s *sketch, x string) string { return s.node("Sub", []string{x, s.weights(1, channels, 1, 1)}) }, 0},
		"channel less":  {func(s *sketch, x string) string { return s.node("Sub", []string{s.weights(channels, 1, 1), x}) }, 0},
		"full constant": {func(s *sketch, x string) string { return s.node("Mul", []string{x, s.weights(1, channels, h, w)}) }, 0},
		"row constant":  {func(s *sketch, x string) string { return s.node("Mul", []string{x, s.weights(w)}) }, 0},
		"batch norm": {func(s *sketch, x string) string {
			positive := s.node("Sigmoid", []string{x})
			variance := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(variance, []float32{1, 2, 0.5, 3, 0.25, 4}, channels)
			return s.node("BatchNormalization", []string{positive, s.weights(channels), s.weights(channels), s.weights(channels), variance})
		}, 0},
		"folded batch norm": {func(s *sketch, x string) string {
			variance := s.list()
			s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(variance, []float32{1, 2, 0.5, 3, 0.25, 4}, channels)
			y := s.node("Conv", []string{x, s.weights(channels, 1, 3, 3), s.weights(channels)}, onnx.IntAttr("group", channels))
			return s.node("Relu", []string{s.node("BatchNormalization", []string{y, s.weights(channels), s.weights(channels), s.weights(channels), variance})})
		}, 0},
		"squeeze": {func(s *sketch, x string) string {
			gate := s.conv(s.node("GlobalAveragePool", []string{x}), channels, channels)
			return s.node("Mul", []string{x, s.node("Sigmoid", []string{gate})})
		}, 0},
		"concat whole vectors": {func(s *sketch, x string) string {
			return s.node("Concat", []string{s.conv(x, channels, 8), s.conv(x, channels, 4), x}, onnx.IntAttr("axis", 1))
		}, 0},
		"concat": {func(s *sketch, x string) string { return s.node("Concat", []string{x, x}, onnx.IntAttr("axis", 1)) }, 0},
		"transpose": {func(s *sketch, x string) string {
			return s.node("Transpose", []string{x}, onnx.IntsAttr("perm", 0, 2, 3, 1))
		}, 0},
		"dense": {func(s *sketch, x string) string {
			return s.node("Gemm", []string{s.node("Flatten", []string{x}), s.weights(channels*h*w, 10), s.weights(10)}, onnx.FloatAttr("alpha", 0.5), onnx.FloatAttr("beta", 2))
		}, 0},
		"classifier": {func(s *sketch, x string) string {
			flat := s.node("Flatten", []string{s.node("GlobalAveragePool", []string{x})})
			return s.node("Softmax", []string{s.node("Gemm", []string{flat, s.weights(37, channels), s.weights(1, 37)}, onnx.IntAttr("transB", 1))})
		}, 0},
		"rows": {func(s *sketch, x string) string {
			return s.node("MatMul", []string{s.node("Reshape", []string{x, s.list(channels, h*w)}), s.weights(h*w, 9)})
		}, 0},
		"back to an image": {func(s *sketch, x string) string {
			return s.conv(s.node("Reshape", []string{x, s.list(1, 2, 15, -1)}), 2, 3)
		}, 0},
	} {
		for _, behind := range []string{"input", "convolution"} {
			s := newSketch(11, 1, channels, h, w)
			x := "x"
			if behind == "convolution" {
				x = s.conv(x, channels, channels)
			}
			s.build(t, c.make(s, x))
			input, tolerance := s.input(), 4*within(channels*h*7)
			want := portable(t, s, input, tolerance)
			for _, w := range generators(t) {
				left := differ(t, s.net, w, input, want, tolerance)
				if left != c.leaves {
					t.Errorf("%s behind the %s: %d steps were left to Go", name, behind, left)
				}
				if t.Failed() {
					t.Fatalf("%s behind the %s", name, behind)
				}
			}
		}
	}
}

func (s *sketch) scalar(v float32) string {
	name := s.list()
	s.graph.Initializers[len(s.graph.Initializers)-1] = onnx.FloatTensor(name, []float32{v})
	return name
}

// TestRandomNetworks chains and joins random operators; the results are two of the values.
func TestRandomNetworks(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		channels, h, w := 1+r.IntN(9), 3+r.IntN(12), 3+r.IntN(12)
		s := newSketch(seed, 1, channels, h, w)
		type image struct {
			name    string
			c, h, w int
		}
		last := image{"x", channels, h, w}
		var made []image
		for range 3 + r.IntN(8) {
			x := last
			switch op := r.IntN(8); op {
			case 0, 1:
				last = image{s.conv(x.name, x.c, 1+r.IntN(24)), 0, x.h, x.w}
				last.c = int(s.graph.Initializers[len(s.graph.Initializers)-1].Dims[0])
			case 2:
				if x.h < 3 || x.w < 3 {
					continue
				}
				stride := 1 + r.IntN(2)
				last.name = s.node("Conv", []string{x.name, s.weights(x.c, 1, 3, 3)}, onnx.IntAttr("group", int64(x.c)),
					onnx.IntsAttr("pads", 1, 1, 1, 1), onnx.IntsAttr("strides", int64(stride), int64(stride)))
				last.h, last.w = (x.h-1)/stride+1, (x.w-1)/stride+1
			case 3:
				last.name = s.node("Relu", []string{x.name})
			case 4:
				last.name = s.node([]string{"Sigmoid", "Tanh", "HardSwish"}[r.IntN(3)], []string{x.name})
			case 5:
				last.name = s.node("MaxPool", []string{x.name}, onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("pads", 0, 0, 1, 1))
			case 6:
				for _, other := range made {
					if other.c == x.c && other.h == x.h && other.w == x.w {
						last.name = s.node("Add", []string{other.name, last.name})
					}
				}
			case 7: // a block with a residual
				hidden := s.node("Clip", []string{s.conv(x.name, x.c, 12), s.scalar(0), s.scalar(6)})
				last.name = s.node("Add", []string{x.name, s.conv(hidden, 12, x.c)})
			}
			made = append(made, last)
		}
		if len(s.graph.Nodes) == 0 {
			continue
		}
		outputs := []string{last.name}
		if first := made[0].name; first != last.name && first != "x" {
			outputs = append(outputs, first)
		}
		s.build(t, outputs...)
		input := s.input()
		want := portable(t, s, input, 1e-5)
		for _, w := range generators(t) {
			differ(t, s.net, w, input, want, 1e-5)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestExecutors(t *testing.T) {
	ctx := context.Background()
	s := newSketch(1, 1, 3, 4, 4)
	s.build(t, s.conv("x", 3, 5))
	net := s.net
	for _, name := range Executors(ctx) {
		r, got, err := New(ctx, net, Options{Executor: name})
		if err != nil || got != name {
			t.Fatalf("%s: got %s, %v", name, got, err)
		}
		stopped, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := r.Run(stopped, make([]float32, 48)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: a cancelled run gave %v", name, err)
		}
		if _, err := r.Run(ctx, make([]float32, 47)); err == nil {
			t.Errorf("%s: an input of the wrong size was taken", name)
		}
		if r.Peak() == 0 {
			t.Errorf("%s: no memory", name)
		}
		for range 2 {
			must(t, r.Close())
		}
	}
	if _, _, err := New(ctx, net, Options{Executor: "abacus"}); err == nil {
		t.Error("an unknown executor was taken")
	}
}

// TestUnsuited: a network that no program can hold runs portably unless generated code was asked for.
func TestUnsuited(t *testing.T) {
	ctx := context.Background()
	s := newSketch(1, 1, 3, 4, 4)
	y := s.conv("x", 3, 5)
	s.build(t, y, s.node("Slice", []string{y, s.list(2), s.list(2)}))
	net := s.net
	for _, w := range generators(t) {
		if _, err := simd.Compile(net, w.config); !errors.Is(err, simd.ErrUnsuited) {
			t.Errorf("got %v", err)
		}
	}
	r, name, err := New(ctx, net, Options{})
	if err != nil || (name != Go && name != Scalar) {
		t.Fatalf("got %s, %v", name, err)
	}
	if _, err := r.Run(ctx, make([]float32, 48)); err != nil {
		t.Error(err)
	}
}

// TestOutputsOfEveryKind: computed values, constants (anchors of a detector), the input itself, and one twice.
func TestOutputsOfEveryKind(t *testing.T) {
	s := newSketch(1, 1, 3, 4, 4)
	y := s.conv("x", 3, 5)
	anchors := s.node("Transpose", []string{s.weights(2, 7)})
	s.build(t, y, anchors, s.node("Identity", []string{"x"}), s.node("Relu", []string{y}), y)
	input := s.input()
	want := portable(t, s, input, 1e-5)
	for _, w := range generators(t) {
		if left := differ(t, s.net, w, input, want, 1e-5); left != 0 {
			t.Errorf("%d steps were left to Go", left)
		}
	}
}

// TestMaxPoolKeepsNaN: a NaN under the window is the result wherever it lies, infinities are not taken for one.
func TestMaxPoolKeepsNaN(t *testing.T) {
	const c, h, w = 5, 9, 11
	inf := float32(math.Inf(1))
	s := newSketch(3, 1, c, h, w)
	s.build(t, window("MaxPool", 3, 3, 2, 1, 1, 1, 1)(s, "x"))
	r, input := rand.New(rand.NewPCG(1, 1)), s.input()
	for range 20 {
		input[r.IntN(len(input))] = float32(math.NaN())
		input[r.IntN(len(input))] = math.Float32frombits(0xffc00001) // the sign does not matter
		input[r.IntN(len(input))] = inf
		input[r.IntN(len(input))] = -inf
	}
	want, err := NewPortable(s.net).Run(context.Background(), input)
	must(t, err)
	strange := 0
	for _, way := range generators(t) {
		g, err := newGenerated(context.Background(), s.net, way)
		must(t, err)
		defer g.Close()
		got, err := g.Run(context.Background(), input)
		must(t, err)
		for i, v := range want[0] {
			if math.IsNaN(float64(v)) {
				strange++
			}
			if o := got[0][i]; o != v && !(math.IsNaN(float64(o)) && math.IsNaN(float64(v))) {
				t.Fatalf("%s: value %d is %g, want %g", way.name, i, o, v)
			}
		}
	}
	if strange == 0 {
		t.Error("no result is NaN")
	}
}
