package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// typist is a person without a mouse: what is done is done by keys, and where the focus is can always be seen.
type typist struct {
	*person
	files chan *cdppage.EventFileChooserOpened
}

// noPointer counts events of a pointer, which a press of Enter on a button makes none of.
const noPointer = `window.pointers = 0; for (const kind of ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'touchstart', 'wheel']) addEventListener(kind, () => window.pointers++, true)`

func newTypist(t *testing.T) *typist {
	k := &typist{newPerson(t, 1440, 900), make(chan *cdppage.EventFileChooserOpened, 1)}
	err := chromedp.Listen(k.ctx, func(ev any) {
		if e, ok := ev.(*cdppage.EventFileChooserOpened); ok {
			k.files <- e
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	k.do(call(cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: noPointer}))
	k.do(call(cdppage.SetInterceptFileChooserDialog, cdppage.SetInterceptFileChooserDialogParams{Enabled: true}))
	return k
}

// spot is what has the focus: its name, whether it is seen to have it, and its place among all that a Tab can reach.
type spot struct {
	Name    string
	Visible bool
	Where   string
	Inside  bool // the window
}

const focusSpot = `(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return {Name: '', Visible: true, Where: '', Inside: true};
  const text = ((e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.value || e.id || '') + '').replace(/\s+/g, ' ').trim();
  const ring = n => { const s = getComputedStyle(n); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 };
  const r = e.getBoundingClientRect();
  let p = e, path = [];
  for (; p && p !== document.body; p = p.parentElement) path.unshift([...p.parentElement.children].indexOf(p));
  const seen = ring(e) || (e.closest('.project-card') && ring(e.closest('.project-card'))) || (e.matches('.cluster') );
  return {Name: text.slice(0, 120), Visible: !!seen, Where: path.join('/'),
    Inside: r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth};
})()`

func (k *typist) focus() spot { return eval[spot](k.person, focusSpot) }

// tab presses Tab, or Shift+Tab, and gives where the focus is then. It must be seen there.
func (k *typist) tab(back bool) spot {
	k.t.Helper()
	if back {
		k.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	} else {
		k.press(kb.Tab)
	}
	s := k.focus()
	if !s.Visible || !s.Inside {
		k.shot("no-focus")
		k.t.Errorf("the focus cannot be seen on %q (in the window: %v)", s.Name, s.Inside)
	}
	return s
}

// to walks by Tab to the control of that name.
func (k *typist) to(name string) {
	k.t.Helper()
	k.until(fmt.Sprintf("a control %q", name), fmt.Sprintf(`(e => e && !e.disabled)(%s(%q))`, named, name), 30*time.Second)
	var passed []string
	for range 80 {
		s := k.tab(false)
		if s.Name == name || strings.HasPrefix(s.Name, name+" ") {
			return
		}
		passed = append(passed, s.Name)
	}
	k.shot("failed")
	k.t.Fatalf("Tab never reaches %q; it passes %q", name, passed)
}

// enter walks to a control and presses it.
func (k *typist) enter(name string) { k.t.Helper(); k.to(name); k.press(kb.Enter) }

// walk goes through all that Tab reaches on the screen, forwards and back: nothing keeps the focus, and it comes in the order
// in which things stand in the page.
func (k *typist) walk(screen string, least int) {
	k.t.Helper()
	eval[bool](k.person, `(document.activeElement.blur(), getSelection().removeAllRanges(), document.body.setAttribute('tabindex', '-1'), document.body.focus(), document.body.removeAttribute('tabindex'), true)`)
	var order []spot
	for range 300 {
		s := k.tab(false)
		if s.Where == "" || (len(order) > 0 && s.Where == order[0].Where) {
			break
		}
		if len(order) > 0 && s.Where == order[len(order)-1].Where {
			k.t.Errorf("%s: the focus stays on %q", screen, s.Name)
			return
		}
		order = append(order, s)
	}
	if len(order) < least || len(order) >= 300 {
		k.t.Errorf("%s: Tab reaches %d controls: %v", screen, len(order), order)
		return
	}
	k.t.Logf("%s: %d controls by Tab", screen, len(order))
	for i := 1; i < len(order); i++ {
		if !before(order[i-1].Where, order[i].Where) {
			k.t.Errorf("%s: after %q comes %q, which stands before it", screen, order[i-1].Name, order[i].Name)
		}
	}
	for range 3 { // a few steps back are enough to tell a trap
		a := k.tab(true)
		if b := k.tab(true); a.Where == b.Where && len(order) > 1 {
			k.t.Errorf("%s: Shift+Tab stays on %q", screen, a.Name)
		}
	}
}

// before compares places in the page as numbers.
func before(a, b string) bool {
	read := func(s string) (out []int) {
		for part := range strings.SplitSeq(s, "/") {
			n := 0
			_, _ = fmt.Sscan(part, &n)
			out = append(out, n)
		}
		return out
	}
	return slices.Compare(read(a), read(b)) < 0
}

// dialog opens one by a control, checks that Tab stays in it and Esc gives the focus back.
func (k *typist) dialog(opener string) {
	k.t.Helper()
	k.enter(opener)
	k.until("a dialog with the focus in it", `document.querySelector('dialog[open]') && document.querySelector('dialog[open]').contains(document.activeElement)`, 10*time.Second)
	for range 12 {
		k.tab(false)
		if !eval[bool](k.person, `document.activeElement === document.body || document.querySelector('dialog[open]').contains(document.activeElement)`) {
			k.t.Errorf("Tab leaves the dialog of %q", opener)
		}
	}
	k.press(kb.Escape)
	k.until("no dialog", `!document.querySelector('dialog[open]')`, 10*time.Second)
	if s := k.focus(); !strings.HasPrefix(s.Name, opener) {
		k.t.Errorf("after the dialog of %q the focus is on %q", opener, s.Name)
	}
}

// TestKeyboardAlone does the whole loop without a mouse, on the device.
func TestKeyboardAlone(t *testing.T) {
	k := newTypist(t)
	names := []string{}
	for digit := range 3 {
		found, err := filepath.Glob(filepath.Join(photosPath, fmt.Sprint(digit), "*"))
		if err != nil || len(found) < 14 {
			t.Skipf("the sign-digit photos are not there: %s", photosPath)
		}
		for _, file := range found[:14] {
			full, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, full)
		}
	}
	k.open(site(t, nil).URL)
	k.sees("New project", time.Minute)
	k.until("the device", `irum.device.state === 'ready'`, 30*time.Second)
	k.dialog("New project")
	k.walk("home", 3)
	k.createByKeys()
	k.importByKeys(names)
	k.walk("images", 12)
	k.labelByKeys(names)
	k.trainByKeys()
	k.reviewByKeys()
	if n := eval[int](k.person, `pointers`); n != 0 {
		t.Errorf("%d events of a pointer", n)
	}
}

func (k *typist) createByKeys() {
	k.enter("New project")
	k.until("the name's field", `document.activeElement.id === 'new-name'`, 10*time.Second)
	k.press("Hand signs")
	k.to("This device")
	k.press(" ")
	k.to("Classes")
	k.press("0" + kb.Enter + "1" + kb.Enter + "2")
	k.enter("Create project")
	k.sees("Drop images here", time.Minute)
}

func (k *typist) importByKeys(names []string) {
	k.walk("images, none", 9)
	k.enter("Choose images…")
	select {
	case e := <-k.files:
		k.do(call(dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: names, BackendNodeID: e.BackendNodeID}))
	case <-time.After(10 * time.Second):
		k.t.Fatal("Enter opens no file chooser")
	}
	k.sees(fmt.Sprintf("%d images added", len(names)), time.Minute)
	k.enter("Dismiss")
}

