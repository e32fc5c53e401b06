package torch

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/engine/tflite"
)

var findOnce = sync.OnceValues(func() (Host, error) { return Find(context.Background(), os.Getenv("IRUM_PYTHON")) })

// pytorch gives the host's PyTorch, or skips the test.
func pytorch(t *testing.T) Host {
	t.Helper()
	h, err := findOnce()
	if err != nil {
		t.Skipf("this test needs PyTorch: %v", err)
	}
	return h
}

// python runs a test's own script beside the trainer's files.
func python(t *testing.T, h Host, script string, args ...string) {
	t.Helper()
	main, err := unpack(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text := "import sys\nsys.path.insert(0, " + strings.ReplaceAll(strings.TrimSpace(string(mustJSON(filepath.Dir(main)))), "\\", "/") + ")\n" + script
	cmd := exec.Command(h.Python, append([]string{"-c", text}, args...)...)
	cmd.Env = environment(os.Environ(), []string{"PYTHONDONTWRITEBYTECODE=1"})
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func floatBytes(values []float32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

func readFloats(t *testing.T, name string) []float32 {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// compute runs an ONNX file's first output by the engine.
func compute(t *testing.T, data []byte, input []float32) []float32 {
	t.Helper()
	n, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Compile(context.Background(), n, engine.Options{Direct: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	out, err := s.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out[0])
}

func noise(n int, seed uint64) []float32 {
	random := rand.New(rand.NewPCG(seed, 7))
	out := make([]float32, n)
	for i := range out {
		out[i] = 2*random.Float32() - 1
	}
	return out
}

// difference is the largest between a and b, relative to the largest of b.
func difference(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	worst, top := 0.0, 1e-12
	for i := range b {
		worst, top = max(worst, math.Abs(float64(a[i]-b[i]))), max(top, math.Abs(float64(b[i])))
		if math.IsNaN(float64(a[i])) {
			return math.Inf(1)
		}
	}
	return worst / top
}

// networks are classifiers of all kinds as backbones; what they give is taken for an embedding.
func networks(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{
		"resnet18": onnx.Write(enginetest.ResNet18(64)), "squeezenet": onnx.Write(enginetest.SqueezeNet(95)), "shufflenet": onnx.Write(enginetest.ShuffleNet(64)),
		"efficientnet": onnx.Write(enginetest.EfficientNet(64)), "mobilenetv3": onnx.Write(enginetest.MobileNetV3(64)), "moves": onnx.Write(movingNetwork()),
	}
	if bundle, err := os.ReadFile("../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"); err == nil {
		if out["default"], err = tflite.HalfBackbone(bundle); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// movingNetwork has the operators that the others have not: transposed convolution, resizing, slices, padding, averages that count
// padding or not, instance norm, local response, and a matrix that is turned.
func movingNetwork() *onnx.Model {
	weights := func(name string, dims ...int64) onnx.Tensor {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		return onnx.FloatTensor(name, noise(int(n), uint64(len(name)+int(n))), dims...)
	}
	node := func(op string, inputs []string, output string, attrs ...onnx.Attr) onnx.Node {
		return onnx.Node{Op: op, Inputs: inputs, Outputs: []string{output}, Attrs: attrs}
	}
	g := onnx.Graph{
		Name:   "moves",
		Inputs: []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, 16, 16}}},
		Initializers: []onnx.Tensor{
			weights("up", 3, 4, 3, 3), weights("bias", 4), weights("scale", 4), weights("shift", 4), weights("slope", 4, 1, 1), weights("turned", 6, 4),
			onnx.IntTensor("pads", []int64{0, 0, 1, -1, 0, 0, 2, 1}, 8), onnx.IntTensor("starts", []int64{20, 1}, 2), onnx.IntTensor("ends", []int64{0, 30}, 2),
			onnx.IntTensor("axes", []int64{2, 3}, 2), onnx.IntTensor("steps", []int64{-2, 1}, 2), onnx.FloatTensor("scales", []float32{1, 1, 1.5, 2}, 4),
			onnx.FloatTensor("three", []float32{3}, 1),
		},
		Nodes: []onnx.Node{
			node("ConvTranspose", []string{"x", "up", "bias"}, "a", onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 0, 0, 1), onnx.IntsAttr("output_padding", 1, 0)),
			node("InstanceNormalization", []string{"a", "scale", "shift"}, "b"),
			node("PRelu", []string{"b", "slope"}, "c"),
			node("Pad", []string{"c", "pads"}, "d"),
			node("Slice", []string{"d", "starts", "ends", "axes", "steps"}, "e"),
			node("AveragePool", []string{"e"}, "f", onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1), onnx.IntAttr("ceil_mode", 1)),
			node("AveragePool", []string{"f"}, "g", onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("pads", 1, 0, 0, 1), onnx.IntAttr("count_include_pad", 1)),
			node("Resize", []string{"g", "", "scales"}, "h", onnx.StringAttr("mode", "linear")),
			node("LRN", []string{"h"}, "i", onnx.IntAttr("size", 3), onnx.FloatAttr("alpha", 0.1)),
			node("Pow", []string{"i", "three"}, "j"),
			node("Gelu", []string{"j"}, "k"),
			node("ReduceMax", []string{"k", "axes"}, "l", onnx.IntAttr("keepdims", 0)),
			node("Transpose", []string{"turned"}, "m", onnx.IntsAttr("perm", 1, 0)),
			node("MatMul", []string{"l", "m"}, "n"),
			node("Softmax", []string{"n"}, "o"),
		},
		Outputs: []onnx.Value{{Name: "o", Type: onnx.Float}},
	}
	return &onnx.Model{IRVersion: 9, Opsets: []onnx.Opset{{Version: 20}}, Graph: g}
}

const forwardScript = `
import json
import numpy as np, torch
from network import Network
torch.set_num_threads(2)
for folder in sys.argv[1:]:
    description = json.load(open(folder + "/network.json"))
    net = Network(description, np.fromfile(folder + "/weights.f32", np.float32), False).eval()
    size = description["size"]
    x = torch.from_numpy(np.fromfile(folder + "/input.f32", np.float32)).reshape(-1, 3, size, size)
    with torch.no_grad():
        net(x.contiguous(memory_format=torch.channels_last)).contiguous().numpy().tofile(folder + "/output.f32")
    assert np.array_equal(net.flat(), np.fromfile(folder + "/weights.f32", np.float32)), folder
`

// TestTrainerComputesWhatTheEngineDoes compares embeddings of a batch of three images with the engine's, one by one.
func TestTrainerComputesWhatTheEngineDoes(t *testing.T) {
	h := pytorch(t)
	var folders []string
	inputs, read := map[string][]float32{}, map[string]*network{}
	all := networks(t)
	for name, data := range all {
		n, err := readNetwork(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		dir := filepath.Join(t.TempDir(), name)
		inputs[name], read[name] = noise(3*3*n.size*n.size, 1), n
		folders = append(folders, dir)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, data := range map[string][]byte{"network.json": n.text, "weights.f32": n.weights(), "input.f32": floatBytes(inputs[name])} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	python(t, h, forwardScript, folders...)
	for _, dir := range folders {
		name := filepath.Base(dir)
		n, got := read[name], readFloats(t, filepath.Join(dir, "output.f32"))
		if len(got) != 3*n.dim {
			t.Errorf("%s: %d numbers for 3 embeddings of %d", name, len(got), n.dim)
			continue
		}
		each := 3 * n.size * n.size
		for i := range 3 {
			if d := difference(got[i*n.dim:][:n.dim], compute(t, all[name], inputs[name][i*each:][:each])); d > 1e-4 {
				t.Errorf("%s: image %d differs by %g", name, i, d)
			}
		}
	}
}

// TestWeightsComeBack: networks that nothing was learnt about stay what they are, and what was learnt is in the file.
func TestWeightsComeBack(t *testing.T) {
	all := map[string][]byte{"mobilenetv3": onnx.Write(enginetest.MobileNetV3(64)), "moves": onnx.Write(movingNetwork())}
	plain := enginetest.ResNet18(64)
	plain.SetMeta("irum.scale", "0.01")
	plain.SetMeta("irum.shift", "-1")
	small, _, err := quantise.Weights(context.Background(), plain)
	if err != nil {
		t.Fatal(err)
	}
	all["integers"] = onnx.Write(small)
	for name, data := range all {
		n, err := readNetwork(data)
		if err != nil {
			t.Fatal(err)
		}
		trainables := 0
		for _, tensor := range n.tensors {
			if tensor.Trainable {
				trainables++
			}
		}
		if trainables < len(n.tensors)/2-2 || trainables == 0 {
			t.Errorf("%s: %d of %d tensors learn", name, trainables, len(n.tensors))
		}
		head := make([]float32, 2*(n.dim+1))
		input := noise(3*n.size*n.size, 2)
		before := compute(t, data, input)
		same, _, err := n.learnt(floatBytes(append(slices.Clone(n.values), head...)), 2, false)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(compute(t, same, input), before); d > 1e-6 {
			t.Errorf("%s: a network that nothing was learnt about differs by %g", name, d)
		}
		other := slices.Clone(n.values)
		for _, tensor := range n.tensors {
			if tensor.Trainable {
				for i := range length(tensor.Shape) {
					other[tensor.Offset+i] *= 1.01
				}
			}
		}
		changed, h, err := n.learnt(floatBytes(append(other, head...)), 2, true)
		if err != nil {
			t.Fatal(err)
		}
		if h.D != n.dim || h.Classes != 2 || !h.Multi {
			t.Errorf("%s: head %d x %d", name, h.Classes, h.D)
		}
		again, err := readNetwork(changed)
		if err != nil {
			t.Fatal(err)
		}
		if !sameTensors(again, n.names, other, n.tensors) {
			t.Errorf("%s: the file does not hold what was learnt", name)
		}
		if difference(compute(t, changed, input), before) < 1e-5 {
			t.Errorf("%s: other weights give the same embedding", name)
		}
	}
}

// sameTensors tells whether the network has those values by name.
func sameTensors(n *network, names []string, values []float32, tensors []tensor) bool {
	for i, name := range names {
		at := slices.Index(n.names, name)
		if at < 0 || !slices.Equal(n.values[n.tensors[at].Offset:][:length(tensors[i].Shape)], values[tensors[i].Offset:][:length(tensors[i].Shape)]) {
			return false
		}
	}
	return true
}

func TestResultsThatAreNoWeightsAreRefused(t *testing.T) {
	n, err := readNetwork(onnx.Write(enginetest.ShuffleNet(64)))
	if err != nil {
		t.Fatal(err)
	}
	good := floatBytes(append(slices.Clone(n.values), make([]float32, 2*(n.dim+1))...))
	bad := bytes.Clone(good)
	copy(bad[40:], floatBytes([]float32{float32(math.NaN())}))
	for name, data := range map[string][]byte{"short": good[:len(good)-4], "long": append(bytes.Clone(good), 0, 0, 0, 0), "no number": bad, "empty": nil} {
		if _, _, err := n.learnt(data, 2, false); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNetworksThatCannotBeTrainedAreRefused(t *testing.T) {
	mixing := movingNetwork()
	mixing.Graph.Nodes = []onnx.Node{{Op: "Transpose", Inputs: []string{"x"}, Outputs: []string{"o"}, Attrs: []onnx.Attr{onnx.IntsAttr("perm", 1, 0, 2, 3)}}}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"no ONNX":           {[]byte("hello"), "read the backbone"},
		"a map as output":   {onnx.Write(func() *onnx.Model { m := movingNetwork(); m.Graph.Outputs[0].Name = "c"; return m }()), "an embedding [1 D] are expected"},
		"a batch that goes": {onnx.Write(mixing), "takes"},
	} {
		if _, err := readNetwork(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
