package autolabel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
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

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var p *domain.Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Fatalf("got error %v, want a problem of code %s", err, code)
	}
}

// network is a small classifier: two convolutions, a pool, a dense layer of classes and a softmax. Up to the pool, whose
// output is named embedding, it gives 12 numbers.
func network(classifier bool) *onnx.Model {
	rng := rand.New(rand.NewSource(1))
	weights := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	m := &onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: 13}}}
	g := &m.Graph
	g.Name = "small"
	g.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 16, 16}}}
	g.Outputs = []onnx.Value{{Name: "features", Type: onnx.Float, Dims: []int64{1, 12}}}
	g.Initializers = []onnx.Tensor{onnx.FloatTensor("w1", weights(8*3*3*3), 8, 3, 3, 3), onnx.FloatTensor("w2", weights(12*8), 12, 8, 1, 1)}
	g.Nodes = []onnx.Node{
		{Op: "Conv", Inputs: []string{"image", "w1"}, Outputs: []string{"c1"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 3, 3)}},
		{Op: "Relu", Inputs: []string{"c1"}, Outputs: []string{"r1"}},
		{Op: "Conv", Inputs: []string{"r1", "w2"}, Outputs: []string{"c2"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 1, 1)}},
		{Op: "Relu", Inputs: []string{"c2"}, Outputs: []string{"r2"}},
		{Op: "GlobalAveragePool", Inputs: []string{"r2"}, Outputs: []string{"pool"}},
		{Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"features"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}},
	}
	if classifier {
		g.Initializers = append(g.Initializers, onnx.FloatTensor("w3", weights(12*5), 5, 12))
		g.Nodes = append(g.Nodes,
			onnx.Node{Op: "Gemm", Inputs: []string{"features", "w3"}, Outputs: []string{"logits"}, Attrs: []onnx.Attr{onnx.IntAttr("transB", 1)}},
			onnx.Node{Op: "Softmax", Inputs: []string{"logits"}, Outputs: []string{"softmax"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}})
		g.Outputs = []onnx.Value{{Name: "softmax", Type: onnx.Float, Dims: []int64{1, 5}}}
	}
	return m
}

func defaultBackbone(context.Context) ([]byte, error) {
	m := network(false)
	m.SetMeta("irum.input", "16")
	m.SetMeta("irum.name", "small")
	m.SetMeta("irum.license", "MIT")
	return onnx.Write(m), nil
}

// host is everything that a service stands on, kept over restarts.
type host struct {
	st     *store.Store
	blobs  *blob.Memory
	tr     *transfer.Service
	config autolabel.Config
}

func newHost(t testing.TB) *host {
	t.Helper()
	h := &host{st: storetest.SQLite(t), blobs: blob.NewMemory()}
	h.tr = transfer.New(h.st, h.blobs)
	h.config = autolabel.Config{Store: h.st, Blobs: h.blobs, Transfer: h.tr, Engine: autolabel.NewLocal(2, engine.Options{}), Backbone: defaultBackbone, Boxes: detect.Train}
	return h
}

// open starts a service, which is closed when t ends.
func (h *host) open(t testing.TB) *autolabel.Service {
	t.Helper()
	s := must[*autolabel.Service](t)(autolabel.New(ctx, h.config))
	t.Cleanup(s.Close)
	return s
}

// hues are the classes of the pictures that the tests train on.
var hues = map[string]color.RGBA{"red": {220, 40, 40, 255}, "green": {40, 200, 60, 255}, "blue": {40, 60, 220, 255}}

