package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

const axePath = "../node_modules/axe-core/axe.min.js"

// axeRun checks what is open in the page by every rule of WCAG 2.2, levels A and AA, and gives what breaks one.
const axeRun = `axe.run(document, {
  runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']},
  rules: {'target-size': {enabled: true}}, resultTypes: ['violations'], preload: false, elementRef: false
}).then(r => r.violations.map(v => ({rule: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html.slice(0, 300), why: n.failureSummary}))})))`

type finding struct {
	Rule, Help string
	Nodes      []struct{ HTML, Why string }
}

// axeTour holds the projects that the tour goes through.
type axeTour struct {
	*person
	url, single, multi, boxes, empty, dirty, model string
	found                                          string // boxes, with a model that finds them
	bad                                            string // a folder with files that cannot be taken
	runs                                           int
}

// stop is one thing to look at: how to get there from a fresh page at path, and what tells that it is there.
type stop struct {
	name, path string
	steps      []string // CSS selectors to press one after another; "key:x" presses a key; "drop" drops the bad folder
	there      string   // CSS selector
}

func (a *axeTour) stops() []stop {
	p := func(id, screen string) string { return "/p/s/" + id + "/" + screen }
	return []stop{
		{"home", "/", nil, ".project-card a"},
		{"new project", "/", []string{".button.primary"}, "dialog #new-name"},
		{"keys of all screens", "/", []string{"key:?"}, "dialog .an-key"},
		{"images, none", p(a.empty, "images"), nil, ".drop-here"},
		{"import report", p(a.dirty, "images"), []string{"drop", "dialog footer .button.primary"}, ".report-lines"},
		{"images", p(a.single, "images"), nil, "[role=gridcell] img"},
		{"images, selected", p(a.single, "images"), []string{"[role=gridcell] .tick"}, ".status.selected"},
		{"images, filter", p(a.single, "images") + "?state=auto", []string{".filters .menu-root > .button"}, ".menu.floating"},
		{"images, nothing found", p(a.single, "images") + "?text=nothing", nil, ".empty"},
		{"images, keys", p(a.single, "images"), []string{"key:?"}, "dialog .an-key"},
		{"images, similar", p(a.single, "images"), []string{"key:l"}, ".like-chip"},
		{"images, no such order", p(a.empty, "images") + "?sort=disagreement&text=x", nil, ".empty"},
		{"images, save filter", p(a.single, "images") + "?state=auto", []string{".menu-root > .saved", ".menu.floating button"}, "#filter-name"},
		{"images, delete", p(a.single, "images"), []string{"delete"}, "dialog .button.danger"},
		{"label", p(a.single, "annotate"), nil, ".an-class"},
		{"label, a suggestion", p(a.single, "annotate"), nil, ".an-ghost.best"},
		{"label, find a class", p(a.single, "annotate"), []string{"key:/"}, "#an-options"},
		{"label, brightness and contrast", p(a.single, "annotate"), []string{".an-tools .menu-root > .button"}, "#an-contrast"},
		{"label, comment", p(a.single, "annotate"), []string{"key:c"}, "#an-say"},
		{"label, several classes", p(a.multi, "annotate"), nil, ".an-class"},
		{"label, boxes", p(a.boxes, "annotate"), nil, ".an-file"},
		{"label, suggested boxes", p(a.found, "annotate"), []string{"key:e"}, ".an-ghost-tools"},
		{"review", p(a.single, "review"), nil, ".an-score"},
		{"review, finished", p(a.multi, "review"), nil, ".empty, .an-finished"},
		{"images to check", p(a.single, "check") + "?issue=narrow", nil, "#check-limit"},
		{"images to check, near-duplicates", p(a.single, "check") + "?issue=duplicate", nil, "#check-limit"},
		{"images to check, none", p(a.empty, "check"), nil, ".check .empty"},
		{"clusters", p(a.single, "clusters"), nil, ".page.clusters .card"},
		{"exports, none", p(a.empty, "exports"), nil, ".empty"},
		{"exports", p(a.single, "exports"), nil, ".export"},
		{"new export", p(a.single, "exports"), []string{".page-head .button"}, "#export-name"},
		{"download", p(a.single, "exports"), []string{".export .menu-root > .button", ".export .items button:nth-of-type(2)"}, ".losses"},
		{"training", p(a.single, "exports"), []string{".export .button.primary"}, ".bill"},
		{"models, none", p(a.empty, "ai"), nil, ".empty"},
		{"models", p(a.single, "ai"), nil, ".model, .card"},
		{"model card", p(a.single, "ai"), []string{".model .actions [aria-expanded=false]"}, "table.confusion"},
		{"training, boxes", p(a.found, "exports"), []string{".export .button.primary"}, ".bill"},
		{"model card, boxes", p(a.found, "ai"), []string{".model .actions [aria-expanded=false]"}, ".pr-class"},
		{"apply, boxes", p(a.found, "ai"), []string{".model .actions .button.primary"}, "#apply-min"},
		{"probable label errors", p(a.single, "suspects"), nil, ".su-desk"},
		{"probable label errors, no model", p(a.empty, "suspects"), nil, ".suspects .empty"},
		{"analytics", p(a.single, "analytics"), nil, ".plot-area svg"},
		{"analytics, no images", p(a.empty, "analytics"), nil, ".analytics .empty"},
		{"settings", p(a.single, "settings"), nil, ".key-row"},
		{"settings, waiting for a key", p(a.single, "settings"), []string{"#key-skip"}, "#key-wait"},
		{"settings, key in use", p(a.single, "settings"), []string{"#key-skip", "focus:#key-wait", "key:r"}, "#key-take"},
		{"settings, delete", p(a.single, "settings"), []string{".settings .button.danger"}, "#delete-name"},
		{"no such page", "/p/x", nil, ".empty"},
		{"no such project", p("none", "images"), nil, ".notice.error"},
	}
}

