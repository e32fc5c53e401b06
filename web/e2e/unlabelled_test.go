package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// countKeys counts the keys that come down in the page.
const countKeys = `window.keysDown = 0; addEventListener('keydown', () => window.keysDown++, true)`

// namer is a person with 600 photos and no labels, who names groups until a model can do the rest, by keys alone.
type namer struct {
	*typist
	truth map[string]string
	keys  map[string]string // of classes, by name
}

// keysDown is how many keys came down in the page so far.
func (n *namer) keysDown() int { return eval[int](n.person, `keysDown`) }

// begin makes a project on the server with classes, or without, and puts the photos into it.
func (n *namer) begin(url, dir, classes string) {
	n.t.Helper()
	n.do(call(cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: countKeys}))
	n.open(url)
	n.sees("New project", time.Minute)
	n.enter("New project")
	n.until("the name's field", `document.activeElement.id === 'new-name'`, 10*time.Second)
	n.press("Hand signs")
	n.to("Server")
	n.press(" ")
	if classes != "" {
		n.to("Classes")
		n.press(classes)
	}
	n.enter("Create project")
	n.sees("Drop images here", time.Minute)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		n.t.Fatal(err)
	}
	n.enter("Choose images…")
	select {
	case e := <-n.files:
		n.do(call(dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, BackendNodeID: e.BackendNodeID}))
	case <-time.After(10 * time.Second):
		n.t.Fatal("Enter opens no file chooser")
	}
	n.sees(fmt.Sprintf("%d images added", len(files)), 2*time.Minute)
	n.enter("Dismiss")
}

// seenRow is the group that has the keyboard, as a person sees it: the names of its images and which of them are ticked.
type seenRow struct {
	ID       string
	Names    []string
	On       []bool
	Outliers int // of Names, the last
	Passed   bool
}

const currentRow = `(() => {
  const row = document.querySelector('.cluster.current'), thumbs = [...row.querySelectorAll('.cluster-thumb')];
  return {ID: row.id, Names: thumbs.map(e => e.title.split(/[ ,]/)[0].split('/').pop()), On: thumbs.map(e => e.getAttribute('aria-checked') === 'true'),
    Outliers: row.querySelectorAll('.cluster-outliers .cluster-thumb').length, Passed: row.classList.contains('done')};
})()`

// look waits until the names of the current group are there.
func (n *namer) look() seenRow {
	n.t.Helper()
	var row seenRow
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		row = eval[seenRow](n.person, currentRow)
		if !slices.Contains(row.Names, "") {
			return row
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("the images of %s have no names", row.ID)
		}
	}
}

// name gives a class to what is ticked: by its key, or, the first time, by its name.
func (n *namer) name(class string) {
	n.t.Helper()
	if key := n.keys[class]; key != "" {
		n.press(key)
		return
	}
	n.press("n")
	n.until("the class's field", `document.activeElement.id === 'class-name'`, 10*time.Second)
	eval[bool](n.person, `(document.activeElement.select(), true)`) // a real key does not write what a script's still does
	n.press(class + kb.Enter)
	n.until("the class", fmt.Sprintf(`!document.querySelector('dialog[open]') && [...document.querySelectorAll('.cluster-classes .chip')].some(b => b.querySelector('.class-name').innerText.trim() === %q && b.querySelector('kbd'))`, class), 30*time.Second)
	n.keys[class] = eval[string](n.person, fmt.Sprintf(`[...document.querySelectorAll('.cluster-classes .chip')].find(b => b.querySelector('.class-name').innerText.trim() === %q).querySelector('kbd').innerText.trim()`, class))
}

// group does with the current group what a person would: names it whole where it shows one sign, without the one that is another, or
// names its most typical image alone.
func (n *namer) group() {
	n.t.Helper()
	row := n.look()
	first := n.truth[row.Names[0]]
	members, whole := row.Names[:len(row.Names)-row.Outliers], true
	var odd []int
	for i, name := range members {
		whole = whole && row.On[i]
		if n.truth[name] != first {
			odd = append(odd, i)
		}
	}
	switch {
	case len(odd) == 0 && !whole && len(members) > 1, len(odd) > 1 && whole, len(odd) == 1 && whole && len(members) < 4:
		n.press("v")
	case len(odd) == 1 && whole:
		n.press(strings.Repeat(kb.ArrowRight, odd[0]+1) + " ")
	}
	n.name(first)
	n.until("another group", fmt.Sprintf(`document.activeElement.id === 'cluster-rest' || document.querySelector('.cluster.current').id !== %q`, row.ID), 30*time.Second)
}

