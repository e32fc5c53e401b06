package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
	"github.com/irum-app/irum/engine/tflite"
)

const (
	bundlePath    = "../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	quantisedPath = "../../shared/data/models/mobilenet_v2_1.0_224_quant.tflite"
)

// noise fills an input with the fixed pseudo-random numbers in [-1, 1) that the stored outputs were made from.
func noise(n int) []float32 {
	out, state := make([]float32, n), uint32(1)
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = float32(state>>8)/float32(1<<23) - 1
	}
	return out
}

func stored(t *testing.T, name string) []float32 {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the model is not there: %v", err)
	}
	return data
}

var writeTo = flag.String("write", "", "write the networks there as ONNX files, for testdata/onnxruntime.mjs")

// TestWholeNetworks compares with outputs of ONNX Runtime Web 1.30.0 (one thread) for the same ONNX file and input.
func TestWholeNetworks(t *testing.T) {
	networks := map[string]func(t *testing.T) []byte{
		"backbone": func(t *testing.T) []byte { return made(t)(tflite.Backbone(read(t, bundlePath))) },
		"mnv2":     func(t *testing.T) []byte { return made(t)(tflite.Convert(read(t, quantisedPath), tflite.Options{})) },
	}
	for name, network := range enginetest.Networks() {
		networks[name] = func(*testing.T) []byte { return onnx.Write(network()) }
	}
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		t.Run(name, func(t *testing.T) {
			data := networks[name](t)
			if *writeTo != "" {
				if err := errors.Join(os.MkdirAll(*writeTo, 0o755), os.WriteFile(filepath.Join(*writeTo, name+".onnx"), data, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want := stored(t, name+".f32")
			for _, executor := range Executors(context.Background()) {
				if executor == "scalar" && name == "resnet18" {
					continue // 15 s there; the others run the same Go natively
				}
				t.Run(executor, func(t *testing.T) { compareWhole(t, data, executor, want) })
			}
		})
	}
}

// TestNetworksStayInTheModule: no step of these networks is left to portable Go.
func TestNetworksStayInTheModule(t *testing.T) {
	for name, network := range enginetest.Networks() {
		net, err := graph.Build(network())
		if err != nil {
			t.Fatal(err)
		}
		for _, config := range []simd.Config{simd.Relaxed, simd.Plain, simd.Wazero, simd.Native} {
			program, err := simd.Compile(net, config)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, task := range program.Tasks {
				if task.Step != nil {
					t.Errorf("%s: %s is left to Go", name, task.Step.Label)
				}
			}
		}
	}
}

func made(t *testing.T) func(data []byte, err error) []byte {
	return func(data []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
}

func compareWhole(t *testing.T, data []byte, executor string, want []float32) {
	net, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	session, err := Compile(context.Background(), net, Options{Executor: executor})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	n := 1
	for _, d := range session.Info().Input {
		n *= d
	}
	input := noise(n)
	for range 2 { // the second run must not see what the first left in its buffers
		start := time.Now()
		results, err := session.Run(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		out := slices.Concat(results...)
		if len(out) != len(want) {
			t.Fatalf("%d values, want %d", len(out), len(want))
		}
		worst, largest := 0.0, 0.0
		for i, w := range want {
			worst, largest = max(worst, math.Abs(float64(out[i]-w))), max(largest, math.Abs(float64(w)))
		}
		// Float32 rounding through up to 50 layers of reductions of up to 4608 terms, seen: 1e-5 of the largest value.
		if !(worst <= 2e-5*largest) {
			t.Errorf("largest difference %g of %g", worst, largest)
		}
		t.Logf("largest difference %.2g of %.2g, activations %d KiB, %v", worst, largest, session.Peak()>>10, took)
	}
}

func small(nodes []onnx.Node, initializers ...onnx.Tensor) *onnx.Model {
	return &onnx.Model{
		IRVersion: 7, Opsets: []onnx.Opset{{Version: 13}},
		Graph: onnx.Graph{
			Nodes: nodes, Initializers: initializers,
			Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{-1, 2, 2, 2}}},
			Outputs: []onnx.Value{{Name: "y", Type: onnx.Float}},
		},
	}
}

func node(op string, inputs []string, attrs ...onnx.Attr) onnx.Node {
	return onnx.Node{Op: op, Inputs: inputs, Outputs: []string{"y"}, Attrs: attrs}
}

// TestOperators runs each operator on [[1 2][3 4]], [[-1 -2][-3 -4]] against values computed by hand.
func TestOperators(t *testing.T) {
	input := []float32{1, 2, 3, 4, -1, -2, -3, -4}
	x := []string{"x"}
	for name, c := range map[string]struct {
		node onnx.Node
		init []onnx.Tensor
		want []float32
	}{
		"relu":        {node("Relu", x), nil, []float32{1, 2, 3, 4, 0, 0, 0, 0}},
		"clip":        {node("Clip", []string{"x", "", "hi"}), []onnx.Tensor{onnx.FloatTensor("hi", []float32{1.5})}, []float32{1, 1.5, 1.5, 1.5, -1, -2, -3, -4}},
		"global":      {node("GlobalAveragePool", x), nil, []float32{2.5, -2.5}},
		"reduce":      {node("ReduceMean", x, onnx.IntsAttr("axes", 2), onnx.IntAttr("keepdims", 0)), nil, []float32{2, 3, -2, -3}},
		"transpose":   {node("Transpose", x, onnx.IntsAttr("perm", 0, 2, 3, 1)), nil, []float32{1, -1, 2, -2, 3, -3, 4, -4}},
		"concat":      {node("Concat", []string{"x", "x"}, onnx.IntAttr("axis", -1)), nil, []float32{1, 2, 1, 2, 3, 4, 3, 4, -1, -2, -1, -2, -3, -4, -3, -4}},
		"channel mul": {node("Mul", []string{"x", "k"}), []onnx.Tensor{onnx.FloatTensor("k", []float32{2, 3}, 1, 2, 1, 1)}, []float32{2, 4, 6, 8, -3, -6, -9, -12}},
		"sub":         {node("Sub", []string{"k", "x"}), []onnx.Tensor{onnx.FloatTensor("k", []float32{1})}, []float32{0, -1, -2, -3, 2, 3, 4, 5}},
		"hard swish":  {node("HardSwish", x), nil, []float32{1 * 4.0 / 6, 2 * 5.0 / 6, 3, 4, -1 * 2.0 / 6, -2 * 1.0 / 6, 0, 0}},
		"max pool":    {node("MaxPool", x, onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("pads", 0, 0, 1, 1)), nil, []float32{4, 4, 4, 4, -1, -2, -3, -4}},
		"average pool": {
			node("AveragePool", x, onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("pads", 0, 0, 1, 1)), nil,
			[]float32{2.5, 3, 3.5, 4, -2.5, -3, -3.5, -4},
		},
		"batch norm": {
			node("BatchNormalization", []string{"x", "s", "b", "m", "v"}, onnx.FloatAttr("epsilon", 0)),
			[]onnx.Tensor{
				onnx.FloatTensor("s", []float32{2, 1}, 2), onnx.FloatTensor("b", []float32{1, 0}, 2),
				onnx.FloatTensor("m", []float32{1, -1}, 2), onnx.FloatTensor("v", []float32{4, 1}, 2),
			},
			[]float32{1, 2, 3, 4, 0, -1, -2, -3},
		},
		"conv": { // 2x2 kernels summing both channels, stride 1, padded below and right
			node("Conv", []string{"x", "w", "c"}, onnx.IntsAttr("pads", 0, 0, 1, 1)),
			[]onnx.Tensor{onnx.FloatTensor("w", []float32{1, 1, 1, 1, 0, 0, 0, 1}, 1, 2, 2, 2), onnx.FloatTensor("c", []float32{10}, 1)},
			[]float32{16, 16, 17, 14},
		},
		"depthwise strided": {
			node("Conv", []string{"x", "w"}, onnx.IntAttr("group", 2), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1)),
			[]onnx.Tensor{onnx.FloatTensor("w", []float32{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 2, 1, 3, 3)},
			[]float32{4, -1},
		},
	} {
		net, err := Load(onnx.Write(small([]onnx.Node{c.node}, c.init...)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		session, err := Compile(context.Background(), net, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := session.Run(context.Background(), input)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ok := len(out[0]) == len(c.want)
		for i := range c.want {
			ok = ok && math.Abs(float64(out[0][i]-c.want[i])) < 1e-6
		}
		if !ok {
			t.Errorf("%s: got %v, want %v", name, out[0], c.want)
		}
	}
}

func TestWhatCannotRunIsNamed(t *testing.T) {
	for name, m := range map[string]*onnx.Model{
		"unsupported": small([]onnx.Node{node("NonMaxSuppression", []string{"x"})}),
		"cycle":       small([]onnx.Node{node("Add", []string{"x", "y"})}),
		"shapes":      small([]onnx.Node{node("Add", []string{"x", "k"})}, onnx.FloatTensor("k", make([]float32, 3), 3)),
		"reshape":     small([]onnx.Node{node("Reshape", []string{"x", "s"})}, onnx.IntTensor("s", []int64{3, -1}, 2)),
		"kernel":      small([]onnx.Node{node("MaxPool", []string{"x"}, onnx.IntsAttr("kernel_shape", 3, 3))}),
		"no output":   small([]onnx.Node{{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"z"}}}),
	} {
		net, err := Load(onnx.Write(m))
		if err == nil {
			_, err = Compile(context.Background(), net, Options{})
		}
		if err == nil {
			t.Errorf("%s: compiled", name)
		}
		var unsupported *graph.UnsupportedError
		if name == "unsupported" && (!errors.As(err, &unsupported) || unsupported.Op != "NonMaxSuppression" || unsupported.Opset != 13) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunStopsWhenCancelled(t *testing.T) {
	net, err := Load(onnx.Write(small([]onnx.Node{node("Relu", []string{"x"})})))
	if err != nil {
		t.Fatal(err)
	}
	session, err := Compile(context.Background(), net, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := session.Run(ctx, make([]float32, 8)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := session.Run(context.Background(), make([]float32, 7)); err == nil {
		t.Error("an input of the wrong size was taken")
	}
}

// BenchmarkBackbone is one image of 300x300 through the default backbone.
func BenchmarkBackbone(b *testing.B) {
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		b.Skip(err)
	}
	data, err := tflite.Backbone(bundle)
	if err != nil {
		b.Fatal(err)
	}
	net, err := Load(data)
	if err != nil {
		b.Fatal(err)
	}
	for _, executor := range Executors(context.Background()) {
		b.Run(executor, func(b *testing.B) {
			start := time.Now()
			session, err := Compile(context.Background(), net, Options{Executor: executor})
			if err != nil {
				b.Fatal(err)
			}
			defer session.Close()
			compiled := time.Since(start)
			input := noise(3 * 300 * 300)
			for b.Loop() {
				if _, err := session.Run(context.Background(), input); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(compiled.Seconds()*1000, "ms-compile")
			b.ReportMetric(float64(session.Peak())/(1<<20), "MiB-activations")
		})
	}
}

// BenchmarkNetworks is one image through each of the generated networks, by the fastest executor of the host.
func BenchmarkNetworks(b *testing.B) {
	networks := enginetest.Networks()
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		b.Run(name, func(b *testing.B) {
			net, err := Load(onnx.Write(networks[name]()))
			if err != nil {
				b.Fatal(err)
			}
			session, err := Compile(context.Background(), net, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer session.Close()
			shape := session.Info().Input
			input := noise(shape[0] * shape[1] * shape[2] * shape[3])
			for b.Loop() {
				if _, err := session.Run(context.Background(), input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
