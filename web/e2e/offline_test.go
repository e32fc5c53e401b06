package e2e

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// labelBehind labels images of a host that is stopped, or skips them where class is "", as somebody else would while a browser
// cannot reach it.
func labelBehind(t *testing.T, data, project, class string, names ...string) {
	t.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(data, "irum.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.AssetsByName(ctx, project, names)
	if err != nil || len(found) != len(names) {
		t.Fatal(found, err)
	}
	label := domain.Label{State: domain.StateSkipped}
	if class != "" {
		label = domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: class}}}
	}
	w := store.LabelWrite{Actor: "somebody else"}
	for _, a := range found {
		w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: label})
	}
	if _, err := s.WriteLabels(ctx, project, w); err != nil {
		t.Fatal(err)
	}
}

// TestChangesWaitForTheServer labels while the server is stopped and reloads the page before it is started again: all is
// there then. Where somebody else was faster both labels are shown and one is chosen.
func TestChangesWaitForTheServer(t *testing.T) {
	data := t.TempDir()
	url, stop := hostOver(t, data)
	c, project := colours(t, url)
	labels := func() map[string]string {
		page, err := c.Assets(context.Background(), project, domain.Filter{}, "", "", 100)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, a := range page.Items {
			out[a.Name] = ""
			for _, class := range a.Label.Classes {
				out[a.Name] += class.ClassID
			}
		}
		return out
	}
	p := newPerson(t, 1440, 900)
	grid := url + "/p/s/" + project + "/images?sort=name"
	p.open(grid)
	p.until("the service worker", `navigator.serviceWorker.controller`, time.Minute)
	open := func() {
		p.open(grid)
		p.until("the grid", shownNames+`.length === 16`, time.Minute)
	}
	to := func(i int) {
		p.press(kb.Home + strings.Repeat(kb.ArrowRight, i))
	}
	open()
	stop()
	to(14) // red-6 and red-7 have no label yet, blue-7 has none
	p.press("1")
	p.sees("1 change waiting", 20*time.Second)
	lift := p.hold("1", "Digit1")
	p.press(kb.ArrowRight)
	lift()
	to(7)
	p.press("1")
	p.until("the label before the server knows it", `/red/.test(document.querySelector('[data-i="7"]').getAttribute('aria-label').replace('blue-7', ''))`, 10*time.Second)
	p.press("z")
	p.until("the label taken back", `!/red/.test(document.querySelector('[data-i="7"]').getAttribute('aria-label'))`, 10*time.Second)
	p.press("2")
	p.shot("offline")
	p.open(grid) // the tab is loaded anew, without the server
	p.sees("changes waiting", time.Minute)
	p.shot("offline-reloaded")
	_, stop = hostAt(t, data, strings.TrimPrefix(url, "http://"))
	p.sees("All waiting changes are saved", time.Minute)
	if got := labels(); got["red-6.png"] != "red" || got["red-7.png"] != "red" || got["blue-7.png"] != "blue" {
		t.Errorf("after the server is back the labels are %v", got)
	}

	open()
	stop()
	to(14)
	p.press("2")
	to(15)
	p.press("2")
	to(0)
	p.press("1")
	p.sees("3 changes waiting", 20*time.Second)
	labelBehind(t, data, project, "blue", "blue-0.png") // says the same as before: in nobody's way
	labelBehind(t, data, project, "red", "blue-7.png")
	labelBehind(t, data, project, "blue", "red-5.png")
	labelBehind(t, data, project, "", "red-6.png", "red-7.png")
	_, stop = hostAt(t, data, strings.TrimPrefix(url, "http://"))
	defer stop()
	p.sees("2 conflicts to decide", time.Minute)
	p.click("2 conflicts to decide")
	p.sees("somebody else changed these labels", 10*time.Second)
	p.shot("conflicts")
	eval[bool](p, `([...document.querySelectorAll('.conflicts li')].find(e => e.innerText.includes('red-6')).querySelector('button').click(), true)`) // mine
	p.sees("1 conflict to decide", 20*time.Second)
	p.click("Keep theirs")
	p.sees("All waiting changes are saved", time.Minute)
	if got := labels(); got["red-6.png"] != "blue" || got["red-7.png"] != "" || got["blue-0.png"] != "red" || got["blue-7.png"] != "red" || got["red-5.png"] != "blue" {
		t.Errorf("after the choice the labels are %v", got)
	}
	p.until("the grid shows theirs", `/Skipped/.test(document.querySelector('[data-i="15"]')?.getAttribute('aria-label'))`, 20*time.Second)
}
