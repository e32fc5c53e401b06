package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestReviewOfLabels follows a reviewer of a team: one label is approved, one goes back with a comment, and whoever labels finds
// it, reads why and gives another one.
func TestReviewOfLabels(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(photosPath, "[0-9]", "*"))
	if len(files) < 3 {
		t.Skipf("the sign-digit photos are not there: %s", photosPath)
	}
	url, link := teamServer(t)
	p, inside := foundTeam(t, url, link, files[:3])

	at := func(n int) {
		t.Helper()
		p.until(fmt.Sprint("image ", n), fmt.Sprintf(`document.querySelector('.an-place')?.innerText.replace(/\s/g, '').startsWith('%d/') && document.querySelector('.an-class:not([disabled])')`, n), 20*time.Second)
	}
	p.click("Label")
	at(1)
	for i, key := range []string{"1", "2", "1"} {
		at(i + 1)
		p.press(key)
	}
	p.sees("Every image has been looked at", 20*time.Second)
	p.open(inside + "/annotate?state=labelled")
	at(1)
	p.press(".") // right
	at(2)
	p.press(",")
	p.until("the question what is wrong", `document.activeElement.id === 'an-return'`, 10*time.Second)
	p.press("Is this not a zero?")
	p.shot("review-return")
	p.press(kb.Enter)
	at(3)
	p.press(kb.ArrowLeft)
	p.sees("Is this not a zero?", 10*time.Second)
	p.shot("review-returned")
	p.press("z") // the verdict is taken back like a label
	p.until("the comment to go", `!document.querySelector('.an-note')`, 10*time.Second)
	p.press(",")
	p.until("the question again", `document.activeElement.id === 'an-return'`, 10*time.Second)
	p.press("A zero, I think.")
	p.press(kb.Enter)
	at(3)
	p.sees("All changes saved", 10*time.Second)
	p.open(inside)
	p.until("what went back, in the grid", `[...document.querySelectorAll('.chip.is-returned')].some(c => c.innerText.includes('1'))`, 20*time.Second)
	p.shot("review-grid")
	p.click("Returned")
	p.until("it alone", `document.querySelectorAll('[role=gridcell]').length === 1`, 20*time.Second)
	p.open(inside + "/annotate?verdict=returned")
	p.sees("A zero, I think.", 20*time.Second)
	p.press("1")
	p.until("nothing that is returned", `!document.querySelector('.an-note')`, 10*time.Second)
	p.sees("All changes saved", 10*time.Second)
	p.open(inside)
	p.until("one approved and none returned", `document.querySelector('.chip.is-approved') && !document.querySelector('.chip.is-returned')`, 20*time.Second)
}
