package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// mapped gives a project of many a map: thirty heaps of points, with some between them. The first third of the images is labelled by turns.
func mapped(t *testing.T, data, project string, n int) {
	t.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(data, "irum.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(filepath.Join(data, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Project(ctx, project)
	if err != nil {
		t.Fatal(err)
	}
	m := domain.ImageMap{ID: store.NewID(), ProjectID: project, Backbone: "of no network", Images: n, Trust: 0.97, CreatedAt: s.Now(), XY: make([]int, 2*n)}
	if m.Assets, err = s.AssetIDs(ctx, project, domain.Filter{}, ""); err != nil || len(m.Assets) != n {
		t.Fatalf("%d images, %v", len(m.Assets), err)
	}
	rng := rand.New(rand.NewSource(1))
	var middles [30][3]float64
	for i := range middles {
		middles[i] = [3]float64{1.5*rng.Float64() - 0.75, 1.5*rng.Float64() - 0.75, 0.02 + 0.06*rng.Float64()}
	}
	for i := range n {
		heap := middles[rng.Intn(len(middles))]
		for axis := range 2 {
			v := heap[axis] + heap[2]*rng.NormFloat64()
			m.XY[2*i+axis] = int(math.Round(domain.MapExtent * min(max(v, -1), 1)))
		}
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	sha, err := blobs.PutBytes(ctx, encoded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveMap(ctx, store.MapRecord{ImageMap: m, SHA256: sha}); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n/3; from += 2000 {
		var changes []store.Change
		for i := from; i < min(from+2000, n/3); i++ {
			class := p.Classes[i%len(p.Classes)].ID
			changes = append(changes, store.Change{AssetID: m.Assets[i], Label: domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: class}}}})
		}
		if _, err := s.WriteLabels(ctx, project, store.LabelWrite{Kind: "label", Actor: "test", Changes: changes}); err != nil {
			t.Fatal(err)
		}
	}
}

// moving does something to the map before each of n frames and gives the milliseconds between them. The page sees events as of a mouse that
// is at work the whole time.
const moving = `(async (kind, n) => {
  const plane = document.querySelector('.map-plane'), box = plane.getBoundingClientRect(), gaps = [];
  const at = (x, y) => ({bubbles: true, cancelable: true, pointerId: 1, pointerType: 'mouse', clientX: box.left + x * box.width, clientY: box.top + y * box.height});
  const act = {
    zoom: i => plane.dispatchEvent(new WheelEvent('wheel', {...at(0.4, 0.45), deltaY: i %% 120 < 60 ? -40 : 40})),
    drag: i => plane.dispatchEvent(new PointerEvent('pointermove', at(0.5 + 0.2 * Math.sin(i / 20), 0.5 + 0.2 * Math.cos(i / 23) ))),
    hover: i => plane.dispatchEvent(new PointerEvent('pointermove', at(0.5 + 0.4 * Math.sin(i / 40), 0.5 + 0.4 * Math.cos(i / 31)))),
  }[kind];
  let last;
  await new Promise(done => { let i = 0; requestAnimationFrame(function frame(now) {
    if (last !== undefined) gaps.push(now - last);
    last = now;
    act(i);
    ++i < n ? requestAnimationFrame(frame) : done();
  }); });
  return gaps;
})(%q, %d)`

// scripted is how long the page has computed and drawn so far, in milliseconds.
func (p *person) scripted() (ms float64) {
	for _, m := range result(p, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "TaskDuration" {
			ms = 1000 * m.Value
		}
	}
	return ms
}

// moves measures frames while the map is worked on: how many a second, and how long the page is at work for one.
func (p *person) moves(what, kind string, n int) (median, p95, work float64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	before := p.scripted()
	gaps, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(moving, kind, n), chromedp.EvalAwaitPromise))
	if err != nil || len(gaps) == 0 {
		p.t.Fatalf("%d frames, %v", len(gaps), err)
	}
	work = (p.scripted() - before) / float64(n)
	slices.Sort(gaps)
	median, p95 = gaps[len(gaps)/2], gaps[len(gaps)*95/100]
	p.t.Logf("%s: %.1f frames/s by the median, 95 %% of the frames within %.1f ms, the longest %.1f ms; %.1f ms of work a frame", what, 1000/median, p95, gaps[len(gaps)-1], work)
	return median, p95, work
}

// TestMeasureMap moves, zooms and lassos on a map of 50,000 images. It wants a quiet machine: IRUM_MEASURE=1 go test ./web/e2e -run MeasureMap -v.
func TestMeasureMap(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("IRUM_MEASURE is not set")
	}
	const n = 50_000
	data, project := many(t, n)
	mapped(t, data, project, n)
	url, _ := hostOver(t, data)
	p := newPerson(t, 1440, 900)
	p.do(call(performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}))
	p.open(url)
	p.sees("New project", time.Minute)
	start := time.Now()
	p.open(url + "/p/s/" + project + "/map")
	p.until("a painted map", painted+` > 1000 && document.querySelectorAll('.map-row').length > 1`, time.Minute)
	t.Logf("from the address to the map: %s", time.Since(start).Round(time.Millisecond))
	t.Logf("of that, answers of the server: %s", eval[string](p, `performance.getEntriesByType('resource').filter(e => e.name.includes('/map')).map(e => e.name.split('/').pop() + ' ' + Math.round(e.duration) + ' ms, ' + Math.round(e.decodedBodySize / 1024) + ' KB').join('; ')`))
	p.shot("50-map-50000")
	const frames = 300
	hold := func(what, tool, kind string) {
		p.click(tool)
		box := eval[[]float64](p, `(() => { const r = document.querySelector('.map-plane').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
		x, y := box[0]+box[2]/2, box[1]+box[3]*0.7
		p.mouse("mousePressed", x, y)
		if median, _, _ := p.moves(what, kind, frames); 1000/median < 55 {
			t.Errorf("%s shows %.1f frames/s, which is less than 55", what, 1000/median)
		}
		p.mouse("mouseReleased", x, y)
	}
	if median, _, _ := p.moves("zooming", "zoom", frames); 1000/median < 55 {
		t.Errorf("zooming shows %.1f frames/s, which is less than 55", 1000/median)
	}
	hold("moving", "Move", "drag")
	p.press("g")
	hold("drawing a lasso", "Lasso", "drag")
	p.until("a selection", selected+` > 0`, 20*time.Second)
	p.shot("51-map-50000-selected")
	p.moves("zooming with a selection", "zoom", frames)
	hold("moving with a selection", "Move", "drag")
	p.press("g")
	p.moves("pointing", "hover", frames)
}
