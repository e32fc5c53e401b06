package tuning_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/server/tuning"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var ctx = context.Background()

func must[T any](t testing.TB) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// host is what a service stands on, kept over restarts.
type host struct {
	st     *store.Store
	tr     *transfer.Service
	config autolabel.Config
	export string
	id     string // of the project
}

func newHost(t *testing.T) *host {
	t.Helper()
	blobs := blob.NewMemory()
	h := &host{st: storetest.SQLite(t)}
	h.tr = transfer.New(h.st, blobs)
	h.config = autolabel.Config{
		Store: h.st, Blobs: blobs, Transfer: h.tr, Engine: autolabel.NewLocal(2, engine.Options{}), Repeat: true, Tuner: tuning.New(tuning.Options{Threads: 2, Epochs: 12}),
		Backbone: func(context.Context) ([]byte, error) { return onnx.Write(tune.ResNet(16, 8, 4)), nil },
	}
	h.fill(t, 30)
	return h
}

// fill makes a project of lying and standing stripes, n of each labelled.
func (h *host) fill(t *testing.T, n int) {
	t.Helper()
	p := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Stripes", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "lying", Name: "lying"}, {ID: "standing", Name: "standing"}}}))
	h.id = p.ID
	imp := must[domain.ImportReport](t)(h.tr.Start(ctx, p.ID, "folder"))
	for i := range 2 * n {
		class := []string{"lying", "standing"}[i%2]
		if _, err := h.tr.File(ctx, p.ID, imp.ID, fmt.Sprintf("%s/%03d.png", class, i), bytes.NewReader(stripes(i%2 == 1, int64(i)))); err != nil {
			t.Fatal(err)
		}
	}
	must[domain.ImportReport](t)(h.tr.Finish(ctx, p.ID, imp.ID))
	h.export = must[domain.Export](t)(h.tr.CreateExport(ctx, p.ID, "all", domain.Filter{})).ID
}

func stripes(standing bool, seed int64) []byte {
	rng := rand.New(rand.NewSource(seed))
	img, wide := image.NewRGBA(image.Rect(0, 0, 20, 20)), 2+rng.Intn(3)
	for i := range 400 {
		at := i / 20
		if standing {
			at = i % 20
		}
		v := uint8(80 + rng.Intn(70) + at/wide%2*90)
		img.SetRGBA(i%20, i/20, color.RGBA{v, v, v, 255})
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.Bytes()
}

func (h *host) open(t *testing.T) *autolabel.Service {
	t.Helper()
	s := must[*autolabel.Service](t)(autolabel.New(ctx, h.config))
	t.Cleanup(s.Close)
	return s
}

// until waits for a job to be as wanted.
func until(t *testing.T, s *autolabel.Service, id string, wanted func(domain.Job) bool) domain.Job {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
		j := must[domain.Job](t)(s.Job(ctx, id))
		if wanted(j) {
			return j
		}
		if j.State == domain.JobFailed || time.Now().After(deadline) {
			t.Fatalf("the job is %+v", j)
		}
	}
}

func ended(j domain.Job) bool { return j.State == domain.JobDone }

func (h *host) model(t *testing.T, j domain.Job) domain.Model {
	t.Helper()
	return must[store.ModelRecord](t)(h.st.Model(ctx, h.id, j.ModelID)).Model
}

func TestEveryLevelMakesAModelThatLabels(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	for _, level := range []string{"last", "whole", "scratch"} {
		r := domain.TrainRequest{ExportID: h.export, Level: level}
		e := must[domain.Estimate](t)(s.Estimate(ctx, h.id, r))
		head := must[domain.Estimate](t)(s.Estimate(ctx, h.id, domain.TrainRequest{ExportID: h.export}))
		if e.Seconds <= head.Seconds {
			t.Errorf("%s is to take %.2f s, a head %.2f s", level, e.Seconds, head.Seconds)
		}
		m := h.model(t, until(t, s, must[domain.Job](t)(s.Train(ctx, h.id, r)).ID, ended))
		c := m.Metrics.Course
		if m.Level != level || c == nil || len(c.Points) < 2 || c.Learnt+m.Metrics.Images != m.Images || m.Metrics.Images < 8 || len(m.Metrics.Outcomes) != m.Metrics.Images {
			t.Fatalf("%s: model %+v", level, m)
		}
		if x := m.Metrics.Compared; x == nil || !x.Kept || x.Of != level || x.Images != m.Metrics.Images || x.With != m.Metrics.Accuracy || x.With < x.Without || x.LossWith >= x.LossWithout {
			t.Errorf("%s: compared %+v", level, x)
		}
		if m.Metrics.Accuracy < 0.55 || c.Points[c.Best].Loss > c.Points[0].Loss {
			t.Errorf("%s: accuracy %.2f, course %+v", level, m.Metrics.Accuracy, c)
		}
		h.labels(t, s, m)
	}
}