// picture is a noisy square of one hue, as PNG: seed tells pictures of one hue apart.
func picture(hue color.RGBA, seed int64) []byte {
	rng := rand.New(rand.NewSource(seed))
	img := image.NewRGBA(image.Rect(0, 0, 24, 24))
	noise := func(v uint8) uint8 { return uint8(min(max(int(v)+rng.Intn(120)-60, 0), 255)) }
	for i := range 24 * 24 {
		img.SetRGBA(i%24, i/24, color.RGBA{noise(hue.R), noise(hue.G), noise(hue.B), 255})
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.Bytes()
}

// project makes a project of the three hues with n pictures each; all but loose of each are labelled.
func (h *host) project(t testing.TB, task domain.Task, n, loose int) domain.Project {
	t.Helper()
	p := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Hues", Task: task, Classes: []domain.Class{
		{ID: "red", Name: "red"}, {ID: "green", Name: "green"}, {ID: "blue", Name: "blue"},
	}}))
	imp := must[domain.ImportReport](t)(h.tr.Start(ctx, p.ID, "none"))
	for name, hue := range hues {
		for i := range n {
			path := fmt.Sprintf("%s/%03d.png", name, i)
			must[domain.ImportReport](t)(h.tr.File(ctx, p.ID, imp.ID, path, bytes.NewReader(picture(hue, int64(i)+1000*int64(hue.R)))))
		}
	}
	must[domain.ImportReport](t)(h.tr.Finish(ctx, p.ID, imp.ID))
	w := store.LabelWrite{Kind: "label", Actor: "test"}
	for _, a := range h.assets(t, p.ID) {
		var i int
		hue := a.Name[:len(a.Name)-len("/000.png")]
		_, _ = fmt.Sscanf(a.Name[len(hue):], "/%03d.png", &i)
		if i < n-loose {
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human(hue)})
		}
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	return p
}

func human(classes ...string) domain.Label {
	l := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range classes {
		l.Classes = append(l.Classes, domain.ClassScore{ClassID: c})
	}
	return l
}

func (h *host) assets(t testing.TB, project string) []domain.Asset {
	t.Helper()
	var out []domain.Asset
	err := h.st.EachAsset(ctx, project, store.Query{Sort: domain.SortName}, func(page []domain.Asset) error {
		out = append(out, page...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *host) export(t testing.TB, project string) domain.Export {
	t.Helper()
	return must[domain.Export](t)(h.tr.CreateExport(ctx, project, "", domain.Filter{}))
}

func (h *host) balance(t testing.TB) int64 {
	t.Helper()
	return must[domain.Credits](t)(h.st.Credits(ctx)).Balance
}

// wait gives the job when it has ended.
func wait(t testing.TB, s *autolabel.Service, j domain.Job) domain.Job {
	t.Helper()
	return until(t, s, j, func(j domain.Job) bool { return !j.EndedAt.IsZero() })
}

// until gives the job when good holds of it.
func until(t testing.TB, s *autolabel.Service, j domain.Job, good func(domain.Job) bool) domain.Job {
	t.Helper()
	deadline := time.Now().Add(50 * time.Second)
	for time.Now().Before(deadline) {
		j = must[domain.Job](t)(s.Job(ctx, j.ID))
		if good(j) {
			return j
		}
		time.Sleep(2 * time.Millisecond) // between looks at a condition
	}
	t.Fatalf("job did not get there: %+v", j)
	return j
}

// done gives the job when it has ended well.
func done(t testing.TB, s *autolabel.Service, j domain.Job) domain.Job {
	t.Helper()
	j = wait(t, s, j)
	if j.State != domain.JobDone {
		t.Fatalf("the job ended as %s: %s", j.State, j.Error)
	}
	return j
}

// train makes a model of all that is labelled in project.
func (h *host) train(t testing.TB, s *autolabel.Service, project string) domain.Model {
	t.Helper()
	j := must[domain.Job](t)(s.Train(ctx, project, domain.TrainRequest{ExportID: h.export(t, project).ID}))
	return must[store.ModelRecord](t)(h.st.Model(ctx, project, done(t, s, j).ModelID)).Model
}

// gated is an engine whose Embed waits after the first few images until the gate is opened.
type gated struct {
	autolabel.Engine
	free chan struct{} // one token an image; closed: no limit
}

func newGated(inner autolabel.Engine, free int) *gated {
	g := &gated{inner, make(chan struct{}, 1000)}
	for range free {
		g.free <- struct{}{}
	}
	return g
}

func (g *gated) Embed(ctx context.Context, sha string, image []byte) ([]float32, error) {
	select {
	case <-g.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.Engine.Embed(ctx, sha, image)
}
