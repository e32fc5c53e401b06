package httpclient_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

// flaky breaks connections off as often as it is told, and notes the keys that requests came with.
type flaky struct {
	mu     sync.Mutex
	breaks int
	busy   int // answers 409 and when to ask again
	keys   []string
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = append(f.keys, r.Header.Get("Idempotency-Key"))
	if f.breaks > 0 {
		f.breaks--
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if f.busy > 0 {
		f.busy--
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusConflict)
		return
	}
	_, _ = w.Write([]byte(`{"id":"p"}`))
}

func (f *flaky) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := f.keys
	f.keys = nil
	return keys
}

func TestBrokenRequestsAreSentAgainUnderTheirKey(t *testing.T) {
	f := &flaky{breaks: 2, busy: 1}
	server := httptest.NewServer(f)
	defer server.Close()
	transport, err := httpclient.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, ctx := client.New(transport), t.Context()
	p, err := c.CreateProject(ctx, domain.Project{Name: "Again"})
	keys := f.take()
	if err != nil || p.ID != "p" || len(keys) != 4 || keys[0] == "" || keys[1] != keys[0] || keys[3] != keys[0] {
		t.Errorf("%+v %v: %q", p, err, keys)
	}
	f.breaks = 1
	if _, err := c.Project(ctx, "p"); err != nil || len(f.take()) != 2 {
		t.Errorf("what reads is sent again: %v", err)
	}
	f.breaks = 1
	if _, err := c.Redo(ctx, "p"); domain.AsProblem(err).Code != domain.CodeUnavailable || len(f.take()) != 1 {
		t.Errorf("what has no key is sent once: %v", err)
	}
}

// TestTryingTheSameAgain: a user who asks again for what got no answer asks under the same key; after an answer it is another.
func TestTryingTheSameAgain(t *testing.T) {
	f := &flaky{breaks: 1000}
	server := httptest.NewServer(f)
	defer server.Close()
	transport, err := httpclient.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, ctx, in := client.New(transport), t.Context(), domain.Project{Name: "The same"}
	if _, err := c.CreateProject(ctx, in); domain.AsProblem(err).Code != domain.CodeUnavailable {
		t.Fatal(err)
	}
	lost := f.take()
	f.mu.Lock()
	f.breaks = 0
	f.mu.Unlock()
	for range 2 {
		if _, err := c.CreateProject(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	if keys := f.take(); len(keys) != 2 || keys[0] != lost[0] || keys[1] == lost[0] {
		t.Errorf("%q after %q", keys, lost)
	}
}