func (k *typist) labelByKeys(names []string) {
	k.enter("Label")
	k.until("the first image", `document.querySelector('.an-file') && document.activeElement.id === 'main'`, time.Minute)
	truth := map[string]string{}
	for _, name := range names {
		truth[filepath.Base(name)] = filepath.Base(filepath.Dir(name))
	}
	l := &loop{person: k.person}
	for range 27 {
		name := l.at()
		l.goes(name, truth[name])
	}
	k.sees("27 of 42 labelled", 20*time.Second)
	k.press("z")
	k.sees("26 of 42 labelled", 20*time.Second)
	k.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierShift)))
	k.sees("27 of 42 labelled", 20*time.Second)
	k.press("?")
	k.sees("Accept or confirm, and go on", 10*time.Second)
	k.press(kb.Escape)
	k.until("no dialog", `!document.querySelector('dialog[open]')`, 10*time.Second)
	k.walk("label", 12)
}

func (k *typist) trainByKeys() {
	k.enter("Label Exports")
	k.sees("No exports yet", 20*time.Second)
	k.enter("New export")
	k.until("the name's field", `document.activeElement.id === 'export-name'`, 10*time.Second)
	k.press("First labels" + kb.Enter)
	k.sees("First labels", 20*time.Second)
	k.walk("exports", 12)
	k.dialog("Create Custom Auto-Label AI")
	k.enter("Create Custom Auto-Label AI")
	k.until("what it costs", `document.querySelector('.bill') && document.activeElement.id === 'model-name'`, time.Minute)
	k.press(kb.Enter)
	k.sees("Confusion matrix", 2*time.Minute)
	k.walk("models", 12)
}

func (k *typist) reviewByKeys() {
	k.enter("Apply")
	k.to("Smallest confidence")
	k.press(kb.Home)
	k.enter("Preview")
	k.until("the preview's end", `[...document.querySelectorAll('dialog[open] button')].some(b => /^Label \d+ images$/.test(b.innerText.trim()) && !b.disabled)`, time.Minute)
	k.enter("Label 15 images")
	k.sees("15 to review", time.Minute)
	k.until("the first proposal", `document.querySelector('.an-score')`, time.Minute)
	k.press(kb.Enter)
	k.sees("14 to review", 20*time.Second)
	k.press("x")
	k.sees("13 to review", 20*time.Second)
	k.press("zz")
	k.sees("15 to review", 20*time.Second)
	k.walk("review", 12)
}
