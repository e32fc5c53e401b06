package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	_ "modernc.org/sqlite" // database/sql driver "sqlite"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// many fills a data folder with a project of n images. Their thumbnails are 64 pictures, over and over.
func many(t *testing.T, n int) (data, project string) {
	t.Helper()
	ctx, data := context.Background(), t.TempDir()
	blobs, err := blob.OpenFolder(filepath.Join(data, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	var thumbs []string
	for i := range 64 {
		img := image.NewRGBA(image.Rect(0, 0, 256, 192))
		for k := range 256 * 192 {
			img.Set(k%256, k/256, color.RGBA{uint8(k%256 + 3*i), uint8(k/256 + 5*i), uint8(4 * i), 255})
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, nil); err != nil {
			t.Fatal(err)
		}
		sha, err := blobs.PutBytes(ctx, out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		thumbs = append(thumbs, sha)
	}
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(data, "irum.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.CreateProject(ctx, domain.Project{Name: "Many", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "cat", Color: "#2a9d8f"}, {Name: "dog", Color: "#e76f51"}}})
	if err != nil {
		t.Fatal(err)
	}
	const batch = 5000
	for from := 0; from < n; from += batch {
		var assets []domain.Asset
		for i := from; i < min(from+batch, n); i++ {
			assets = append(assets, domain.Asset{
				Name: fmt.Sprintf("set/%06d.jpg", i), SHA256: fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, i))), ThumbSHA: thumbs[i%len(thumbs)],
				Format: "jpeg", Width: 1024, Height: 768, Bytes: 90_000,
			})
		}
		if _, err := s.AddAssets(ctx, made.ID, assets, store.LabelWrite{OpID: fmt.Sprint("import-", from), Kind: "import"}); err != nil {
			t.Fatal(err)
		}
	}
	return data, made.ID
}

// scrollFor scrolls the grid by so many pixels a frame for some time and gives the milliseconds between the frames.
const scrollFor = `(async (pixels, ms) => {
  const grid = document.querySelector('.grid-scroll[role=grid]'), gaps = [];
  let start, last;
  await new Promise((done) => requestAnimationFrame(function frame(now) {
    if (last !== undefined) gaps.push(now - last);
    start ??= now; last = now;
    grid.scrollTop += pixels;
    now - start < ms ? requestAnimationFrame(frame) : done();
  }));
  return gaps;
})`

// scroll measures frames a second while the grid scrolls.
func (p *person) scroll(what string, pixels, ms int) (perSecond, p95 float64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	gaps, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf("%s(%d, %d)", scrollFor, pixels, ms), chromedp.EvalAwaitPromise))
	if err != nil || len(gaps) == 0 {
		p.t.Fatalf("%d frames, %v", len(gaps), err)
	}
	sum := 0.0
	for _, g := range gaps {
		sum += g
	}
	slices.Sort(gaps)
	perSecond, p95 = 1000*float64(len(gaps))/sum, gaps[len(gaps)*95/100]
	p.t.Logf("%s: %.1f frames/s, 95 %% of the frames within %.1f ms, the longest %.1f ms", what, perSecond, p95, gaps[len(gaps)-1])
	return perSecond, p95
}

// heap is the page's JavaScript heap after a collection, in MB, and its nodes.
func (p *person) heap() (mb, nodes float64) {
	p.t.Helper()
	p.do(call(performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}))
	eval[bool](p, `(globalThis.gc && gc(), true)`)
	for _, m := range result(p, performance.GetMetrics, cdp.Empty{}).Metrics {
		switch m.Name {
		case "JSHeapUsedSize":
			mb = m.Value / 1e6
		case "Nodes":
			nodes = m.Value
		}
	}
	return mb, nodes
}

