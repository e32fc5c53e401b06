package e2e

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/serve"
)

const photosPath = "../../../shared/data/sign-digits"

// photos lays the sign-digit photos into one folder under names that tell nothing, in mixed order, and gives the truth by name.
func photos(t *testing.T) (dir string, truth map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(photosPath, "[0-9]", "*"))
	if err != nil || len(files) == 0 {
		t.Skipf("the sign-digit photos are not there: %s", photosPath)
	}
	rand.New(rand.NewSource(7)).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	dir, truth = filepath.Join(t.TempDir(), "photos"), map[string]string{}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("photo-%03d.jpg", i+1)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		truth[name] = filepath.Base(filepath.Dir(file))
	}
	return dir, truth
}

// host runs the real server over a data folder of its own until stop is called.
func host(t *testing.T) (url string, stop func()) {
	t.Helper()
	return hostOver(t, t.TempDir())
}

// hostOver is host over a data folder that is there already.
func hostOver(t *testing.T, data string) (url string, stop func()) {
	t.Helper()
	return hostAt(t, data, "127.0.0.1:0")
}

// hostAt is hostOver at an address.
func hostAt(t *testing.T, data, addr string) (url string, stop func()) {
	t.Helper()
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	s, err := serve.Open(context.Background(), serve.Config{Data: data, Addr: addr, Web: os.DirFS("../dist"), Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Run(ctx, func(url string) { ready <- url }) }()
	select {
	case url = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return url, stop
}

// loop is the product's main job as a person does it. It is driven by what is seen: names, keys, words.
type loop struct {
	*person
	truth     map[string]string
	downloads string
	first     map[string]bool // names labelled by hand before the first training
}

func newLoop(t *testing.T) (*loop, string) {
	dir, truth := photos(t)
	l := &loop{person: newPerson(t, 1440, 900), truth: truth, downloads: t.TempDir(), first: map[string]bool{}}
	return l, dir
}

func (l *loop) create(place string) {
	l.click("New project")
	l.fillIn(place)
}

// fillIn goes on where the dialog for a new project is open.
func (l *loop) fillIn(place string) {
	l.typeInto("Name", "Hand signs")
	l.click(place)
	l.typeInto("Classes", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9")
	l.shot("02-new-project")
	l.click("Create project")
	l.sees("Drop images here", time.Minute)
	l.shot("03-empty")
}

// importFolder drops a folder of n images whose labels are not wanted.
func (l *loop) importFolder(dir string, n int) {
	l.drop("#main", []string{dir})
	l.sees(fmt.Sprintf("Add %d files", n), time.Minute)
	l.click("None")
	l.shot("04-import")
	l.click("Add")
	l.sees(fmt.Sprintf("%d images added", n), 2*time.Minute)
	l.shot("05-report")
	l.click("Dismiss")
}

// at is the name of the image in front of the person.
func (l *loop) at() string {
	return eval[string](l.person, `(document.querySelector('.an-file') || {innerText: ''}).innerText.split('/').pop()`)
}

// goes presses keys until another image than name is shown.
func (l *loop) goes(name, keys string) {
	l.t.Helper()
	l.press(keys)
	l.until("the image after "+name, fmt.Sprintf(`(document.querySelector('.an-file') || {innerText: ''}).innerText.split('/').pop() !== %q`, name), 20*time.Second)
}

// label gives perClass images of each class their class, by one key each.
func (l *loop) label(perClass int) {
	l.click("Label")
	l.until("the first image", `document.querySelector('.an-file')`, time.Minute)
	given, total := map[string]int{}, 0
	start := time.Now()
	for total < 10*perClass {
		name := l.at()
		digit := l.truth[name]
		if digit == "" {
			l.t.Fatalf("an unknown image %q is shown", name)
		}
		if given[digit] == perClass {
			l.goes(name, kb.ArrowRight)
			continue
		}
		l.goes(name, digit)
		given[digit]++
		total++
		l.first[name] = true
		if total == 5*perClass {
			l.shot("06-label")
		}
	}
	l.t.Logf("%d images labelled by keyboard in %s", total, time.Since(start).Round(time.Second))
	l.sees("All changes saved", time.Minute)
	l.shot("07-labelled")
}

// train takes an export and trains from it; the new model's card is open at the end.
func (l *loop) train(export string, shot string) {
	l.click("Label Exports")
	l.click("New export")
	l.typeInto("Name", export)
	l.click("Create export")
	l.sees(export, time.Minute)
	l.shot(shot + "-exports")
	l.click("Create Custom Auto-Label AI")
	l.sees("Estimated cost", 3*time.Minute)
	l.shot(shot + "-confirm")
	start := time.Now()
	l.click("Confirm and train")
	l.sees("Confusion matrix", 10*time.Minute)
	l.t.Logf("%s: trained in %s", export, time.Since(start).Round(100*time.Millisecond))
	l.shot(shot + "-card")
}

func (l *loop) apply(shot string, again bool) {
	l.click("Apply")
	if again {
		l.click("Also auto-labels nobody has reviewed")
	}
	l.setRange("Smallest confidence", 0)
	l.click("Preview")
	l.until("the preview's end", `[...document.querySelectorAll('dialog[open] button')].some(b => /^Label \d+ images$/.test(b.innerText.trim()) && !b.disabled)`, 10*time.Minute)
	l.shot(shot + "-preview")
	l.click("Label ")
	l.sees("images auto-labelled", 5*time.Minute)
}

// setRange moves a slider to its n-th hundredth.
func (l *loop) setRange(name string, n int) {
	l.t.Helper()
	l.until("a slider "+name, fmt.Sprintf(`%s(%q)`, named, name), time.Minute)
	eval[bool](l.person, fmt.Sprintf(`(() => { const e = %s(%q); const f = e.matches('label') ? e.control : e; f.value = %d; f.dispatchEvent(new Event('input', {bubbles: true})); return true })()`, named, name, n))
}

// review answers n proposals: Enter where the model is right, the right key where it is not.
func (l *loop) review(n int) {
	l.click("Review")
	l.until("the first proposal", `document.querySelector('.an-score')`, time.Minute)
	l.shot("12-review")
	corrected := 0
	for range n {
		name := l.at()
		proposed := eval[string](l.person, `(document.querySelector('.an-score .class-name') || {innerText: ''}).innerText.trim()`)
		if proposed == l.truth[name] {
			l.goes(name, kb.Enter)
			continue
		}
		corrected++
		l.goes(name, l.truth[name])
	}
	l.t.Logf("%d of the %d most uncertain proposals corrected", corrected, n)
	l.sees("All changes saved", time.Minute)
	l.shot("13-reviewed")
}

// measure takes an export, downloads it as CSV and gives the share of right labels among the images that were not
// labelled by hand at first.
func (l *loop) measure(export string) float64 {
	l.t.Helper()
	l.click("Label Exports")
	l.click("New export")
	l.typeInto("Name", export)
	l.click("Create export")
	l.sees(export, time.Minute)
	l.do(call(browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: l.downloads}))
	l.click("Download")
	l.click("CSV table")
	l.click("Download file")
	file := filepath.Join(l.downloads, export+".csv")
	deadline := time.Now().Add(time.Minute)
	var rows [][]string
	for rows == nil {
		if f, err := os.Open(file); err == nil {
			read, err := csv.NewReader(f).ReadAll()
			_ = f.Close()
			if err == nil && len(read) > 1 {
				rows = read
				break
			}
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("no %s was downloaded", file)
		}
		time.Sleep(100 * time.Millisecond)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	right, all := 0, 0
	for _, row := range rows[1:] {
		name := filepath.Base(row[column["filename"]])
		if l.first[name] {
			continue
		}
		all++
		if row[column["label"]] == l.truth[name] {
			right++
		}
	}
	if all != len(l.truth)-len(l.first) {
		l.t.Errorf("the export holds %d of the other %d images", all, len(l.truth)-len(l.first))
	}
	return float64(right) / float64(max(all, 1))
}

func (l *loop) run(dir string) {
	l.importFolder(dir, 600)
	l.label(10)
	l.train("First labels", "08")
	l.apply("11", false)
	before := l.measure("After the first model")
	l.review(20)
	l.train("With reviewed labels", "14")
	l.click("Compare")
	l.shot("15-compare")
	l.apply("16", true)
	after := l.measure("After the second model")
	l.t.Logf("labels right on the rest: %.1f %% after the first model, %.1f %% after review and retraining", 100*before, 100*after)
	if before < 0.5 || after < before-0.02 {
		l.t.Errorf("the loop does not help: %.3f, then %.3f right", before, after)
	}
	l.click("Images")
	l.until("thumbnails", `document.querySelectorAll('.screen img').length > 10 && [...document.querySelectorAll('.screen img')].every(i => i.complete && i.naturalWidth > 0)`, time.Minute)
	l.click("Dismiss") // what the last apply said
	l.shot("17-images")
}

// TestLoopOnServer does the whole loop with the data on the server.
func TestLoopOnServer(t *testing.T) {
	l, dir := newLoop(t)
	url, _ := host(t)
	l.open(url)
	l.sees("New project", time.Minute)
	l.shot("01-home")
	l.create("Server")
	l.run(dir)
}

// TestLoopOnDevice does the whole loop with the data in the browser and the server stopped, and finds it all after a reload.
func TestLoopOnDevice(t *testing.T) {
	l, dir := newLoop(t)
	l.shots = ""
	url, stop := host(t)
	l.open(url)
	l.sees("New project", time.Minute)
	l.until("the app kept for offline use", `navigator.serviceWorker.controller`, time.Minute)
	stop()
	l.open(url)
	l.create("This device")
	l.run(dir)
	at := eval[string](l.person, `location.href`)
	l.open(at)
	l.sees("Hand signs", time.Minute)
	l.click("Auto-Label")
	l.sees("With reviewed labels", time.Minute)
	l.compareWithCLI(dir)
}