// round names all groups, and tells how it went.
func (n *namer) round(what string) {
	n.t.Helper()
	before := n.keysDown()
	groups := eval[int](n.person, `document.querySelectorAll('.cluster').length`)
	for range groups + 1 {
		n.group()
		if eval[bool](n.person, `document.activeElement.id === 'cluster-rest'`) {
			break
		}
	}
	n.until("all labels sent", `!document.querySelector('.cluster:not(.done)')`, time.Minute)
	got := n.labels()
	n.t.Logf("%s: %d groups, %d keys, then %d images are labelled by hand, %.1f %% of them right", what, groups, n.keysDown()-before, got.given, 100*got.rightGiven())
}

// standing is what the labels of all images are worth.
type standing struct{ given, givenRight, auto, autoRight int }

func (s standing) rightGiven() float64 { return float64(s.givenRight) / float64(max(s.given, 1)) }

func (s standing) right(all int) float64 { return float64(s.givenRight+s.autoRight) / float64(all) }

// allLabels reads the label of every image from the server: name, state, class.
const allLabels = `(async () => {
  const id = location.pathname.split('/')[3], project = await (await fetch('/api/projects/' + id)).json(), names = {}, out = [];
  for (const c of project.classes) names[c.id] = c.name;
  for (let cursor = ''; ;) {
    const page = await (await fetch('/api/projects/' + id + '/assets?limit=200&cursor=' + encodeURIComponent(cursor))).json();
    for (const a of page.items) out.push([a.name.split('/').pop(), a.label.state, names[((a.label.classes || [])[0] || {}).class] || '']);
    if (!page.next_cursor) return out;
    cursor = page.next_cursor;
  }
})()`

func (n *namer) labels() (out standing) {
	n.t.Helper()
	n.until("all that was sent", `!document.querySelector('.toast .spinner')`, time.Minute)
	ctx, cancel := context.WithTimeout(n.ctx, time.Minute)
	defer cancel()
	rows, err := chromedp.Run(ctx, chromedp.Evaluate[[][]string](allLabels, chromedp.EvalAwaitPromise))
	if err != nil || len(rows) != len(n.truth) {
		n.t.Fatalf("%d of %d labels read: %v", len(rows), len(n.truth), err)
	}
	for _, row := range rows {
		right := 0
		if row[2] == n.truth[row[0]] {
			right = 1
		}
		switch row[1] {
		case "labelled":
			out.given, out.givenRight = out.given+1, out.givenRight+right
		case "auto":
			out.auto, out.autoRight = out.auto+1, out.autoRight+right
		}
	}
	return out
}

// regroup groups what is left again, by what has been named.
func (n *namer) regroup() {
	n.t.Helper()
	first := n.look().Names
	n.press("r")
	n.until("new groups", fmt.Sprintf(`document.querySelector('.cluster') && !document.querySelector('.cluster.done') && document.activeElement.id === 'cluster-0' && %s.Names.join() !== %q`, currentRow, strings.Join(first, ",")), 2*time.Minute)
	n.sees("Learnt from your labels", 10*time.Second)
}

// finish trains from an export and lets the model label the rest.
func (n *namer) finish() standing {
	n.t.Helper()
	n.enter("Label Exports")
	n.enter("New export")
	n.until("the name's field", `document.activeElement.id === 'export-name'`, 10*time.Second)
	n.press("Named" + kb.Enter)
	n.enter("Create Custom Auto-Label AI")
	n.until("what it costs", `document.querySelector('.bill') && document.activeElement.id === 'model-name'`, time.Minute)
	n.press(kb.Enter)
	n.sees("Confusion matrix", 2*time.Minute)
	n.enter("Apply")
	n.to("Smallest confidence")
	n.press(kb.Home)
	n.enter("Preview")
	n.until("the preview's end", `[...document.querySelectorAll('dialog[open] button')].some(b => /^Label \d+ images?$/.test(b.innerText.trim()) && !b.disabled)`, time.Minute)
	n.enter(eval[string](n.person, `[...document.querySelectorAll('dialog[open] button')].find(b => /^Label \d+ images?$/.test(b.innerText.trim())).innerText.trim()`))
	n.sees("auto-labelled", time.Minute)
	return n.labels()
}

