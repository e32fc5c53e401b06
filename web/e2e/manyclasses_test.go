package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/domain"
)

// TestSettingsOfManyClasses: of a thousand classes the settings list a hundred, and more when they are asked for; what
// somebody is at work on is listed always.
func TestSettingsOfManyClasses(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	in := domain.Project{Name: "Thousand", Task: domain.TaskSingle}
	for i := range 1000 {
		in.Classes = append(in.Classes, domain.Class{Name: fmt.Sprintf("species %d", i)})
	}
	project, err := s.CreateProject(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, 1440, 900)
	p.open(url + "/p/s/" + project.ID + "/settings")
	rows := func(n int) {
		t.Helper()
		p.until(fmt.Sprint(n, " classes"), fmt.Sprintf(`document.querySelectorAll('.class-row').length === %d`, n), 30*time.Second)
	}
	rows(100)
	p.shot("many-classes")

	p.click("Add class") // it stands below the others, with the focus in its name
	rows(101)
	p.until("the new name's field with the focus", `document.activeElement.id === 'class-1000-name'`, 10*time.Second)
	p.do(call(input.InsertText, input.InsertTextParams{Text: "species 7"}))
	p.sees("Show more: 900 classes left", 10*time.Second)
	p.do(call(input.InsertText, input.InsertTextParams{Text: "777"}))
	p.click("Save")
	p.sees("Saved", 20*time.Second)
	rows(100)

	p.click("Show more: 901 classes left")
	rows(400)
	eval[bool](p, `(document.getElementById('class-399-grip').focus(), true)`)
	p.press(kb.ArrowRight) // under the one before it
	p.until("a nested class", `document.getElementById('class-399-name').closest('.class-row').matches('.deep1')`, 10*time.Second)
	p.click("Show more: 601 classes left")
	rows(700)
	if name := eval[string](p, `document.getElementById('class-699-name').value`); name != "species 699" {
		t.Errorf("the class of place 700 is %q", name)
	}
}
