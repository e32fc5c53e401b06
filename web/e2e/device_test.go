package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// devicePage talks to the API worker as the page does, without the UI: call(method, path, body or file) answers
// {status, type, text or size}.
const (
	devicePageHTML = `<!doctype html><title>device</title><body data-state=""><script type="module" src="/devicetest.js"></script>`
	devicePageJS   = `
const { port1, port2 } = new MessageChannel();
const waiting = new Map();
let next = 0;
port1.onmessage = (e) => { waiting.get(e.data.id)(e.data); waiting.delete(e.data.id); };
globalThis.noise = async () => {
  const canvas = new OffscreenCanvas(1500, 1300);
  const pixels = new ImageData(1500, 1300);
  for (let i = 0; i < pixels.data.length; i += 65536) crypto.getRandomValues(pixels.data.subarray(i, i + 65536));
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  return new File([await canvas.convertToBlob()], 'noise.png');
};
globalThis.call = async (method, path, what) => {
  const id = ++next;
  what = await what;
  const m = { id, method, path };
  if (what instanceof Blob) m.file = what;
  else if (what !== undefined) m.body = new TextEncoder().encode(JSON.stringify(what)).buffer;
  const got = new Promise((done) => waiting.set(id, done));
  port1.postMessage(m);
  const a = await got;
  const bytes = a.body instanceof Blob ? await a.body.arrayBuffer() : a.body;
  const out = { status: a.status, type: a.contentType, size: bytes.byteLength, blob: a.body instanceof Blob };
  if ((a.contentType || '').includes('json')) out.json = JSON.parse(new TextDecoder().decode(bytes));
  return out;
};
globalThis.states = [];
const worker = new Worker('/worker.js', { type: 'module' });
addEventListener('pagehide', () => worker.terminate());
worker.onmessage = (e) => { states.push(e.data); document.body.dataset.state = e.data.state || 'exited'; };
worker.postMessage({ role: 'api', port: port2, version: 'test' }, [port2]);
WebAssembly.compileStreaming(fetch('/app.wasm')).then((module) => worker.postMessage({ module }));`
)

type answer struct {
	Status int            `json:"status"`
	Type   string         `json:"type"`
	Size   int            `json:"size"`
	Blob   bool           `json:"blob"`
	JSON   map[string]any `json:"json"`
}

