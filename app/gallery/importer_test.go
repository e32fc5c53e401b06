package gallery

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// host answers imports: it takes every file, save those whose name holds "bad" (refused) or "lost" (the call fails).
type host struct {
	mu     sync.Mutex
	paths  []string
	report domain.ImportReport
	after  func(n int)
}

func (h *host) Do(_ context.Context, r client.Request) (client.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report.ID = "i"
	if _, path, ok := strings.Cut(r.Path, "/files?path="); ok {
		h.paths = append(h.paths, path)
		switch {
		case strings.Contains(path, "lost"):
			return client.Response{}, domain.Errorf(domain.CodeUnavailable, "The server is gone.")
		case strings.Contains(path, "bad"):
			h.report.Refused = append(h.report.Refused, domain.Refusal{Path: path, Code: "not_image", Reason: "no"})
		default:
			h.report.Imported++
		}
		if h.after != nil {
			h.after(len(h.paths))
		}
	}
	h.report.Finished = strings.HasSuffix(r.Path, "/finish")
	body, err := json.Marshal(h.report)
	return client.Response{Status: 200, Body: body}, err
}

func files(names ...string) []platform.File {
	var out []platform.File
	for _, n := range names {
		out = append(out, platform.File{Path: n, Size: 10})
	}
	return out
}

func TestImportSendsImagesBeforeLabels(t *testing.T) {
	h := &host{}
	im := newImporting(client.New(h), platform.Device, "p", files("labels.csv", "b.png", "more.zip", "a.png", "bad.txt", "lost.png"), "auto")
	told := 0
	im.notify = func() { told++ }
	im.run(context.Background())
	at := func(name string) int { return slices.Index(h.paths, name) }
	if len(h.paths) != 6 || at("labels.csv") < 3 || at("more.zip") < 1 {
		t.Errorf("sent in the order %q", h.paths)
	}
	if !im.ended || im.failure != nil || !im.report.Finished || im.report.Imported != 4 || told == 0 {
		t.Errorf("%+v after %d notes", im.report, told)
	}
	if got := im.refused(); len(got) != 2 || got[0].Path != "lost.png" || got[1].Code != "not_image" {
		t.Errorf("refused %+v", got)
	}
	if text := im.text(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "lost.png\tunavailable\t") {
		t.Errorf("%q", text)
	}
}

func TestCancelEndsBetweenFiles(t *testing.T) {
	h := &host{}
	names := make([]string, 100)
	for i := range names {
		names[i] = "x.png"
	}
	im := newImporting(client.New(h), platform.Device, "p", files(names...), "none")
	h.after = func(n int) {
		if n == 10 {
			im.mu.Lock()
			im.cancel = true
			im.mu.Unlock()
		}
	}
	im.run(context.Background())
	if n := len(h.paths); n < 10 || n > 10+parallel {
		t.Errorf("%d files were sent", n)
	}
	if !im.report.Finished || im.report.Imported != len(h.paths) {
		t.Errorf("what was sent stays: %+v", im.report)
	}
}

func TestTimeLeft(t *testing.T) {
	im := &importing{started: time.Unix(100, 0), bytes: 250, total: 1000, done: 5}
	if got := im.left(time.Unix(110, 0)); got != 30 {
		t.Error(got)
	}
	if got := (&importing{started: time.Unix(100, 0), total: 10}).left(time.Unix(110, 0)); got != 0 {
		t.Error(got)
	}
}

func TestOnlyPlainImagesAreTakenUnasked(t *testing.T) {
	for name, want := range map[string]bool{"a.png": false, "cats/a.png": true, "a.csv": true, "a.zip": true, "IMG.JPEG": false} {
		if got := hasLabels(files(name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
