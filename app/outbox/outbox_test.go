package outbox

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

func (h *host) send(_ context.Context, x Write) (domain.Operation, error) {
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

func newTestWrites(h *host) (*Box, *[]Write) {
	var kept []Write
	w := &Box{kick: make(chan struct{}, 1), send: h.send}
	w.keep = func(list []Write) { kept = slices.Clone(list) }
	return w, &kept
}

func flush(t *testing.T, w *Box) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return w.Flush(ctx)
}

func TestWritesGoInOrder(t *testing.T) {
	h := &host{hold: make(chan struct{})}
	w, kept := newTestWrites(h)
	for _, op := range []string{"a", "b", "c"} {
		w.Add(Write{Op: op, Asset: "i"})
	}
	if n, err := w.State(); n != 3 || err != nil || !w.Busy("i") || w.Busy("j") || len(*kept) != 3 {
		t.Errorf("%d on their way, %v; kept %d", n, err, len(*kept))
	}
	close(h.hold)
	if err := flush(t, w); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.got, []string{"a", "b", "c"}) || w.Busy("i") || len(*kept) != 0 {
		t.Errorf("sent %v, kept %v", h.got, *kept)
	}
}

func TestNothingIsLostWhileTheHostIsAway(t *testing.T) {
	for _, away := range []error{errors.New("no network"), domain.Errorf(domain.CodeUnavailable, "starting"), domain.Errorf(domain.CodeInternal, "disk"), domain.Errorf(domain.CodeConflict, "busy")} {
		h := &host{err: away}
		w, kept := newTestWrites(h)
		w.Add(Write{Op: "a"})
		w.Add(Write{Op: "b"})
		if err := flush(t, w); !errors.Is(err, away) {
			t.Fatalf("flush gives %v, want %v", err, away)
		}
		if n, err := w.State(); n != 2 || err == nil || len(*kept) != 2 {
			t.Errorf("%v: %d on their way, %v; kept %d", away, n, err, len(*kept))
		}
		h.say(nil)
		answered := make(chan string, 2)
		w.Listen(nil, func(x Write, _ domain.Operation, _ error) { answered <- x.Op })
		w.Retry()
		if first, second := <-answered, <-answered; first != "a" || second != "b" {
			t.Errorf("then came %s, %s", first, second)
		}
	}
}

func TestWhatIsRefusedDoesNotHoldUpTheRest(t *testing.T) {
	gone := domain.Errorf(domain.CodeNotFound, "The project has no such image.")
	w, kept := newTestWrites(&host{})
	w.send = func(_ context.Context, x Write) (domain.Operation, error) {
		if x.Op == "bad" {
			return domain.Operation{}, gone
		}
		return domain.Operation{}, nil
	}
	told := map[string]error{}
	w.Listen(nil, func(x Write, _ domain.Operation, err error) { told[x.Op] = err })
	w.Add(Write{Op: "bad"})
	w.Add(Write{Op: "good"})
	if err := flush(t, w); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(told["bad"], gone) || told["good"] != nil || len(told) != 2 || len(*kept) != 0 {
		t.Errorf("told %v, kept %v", told, *kept)
	}
}

func TestWhatAnEarlierVisitLeftGoesFirst(t *testing.T) {
	h := &host{hold: make(chan struct{})}
	w, kept := newTestWrites(h)
	w.Add(Write{Op: "new", Asset: "i"})
	w.takeOver([]Write{{Op: "left", Asset: "i"}, {Op: "new", Asset: "i"}})
	if n, _ := w.State(); n != 2 || len(*kept) != 2 || !(*kept)[0].Late {
		t.Errorf("%d are on their way, kept %+v", n, *kept)
	}
	close(h.hold)
	if err := flush(t, w); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(h.got, "left") || !slices.Contains(h.got, "new") {
		t.Errorf("sent %v", h.got)
	}
}

// shared is a host on which the label of image i is another by now.
type shared struct {
	mu    sync.Mutex
	label domain.Label
	got   []string
}

