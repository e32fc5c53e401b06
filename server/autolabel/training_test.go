package autolabel_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestTrainingMakesAWholeModel(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 0)
	before := h.balance(t)
	export := h.export(t, p.ID)
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: export.ID}))
	if e.Images != 36 || e.ToEmbed != 34 || e.MsPerImage <= 0 || e.Credits < 1 || e.Balance != before || !slices.Equal(e.Warnings, []string{"few_labels"}) {
		t.Errorf("estimate %+v", e)
	}
	j := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID, Name: "Hues: 색"})))
	m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID)).Model
	if m.Version != 1 || m.Images != 36 || m.ExportID != export.ID || len(m.Classes) != 3 || m.Classes[2].ID != "blue" {
		t.Errorf("model %+v", m)
	}
	if spent := before - h.balance(t); spent != m.Credits || spent < 1 || spent > e.Credits {
		t.Errorf("%d credits spent, the model says %d, the estimate %d", spent, m.Credits, e.Credits)
	}
	if m.Metrics.Accuracy < 0.95 || m.Metrics.AccuracyCI.High < m.Metrics.Accuracy || len(m.Metrics.Outcomes) != 36 || m.Metrics.Folds < 5 || len(m.Metrics.Confusion) != 3 {
		t.Errorf("metrics %+v", m.Metrics)
	}
	if l := m.Metrics.Learning; l == nil || len(l.Points) < 3 || l.Points[len(l.Points)-1].Accuracy != m.Metrics.Accuracy || len(l.Forecasts) == 0 || len(m.Metrics.Bins) == 0 {
		t.Errorf("learning curve %+v, bins %+v", l, m.Metrics.Bins)
	}
	again := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: export.ID}))
	if again.ToEmbed != 0 || again.Seconds > e.Seconds+1 {
		t.Errorf("estimate with all embeddings cached: %+v", again)
	}
	file, name, err := s.ModelFile(ctx, p.ID, m.ID)
	if err != nil || name != "Hues- 색-v1.onnx" {
		t.Fatalf("model file %q: %v", name, err)
	}
	runsAlone(t, file, h.assets(t, p.ID), func(a domain.Asset) []byte {
		data, _, err := h.tr.Image(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		return data
	})
}

// runsAlone checks that the file labels images without anything else of ours.
func runsAlone(t *testing.T, file []byte, assets []domain.Asset, bytesOf func(domain.Asset) []byte) {
	t.Helper()
	net := must[*engine.Network](t)(engine.Load(file))
	session := must[*engine.Session](t)(engine.Compile(ctx, net, engine.Options{Outputs: []string{"probabilities"}}))
	defer func() { _ = session.Close() }()
	names := strings.Split(strings.Trim(session.Info().Metadata["irum.classes"], `[]"`), `","`)
	wrong := 0
	for _, a := range assets {
		img, _, err := vision.Decode(bytesOf(a), vision.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		out := must[[][]float32](t)(session.Run(ctx, vision.Tensor(img, 16, 1/127.5, -1)))[0]
		best, sum := 0, 0.0
		for c, v := range out {
			sum += float64(v)
			if v > out[best] {
				best = c
			}
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Fatalf("probabilities %v", out)
		}
		if !strings.HasPrefix(a.Name, names[best]) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("the model's file is wrong on %d of %d images that it was trained on", wrong, len(assets))
	}
}

func TestSameDataAndSeedGiveTheSameModel(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 8, 0)
	export := h.export(t, p.ID)
	var shas []string
	for range 2 {
		j := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID})))
		shas = append(shas, must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID)).SHA256)
	}
	other := newHost(t) // another machine, another import
	q := other.project(t, domain.TaskSingle, 8, 0)
	shas = append(shas, other.train(t, other.open(t), q.ID).SHA256)
	if shas[0] != shas[1] || shas[0] != shas[2] {
		t.Errorf("the same data gave models %v", shas)
	}
}

