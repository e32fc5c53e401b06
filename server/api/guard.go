package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"

	"github.com/irum-app/irum/server/domain"
)

// authorize decides whether r may be answered. Every route passes here, before its body is read. There is one user and
// one workspace so far; once there are more, this is where a request's user is found and the project in its path is
// checked to be of a workspace that the user is in.
//
// What it checks today is that no other web site makes the user's browser act: requests that change something and that
// the browser says (Sec-Fetch-Site, Origin) come from another origin are refused.
func (s *server) authorize(r *http.Request, need Need) error {
	if need == "" {
		return domain.Errorf(domain.CodeForbidden, "Nobody may call this address.")
	}
	if s.cross.Check(r) != nil {
		return domain.Errorf(domain.CodeForbidden, "Another web site may not change anything here. Open Irum at its own address.")
	}
	return nil
}

// handle answers r by do, if r meets need, or with the problem that do returns.
func (s *server) handle(need Need, do func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.authorize(r, need)
		if err == nil {
			err = do(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// outermost sets what every answer has, keeps panics inside, and answers what no route takes.
func (s *server) outermost(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &answer{ResponseWriter: rw}
		defer s.recovered(w, r)
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if handler, pattern := mux.Handler(r); pattern == "" {
			s.unrouted(w, r, handler)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// unrouted answers in our shape what ServeMux would answer as text: 404, or 405 with the header Allow.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request, standard http.Handler) {
	probe := &discard{header: http.Header{}}
	standard.ServeHTTP(probe, r)
	p := domain.Errorf(domain.CodeNotFound, "The API has no address %q.", r.URL.Path)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		p = domain.Errorf(domain.CodeUnsupported, "%s does not work at %q; %s does.", r.Method, r.URL.Path, probe.header.Get("Allow"))
		p.Status, p.Title = probe.status, http.StatusText(probe.status)
	}
	s.fail(w, r, p)
}

func (s *server) recovered(w *answer, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v != http.ErrAbortHandler { //nolint:errorlint // a panic's value, not an error chain
		s.Log.ErrorContext(r.Context(), "panic in the API", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
	}
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	s.fail(w, r, domain.AsProblem(errors.New("panic")))
}

// fail answers with err. What is no Problem is logged and told nothing of; an answer that has begun is broken off.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	var known *domain.Problem
	p := domain.AsProblem(err)
	switch {
	case errors.As(err, &known):
	case errors.As(err, &tooLarge):
		p = domain.Errorf(domain.CodeTooLarge, "The body has more than %d bytes. Send less at once.", tooLarge.Limit)
	case r.Context().Err() != nil:
		p = domain.Errorf(domain.CodeCancelled, "The request was cancelled.")
	case errors.Is(err, io.ErrUnexpectedEOF):
		p = domain.Errorf(domain.CodeInvalid, "The body ended too early. Send it again.")
	default:
		s.Log.ErrorContext(context.WithoutCancel(r.Context()), "API error", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if a, ok := w.(*answer); ok && a.begun {
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, p)
}

// answer remembers whether a response has begun.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// discard keeps the status and header of an answer that nobody gets.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