// ask calls the API of p's tab; what is a JavaScript expression, "undefined" for nothing.
func ask(p *person, method, path, what string) answer {
	p.t.Helper()
	script := fmt.Sprintf(`call(%q, %q, %s).then((a) => { if (Array.isArray(a.json)) a.json = { list: a.json }; return a; })`, method, path, what)
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Minute)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[answer](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

// want is ask for an answer of 2xx.
func want(p *person, method, path, what string) answer {
	p.t.Helper()
	a := ask(p, method, path, what)
	if a.Status/100 != 2 {
		p.t.Fatalf("%s %s answers %d: %v", method, path, a.Status, a.JSON)
	}
	return a
}

func (a answer) text(key string) string { s, _ := a.JSON[key].(string); return s }

func (a answer) list() []any { l, _ := a.JSON["list"].([]any); return l }

// tab opens another tab of the same browser.
func (p *person) tab() (other *person, closeTab func()) {
	ctx, stop := chromedp.NewContext(p.ctx)
	if err := chromedp.Do(ctx); err != nil { // opens it, for longer than one action's time limit
		p.t.Fatal(err)
	}
	return &person{t: p.t, ctx: ctx, shots: p.shots}, stop
}

// pictureFile is a JavaScript File of a PNG.
func pictureFile(t *testing.T, name string, seed int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			img.Set(x, y, color.RGBA{uint8(x * seed), uint8(y + seed*40), uint8(x ^ y), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q, {type: 'image/png'})`,
		base64.StdEncoding.EncodeToString(out.Bytes()), name)
}

func deviceSite(t *testing.T) string { return deviceServer(t).URL + "/devicetest.html" }

func deviceServer(t *testing.T) *httptest.Server {
	return site(t, map[string][]byte{"devicetest.html": []byte(devicePageHTML), "devicetest.js": []byte(devicePageJS)})
}

func TestDeviceKeepsProjectsAndImages(t *testing.T) {
	url := deviceSite(t)
	p := newPerson(t, 1200, 800)
	p.open(url)
	p.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	if a := want(p, "GET", "/api/capabilities", "undefined"); a.text("host") != "device" || a.text("version") != "test" {
		t.Errorf("capabilities %v", a.JSON)
	} else if n, _ := a.JSON["image_threads"].(float64); runtime.NumCPU() > 1 && (n < 2 || a.text("one_thread") != "") {
		t.Errorf("%g threads for an image, of %d cores: %v", n, runtime.NumCPU(), a.JSON)
	}
	if a := ask(p, "POST", "/api/backbones?name=x&source=y", `new File([new Uint8Array([28, 0, 0, 0, 84, 70, 76, 51])], 'x.tflite')`); a.Status != 415 ||
		!strings.Contains(a.text("detail"), "ONNX") {
		t.Errorf("a TFLite network is answered %d, %v", a.Status, a.JSON)
	}
	project := want(p, "POST", "/api/projects", `{name: '시험', task: 'single', classes: [{name: 'a'}, {name: 'b'}]}`).text("id")
	base := "/api/projects/" + project
	imp := want(p, "POST", base+"/imports", `{labels: 'auto'}`).text("id")
	for i := range 3 {
		report := want(p, "POST", fmt.Sprintf("%s/imports/%s/files?path=set/%d.png", base, imp, i), pictureFile(t, "x.png", i+1))
		if report.JSON["imported"] != float64(i+1) {
			t.Fatalf("report %v", report.JSON)
		}
	}
	want(p, "POST", fmt.Sprintf("%s/imports/%s/files?path=big.png", base, imp), "noise()")
	want(p, "POST", base+"/imports/"+imp+"/finish", `{}`)
	if a := ask(p, "GET", "/api/projects/none", "undefined"); a.Status != 404 || a.text("code") != "not_found" {
		t.Errorf("an unknown project answers %d %v", a.Status, a.JSON)
	}

	p.open(url) // a new worker over the same data
	p.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	if got := want(p, "GET", "/api/projects", "undefined").list(); len(got) != 1 {
		t.Fatalf("after a reload there are projects %v", got)
	}
	ids := want(p, "GET", base+"/asset-ids?sort=name", "undefined").list()
	if len(ids) != 4 { // big.png and set/0.png to set/2.png
		t.Fatalf("after a reload there are assets %v", ids)
	}
	if big := want(p, "GET", fmt.Sprintf("%s/assets/%s/image", base, ids[0]), "undefined"); big.Size < 5_000_000 || !big.Blob {
		t.Errorf("an image of megabytes comes as %+v", big)
	}
	ids = ids[1:]
	thumb := want(p, "GET", fmt.Sprintf("%s/assets/%s/thumb", base, ids[0]), "undefined")
	if thumb.Type != "image/jpeg" || thumb.Size < 500 {
		t.Errorf("thumbnail %+v", thumb)
	}
	if img := want(p, "GET", fmt.Sprintf("%s/assets/%s/image", base, ids[0]), "undefined"); img.Type != "image/png" || img.Size < 500 {
		t.Errorf("image %+v", img)
	}
}

// job waits for a job to be done.
func job(p *person, id string) answer {
	p.t.Helper()
	return jobWithin(p, id, 3*time.Minute)
}

// jobWithin waits that long at most.
func jobWithin(p *person, id string, limit time.Duration) answer {
	p.t.Helper()
	for deadline := time.Now().Add(limit); ; {
		j := want(p, "GET", "/api/jobs/"+id, "undefined")
		switch state := j.text("state"); {
		case state == "done":
			return j
		case state == "failed", state == "cancelled", time.Now().After(deadline):
			p.t.Fatalf("the job is %v", j.JSON)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// TestDeviceTrainsAndApplies: the sample, an export, a model of its labels and what it proposes, all in the browser.
func TestDeviceTrainsAndApplies(t *testing.T) {
	p := newPerson(t, 1200, 800)
	p.open(deviceSite(t))
	p.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	start := time.Now()
	lap := func(what string) {
		t.Logf("%s in %s", what, time.Since(start).Round(time.Millisecond))
		start = time.Now()
	}
	sample := job(p, want(p, "POST", "/api/samples/fashion-mnist", `{}`).text("id"))
	lap("the sample")
	base := "/api/projects/" + sample.text("project_id")
	project := want(p, "GET", base, "undefined")
	counts, _ := project.JSON["counts"].(map[string]any)
	if counts["assets"] != 600.0 || counts["labelled"] != 100.0 || counts["unlabelled"] != 500.0 {
		t.Fatalf("the sample has %v", counts)
	}
	export := want(p, "POST", base+"/exports", `{name: 'first', filter: {state: ['labelled']}}`).text("id")
	model := job(p, want(p, "POST", base+"/train", fmt.Sprintf(`{export: %q}`, export)).text("id")).text("model")
	lap("a training on 100 images")
	card := want(p, "GET", base+"/models/"+model, "undefined")
	metrics, _ := card.JSON["metrics"].(map[string]any)
	if accuracy, _ := metrics["accuracy"].(float64); accuracy < 0.5 || accuracy > 1 {
		t.Errorf("the model's accuracy on ten classes of clothes is %v", metrics["accuracy"])
	} else {
		t.Logf("accuracy %.2f", accuracy)
	}
	applied := job(p, want(p, "POST", base+"/models/"+model+"/apply", `{filter: {}, min_confidence: 0}`).text("id"))
	lap("an apply to 500 images")
	report, _ := applied.JSON["apply"].(map[string]any)
	if report["labelled"] != 500.0 {
		t.Errorf("the apply reports %v", report)
	}
	onnx := want(p, "GET", base+"/models/"+model+"/file", "undefined")
	if onnx.Size < 1_000_000 {
		t.Errorf("the model file is %+v", onnx)
	}
	if c := want(p, "GET", "/api/capabilities", "undefined"); c.text("engine") == "" {
		t.Errorf("after a training the engine is not named: %v", c.JSON)
	}
}

// TestTabsShareTheDevice: the second tab works through the first one's worker, and takes over when that is closed.
func TestTabsShareTheDevice(t *testing.T) {
	url := deviceSite(t)
	first := newPerson(t, 1200, 800)
	first.open(url)
	first.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	want(first, "POST", "/api/projects", `{name: 'one', task: 'single', classes: [{name: 'a'}]}`)
	second, closeSecond := first.tab()
	defer closeSecond()
	second.open(url)
	second.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	if !eval[bool](second, `states.some((s) => s.shared)`) {
		t.Error("the second tab opened the data itself")
	}
	want(second, "POST", "/api/projects", `{name: 'two', task: 'single', classes: [{name: 'a'}]}`)
	if got := want(first, "GET", "/api/projects", "undefined").list(); len(got) != 2 {
		t.Errorf("the first tab sees %v", got)
	}
	first.open("about:blank") // ends its workers
	start := time.Now()
	const third = `{name: 'three', task: 'single', classes: [{name: 'a'}]}`
	if a := ask(second, "POST", "/api/projects", third); a.Status == 503 {
		// It reached the first tab while that was closed: the answer says to look whether the change was made.
		if got := want(second, "GET", "/api/projects", "undefined").list(); len(got) == 2 {
			want(second, "POST", "/api/projects", third)
		}
	} else if a.Status/100 != 2 {
		t.Errorf("a project made while the first tab closes: %d %v", a.Status, a.JSON)
	}
	t.Logf("the second tab took over in %s", time.Since(start))
	if got := want(second, "GET", "/api/projects", "undefined").list(); len(got) != 3 {
		t.Errorf("after the first tab was closed the second sees %v", got)
	}
}

// TestAppOpensWithoutTheServer: after one visit everything is in the service worker's cache.
func TestAppOpensWithoutTheServer(t *testing.T) {
	server := site(t, nil)
	p := newPerson(t, 1200, 800)
	p.open(server.URL)
	p.until("the app", `!document.getElementById('boot') && document.body.innerText.length > 20`, 30*time.Second)
	p.until("the device", `irum.device.state === 'ready'`, 30*time.Second)
	if why := eval[string](p, `irum.server`); why != "no" {
		t.Errorf("a server without an API is taken for %q", why)
	}
	p.until("the service worker", `navigator.serviceWorker.controller`, 60*time.Second)
	server.CloseClientConnections()
	server.Close()
	p.open(server.URL + "/p/d/some/images?x=1")
	p.until("the app offline", `!document.getElementById('boot') && document.body.innerText.length > 20`, 30*time.Second)
	p.until("the device offline", `irum.device.state === 'ready'`, 30*time.Second)
	p.shot("offline")
}

// TestColdStart tells how long the first and the second visit take until the app is shown and the device is ready.
func TestColdStart(t *testing.T) {
	server := site(t, nil)
	p := newPerson(t, 1440, 900)
	visit := func(name string) {
		p.open(server.URL)
		p.until("the marks", `['irum-shown', 'irum-device'].every((n) => performance.getEntriesByName(n).length)`, 60*time.Second)
		at := eval[map[string]float64](p, `Object.fromEntries(performance.getEntriesByType('mark').filter((m) => m.name.startsWith('irum-')).map((m) => [m.name, Math.round(m.startTime)]))`)
		t.Logf("%s: ms after the start of the navigation: %v", name, at)
		if at["irum-shown"] > 15_000 {
			t.Errorf("%s took %g ms", name, at["irum-shown"])
		}
	}
	visit("first visit")
	p.until("the service worker", `navigator.serviceWorker.controller`, 60*time.Second)
	for range 3 {
		visit("again, from the service worker")
	}
}