func TestOnlyPeoplesLabelsTeach(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	var w store.LabelWrite
	for i, a := range h.assets(t, p.ID) {
		if a.Label.State != domain.StateUnlabelled {
			continue
		}
		l := domain.Label{State: domain.StateAuto, Source: domain.SourceModel, Confidence: 0.9, ModelID: "m", Classes: []domain.ClassScore{{ClassID: "red"}}}
		if i%2 == 0 {
			l = domain.Label{State: domain.StateSkipped}
		}
		w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: l})
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	m := h.train(t, s, p.ID)
	if m.Images != 12 {
		t.Errorf("trained on %d images, 12 are labelled", m.Images)
	}
}

func TestWhatCannotBeTrainedIsRefused(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 3, 0)
	good := h.export(t, p.ID).ID
	one := must[domain.Export](t)(h.tr.CreateExport(ctx, p.ID, "red", domain.Filter{Classes: []string{"red"}})).ID
	boxes := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Boxes", Task: domain.TaskBoxes})).ID
	for name, c := range map[string]struct {
		project string
		request domain.TrainRequest
		code    string
	}{
		"no export":      {p.ID, domain.TrainRequest{}, domain.CodeInvalid},
		"unknown export": {p.ID, domain.TrainRequest{ExportID: "x"}, domain.CodeNotFound},
		"project":        {"x", domain.TrainRequest{ExportID: good}, domain.CodeNotFound},
		"level":          {p.ID, domain.TrainRequest{ExportID: good, Level: "full"}, domain.CodeUnsupported},
		"backbone":       {p.ID, domain.TrainRequest{ExportID: good, Backbone: "x"}, domain.CodeNotFound},
		"one class":      {p.ID, domain.TrainRequest{ExportID: one}, domain.CodeInvalid},
		"another's":      {boxes, domain.TrainRequest{ExportID: good}, domain.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Train(ctx, c.project, c.request)
			wantCode(t, err, c.code)
		})
	}
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: one}))
	if !slices.Contains(e.Warnings, "one_class") {
		t.Errorf("estimate of one class warns of %v", e.Warnings)
	}
	if n := len(must[[]domain.Job](t)(s.Jobs(ctx, p.ID))); n != 0 {
		t.Errorf("%d jobs were left behind", n)
	}
}

func TestTooSmallClassIsLeftOut(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 5, 0)
	var w store.LabelWrite
	for _, a := range h.assets(t, p.ID) {
		if strings.HasPrefix(a.Name, "blue/") && a.Name != "blue/000.png" {
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: domain.Label{}})
		}
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, domain.TrainRequest{ExportID: h.export(t, p.ID).ID}))
	if !slices.Contains(e.Warnings, "class_too_small:blue") || e.Images != 10 {
		t.Errorf("estimate %+v", e)
	}
	if m := h.train(t, s, p.ID); len(m.Classes) != 2 || m.Images != 10 {
		t.Errorf("model of %d classes and %d images", len(m.Classes), m.Images)
	}
}

func TestCopiesOfOnePictureTeachNothing(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 3, 0)
	var ids []string
	w := store.LabelWrite{}
	for i, a := range h.assets(t, p.ID) {
		if strings.HasPrefix(a.Name, "red/") {
			ids = append(ids, a.ID)
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human([]string{"red", "blue"}[i%2])})
		}
	}
	w.Changes = append(w.Changes, store.Change{AssetID: ids[0], Label: human("blue")})
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	// one embedding for all: as three saves of one picture would have
	h.config.Engine = constant{h.config.Engine}
	s.Close()
	s = h.open(t)
	export := must[domain.Export](t)(h.tr.CreateExport(ctx, p.ID, "", domain.Filter{}))
	j := wait(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID})))
	if j.State != domain.JobFailed || !strings.Contains(j.Error, "copies of one picture") {
		t.Errorf("the job ended as %s: %s", j.State, j.Error)
	}
	if h.balance(t) != store.FirstGrant {
		t.Errorf("balance %d after a training that failed", h.balance(t))
	}
}

type constant struct{ autolabel.Engine }

func (c constant) Embed(ctx context.Context, sha string, image []byte) ([]float32, error) {
	v, err := c.Engine.Embed(ctx, sha, image)
	for i := range v {
		v[i] = 1
	}
	return v, err
}
