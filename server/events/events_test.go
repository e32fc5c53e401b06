package events_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/events"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// jobs is who tells of jobs.
type jobs struct {
	mu sync.Mutex
	f  func(domain.Job)
}

func (j *jobs) Watch(f func(domain.Job)) func() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.f = f
	return func() {}
}

// desk is a hub over a store with one project of one image.
type desk struct {
	t       *testing.T
	hub     *events.Hub
	jobs    *jobs
	store   *store.Store
	project string
	asset   string
	server  *httptest.Server
}

func newDesk(t *testing.T, change func(*events.Hub)) *desk {
	t.Helper()
	d := &desk{t: t, jobs: &jobs{}, store: storetest.SQLite(t)}
	p, err := d.store.CreateProject(t.Context(), domain.Project{Name: "P", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}})
	if err != nil {
		t.Fatal(err)
	}
	d.project = p.ID
	added, err := d.store.AddAssets(t.Context(), p.ID, []domain.Asset{{Name: "x", SHA256: strings.Repeat("a", 64), Format: "png", Width: 1, Height: 1}}, store.LabelWrite{})
	if err != nil {
		t.Fatal(err)
	}
	d.asset = added.Assets[0].ID
	d.hub = events.New(d.store, d.jobs)
	if change != nil {
		change(d.hub)
	}
	mux := http.NewServeMux()
	route := d.hub.Route()
	mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := route.Do(w, r); err != nil {
			w.WriteHeader(domain.AsProblem(err).Status)
		}
	})
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.server.Close)
	t.Cleanup(d.hub.Close)
	return d
}

func (d *desk) label(class string) {
	d.t.Helper()
	_, err := d.store.WriteLabels(d.t.Context(), d.project, store.LabelWrite{Changes: []store.Change{{
		AssetID: d.asset, Label: domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: class}}},
	}}})
	if err != nil {
		d.t.Fatal(err)
	}
}

// stream is an open stream; each next gives an event as "name data", and its id.
type stream struct {
	t      *testing.T
	status int
	lines  *bufio.Scanner
	close  func()
}

// open is listen that waits for a place, which the server frees when it has seen that an earlier stream was closed.
func (d *desk) open(after string) *stream {
	d.t.Helper()
	for {
		if s := d.listen(after); s.status != http.StatusTooManyRequests {
			return s
		}
	}
}

func (d *desk) listen(after string) *stream {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.server.URL+"/api/projects/"+d.project+"/events", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	res, err := d.server.Client().Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	s := &stream{d.t, res.StatusCode, bufio.NewScanner(res.Body), func() { cancel(); _ = res.Body.Close() }}
	d.t.Cleanup(s.close)
	return s
}

// next reads to the end of an event; "" at the end of the stream, ":" for a heartbeat.
func (s *stream) next() (what, id string) {
	s.t.Helper()
	var name, data string
	for s.lines.Scan() {
		line := s.lines.Text()
		field, value, _ := strings.Cut(line, ": ")
		switch {
		case line == ":":
			what = ":"
		case field == "id":
			id = value
		case field == "event":
			name = value
		case field == "data":
			data = value
		case line == "" && name != "":
			return name + " " + data, id
		case line == "" && what == ":":
			return what, ""
		}
	}
	return "", ""
}

func (s *stream) wants(prefix string) (id string) {
	s.t.Helper()
	what, id := s.next()
	if !strings.HasPrefix(what, prefix) {
		s.t.Fatalf("the stream says %q, want %q", what, prefix)
	}
	return id
}

