package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// authorize decides whether r may be answered, and gives it with who sent it (CallerOf, domain.ActorOf). Every route passes
// here, before its body is read.
//
// Requests that change something and that the browser says (Sec-Fetch-Site, Origin) come from another origin are refused on
// every host: no other web site may make the user's browser act.
func (s *server) authorize(w http.ResponseWriter, r *http.Request, need Need) (*http.Request, error) {
	if need == "" {
		return nil, domain.Errorf(domain.CodeForbidden, "Nobody may call this address.")
	}
	if s.cross.Check(r) != nil {
		return nil, domain.Errorf(domain.CodeForbidden, "Another web site may not change anything here. Open Irum at its own address.")
	}
	if s.Team == nil {
		return r, nil
	}
	c, err := s.Team.Identify(w, r)
	if need == Open {
		if err != nil {
			c = Caller{}
		}
		return r.WithContext(withCaller(r.Context(), c)), nil
	}
	if err != nil {
		return nil, err
	}
	if c.ID == "" {
		return nil, domain.Errorf(domain.CodeSignedOut, "Sign in first: this server has accounts.")
	}
	workspace, err := s.allow(r, c, need)
	if err != nil {
		return nil, err
	}
	return r.WithContext(domain.WithWorkspace(withCaller(r.Context(), c), workspace)), nil
}

// allow tells whether c has what a route needs, and gives the workspace that r is about. Of objects in workspaces that c is no
// member of it says what it says of objects that are not there.
func (s *server) allow(r *http.Request, c Caller, need Need) (workspace string, err error) {
	switch need {
	case SignedIn:
		return "", nil
	case Host:
		if !c.Host {
			return "", domain.Errorf(domain.CodeForbidden, "Only those who run this server may do that.")
		}
		return "", nil
	}
	if workspace, err = s.workspaceOf(r, c); err != nil {
		return "", err
	}
	if !c.May(workspace, domain.Right(need)) {
		return "", domain.Errorf(domain.CodeNoRight, "Your role does not allow that. Ask an owner or an admin of the workspace.")
	}
	return workspace, nil
}

// workspaceOf finds the workspace of the object that r's path names, the one that its parameter workspace names, or else the
// caller's first. This is the only place where an object is traced to its workspace.
func (s *server) workspaceOf(r *http.Request, c Caller) (string, error) {
	kind, id, workspace := "workspace", r.PathValue("workspace"), ""
	var err error
	switch project, job := r.PathValue("project"), r.PathValue("job"); {
	case project != "":
		kind, id = "project", project
		workspace, err = s.Store.WorkspaceOf(r.Context(), project)
	case job != "":
		kind, id = "job", job
		var j domain.Job
		j, err = s.Auto.Job(r.Context(), job)
		workspace = cmp.Or(j.Workspace, domain.HomeWorkspace) // as they were before there were others
	case id != "":
		workspace = id
	default:
		id = r.URL.Query().Get("workspace")
		workspace = cmp.Or(id, c.First)
	}
	if err != nil && domain.AsProblem(err).Code != domain.CodeNotFound {
		return "", err
	}
	if err != nil || !c.May(workspace, domain.RightView) {
		return "", domain.Errorf(domain.CodeNotFound, "There is no %s %q here. It may have been deleted.", kind, id)
	}
	return workspace, nil
}

// handle answers r by do, if r meets need, or with the problem that do returns.
func (s *server) handle(need Need, do func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed, err := s.authorize(w, r, need)
		if err == nil {
			r = allowed
			err = do(w, r)
		}
		if err == nil && s.Team != nil && audited(r, need) && w.Header().Get(ReplayedHeader) == "" {
			s.Team.Did(r.Context(), domain.WorkspaceOf(r.Context()), r.Pattern, r.URL.Path)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// audited tells whether what r did belongs into the audit log: what changes projects, people, or the server. Labels have a
// history of their own, of every event; files of an import are in its report; what is open tells of itself who it was.
func audited(r *http.Request, need Need) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || need == Open || need == Label {
		return false
	}
	return !strings.HasSuffix(r.Pattern, "/files") && !strings.HasSuffix(r.Pattern, "/estimate")
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
	case p.Code == domain.CodeStorage:
		s.Log.ErrorContext(context.WithoutCancel(r.Context()), "nothing can be kept", "method", r.Method, "path", r.URL.Path, "error", err)
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
