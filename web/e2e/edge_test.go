package e2e

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

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

// TestEdge visits the demo: a visitor looks at the sample, its labels and the model's card, and a project of their own can only be
// on the device.
func TestEdge(t *testing.T) {
	p := newPerson(t, 1440, 900)
	p.open(edge(t))
	p.sees("Fashion-MNIST", time.Minute)
	p.sees("100 of 600 labelled", time.Minute)
	p.shot("80-edge-home")
	p.click("Fashion-MNIST")
	p.until("thumbnails from R2", `performance.getEntriesByType('resource').filter(e => e.name.endsWith('/thumb') && e.responseStatus === 200).length > 5`, time.Minute)
	p.until("labels under the images", `[...document.querySelectorAll('[role=gridcell]')].some(c => c.innerText.includes('Ankle boot'))`, time.Minute)
	p.shot("81-edge-images")
	p.click("Auto-Label")
	p.click("Details")
	p.sees("Confusion matrix", time.Minute)
	p.shot("82-edge-models")
	p.click("Irum")
	p.click("New project")
	p.sees("Your own projects stay on this device.", time.Minute)
	if eval[bool](p, `[...document.querySelectorAll('[role=radio]')].some(e => e.innerText.startsWith('Server') && !e.disabled)`) {
		t.Error("a visitor may choose the server for a project")
	}
	p.shot("83-edge-new")
}
