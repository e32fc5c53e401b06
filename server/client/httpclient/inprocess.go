package httpclient

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// inProcess is an http.RoundTripper that calls a handler. Bodies stream both ways, as they do over a network.
type inProcess struct{ handler http.Handler }

var errAborted = errors.New("the answer broke off")

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:0"
	in.Proto, in.ProtoMajor, in.ProtoMinor, in.Host = "HTTP/1.1", 1, 1, r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &streamed{header: http.Header{}, begun: make(chan struct{}), body: writer}
	go func() {
		defer func() { _ = in.Body.Close() }()
		defer func() {
			if recover() != nil {
				w.broken = true
			}
			w.end()
		}()
		t.handler.ServeHTTP(w, in)
	}()
	select {
	case <-w.begun:
	case <-r.Context().Done():
		_ = reader.Close()
		return nil, r.Context().Err()
	}
	if w.sent == nil {
		return nil, errAborted
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: reader, ContentLength: -1, Request: r,
	}, nil
}

// streamed is a ResponseWriter into a pipe. Only the handler's goroutine writes its fields, and before begun is closed.
type streamed struct {
	header http.Header
	status int
	sent   http.Header // as it was when the answer began; nil when it never did
	once   sync.Once
	begun  chan struct{}
	body   *io.PipeWriter
	broken bool
}

// Header implements http.ResponseWriter.
func (s *streamed) Header() http.Header { return s.header }

// WriteHeader implements http.ResponseWriter.
func (s *streamed) WriteHeader(status int) {
	s.once.Do(func() {
		s.status, s.sent = status, s.header.Clone()
		close(s.begun)
	})
}

// Write implements http.ResponseWriter.
func (s *streamed) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.body.Write(p)
}

func (s *streamed) end() {
	if s.broken {
		_ = s.body.CloseWithError(errAborted)
		s.once.Do(func() { close(s.begun) })
		return
	}
	s.WriteHeader(http.StatusOK)
	_ = s.body.Close()
}
