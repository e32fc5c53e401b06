package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
)

const (
	killRounds   = 10 // of daily work; IRUM_CRASH asks for more
	killWriters  = 4
	killImages   = 48 // labelled over and over; each writer has its share
	recountEvery = 25
)

// TestKilledServerKeepsWhatItAcknowledged labels, undoes and imports over HTTP with several clients, kills the server in the
// middle of it, starts it again over the same folder, and looks whether everything that was acknowledged is there, requests
// that got no answer were done whole or not at all, and once when they are sent again, no blob is half, and the kept counts
// are those of a recount. IRUM_CRASH says how often.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	rounds := many(t, "IRUM_CRASH", killRounds)
	data := t.TempDir()
	c := &crash{data: data, random: rand.New(rand.NewPCG(7, uint64(rounds)))}
	c.begin(t)
	for round := range rounds {
		d := serveData(t, data)
		c.verify(t, d)
		c.writeAndKill(t, d)
		c.checkBlobs(t)
		if round%recountEvery == 0 || round == rounds-1 {
			c.recount(t)
		}
		if t.Failed() {
			text, _ := os.ReadFile(d.log)
			t.Fatalf("after %d kills:\n%s", round+1, tail(text))
		}
	}
	d := serveData(t, data)
	c.verify(t, d)
	d.stop(t)
	t.Logf("%d kills, %d acknowledged writes and %d images, %d requests cut off of which %d had been done; none lost",
		rounds, c.writes.Load(), c.imported(), c.cut, c.cutDone)
	if c.writes.Load() < int64(2*rounds) || c.cut == 0 {
		t.Error("the kills come too early or too late to show anything")
	}
}

// crash is what is known of a server's data from its answers alone.
type crash struct {
	data    string
	project string
	random  *rand.Rand
	writers []*writer
	writes  atomic.Int64
	cut     int // requests without an answer
	cutDone int // of those, done
}

// writer is one client. It alone writes to its assets.
type writer struct {
	random  *rand.Rand
	assets  []string
	kept    map[string]domain.Label // as acknowledged last, by asset
	images  map[string]bool         // by SHA-256: acknowledged
	last    *domain.LabelRequest    // acknowledged last, to undo
	before  map[string]domain.Label // what last changed
	pending *pendingWrite
}

// pendingWrite is a request that has no answer yet: labels, an undo, or an image.
type pendingWrite struct {
	labels *domain.LabelRequest
	undo   string
	want   map[string]string // class by asset, once it is done
	image  []byte
}

