package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// ghost is the best suggestion for the image on the stage, "" while there is none.
const ghost = `((document.querySelector('.an-ghost.best .name') || {innerText: ''}).innerText.trim())`

// labelsLearnt is how many labels the head says to have learnt from.
const labelsLearnt = `parseInt((/From (\d+) label/.exec((document.querySelector('.an-suggest-text') || {innerText: ''}).innerText) || [0, 0])[1])`

// fewPhotos keeps n of the photos: embedding takes a while on a small machine.
func fewPhotos(t *testing.T, dir string, n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[min(n, len(files)):] {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}

// assisted labels until n images have a label: by hand what is suggested wrong or not at all, by Enter what is suggested right. It tells
// how many suggestions there were and how many were right.
func (l *loop) assisted(from, n int) (suggested, right int) {
	l.t.Helper()
	for range n - from {
		name := l.at()
		digit := l.truth[name]
		if digit == "" {
			l.t.Fatalf("an unknown image %q is shown", name)
		}
		if from >= 30 { // a person looks for a moment; before that nothing is suggested anyway
			l.until("a suggestion for "+name, ghost+` !== ''`, time.Minute)
		}
		said := eval[string](l.person, ghost)
		if said != "" {
			suggested++
		}
		if said != digit {
			l.goes(name, digit)
			continue
		}
		right++
		l.accepts(name)
	}
	return suggested, right
}

// accepts presses Enter until another image than name is shown: a suggestion that has just changed is not taken.
func (l *loop) accepts(name string) {
	l.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		l.press(kb.Enter)
		for range 5 {
			if l.at() != name {
				return
			}
			time.Sleep(60 * time.Millisecond)
		}
	}
	l.shot("failed")
	l.t.Fatalf("Enter does not accept what is suggested for %s", name)
}

// measureSuggestions labels 100 images with the help of suggestions and prints how many were right.
func (l *loop) measureSuggestions(dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	l.drop("#main", []string{dir})
	l.sees(fmt.Sprintf("Add %d files", len(files)), time.Minute)
	l.click("None")
	l.click("Add")
	l.sees(fmt.Sprintf("%d images added", len(files)), 2*time.Minute)
	l.click("Dismiss")
	l.click("Label")
	l.until("the first image", `document.querySelector('.an-file')`, time.Minute)
	l.sees("6 more labels to begin: 3 each of 2 classes", time.Minute)
	l.shot("suggest-01-too-few")
	done := 0
	for _, n := range []int{30, 60, 100} {
		suggested, right := l.assisted(done, n)
		l.t.Logf("images %d to %d: %d suggestions, %d right", done+1, n, suggested, right)
		// ten classes: one of ten is right by chance
		if done >= 30 && (suggested != n-done || float64(right) < map[int]float64{60: 0.25, 100: 0.5}[n]*float64(suggested)) {
			l.t.Errorf("of %d suggestions %d are right", suggested, right)
		}
		done = n
		l.until("labels learnt", labelsLearnt+` > 0`, time.Minute)
		l.shot(fmt.Sprintf("suggest-02-%03d", n))
	}
	l.sees("All changes saved", time.Minute)
}

func TestSuggestionsOnServer(t *testing.T) {
	l, dir := newLoop(t)
	fewPhotos(t, dir, 150)
	url, _ := host(t)
	l.open(url)
	l.sees("New project", time.Minute)
	l.create("Server")
	l.measureSuggestions(dir)

	// The label that was accepted tells where it came from.
	for range 11 {
		l.goes(l.at(), kb.ArrowLeft)
		if strings.Contains(l.visibleText(), "accepted") {
			break
		}
	}
	l.sees(", accepted", 10*time.Second)
	l.press("n")
	l.until("a suggestion", ghost+` !== ''`, time.Minute)

	l.looksOf("suggest-03", "Unlabelled", 900)

	// Undo takes the label back, and the head forgets it.
	l.until("all labels learnt", labelsLearnt+` === 100`, time.Minute)
	name := l.at()
	l.goes(name, l.truth[name])
	l.until("one label more learnt", labelsLearnt+` === 101`, time.Minute)
	l.press("z")
	l.until("the label forgotten", labelsLearnt+` === 100`, time.Minute)

	// Switched off, nothing is suggested, also after a reload.
	l.click("Suggestions")
	l.until("no suggestion", ghost+` === ''`, 10*time.Second)
	l.open(eval[string](l.person, `location.href`))
	l.until("suggestions still off", `(document.querySelector('.an-suggest-text') || {innerText: ''}).innerText === 'Off'`, time.Minute)
	l.until("the image", `document.querySelector('.an-file')`, time.Minute)
	l.press("n") // the address follows late: it may name an image that has a label
	l.until("an image without a label", `document.querySelector('.an [role=status]').innerText.includes('Unlabelled')`, 10*time.Second)
	l.until("no suggestion", ghost+` === ''`, 10*time.Second)
	l.click("Suggestions")
	l.until("a suggestion", ghost+` !== ''`, time.Minute)
}

func TestSuggestionsOnDevice(t *testing.T) {
	l, dir := newLoop(t)
	l.shots = ""
	fewPhotos(t, dir, 120)
	url, stop := host(t)
	l.open(url)
	l.until("the app kept for offline use", `navigator.serviceWorker.controller`, time.Minute)
	stop()
	l.open(url)
	l.create("This device")
	l.measureSuggestions(dir)
}
