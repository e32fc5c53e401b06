package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
)

// TestWorkersAreShown follows a training on a server that leaves its work to others: the page says that no worker with a GPU is
// connected, then which one trains, that another goes on with it, and shows the model.
func TestWorkersAreShown(t *testing.T) {
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	db, dir := storetest.PostgresURL(t), t.TempDir()
	url := open(t, serve.Config{
		DB: db, Blobs: dir, NoWork: true, Lease: time.Second, Addr: "127.0.0.1:0", Web: os.DirFS("../dist"), Backbone: servetest.Backbone,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	project, export := coloursIn(t, db, dir)
	transport, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.New(transport).Train(t.Context(), project, domain.TrainRequest{ExportID: export, Level: "full"}); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, 1440, 900)
	p.open(url + "/p/s/" + project + "/ai")
	p.sees("Waiting for a worker with a GPU: none is connected", time.Minute)
	p.accessible("workers-none")
	token := make(chan struct{}, 20)
	shed := gpuWorker(t, db, dir, "shed", token)
	for range 3 {
		token <- struct{}{}
	}
	p.sees("Training · on shed", 20*time.Second)
	p.until("the third epoch", `document.body.innerText.includes("3 / 10")`, 20*time.Second)
	p.accessible("workers-one")
	shed()
	gpuWorker(t, db, dir, "attic", token)
	p.sees("Training · on attic · resumed", 20*time.Second)
	p.accessible("workers-resumed")
	close(token)
	p.sees("version 1", 30*time.Second)
}

// gpuWorker is a worker that begins an epoch for each token, until stop or the end of t.
func gpuWorker(t *testing.T, db, dir, name string, token <-chan struct{}) (stop func()) {
	t.Helper()
	w, err := serve.OpenWorker(t.Context(), serve.WorkerConfig{
		DB: db, Blobs: dir, Name: name, Labels: []string{domain.LabelGPU}, Only: true, Lease: time.Second, Backbone: servetest.Backbone,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Trainer: &servetest.Epochs{Before: func(ctx context.Context, _ string, _ int) error {
			select {
			case <-token:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := w.Close(0); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// coloursIn makes a project of two colours with an export.
func coloursIn(t *testing.T, db, dir string) (project, export string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	st := storetest.OpenPostgresAt(t, db)
	folder, err := blob.OpenFolder(dir)
	must(err)
	in := transfer.New(st, folder)
	p, err := st.CreateProject(t.Context(), domain.Project{Name: "Colours", Task: domain.TaskSingle})
	must(err)
	report, err := in.Start(t.Context(), p.ID, "auto")
	must(err)
	for name, hue := range map[string]color.RGBA{"red": servetest.Red, "blue": servetest.Blue} {
		for i := range 4 {
			_, err := in.File(t.Context(), p.ID, report.ID, fmt.Sprintf("%s/%d.png", name, i), bytes.NewReader(servetest.PNG(t, hue, uint64(i))))
			must(err)
		}
	}
	_, err = in.Finish(t.Context(), p.ID, report.ID)
	must(err)
	e, err := in.CreateExport(t.Context(), p.ID, "", domain.Filter{})
	must(err)
	return p.ID, e.ID
}
