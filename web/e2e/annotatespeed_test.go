package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// timePaints notes for each key how long it takes until another image lies on top of the stage and a frame with it was made:
// the task after that frame has begun.
const timePaints = `(() => {
  globalThis.paints = [];
  let pressed = 0;
  const after = (then) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = then; c.port2.postMessage(0); });
  addEventListener('keydown', (e) => { pressed = e.timeStamp; }, true);
  new MutationObserver((all) => {
    if (!pressed || !all.some(m => m.target.matches('.an-layer.top'))) return;
    const from = pressed;
    pressed = 0;
    after(() => paints.push(performance.now() - from));
  }).observe(document.querySelector('.an-canvas'), {subtree: true, attributes: true, attributeFilter: ['class']});
  return true;
})()`

// timeMoves notes for each movement of the pointer how long the frame after it takes to be there, and how far frames are apart.
const timeMoves = `(() => {
  globalThis.moves = []; globalThis.gaps = [];
  let last = 0, waiting = false;
  addEventListener('pointermove', (e) => {
    if (waiting) return;
    waiting = true;
    const from = e.timeStamp;
    requestAnimationFrame((now) => {
      if (last && now - last < 100) gaps.push(now - last);
      last = now;
      const c = new MessageChannel();
      c.port1.onmessage = () => { moves.push(performance.now() - from); waiting = false; };
      c.port2.postMessage(0);
    });
  }, true);
  return true;
})()`

// quantiles logs the median and the 95th percentile of what the page noted.
func (p *person) quantiles(what, list string) (median, p95 float64) {
	p.t.Helper()
	all := eval[[]float64](p, list)
	if len(all) < 20 {
		p.t.Fatalf("%s: only %d were noted", what, len(all))
	}
	slices.Sort(all)
	median, p95 = all[len(all)/2], all[len(all)*95/100]
	p.t.Logf("%s: median %.1f ms, p95 %.1f ms, longest %.1f ms (%d)", what, median, p95, all[len(all)-1], len(all))
	return median, p95
}

// work does something n times and logs how many milliseconds of processor time the page's thread takes for each, until it
// has come to rest: handlers, rendering, style and layout. Unlike the time to the frame it holds no waiting for the screen.
func (p *person) work(what string, n int, do func(i int)) (p95 float64) {
	p.t.Helper()
	p.do(call(performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}))
	spent := func() (ms float64) {
		for _, m := range result(p, performance.GetMetrics, cdp.Empty{}).Metrics {
			switch m.Name {
			case "ScriptDuration", "LayoutDuration", "RecalcStyleDuration":
				ms += 1000 * m.Value
			}
		}
		return ms
	}
	all := make([]float64, n)
	for i := range all {
		before := spent()
		do(i)
		time.Sleep(60 * time.Millisecond) // a few frames
		all[i] = spent() - before
	}
	slices.Sort(all)
	p95 = all[n*95/100]
	p.t.Logf("%s: the page works for %.1f ms, p95 %.1f ms, at most %.1f ms (%d)", what, all[n/2], p95, all[n-1], n)
	return p95
}

// TestMeasureAnnotate labels among 1,000 nested classes, by keys, and draws boxes: from the key to the next image, from the
// pointer to the frame. It wants a quiet machine: IRUM_MEASURE=1 go test ./web/e2e -run MeasureAnnotate -v.
func TestMeasureAnnotate(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("IRUM_MEASURE is not set")
	}
	url, _ := host(t)
	s := newSetup(t, url)
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskBoxes} {
		project := s.thousand(task)
		p := newPerson(t, 1440, 900)
		p.open(url + "/p/s/" + project + "/annotate")
		p.until("the stage", `document.querySelector('.an-layer.top img') && document.querySelectorAll('.an-layer img').length > 1`, time.Minute)
		if task == domain.TaskSingle {
			eval[bool](p, timePaints)
			for i := range 100 {
				p.press(fmt.Sprint(1 + i%9))
				time.Sleep(150 * time.Millisecond) // as fast as people are
			}
			if _, p95 := p.quantiles("key to the next image", `paints`); p95 > 50 {
				t.Errorf("the next image is there after %.1f ms", p95)
			}
			continue
		}
		eval[bool](p, timeMoves)
		for i := range 10 {
			x := 400 + 20*float64(i)
			p.do(chromedp.Sleep(50 * time.Millisecond))
			p.mouse("mousePressed", x, 300)
			for k := range 25 {
				p.mouse("mouseMoved", x+4*float64(k), 300+5*float64(k))
			}
			p.mouse("mouseReleased", x+100, 425)
		}
		p.quantiles("pointer to the frame", `moves`)
		if _, p95 := p.quantiles("frame to frame", `gaps`); p95 > 34 {
			t.Errorf("frames are %.1f ms apart", p95)
		}
		p.mouse("mousePressed", 400, 300)
		if p95 := p.work("the pointer draws a box", 80, func(i int) { p.mouse("mouseMoved", 404+4*float64(i%50), 304+3*float64(i%60)) }); p95 > 16 {
			t.Errorf("a movement of the pointer takes %.1f ms of work", p95)
		}
		p.mouse("mouseReleased", 500, 400)
	}
}

func (p *person) mouse(kind input.DispatchMouseEventType, x, y float64) {
	p.t.Helper()
	e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", ClickCount: 1}
	if kind == "mouseMoved" {
		e.Buttons = 1
	}
	p.do(call(input.DispatchMouseEvent, e))
}

// thousand makes a project of 1,000 classes, ten of them over the others, and of 130 photos of 1,600 x 1,200 pixels.
func (s *setup) thousand(task domain.Task) string {
	s.t.Helper()
	ctx := context.Background()
	in := domain.Project{Name: "Thousand " + string(task), Task: task}
	for i := range 1000 {
		c := domain.Class{ID: fmt.Sprint("c", i), Name: fmt.Sprintf("species number %d", i)}
		if i >= 10 {
			c.Parent = fmt.Sprint("c", i%10)
		}
		in.Classes = append(in.Classes, c)
	}
	project, err := s.CreateProject(ctx, in)
	if err != nil {
		s.t.Fatal(err)
	}
	started, err := s.StartImport(ctx, project.ID, client.ImportOptions{Labels: "none"})
	img := image.NewRGBA(image.Rect(0, 0, 1600, 1200))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*i>>9 | 3)
	}
	for i := 0; i < 130 && err == nil; i++ {
		for k := range 200 * 200 {
			img.Set(k%200+i, k/200+i, color.RGBA{uint8(i), uint8(k), uint8(2 * i), 255})
		}
		var out bytes.Buffer
		if err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 80}); err == nil {
			_, err = s.ImportFile(ctx, project.ID, started.ID, fmt.Sprintf("%03d.jpg", i), nil, out.Bytes())
		}
	}
	if err == nil {
		_, err = s.FinishImport(ctx, project.ID, started.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return project.ID
}
