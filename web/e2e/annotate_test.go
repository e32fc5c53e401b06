package e2e

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
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

// lay is where the image lies on the screen: left and top, and screen pixels per pixel of the image.
func (a *annotator) lay() (x, y, scale float64) { return drawer{a.person}.place() }

// TestLooking zooms, pans and changes brightness and contrast, where whole images are labelled and where boxes are drawn.
func TestLooking(t *testing.T) {
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskBoxes} {
		t.Run(string(task), func(t *testing.T) {
			a := newAnnotator(t, 1440, 900, domain.Project{Name: "Hands", Task: task, Classes: []domain.Class{{Name: "hand"}}}, 3)
			a.until("the image", `document.querySelector('.an-layer.top img')`, 10*time.Second)
			same := func(what string, got, want float64) {
				t.Helper()
				if math.Abs(got-want) > 1 {
					t.Errorf("%s: %.1f, want %.1f", what, got, want)
				}
			}
			x, y, fitted := a.lay()
			px, py := 500.0, 400.0
			ix, iy := (px-x)/fitted, (py-y)/fitted
			under := func(what string, more bool) {
				t.Helper()
				x, y, k := a.lay()
				same(what+", across", x+ix*k, px)
				same(what+", down", y+iy*k, py)
				if more != (k > fitted) {
					t.Errorf("%s: the scale is %g, was %g", what, k, fitted)
				}
			}
			a.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: px, Y: py}))
			for range 5 {
				a.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseWheel", X: px, Y: py, DeltaX: 0.01, DeltaY: -100}))
			}
			a.until("another scale", fmt.Sprintf(`document.querySelector('.an-layer.top').getBoundingClientRect().width > %g`, 100*fitted*1.5), 5*time.Second)
			under("by the wheel", true)
			a.press("+")
			under("by a key", true)
			a.shift("G")
			if _, _, k := a.lay(); math.Abs(k-1) > 1e-3 {
				t.Errorf("full size is %g", k)
			}
			a.press("g")
			under("the whole image again", false)
			a.press("++++++")
			x0, _, _ := a.lay()
			a.do(chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierShift)))
			if x1, _, _ := a.lay(); x1 >= x0 {
				t.Errorf("moved to the right by a key, the image lies at %g, was %g", x1, x0)
			}
			if task == domain.TaskSingle {
				x0, y0, _ := a.lay()
				d := drawer{a.person}
				d.mouse("mousePressed", px, py, 1)
				d.mouse("mouseMoved", px+30, py+10, 1)
				d.mouse("mouseMoved", px+60, py+20, 1)
				d.mouse("mouseReleased", px+60, py+20, 0)
				x1, y1, _ := a.lay()
				same("dragged across", x1, x0+60)
				same("dragged down", y1, y0+20)
			}
			filter := func(want string) {
				t.Helper()
				a.until("the filter "+want, fmt.Sprintf(`getComputedStyle(document.querySelector('.an-layer.top img')).filter === %q`, want), 5*time.Second)
			}
			filter("none")
			a.press("]]}")
			filter("brightness(1.2) contrast(1.1)")
			a.press("d") // the next image is seen the same way, and so after a reload
			a.at(2, 3)
			filter("brightness(1.2) contrast(1.1)")
			a.do(chromedp.Reload())
			a.until("the image", `document.querySelector('.an-layer.top img')`, 30*time.Second)
			filter("brightness(1.2) contrast(1.1)")
			a.click("Brightness and contrast")
			a.sees("120%", 5*time.Second)
			a.shot("tone-" + string(task))
			a.click("As it is")
			filter("none")
		})
	}
}

// TestManyClasses finds classes among a thousand by what is typed, in Hangul by initial consonants, and copies a label.
func TestManyClasses(t *testing.T) {
	classes := []domain.Class{{Name: "고양이"}, {Name: "골든 리트리버"}, {Name: "German shepherd"}}
	for i := range 997 {
		classes = append(classes, domain.Class{Name: fmt.Sprintf("종 %03d", i)})
	}
	a := newAnnotator(t, 1440, 900, domain.Project{Name: "종", Task: domain.TaskSingle, Classes: classes}, 40)
	ids := map[string]string{}
	p, err := a.Project(context.Background(), a.project)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Classes {
		ids[c.Name] = c.ID
	}
	find := func(text string) {
		t.Helper()
		a.key("/", "Slash")
		a.until("the field", `document.activeElement.id === 'an-find'`, 5*time.Second)
		if text != "" {
			a.do(call(input.InsertText, input.InsertTextParams{Text: text}))
			a.until("what "+text+" finds", `document.querySelectorAll('.an-option').length < 50`, 5*time.Second)
		}
	}
	having := func(class string, n int) { t.Helper(); a.kept(domain.Filter{Classes: []string{ids[class]}}, n) }
	if n := eval[int](a.person, `document.querySelectorAll('.an-class').length`); n > 60 {
		t.Errorf("the panel has %d buttons", n)
	}
	find("ㄱㅇㅇ")
	a.shot("find-initials")
	a.press(kb.Enter)
	a.at(2, 40)
	having("고양이", 1)
	find("") // the class given last
	a.press(kb.Enter)
	a.at(3, 40)
	having("고양이", 2)
	find("gs")
	a.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	a.at(4, 40)
	a.kept(flagged(domain.FlagUnsure, domain.StateLabelled), 1)
	a.press("r")
	a.at(5, 40)
	having("German shepherd", 2)
	find("종 99")
	a.press(kb.ArrowDown + kb.Enter)
	a.at(6, 40)
	having("종 991", 1)
	a.painted()
}

// painted logs how long it takes from a key to the next image being painted, in an undisturbed run.
func (a *annotator) painted() {
	a.t.Helper()
	const script = `(async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const all = [];
  for (let i = 0; i < 24; i++) {
    for (let k = 0; k < 20; k++) await frame(); // the pace of somebody who looks
    const before = document.querySelector('.an-layer.top'), from = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', code: 'Digit1', bubbles: true}));
    while (document.querySelector('.an-layer.top') === before) await frame();
    await frame();
    all.push(performance.now() - from);
  }
  return all.sort((a, b) => a - b);
})()`
	ctx, cancel := context.WithTimeout(a.ctx, time.Minute)
	defer cancel()
	all, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](script, chromedp.EvalAwaitPromise))
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Logf("from key to paint, of %d: median %.0f ms, 95 %% within %.0f ms", len(all), all[len(all)/2], all[len(all)*95/100])
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
