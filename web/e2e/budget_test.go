package e2e

import (
	"context"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
)

// colours makes a project of pictures of three colours, labelled and not labelled so many of each, and gives the class ids by name.
func (s *setup) colours(labelled, open int) (project string, classes map[string]string) {
	s.t.Helper()
	ctx := context.Background()
	p, err := s.CreateProject(ctx, domain.Project{Name: "Colours", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "red"}, {Name: "green"}, {Name: "blue"}}})
	if err != nil {
		s.t.Fatal(err)
	}
	for labels, n := range map[string][2]int{"folder": {0, labelled}, "none": {labelled, labelled + open}} {
		in, err := s.StartImport(ctx, p.ID, client.ImportOptions{Labels: labels})
		for name, c := range map[string]color.RGBA{"red": servetest.Red, "green": servetest.Green, "blue": servetest.Blue} {
			for i := n[0]; i < n[1] && err == nil; i++ {
				_, err = s.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("%s/%03d.png", name, i), nil, servetest.PNG(s.t, c, uint64(i)))
			}
		}
		if err == nil {
			_, err = s.FinishImport(ctx, p.ID, in.ID)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	classes = map[string]string{}
	for _, c := range p.Classes {
		classes[c.Name] = c.ID
	}
	return p.ID, classes
}

// TestBudgetOfErrors labels as many images as can be shown to be right but for one in twenty. Some of the labels are drawn to be
// checked; people correct ten of them, and the model's card tells that the promise does not hold here.
func TestBudgetOfErrors(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	project, classes := s.colours(60, 30)
	model := s.train(project)
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/ai")
	l.click("Apply")
	l.click("At most 1%")
	l.click("Preview")
	l.sees("Nothing can be proven yet", time.Minute)
	l.shot("90-budget-nothing")
	l.click("At most 5%")
	l.click("Preview")
	l.sees("is 95% certain", time.Minute)
	l.shot("91-budget-preview")
	l.click("Label 9")
	l.until("the proposals", `document.querySelector('.an-score')`, time.Minute)
	l.shot("92-budget-review")

	ctx := context.Background()
	check := func() domain.SpotCheck {
		t.Helper()
		m, err := s.Model(ctx, project, model)
		if err != nil || len(m.Checks) != 1 {
			t.Fatalf("%d checks, %v", len(m.Checks), err)
		}
		return m.Checks[0]
	}
	drawn := check()
	if len(drawn.Open) < 50 || drawn.Promise.Wrong > 4 {
		t.Fatalf("drawn %+v", drawn)
	}
	var answers domain.LabelRequest
	for i, id := range drawn.Open[:len(drawn.Open)-5] {
		a, err := s.Asset(ctx, project, id)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(a.Name, "/")
		if i < 10 {
			name = map[string]string{"red": "green", "green": "blue", "blue": "red"}[name]
		}
		answers.Changes = append(answers.Changes, domain.LabelChange{AssetID: id, Action: "set", Classes: []string{classes[name]}})
	}
	if _, err := s.Label(ctx, project, answers); err != nil {
		t.Fatal(err)
	}
	l.open(url + "/p/s/" + project + "/ai")
	l.click("Details")
	l.sees(fmt.Sprintf("10 of %d checked labels are wrong", len(answers.Changes)), time.Minute)
	l.sees("More than 5% of these labels are wrong", time.Minute)
	l.looksOf("93-budget-card", "Custom Auto-Label", 900)
	l.click("Check 5 labels")
	l.sees("5 to review", time.Minute)
	l.until("a proposal to check", `[...document.querySelectorAll('.an-label .tag')].some(t => t.innerText.trim() === 'Spot check')`, time.Minute)
	l.press("a")
	if c := check(); len(c.Open) > 5 || !c.Over {
		t.Errorf("at the end %+v", c)
	}
}
