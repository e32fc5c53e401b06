package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCheckImages imports photos of which some were made worse, finds them, moves a limit, deletes, and undoes that.
func TestCheckImages(t *testing.T) {
	for name, place := range map[string]string{"server": "Server", "device": "This device"} {
		t.Run(name, func(t *testing.T) { checkOf(t, place) })
	}
}

func checkOf(t *testing.T, place string) {
	l, photos := newLoop(t)
	if place != "Server" {
		l.shots = ""
	}
	dir := worsened(t, photos)
	url, _ := host(t)
	l.open(url)
	l.click("New project")
	l.typeInto("Name", "Hand signs")
	l.click(place)
	l.typeInto("Classes", "fist")
	l.click("Create project")
	l.sees("Drop images here", time.Minute)
	l.drop("#main", []string{dir})
	l.sees("Add 19 files", time.Minute)
	l.click("None")
	l.click("Add")
	l.sees("18 images added", time.Minute)
	l.sees("Some of these images may be of little use: 2 blurred, 2 dark, 1 tiny, 1 near-duplicate.", time.Minute)
	l.shot("50-check-report")
	l.click("Look at them")
	l.sees("2 of 18 images", time.Minute)
	l.tabs("Blurred 2, Dark 2, Over-exposed 0, Blank 0, Tiny 1, Long and narrow 0, Near-duplicates 1")
	l.until("the pictures", `document.querySelectorAll('.check-tile img[src]').length === 2`, time.Minute)
	l.shot("51-check-blurred")

	// The limit follows the arrow keys; at 0 nothing is blurred.
	l.moveLimit(0)
	l.sees("No image is beyond the limit", time.Minute)
	l.tabs("Blurred 0, Dark 2, Over-exposed 0, Blank 0, Tiny 1, Long and narrow 0, Near-duplicates 1")
	l.shot("52-check-none")
	l.click("Back to 430")
	l.sees("2 of 18 images", time.Minute)
	l.until("the pictures again", `document.querySelectorAll('.check-tile img[src]').length === 2`, time.Minute)

	l.press(kb.ArrowRight)
	l.until("the keyboard on the first image", `document.activeElement.id === 'check-tile-0'`, time.Minute)
	l.press(" ")
	l.until("a ticked image", `document.querySelectorAll('.check-tile[aria-pressed=true]').length === 1`, time.Minute)
	l.do(chromedp.KeyEvent(kb.Delete, chromedp.KeyModifiers(chromedp.ModifierShift)))
	l.sees("1 image deleted", time.Minute)
	l.sees("1 of 17 images", time.Minute)
	l.press("z")
	l.sees("2 of 18 images", time.Minute)

	l.click("Near-duplicates")
	l.until("a copy that is ticked", `document.querySelectorAll('.check-tile.copy[aria-pressed=true]').length === 1 && document.querySelector('.check-tile.kept[aria-pressed=false]')`, time.Minute)
	l.shot("53-check-duplicates")
	l.press(kb.ArrowRight)
	l.press(kb.ArrowRight)
	l.press("k")
	l.until("the other one ticked", `document.querySelectorAll('.check-tile.kept[aria-pressed=true]').length === 1 && document.querySelector('.check-tile.copy[aria-pressed=false]')`, time.Minute)
	l.click("Delete 1")
	l.sees("1 image deleted", time.Minute)
	l.tabs("Blurred 2, Dark 2, Over-exposed 0, Blank 0, Tiny 1, Long and narrow 0, Near-duplicates 0")

	l.click("Dark")
	l.sees("2 of 17 images", time.Minute)
	l.click("Tick all")
	l.press("j")
	l.sees("2 images marked: Bad image", time.Minute)
	l.until("both marked", `[...document.querySelectorAll('.check-note')].filter(e => e.innerText.includes('Bad image')).length === 2`, time.Minute)
	eval[bool](l.person, `(() => { document.querySelector('.report-lines').open = true; return true })()`)
	l.sees("half.jpg", time.Minute)
	l.shot("54-check-dark")
	l.click("All 2 in the grid")
	l.sees("2 of 17 images", time.Minute)
	l.until("two images in the grid", `document.querySelectorAll('[role=gridcell] img').length === 2`, time.Minute)
	l.shot("55-check-grid")
	l.checkLooks()
}

