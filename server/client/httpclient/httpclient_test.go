package httpclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("GET /api/long", func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1000))
		}
	})
	mux.HandleFunc("GET /api/cut", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("GET /api/dead", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /api/problem", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"code":"conflict","status":409,"detail":"moved on"}`))
	})
	mux.HandleFunc("GET /api/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://other.example/", http.StatusFound)
	})
	mux.HandleFunc("GET /api/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("POST /api/unread", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return mux
}

// TestBothWays wants the same from a handler over the network and in this process.
func TestBothWays(t *testing.T) {
	server := httptest.NewServer(handler())
	defer server.Close()
	remote, err := httpclient.New(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	for name, tr := range map[string]*httpclient.Transport{"network": remote, "process": httpclient.Over(handler())} {
		t.Run(name, func(t *testing.T) { checkTransport(t, tr) })
	}
}

func checkTransport(t *testing.T, tr *httpclient.Transport) {
	ctx := t.Context()
	res, err := tr.Do(ctx, client.Request{Method: "POST", Path: "/api/echo", Body: []byte(`{"a":1}`)})
	if err != nil || res.Status != 201 || string(res.Body) != `{"a":1}` || res.ContentType != "application/json" {
		t.Errorf("body: %+v, %v", res, err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("of a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	res, err = tr.Do(ctx, client.Request{Method: "POST", Path: "/api/echo", File: f})
	if err != nil || string(res.Body) != "of a file" || res.ContentType != "application/octet-stream" {
		t.Errorf("file: %+v, %v", res, err)
	}
	for _, r := range []io.Reader{strings.NewReader(""), bytes.NewReader(make([]byte, 1<<20))} {
		if res, err := tr.Do(ctx, client.Request{Method: "POST", Path: "/api/unread", File: r}); err != nil || res.Status != 204 {
			t.Errorf("a body that nobody reads: %+v, %v", res, err)
		}
	}
	var out bytes.Buffer
	if n, err := tr.Download(ctx, "/api/long", &out); err != nil || n != 1_000_000 || out.Len() != 1_000_000 {
		t.Errorf("download: %d bytes, %v", n, err)
	}
	for _, path := range []string{"/api/cut", "/api/dead"} {
		if _, err := tr.Download(ctx, path, io.Discard); domain.AsProblem(err).Code != domain.CodeUnavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := tr.Download(ctx, "/api/problem", io.Discard); domain.AsProblem(err).Detail != "moved on" {
		t.Errorf("problem: %v", err)
	}
	if res, err := tr.Do(ctx, client.Request{Method: "GET", Path: "/api/away"}); err != nil || res.Status != 302 {
		t.Errorf("a redirect: %+v, %v", res, err)
	}
	if _, err := tr.Download(ctx, "/api/long", broken{}); err == nil {
		t.Error("a download into what cannot be written")
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := tr.Do(short, client.Request{Method: "GET", Path: "/api/slow"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: os.ErrPermission}
}

func TestWrongAddresses(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://x", "http://", "file:///etc/passwd"} {
		if _, err := httpclient.New(address); domain.AsProblem(err).Field != "server" {
			t.Errorf("%q: %v", address, err)
		}
	}
}
