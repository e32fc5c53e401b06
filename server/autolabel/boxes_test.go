package autolabel_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand"
	"testing"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// mapped is a small backbone that halves images of 64 x 64 pixels three times.
func mapped(context.Context) ([]byte, error) {
	rng := rand.New(rand.NewSource(9))
	m := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}}
	m.SetMeta("irum.input", "64")
	m.SetMeta("irum.scale", "0.00784313725490196")
	m.SetMeta("irum.shift", "-1")
	m.Graph.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 64, 64}}}
	from, in := "image", 3
	for i := range 3 {
		name, weights := fmt.Sprintf("conv%d", i), make([]float32, 8*in*9)
		for k := range weights {
			weights[k] = float32(rng.NormFloat64() / math.Sqrt(float64(in*9)/2))
		}
		m.Graph.Initializers = append(m.Graph.Initializers, onnx.FloatTensor(name+"/w", weights, 8, int64(in), 3, 3))
		m.Graph.Nodes = append(m.Graph.Nodes,
			onnx.Node{Op: "Conv", Inputs: []string{from, name + "/w"}, Outputs: []string{name}, Attrs: []onnx.Attr{
				onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1),
			}},
			onnx.Node{Op: "Relu", Inputs: []string{name}, Outputs: []string{name + "/relu"}})
		from, in = name+"/relu", 8
	}
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Op: "GlobalAveragePool", Inputs: []string{from}, Outputs: []string{"pool"}},
		onnx.Node{Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"embedding"}})
	m.Graph.Outputs = []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 8}}}
	return onnx.Write(m), nil
}

// squares makes a project of pictures with one bright square each; all but loose are labelled.
func (h *host) squares(t *testing.T, n, loose int) (domain.Project, map[string]domain.Box) {
	t.Helper()
	p := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Squares", Task: domain.TaskBoxes, Classes: []domain.Class{
		{ID: "square", Name: "square"}, {ID: "rare", Name: "rare"},
	}}))
	rng := rand.New(rand.NewSource(4))
	imp := must[domain.ImportReport](t)(h.tr.Start(ctx, p.ID, "none"))
	boxes := map[string]domain.Box{}
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 96, 64))
		draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{40, 50, uint8(40 + i), 255}), image.Point{}, draw.Src)
		size := 16 + rng.Intn(16)
		at := image.Pt(rng.Intn(96-size), rng.Intn(64-size))
		draw.Draw(img, image.Rect(at.X, at.Y, at.X+size, at.Y+size), image.NewUniform(color.RGBA{220, 230, 240, 255}), image.Point{}, draw.Src)
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%03d.png", i)
		boxes[name] = domain.Box{ClassID: "square", X: float64(at.X), Y: float64(at.Y), W: float64(size), H: float64(size)}
		must[domain.ImportReport](t)(h.tr.File(ctx, p.ID, imp.ID, name, &file))
	}
	must[domain.ImportReport](t)(h.tr.Finish(ctx, p.ID, imp.ID))
	w := store.LabelWrite{Kind: "label", Actor: "test"}
	for i, a := range h.assets(t, p.ID) {
		if i < n-loose {
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: domain.Label{
				State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: []domain.Box{boxes[a.Name]},
			}})
		}
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	return p, boxes
}

func overlap(a, b domain.Box) float64 {
	corners := func(b domain.Box) detect.Box { return detect.Box{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H} }
	return detect.IoU(corners(a), corners(b))
}

// TestBoxesBeyondMemory trains on more images than there is room for: the card tells how many had no part.
func TestBoxesBeyondMemory(t *testing.T) {
	h := newHost(t)
	h.config.Backbone, h.config.BoxMemory = mapped, 12<<10
	s := h.open(t)
	p, _ := h.squares(t, 20, 0)
	m := h.train(t, s, p.ID)
	if left := m.Metrics.Boxes.LeftOut; left < 1 || m.Metrics.Images+left != 20 {
		t.Errorf("of 20 images %d were measured and %d left out", m.Metrics.Images, left)
	}
}

