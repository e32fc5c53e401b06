package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

// annotator is a person on the labelling screen of a project that was made for the test, with the API beside to see what
// has been kept.
type annotator struct {
	*person
	*client.Client
	url, project string
}

// newAnnotator makes a project of these classes and photos of hands and opens its labelling screen.
func newAnnotator(t *testing.T, width, height int, p domain.Project, photos int) *annotator {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(photosPath, "[0-9]", "*"))
	if err != nil || len(files) < photos {
		t.Skipf("the sign-digit photos are not there: %s", photosPath)
	}
	url, _ := host(t)
	transport, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	a := &annotator{newPerson(t, width, height), client.New(transport), url, ""}
	ctx := context.Background()
	made, err := a.CreateProject(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	a.project = made.ID
	in, err := a.StartImport(ctx, a.project, client.ImportOptions{Labels: "none"})
	for i, file := range files[:photos] {
		data, readErr := os.ReadFile(file)
		if readErr != nil || err != nil {
			t.Fatal(readErr, err)
		}
		_, err = a.ImportFile(ctx, a.project, in.ID, fmt.Sprintf("%02d.jpg", i), nil, data)
	}
	if err == nil {
		_, err = a.FinishImport(ctx, a.project, in.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.visit("annotate")
	return a
}

// visit opens a screen of the project.
func (a *annotator) visit(screen string) {
	a.t.Helper()
	a.open(a.url + "/p/s/" + a.project + "/" + screen)
	a.until("the screen", `document.querySelector('.an-class:not([disabled]), .an-finished, [role=gridcell] img')`, time.Minute)
}

// kept waits until what a filter selects is n images on the host.
func (a *annotator) kept(f domain.Filter, n int) {
	a.t.Helper()
	total := -1
	for deadline := time.Now().Add(10 * time.Second); total != n && time.Now().Before(deadline); {
		page, err := a.Assets(context.Background(), a.project, f, "", "", 1)
		if err != nil {
			a.t.Fatal(err)
		}
		if total = page.Total; total != n {
			time.Sleep(20 * time.Millisecond)
		}
	}
	if total != n {
		a.shot("failed")
		a.t.Errorf("%+v selects %d images on the host, want %d", f, total, n)
	}
}

func (a *annotator) shift(key string) {
	a.t.Helper()
	a.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierShift)))
}

func flagged(f domain.Flag, s ...domain.State) domain.Filter {
	return domain.Filter{Flags: []domain.Flag{f}, States: s}
}

// TestFlags marks images as unsure and bad by key, takes it back, and finds them in the grid.
func TestFlags(t *testing.T) {
	a := newAnnotator(t, 1440, 900, domain.Project{Name: "Hands", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "zero"}, {Name: "one"}}}, 8)
	a.at(1, 8)
	a.press("u") // no label, for doubt: done with
	a.at(2, 8)
	a.press("j")
	a.at(3, 8)
	a.shift("!") // a label, but in doubt
	a.at(4, 8)
	a.press("2")
	a.at(5, 8)
	a.kept(flagged(domain.FlagUnsure), 2)
	a.kept(flagged(domain.FlagUnsure, domain.StateLabelled), 1)
	a.kept(flagged(domain.FlagBad, domain.StateSkipped), 1)
	a.press("a")
	a.at(4, 8)
	a.press("u") // of a label that is there: it stays on the stage
	a.sees("Unsure", 5*time.Second)
	a.at(4, 8)
	a.shot("flags-unsure")
	a.kept(flagged(domain.FlagUnsure, domain.StateLabelled), 2)
	a.press("u")
	a.kept(flagged(domain.FlagUnsure, domain.StateLabelled), 1)
	a.press("z")
	a.kept(flagged(domain.FlagUnsure, domain.StateLabelled), 2)
	a.click("Images")
	a.click("Bad image")
	a.until("the one bad image", `document.querySelectorAll('[role=gridcell]').length === 1`, 10*time.Second)
	a.shot("flags-grid")
	eval[bool](a.person, `(document.querySelector('[role=gridcell]').focus(), true)`)
	a.press("j")
	a.kept(flagged(domain.FlagBad), 0)
	a.kept(domain.Filter{States: []domain.State{domain.StateUnlabelled}}, 5)
}

// TestComments says something about an image, answers, resolves, and finds it in the grid; what was typed outlives a look at
// another image.
func TestComments(t *testing.T) {
	a := newAnnotator(t, 1440, 900, domain.Project{Name: "Hands", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "zero"}, {Name: "one"}}}, 3)
	a.at(1, 3)
	field := func() { a.t.Helper(); a.until("the field", `document.activeElement.id === 'an-say'`, 5*time.Second) }
	a.press("c")
	field()
	a.press("Is this really a 0? 1 s")
	a.press(kb.Escape)
	a.press("d")
	a.at(2, 3)
	a.press("a")
	a.at(1, 3)
	a.until("what was typed", `document.querySelector('#an-say').value === 'Is this really a 0? 1 s'`, 5*time.Second)
	a.press("c")
	field()
	a.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	a.sees("1 open", 5*time.Second)
	a.until("an empty field", `document.querySelector('#an-say').value === ''`, 5*time.Second)
	a.kept(domain.Filter{Comments: domain.CommentsOpen}, 1)
	a.click("Reply")
	field()
	a.press("Yes.")
	a.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	a.sees("Yes.", 5*time.Second)
	a.shot("comments-thread")
	a.click("Resolve")
	a.sees("Resolved by You", 5*time.Second)
	a.kept(domain.Filter{Comments: domain.CommentsOpen}, 0)
	a.click("Open again")
	a.kept(domain.Filter{Comments: domain.CommentsOpen}, 1)
	a.press("1")
	a.at(2, 3)
	a.click("Images")
	a.click("Open comments")
	a.until("the one image", `document.querySelectorAll('[role=gridcell]').length === 1`, 10*time.Second)
	a.visit("annotate")
	a.press("a")
	a.sees("Yes.", 5*time.Second)
	a.click("Edit")
	field()
	a.press("!")
	a.click("Save")
	a.sees("edited", 5*time.Second)
	a.click("Delete")
	a.sees("Delete this comment and its answers?", 5*time.Second)
	a.shot("comments-delete")
	a.until("the button", `document.querySelector('.an-talk .danger')`, 5*time.Second)
	eval[bool](a.person, `(document.querySelector('.an-talk .danger').click(), true)`)
	a.kept(domain.Filter{Comments: domain.CommentsAny}, 0)
}