func (c *crash) begin(t *testing.T) {
	d := serveData(t, c.data)
	ctx := t.Context()
	p, err := d.CreateProject(ctx, domain.Project{Name: "Crash", Task: domain.TaskSingle, Classes: []domain.Class{
		{ID: "cat", Name: "Cat"}, {ID: "dog", Name: "Dog"}, {ID: "owl", Name: "Owl"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.project = p.ID
	for i := range killWriters {
		c.writers = append(c.writers, &writer{
			random: rand.New(rand.NewPCG(uint64(i), 5)), kept: map[string]domain.Label{}, images: map[string]bool{},
		})
	}
	for i := range killImages {
		if err := sendImage(ctx, d.Client, c.project, servetest.PNG(t, servetest.Red, uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	page, err := d.Assets(ctx, c.project, domain.Filter{}, "", "", killImages)
	if err != nil || len(page.Items) != killImages {
		t.Fatalf("%d images, %v", len(page.Items), err)
	}
	for i, a := range page.Items {
		w := c.writers[i%killWriters]
		w.assets, w.kept[a.ID] = append(w.assets, a.ID), a.Label
	}
	d.kill()
}

func sendImage(ctx context.Context, c *client.Client, project string, data []byte) error {
	report, err := c.StartImport(ctx, project, client.ImportOptions{Labels: "none"})
	if err == nil {
		_, err = c.ImportFile(ctx, project, report.ID, blob.Sum(data)+".png", nil, data)
	}
	return err
}

func (c *crash) imported() (n int) {
	for _, w := range c.writers {
		n += len(w.images)
	}
	return n
}

// writeAndKill lets all writers write and kills the server at a random moment after the first answer.
func (c *crash) writeAndKill(t *testing.T, d *daemon) {
	var wait sync.WaitGroup
	var once sync.Once
	delay := time.Duration(c.random.IntN(60_000)) * time.Microsecond
	answered := func() {
		c.writes.Add(1)
		once.Do(func() { time.AfterFunc(delay, func() { _ = d.cmd.Process.Kill() }) })
	}
	for _, w := range c.writers {
		wait.Go(func() {
			for {
				if w.pending == nil {
					w.pending = w.next(t)
				}
				err := w.send(t.Context(), d.Client, c.project)
				if err != nil {
					if domain.AsProblem(err).Code != domain.CodeUnavailable {
						t.Errorf("a writer was refused: %v", err)
						once.Do(func() { _ = d.cmd.Process.Kill() })
					}
					return
				}
				w.pending = nil
				answered()
			}
		})
	}
	wait.Wait()
	d.kill()
}

// next makes up a request.
func (w *writer) next(t *testing.T) *pendingWrite {
	switch roll := w.random.IntN(20); {
	case roll == 0:
		return &pendingWrite{image: servetest.PNG(t, servetest.Blue, w.random.Uint64())}
	case roll < 4 && w.last != nil:
		p := &pendingWrite{undo: w.last.OpID, want: map[string]string{}}
		for asset, label := range w.before {
			p.want[asset] = classOf(label)
		}
		w.last = nil
		return p
	}
	p := &pendingWrite{labels: &domain.LabelRequest{OpID: store.NewID()}, want: map[string]string{}}
	for range 1 + w.random.IntN(3) {
		asset := w.assets[w.random.IntN(len(w.assets))]
		class := []string{"cat", "dog", "owl"}[w.random.IntN(3)]
		if _, twice := p.want[asset]; twice || classOf(w.kept[asset]) == class {
			continue
		}
		p.want[asset] = class
		p.labels.Changes = append(p.labels.Changes, domain.LabelChange{AssetID: asset, Action: "set", Classes: []string{class}})
	}
	if len(p.want) == 0 {
		return w.next(t)
	}
	return p
}

// send sends what is pending and keeps what the answer says.
func (w *writer) send(ctx context.Context, c *client.Client, project string) error {
	p := w.pending
	switch {
	case p.image != nil:
		if err := sendImage(ctx, c, project, p.image); err != nil {
			return err
		}
		w.images[blob.Sum(p.image)] = true
		return nil
	case p.undo != "":
		op, err := c.Undo(ctx, project, p.undo)
		w.take(op)
		return err
	}
	op, err := c.Label(ctx, project, *p.labels)
	if err != nil {
		return err
	}
	w.last, w.before = p.labels, map[string]domain.Label{}
	for asset := range p.want {
		w.before[asset] = w.kept[asset]
	}
	w.take(op)
	return nil
}

func (w *writer) take(op domain.Operation) {
	for _, a := range op.Assets {
		w.kept[a.ID] = a.Label
	}
}

func classOf(l domain.Label) string {
	if len(l.Classes) == 0 {
		return ""
	}
	return l.Classes[0].ClassID
}

// verify compares what a restarted server has with what was acknowledged.
func (c *crash) verify(t *testing.T, d *daemon) {
	all, shas := map[string]domain.Asset{}, map[string]bool{}
	var counted domain.Counts
	for cursor := ""; ; {
		page, err := d.Assets(t.Context(), c.project, domain.Filter{}, "", cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			all[a.ID], shas[a.SHA256] = a, true
			counted.Assets++
			if a.Label.State == domain.StateLabelled {
				counted.Labelled++
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	p, err := d.Project(t.Context(), c.project)
	if err != nil {
		t.Fatal(err)
	}
	if p.Counts.Assets != counted.Assets || p.Counts.Labelled != counted.Labelled || p.Counts.Unlabelled != counted.Assets-counted.Labelled {
		t.Errorf("counts are %+v, the list has %d images, %d labelled", p.Counts, counted.Assets, counted.Labelled)
	}
	for _, w := range c.writers {
		for sha := range w.images {
			if !shas[sha] {
				t.Errorf("image %s was acknowledged and is gone", sha)
			}
		}
		c.verifyLabels(t, w, all)
	}
}

func (c *crash) verifyLabels(t *testing.T, w *writer, all map[string]domain.Asset) {
	done, open := 0, 0 // of the assets of what got no answer
	for asset, kept := range w.kept {
		now := all[asset].Label
		want, touched := "", false
		if w.pending != nil {
			want, touched = w.pending.want[asset]
		}
		switch {
		case reflect.DeepEqual(now, kept):
			if touched {
				open++
			}
		case touched && now.Rev == kept.Rev+1 && classOf(now) == want:
			done++
		default:
			t.Errorf("%s was acknowledged as %+v and is %+v", asset, kept, now)
		}
	}
	if done > 0 && open > 0 {
		t.Errorf("of a request that got no answer %d labels were written and %d were not", done, open)
	}
	if w.pending == nil {
		return
	}
	c.cut++
	if done > 0 {
		c.cutDone++
		for asset := range w.pending.want {
			if w.pending.undo != "" {
				w.kept[asset] = all[asset].Label
			}
		}
	}
	if w.pending.undo != "" { // an undo has no id of its own by which it could be sent again
		w.pending = nil
	}
}

// checkBlobs looks at every file of the bucket while no server runs.
func (c *crash) checkBlobs(t *testing.T) {
	names := map[string]bool{}
	root := filepath.Join(c.data, "blobs")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Dir(path) == filepath.Join(root, "tmp") {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && blob.Sum(data) != e.Name() {
			t.Errorf("blob %s has other bytes: %d of them", e.Name(), len(data))
		}
		names[e.Name()] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range c.writers {
		for sha := range w.images {
			if !names[sha] {
				t.Errorf("the bytes of image %s were acknowledged and are gone", sha)
			}
		}
	}
}

// recount opens the database while no server runs: SQLite itself finds nothing wrong, and counting anew changes nothing.
func (c *crash) recount(t *testing.T) {
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(c.data, "irum.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the database's own check says %q, %v", verdict, err)
	}
	s, err := store.Open(t.Context(), db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	counts := func() string {
		p, err := s.Project(t.Context(), c.project)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", p.Counts)
	}
	kept := counts()
	if err := s.RecountProject(t.Context(), c.project); err != nil {
		t.Fatal(err)
	}
	if again := counts(); again != kept {
		t.Errorf("kept counts %s, counted %s", kept, again)
	}
}
