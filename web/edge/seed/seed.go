// Package seed fills an edge host with a sample project: images, labels of people and of a model, and the model's card. The edge
// computes nothing, so all is made by a server in this process, in a folder that is thrown away, and carried over row by row.
package seed

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/demo"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/web/edge/workerd"
)

const (
	confident  = 0.5 // of labels that the model may give; what it knows less of is left unlabelled
	rowsAtOnce = 100
	attempts   = 4
	senders    = 3 // of blobs, at the same time
)

// left are tables that the sample does not need on the edge: what trains, and what a database has of itself.
var left = map[string]bool{"migrations": true, "embeddings": true, "guards": true, "jobs": true, "workers": true}

// Fill makes the sample and sends it to the edge host at url, whose owner's token is token. Where there is a project already it
// does nothing.
func Fill(ctx context.Context, url, token string, say func(format string, args ...any)) error {
	t, err := httpclient.New(url)
	if err != nil {
		return err
	}
	t.Use(token)
	there, err := client.New(t).Projects(ctx)
	if err != nil {
		return fmt.Errorf("look at %s: %w", url, err)
	}
	if len(there) > 0 {
		say("%s has %d projects already: nothing is sent", url, len(there))
		return nil
	}
	dir, err := os.MkdirTemp("", "irum-seed-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := prepare(ctx, dir, say); err != nil {
		return err
	}
	e := &edge{url: strings.TrimSuffix(url, "/"), token: token}
	// Blobs first: no row may name one that is not there.
	if err := e.sendBlobs(ctx, filepath.Join(dir, "blobs"), say); err != nil {
		return err
	}
	if err := e.sendTables(ctx, filepath.Join(dir, "irum.db"), say); err != nil {
		return errors.Join(err, takeBack(client.New(t)))
	}
	return nil
}

// takeBack removes a project that was sent in part, so that it can be sent again.
func takeBack(c *client.Client) error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	sent, err := c.Projects(ctx)
	for _, p := range sent {
		err = errors.Join(err, c.DeleteProject(ctx, p.ID))
	}
	return err
}

