package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

// manyProject makes a project of any number of classes an image, with photos of two signs. All but the last six are labelled,
// each with the class of its sign.
func manyProject(t *testing.T, url string) (*client.Client, string) {
	t.Helper()
	transport, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, c := context.Background(), client.New(transport)
	p, err := c.CreateProject(ctx, domain.Project{Name: "Hands", Task: domain.TaskMulti, Classes: []domain.Class{
		{ID: "fist", Name: "Fist"}, {ID: "open", Name: "Open hand"}, {ID: "late", Name: "Evening"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.StartImport(ctx, p.ID, client.ImportOptions{Labels: "none"})
	for digit, class := range map[string]string{"0": "fist", "5": "open"} {
		files, _ := filepath.Glob(filepath.Join(photosPath, digit, "*"))
		if len(files) < 20 {
			t.Skipf("the sign-digit photos are not there: %s", photosPath)
		}
		for i, file := range files[:20] {
			data, readErr := os.ReadFile(file)
			if readErr != nil || err != nil {
				t.Fatal(readErr, err)
			}
			_, err = c.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("%02d-%s.jpg", i, class), nil, data)
		}
	}
	if err == nil {
		_, err = c.FinishImport(ctx, p.ID, in.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.Assets(ctx, p.ID, domain.Filter{}, domain.SortName, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var r domain.LabelRequest
	for _, a := range page.Items[:34] {
		r.Changes = append(r.Changes, domain.LabelChange{AssetID: a.ID, Action: "set", Classes: []string{a.Name[3 : len(a.Name)-4]}})
	}
	if _, err := c.Label(ctx, p.ID, r); err != nil {
		t.Fatal(err)
	}
	return c, p.ID
}

// TestSuggestionsOfManyClasses: Enter takes all that is suggested, a key adds to it, and a project can do without.
func TestSuggestionsOfManyClasses(t *testing.T) {
	url, _ := host(t)
	c, project := manyProject(t, url)
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/annotate?sort=name")
	l.until("a suggestion", ghost+` !== ''`, 2*time.Minute)
	l.sees("Accept suggestion", 10*time.Second)
	l.shot("suggest-04-many")
	name := l.at()
	said := eval[string](l.person, ghost)
	l.goes(name, kb.Enter)
	l.sees("All changes saved", time.Minute)
	labelOf := func(name string) domain.Label {
		t.Helper()
		page, err := c.Assets(t.Context(), project, domain.Filter{Text: name}, "", "", 0)
		if err != nil || len(page.Items) != 1 {
			t.Fatal(page.Items, err)
		}
		return page.Items[0].Label
	}
	class := map[string]string{"Fist": "fist", "Open hand": "open"}[said]
	if got := labelOf(name); got.State != domain.StateLabelled || len(got.Classes) != 1 || got.Classes[0].ClassID != class || got.Suggested == nil {
		t.Errorf("%q was accepted, the label is %+v", said, got)
	}

	// A key goes on from what is suggested.
	name = l.at()
	l.until("a suggestion", ghost+` !== ''`, time.Minute)
	said = eval[string](l.person, ghost)
	l.press("3")
	l.until("two classes ticked", `document.querySelectorAll('.an-class[aria-pressed=true]').length === 2`, 10*time.Second)
	l.until("no ghost any more", ghost+` === ''`, 10*time.Second)
	l.shot("suggest-05-added")
	l.goes(name, kb.Enter)
	l.sees("All changes saved", time.Minute)
	if got := labelOf(name); len(got.Classes) != 2 || got.Suggested != nil {
		t.Errorf("%q and another class: %+v", said, got)
	}

	l.click("Settings")
	l.click("Suggest classes in this project")
	l.sees("Suggestions while labelling", time.Minute)
	l.shot("suggest-06-settings")
	l.until("the switch kept", `!document.querySelector('.settings input[type=checkbox]').disabled && !document.querySelector('.settings input[type=checkbox]').checked`, 10*time.Second)
	l.click("Label")
	l.until("an image", `document.querySelector('.an-file')`, time.Minute)
	l.until("no suggestions here", `document.querySelector('.an-suggest') === null || document.querySelector('.an-suggest').offsetParent === null`, time.Minute)
	if on, err := c.Suggests(t.Context(), project); err != nil || on {
		t.Errorf("suggestions are on: %v, %v", on, err)
	}
}
