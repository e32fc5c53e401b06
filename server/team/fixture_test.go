package team_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/openapi/openapitest"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/team"
	"github.com/irum-app/irum/server/transfer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const password = "correct horse battery"

// host is a server with accounts, whose clock the test moves.
type host struct {
	t       *testing.T
	handler http.Handler
	store   *store.Store
	setup   string
	log     *bytes.Buffer
	clock   time.Time
}

func newHost(t *testing.T, st *store.Store, c team.Config) *host {
	t.Helper()
	h := &host{t: t, store: st, log: &bytes.Buffer{}, clock: time.Now().UTC().Truncate(time.Second)}
	st.Now = func() time.Time { return h.clock }
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	blobs := blob.NewMemory()
	in := transfer.New(st, blobs)
	auto, err := autolabel.New(t.Context(), autolabel.Config{
		Store: st, Blobs: blobs, Transfer: in, Engine: autolabel.NewLocal(1, engine.Options{}), Backbone: servetest.Backbone, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auto.Close)
	c.Store, c.Log, c.Cost = st, log, team.Cost{KiB: 64, Passes: 1, Threads: 1}
	accounts, setup, err := team.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	h.setup = setup
	config := api.Config{Store: st, Transfer: in, Auto: auto, Host: "server", Version: "test", Log: log, Team: accounts}
	h.handler = openapitest.Checked(t, api.New(config), api.Table(config))
	return h
}

// browser is a person's browser: it keeps cookies and the CSRF token, as the page does.
type browser struct {
	h      *host
	cookie *http.Cookie
	csrf   string
	header map[string]string
}

func (h *host) browser() *browser { return &browser{h: h, header: map[string]string{}} }

// send asks and keeps what the answer sets.
func (b *browser) send(method, path string, in any) *httptest.ResponseRecorder {
	b.h.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			b.h.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(b.h.t.Context(), method, path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	if b.csrf != "" {
		r.Header.Set("X-Csrf-Token", b.csrf)
	}
	for name, value := range b.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = &http.Cookie{Name: c.Name, Value: c.Value}
		if c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	if token := w.Header().Get("X-Csrf-Token"); token != "" {
		b.csrf = token
	}
	return w
}

// wants sends and wants a status; it gives the body as a T.
func wants[T any](b *browser, status int, method, path string, in any) T {
	b.h.t.Helper()
	w := b.send(method, path, in)
	if w.Code != status {
		b.h.t.Fatalf("%s %s: status %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	var out T
	if w.Body.Len() > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			b.h.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return out
}

// owner makes the first account and gives its browser.
func (h *host) owner() *browser {
	h.t.Helper()
	b := h.browser()
	wants[domain.Me](b, 200, "POST", "/api/setup", domain.Setup{Token: h.setup, Email: "Ann@Example.com", Name: "Ann", Password: password})
	return b
}

// image adds an image to a project and gives its id.
func (h *host) image(project string) string {
	h.t.Helper()
	sha := blob.Sum([]byte(project))
	added, err := h.store.AddAssets(h.t.Context(), project, []domain.Asset{{Name: "a.png", SHA256: sha, Format: "png", Width: 4, Height: 3}}, store.LabelWrite{})
	if err != nil {
		h.t.Fatal(err)
	}
	return added.Assets[0].ID
}