// prepare makes the sample project in a data folder: imported, trained on and labelled.
func prepare(ctx context.Context, dir string, say func(string, ...any)) (err error) {
	edge, err := workerd.Folder()
	if err != nil {
		return err
	}
	s, err := serve.Open(ctx, serve.Config{Data: dir, Web: os.DirFS(filepath.Join(edge, "..", "dist")), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c := client.New(httpclient.Over(s.API()))
	host, err := c.Capabilities(ctx)
	if err != nil {
		return err
	}
	if len(host.Samples) == 0 {
		return errors.New("this build has no samples: run make web first")
	}
	job, err := ended(ctx, c)(c.TrySample(ctx, host.Samples[0].ID))
	if err != nil {
		return fmt.Errorf("import the sample: %w", err)
	}
	project := job.ProjectID
	export, err := c.CreateExport(ctx, project, host.Samples[0].Name, domain.Filter{States: []domain.State{domain.StateLabelled}})
	if err != nil {
		return err
	}
	if _, err := ended(ctx, c)(c.Train(ctx, project, domain.TrainRequest{ExportID: export.ID, Seed: 1})); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	models, err := c.Models(ctx, project)
	if err != nil || len(models) == 0 {
		return errors.Join(err, errors.New("the training left no model"))
	}
	if _, err := ended(ctx, c)(c.Apply(ctx, project, models[0].ID, domain.ApplyRequest{MinConfidence: confident})); err != nil {
		return fmt.Errorf("label by the model: %w", err)
	}
	p, err := c.Project(ctx, project)
	say("made the project %s: %d images, %d labelled by people, %d by a model of accuracy %.3f", p.Name, p.Counts.Assets, p.Counts.Labelled,
		p.Counts.Auto, models[0].Metrics.Accuracy)
	return err
}

// ended waits for a job that was started.
func ended(ctx context.Context, c *client.Client) func(domain.Job, error) (domain.Job, error) {
	return func(j domain.Job, err error) (domain.Job, error) {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for err == nil && j.State.Open() {
			select {
			case <-ctx.Done():
				return j, ctx.Err()
			case <-tick.C:
			}
			j, err = c.Job(ctx, j.ID)
		}
		if err == nil && j.State != domain.JobDone {
			err = fmt.Errorf("the job ended as %s: %s", j.State, j.Error)
		}
		return j, err
	}
}

// edge is the host that is filled.
type edge struct{ url, token string }

// post sends what may be sent twice: blobs have their sum as a name, and rows that are there already are left out. So it is sent
// again where the connection breaks off.
func (e *edge) post(ctx context.Context, path string, body []byte) (answer []byte, err error) {
	for attempt := range attempts {
		if answer, err = e.send(ctx, path, body); err == nil || errors.Is(err, errRefused) || ctx.Err() != nil {
			return answer, err
		}
		select {
		case <-time.After(time.Duration(attempt+1) * 500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return answer, err
}

// errRefused is an answer that would be the same again.
var errRefused = errors.New("the edge host refuses it")

func (e *edge) send(ctx context.Context, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+e.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := workerd.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("POST %s: %w: status %d: %s", path, errRefused, res.StatusCode, answer)
	}
	return answer, err
}

func (e *edge) sendBlobs(ctx context.Context, dir string, say func(string, ...any)) error {
	blobs, err := blob.OpenFolder(dir)
	if err != nil {
		return err
	}
	var all []string
	for info, err := range blobs.List(ctx) {
		if err != nil {
			return err
		}
		all = append(all, info.SHA256)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan []string)
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for part := range next {
				if err := e.sendSome(ctx, blobs, part); err != nil {
					stop(err)
				}
			}
		})
	}
	for part := range slices.Chunk(all, demo.MaxBlobs) {
		next <- part
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	say("sent %d files", len(all))
	return nil
}

func (e *edge) sendSome(ctx context.Context, blobs blob.Bucket, shas []string) error {
	in := demo.Blobs{Blobs: make([][]byte, len(shas))}
	for i, sha := range shas {
		var err error
		if in.Blobs[i], err = blob.Bytes(ctx, blobs, sha, 0); err != nil {
			return err
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := e.post(ctx, "/api/seed/blobs", body)
	if err != nil {
		return err
	}
	var kept demo.Kept
	if err := json.Unmarshal(answer, &kept); err != nil || !slices.Equal(kept.SHA256, shas) {
		return fmt.Errorf("%d blobs were kept as others: %w", len(shas), err)
	}
	return nil
}

func (e *edge) sendTables(ctx context.Context, path string, say func(string, ...any)) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	names, err := tables(ctx, db)
	if err != nil {
		return err
	}
	var sent int
	for _, name := range names {
		if left[name] {
			continue
		}
		n, err := e.sendTable(ctx, db, name)
		if err != nil {
			return fmt.Errorf("send the table %s: %w", name, err)
		}
		sent += n
	}
	say("sent %d rows", sent)
	return nil
}

// tables in the order in which they were made, so that rows come after those that they refer to.
func tables(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func (e *edge) sendTable(ctx context.Context, db *sql.DB, name string) (n int, err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	out := demo.Rows{Table: name}
	if out.Columns, err = rows.Columns(); err != nil {
		return 0, err
	}
	send := func() error {
		if len(out.Rows) == 0 {
			return nil
		}
		body, err := json.Marshal(out)
		if err != nil {
			return err
		}
		n += len(out.Rows)
		out.Rows = nil
		_, err = e.post(ctx, "/api/seed/rows", body)
		return err
	}
	for rows.Next() {
		row, to := make([]any, len(out.Columns)), make([]any, len(out.Columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return n, err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = demo.Bytes{Bytes: b}
			}
		}
		if out.Rows = append(out.Rows, row); len(out.Rows) == rowsAtOnce {
			if err := send(); err != nil {
				return n, err
			}
		}
	}
	return n, errors.Join(rows.Err(), send())
}
