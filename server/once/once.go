// Package once lets clients send a request again without its being done again: what comes with the header Idempotency-Key is
// done once, and the same request with the same key is answered as the first time for a day.
package once

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// Header carries the key: 1 to 200 visible ASCII characters that the client makes.
	Header = "Idempotency-Key"
	// Replayed is set in answers that were given before.
	Replayed = api.ReplayedHeader

	keepFor   = 24 * time.Hour
	lostAfter = 15 * time.Minute // a process that took a request and gave no answer is believed dead
	dropEvery = time.Hour
	maxKey    = 200
	maxBody   = 4 << 20 // bytes: as much as the API reads of JSON
	maxAnswer = 1 << 20 // bytes of an answer that is kept
)

// Takes tells whether a route takes keys: those that make something or spend credits, but no files, which are found to be there
// already by their bytes, and nothing whose answer is a secret.
func Takes(r api.Route) bool {
	method, path, _ := strings.Cut(r.Pattern, " ")
	return method == http.MethodPost && (strings.HasPrefix(path, "/api/projects") || strings.HasPrefix(path, "/api/samples")) && !strings.HasSuffix(path, "/files")
}

// Keeper remembers requests in the store.
type Keeper struct {
	store   *store.Store
	log     *slog.Logger
	process string

	mu      sync.Mutex
	running map[string]bool // by caller and key
	dropped time.Time
}

// New gives a keeper. alone says that no other process uses the database: what an earlier one began and never answered is
// forgotten then.
func New(ctx context.Context, st *store.Store, alone bool, log *slog.Logger) (*Keeper, error) {
	k := &Keeper{store: st, log: log, process: rand.Text(), running: map[string]bool{}, dropped: st.Now()}
	err := st.DropKeys(ctx, st.Now().Add(-keepFor), k.process, alone)
	if err != nil && domain.AsProblem(err).Code == domain.CodeStorage { // a full disk keeps nobody from reading
		k.tell(ctx, err)
		err = nil
	}
	return k, err
}

// Around makes a route take keys. Routes that take none refuse them: a client must not believe what is not so.
func (k *Keeper) Around(r api.Route) api.Route {
	if !strings.HasPrefix(r.Pattern, http.MethodPost+" ") {
		return r
	}
	do, takes := r.Do, Takes(r)
	r.Do = func(w http.ResponseWriter, q *http.Request) error {
		key := q.Header.Get(Header)
		switch {
		case key == "":
			return do(w, q)
		case !takes:
			return domain.Errorf(domain.CodeInvalid, "This address takes no %s: send the request without it.", Header).In(Header)
		case !valid(key):
			return domain.Errorf(domain.CodeInvalid, "The %s has 1 to %d visible ASCII characters.", Header, maxKey).In(Header)
		}
		return k.once(w, q, key, do)
	}
	return r
}

func valid(key string) bool {
	return len(key) <= maxKey && strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// once answers q: from what is kept, or by do.
func (k *Keeper) once(w http.ResponseWriter, q *http.Request, key string, do func(http.ResponseWriter, *http.Request) error) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxBody))
	if err != nil {
		return err
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	r := store.KeyedRequest{Caller: api.CallerOf(q.Context()).ID, Key: key, Process: k.process, Request: asked(q, body)}
	if !k.enter(r) {
		return inFlight()
	}
	defer k.leave(r)
	k.drop(q.Context())
	now := k.store.Now()
	kept, claimed, err := k.store.ClaimKey(q.Context(), r, now.Add(-keepFor), now.Add(-lostAfter))
	switch {
	case err != nil:
		return err
	case claimed:
		return k.first(w, q, kept, do)
	case kept.Request != r.Request:
		return domain.Errorf(domain.CodeInvalid, "The %s %q came with another request before. Use a new one for each request.", Header, key).In(Header)
	case kept.Status == 0:
		return inFlight()
	}
	w.Header().Set(Replayed, "true")
	return send(w, kept)
}

func inFlight() error {
	p := domain.Errorf(domain.CodeConflict, "The first request with this %s is still being done. Ask again.", Header).In(Header)
	p.RetryAfter = 1
	return p
}

// asked sums up what is asked for.
func asked(q *http.Request, body []byte) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s\n", q.Method, q.URL.RequestURI())
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// first does a request and keeps its answer before it is sent. A refusal is not kept: nothing was done, and the next time it
// may go well.
func (k *Keeper) first(w http.ResponseWriter, q *http.Request, r store.KeyedRequest, do func(http.ResponseWriter, *http.Request) error) error {
	ctx := context.WithoutCancel(q.Context())
	a := &answer{ResponseWriter: w}
	done := false
	defer func() {
		if !done {
			k.tell(ctx, k.store.ReleaseKey(ctx, r))
		}
	}()
	if err := do(a, q); err != nil {
		return err
	}
	r.Status, r.Kind, r.Body = a.status, w.Header().Get("Content-Type"), a.body.Bytes()
	if done = r.Status < 400 && len(r.Body) <= maxAnswer; done {
		k.tell(ctx, k.store.KeepAnswer(ctx, r))
	}
	return send(w, r)
}

func (k *Keeper) tell(ctx context.Context, err error) {
	if err != nil {
		k.log.WarnContext(ctx, "the answer to a request with a key could not be kept", "error", err)
	}
}

func send(w http.ResponseWriter, r store.KeyedRequest) error {
	h := w.Header()
	if r.Kind != "" {
		h.Set("Content-Type", r.Kind)
		h.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(max(r.Status, http.StatusOK))
	_, _ = w.Write(r.Body) // the client may have left
	return nil
}

func (k *Keeper) enter(r store.KeyedRequest) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := r.Caller + "\n" + r.Key
	if k.running[name] {
		return false
	}
	k.running[name] = true
	return true
}

func (k *Keeper) leave(r store.KeyedRequest) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.running, r.Caller+"\n"+r.Key)
}

// drop forgets old answers now and then.
func (k *Keeper) drop(ctx context.Context) {
	k.mu.Lock()
	now := k.store.Now()
	due := now.Sub(k.dropped) > dropEvery
	if due {
		k.dropped = now
	}
	k.mu.Unlock()
	if due {
		k.tell(ctx, k.store.DropKeys(ctx, now.Add(-keepFor), k.process, false))
	}
}

// answer holds an answer back until it is kept.
type answer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}
