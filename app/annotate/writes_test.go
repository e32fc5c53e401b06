package annotate

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// host is a host that can be away.
type host struct {
	mu   sync.Mutex
	err  error
	got  []string
	hold chan struct{} // when not nil, a write waits for it
}

func (h *host) send(_ context.Context, x write) (domain.Operation, error) {
	if h.hold != nil {
		<-h.hold
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return domain.Operation{}, h.err
	}
	h.got = append(h.got, x.Op)
	return domain.Operation{ID: x.Op}, nil
}

func (h *host) say(err error) {
	h.mu.Lock()
	h.err = err
	h.mu.Unlock()
}

func newTestWrites(h *host) (*writes, *[]write) {
	var kept []write
	w := &writes{kick: make(chan struct{}, 1), send: h.send}
	w.keep = func(list []write) { kept = slices.Clone(list) }
	return w, &kept
}

func flush(t *testing.T, w *writes) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return w.flush(ctx)
}

func TestWritesGoInOrder(t *testing.T) {
	h := &host{hold: make(chan struct{})}
	w, kept := newTestWrites(h)
	for _, op := range []string{"a", "b", "c"} {
		w.add(write{Op: op, Asset: "i"})
	}
	if n, err := w.state(); n != 3 || err != nil || !w.busy("i") || w.busy("j") || len(*kept) != 3 {
		t.Errorf("%d on their way, %v; kept %d", n, err, len(*kept))
	}
	close(h.hold)
	if err := flush(t, w); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.got, []string{"a", "b", "c"}) || w.busy("i") || len(*kept) != 0 {
		t.Errorf("sent %v, kept %v", h.got, *kept)
	}
}

func TestNothingIsLostWhileTheHostIsAway(t *testing.T) {
	for _, away := range []error{errors.New("no network"), domain.Errorf(domain.CodeUnavailable, "starting"), domain.Errorf(domain.CodeInternal, "disk"), domain.Errorf(domain.CodeConflict, "busy")} {
		h := &host{err: away}
		w, kept := newTestWrites(h)
		w.add(write{Op: "a"})
		w.add(write{Op: "b"})
		if err := flush(t, w); !errors.Is(err, away) {
			t.Fatalf("flush gives %v, want %v", err, away)
		}
		if n, err := w.state(); n != 2 || err == nil || len(*kept) != 2 {
			t.Errorf("%v: %d on their way, %v; kept %d", away, n, err, len(*kept))
		}
		h.say(nil)
		answered := make(chan string, 2)
		w.listen(nil, func(x write, _ domain.Operation, _ error) { answered <- x.Op })
		w.retry()
		if first, second := <-answered, <-answered; first != "a" || second != "b" {
			t.Errorf("then came %s, %s", first, second)
		}
	}
}

func TestWhatIsRefusedDoesNotHoldUpTheRest(t *testing.T) {
	gone := domain.Errorf(domain.CodeNotFound, "The project has no such image.")
	w, kept := newTestWrites(&host{})
	w.send = func(_ context.Context, x write) (domain.Operation, error) {
		if x.Op == "bad" {
			return domain.Operation{}, gone
		}
		return domain.Operation{}, nil
	}
	told := map[string]error{}
	w.listen(nil, func(x write, _ domain.Operation, err error) { told[x.Op] = err })
	w.add(write{Op: "bad"})
	w.add(write{Op: "good"})
	if err := flush(t, w); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(told["bad"], gone) || told["good"] != nil || len(told) != 2 || len(*kept) != 0 {
		t.Errorf("told %v, kept %v", told, *kept)
	}
}

// memory is a storage as the browser has it.
type memory map[string][]write

func (m memory) Set(key string, v any) error {
	m[key] = slices.Clone(v.([]write))
	return nil
}

func (m memory) Get(key string, v any) error {
	if list, ok := m[key]; ok {
		*v.(*[]write) = list
	}
	return nil
}

func (m memory) Del(key string) { delete(m, key) }

func TestWritesSurviveAClosedTab(t *testing.T) {
	kept := memory{"irum.pending/server/p": {{Op: "left", Asset: "i"}}}
	w := writesOf("server", "p", kept)
	t.Cleanup(func() { delete(allWrites, "irum.pending/server/p") })
	if n, _ := w.state(); n != 1 || !w.busy("i") || unsent() != 1 {
		t.Errorf("%d writes of the earlier visit are on their way", n)
	}
	if again := writesOf("server", "p", kept); again != w {
		t.Error("a second screen of the project has writes of its own")
	}
}