// prepare fills the host with the projects.
func (a *axeTour) prepare() {
	t := a.t
	t.Helper()
	transport, err := httpclient.New(a.url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, c := context.Background(), client.New(transport)
	project := func(name string, task domain.Task, classes ...string) string {
		p := domain.Project{Name: name, Task: task}
		for i, class := range classes {
			p.Classes = append(p.Classes, domain.Class{Name: class, Color: []string{"#2a9d8f", "#e76f51", "#f4a261"}[i%3]})
		}
		made, err := c.CreateProject(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return made.ID
	}
	add := func(project, labels string, files map[string]string) {
		in, err := c.StartImport(ctx, project, client.ImportOptions{Labels: labels})
		for path, file := range files {
			data, readErr := os.ReadFile(file)
			if readErr != nil || err != nil {
				t.Fatal(readErr, err)
			}
			_, err = c.ImportFile(ctx, project, in.ID, path, nil, data)
		}
		if err == nil {
			_, err = c.FinishImport(ctx, project, in.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a.empty, a.dirty = project("Nothing yet", domain.TaskSingle), project("What came by mistake", domain.TaskSingle)
	a.single = project("Hand signs", domain.TaskSingle, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A class with a long name", "Another class with a name that is far too long to be shown in one line of the panel")
	files := map[string]string{}
	for digit := range 3 {
		found, _ := filepath.Glob(filepath.Join(photosPath, fmt.Sprint(digit), "*"))
		if len(found) < 14 {
			t.Skipf("the sign-digit photos are not there: %s", photosPath)
		}
		for i, file := range found[:14] {
			name := fmt.Sprintf("rest/%d-%02d.jpg", digit, i)
			if i < 10 {
				name = fmt.Sprintf("%d/%02d.jpg", digit, i)
			}
			if i == 0 { // under a wrong label, to be doubted
				name = fmt.Sprintf("%d/%d-00.jpg", (digit+1)%3, digit)
			}
			files[name] = file
		}
	}
	labelled, rest, late := map[string]string{}, map[string]string{}, map[string]string{}
	for name, file := range files {
		switch {
		case strings.HasPrefix(name, "rest/0-13"):
			late[name] = file
		case strings.HasPrefix(name, "rest"):
			rest[name] = file
		default:
			labelled[name] = file
		}
	}
	add(a.single, "folder", labelled)
	add(a.single, "none", rest)
	blood := cells(t, 4, 2)
	a.multi, a.boxes = project("Blood, by image", domain.TaskMulti), project("Blood, by cell", domain.TaskBoxes)
	add(a.multi, "auto", map[string]string{"blood.zip": blood})
	add(a.boxes, "auto", map[string]string{"blood.zip": blood})
	a.bad = badFolder(t)
	wait := func(j domain.Job, err error) domain.Job {
		for deadline := time.Now().Add(3 * time.Minute); err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning); {
			if time.Now().After(deadline) {
				t.Fatalf("the job is %+v", j)
			}
			time.Sleep(100 * time.Millisecond)
			j, err = c.Job(ctx, j.ID)
		}
		if err != nil || j.State != domain.JobDone {
			t.Fatalf("the job is %+v, %v", j, err)
		}
		return j
	}
	export, err := c.CreateExport(ctx, a.single, "First labels", domain.Filter{States: []domain.State{domain.StateLabelled}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a.model = wait(c.Train(ctx, a.single, domain.TrainRequest{ExportID: export.ID})).ModelID
	}
	a.found = (&setup{t, c}).blood(8, 6)
	small, err := c.AddBackbone(ctx, "Small", "", nil, smallBackbone())
	if err != nil {
		t.Fatal(err)
	}
	exports, err := c.Exports(ctx, a.found)
	if err != nil {
		t.Fatal(err)
	}
	wait(c.Train(ctx, a.found, domain.TrainRequest{ExportID: exports[0].ID, Backbone: small.ID}))
	wait(c.Apply(ctx, a.single, a.model, domain.ApplyRequest{}))
	add(a.single, "none", late)
}

// look goes to a stop.
func (a *axeTour) look(s stop) {
	a.t.Helper()
	a.open(a.url + s.path)
	a.until("the page", `!document.getElementById('boot') && !document.querySelector('.loading')`, 30*time.Second)
	for _, step := range s.steps {
		switch {
		case step == "drop":
			a.until("the place to drop on", `document.querySelector('.drop-here, [role=gridcell] img')`, 30*time.Second)
			a.drop("#main", []string{a.bad})
		case strings.HasPrefix(step, "focus:"):
			a.until(step, fmt.Sprintf(`(e => e && e === document.activeElement)(document.querySelector(%q))`, strings.TrimPrefix(step, "focus:")), 10*time.Second)
		case step == "delete":
			a.until("the grid", `document.querySelector('[role=gridcell] img')`, 30*time.Second)
			a.do(chromedp.KeyEvent(kb.Delete, chromedp.KeyModifiers(chromedp.ModifierShift)))
		case strings.HasPrefix(step, "key:"):
			a.until("the screen", `document.querySelector(document.querySelector('.an') ? '.an-file' : '[role=gridcell] img, .key-row, .project-card a')`, 30*time.Second)
			a.pressFor(strings.TrimPrefix(step, "key:"), s.there)
		default:
			a.until(step, fmt.Sprintf(`(e => e && !e.disabled)(document.querySelector(%q))`, step), 30*time.Second)
			eval[bool](a.person, fmt.Sprintf(`(document.querySelector(%q).click(), true)`, step))
		}
	}
	a.until(s.name, fmt.Sprintf(`document.querySelector(%q)`, s.there), 30*time.Second)
	a.until("nothing to move", `document.getAnimations().every(a => a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity)`, 10*time.Second)
}

// pressFor presses a key, and once more where a busy machine has let it get lost, until there is what it opens.
func (a *axeTour) pressFor(key, there string) {
	a.t.Helper()
	for range 3 {
		a.press(key)
		for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); time.Sleep(60 * time.Millisecond) {
			if eval[bool](a.person, fmt.Sprintf(`!!document.querySelector(%q)`, there)) {
				return
			}
		}
	}
}

func (a *axeTour) check(where string) {
	a.t.Helper()
	a.runs++
	ctx, cancel := context.WithTimeout(a.ctx, time.Minute)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		a.t.Fatalf("%s: %v", where, err)
	}
	for _, f := range found {
		for _, n := range f.Nodes[:min(len(f.Nodes), 4)] {
			a.t.Errorf("%s: %s (%s), %d times: %s\n%s", where, f.Rule, f.Help, len(f.Nodes), n.HTML, n.Why)
		}
	}
}

// TestNoScreenBreaksWCAG looks at every screen in both themes and both languages with axe-core, wide and
// narrow.
func TestNoScreenBreaksWCAG(t *testing.T) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		t.Skipf("axe-core is not there; `make npm` installs it: %v", err)
	}
	url, _ := host(t)
	a := &axeTour{person: newPerson(t, 1440, 900), url: url}
	a.prepare()
	a.do(call(cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)}))
	a.open(url)
	a.sees("New project", time.Minute)
	start := time.Now()
	for _, look := range []struct {
		language string
		width    int64
	}{{"en", 1440}, {"ko", 390}} {
		eval[bool](a.person, fmt.Sprintf(`(localStorage.setItem('language', JSON.stringify(%q)), localStorage.setItem('theme', '"light"'), true)`, look.language))
		a.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: look.width, Height: 900, DeviceScaleFactor: 1}))
		for _, s := range a.stops() {
			a.look(s)
			for _, theme := range []string{"light", "dark"} {
				eval[bool](a.person, fmt.Sprintf(`(document.documentElement.dataset.theme = %q, true)`, theme))
				a.check(fmt.Sprintf("%s, %s, %s, %d wide", s.name, look.language, theme, look.width))
				a.shot(fmt.Sprintf("axe-%s-%s-%s", strings.ReplaceAll(s.name, " ", "-"), look.language, theme))
			}
		}
	}
	t.Logf("%d looks in %s", a.runs, time.Since(start).Round(time.Second))
}
