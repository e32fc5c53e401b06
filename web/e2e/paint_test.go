package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hold presses a key down and does not let go until the answer is called.
func (p *person) hold(key, code string) (lift func()) {
	p.t.Helper()
	text := key
	if len(key) > 1 {
		text = ""
	}
	p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyDown", Key: key, Code: code, Text: text}))
	return func() {
		p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyUp", Key: key, Code: code}))
	}
}

// TestPaintingByKeys selects and labels by holding a key and walking, and by Shift, without a pointer; what is selected can
// be read, and one stroke is one undo.
func TestPaintingByKeys(t *testing.T) {
	data, project := many(t, 60)
	url, _ := hostOver(t, data)
	p := newPerson(t, 1440, 900)
	selected := func(n int, want string) {
		p.t.Helper()
		p.until(want+" in the tree that readers read", `(all => all.length === `+strconv.Itoa(n)+`)([...document.querySelectorAll('[role=gridcell][aria-selected=true]')])`, 10*time.Second)
		if n > 0 {
			p.until("the number said aloud", `[...document.querySelectorAll('[role=status]')].some(e => e.innerText.trim() === '`+want+`')`, 10*time.Second)
		}
	}
	p.open(url + "/p/s/" + project + "/images")
	p.until("the grid", `document.querySelectorAll('[role=gridcell] img').length > 20`, time.Minute)
	eval[bool](p, `(document.querySelector('[data-i="0"]').focus(), true)`)
	if how := eval[string](p, `document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-describedby')).textContent`); how == "" {
		t.Error("the grid does not say how it is painted on")
	}

	lift := p.hold(" ", "Space")
	p.press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight + kb.ArrowDown)
	selected(5, "5 selected")
	lift()
	p.press(kb.ArrowRight) // after the key is let go the keyboard only walks
	p.press(kb.ArrowRight)
	selected(5, "5 selected")
	p.shot("painted")
	p.do(chromedp.KeyEvent(" ", chromedp.KeyModifiers(chromedp.ModifierShift))) // from where the stroke ended to here
	selected(7, "7 selected")
	p.do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift)))
	selected(6, "6 selected")
	p.press(kb.Escape)
	selected(0, "none")

	p.press(kb.Home)
	lift = p.hold("1", "Digit1")
	for range 4 {
		p.press(kb.ArrowRight)
	}
	lift()
	p.sees("5 images labelled as cat", 20*time.Second)
	p.sees("5 of 60 labelled", 20*time.Second)
	p.press("2") // the last of them
	p.until("another class", `/dog/.test(document.querySelector('[data-i="4"]').getAttribute('aria-label'))`, 10*time.Second)
	p.press("z")
	p.until("the stroke's class again", `/cat/.test(document.querySelector('[data-i="4"]').getAttribute('aria-label'))`, 10*time.Second)
	p.open(url + "/p/s/" + project + "/images")
	p.sees("5 of 60 labelled", time.Minute)
	p.until("the grid", `document.querySelectorAll('[role=gridcell] img').length > 20`, time.Minute)
	p.press("z")
	p.sees("Undone for 5 images", 20*time.Second)
	p.sees("0 of 60 labelled", 20*time.Second)
}
