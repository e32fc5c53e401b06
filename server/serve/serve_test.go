package serve_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func pack(text string) []byte {
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

var page = fstest.MapFS{
	"index.html":            {Data: []byte("<!doctype html><title>Irum</title>")},
	"app.wasm":              {Data: []byte("wasm wasm wasm")},
	"app.wasm.br":           {Data: pack("wasm wasm wasm")},
	"irum.css":              {Data: []byte("body{}")},
	"js/app-0123abcd.js":    {Data: []byte("1")},
	"samples/index.json":    {Data: []byte(`[{"id":"tiny","name":"Tiny","images":1,"bytes":3,"license":"MIT"}]`)},
	"samples/tiny.zip":      {Data: []byte("zip")},
	"manifest.webmanifest":  {Data: []byte("{}")},
	"messages/ko/page.json": {Data: []byte("{}")},
}

func open(t *testing.T, c serve.Config) *serve.Server {
	t.Helper()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	c.Version, c.Web, c.Backbone, c.Addr = "test", page, servetest.Backbone, "127.0.0.1:0"
	s, err := serve.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs the real server on a free port until the test ends.
func start(t *testing.T, c serve.Config) (url string) {
	t.Helper()
	s := open(t, c)
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Run(ctx, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, s.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-ready:
		return url
	case err := <-done:
		t.Fatal(err)
		return ""
	}
}

func fetch(t *testing.T, method, url string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestServer(t *testing.T) {
	url := start(t, serve.Config{Data: t.TempDir()})
	for _, test := range []struct {
		name, method, path string
		header             map[string]string
		body               string
		status             int
		contains           string
		want               map[string]string // headers
	}{
		{name: "page", path: "/", status: 200, contains: "<title>Irum", want: map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		}},
		{name: "the UI's own routes", path: "/projects/1/annotate", status: 200, contains: "<title>Irum"},
		{name: "missing file", path: "/missing.js", status: 404},
		{name: "folder", path: "/samples", status: 200, contains: "<title>Irum"},
		{name: "up and out", path: "/../serve.go", status: 307, want: map[string]string{"Location": "/serve.go"}},
		{name: "style", path: "/irum.css", status: 200, want: map[string]string{"Content-Type": "text/css; charset=utf-8", "Cache-Control": "no-cache", "Vary": ""}},
		{name: "hashed name", path: "/js/app-0123abcd.js", status: 200, want: map[string]string{"Cache-Control": "public, max-age=31536000, immutable"}},
		{name: "manifest", path: "/manifest.webmanifest", status: 200, want: map[string]string{"Content-Type": "application/manifest+json"}},
		{name: "wasm, plain", path: "/app.wasm", header: map[string]string{"Accept-Encoding": "gzip"}, status: 200, contains: "wasm wasm", want: map[string]string{"Content-Type": "application/wasm", "Content-Encoding": "", "Vary": "Accept-Encoding"}},
		{name: "wasm, no brotli please", path: "/app.wasm", header: map[string]string{"Accept-Encoding": "gzip, br;q=0"}, status: 200, contains: "wasm wasm", want: map[string]string{"Content-Encoding": ""}},
		{name: "wasm, packed", path: "/app.wasm", header: map[string]string{"Accept-Encoding": "gzip, br", "Range": "bytes=0-3"}, status: 200, contains: string(pack("wasm wasm wasm")), want: map[string]string{"Content-Type": "application/wasm", "Content-Encoding": "br"}},
		{name: "part of a file", path: "/app.wasm", header: map[string]string{"Accept-Encoding": "identity", "Range": "bytes=5-8"}, status: 206, contains: "wasm"},
		{name: "post to the page", method: "POST", path: "/", status: 405, want: map[string]string{"Allow": "GET, HEAD"}},
		{name: "health", path: "/healthz", status: 200, contains: `{"status":"ok","version":"test","storage":"ok"}`},
		{name: "API", path: "/api/capabilities", status: 200, contains: `"id":"tiny"`, want: map[string]string{"Cache-Control": "no-store"}},
		{name: "no such API", path: "/api/nothing", status: 404, contains: `"code":"not_found"`},
		{name: "localhost", path: "/healthz", header: map[string]string{"Host": "localhost:1234"}, status: 200},
		{name: "IPv6", path: "/healthz", header: map[string]string{"Host": "[::1]:1234"}, status: 200},
		{name: "a name that points here", path: "/api/projects", header: map[string]string{"Host": "evil.example"}, status: 421, contains: "does not answer under this name"},
		{name: "a name with localhost in it", path: "/", header: map[string]string{"Host": "localhost.evil.example:8080"}, status: 421},
		{name: "same site", method: "POST", path: "/api/projects", header: map[string]string{"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}, body: `{"name":"x","task":"single"}`, status: 201},
		{name: "another site", method: "POST", path: "/api/projects", header: map[string]string{"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, body: `{"name":"y","task":"single"}`, status: 403},
		{name: "another origin", method: "POST", path: "/api/projects", header: map[string]string{"Content-Type": "application/json", "Origin": "http://evil.example"}, body: `{"name":"y","task":"single"}`, status: 403},
		{name: "a form of another site", method: "POST", path: "/api/projects", header: map[string]string{"Content-Type": "text/plain"}, body: `{"name":"y","task":"single"}`, status: 415},
	} {
		t.Run(test.name, func(t *testing.T) {
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			res, body := fetch(t, method, url+test.path, test.header, test.body)
			if res.StatusCode != test.status || !strings.Contains(body, test.contains) {
				t.Errorf("status %d, want %d with %q: %s", res.StatusCode, test.status, test.contains, body)
			}
			for name, want := range test.want {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
	res, _ := fetch(t, http.MethodGet, url+"/irum.css", nil, "")
	if res, body := fetch(t, http.MethodGet, url+"/irum.css", map[string]string{"If-None-Match": res.Header.Get("ETag")}, ""); res.StatusCode != 304 || body != "" {
		t.Errorf("a file that is known: %d %q", res.StatusCode, body)
	}
}

func TestUnbuiltPageSaysWhatToDo(t *testing.T) {
	s, err := serve.Open(t.Context(), serve.Config{Data: t.TempDir(), Web: fstest.MapFS{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	res, err := (&http.Client{Transport: over{s.Handler(false)}}).Get("http://any.example/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != 404 || !strings.Contains(string(body), "make build") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// over sends requests to a handler.
type over struct{ handler http.Handler }

func (o over) RoundTrip(r *http.Request) (*http.Response, error) {
	pipe, w := io.Pipe()
	rec := &recorder{header: http.Header{}, w: w, begun: make(chan int, 1)}
	go func() {
		o.handler.ServeHTTP(rec, r)
		_ = w.Close()
	}()
	return &http.Response{StatusCode: <-rec.begun, Header: rec.header, Body: pipe, Request: r}, nil
}

type recorder struct {
	header http.Header
	w      io.Writer
	begun  chan int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.begun <- status }
func (r *recorder) Write(p []byte) (int, error) { return r.w.Write(p) }

func TestOneProcessHasTheFolder(t *testing.T) {
	dir := t.TempDir()
	url := start(t, serve.Config{Data: dir})
	_, err := serve.Open(t.Context(), serve.Config{Data: dir, Web: page, Log: slog.New(slog.DiscardHandler)})
	p := domain.AsProblem(err)
	if p.Code != domain.CodeUnavailable || !strings.Contains(p.Detail, url) || !strings.Contains(p.Detail, "--server") {
		t.Errorf("a second one: %v", err)
	}
}

func TestDataSurvivesARestart(t *testing.T) {
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			c := serve.Config{Data: t.TempDir()}
			if db == "postgres" {
				c.DB = postgresURL(t)
			}
			s := open(t, c)
			made := newProject(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := client.New(transport(t, start(t, c))).Project(t.Context(), made.ID)
			if err != nil || again.Name != made.Name || again.Counts.Assets != 1 {
				t.Errorf("%+v, %v", again, err)
			}
		})
	}
}

// postgresURL puts the DSN of a test database into the form of a URL.
func postgresURL(t *testing.T) string {
	url := "postgres:///?"
	for _, part := range strings.Fields(storetest.Postgres(t)) {
		url += part + "&"
	}
	return strings.TrimSuffix(url, "&")
}

func transport(t *testing.T, url string) *httpclient.Transport {
	t.Helper()
	tr, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// newProject makes a project with one labelled image.
func newProject(t *testing.T, s *serve.Server) domain.Project {
	t.Helper()
	c, ctx := client.New(httpclient.Over(s.API())), t.Context()
	p, err := c.CreateProject(ctx, domain.Project{Name: "Kept", Task: domain.TaskSingle})
	if err != nil {
		t.Fatal(err)
	}
	report, err := c.StartImport(ctx, p.ID, client.ImportOptions{Labels: "folder"})
	if err == nil {
		_, err = c.ImportFile(ctx, p.ID, report.ID, "cat/1.png", bytes.NewReader(servetest.PNG(t, servetest.Red, 1)), nil)
	}
	if err == nil {
		report, err = c.FinishImport(ctx, p.ID, report.ID)
	}
	if err != nil || report.Imported != 1 || report.Labelled != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	return p
}

func TestWrongDatabaseAddressHidesItsPassword(t *testing.T) {
	_, err := serve.Open(t.Context(), serve.Config{Data: t.TempDir(), DB: "mysql://me:secret@host/db", Web: page})
	if p := domain.AsProblem(err); p.Code != domain.CodeInvalid || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	data, out := filepath.Join(dir, "data"), filepath.Join(dir, "backup.tar")
	s := open(t, serve.Config{Data: data})
	p := newProject(t, s)
	m, err := serve.Backup(ctx, data, "", out, "test") // while the folder is open
	if err != nil || m.Blobs != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Restore(ctx, out, data); domain.AsProblem(err).Code != domain.CodeConflict {
		t.Errorf("over a folder with data: %v", err)
	}
	fresh := filepath.Join(dir, "new", "data")
	if _, err := serve.Restore(ctx, out, fresh); err != nil {
		t.Fatal(err)
	}
	s = open(t, serve.Config{Data: fresh})
	defer func() { _ = s.Close() }()
	c := client.New(httpclient.Over(s.API()))
	page, err := c.Assets(ctx, p.ID, domain.Filter{States: []domain.State{domain.StateLabelled}}, "", "", 0)
	if err != nil || page.Total != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	picture, _, err := c.Bytes(ctx, client.ImagePath(p.ID, page.Items[0].ID))
	if err != nil || len(picture) == 0 {
		t.Error(err)
	}
}

func TestDamagedBackupsAreRefused(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	data, out := filepath.Join(dir, "data"), filepath.Join(dir, "backup.tar")
	s := open(t, serve.Config{Data: data})
	newProject(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Backup(ctx, data, "", out, "test"); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	flip := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	for name, bad := range map[string][]byte{
		"empty":              {},
		"no archive":         []byte(strings.Repeat("x", 2048)),
		"cut in the middle":  whole[:len(whole)/2],
		"a blob is missing":  whole[:bytes.LastIndex(whole, []byte("blobs/"))],
		"database changed":   flip(bytes.Index(whole, []byte("SQLite format 3")) + 3000),
		"blob changed":       flip(bytes.LastIndex(whole, []byte("IEND")) - 40),
		"of another program": bytes.Replace(whole, []byte("irum-backup-1"), []byte("irum-backup-9"), 1),
	} {
		file, target := filepath.Join(dir, "bad.tar"), filepath.Join(dir, "target")
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := serve.Restore(ctx, file, target); domain.AsProblem(err).Status >= 500 || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(target); err == nil {
			t.Errorf("%s: a folder was made", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".irum-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBackupNoticesADamagedBlob(t *testing.T) {
	dir := t.TempDir()
	s := open(t, serve.Config{Data: dir})
	newProject(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	changed := false
	err := filepath.WalkDir(filepath.Join(dir, "blobs"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || changed {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		changed = true
		data[len(data)/2] ^= 1
		_ = os.Chmod(path, 0o600)
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil || !changed {
		t.Fatalf("changed a blob: %v, %v", changed, err)
	}
	out := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := serve.Backup(t.Context(), dir, "", out, "test"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("backup of a damaged blob: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a backup was written")
	}
}
