package e2e

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// key presses a key that writes name at the place code of the keyboard, as other layouts have them.
func (p *person) key(name, code string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
		p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: code}))
	}
}

// pictures makes a folder of n small images.
func pictures(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pictures")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		file := filepath.Join(dir, fmt.Sprintf("%03d.png", i))
		if err := os.WriteFile(file, pngOf(t, 40+i, 40, color.RGBA{uint8(40 * i), uint8(255 - 9*i), 90, 255}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// at is the place in the list that the labelling screen shows.
func (p *person) at(n, of int) {
	p.t.Helper()
	p.until(fmt.Sprintf("image %d of %d", n, of), fmt.Sprintf(`(document.querySelector('.an-place') || {innerText: ''}).innerText === '%d / %d'`, n, of), 10*time.Second)
}

func (p *person) onLabel() {
	p.t.Helper()
	p.click("Label")
	p.until("the labelling screen", `document.querySelector('.an-class:not([disabled])') && document.querySelector('.an-file')`, 20*time.Second)
}

// TestKeysCanBeChanged: a key is given, one that is taken is asked about, and both last; presets; the overview tells what is
// in force; keys of other layouts work, and those that are typed or composed do not.
func TestKeysCanBeChanged(t *testing.T) {
	p := newPerson(t, 1440, 900)
	url := site(t, nil).URL
	p.open(url)
	p.sees("New project", time.Minute)
	p.newProject("Keys", "cat\ndog")
	p.drop("#main", []string{pictures(t, 12)})
	p.click("None")
	p.click("Add")
	p.sees("12 images added", time.Minute)

	p.click("Settings")
	p.click("Add a key for “Skip: give no label”")
	p.until("the key to be waited for", `document.activeElement.id === 'key-wait'`, 10*time.Second)
	p.press("o")
	p.until("the key", `document.activeElement.id === 'key-skip' && [...document.querySelectorAll('.keycap')].some(e => e.innerText.trim() === 'O')`, 10*time.Second)
	p.press(kb.Enter)
	p.until("the key to be waited for", `document.activeElement.id === 'key-wait'`, 10*time.Second)
	p.press("r")
	p.sees("R is used for “Same label or boxes as the image before” already (Label and Review).", 10*time.Second)
	p.press(kb.Enter) // use it here instead
	p.until("the key to be taken over", `document.activeElement.id === 'key-skip' && !document.querySelector('.key-clash') && document.querySelector('[aria-label^="Remove R from “Skip"]') && !document.querySelector('[aria-label^="Remove R from “Same"]')`, 10*time.Second)
	p.press(kb.Enter)
	p.until("the key to be waited for", `document.activeElement.id === 'key-wait'`, 10*time.Second)
	p.press(kb.Escape)
	p.until("nothing to be waited for", `!document.getElementById('key-wait') && document.activeElement.id === 'key-skip'`, 10*time.Second)
	p.shot("keys-changed")

	p.open(eval[string](p, `location.href`)) // a reload keeps them
	p.onLabel()
	p.at(1, 12)
	p.press("o")
	p.at(2, 12)
	p.press("r")
	p.at(3, 12)
	p.key("&", "Digit1") // AZERTY: the first class
	p.at(4, 12)
	p.key("ㅁ", "KeyA") // Hangul: back
	p.at(3, 12)
	p.press("?")
	p.until("the overview with the keys in force", `[...document.querySelectorAll('dialog .an-key')].some(e => /^Skip: give no label\s*S\s*O\s*R$/.test(e.innerText))`, 10*time.Second)
	p.press(kb.Escape)
	eval[bool](p, `(document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'd', code: 'KeyD', bubbles: true, isComposing: true})), true)`)
	time.Sleep(200 * time.Millisecond)
	p.at(3, 12)

	p.click("Images")
	p.until("the grid", `document.querySelector('[role=gridcell] img')`, 20*time.Second)
	p.press("/")
	p.until("the search field", `document.activeElement.id === 'gallery-search'`, 10*time.Second)
	p.press("1jz") // typed, not done
	p.sees("0 of 12 images", 10*time.Second)
	p.sees("1 of 12 labelled", 10*time.Second)

	p.click("Settings")
	p.click("CVAT")
	p.onLabel()
	p.press(kb.Home)
	p.at(1, 12)
	p.press("f")
	p.press("f")
	p.at(3, 12)
	p.press("d")
	p.at(2, 12)
	p.click("Settings")
	p.click("Irum")
	p.onLabel()
	p.press(kb.Home)
	p.at(1, 12)
	p.press("d")
	p.at(2, 12)

	eval[bool](p, `(localStorage.setItem('hotkeys', JSON.stringify({preset: '<img src=x onerror=pwned=1>', keys: {skip: ['<img src=x onerror=pwned=1>', 'k'], '<b>': ['x'], next: 7}})), true)`)
	p.open(url)
	p.sees("Keys", time.Minute)
	eval[bool](p, `(localStorage.setItem('hotkeys', JSON.stringify({preset: '<img src=x onerror=pwned=1>', keys: {skip: ['<img src=x onerror=pwned=1>', 'k'], '<b>': ['x']}})), true)`)
	p.open(url)
	p.sees("Keys", time.Minute)
	p.press("?")
	p.until("the keys that make sense of it", `[...document.querySelectorAll('dialog .an-key')].some(e => /^Skip: give no label\s*K$/.test(e.innerText))`, 10*time.Second)
	if eval[bool](p, `'pwned' in window || !!document.querySelector('dialog img')`) {
		t.Error("stored keys were taken for markup")
	}
}
