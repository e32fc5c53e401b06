package autolabel_test

import (
	"context"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

func TestAddedBackboneTrains(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	b := must[domain.Backbone](t)(s.AddBackbone(ctx, " My net ", "https://example.org/net", onnx.Write(network(true))))
	if b.Name != "My net" || b.Dim != 12 || b.InputSize != 16 || b.Default || b.ID == "" {
		t.Errorf("a classifier's values before its last layer should be the embedding: %+v", b)
	}
	list := must[[]domain.Backbone](t)(s.Backbones(ctx))
	if len(list) != 2 || !list[0].Default || list[0].Name != "small" || list[0].License != "MIT" || list[0].Dim != 12 || list[1] != b {
		t.Errorf("list %+v", list)
	}
	held := must[[]string](t)(h.st.ReferencedBlobs(ctx))
	if !slices.Contains(held, b.SHA256) {
		t.Error("nothing holds on to the backbone's file")
	}
	p := h.project(t, domain.TaskSingle, 6, 0)
	request := domain.TrainRequest{ExportID: h.export(t, p.ID).ID, Backbone: b.ID}
	s.Close()
	s = h.open(t) // it is there after a restart
	j := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, request)))
	m := must[[]domain.Backbone](t)(s.Backbones(ctx))[1]
	file, _, err := s.ModelFile(ctx, p.ID, j.ModelID)
	if err != nil || m.ID != b.ID {
		t.Fatal(err)
	}
	model := must[*onnx.Model](t)(onnx.Read(file))
	if model.Meta("irum.backbone") != b.SHA256 || model.Meta("irum.name") != "My net" {
		t.Errorf("metadata %v", model.Metadata)
	}
}

// TestAddedBackboneIsCompact: large weights are kept as integers, and as they were where that would move the embeddings far.
func TestAddedBackboneIsCompact(t *testing.T) {
	m := network(true)
	rng := rand.New(rand.NewSource(3))
	wide := make([]float32, 2048*8)
	for i := range wide {
		wide[i] = float32(rng.NormFloat64())
	}
	m.Graph.Initializers[1] = onnx.FloatTensor("w2", wide, 2048, 8, 1, 1)
	m.Graph.Initializers[2] = onnx.FloatTensor("w3", make([]float32, 2048*5), 5, 2048)
	far := func(ctx context.Context, m *onnx.Model) (*onnx.Model, float64, error) {
		small, _, err := quantise.Weights(ctx, m)
		return small, 0.5, err
	}
	for name, c := range map[string]struct {
		compact func(context.Context, *onnx.Model) (*onnx.Model, float64, error)
		kind    onnx.DataType
	}{"near": {quantise.Weights, onnx.Int8}, "far": {far, onnx.Float}, "left as it is": {nil, onnx.Float}} {
		h := newHost(t)
		h.config.Compact = c.compact
		s := h.open(t)
		b := must[domain.Backbone](t)(s.AddBackbone(ctx, "wide", "", onnx.Write(m)))
		file := must[[]byte](t)(blob.Bytes(ctx, h.blobs, b.SHA256, 0))
		kinds := map[int]onnx.DataType{}
		for _, i := range must[*onnx.Model](t)(onnx.Read(file)).Graph.Initializers {
			kinds[i.Len()] = i.Type
		}
		if kinds[2048*8] != c.kind || b.Dim != 2048 {
			t.Errorf("%s: weights of %v, an embedding of %d", name, kinds[2048*8], b.Dim)
		}
	}
}

func TestUnusableBackboneIsRefusedWithItsReason(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	change := func(f func(*onnx.Model)) []byte {
		m := network(true)
		f(m)
		return onnx.Write(m)
	}
	for name, c := range map[string]struct {
		data []byte
		code string
		says string
	}{
		"no network":    {[]byte("hello"), domain.CodeUnsupported, "ONNX"},
		"broken TFLite": {[]byte("\x1c\x00\x00\x00TFL3\x00\x00\x00\x00\x00\x00\x00\x00"), domain.CodeUnsupported, "TFLite"},
		"channels last": {change(func(m *onnx.Model) { m.Graph.Inputs[0].Dims = []int64{1, 16, 16, 3} }), domain.CodeUnsupported, ""},
		"grey":          {change(func(m *onnx.Model) { m.Graph.Inputs[0].Dims[1] = 1 }), domain.CodeUnsupported, ""},
		"operator":      {change(func(m *onnx.Model) { m.Graph.Nodes[1].Op = "Multinomial" }), domain.CodeUnsupported, "Multinomial"},
		"not finite": {change(func(m *onnx.Model) {
			w := make([]float32, 12*8)
			for i := range w {
				w[i] = 3e38
			}
			m.Graph.Initializers[1] = onnx.FloatTensor("w2", w, 12, 8, 1, 1)
		}), domain.CodeUnsupported, "finite"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.AddBackbone(ctx, "net", "", c.data)
			wantCode(t, err, c.code)
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("refused with %q, which does not name %q", err, c.says)
			}
		})
	}
	_, err := s.AddBackbone(ctx, "  ", "", onnx.Write(network(true)))
	wantCode(t, err, domain.CodeInvalid)
	if list := must[[]domain.Backbone](t)(s.Backbones(ctx)); len(list) != 1 {
		t.Errorf("list %+v", list)
	}
}

func TestQuantisedTFLiteClassifierIsABackbone(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/models/mobilenet_v2_1.0_224_quant.tflite")
	if err != nil {
		t.Skipf("the quantised MobileNetV2 is not there: %v", err)
	}
	if testing.Short() {
		t.Skip("runs a large network")
	}
	s := newHost(t).open(t)
	b := must[domain.Backbone](t)(s.AddBackbone(ctx, "MobileNetV2 quant", "", data))
	if b.Dim != 1280 || b.InputSize != 224 {
		t.Errorf("backbone %+v", b)
	}
}
