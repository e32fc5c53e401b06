package train_test

import (
	"context"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
)

// tinyBackbone is a convolution, a clip, a global average pool and a flatten: [1,3,8,8] to [1,5].
func tinyBackbone(rng *rand.Rand) []byte {
	weights := make([]float32, 5*3*3*3)
	for i := range weights {
		weights[i] = float32(rng.NormFloat64())
	}
	m := &onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: 13}}}
	m.SetMeta("irum.input", "8")
	m.Graph = onnx.Graph{
		Name:         "tiny",
		Inputs:       []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 8, 8}}},
		Outputs:      []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 5}}},
		Initializers: []onnx.Tensor{onnx.FloatTensor("w", weights, 5, 3, 3, 3)},
		Nodes: []onnx.Node{
			{Op: "Conv", Inputs: []string{"image", "w"}, Outputs: []string{"c"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 3, 3)}},
			{Op: "Relu", Inputs: []string{"c"}, Outputs: []string{"r"}},
			{Op: "GlobalAveragePool", Inputs: []string{"r"}, Outputs: []string{"p"}},
			{Op: "Flatten", Inputs: []string{"p"}, Outputs: []string{"embedding"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}},
		},
	}
	return onnx.Write(m)
}

func randomHead(rng *rand.Rand, classes, d int, multi bool) *train.Head {
	h := &train.Head{W: make([]float32, classes*d), B: make([]float32, classes), D: d, Classes: classes, Multi: multi}
	for i := range h.W {
		h.W[i] = float32(rng.NormFloat64())
	}
	for i := range h.B {
		h.B[i] = float32(rng.NormFloat64())
	}
	return h
}

func TestCompleteModelScoresAsTheHead(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	backbone := tinyBackbone(rng)
	for _, multi := range []bool{false, true} {
		head := randomHead(rng, 3, 5, multi)
		model, err := train.AppendHead(backbone, head, []string{"개", "cat", "a \"b\""}, onnx.Property{Key: "irum.backbone", Value: "abc"})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := train.AppendHead(backbone, head, []string{"개", "cat", "a \"b\""}, onnx.Property{Key: "irum.backbone", Value: "abc"})
		if !reflect.DeepEqual(model, again) {
			t.Error("the same head gave other bytes")
		}
		net, err := engine.Load(model)
		if err != nil {
			t.Fatal(err)
		}
		session, err := engine.Compile(context.Background(), net, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		meta := session.Info().Metadata
		if meta["irum.classes"] != `["개","cat","a \"b\""]` || meta["irum.backbone"] != "abc" || meta["irum.input"] != "8" {
			t.Errorf("metadata %v", meta)
		}
		input := make([]float32, 3*8*8)
		for i := range input {
			input[i] = float32(rng.NormFloat64())
		}
		out, err := session.Run(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		want := head.Scores(out[1])
		for c := range want {
			if math.Abs(want[c]-float64(out[0][c])) > 1e-5 {
				t.Errorf("multi %v, class %d: the model says %v, the head %v", multi, c, out[0][c], want[c])
			}
		}
		_ = session.Close()
	}
}

func TestAppendHeadRefusesWhatDoesNotFit(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	backbone := tinyBackbone(rng)
	if _, err := train.AppendHead(backbone, randomHead(rng, 2, 6, false), []string{"a", "b"}); err == nil {
		t.Error("a head of 6 numbers was put on 5")
	}
	if _, err := train.AppendHead(backbone, randomHead(rng, 2, 5, false), []string{"a"}); err == nil {
		t.Error("one name was taken for two classes")
	}
	if _, err := train.AppendHead([]byte("no model"), randomHead(rng, 2, 5, false), []string{"a", "b"}); err == nil {
		t.Error("bytes that are no model were taken")
	}
	model, err := train.AppendHead(backbone, randomHead(rng, 2, 5, false), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.AppendHead(model, randomHead(rng, 2, 2, false), []string{"a", "b"}); err == nil {
		t.Error("a second head was put on a complete model")
	}
}

func TestHeadAloneSurvivesARoundTrip(t *testing.T) {
	head := randomHead(rand.New(rand.NewSource(8)), 4, 7, true)
	data, err := head.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back train.Head
	if err := back.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*head, back) {
		t.Error("the head came back changed")
	}
	for _, n := range []int{0, 7, 19, len(data) - 1} {
		if back.UnmarshalBinary(data[:n]) == nil {
			t.Errorf("%d of %d bytes were taken", n, len(data))
		}
	}
}