func newNamer(t *testing.T) (*namer, string) {
	dir, truth := photos(t)
	return &namer{newTypist(t), truth, map[string]string{}}, dir
}

// TestFromNothingToAModel begins with 600 photos without a label and ends with a model that has labelled what people have not, by keys
// alone, and counts them.
func TestFromNothingToAModel(t *testing.T) {
	n, dir := newNamer(t)
	url, _ := host(t)
	start := time.Now()
	n.begin(url, dir, "")
	before := n.keysDown()
	n.enter("Clusters")
	n.sees("How should the images be grouped?", time.Minute)
	n.enter("Group 600 unlabelled images")
	n.until("the first group", `document.activeElement.id === 'cluster-0'`, 90*time.Second)
	n.shot("40-groups")
	n.round("small groups")
	n.shot("41-groups-named")
	for k := range 2 {
		n.regroup()
		n.shot(fmt.Sprint("42-groups-again-", k+1))
		n.round(fmt.Sprint("what is left, again ", k+1))
	}
	naming := n.keysDown() - before
	hand := n.labels()
	all := n.finish()
	n.shot("43-applied")
	t.Logf("%d labels by %d keys, where labelling one by one takes %d; training and applying took %d more keys", hand.given, naming, hand.given, n.keysDown()-before-naming)
	t.Logf("%.1f %% of what was named is right, %.1f %% of the %d that the model labelled, %.1f %% of all 600; %s from the first page",
		100*hand.rightGiven(), 100*float64(all.autoRight)/float64(max(all.auto, 1)), all.auto, 100*all.right(600), time.Since(start).Round(time.Second))
	if pointers := eval[int](n.person, `pointers`); pointers != 0 {
		t.Errorf("%d events of a pointer", pointers)
	}
	if 2*hand.given < 3*naming || hand.rightGiven() < 0.95 || all.right(600) < 0.8 || all.given+all.auto != 600 {
		t.Errorf("%d keys gave %d labels, %.3f of them right, and a model with which %.3f are: %+v", naming, hand.given, hand.rightGiven(), all.right(600), all)
	}
}

// TestMeasureFromNothing compares numbers of groups, and labelling one by one with as many keys: IRUM_MEASURE=1 go test ./web/e2e -run MeasureFromNothing -v.
func TestMeasureFromNothing(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("IRUM_MEASURE is not set")
	}
	var spent []int
	for _, groups := range []int{10, 30, 60} {
		t.Run(fmt.Sprint(groups, " groups"), func(t *testing.T) {
			n, dir := newNamer(t)
			url, _ := host(t)
			n.begin(url, dir, "")
			before := n.keysDown()
			n.enter("Clusters")
			n.sees("How should the images be grouped?", time.Minute)
			n.enter("Choose")
			n.to("How many groups")
			n.press(fmt.Sprint(groups))
			n.enter("Group 600 unlabelled images")
			n.until("the first group", `document.activeElement.id === 'cluster-0'`, 90*time.Second)
			n.round("first")
			for k := range 2 {
				n.regroup()
				n.round(fmt.Sprint("again ", k+1))
			}
			naming, hand := n.keysDown()-before, n.labels()
			all := n.finish()
			spent = append(spent, naming)
			t.Logf("%d groups: %d keys, %d labels, %.1f %% of them right; with the model's %.1f %% of 600", groups, naming, hand.given, 100*hand.rightGiven(), 100*all.right(600))
		})
	}
	sort.Ints(spent)
	for _, keys := range slices.Compact(spent) {
		t.Run(fmt.Sprint(keys, " one by one"), func(t *testing.T) { oneByOne(t, keys) })
	}
}

// oneByOne labels as many images as there are keys, in the order in which they were added, and lets a model do the rest.
func oneByOne(t *testing.T, keys int) {
	n, dir := newNamer(t)
	url, _ := host(t)
	n.begin(url, dir, strings.Join(strings.Split("0123456789", ""), kb.Enter))
	n.enter("Label")
	n.until("the first image", `document.querySelector('.an-file') && document.activeElement.id === 'main'`, time.Minute)
	l := &loop{person: n.person}
	for range keys {
		name := l.at()
		l.goes(name, n.truth[name])
	}
	n.sees("All changes saved", time.Minute)
	hand, all := n.labels(), n.finish()
	t.Logf("%d keys, %d labels; with the model's %.1f %% of 600", keys, hand.given, 100*all.right(600))
}