// TestBoxes trains a detector, lets it label, and asks it about single images.
func TestBoxes(t *testing.T) {
	h := newHost(t)
	h.config.Backbone = mapped
	s := h.open(t)
	p, boxes := h.squares(t, 26, 6)
	assets := h.assets(t, p.ID)
	_, err := s.SuggestBoxes(ctx, p.ID, assets[0].ID, "")
	wantCode(t, err, domain.CodeNotFound)
	export := h.export(t, p.ID)
	_, err = s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID, Level: "full"})
	wantCode(t, err, domain.CodeUnsupported)
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: export.ID}))
	if e.Images != 20 || e.Seconds < 30 {
		t.Errorf("estimate %+v", e)
	}
	m := h.train(t, s, p.ID)
	card := m.Metrics.Boxes
	if card == nil || card.MAP50 < 0.5 || card.Boxes != 20 || len(card.Classes) != 1 || card.Classes[0].ClassID != "square" || len(card.Classes[0].Curve) == 0 ||
		card.Threshold <= 0 || m.Metrics.Classes[0].TP != card.Classes[0].TP || m.Metrics.Folds != 3 || m.Task != domain.TaskBoxes || m.Images != 20 {
		t.Fatalf("card %+v of model %+v", card, m)
	}
	_, err = s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: 0.1})
	wantCode(t, err, domain.CodeUnsupported)
	dry := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{DryRun: true}))).Apply
	if dry.Labelled < 4 || dry.Labelled+dry.Skipped != 6 || dry.OperationID != "" {
		t.Errorf("dry run %+v", dry)
	}
	report := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{}))).Apply
	if report.Labelled != dry.Labelled || report.ByClass["square"] != dry.ByClass["square"] || report.OperationID == "" {
		t.Errorf("report %+v after the dry run %+v", report, dry)
	}
	right, labelled := 0, 0
	for _, a := range h.assets(t, p.ID)[20:] {
		if a.Label.State != domain.StateAuto {
			continue
		}
		labelled++
		first := a.Label.Boxes[0]
		if a.Label.ModelID != m.ID || first.Score < card.Threshold || a.Label.Confidence > first.Score {
			t.Errorf("label %+v", a.Label)
		}
		if overlap(first, boxes[a.Name]) > 0.5 {
			right++
		}
	}
	if labelled != report.Labelled || right < 3 {
		t.Errorf("%d images have boxes, %d of them where the square is", labelled, right)
	}
	h.asks(t, s, p, boxes, assets[0], m)
}

// asks looks at what is told of one image.
func (h *host) asks(t *testing.T, s *autolabel.Service, p domain.Project, boxes map[string]domain.Box, a domain.Asset, m domain.Model) {
	t.Helper()
	got := must[domain.BoxSuggestions](t)(s.SuggestBoxes(ctx, p.ID, a.ID, ""))
	if got.ModelID != m.ID || got.Threshold != m.Metrics.Boxes.Threshold || len(got.Boxes) == 0 || overlap(got.Boxes[0], boxes[a.Name]) < 0.5 {
		t.Errorf("suggestions %+v for %+v", got, boxes[a.Name])
	}
	want := boxes[a.Name]
	rough := want
	rough.X, rough.Y, rough.W, rough.H = max(want.X-4, 0), max(want.Y-3, 0), want.W, want.H
	tight := must[domain.Tightened](t)(s.Tighten(ctx, p.ID, a.ID, domain.TightenRequest{Box: rough}))
	if !tight.Found || overlap(tight.Box, want) < 0.6 || tight.Box.ClassID != "square" {
		t.Errorf("%+v is tightened to %+v, the square is %+v", rough, tight, want)
	}
	away := domain.Box{ClassID: "square", W: 1, H: 1}
	if tight = must[domain.Tightened](t)(s.Tighten(ctx, p.ID, a.ID, domain.TightenRequest{Box: away})); tight.Found || tight.Box != away {
		t.Errorf("a corner is tightened to %+v", tight)
	}
	_, err := s.Tighten(ctx, p.ID, a.ID, domain.TightenRequest{Box: domain.Box{X: -5, W: 10, H: 10}})
	wantCode(t, err, domain.CodeInvalid)
}