// TestWhatIsNoBetterThanAHeadIsNotPublished trains from scratch for too short a time.
func TestWhatIsNoBetterThanAHeadIsNotPublished(t *testing.T) {
	h := newHost(t)
	h.config.Tuner = tuning.New(tuning.Options{Threads: 2, Epochs: 1})
	s := h.open(t)
	m := h.model(t, until(t, s, must[domain.Job](t)(s.Train(ctx, h.id, domain.TrainRequest{ExportID: h.export, Level: "scratch"})).ID, ended))
	head := h.model(t, until(t, s, must[domain.Job](t)(s.Train(ctx, h.id, domain.TrainRequest{ExportID: h.export})).ID, ended))
	c := m.Metrics.Compared
	if m.Level != "head" || c == nil || c.Kept || c.Of != "scratch" || c.Images >= m.Images || m.Metrics.Course != nil || m.SHA256 != head.SHA256 || m.Metrics.Accuracy != head.Metrics.Accuracy {
		t.Fatalf("model %+v, compared %+v", m, c)
	}
	h.labels(t, s, m)
}

// labels lets a model label images that nobody has labelled.
func (h *host) labels(t *testing.T, s *autolabel.Service, m domain.Model) {
	t.Helper()
	imp := must[domain.ImportReport](t)(h.tr.Start(ctx, h.id, "none"))
	for i := range 10 {
		if _, err := h.tr.File(ctx, h.id, imp.ID, fmt.Sprintf("%s-%d-%d.png", m.ID, i%2, i), bytes.NewReader(stripes(i%2 == 1, int64(1000*m.Version+i)))); err != nil {
			t.Fatal(err)
		}
	}
	must[domain.ImportReport](t)(h.tr.Finish(ctx, h.id, imp.ID))
	j := until(t, s, must[domain.Job](t)(s.Apply(ctx, h.id, m.ID, domain.ApplyRequest{Filter: domain.Filter{States: []domain.State{domain.StateUnlabelled}}})).ID, ended)
	if j.Apply.Labelled != 10 || m.Level == "whole" && (j.Apply.ByClass["lying"] < 3 || j.Apply.ByClass["standing"] < 3) {
		t.Errorf("%s labels %+v", m.Level, j.Apply)
	}
}

// TestTrainingGoesOn closes the service in the middle of a training, and pauses another, and expects the file of one that was not
// disturbed.
func TestTrainingGoesOn(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	r := domain.TrainRequest{ExportID: h.export, Level: "whole", Seed: 3}
	start := func(s *autolabel.Service) string { return must[domain.Job](t)(s.Train(ctx, h.id, r)).ID }
	under := func(j domain.Job) bool { return j.Course != nil && len(j.Course.Points) > 4 }
	want := h.model(t, until(t, s, start(s), ended))

	id := start(s)
	before := until(t, s, id, under)
	s.Close()
	s = h.open(t)
	s.Work()
	after := until(t, s, id, ended)
	if got := h.model(t, after); got.SHA256 != want.SHA256 || after.Starts != 2 || got.Metrics.Course.Best != want.Metrics.Course.Best {
		t.Errorf("closed at %d of %d, begun %d times: another file", before.Done, before.Total, after.Starts)
	}

	id = start(s)
	until(t, s, id, under)
	must[domain.Job](t)(s.Pause(ctx, id))
	rest := until(t, s, id, func(j domain.Job) bool { return j.State == domain.JobPaused })
	if rest.Done >= rest.Total || rest.Course == nil {
		t.Errorf("paused: %+v", rest)
	}
	must[domain.Job](t)(s.Resume(ctx, id))
	if got := h.model(t, until(t, s, id, ended)); got.SHA256 != want.SHA256 {
		t.Error("paused and resumed: another file")
	}
}

func TestWithoutATuner(t *testing.T) {
	h := newHost(t)
	h.config.Tuner = nil
	s := h.open(t)
	for _, l := range s.Levels() {
		if (l.Reason == "") != (l.ID == "head") || l.ID != "head" && l.Reason != domain.LevelBrowser {
			t.Errorf("level %+v", l)
		}
	}
	_, err := s.Train(ctx, h.id, domain.TrainRequest{ExportID: h.export, Level: "whole"})
	if domain.AsProblem(err).Code != domain.CodeUnsupported {
		t.Errorf("trained: %v", err)
	}
}
