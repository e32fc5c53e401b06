package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tflite"
)

// TestPublishedSizes: the papers and the common implementations name these numbers (batch norm folded into biases).
func TestPublishedSizes(t *testing.T) {
	for name, want := range map[string]struct{ multiplications, params int }{
		"mobilenetv2": {300_774_272, 3_487_816},
		"resnet18":    {1_814_073_344, 11_684_712},
	} {
		n := Build(name, 224)
		if n.FLOPs() != 2*want.multiplications || n.Params() != want.params {
			t.Errorf("%s: %d multiplications and %d weights, want %+v", name, n.FLOPs()/2, n.Params(), want)
		}
	}
	if Build("other", 224) != nil {
		t.Error("an unknown network was built")
	}
}

func outputs(t *testing.T, data, input []float32, onnx []byte) []float32 {
	t.Helper()
	net, err := engine.Load(onnx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Compile(context.Background(), net, engine.Options{Executor: exec.Go})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, out[0]...)
}

// TestBothFormatsAreTheSameNetwork runs the ONNX file and what engine/tflite makes of the TFLite file, over sides that
// make SAME padding uneven, and again with other weights to see that the outputs depend on them.
func TestBothFormatsAreTheSameNetwork(t *testing.T) {
	for _, name := range Names() {
		for _, size := range []int{64, 50} {
			n := Build(name, size)
			input := Planes(n.Noise(), size)
			converted, err := tflite.Convert(n.TFLite(), tflite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			a, b := outputs(t, nil, input, n.ONNX()), outputs(t, nil, input, converted)
			worst, largest := 0.0, 0.0
			for i := range a {
				worst = max(worst, math.Abs(float64(a[i]-b[i])))
				largest = max(largest, math.Abs(float64(a[i])))
			}
			t.Logf("%s %d: largest output %g, largest difference %g", name, size, largest, worst)
			if len(a) != Classes || len(b) != Classes || !(largest > 0.1 && largest < 1e4) || worst > 1e-4*largest {
				t.Errorf("%s %d: %d and %d outputs up to %g differ by %g", name, size, len(a), len(b), largest, worst)
			}
			n.Layers[0].Weights[5] += 1
			if c := outputs(t, nil, input, n.ONNX()); c[7] == a[7] {
				t.Errorf("%s %d: another weight gives the same output", name, size)
			}
		}
	}
}

// TestAlignment: the schema asks for weights on a boundary of 16 bytes.
func TestAlignment(t *testing.T) {
	n := Build("resnet18", 32)
	data := n.TFLite()
	for i, l := range n.Layers {
		if l.Weights == nil {
			continue
		}
		var raw []byte
		for _, v := range l.Weights[:8] {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		if at := bytes.Index(data, raw); at < 0 || at%16 != 0 {
			t.Errorf("the weights of layer %d lie at byte %d", i, at)
		}
	}
}

// TestLayerList reads one weight of each kind back from the list for TensorFlow.js.
func TestLayerList(t *testing.T) {
	n := Build("mobilenetv2", 32)
	list, weights := n.TFJS()
	var layers []Listed
	if err := json.Unmarshal(list, &layers); err != nil {
		t.Fatal(err)
	}
	if len(layers) != len(n.Layers) || len(weights) != 4*n.Params() {
		t.Fatalf("%d layers, %d bytes", len(layers), len(weights))
	}
	at := func(p *Place, index ...int) float32 {
		k := 0
		for i, d := range p.Shape {
			k = k*d + index[i]
		}
		return math.Float32frombits(binary.LittleEndian.Uint32(weights[4*(p.Offset+k):]))
	}
	for i, l := range layers {
		from := &n.Layers[i]
		_, channels := n.shape(l.In)
		var got, want float32
		switch l.Op {
		case Conv: // row 1 of 3 where there is one, column 0, input 2, output 9
			row := l.Kernel / 2
			got, want = at(l.Weights, row, 0, 2, 9), from.Weights[((9*l.Kernel+row)*l.Kernel)*channels+2]
		case Depthwise:
			got, want = at(l.Weights, 1, 2, 5, 0), from.Weights[(1*3+2)*channels+5]
		case Dense:
			got, want = at(l.Weights, 4, 77), from.Weights[77*channels+4]
		default:
			continue
		}
		if got != want || at(l.Bias, 3) != from.Bias[3] {
			t.Errorf("layer %d %s: weight %g, want %g", i, l.Op, got, want)
		}
	}
}

// TestKernels: the model of single convolutions has each shape as its branch's second convolution, as the bench counts them.
func TestKernels(t *testing.T) {
	model, err := onnx.Read(KernelsONNX())
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Build(model)
	if err != nil {
		t.Fatal(err)
	}
	var flops []int
	for _, s := range net.Steps {
		if s.Op == "Conv" {
			weights, out := &net.Values[s.In[1]], &net.Values[s.Out]
			flops = append(flops, 2*weights.Len()*out.Shape[2]*out.Shape[3])
		}
	}
	list := Kernels()
	if len(flops) != 2*len(list) || len(list) < 20 {
		t.Fatalf("%d convolutions for %d shapes", len(flops), len(list))
	}
	for i, k := range list {
		if flops[2*i+1] != k.FLOPs() {
			t.Errorf("%v takes %d operations, its branch does %d", k, k.FLOPs(), flops[2*i+1])
		}
	}
}
