//go:build js

package device

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"syscall/js"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// pieceSize is how much of an answer is held in Go's memory; the rest goes into a JavaScript Blob, which the browser
// keeps outside of this worker.
const pieceSize = 4 << 20

// service calls the handler for requests that come as JavaScript objects {method, path, body, file}.
type service struct {
	h   http.Handler
	log *slog.Logger

	mu      sync.Mutex
	running map[int]context.CancelFunc
}

// serve answers request by reply(status, contentType, body), body an ArrayBuffer or a Blob. key names it for cancel.
func (s *service) serve(key int, request, reply js.Value) {
	ctx, stop := context.WithCancel(context.Background())
	s.mu.Lock()
	s.running[key] = stop
	s.mu.Unlock()
	w := &response{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("the API panicked", "path", glue.Text(request, "path"), "panic", fmt.Sprint(p))
			w.fail()
		}
		s.mu.Lock()
		delete(s.running, key)
		s.mu.Unlock()
		stop()
		reply.Invoke(w.status(), w.header.Get("Content-Type"), w.body())
	}()
	r, err := newRequest(ctx, request)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.h.ServeHTTP(w, r)
}

func (s *service) cancel(key int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop := s.running[key]; stop != nil {
		stop()
	}
}

func newRequest(ctx context.Context, v js.Value) (*http.Request, error) {
	u, err := url.ParseRequestURI(glue.Text(v, "path"))
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: glue.Text(v, "method"), URL: u, RequestURI: glue.Text(v, "path"), Host: "device",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}
	if file := v.Get("file"); file.Truthy() {
		b := glue.NewBlob(ctx, file)
		r.Body, r.ContentLength = b, b.Size()
		r.Header.Set("Content-Type", "application/octet-stream")
	} else if body := v.Get("body"); body.Truthy() {
		data := glue.Bytes(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		r.Header.Set("Content-Type", "application/json")
	}
	return r.WithContext(ctx), nil
}

// response is an http.ResponseWriter that gathers the answer.
type response struct {
	header http.Header
	code   int
	buf    []byte
	parts  []any // Blobs that come before buf
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.buf = append(w.buf, p...)
	if len(w.buf) >= pieceSize {
		w.parts = append(w.parts, w.blob(glue.Array(w.buf)))
		w.buf = w.buf[:0]
	}
	return len(p), nil
}

func (w *response) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}

func (w *response) blob(parts ...any) js.Value {
	return js.Global().Get("Blob").New(glue.List(parts...), glue.Object("type", w.header.Get("Content-Type")))
}

func (w *response) body() js.Value {
	if len(w.parts) == 0 {
		return glue.Array(w.buf).Get("buffer")
	}
	return w.blob(append(w.parts, glue.Array(w.buf))...)
}

// fail makes the answer that of a handler that panicked.
func (w *response) fail() {
	w.code, w.parts = http.StatusInternalServerError, nil
	w.header.Set("Content-Type", "application/problem+json")
	w.buf = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"` + domain.CodeInternal +
		`","detail":"Something went wrong inside Irum. The log has the details."}`)
}
