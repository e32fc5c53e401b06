package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// boxedCells lays n photos of blood cells with their boxes, as Pascal VOC has them, into one folder.
func boxedCells(t *testing.T, n int) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cellsPath, "JPEGImages", "*.jpg"))
	if err != nil || len(files) < n {
		t.Skipf("the photos of blood cells are not there: %s", cellsPath)
	}
	dir := filepath.Join(t.TempDir(), "cells")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files[:n] {
		stem := strings.TrimSuffix(filepath.Base(file), ".jpg")
		for from, name := range map[string]string{file: stem + ".jpg", filepath.Join(cellsPath, "Annotations", stem+".xml"): stem + ".xml"} {
			data, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// drawer is a person who draws boxes.
type drawer struct{ *person }

// rows are the boxes as the list beside the image shows them.
func (d drawer) rows() []string {
	return eval[[]string](d.person, `[...document.querySelectorAll('.an-boxlist li')].map(e => e.innerText.replace(/\s+/g, ' ').trim())`)
}

// place gives where the image lies on the screen: left, top, screen pixels per image pixel.
func (d drawer) place() (x, y, scale float64) {
	r := eval[[]float64](d.person, `(() => { const r = document.querySelector('.an-layer.top').getBoundingClientRect(); return [r.x, r.y, r.width / document.querySelector('.an-layer.top').offsetWidth] })()`)
	return r[0], r[1], r[2]
}

func (d drawer) mouse(kind input.DispatchMouseEventType, x, y float64, buttons int64) {
	d.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", Buttons: buttons, ClickCount: 1}))
}

// drag goes from one pixel of the image to another with the button down.
func (d drawer) drag(x0, y0, x1, y1 float64) {
	x, y, k := d.place()
	d.mouse("mouseMoved", x+x0*k, y+y0*k, 0)
	d.mouse("mousePressed", x+x0*k, y+y0*k, 1)
	for i := 1; i <= 8; i++ {
		s := float64(i) / 8
		d.mouse("mouseMoved", x+(x0+(x1-x0)*s)*k, y+(y0+(y1-y0)*s)*k, 1)
	}
	d.mouse("mouseReleased", x+x1*k, y+y1*k, 0)
}

func (d drawer) click2(px, py float64) {
	x, y, k := d.place()
	d.mouse("mouseMoved", x+px*k, y+py*k, 0)
	d.mouse("mousePressed", x+px*k, y+py*k, 1)
	d.mouse("mouseReleased", x+px*k, y+py*k, 0)
}

func (d drawer) has(n int) {
	d.t.Helper()
	d.until(fmt.Sprintf("%d boxes in the list", n), fmt.Sprintf(`document.querySelectorAll('.an-boxlist li').length === %d`, n), 10*time.Second)
}

func (d drawer) saved() {
	d.t.Helper()
	d.until("all changes to be saved", `document.querySelector('.an-save').title.includes('saved') && !document.querySelector('.an-save.failed')`, 10*time.Second)
}

// numbers are left, top, width and height of the box that is selected, as its fields show them.
func (d drawer) numbers() []float64 {
	return eval[[]float64](d.person, `[...document.querySelectorAll('.an-numbers input')].map(e => e.valueAsNumber)`)
}

// TestBoxes draws, moves, resizes, relabels, undoes and exports boxes as a person does.
func TestBoxes(t *testing.T) {
	dir := boxedCells(t, 1)
	url, _ := host(t)
	d := drawer{newPerson(t, 1440, 900)}
	downloads := t.TempDir()
	d.do(call(browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: downloads}))
	d.open(url)
	d.click("New project")
	d.typeInto("Name", "Blood cells")
	d.click("Bounding boxes")
	d.click("Server")
	d.shot("boxes-01-new")
	d.click("Create project")
	d.sees("Drop images here", time.Minute)
	d.drop("#main", []string{dir})
	d.sees("Add 2 files", time.Minute)
	d.click("Add")
	d.sees("1 image added", 2*time.Minute)
	d.click("Dismiss")
	d.shot("boxes-02-grid")
	d.click("Label")
	d.click("Back to the first image")
	d.until("a box in the list", `document.querySelector('.an-boxlist li')`, time.Minute)
	n := len(d.rows())
	d.shot("boxes-03-label")

	d.drag(300, 20, 400.4, 90.3)
	d.has(n + 1)
	if got := d.numbers(); len(got) != 4 || math.Abs(got[0]-300) > 1 || math.Abs(got[1]-20) > 1 || math.Abs(got[2]-100) > 1.5 || math.Abs(got[3]-70) > 1.5 {
		t.Errorf("drawn from (300, 20) to (400, 90): the fields show %v", got)
	}
	d.saved()
	d.shot("boxes-04-drawn")
	before := d.numbers()
	d.drag(before[0]+before[2], before[1]+before[3], before[0]+before[2]+30, before[1]+before[3]+20) // its corner
	d.until("the corner to be moved", fmt.Sprintf(`Math.abs(document.querySelector('#an-number-w').valueAsNumber - %g) <= 1.5`, before[2]+30), 5*time.Second)
	d.press("2")
	d.saved()
	class := func(name string) {
		t.Helper()
		d.until("the last box to be a "+name, fmt.Sprintf(`document.querySelectorAll('.an-boxlist li')[%d].innerText.startsWith(%q)`, n, name), 5*time.Second)
	}
	class("WBC")
	d.press("z")
	class("RBC")
	d.click2(500, 300)
	d.click2(560, 380)
	d.has(n + 2)
	d.press("h")
	d.shot("boxes-05-hidden")
	d.press("h")
	d.click("Select and move")
	d.drag(530, 340, 520, 330)
	d.until("the numbers of the box that was moved", `Math.abs(document.querySelector('#an-number-x').valueAsNumber - 490) <= 1.5`, 10*time.Second)
	d.saved()
	moved := d.numbers()
	if len(moved) != 4 || math.Abs(moved[0]-490) > 1.5 || math.Abs(moved[1]-290) > 1.5 {
		t.Errorf("moved by (-10, -10): %v", moved)
	}
	d.shot("boxes-06-moved")
	rows := d.rows()
	d.saved()
	d.do(chromedp.Reload())
	d.until("the boxes after a reload", fmt.Sprintf(`document.querySelectorAll('.an-boxlist li').length === %d`, n+2), time.Minute)
	if again := d.rows(); strings.Join(again, "|") != strings.Join(rows, "|") {
		t.Errorf("after a reload %v, before %v", again, rows)
	}
	d.exported(downloads, moved, n+2)
}

// exported compares what COCO says with the numbers that stood on the screen.
func (d drawer) exported(downloads string, moved []float64, n int) {
	d.t.Helper()
	d.click("Label Exports")
	d.click("New export")
	d.click("Create export")
	d.click("Download")
	d.click("COCO")
	d.sees("the same label, origin and split", time.Minute)
	d.sees("The images themselves", time.Minute)
	d.shot("boxes-download")
	d.click("Download file")
	var file string
	for range 200 {
		if all, _ := filepath.Glob(filepath.Join(downloads, "*.json")); len(all) > 0 {
			file = all[0]
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		d.t.Fatal(err)
	}
	var coco struct {
		Annotations []struct {
			Image int       `json:"image_id"`
			Box   []float64 `json:"bbox"`
		}
	}
	if err := json.Unmarshal(data, &coco); err != nil {
		d.t.Fatal(err)
	}
	found, first := false, 0
	for _, a := range coco.Annotations {
		if a.Image == 1 {
			first++
		}
		found = found || fmt.Sprint(a.Box) == fmt.Sprint(moved)
	}
	if !found || first != n {
		d.t.Errorf("COCO has %d boxes of the first image, want %d, and %v among them: %v", first, n, moved, found)
	}
}
