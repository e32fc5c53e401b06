package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// front stands before a site: it keeps what is asked, and can send another service worker.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	worker []byte // instead of sw.js; nil for the built one
}

func newFront(t *testing.T) *front {
	behind := site(t, nil).Config.Handler
	f := &front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		line, worker := r.Method+" "+r.URL.Path, f.worker
		if r.ContentLength != 0 {
			line += " with a body"
		}
		f.asked = append(f.asked, line)
		f.mu.Unlock()
		if r.URL.Path == "/sw.js" && worker != nil {
			w.Header().Set("Cache-Control", "no-cache")
			send(w, "sw.js", worker)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// since gives what was asked from the n-th request on, and how many there were.
func (f *front) since(n int) ([]string, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked[n:]...), len(f.asked)
}

// result runs a protocol command and gives its answer.
func result[P, R any](p *person, c cdp.Command[P, R], params P) (out R) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
		out, err = cdp.Call(ctx, target, c, params)
		return err
	}))
	return out
}

// TestCanBeInstalled: the browser itself says whether the page is an app that can be installed.
func TestCanBeInstalled(t *testing.T) {
	url, _ := host(t)
	p := newPerson(t, 1200, 800)
	p.open(url)
	p.until("the service worker", `navigator.serviceWorker.controller`, time.Minute)
	manifest := result(p, cdppage.GetAppManifest, cdppage.GetAppManifestParams{})
	for _, e := range manifest.Errors {
		t.Errorf("manifest: %s", e.Message)
	}
	if !strings.HasSuffix(manifest.URL, "/manifest.webmanifest") || !strings.Contains(manifest.Data, "maskable") {
		t.Errorf("the manifest at %s is %s", manifest.URL, manifest.Data)
	}
	for _, e := range result(p, cdppage.GetInstallabilityErrors, cdp.Empty{}).InstallabilityErrors {
		t.Errorf("cannot be installed: %s %v", e.ErrorID, e.ErrorArguments)
	}
}

// TestDeviceSendsNothing: while images are added and labelled on the device, the server is asked for nothing at all; then it
// goes, and work goes on from the browser's own copy of the app.
func TestDeviceSendsNothing(t *testing.T) {
	f := newFront(t)
	p := newPerson(t, 1440, 900)
	p.open(f.URL)
	p.sees("New project", time.Minute)
	p.until("the service worker", `navigator.serviceWorker.controller && irum.device.state === 'ready'`, time.Minute)
	elsewhere := requests(p)
	_, before := f.since(0)
	p.newProject("Private", "cat\ndog")
	p.drop("#main", []string{pictures(t, 20)})
	p.click("None")
	p.click("Add")
	p.sees("20 images added", time.Minute)
	p.onLabel()
	p.press("1212")
	p.sees("4 of 20 labelled", 20*time.Second)
	p.sees("All changes saved", 20*time.Second)
	if asked, _ := f.since(before); len(asked) > 0 {
		t.Errorf("while importing and labelling the server is asked %q", asked)
	}
	for _, r := range elsewhere() {
		if !strings.HasPrefix(r, "GET "+f.URL) || strings.Contains(r, "/api/") { // what the service worker answers is not on its way to anybody
			t.Errorf("the page asks %s", r)
		}
	}
	at := eval[string](p, `location.href`)
	f.CloseClientConnections()
	f.Close()
	p.open(at)
	p.until("the labelling screen", `document.querySelector('.an-class:not([disabled])') && document.querySelector('.an-file')`, time.Minute)
	p.press("12")
	p.sees("6 of 20 labelled", 20*time.Second)
	p.sees("All changes saved", 20*time.Second)
	p.open(at)
	p.sees("6 of 20 labelled", time.Minute)
}

// TestNewVersionIsOffered: a new version waits until the person takes it, and the page then runs it.
func TestNewVersionIsOffered(t *testing.T) {
	f := newFront(t)
	p := newPerson(t, 1440, 900)
	p.open(f.URL)
	p.sees("New project", time.Minute)
	p.until("the service worker", `navigator.serviceWorker.controller`, time.Minute)
	if eval[bool](p, `document.body.innerText.includes('Reload')`) {
		t.Error("a new version is offered where there is none")
	}
	built, err := os.ReadFile("../dist/sw.js")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(built), "const VERSION = '", "const VERSION = 'next-", 1)
	if changed == string(built) {
		t.Fatal("the service worker has no version")
	}
	f.mu.Lock()
	f.worker = []byte(changed)
	f.mu.Unlock()
	eval[bool](p, `(navigator.serviceWorker.getRegistration().then((r) => r.update()), window.before = true)`)
	p.until("the offer", `[...document.querySelectorAll('.topbar .button.primary')].length === 1`, time.Minute)
	p.shot("new-version")
	eval[bool](p, `(document.querySelector(".topbar .button.primary").click(), true)`)
	p.until("the page of the new version", `!window.before && !document.getElementById('boot')`, time.Minute)
	// The old cache is dropped while the new worker becomes active, which the page does not wait for.
	p.until("the new version's cache alone", `(caches.keys().then((names) => { window.caches_ = names }), (window.caches_ || []).length === 1 && window.caches_[0].startsWith('irum-next-'))`, time.Minute)
	p.until("no further offer", `!document.querySelector('.topbar .button.primary')`, 10*time.Second)
}
