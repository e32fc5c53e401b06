package autolabel_test

import (
	"context"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/tuning"
)

// TestWholeDetector trains a whole detector whose head has not learnt long, so that there is something left to learn.
func TestWholeDetector(t *testing.T) {
	h := newHost(t)
	h.config.Backbone = mapped
	s := h.open(t)
	p, boxes := h.squares(t, 48, 0)
	export := h.export(t, p.ID)
	ask := domain.TrainRequest{ExportID: export.ID, Level: "whole"}
	_, err := s.Train(ctx, p.ID, ask) // no BoxTuner
	wantCode(t, err, domain.CodeUnsupported)
	if at := levelOf(t, s.Levels(), "whole"); slices.Contains(at.Tasks, domain.TaskBoxes) {
		t.Errorf("the level %+v is offered for boxes", at)
	}
	s.Close()
	tuner := tuning.New(tuning.Options{Threads: 2})
	h.config.Tuner, h.config.BoxTuner = tuner, brief{tuner}
	s = h.open(t)
	if at := levelOf(t, s.Levels(), "whole"); !slices.Contains(at.Tasks, domain.TaskBoxes) || at.Reason != "" {
		t.Errorf("the level %+v is not offered for boxes", at)
	}
	if at := levelOf(t, s.Levels(), "last"); slices.Contains(at.Tasks, domain.TaskBoxes) {
		t.Errorf("the level %+v is offered for boxes", at)
	}
	_, err = s.Train(ctx, p.ID, domain.TrainRequest{ExportID: export.ID, Level: "last"})
	wantCode(t, err, domain.CodeUnsupported)
	e := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, ask))
	if e.Basis != "guess" || e.Seconds < tuner.DetectorSeconds(48) || e.Images != 48 {
		t.Errorf("estimate %+v", e)
	}
	job := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, ask)))
	m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, job.ModelID)).Model
	c := m.Metrics.Compared
	if c == nil || c.MAPWith == nil || c.MAPWithout == nil {
		t.Fatalf("the card compares %+v", c)
	}
	t.Logf("%+v with %.3f, without %.3f", *c, *c.MAPWith, *c.MAPWithout)
	if c.Of != "whole" || c.Images < 8 || c.Images > 12 || !c.Kept || c.With+*c.MAPWith <= c.Without+*c.MAPWithout || c.Gain.Low > c.Gain.High {
		t.Errorf("compared %+v", c)
	}
	if m.Level != "whole" || m.Metrics.Images != c.Images || m.Metrics.Course == nil || m.Metrics.Course.Learnt != 48-c.Images || m.Metrics.Boxes.MAP50 != c.With {
		t.Errorf("level %q, card %+v", m.Level, m.Metrics)
	}
	after := must[domain.Estimate](t)(s.Estimate(ctx, p.ID, ask))
	if after.Basis != "earlier" || after.Seconds >= e.Seconds {
		t.Errorf("the next estimate is %+v", after)
	}
	a := h.assets(t, p.ID)[0]
	if got := must[domain.BoxSuggestions](t)(s.SuggestBoxes(ctx, p.ID, a.ID, m.ID)); got.ModelID != m.ID || len(got.Boxes) == 0 || overlap(got.Boxes[0], boxes[a.Name]) < 0.5 {
		t.Errorf("suggestions %+v for %+v", got, boxes[a.Name])
	}
}

// TestWholeDetectorThatIsNoBetter: a head of all images is what is published, and its card says so.
func TestWholeDetectorThatIsNoBetter(t *testing.T) {
	h := newHost(t)
	h.config.Backbone = mapped
	h.config.Tuner, h.config.BoxTuner = tuning.New(tuning.Options{}), hasty{tuning.New(tuning.Options{})}
	s := h.open(t)
	p, _ := h.squares(t, 20, 0)
	job := done(t, s, must[domain.Job](t)(s.Train(ctx, p.ID, domain.TrainRequest{ExportID: h.export(t, p.ID).ID, Level: "whole"})))
	m := must[store.ModelRecord](t)(h.st.Model(ctx, p.ID, job.ModelID)).Model
	if c := m.Metrics.Compared; c == nil || c.Kept || m.Level != "head" || m.Metrics.Folds != 3 || m.Metrics.Images != 20 || m.Metrics.Course != nil {
		t.Errorf("level %q, compared %+v, %d images", m.Level, c, m.Metrics.Images)
	}
}

// brief lets the head learn a few steps only.
type brief struct{ *tuning.Trainer }

func (b brief) Detector(ctx context.Context, host detect.Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
	objects [][]detect.Object, classes int, o detect.Options, progress func(phase string, done, total int),
) (autolabel.TunedBoxes, error) {
	o.Steps = 30
	return b.Trainer.Detector(ctx, host, backbone, image, objects, classes, o, progress)
}

// hasty never keeps what it trained.
type hasty struct{ *tuning.Trainer }

func (h hasty) Detector(ctx context.Context, host detect.Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
	objects [][]detect.Object, classes int, o detect.Options, progress func(phase string, done, total int),
) (autolabel.TunedBoxes, error) {
	progress("tune", 1, 1)
	return autolabel.TunedBoxes{Compared: domain.Comparison{Of: "whole", Images: 4}}, nil
}

func levelOf(t *testing.T, levels []domain.Level, id string) domain.Level {
	t.Helper()
	at := slices.IndexFunc(levels, func(l domain.Level) bool { return l.ID == id })
	if at < 0 {
		t.Fatalf("there is no level %q in %+v", id, levels)
	}
	return levels[at]
}
