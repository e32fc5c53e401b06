// Package e2e drives a real headless Chromium through what a person sees.
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/irum-app/irum/server/store/storetest"
)

// TestMain leaves this package out of the short round: it builds the app and drives a browser for minutes.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("browser tests are left out of the short round")
		return
	}
	storetest.Main(m)
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium: `make test` installs it")
	return ""
}

// person is one browser window and what is done in it.
type person struct {
	t     *testing.T
	ctx   context.Context
	shots string
}

// newPerson opens a window of width x height. Uncaught errors of the page fail the test.
func newPerson(t *testing.T, width, height int) *person {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.WindowSize(width, height),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en-US"), chromedp.UserDataDir(t.TempDir()))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	p := &person{t: t, ctx: ctx, shots: os.Getenv("IRUM_SCREENSHOTS")}
	err := chromedp.Listen(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			what := e.ExceptionDetails.Text
			if e.ExceptionDetails.Exception != nil {
				what += " " + e.ExceptionDetails.Exception.Description
			}
			t.Errorf("uncaught in page: %s", what)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" {
				var words []string
				for _, arg := range e.Args {
					words = append(words, string(arg.Value)+arg.Description)
				}
				t.Logf("console error: %s", strings.Join(words, " "))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.shot("failed")
		p.t.Fatalf("%v\n%s", err, p.visibleText())
	}
}

func (p *person) open(url string) { p.t.Helper(); p.do(chromedp.Navigate(url)) }

// eval runs a script in the page and gives its value.
func eval[T any](p *person, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.shot("failed")
		p.t.Fatalf("%v in %s", err, script)
	}
	return out
}

func (p *person) visibleText() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText.slice(0, 3000)`))
	return text
}

// until waits for a condition on the page.
func (p *person) until(what, condition string, limit time.Duration) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		if eval[bool](p, `!!(`+condition+`)`) {
			return
		}
		if time.Now().After(deadline) {
			p.shot("failed")
			p.t.Fatalf("waited %s for %s; the page says:\n%s", limit, what, p.visibleText())
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// sees waits until the words stand on the page, as a person would read them.
func (p *person) sees(words string, limit time.Duration) {
	p.t.Helper()
	p.until(fmt.Sprintf("the words %q", words), fmt.Sprintf(`document.body.innerText.replace(/\s+/g,' ').includes(%q)`, words), limit)
}

// named finds the visible control of that name: its text, aria-label, or label.
const named = `((name) => {
  const seen = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== 'hidden' && !e.closest('[inert]') };
  const text = e => (e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.value || '').replace(/\s+/g, ' ').trim();
  const all = [...document.querySelectorAll('button,a,[role=button],[role=tab],[role=menuitem],[role=option],[role=gridcell],input,select,textarea,summary,label')].filter(seen);
  const top = [...document.querySelectorAll('dialog[open],[role=dialog]')].filter(seen).pop();
  const pool = top ? all.filter(e => top.contains(e)) : all;
  return pool.find(e => text(e) === name) || pool.find(e => text(e).startsWith(name)) || pool.find(e => text(e).includes(name));
})`

// click presses the control of that name with the mouse, as soon as it is there and enabled. A press that went beside it,
// because something moved it at the last moment, is made again, as a person would.
func (p *person) click(name string) {
	p.t.Helper()
	p.until(fmt.Sprintf("a control %q", name), fmt.Sprintf(`(e => e && !e.disabled && e.getAttribute('aria-disabled') !== 'true')(%s(%q))`, named, name), 30*time.Second)
	for range 3 {
		at := p.settled(name)
		eval[bool](p, fmt.Sprintf(watchClick, named, name))
		p.do(chromedp.MouseClickXY(at[0], at[1]))
		if eval[bool](p, `window.irumClick !== 'beside'`) {
			return
		}
	}
	p.shot("failed")
	p.t.Fatalf("a press on %q does not reach it", name)
}

// watchClick keeps whether the next click reaches the control, or its label; a page that was left keeps nothing.
const watchClick = `(() => {
  window.irumClick = 'beside';
  window.addEventListener('click', ev => {
    const e = %s(%q), label = ev.target.closest('label');
    if (e && (e.contains(ev.target) || (label && label.control === e) || (e.matches('label') && e.control === ev.target))) window.irumClick = 'there';
  }, {capture: true, once: true});
  return true;
})()`

// settled brings the control of that name into view and gives its middle once it has stood still for two frames: what came
// in above it may still be moving it.
func (p *person) settled(name string) []float64 {
	p.t.Helper()
	script := fmt.Sprintf(`(async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  let last = '';
  for (let i = 0; i < 60; i++) {
    const e = %s(%q);
    if (e) {
      e.scrollIntoView({block: 'center'});
      const r = e.getBoundingClientRect(), now = [r.x + r.width/2, r.y + r.height/2];
      if (String(now) === last) return now;
      last = String(now);
    }
    await frame(); await frame();
  }
  throw new Error('it does not stand still');
})()`, named, name)
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.shot("failed")
		p.t.Fatalf("%q: %v", name, err)
	}
	return at
}

// typeInto fills the field of that name.
func (p *person) typeInto(name, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("a field %q", name), fmt.Sprintf(`%s(%q)`, named, name), 30*time.Second)
	eval[bool](p, fmt.Sprintf(`(() => { const e = %s(%q); const f = e.matches('label') ? e.control : e; f.focus(); f.select && f.select(); return true })()`, named, name))
	p.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// call makes an action of a protocol command.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

// press sends keys one by one, once something is painted: before that Chromium drops keys, as nobody can mean them for a page
// that is not seen.
func (p *person) press(keys string) {
	p.t.Helper()
	p.until("the first paint", `performance.getEntriesByName('first-contentful-paint').length > 0`, 30*time.Second)
	p.do(chromedp.KeyEvent(keys))
}

// drop lets files fall onto the middle of what selector finds, as from a file manager.
func (p *person) drop(selector string, files []string) {
	p.t.Helper()
	p.until("a place to drop on", fmt.Sprintf(`document.querySelector(%q)`, selector), 30*time.Second)
	at := eval[[]float64](p, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2] })()`, selector))
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{"dragEnter", "dragOver", "drop"} {
		p.do(call(input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: data}))
	}
}

// shot keeps a screenshot where IRUM_SCREENSHOTS says.
func (p *person) shot(name string) {
	if p.shots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.MkdirAll(p.shots, 0o755)
		_ = os.WriteFile(filepath.Join(p.shots, name+".png"), png, 0o644)
	}
}
