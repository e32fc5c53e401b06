package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store/storetest"
)

// asTrainable names the environment variable that gives processes a backbone whose epochs take long enough to be killed in.
const asTrainable = "IRUM_TEST_TRAINABLE"

// trainable is a small residual network that knows nothing.
func trainable(context.Context) ([]byte, error) { return onnx.Write(tune.ResNet(48, 12, 3)), nil }

// tuned is a project whose trainings are killed.
type tuned struct {
	*client.Client
	t       *testing.T
	project string
	request domain.TrainRequest
}

// stripes are noisy lines that stand or lie: a head on features that know nothing is not sure of them, a network that learns is.
func stripes(standing bool, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 3))
	img, wide, from := image.NewGray(image.Rect(0, 0, 24, 24)), 2+random.IntN(3), random.IntN(6)
	for y := range 24 {
		for x := range 24 {
			at := y
			if standing {
				at = x
			}
			img.SetGray(x, y, color.Gray{uint8(50 + random.IntN(140) + (at+from)/wide%2*60)})
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.Bytes()
}

// newTuned makes a project of stripes, so many that stand and that lie, with an export.
func newTuned(t *testing.T, c *client.Client, each int) *tuned {
	t.Helper()
	ctx := t.Context()
	p, err := c.CreateProject(ctx, domain.Project{Name: "Stripes", Task: domain.TaskSingle})
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.StartImport(ctx, p.ID, client.ImportOptions{Labels: "folder"})
	for i := 0; i < 2*each && err == nil; i++ {
		_, err = c.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("%s/%d.png", []string{"lying", "standing"}[i%2], i), nil, stripes(i%2 == 1, uint64(i)))
	}
	if err == nil {
		_, err = c.FinishImport(ctx, p.ID, in.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.CreateExport(ctx, p.ID, "all", domain.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return &tuned{c, t, p.ID, domain.TrainRequest{ExportID: e.ID, Seed: 11}}
}

// begin starts a training at a level.
func (p *tuned) begin(level string) domain.Job {
	p.t.Helper()
	p.request.Level = level
	j, err := p.Train(p.t.Context(), p.project, p.request)
	if err != nil {
		p.t.Fatal(err)
	}
	return j
}

// until looks at a job until good holds of it.
func (p *tuned) until(what string, j domain.Job, good func(domain.Job) bool) domain.Job {
	p.t.Helper()
	var err error
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if j, err = p.Job(p.t.Context(), j.ID); err != nil {
			p.t.Fatal(err)
		}
		if good(j) {
			return j
		}
		if !j.State.Open() {
			p.t.Fatalf("%s: the job is over: %+v", what, j)
		}
		time.Sleep(time.Millisecond) // between looks
	}
	p.t.Fatalf("%s: the job did not get there: %+v", what, j)
	return j
}

// underway starts a training at a level and waits until epochs have ended and the next one has begun. One that was over before
// somebody could look is started again.
func (p *tuned) underway(level string) domain.Job {
	p.t.Helper()
	for range 5 {
		j := p.until("the third epoch", p.begin(level), func(j domain.Job) bool {
			if j.State == domain.JobDone {
				return true
			}
			if j.Phase != "tune" || j.Course == nil || len(j.Course.Points) < 3 {
				return false
			}
			each := j.Total / j.Course.Epochs // steps of an epoch
			return j.Done%max(each, 1) != 0
		})
		if j.State != domain.JobDone {
			return j
		}
		p.delete(j.ModelID)
	}
	p.t.Fatalf("no training at the level %s could be caught in the middle of an epoch", level)
	return domain.Job{}
}

func (p *tuned) delete(model string) {
	p.t.Helper()
	if err := p.DeleteModel(p.t.Context(), p.project, model); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tuned) model(j domain.Job) domain.Model {
	p.t.Helper()
	j = p.until("the end", j, func(j domain.Job) bool { return j.State == domain.JobDone })
	m, err := p.Model(p.t.Context(), p.project, j.ModelID)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// judge compares what a killed training left with one that nobody disturbed.
func (p *tuned) judge(killed domain.Job) {
	p.t.Helper()
	// Steps of the epochs that had ended are not done again.
	kept, least := killed.Total/killed.Course.Epochs*(len(killed.Course.Points)-1), killed.Total
	p.until("the end", killed, func(n domain.Job) bool {
		if n.Starts > 1 && n.Phase == "tune" {
			least = min(least, n.Done)
		}
		return n.State == domain.JobDone
	})
	if least < kept {
		p.t.Errorf("the training went on at step %d, it was killed at %d and had kept %d", least, killed.Done, kept)
	}
	m := p.model(killed)
	again, err := p.Job(p.t.Context(), killed.ID)
	if err != nil || again.Starts < 2 || m.ID != killed.ID {
		p.t.Errorf("the job was started %d times and made %s: %v", again.Starts, m.ID, err)
	}
	if models, err := p.Models(p.t.Context(), p.project); err != nil || len(models) != 1 {
		p.t.Errorf("there are %d models: %v", len(models), err)
	}
	credits, err := p.Credits(p.t.Context(), "")
	if err != nil {
		p.t.Fatal(err)
	}
	kinds, sum := map[string]int{}, int64(0)
	for _, e := range credits.Entries {
		if e.JobID == killed.ID {
			kinds[e.Kind]++
			sum += e.Amount
		}
	}
	if kinds["reserve"] != 1 || kinds["settle"] != 1 || kinds["refund"] != 0 || -sum != m.Credits {
		p.t.Errorf("the ledger has %v, %d in all, for a model of %d credits", kinds, sum, m.Credits)
	}
	undisturbed := p.begin(p.request.Level)
	calm := p.model(undisturbed)
	if undisturbed, err = p.Job(p.t.Context(), undisturbed.ID); err != nil {
		p.t.Fatal(err)
	}
	// The losses of all epochs come of all weights. A head is what is published where the network is no better.
	if calm.SHA256 != m.SHA256 || calm.Level != m.Level || !reflect.DeepEqual(again.Course.Points, undisturbed.Course.Points) {
		p.t.Errorf("level %s: the model is %s at the level %s after %+v, undisturbed %s at %s after %+v",
			p.request.Level, m.SHA256, m.Level, again.Course.Points, calm.SHA256, calm.Level, undisturbed.Course.Points)
	}
	p.t.Logf("asked for %s, published %s, after %d epochs and %d starts", p.request.Level, m.Level, len(again.Course.Points)-1, again.Starts)
	p.delete(calm.ID)
	p.delete(m.ID)
}

// TestKilledTuningGoesOn kills a server in the middle of an epoch, at the levels last and whole: started again it goes on from
// its checkpoint, publishes one model, which is the same bit for bit as without the kill, and is paid for once.
func TestKilledTuningGoesOn(t *testing.T) {
	t.Setenv(asTrainable, "1")
	data := t.TempDir()
	d := serveData(t, data)
	p := newTuned(t, d.Client, 20)
	for _, level := range []string{"last", "whole"} {
		j := p.underway(level)
		d.kill()
		d = serveData(t, data)
		p.Client = d.Client
		p.judge(j)
		t.Logf("level %s was killed at step %d of %d", level, j.Done, j.Total)
	}
	d.stop(t)
}

// worker starts `irum worker` under a name.
func worker(t *testing.T, name, db, blobs string, more ...string) (kill func()) {
	t.Helper()
	cmd := program(t, append([]string{"--db", db, "--blobs", blobs, "worker", "--name", name, "--lease", "1s"}, more...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			_ = log.Close()
		}
	}
	t.Cleanup(func() {
		kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s:\n%s", name, tail(text))
		}
	})
	return kill
}

// TestTuningGoesOnElsewhere is the same for the level scratch with a Postgres and two workers: the one that trains is killed, the other goes on.
func TestTuningGoesOnElsewhere(t *testing.T) {
	t.Setenv(asTrainable, "1")
	db, blobs := storetest.PostgresURL(t), t.TempDir()
	d := serveData(t, t.TempDir(), "--db", db, "--blobs", blobs, "--no-work")
	kill := map[string]func(){}
	for _, name := range []string{"shed", "attic"} {
		kill[name] = worker(t, name, db, blobs)
	}
	p := newTuned(t, d.Client, 20)
	j := p.underway("scratch")
	if kill[j.Worker] == nil {
		t.Fatalf("the job runs on %q", j.Worker)
	}
	kill[j.Worker]()
	next := p.until("the other worker", j, func(n domain.Job) bool { return n.Worker != "" && n.Worker != j.Worker })
	t.Logf("killed on %s at step %d of %d, gone on with by %s at step %d", j.Worker, j.Done, j.Total, next.Worker, next.Done)
	p.judge(j)
	d.stop(t)
}
