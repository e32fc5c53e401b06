package e2e

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/domain"
)

// finger sends a touch of points of the image, or a release without any.
func (d drawer) finger(kind input.DispatchTouchEventType, points ...[2]float64) {
	d.t.Helper()
	x, y, k := d.place()
	list := []*input.TouchPoint{}
	for i, p := range points {
		id := float64(i)
		list = append(list, &input.TouchPoint{X: x + p[0]*k, Y: y + p[1]*k, ID: &id})
	}
	d.do(call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: list}))
}

// pen drags a pen from one pixel of the image to another.
func (d drawer) pen(x0, y0, x1, y1 float64) {
	d.t.Helper()
	x, y, k := d.place()
	send := func(kind input.DispatchMouseEventType, px, py float64, buttons int64) {
		d.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: x + px*k, Y: y + py*k, Button: "left", Buttons: buttons, ClickCount: 1, PointerType: "pen",
		}))
	}
	send("mousePressed", x0, y0, 1)
	send("mouseMoved", (x0+x1)/2, (y0+y1)/2, 1)
	send("mouseMoved", x1, y1, 1)
	send("mouseReleased", x1, y1, 0)
}

// numbered waits until the fields show these numbers, but for a pixel.
func (d drawer) numbered(what string, want ...float64) {
	d.t.Helper()
	var got []float64
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got = d.numbers()
		fits := len(got) == len(want)
		for i := range want {
			fits = fits && math.Abs(got[i]-want[i]) <= 1
		}
		if fits {
			return
		}
	}
	d.shot("failed")
	d.t.Errorf("%s: the fields show %v, want %v", what, got, want)
}

func (d drawer) chosen(n int) {
	d.t.Helper()
	d.until(fmt.Sprintf("%d selected boxes", n), fmt.Sprintf(`document.querySelectorAll('.an-boxlist [aria-selected=true]').length === %d`, n), 5*time.Second)
}

// ink counts what is painted on the canvas of the boxes.
func (d drawer) ink() int {
	return eval[int](d.person, `(() => { const c = document.querySelector('.an-boxes'); const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < p.length; i += 4) if (p[i]) n++; return n })()`)
}

// TestBoxGestures does with a mouse, a pen and fingers all that boxes are worked on by.
func TestBoxGestures(t *testing.T) {
	a := newAnnotator(t, 1440, 900, domain.Project{Name: "Hands", Task: domain.TaskBoxes, Classes: []domain.Class{{Name: "hand"}, {Name: "ring"}}}, 2)
	a.until("the image", `document.querySelector('.an-layer.top img')`, 10*time.Second)
	d := drawer{a.person}
	x, y, k := d.place()
	d.mouse("mouseMoved", x+50*k, y+50*k, 0)
	a.until("a crosshair", `(() => { const c = document.querySelector('.an-boxes'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v) })()`, 5*time.Second)
	d.click2(10, 10) // two clicks
	d.click2(30, 40)
	d.has(1)
	d.numbered("two clicks", 10, 10, 20, 30)
	d.pen(50, 50, 70, 80)
	d.has(2)
	d.numbered("a pen", 50, 50, 20, 30)
	d.finger("touchStart", [2]float64{60, 5})
	d.finger("touchMove", [2]float64{75, 15})
	d.finger("touchMove", [2]float64{90, 25})
	d.finger("touchEnd")
	d.has(3)
	d.numbered("a finger", 60, 5, 30, 20)
	d.finger("touchStart", [2]float64{40, 50}, [2]float64{60, 50}) // two zoom, and draw nothing
	d.finger("touchMove", [2]float64{30, 50}, [2]float64{70, 50})
	d.finger("touchMove", [2]float64{20, 50}, [2]float64{80, 50})
	d.finger("touchEnd")
	if _, _, now := d.place(); now <= k*1.2 {
		t.Errorf("two fingers that part leave the scale at %g, it was %g", now, k)
	}
	d.has(3)
	a.press("g")
	d.drag(20, 60, 20.05, 60.4) // nothing is drawn by a slip of the hand
	a.press(kb.Escape)
	d.has(3)
	d.ctrl("a")
	d.chosen(3)
	a.press("2")
	a.until("all of the other class", `[...document.querySelectorAll('.an-boxlist li')].every(e => e.innerText.startsWith('ring'))`, 5*time.Second)
	d.ctrl("d")
	d.has(6)
	d.chosen(3)
	a.press(kb.Delete)
	d.has(3)
	a.press("b")
	d.drag(2, 2, 45, 45) // a band around the first
	d.chosen(1)
	d.numbered("the band", 10, 10, 20, 30)
	a.press("b")
	a.click("Snap to other boxes")
	d.drag(30.4, 60, 49.5, 90) // both sides lie beside edges that are there
	d.has(4)
	d.numbered("snapped", 30, 60, 20, 30)
	before := d.ink()
	a.press("h")
	a.until("hidden boxes", `document.querySelector('.an-tools [aria-label^="Hide boxes"]').getAttribute('aria-pressed') === 'true'`, 5*time.Second)
	if now := d.ink(); now != 0 || before == 0 {
		t.Errorf("hidden, the boxes have %d pixels; they had %d", now, before)
	}
	a.press("h")
	a.press("d")
	a.at(2, 2)
	d.has(0)
	a.press("r")
	d.has(4)
	d.moves()
}

// ctrl presses a key with Ctrl.
func (d drawer) ctrl(key string) {
	d.t.Helper()
	d.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// moves logs how long the page works on a move of the pointer that drags a box.
func (d drawer) moves() {
	d.t.Helper()
	x, y, k := d.place()
	script := fmt.Sprintf(`(async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const stage = document.querySelector('.an-canvas'), all = [];
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type, {pointerId: 1, pointerType: 'mouse', button: 0, buttons: 1, clientX: x, clientY: y, bubbles: true}));
  stage.setPointerCapture = () => {};
  send('pointerdown', %[1]g, %[2]g);
  for (let i = 0; i < 120; i++) {
    const from = performance.now();
    send('pointermove', %[1]g + i, %[2]g + i);
    await frame();
    const asked = performance.now();
    await frame();
    all.push(asked - from);
  }
  send('pointerup', %[1]g + 120, %[2]g + 120);
  return all.sort((a, b) => a - b);
})()`, x+20*k, y+20*k)
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	all, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](script, chromedp.EvalAwaitPromise))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Logf("from a move to its frame, of %d: median %.1f ms, 95 %% within %.1f ms", len(all), all[len(all)/2], all[len(all)*95/100])
}
