package demo_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/demo"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/transfer"
)

const token = "a-long-token-of-the-owner"

type fixture struct {
	t       *testing.T
	store   *store.Store
	blobs   *blob.Memory
	demo    *demo.Service
	handler http.Handler
	routes  []api.Route
}

func open(t *testing.T, assets int64) *fixture {
	t.Helper()
	f := &fixture{t: t, store: storetest.SQLite(t), blobs: blob.NewMemory()}
	in := transfer.New(f.store, f.blobs)
	auto, err := autolabel.New(t.Context(), autolabel.Config{Store: f.store, Blobs: f.blobs, Transfer: in, Engine: autolabel.NewLocal(1, engine.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auto.Close)
	f.demo = demo.New(demo.Config{Store: f.store, Blobs: f.blobs, Token: token, MaxAssets: assets})
	c := api.Config{Store: f.store, Transfer: in, Auto: auto, Host: "edge", Team: f.demo, Around: f.demo.Around}
	f.handler, f.routes = api.New(c), api.Table(c)
	return f
}

func (f *fixture) send(method, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(f.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

func (f *fixture) project() domain.Project {
	f.t.Helper()
	p, err := f.store.CreateProject(context.Background(), domain.Project{Name: "Look", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "c", Name: "C"}}})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// TestVisitorsLookOnly calls every route as a visitor: what changes anything is refused, whatever it asks for.
func TestVisitorsLookOnly(t *testing.T) {
	f := open(t, 0)
	p := f.project()
	for _, r := range f.routes {
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = strings.ReplaceAll(path, "{project}", p.ID)
		w := f.send(method, path, "", "{}")
		looks := method == "GET" && (r.Need == api.View || r.Need == api.SignedIn) || r.Need == api.Open
		refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized
		if refused == looks {
			t.Errorf("%s (%s) as a visitor: %d %s", r.Pattern, r.Need, w.Code, w.Body)
		}
		if w = f.send(method, path, "wrong", "{}"); r.Need != api.Open && w.Code != http.StatusUnauthorized {
			t.Errorf("%s with a wrong token: %d %s", r.Pattern, w.Code, w.Body)
		}
	}
	if all, err := f.store.Projects(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d projects are left, %v", len(all), err)
	}
}

func TestWhoAsks(t *testing.T) {
	f := open(t, 0)
	for token, want := range map[string]string{"": `"visitor":true,"workspaces":[{"workspace":"home","name":"","role":"viewer","rights":["view"]}]`, token: `"local":true`} {
		if w := f.send("GET", "/api/me", token, ""); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("with the token %q: %d %s", token, w.Code, w.Body)
		}
	}
}

func TestSeed(t *testing.T) {
	f := open(t, 3)
	body, err := json.Marshal(demo.Blobs{Blobs: [][]byte{[]byte("an image"), []byte("another")}})
	if err != nil {
		t.Fatal(err)
	}
	w := f.send("POST", "/api/seed/blobs", token, string(body))
	var kept demo.Kept
	if err := json.Unmarshal(w.Body.Bytes(), &kept); err != nil || len(kept.SHA256) != 2 || kept.SHA256[1] != blob.Sum([]byte("another")) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, err := f.blobs.Stat(t.Context(), blob.Sum([]byte("an image"))); err != nil {
		t.Error(err)
	}
	if w := f.send("POST", "/api/seed/blobs", token, `{"blobs":[""`+strings.Repeat(`,""`, demo.MaxBlobs)+`]}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("too many at once: %d %s", w.Code, w.Body)
	}
	rows := `{"table":"embeddings","columns":["sha256","backbone","vec"],"rows":[["s","b",{"bytes":"AACAPw=="}]]}`
	if w := f.send("POST", "/api/seed/rows", token, rows); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got, err := f.store.Embeddings(t.Context(), "b", []string{"s"}); err != nil || len(got["s"]) != 1 || got["s"][0] != 1 {
		t.Errorf("embeddings %v, %v", got, err)
	}
	for _, wrong := range []string{`{"table":"nothing","columns":["a"],"rows":[[true]]}`, `{"table":"a b","columns":["a"],"rows":[[1]]}`, `[]`} {
		if w := f.send("POST", "/api/seed/rows", token, wrong); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", wrong, w.Code, w.Body)
		}
	}
}

func TestRoomEnds(t *testing.T) {
	f := open(t, 2)
	p := f.project()
	if w := f.send("POST", "/api/projects/"+p.ID+"/imports", token, `{"labels":"none"}`); w.Code >= 300 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, name := range []string{"a", "b"} {
		_, err := f.store.AddAssets(t.Context(), p.ID, []domain.Asset{{Name: name, SHA256: blob.Sum([]byte(name)), ThumbSHA: blob.Sum([]byte(name)), Format: "png", Width: 1, Height: 1, Orientation: 1, Bytes: 1, DHash: "0000000000000000"}}, store.LabelWrite{})
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, body := range map[string]string{"/api/projects/" + p.ID + "/imports": `{"labels":"none"}`, "/api/seed/rows": `{}`} {
		if w := f.send("POST", path, token, body); w.Code != http.StatusInsufficientStorage {
			t.Errorf("%s when it is full: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestCleanUp(t *testing.T) {
	f := open(t, 0)
	p := f.project()
	loose, err := f.blobs.PutBytes(t.Context(), []byte("loose"))
	if err != nil {
		t.Fatal(err)
	}
	added, err := f.store.AddAssets(t.Context(), p.ID, []domain.Asset{{Name: "a", SHA256: blob.Sum([]byte("a")), ThumbSHA: blob.Sum([]byte("a")), Format: "png", Width: 1, Height: 1, Orientation: 1, Bytes: 1, DHash: "0000000000000000"}}, store.LabelWrite{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.DeleteAssets(t.Context(), p.ID, domain.Filter{IDs: []string{added.Assets[0].ID}}, "", ""); err != nil {
		t.Fatal(err)
	}
	trash := func() int {
		t.Helper()
		found, err := f.store.Trash(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found.Images
	}
	if err := f.demo.CleanUp(t.Context()); err != nil || trash() != 1 {
		t.Fatalf("after a moment %d images are in the trash, %v", trash(), err)
	}
	if _, err := f.blobs.Stat(t.Context(), loose); err != nil {
		t.Errorf("a blob that was just put is gone: %v", err)
	}
	f.store.Now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	if err := f.demo.CleanUp(t.Context()); err != nil || trash() != 0 {
		t.Fatalf("after a week %d images are in the trash, %v", trash(), err)
	}
}
