package torch

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
)

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

// product is a service with a project of labelled stripes and one image without a label.
type product struct {
	st      *store.Store
	config  autolabel.Config
	project string
	request domain.TrainRequest
}

func newProduct(t *testing.T, images int, trainer autolabel.Trainer) *product {
	t.Helper()
	ctx := context.Background()
	blobs := blob.NewMemory()
	p := &product{st: storetest.SQLite(t)}
	in := transfer.New(p.st, blobs)
	p.config = autolabel.Config{
		Store: p.st, Blobs: blobs, Transfer: in, Engine: autolabel.NewLocal(2, engine.Options{}), Repeat: true,
		Labels: []string{domain.LabelGPU}, Trainer: trainer, Backbone: func(context.Context) ([]byte, error) { return smallBackbone(), nil },
	}
	var classes []domain.Class
	for _, name := range []string{"down", "across", "aslant"} {
		classes = append(classes, domain.Class{ID: name, Name: name})
	}
	p.project = must[domain.Project](t)(p.st.CreateProject(ctx, domain.Project{Name: "Stripes", Task: domain.TaskSingle, Classes: classes})).ID
	files, labels := stripes(images + 1)
	send := func(name string, i int) {
		report := must[domain.ImportReport](t)(in.Start(ctx, p.project, "folder"))
		if _, err := in.File(ctx, p.project, report.ID, name, bytes.NewReader(files[i])); err != nil {
			t.Fatal(err)
		}
		must[domain.ImportReport](t)(in.Finish(ctx, p.project, report.ID))
	}
	report := must[domain.ImportReport](t)(in.Start(ctx, p.project, "folder"))
	for i := range images {
		if _, err := in.File(ctx, p.project, report.ID, fmt.Sprintf("%s/%03d.png", classes[labels[i][0]].Name, i), bytes.NewReader(files[i])); err != nil {
			t.Fatal(err)
		}
	}
	must[domain.ImportReport](t)(in.Finish(ctx, p.project, report.ID))
	p.request = domain.TrainRequest{ExportID: must[domain.Export](t)(in.CreateExport(ctx, p.project, "all", domain.Filter{})).ID, Level: "full", Name: "Whole"}
	send("new.png", images)
	return p
}

// await waits until a job is in one of those states.
func await(t *testing.T, s *autolabel.Service, id string, states ...domain.JobState) domain.Job {
	t.Helper()
	changed := make(chan struct{}, 1)
	defer s.Watch(func(domain.Job) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	limit := time.After(3 * time.Minute)
	for {
		j := must[domain.Job](t)(s.Job(context.Background(), id))
		if slices.Contains(states, j.State) {
			return j
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("the job is %+v", j)
		}
	}
}

// ended waits until a job is over.
func ended(t *testing.T, s *autolabel.Service, id string) domain.Job {
	t.Helper()
	return await(t, s, id, domain.JobDone, domain.JobFailed, domain.JobCancelled)
}

// TestProductTrainsWholeNetworks: a training that was paused in the middle goes on from its checkpoint, its model is measured on images that
// were held out, and labels others by itself.
func TestProductTrainsWholeNetworks(t *testing.T) {
	ctx := context.Background()
	trainer := &Trainer{host: pytorch(t), device: "cpu", folder: t.TempDir(), log: nil, recipe: func(images int) Recipe {
		r := NewRecipe(images)
		r.Epochs, r.Batch, r.Rate, r.CheckpointSeconds, r.ProgressSeconds, r.Norm, r.EMA, r.Augment = 8, 32, 0.01, 0, 0, "train", 0.9, Augment{}
		return r
	}}
	p := newProduct(t, 240, trainer)
	s := must[*autolabel.Service](t)(autolabel.New(ctx, p.config))
	t.Cleanup(s.Close)
	if !slices.ContainsFunc(s.Levels(), func(l domain.Level) bool { return l.ID == "full" && l.Reason == "" }) {
		t.Fatalf("levels %+v", s.Levels())
	}
	underway := make(chan struct{}, 1)
	end := s.Watch(func(j domain.Job) {
		if j.Phase == "tune" && j.Course != nil && len(j.Course.Points) > 2 {
			select {
			case underway <- struct{}{}:
			default:
			}
		}
	})
	j := must[domain.Job](t)(s.Train(ctx, p.project, p.request))
	<-underway
	end()
	if _, err := s.Pause(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	await(t, s, j.ID, domain.JobPaused) // it may take longer than Pause waits
	paused := must[store.JobRecord](t)(p.st.JobRecord(ctx, j.ID))
	if paused.Checkpoint == "" {
		t.Fatalf("nothing is kept of a paused training: %+v", paused.Job)
	}
	must[domain.Job](t)(s.Resume(ctx, j.ID))
	done := ended(t, s, j.ID)
	if done.State != domain.JobDone || done.Starts != 2 {
		t.Fatalf("%+v", done)
	}
	m := must[store.ModelRecord](t)(p.st.Model(ctx, p.project, done.ModelID))
	if m.Level != "full" || m.Metrics.Course == nil || len(m.Metrics.Course.Points) != 9 || m.Metrics.Course.Learnt+m.Metrics.Images > 240 || m.Metrics.Images < 30 {
		t.Fatalf("level %s, %d images measured, course %+v", m.Level, m.Metrics.Images, m.Metrics.Course)
	}
	if m.Metrics.Accuracy < 0.8 {
		t.Errorf("accuracy %.3f", m.Metrics.Accuracy)
	}
	apply := must[domain.Job](t)(s.Apply(ctx, p.project, m.ID, domain.ApplyRequest{}))
	if applied := ended(t, s, apply.ID); applied.Apply == nil || applied.Apply.Labelled != 1 {
		t.Errorf("%+v", applied)
	}
}
