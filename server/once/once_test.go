package once_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/once"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// counting is a route that counts how often it was done, and answers what it was sent with the number.
type counting struct {
	mu    sync.Mutex
	n     int
	fail  error
	begun chan struct{} // when set, told that a request has begun, and
	wait  chan struct{} // waited for
}

func (c *counting) do(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if c.begun != nil {
		c.begun <- struct{}{}
		<-c.wait
	}
	c.mu.Lock()
	c.n++
	fail := c.fail
	c.mu.Unlock()
	if fail != nil {
		return fail
	}
	return api.WriteJSON(w, http.StatusCreated, map[string]any{"n": c.n, "of": string(body)})
}

func keeper(t *testing.T, st *store.Store, alone bool) *once.Keeper {
	t.Helper()
	k, err := once.New(t.Context(), st, alone, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const route = "POST /api/projects/{project}/exports"

func send(k *once.Keeper, c *counting, key, body string) (*httptest.ResponseRecorder, error) {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/projects/p/exports", strings.NewReader(body))
	r.Header.Set(once.Header, key)
	w := httptest.NewRecorder()
	return w, k.Around(api.Route{Pattern: route, Do: c.do}).Do(w, r)
}

func TestTheSameKeyIsDoneOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		clock := time.Now()
		st.Now = func() time.Time { return clock }
		k, c := keeper(t, st, true), &counting{}
		first, err := send(k, c, "k1", `{"a":1}`)
		if err != nil || first.Code != 201 || first.Header().Get(once.Replayed) != "" {
			t.Fatalf("%d %v", first.Code, err)
		}
		for _, k := range []*once.Keeper{k, keeper(t, st, true)} { // also after a start of the server
			again, err := send(k, c, "k1", `{"a":1}`)
			if err != nil || again.Code != 201 || again.Body.String() != first.Body.String() || again.Header().Get(once.Replayed) != "true" ||
				again.Header().Get("Content-Type") != "application/json" || c.n != 1 {
				t.Errorf("again: %d %s %v, done %d times", again.Code, again.Body, err, c.n)
			}
		}
		if _, err := send(k, c, "k1", `{"a":2}`); domain.AsProblem(err).Code != domain.CodeInvalid || domain.AsProblem(err).Field != once.Header || c.n != 1 {
			t.Errorf("another body: %v, done %d times", err, c.n)
		}
		if w, err := send(k, c, "k2", `{"a":1}`); err != nil || c.n != 2 || !strings.Contains(w.Body.String(), `"n":2`) {
			t.Errorf("another key: %v, done %d times", err, c.n)
		}
		clock = clock.Add(24*time.Hour + time.Minute)
		if _, err := send(k, c, "k1", `{"a":2}`); err != nil || c.n != 3 {
			t.Errorf("after a day: %v, done %d times", err, c.n)
		}
	})
}

func TestRefusalsAreNotKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		k, c := keeper(t, st, true), &counting{fail: domain.Errorf(domain.CodeUnavailable, "Not now.")}
		if _, err := send(k, c, "k", "{}"); domain.AsProblem(err).Code != domain.CodeUnavailable {
			t.Fatal(err)
		}
		c.fail = nil
		if w, err := send(k, c, "k", "{}"); err != nil || w.Code != 201 || c.n != 2 {
			t.Errorf("%d %v", w.Code, err)
		}
	})
}

func TestWhatIsBeingDoneIsNotBegunAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		k, c := keeper(t, st, false), &counting{begun: make(chan struct{}), wait: make(chan struct{})}
		ended := make(chan error)
		go func() {
			_, err := send(k, c, "k", "{}")
			ended <- err
		}()
		<-c.begun
		other := keeper(t, st, false) // another process on the same database
		for _, k := range []*once.Keeper{k, other} {
			_, err := send(k, c, "k", "{}")
			if p := domain.AsProblem(err); p.Status != 409 || p.RetryAfter == 0 {
				t.Errorf("%v", err)
			}
		}
		close(c.wait)
		if err := <-ended; err != nil || c.n != 1 {
			t.Errorf("%v, done %d times", err, c.n)
		}
	})
}

// TestWhatADeadProcessBegan wants a request that got no answer to be done again: at once where nobody else can be doing it.
func TestWhatADeadProcessBegan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		clock := time.Now()
		st.Now = func() time.Time { return clock }
		c := &counting{}
		if _, claimed, err := st.ClaimKey(t.Context(), store.KeyedRequest{Caller: domain.LocalUser, Key: "k", Request: "x", Process: "dead"}, clock, clock); err != nil || !claimed {
			t.Fatal(err)
		}
		k := keeper(t, st, false)
		if _, err := send(k, c, "k", "{}"); domain.AsProblem(err).Status == 201 || c.n != 0 {
			t.Errorf("%v", err)
		}
		clock = clock.Add(16 * time.Minute)
		if _, err := send(k, c, "k", "{}"); err != nil || c.n != 1 {
			t.Errorf("when it is believed dead: %v", err)
		}
		if _, _, err := st.ClaimKey(t.Context(), store.KeyedRequest{Caller: domain.LocalUser, Key: "k2", Request: "x", Process: "dead"}, clock, clock); err != nil {
			t.Fatal(err)
		}
		if _, err := send(keeper(t, st, true), c, "k2", "{}"); err != nil || c.n != 2 {
			t.Errorf("after a start, alone: %v", err)
		}
	})
}

func TestPanicsGiveTheKeyBack(t *testing.T) {
	st := storetest.SQLite(t)
	k, c := keeper(t, st, true), &counting{}
	func() {
		defer func() { _ = recover() }()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/projects/p/exports", strings.NewReader("{}"))
		r.Header.Set(once.Header, "k")
		_ = k.Around(api.Route{Pattern: route, Do: func(http.ResponseWriter, *http.Request) error { panic("x") }}).Do(httptest.NewRecorder(), r)
	}()
	if _, err := send(k, c, "k", "{}"); err != nil || c.n != 1 {
		t.Error(err)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	k, c := keeper(t, storetest.SQLite(t), true), &counting{}
	for _, key := range []string{" ", "a b", "ä", strings.Repeat("x", 201)} {
		if _, err := send(k, c, key, "{}"); domain.AsProblem(err).Field != once.Header || c.n != 0 {
			t.Errorf("%q: %v", key, err)
		}
	}
	for pattern, takes := range map[string]bool{
		"POST /api/projects": true, "POST /api/samples/{sample}": true, "POST /api/projects/{project}/labels": true,
		"POST /api/projects/{project}/imports/{import}/files": false, "POST /api/tokens": false, "POST /api/login": false, "GET /api/projects": false,
	} {
		if got := once.Takes(api.Route{Pattern: pattern}); got != takes {
			t.Errorf("%s takes keys: %v", pattern, got)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/tokens", strings.NewReader("{}"))
	r.Header.Set(once.Header, "k")
	err := k.Around(api.Route{Pattern: "POST /api/tokens", Do: c.do}).Do(httptest.NewRecorder(), r)
	var p *domain.Problem
	if !errors.As(err, &p) || p.Status != 422 || c.n != 0 {
		t.Errorf("a key where none is taken: %v", err)
	}
	if _, err := send(k, c, "", "{}"); err != nil || c.n != 1 {
		t.Errorf("without a key: %v", err)
	}
}
