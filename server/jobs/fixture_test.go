package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
)

// lease is short, so that a lost worker is noticed while a test waits.
const lease = time.Second

// workerEnv holds the childConfig of a test binary that is a worker.
const workerEnv = "IRUM_TEST_WORKER"

// childConfig is what a worker in a process of its own works on. Gate is a folder: the epoch n begins when the file n is there.
type childConfig struct{ DB, Blobs, Name, Gate, Log string }

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := child(text); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	storetest.Main(m)
}

// child works until it is killed, or orphaned.
func child(text string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	_, err := serve.OpenWorker(context.Background(), serve.WorkerConfig{
		DB: c.DB, Blobs: c.Blobs, Name: c.Name, Labels: []string{domain.LabelGPU}, Only: true, Lease: lease, Backbone: servetest.Backbone,
		Trainer: &servetest.Epochs{Before: c.gate},
	})
	if err != nil {
		return err
	}
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(50 * time.Millisecond) // between looks whether the test is still there
	}
	return nil
}

// gate lets an epoch begin when its file is there, and notes that it did.
func (c childConfig) gate(ctx context.Context, job string, epoch int) error {
	if err := os.WriteFile(filepath.Join(c.Gate, fmt.Sprint(c.Name, " waits before ", epoch)), nil, 0o600); err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(c.Gate, fmt.Sprint(epoch))); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	f, err := os.OpenFile(c.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %d %s\n", job, epoch, c.Name)
	return errors.Join(err, f.Close())
}

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

// office is a Postgres and a folder of blobs, with the store and the imports of this process.
type office struct {
	url, dir string
	st       *store.Store
	tr       *transfer.Service
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{url: storetest.PostgresURL(t), dir: t.TempDir()}
	o.st = storetest.OpenPostgresAt(t, o.url)
	o.tr = transfer.New(o.st, must[*blob.Folder](t)(blob.OpenFolder(o.dir)))
	return o
}

// serve opens a server of the office, which only queues unless work is set.
func (o *office) serve(t *testing.T, name string, work bool) *client.Client {
	t.Helper()
	s := must[*serve.Server](t)(serve.Open(t.Context(), serve.Config{
		DB: o.url, Blobs: o.dir, NoWork: !work, Name: name, Lease: lease, Addr: "127.0.0.1:0", Backbone: servetest.Backbone,
		Web: fstest.MapFS{"index.html": {Data: []byte("<p>")}}, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return client.New(httpclient.Over(s.API()))
}

// worker opens a worker with a GPU, as it says, in this process.
func (o *office) worker(t *testing.T, name string, before func(ctx context.Context, job string, epoch int) error) {
	t.Helper()
	w := must[*serve.Worker](t)(serve.OpenWorker(t.Context(), serve.WorkerConfig{
		DB: o.url, Blobs: o.dir, Name: name, Labels: []string{domain.LabelGPU}, Only: true, Lease: lease, Backbone: servetest.Backbone,
		Log: slog.New(slog.DiscardHandler), Trainer: &servetest.Epochs{Before: before},
	}))
	t.Cleanup(func() {
		if err := w.Close(0); err != nil {
			t.Error(err)
		}
	})
}

// start begins a worker with a GPU, as it says, in a process of its own.
func (o *office) start(t *testing.T, c childConfig) *exec.Cmd {
	t.Helper()
	c.DB, c.Blobs = o.url, o.dir
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(must[[]byte](t)(json.Marshal(c))))
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	return cmd
}

// kill is kill -9.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// request is for a training on n images of each of two colours, in a project of its own.
func (o *office) request(t *testing.T, n int) (project string, r domain.TrainRequest) {
	t.Helper()
	ctx := t.Context()
	p := must[domain.Project](t)(o.st.CreateProject(ctx, domain.Project{Name: "Colours", Task: domain.TaskSingle}))
	imp := must[domain.ImportReport](t)(o.tr.Start(ctx, p.ID, "auto"))
	for name, hue := range map[string]color.RGBA{"red": servetest.Red, "blue": servetest.Blue} {
		for i := range n {
			data := servetest.PNG(t, hue, uint64(i))
			must[domain.ImportReport](t)(o.tr.File(ctx, p.ID, imp.ID, fmt.Sprintf("%s/%d.png", name, i), bytes.NewReader(data)))
		}
	}
	must[domain.ImportReport](t)(o.tr.Finish(ctx, p.ID, imp.ID))
	return p.ID, domain.TrainRequest{ExportID: must[domain.Export](t)(o.tr.CreateExport(ctx, p.ID, "", domain.Filter{})).ID}
}

func (o *office) balance(t *testing.T) int64 {
	t.Helper()
	return must[domain.Credits](t)(o.st.Credits(t.Context())).Balance
}

// until gives the job, as c tells of it, when good holds.
func until(t *testing.T, c *client.Client, id string, good func(domain.Job) bool) domain.Job {
	t.Helper()
	deadline := time.Now().Add(50 * time.Second)
	var j domain.Job
	for time.Now().Before(deadline) {
		j = must[domain.Job](t)(c.Job(t.Context(), id))
		if good(j) {
			return j
		}
		if !j.State.Open() {
			break
		}
		time.Sleep(5 * time.Millisecond) // between looks at a condition
	}
	t.Fatalf("the job did not get there: %+v", j)
	return j
}

// done gives the job when it has ended well.
func done(t *testing.T, c *client.Client, id string) domain.Job {
	t.Helper()
	return until(t, c, id, func(j domain.Job) bool { return j.State == domain.JobDone })
}

// reached waits until a worker has kept all epochs before one.
func (c childConfig) reached(t *testing.T, epoch int) {
	t.Helper()
	for deadline := time.Now().Add(50 * time.Second); ; {
		_, err := os.Stat(filepath.Join(c.Gate, fmt.Sprint(c.Name, " waits before ", epoch)))
		switch {
		case err == nil:
			return
		case !errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline):
			t.Fatalf("%s did not get to epoch %d: %v", c.Name, epoch, err)
		}
		time.Sleep(5 * time.Millisecond) // between looks at a condition
	}
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(string(text), " ", "/"))
}
