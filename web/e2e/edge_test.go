package e2e

import (
	"errors"
	"fmt"
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

// TestEdge visits the demo: a visitor looks at the sample, its labels and the model's card, and is offered nothing that would be
// refused; a project of their own stays on the device, and works.
func TestEdge(t *testing.T) {
	p := newPerson(t, 1440, 900)
	p.open(edge(t))
	p.sees("Fashion-MNIST", time.Minute)
	p.sees("100 of 600 labelled", time.Minute)
	p.shot("80-edge-home")
	p.click("Fashion-MNIST")
	p.until("thumbnails from R2", `[...document.querySelectorAll('.grid img, .grid canvas, main img')].length > 0`, time.Minute)
	p.shot("81-edge-images")
	p.click("Auto-Label")
	p.sees("Fashion-MNIST", time.Minute)
	p.shot("82-edge-models")
	p.click("Projects")
	p.click("New project")
	p.sees("Your own projects stay on this device.", time.Minute)
	if eval[bool](p, `[...document.querySelectorAll('[role=radio]')].some(e => e.innerText.startsWith('Server') && !e.disabled)`) {
		t.Error("a visitor may choose the server for a project")
	}
	p.shot("83-edge-new")
	p.click("Cancel")
	p.click("Try “Fashion-MNIST”")
	p.until("a sample on the device", `location.pathname.startsWith("/p/d/")`, 2*time.Minute)
	p.sees("100 of 600 labelled", time.Minute)
	p.click("Label")
	for n := range 3 {
		p.press("1")
		p.sees(fmt.Sprintf("%d of 600 labelled", 101+n), time.Minute)
	}
	p.shot("84-edge-device")
}
