package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/web/edge/seed"
	"github.com/irum-app/irum/web/edge/workerd"
)

// edge runs the edge host in workerd with the sample project.
func edge(t *testing.T) (url string) {
	t.Helper()
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../edge/dist/worker.mjs"); err != nil {
		if out, err := exec.Command("go", "run", "../build", "-edge").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	p, err := workerd.Start("run.mjs", "TOKEN=the-owner")
	if errors.Is(err, workerd.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Log(p.Said())
		}
	})
	if err := seed.Fill(t.Context(), p.Address, "the-owner", t.Logf); err != nil {
		t.Fatal(err)
	}
	return p.Address
}

// offered tells which of these names of buttons and links are there to be pressed.
func (p *person) offered(names ...string) (there []string) {
	p.t.Helper()
	for _, name := range names {
		if eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll('button, a[href]')].some(e => e.checkVisibility() && (e.innerText.trim() === %[1]q || e.ariaLabel === %[1]q))`, name)) {
			there = append(there, name)
		}
	}
	return there
}

// TestEdge visits the demo: a visitor looks at the sample, its labels and the model's card, is offered nothing that would be refused, and
// goes on to a project of their own on the device, from photos to a model that has labelled them.
func TestEdge(t *testing.T) {
	l, dir := newLoop(t)
	fewPhotos(t, dir, 200)
	l.open(edge(t))
	l.sees("Fashion-MNIST", time.Minute)
	l.sees("100 of 600 labelled", time.Minute)
	l.shot("80-edge-home")
	l.visits()
	l.click("Try your own images")
	l.sees("Your own projects stay on this device.", time.Minute)
	if eval[bool](l.person, `[...document.querySelectorAll('[role=radio]')].some(e => e.innerText.startsWith('Server') && !e.disabled)`) {
		t.Error("a visitor may choose the server for a project")
	}
	l.shot("84-edge-new")
	l.fillIn("This device")
	l.importFolder(dir, 200)
	l.label(8)
	l.train("First labels", "85")
	l.apply("86", false)
	l.sees("120 to review", time.Minute)
}

// visits looks at all that the sample project shows.
func (l *loop) visits() {
	l.t.Helper()
	l.click("Fashion-MNIST")
	l.until("thumbnails from R2", `performance.getEntriesByType('resource').filter(e => e.name.endsWith('/thumb') && e.responseStatus === 200).length > 5`, time.Minute)
	l.until("labels under the images", `[...document.querySelectorAll('[role=gridcell]')].some(c => c.innerText.includes('Ankle boot'))`, time.Minute)
	l.nothingRefused("Images")
	l.shot("81-edge-images")
	l.click("Auto-Label")
	l.click("Details")
	l.sees("Confusion matrix", time.Minute)
	l.nothingRefused("Auto-Label")
	l.shot("82-edge-models")
	l.click("Label Exports")
	l.sees("Fashion-MNIST", time.Minute)
	l.nothingRefused("Label Exports")
	l.click("Images")
	l.until("the images", `document.querySelector('[role=gridcell]')`, time.Minute)
	l.press(kb.Enter)
	l.until("an image", `document.querySelector('.an-file')`, time.Minute)
	l.sees("You can look at labels here.", time.Minute)
	first := l.at()
	l.press("1") // the key of a class
	l.goes(first, kb.ArrowRight)
	l.nothingRefused("an image")
	l.shot("83-edge-image")
	if got := l.offered("Undo"); len(got) > 0 {
		l.t.Errorf("a visitor is offered %q", got)
	}
	if l.shots != "" {
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 800, DeviceScaleFactor: 1}))
		l.click("한국어로 보기")
		l.shot("83-edge-image-ko-390")
		l.click("이미지")
		l.until("the images", `document.querySelector('[role=gridcell] img')`, time.Minute)
		l.shot("81-edge-images-ko-390")
		l.click("View in English")
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1440, Height: 900, DeviceScaleFactor: 1}))
	}
}

// nothingRefused checks that a screen of the demo offers nothing that visitors may not do, and says nothing of an error.
func (l *loop) nothingRefused(screen string) {
	l.t.Helper()
	if got := l.offered("Add", "Export", "New export", "Download", "Create Custom Auto-Label AI", "Apply", "Delete model", "Label", "Review", "Settings"); len(got) > 0 {
		l.t.Errorf("%s: a visitor is offered %q", screen, got)
	}
	if eval[bool](l.person, `!!document.querySelector('.toast.error, .notice.error')`) {
		l.t.Errorf("%s tells a visitor of an error: %s", screen, eval[string](l.person, `document.querySelector('.toast.error, .notice.error').innerText`))
	}
}
