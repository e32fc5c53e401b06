package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBulkOverAWholeFilter labels all that a filter finds, far more than the grid has loaded, with the exact number told
// before; one undo takes it back, also after a reload. Deleting goes the same way.
func TestBulkOverAWholeFilter(t *testing.T) {
	data, project := many(t, 12_345)
	url, _ := hostOver(t, data)
	p := newPerson(t, 1440, 900)
	grid := url + "/p/s/" + project + "/images"
	all := func() {
		p.until("the grid", `document.querySelectorAll('[role=gridcell] img').length > 20`, time.Minute)
		eval[bool](p, `(document.querySelector('[role=gridcell][tabindex="0"]').focus(), true)`)
		p.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	}
	labelled := func() {
		p.until("2,345 labelled images", `/(?<!\d)2,345 of 12,345 labelled/.test(document.body.innerText.replace(/\s+/g, ' '))`, time.Minute)
	}
	p.open(grid + "?text=set%2F01")
	p.sees("2,345 of 12,345 images", time.Minute) // set/010000 to set/012344
	all()
	p.sees("2,345 selected", 20*time.Second)
	p.press("1")
	p.sees("Label 2,345 images as cat?", 20*time.Second)
	p.sees("Will change 2,345", 20*time.Second)
	p.press(kb.Enter)
	p.sees("2,345 images labelled as cat", time.Minute)

	p.open(grid)
	labelled()
	all()
	p.sees("12,345 selected", 20*time.Second)
	p.press("2")
	p.sees("Of these, labelled by people or an import 2,345", 20*time.Second)
	p.shot("bulk-dialog")
	p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	p.until("the focus on the choice", `document.activeElement.id === 'bulk-keep'`, 10*time.Second)
	p.press(" ")
	p.sees("Change 10,000 images", 20*time.Second)
	p.until("a preview of it", `!document.querySelector('dialog footer button.primary').disabled`, 20*time.Second)
	p.press(kb.Enter)
	p.sees("10,000 images labelled as dog", time.Minute)
	p.sees("12,345 of 12,345 labelled", 20*time.Second)

	p.open(grid) // what is done is done on the host: undo survives a reload
	all()
	p.press("z")
	p.sees("Undone for 10,000 images", time.Minute)
	labelled()
	p.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierShift)))
	p.sees("Done again for 10,000 images", time.Minute)
	p.sees("12,345 of 12,345 labelled", time.Minute)
	p.press("z")
	labelled()

	p.do(chromedp.KeyEvent(kb.Delete, chromedp.KeyModifiers(chromedp.ModifierShift)))
	p.sees("Delete 12,345 images?", 20*time.Second)
	p.click("Delete 12,345 images")
	p.sees("12,345 images deleted", time.Minute)
	p.sees("Drop images here", 20*time.Second)
	p.click("Undo")
	p.sees("Undone for 12,345 images", time.Minute)
	labelled()
}
