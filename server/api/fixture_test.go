package api_test

import (
	"context"
	"encoding/json"
	"image/color"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/openapi/openapitest"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// host is an API with three projects: "Colours" (single) with four images red0, red1, green0, green1 of which red0 is
// labelled, "Tags" (multi) and "Boxes" with one image each.
type host struct {
	*client.Client
	t       *testing.T
	handler http.Handler
	store   *store.Store
	blobs   blob.Bucket
	names   map[string]string // what {name} stands for in scenarios
}

func newHost(t *testing.T, st *store.Store) *host {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	blobs := blob.NewMemory()
	in := transfer.New(st, blobs)
	auto, err := autolabel.New(t.Context(), autolabel.Config{
		Store: st, Blobs: blobs, Transfer: in, Engine: autolabel.NewLocal(2, engine.Options{}), Backbone: servetest.Backbone, Boxes: detect.Train, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auto.Close)
	c := api.Config{Store: st, Transfer: in, Auto: auto, Host: "server", Version: "test", Threads: 2, Log: log, MaxUpload: 1 << 20}
	handler := openapitest.Checked(t, api.New(c), api.Table(c))
	h := &host{client.New(httpclient.Over(handler)), t, handler, st, blobs, map[string]string{}}
	h.fill()
	return h
}

func (h *host) fill() {
	h.t.Helper()
	single := h.project("single", domain.Project{Name: "Colours", Task: domain.TaskSingle, Classes: []domain.Class{
		{ID: "red", Name: "Red"}, {ID: "green", Name: "Green"}, {ID: "old", Name: "Old", Archived: true},
	}})
	multi := h.project("multi", domain.Project{Name: "Tags", Task: domain.TaskMulti, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}})
	boxes := h.project("boxes", domain.Project{Name: "Boxes", Task: domain.TaskBoxes, Classes: []domain.Class{{ID: "thing", Name: "Thing"}}})
	for name, c := range map[string]color.RGBA{"red0": servetest.Red, "red1": servetest.Red, "green0": servetest.Green, "green1": servetest.Green} {
		h.image(single, name, c)
	}
	h.image(multi, "tagged", servetest.Blue)
	h.image(boxes, "boxed", servetest.Blue)
	if _, err := h.Label(h.t.Context(), single, set(h.names["red0"], "red")); err != nil {
		h.t.Fatal(err)
	}
}

func set(asset string, classes ...string) domain.LabelRequest {
	return domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: asset, Action: "set", Classes: classes}}}
}

func (h *host) project(name string, p domain.Project) string {
	h.t.Helper()
	made, err := h.CreateProject(h.t.Context(), p)
	if err != nil {
		h.t.Fatal(err)
	}
	h.names[name] = made.ID
	return made.ID
}

// image imports one image NAME.png and remembers its id as name.
func (h *host) image(project, name string, c color.RGBA) {
	h.t.Helper()
	h.importFile(project, name+".png", servetest.PNG(h.t, c, uint64(len(h.names))))
	page, err := h.Assets(h.t.Context(), project, domain.Filter{Text: name}, "", "", 0)
	if err != nil || len(page.Items) != 1 {
		h.t.Fatalf("after the import of %s: %d assets, %v", name, len(page.Items), err)
	}
	h.names[name] = page.Items[0].ID
}

func (h *host) importFile(project, path string, data []byte) domain.ImportReport {
	h.t.Helper()
	ctx := context.Background()
	report, err := h.StartImport(ctx, project, client.ImportOptions{Labels: "none"})
	if err == nil {
		_, err = h.ImportFile(ctx, project, report.ID, path, nil, data)
	}
	if err == nil {
		report, err = h.FinishImport(ctx, project, report.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return report
}

// scenario is one request and what its answer holds. {name} in path and body stands for an id of the host.
type scenario struct {
	name     string
	method   string
	path     string // after /api
	body     string
	header   map[string]string
	status   int
	contains []string
	lacks    []string
}

func (h *host) fillIn(text string) string {
	for name, id := range h.names {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

func (h *host) send(s scenario) *httptest.ResponseRecorder {
	var body io.Reader
	if s.body != "" {
		body = strings.NewReader(h.fillIn(s.body))
	}
	r := httptest.NewRequestWithContext(h.t.Context(), s.method, h.fillIn("/api"+s.path), body)
	if s.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// check sends s and compares.
func (h *host) check(t *testing.T, s scenario) *httptest.ResponseRecorder {
	t.Helper()
	w := h.send(s)
	body := w.Body.String()
	if w.Code != s.status {
		t.Errorf("status %d, want %d: %s", w.Code, s.status, body)
	}
	for _, want := range s.contains {
		if want = h.fillIn(want); !strings.Contains(body, want) {
			t.Errorf("the answer lacks %q: %s", want, body)
		}
	}
	for _, not := range s.lacks {
		if not = h.fillIn(not); strings.Contains(body, not) {
			t.Errorf("the answer holds %q: %s", not, body)
		}
	}
	if s.status >= 400 {
		checkProblem(t, w)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	return w
}

// checkProblem wants a problem that people can act on.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if kind := w.Header().Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("a problem is sent as %q", kind)
	}
	var p domain.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("a problem is no JSON: %s", w.Body)
		return
	}
	if p.Type != "about:blank" || p.Title == "" || p.Detail == "" || p.Code == "" || p.Status != w.Code {
		t.Errorf("a problem is not whole: %+v", p)
	}
}