// tabs waits until the issues are counted so.
func (l *loop) tabs(want string) {
	l.t.Helper()
	l.until(want, fmt.Sprintf(`[...document.querySelectorAll('.check-tab')].map(e => e.innerText.replace(/\s+/g, ' ').trim()).join(', ') === %q`, want), time.Minute)
}

// moveLimit puts the limit to a value and lets go of it.
func (l *loop) moveLimit(n int) {
	l.t.Helper()
	l.until("the limit", `document.getElementById('check-limit')`, time.Minute)
	eval[bool](l.person, fmt.Sprintf(`(() => { const e = document.getElementById('check-limit'); e.value = %d; for (const n of ['input', 'change']) e.dispatchEvent(new Event(n, {bubbles: true})); return true })()`, n))
}

// checkLooks keeps pictures of the screen in both colours and languages, wide and narrow.
func (l *loop) checkLooks() {
	l.do(chromedp.NavigateBack())
	l.sees("2 of 17 images", time.Minute)
	l.accessible("check")
	if l.shots == "" {
		return
	}
	l.click("Blurred")
	l.until("the pictures", `document.querySelectorAll('.check-tile img[src]').length === 2`, time.Minute)
	for _, width := range []int64{1440, 390} {
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}))
		for _, language := range []string{"en", "ko"} {
			l.shot(fmt.Sprintf("56-check-%d-%s", width, language))
			l.click(map[string]string{"en": "Switch to dark colours", "ko": "어두운 화면으로"}[language])
			l.shot(fmt.Sprintf("56-check-%d-%s-dark", width, language))
			l.click(map[string]string{"en": "Switch to light colours", "ko": "밝은 화면으로"}[language])
			l.click(map[string]string{"en": "한국어로 보기", "ko": "View in English"}[language])
		}
	}
}

// worsened gives a folder with photos of which two are blurred, two dark, one tiny, one saved again, and one cut off.
func worsened(t *testing.T, photos string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(photos, "*"))
	if err != nil || len(files) < 200 {
		t.Fatalf("%d photos, %v", len(files), err)
	}
	dir := filepath.Join(t.TempDir(), "photos")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(i int) []byte {
		data, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	pixels := func(i int) *image.RGBA {
		img, err := jpeg.Decode(bytes.NewReader(read(i)))
		if err != nil {
			t.Fatal(err)
		}
		return changed(img.Bounds(), func(x, y int) color.Color { return img.At(x, y) })
	}
	save := func(name string, img image.Image, quality int) {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		put(name, out.Bytes())
	}
	for k := range 12 {
		put(fmt.Sprintf("fine-%02d.jpg", k), read(k*45))
	}
	for k := range 2 {
		save(fmt.Sprintf("soft-%d.jpg", k), softened(softened(softened(pixels(20+k*60)))), 90)
		night := pixels(30 + k*61)
		save(fmt.Sprintf("night-%d.jpg", k), changed(night.Bounds(), func(x, y int) color.Color {
			c := night.RGBAAt(x, y)
			return color.RGBA{c.R / 8, c.G / 8, c.B / 8, 255}
		}), 90)
	}
	small := pixels(40)
	save("small.jpg", small.SubImage(image.Rect(40, 40, 64, 64)), 90)
	save("again.jpg", pixels(0), 60)
	put("half.jpg", read(50)[:2000])
	return dir
}

func changed(bounds image.Rectangle, at func(x, y int) color.Color) *image.RGBA {
	out := image.NewRGBA(bounds)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.Set(x, y, at(x, y))
		}
	}
	return out
}

// softened is img after a mean of 5 x 5 pixels.
func softened(img *image.RGBA) *image.RGBA {
	b := img.Bounds()
	return changed(b, func(x, y int) color.Color {
		var r, g, blue, n int
		for dy := -2; dy <= 2; dy++ {
			for dx := -2; dx <= 2; dx++ {
				c := img.RGBAAt(min(max(x+dx, b.Min.X), b.Max.X-1), min(max(y+dy, b.Min.Y), b.Max.Y-1))
				r, g, blue, n = r+int(c.R), g+int(c.G), blue+int(c.B), n+1
			}
		}
		return color.RGBA{uint8(r / n), uint8(g / n), uint8(blue / n), 255}
	})
}