// TestMeasureGrid opens a project of 100,000 images, scrolls through it and labels it whole. It takes a minute and wants a
// quiet machine: IRUM_MEASURE=1 go test ./web/e2e -run MeasureGrid -v.
func TestMeasureGrid(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("IRUM_MEASURE is not set")
	}
	const n = 100_000
	start := time.Now()
	lap := func(what string) time.Duration {
		d := time.Since(start)
		t.Logf("%s: %s", what, d.Round(time.Millisecond))
		start = time.Now()
		return d
	}
	data, project := many(t, n)
	url, _ := hostOver(t, data)
	lap("filling the store")
	p := newPerson(t, 1440, 900)
	p.open(url)
	p.sees("New project", time.Minute)
	start = time.Now()
	p.open(url + "/p/s/" + project + "/images")
	const shown = `(all => all.length > 20 && all.every(i => i.complete && i.naturalWidth > 0))([...document.querySelectorAll('.cell img')].filter(i => i.getBoundingClientRect().top < innerHeight))`
	p.until("the first page of thumbnails", shown, time.Minute)
	if d := lap("from the address to the first page of thumbnails"); d > 5*time.Second {
		t.Errorf("the grid opens after %s", d)
	}
	before, _ := p.heap()
	p.scroll("slowly, 10 pixels a frame", 10, 4000)
	p.scroll("briskly, 60 pixels a frame", 60, 4000)
	p.scroll("flung, 400 pixels a frame", 400, 4000)
	if fps, _ := p.scroll("briskly again", 60, 4000); fps < 55 {
		t.Errorf("scrolling shows %.1f frames/s, which is less than 55", fps)
	}
	p.until("thumbnails after scrolling", shown, time.Minute)
	after, nodes := p.heap()
	t.Logf("heap %.1f MB before, %.1f MB after scrolling; %.0f nodes", before, after, nodes)
	if after > before+60 || nodes > 20_000 {
		t.Error("scrolling leaves things behind")
	}
	eval[bool](p, `(document.querySelector('[role=gridcell][tabindex="0"]') || document.querySelector('.grid-scroll')).focus() || true`)
	p.press(kb.ArrowRight) // the keys go on from what is seen
	p.until("a seen image with the focus", `(r => r.top < innerHeight && r.bottom > 0)(document.activeElement.getBoundingClientRect()) && document.activeElement.dataset.i`, 10*time.Second)
	if p95 := p.work("a key walks over the grid", 60, func(int) { p.press(kb.ArrowRight) }); p95 > 16 {
		t.Errorf("a key on the grid takes %.1f ms of work", p95)
	}
	p.work("a row of the grid comes into view", 30, func(int) {
		eval[bool](p, `(document.querySelector('.grid-scroll[role=grid]').scrollBy(0, 205), true)`)
	})
	start = time.Now()
	p.press(kb.End)
	p.until("the last image", fmt.Sprintf(`document.activeElement.dataset.i === '%d'`, n-1), 20*time.Second)
	lap("End")
	p.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.sees("100,000 selected", 20*time.Second)
	lap("Ctrl+A")
	p.press("1")
	p.sees("Will change 100,000", time.Minute)
	lap("telling what would change")
	p.press(kb.Enter)
	p.sees("100,000 images labelled as cat", 2*time.Minute)
	lap("labelling all 100,000")
	p.sees("100,000 of 100,000 labelled", 20*time.Second)
	start = time.Now()
	p.press("z")
	p.sees("Undone for 100,000 images", 2*time.Minute)
	lap("one undo")
	p.until("no image with a label", `/^0 of 100,000 labelled/m.test(document.body.innerText)`, 20*time.Second)
}

// TestMeasureDevice reopens a project of 10,000 images that is kept in the browser: IRUM_MEASURE=1, as above.
func TestMeasureDevice(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("IRUM_MEASURE is not set")
	}
	const n = 10_000
	file := filepath.Join(t.TempDir(), "tiny.zip")
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for i := range n {
		w, err := z.Create(fmt.Sprintf("%05d.png", i))
		if err == nil {
			_, err = w.Write(pngOf(t, 8+i%100, 8+i/100, color.RGBA{uint8(i), uint8(i / 256), 90, 255}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), os.WriteFile(file, archive.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, 1440, 900)
	p.open(site(t, nil).URL)
	p.sees("New project", time.Minute)
	p.until("the service worker", `navigator.serviceWorker.controller`, time.Minute)
	p.newProject("Ten thousand", "cat\ndog")
	start := time.Now()
	p.drop("#main", []string{file})
	p.click("None")
	p.click("Add")
	p.sees("10,000 images added", 40*time.Minute)
	t.Logf("%d images imported in %s", n, time.Since(start).Round(time.Second))
	at := eval[string](p, `location.href`)
	for range 3 {
		start = time.Now()
		p.open(at)
		p.until("the first page of thumbnails", `document.querySelectorAll('.cell img').length > 20 && [...document.querySelectorAll('.cell img')].filter(i => i.getBoundingClientRect().top < innerHeight).every(i => i.complete && i.naturalWidth > 0)`, time.Minute)
		d := time.Since(start)
		t.Logf("reopened in %s", d.Round(time.Millisecond))
		if d > 2*time.Second {
			t.Errorf("a project of %d images on the device opens after %s, which is more than 2 s", n, d)
		}
	}
}
