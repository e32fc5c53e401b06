package tflite

import (
	"bytes"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

const (
	bundlePath    = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	quantisedPath = "../../../shared/data/models/mobilenet_v2_1.0_224_quant.tflite"
)

func file(t testing.TB, path, what string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("%s is not there: %v", what, err)
	}
	return data
}

func operators(t *testing.T, data []byte) (*onnx.Model, map[string]int) {
	t.Helper()
	m, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, n := range m.Graph.Nodes {
		count[n.Op]++
	}
	return m, count
}

func TestBackbone(t *testing.T) {
	out, err := Backbone(file(t, bundlePath, "the npm package with the backbone"))
	if err != nil {
		t.Fatal(err)
	}
	m, count := operators(t, out)
	if count["Conv"] != 46 || count["Add"] != 9 || count["GlobalAveragePool"] != 3 {
		t.Errorf("a MobileNetV2 has 46 convolutions and 9 residual additions up to the wide layer of block 15, this has %v", count)
	}
	if dims := m.Graph.Outputs[0].Dims; dims[1] != 960+576+192 {
		t.Errorf("embedding shape %v, want [1 1728]", dims)
	}
	if len(out) > 1_500_000 {
		t.Errorf("%d bytes: weights of 8 bits should keep it under 1.5 MB", len(out))
	}
	if again, err := Backbone(file(t, bundlePath, "the npm package with the backbone")); err != nil || !bytes.Equal(again, out) {
		t.Errorf("made twice it has other bytes (error %v)", err)
	}
	t.Logf("%d bytes, %v", len(out), count)
}

func TestQuantisedClassifier(t *testing.T) {
	out, err := Convert(file(t, quantisedPath, "the quantised MobileNetV2"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, count := operators(t, out)
	if count["Conv"] != 53 || count["Softmax"] != 1 {
		t.Errorf("operators %v", count)
	}
	if count["DequantizeLinear"] != 53 || len(out) > 3_700_000 {
		t.Errorf("%d bytes, %v: all weights of its 53 convolutions should be the integers that they were", len(out), count)
	}
	if m.Meta("irum.input") != "224" || m.Meta("irum.shift") != "-1" {
		t.Errorf("metadata %v", m.Metadata)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	data := file(t, quantisedPath, "the quantised MobileNetV2")
	for _, n := range []int{0, 3, 8, 40, 1000, len(data) / 2, len(data) - 1} {
		if _, err := Convert(data[:n], Options{}); err == nil && n < len(data)/2 {
			t.Errorf("a file cut at %d bytes was taken", n)
		}
	}
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte("\x1c\x00\x00\x00TFL3\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Convert(data, Options{}) // must not panic
	})
}