func TestEventsAndResume(t *testing.T) {
	d := newDesk(t, nil)
	s := d.listen("")
	s.wants(`hello {"seq":1}`)
	d.label("a")
	first := s.wants(`labels {"seq":2,"assets":["` + d.asset + `"]}`)
	d.jobs.f(domain.Job{ID: "j", ProjectID: d.project, Kind: "train", State: domain.JobRunning, Done: 1, Total: 9, Metrics: &domain.Metrics{}})
	s.wants(`job {"id":"j","kind":"train","state":"running","done":1,"total":9}`)
	d.jobs.f(domain.Job{ID: "j", ProjectID: d.project, State: domain.JobRunning, Done: 2}) // too soon
	d.jobs.f(domain.Job{ID: "j", ProjectID: d.project, State: domain.JobRunning, Done: 3})
	d.jobs.f(domain.Job{ID: "k", ProjectID: "another", State: domain.JobRunning})
	s.wants(`job {"id":"j","kind":"","state":"running","done":3,"total":0}`)
	d.jobs.f(domain.Job{ID: "j", ProjectID: d.project, State: domain.JobDone, EndedAt: time.Now()})
	last := s.wants(`job {"id":"j","kind":"","state":"done"`)
	s.close()
	d.label("b")
	again := d.listen(first)
	again.wants(`job {"id":"j","kind":"train","state":"running"`)
	again.wants(`job {"id":"j","kind":"","state":"running"`)
	again.wants(`job {"id":"j","kind":"","state":"done"`)
	again.wants(`labels {"seq":3`)
	for id, want := range map[string]string{last: `labels {"seq":3`, "other-1": `reset {"seq":3}`, first + "9999": `reset {"seq":3}`} {
		s := d.open(id)
		s.wants(want)
		s.close()
	}
}

func TestTooFarBehind(t *testing.T) {
	d := newDesk(t, nil)
	s := d.listen("")
	s.wants("hello")
	d.label("a")
	id := s.wants("labels")
	s.close()
	for i := range 300 {
		d.label([]string{"b", "a"}[i%2])
	}
	d.listen(id).wants("reset")
}

func TestStreamsEnd(t *testing.T) {
	d := newDesk(t, func(h *events.Hub) { h.Lifetime = 50 * time.Millisecond })
	s := d.listen("")
	s.wants("hello")
	if what, _ := s.next(); what != "" {
		t.Errorf("after its life a stream says %q", what)
	}
	d = newDesk(t, nil)
	s = d.listen("")
	s.wants("hello")
	d.hub.Close()
	if what, _ := s.next(); what != "" {
		t.Errorf("after the end of the server a stream says %q", what)
	}
}

// TestHeartbeat wants a silent stream to say that it is there, and to tell what another process wrote.
func TestHeartbeat(t *testing.T) {
	d := newDesk(t, func(h *events.Hub) { h.Heartbeat = 20 * time.Millisecond })
	s := d.listen("")
	s.wants("hello")
	s.wants(":")
	if _, err := d.store.SetSplit(t.Context(), d.project, map[string]string{d.asset: "val"}); err != nil { // which nobody is told of
		t.Fatal(err)
	}
	for {
		what, _ := s.next()
		if what == `labels {"seq":2}` {
			break
		}
		if what != ":" {
			t.Fatalf("the stream says %q", what)
		}
	}
	if _, err := d.store.DeleteProject(t.Context(), d.project); err != nil {
		t.Fatal(err)
	}
	for {
		if what, _ := s.next(); what == "" {
			break
		}
	}
	if s := d.listen(""); s.status != 404 {
		t.Errorf("events of no project: %d", s.status)
	}
}

func TestLimitOfStreams(t *testing.T) {
	d := newDesk(t, nil)
	var all []*stream
	for range 4 {
		s := d.listen("")
		s.wants("hello")
		all = append(all, s)
	}
	if s := d.listen(""); s.status != 429 {
		t.Errorf("a fifth stream: %d", s.status)
	}
	all[0].close()
	d.open("").wants("hello")
}

// TestJobsElsewhere wants listeners to be told of jobs that other processes run.
func TestJobsElsewhere(t *testing.T) {
	var done atomic.Int64
	d := newDesk(t, nil)
	d.hub.Look = func(_ context.Context, project string) ([]domain.Job, error) {
		return []domain.Job{
			{ID: "j", ProjectID: project, State: domain.JobRunning, Done: int(done.Add(1)), Total: 9},
			{ID: "old", ProjectID: project, State: domain.JobDone},
		}, nil
	}
	s := d.listen("")
	s.wants("hello")
	s.wants(`job {"id":"j","kind":"","state":"running","done":1,"total":9}`)
	s.wants(`job {"id":"j","kind":"","state":"running","done":2,"total":9}`)
}
