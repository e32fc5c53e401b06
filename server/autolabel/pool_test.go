package autolabel_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// TestImagesWithoutLabelsAreLearntFrom trains on few labels with the rest of the project beside.
func TestImagesWithoutLabelsAreLearntFrom(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	const open = 60
	p := h.project(t, domain.TaskSingle, 4+open/3, open/3)
	export := h.export(t, p.ID)
	r := domain.TrainRequest{ExportID: export.ID, Unlabelled: true}
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, r))
	if e.Images != 12 || e.ToEmbed != 12+open-2 {
		t.Errorf("%d images without labels: estimate %+v", open, e)
	}
	train := func(r domain.TrainRequest) domain.Model {
		j := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, r)))
		return must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, j.ModelID)).Model
	}
	m := train(r)
	c := m.Metrics.Compared
	if c == nil || c.Of != "unlabelled" || c.Used != open || c.Images != 12 || m.Images != 12 || c.Gain.Low > c.With-c.Without || c.Gain.High < c.With-c.Without {
		t.Fatalf("compared %+v", c)
	}
	if want := map[bool]float64{true: c.With, false: c.Without}[c.Kept]; m.Metrics.Accuracy != want {
		t.Errorf("accuracy %.3f: %+v", m.Metrics.Accuracy, c)
	}
	again := train(r)
	if again.SHA256 != m.SHA256 {
		t.Error("the same training gives another file")
	}
	if alone := train(domain.TrainRequest{ExportID: export.ID}); alone.Metrics.Compared != nil || alone.Metrics.Accuracy != c.Without || (alone.SHA256 == m.SHA256) == c.Kept {
		t.Errorf("labels alone: %+v, %+v", alone.Metrics.Compared, c)
	}
	if after := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, r)); after.ToEmbed != 0 {
		t.Errorf("estimate with all embeddings cached: %+v", after)
	}
}

// TestUnlabelledIsRefused where it is not known to help.
func TestUnlabelledIsRefused(t *testing.T) {
	h := newHost(t)
	h.config.Labels = []string{domain.LabelGPU}
	s := h.open(t)
	single, multi := h.project(t, domain.TaskSingle, 6, 2), h.project(t, domain.TaskMulti, 6, 2)
	for _, c := range []struct {
		project domain.Project
		level   string
	}{{single, "full"}, {multi, ""}} {
		_, err := s.Train(ctx, c.project.ID, domain.TrainRequest{ExportID: h.export(t, c.project.ID).ID, Level: c.level, Unlabelled: true})
		if p := domain.AsProblem(err); p.Code != domain.CodeUnsupported || p.Field != "unlabelled" {
			t.Errorf("%s: %v", string(c.project.Task)+c.level, err)
		}
	}
}