func (h *shared) send(_ context.Context, x Write) (domain.Operation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x.Late && x.Before.Rev != h.label.Rev {
		return domain.Operation{}, domain.Errorf(domain.CodeConflict, "The label was changed meanwhile.")
	}
	rev := h.label.Rev + 1
	h.label = x.After
	h.label.Rev = rev
	h.got = append(h.got, x.Op)
	return domain.Operation{ID: x.Op, Changed: 1, Assets: []domain.Asset{{ID: x.Asset, Label: h.label}}}, nil
}

func (h *shared) look(_ context.Context, asset string) (domain.Asset, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return domain.Asset{ID: asset, Name: asset + ".png", Label: h.label}, nil
}

func label(class string, rev int64) domain.Label {
	return domain.Label{State: domain.StateLabelled, Classes: []domain.ClassScore{{ClassID: class}}, Rev: rev}
}

func TestConflictsWaitForAChoice(t *testing.T) {
	nothing := domain.Label{State: domain.StateUnlabelled}
	late := []Write{
		{Op: "1", Asset: "i", Before: nothing, After: label("cat", 0)},
		{Op: "2", Asset: "i", Before: label("cat", 0), After: label("owl", 0)},
	}
	for name, test := range map[string]struct {
		host      domain.Label
		conflicts int
		mine      bool
		got       []string
		end       string
	}{
		"nobody was faster":             {host: nothing, got: []string{"1", "2"}, end: "owl"},
		"another rev of the same":       {host: domain.Label{State: domain.StateUnlabelled, Rev: 4}, got: []string{"1", "2"}, end: "owl"},
		"somebody did the same":         {host: label("cat", 3), got: []string{"1", "2"}, end: "owl"},
		"somebody else's stays":         {host: label("dog", 3), conflicts: 1, end: "dog"},
		"mine is written over that":     {host: label("dog", 3), conflicts: 1, mine: true, got: []string{"1", "2"}, end: "owl"},
		"mine over what was taken away": {host: domain.Label{State: domain.StateSkipped, Rev: 2}, conflicts: 1, mine: true, got: []string{"1", "2"}, end: "owl"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &shared{label: test.host}
			w := &Box{kick: make(chan struct{}, 1), send: h.send, look: h.look, keep: func([]Write) {}}
			w.takeOver(late)
			err := flush(t, w)
			all := w.Conflicts()
			if len(all) != test.conflicts || (err != nil) != (test.conflicts > 0) {
				t.Fatalf("%d conflicts, %v", len(all), err)
			}
			if test.conflicts > 0 {
				if c := all[0]; c.Name != "i.png" || c.Mine.Classes[0].ClassID != "owl" || !says(c.Theirs, test.host) {
					t.Errorf("conflict %+v", c)
				}
				w.Resolve("i", test.mine)
				if err := flush(t, w); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(h.got, test.got) || h.label.Classes[0].ClassID != test.end {
				t.Errorf("sent %v, the label is %+v", h.got, h.label)
			}
			if n, _ := w.State(); n != 0 {
				t.Errorf("%d are left", n)
			}
		})
	}
}

func TestOtherImagesDoNotWaitBehindAChoice(t *testing.T) {
	h := &shared{label: label("dog", 3)}
	w := &Box{kick: make(chan struct{}, 1), send: h.send, look: h.look, keep: func([]Write) {}}
	w.list = []Write{{Op: "1", Asset: "i", Late: true, After: label("cat", 0), Theirs: &h.label}, {Op: "1", Asset: "i", Undo: true}, {Op: "2", Asset: "k", After: label("cat", 0)}}
	w.Retry()
	w.mu.Lock()
	w.start()
	w.mu.Unlock()
	_ = flush(t, w)
	if !slices.Equal(h.got, []string{"2"}) {
		t.Errorf("sent %v", h.got)
	}
	w.Resolve("i", false)
	if n, _ := w.State(); n != 0 {
		t.Errorf("%d are left of what was given up", n)
	}
}
