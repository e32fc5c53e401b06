package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestMap lays photos out, selects a part of them by the mouse and all by keys, labels it, and undoes that.
func TestMap(t *testing.T) {
	for name, place := range map[string]string{"server": "Server", "device": "This device"} {
		t.Run(name, func(t *testing.T) { mapOf(t, place) })
	}
}

func mapOf(t *testing.T, place string) {
	l, dir := newLoop(t)
	if place != "Server" {
		l.shots = ""
	}
	const photos = 60
	fewPhotos(t, dir, photos)
	url, _ := host(t)
	l.open(url)
	l.click("New project")
	l.typeInto("Name", "Hand signs")
	l.click(place)
	l.typeInto("Classes", "fist")
	l.click("Create project")
	l.sees("Drop images here", time.Minute)
	l.click("Map")
	l.sees("Nothing to lay out yet", time.Minute)
	l.click("Images")
	l.sees("Drop images here", time.Minute)
	l.drop("#main", []string{dir})
	l.sees("Add 60 files", time.Minute)
	l.click("None")
	l.click("Add")
	l.sees("60 images added", time.Minute)
	l.click("Dismiss")

	l.click("Map")
	l.sees("There is no map yet", time.Minute)
	l.shot("36-map-empty")
	l.click("Lay out 60 images")
	l.sees("Neighbours kept", 5*time.Minute)
	l.until("a painted map", painted+` > 20`, time.Minute)
	l.shot("36-map")

	box := eval[[]float64](l.person, `(() => { const r = document.querySelector('.map-plane').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	l.click("Box")
	drag := func(x0, y0, x1, y1 float64) {
		at := func(x, y float64) (float64, float64) { return box[0] + x*box[2], box[1] + y*box[3] }
		x, y := at(x0, y0)
		l.mouse("mousePressed", x, y)
		for k := 1; k <= 8; k++ {
			x, y = at(x0+(x1-x0)*float64(k)/8, y0+(y1-y0)*float64(k)/8)
			l.mouse("mouseMoved", x, y)
		}
		l.mouse("mouseReleased", x, y)
	}
	drag(0.01, 0.08, 0.5, 0.99)
	l.until("a selection", selected+` > 0`, time.Minute)
	left := eval[int](l.person, selected)
	if left == photos {
		t.Errorf("the left half holds all %d photos", left)
	}
	l.shot("37-map-selected")
	l.press("1") // the key of the class
	l.labelledCount(left, photos)
	l.until("the legend", fmt.Sprintf(`[...document.querySelectorAll('.map-row')].some(r => r.innerText.includes('fist') && r.innerText.includes('%d'))`, left), time.Minute)
	l.shot("38-map-labelled")
	l.press("z")
	l.labelledCount(0, photos)

	l.press(kb.Escape)
	l.sees("Nothing is selected", time.Minute)
	l.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	l.until("all of them selected", fmt.Sprintf(`%s === %d`, selected, photos), time.Minute)
	for range 12 {
		l.press("+")
	}
	l.press(kb.Escape)
	l.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	l.until("only what is near selected", fmt.Sprintf(`%s < %d`, selected, photos), time.Minute)
	l.press("g")
	l.press(kb.Escape)
	l.press(kb.ArrowRight) // from point to point
	l.until("the image of the point", `!document.querySelector('#map-tip').hidden`, time.Minute)
	l.press(" ")
	l.until("one selected", selected+` === 1`, time.Minute)
	l.press("c")
	l.until("a heap", selected+` >= 1`, time.Minute)
	l.press(kb.ArrowDown + " ")
	l.press(kb.Escape)
	l.sees("Nothing is selected", time.Minute)
	l.click("Suggested class")
	l.sees("Nothing has been learnt yet", time.Minute)
	l.mapLooks()
}

const (
	// selected is how many images the page says are selected.
	selected = `Number((document.querySelector('.map-selection b') || {innerText: '0'}).innerText.match(/\d+/)[0])`
	// painted counts pixels of the map that are not its ground.
	painted = `(() => { const c = document.querySelector('.map-plane canvas'); if (!c || !c.width) return 0;
  const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
  for (let i = 0; i < p.length; i += 4) if (p[i] !== p[0] || p[i + 1] !== p[1] || p[i + 2] !== p[2]) n++; return n; })()`
)

// mapLooks keeps pictures of the map in both colours and languages, wide and narrow, and holds it against the rules of accessibility.
func (l *loop) mapLooks() {
	l.accessible("map")
	if l.shots == "" {
		return
	}
	for _, width := range []int64{1440, 390} {
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}))
		for _, language := range []string{"en", "ko"} {
			l.shot(fmt.Sprintf("39-map-%d-%s", width, language))
			l.click(map[string]string{"en": "Switch to dark colours", "ko": "어두운 화면으로"}[language])
			l.shot(fmt.Sprintf("39-map-%d-%s-dark", width, language))
			l.click(map[string]string{"en": "Switch to light colours", "ko": "밝은 화면으로"}[language])
			l.click(map[string]string{"en": "한국어로 보기", "ko": "View in English"}[language])
		}
	}
}
