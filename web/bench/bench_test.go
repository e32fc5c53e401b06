package main

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/bench"
	engines "github.com/irum-app/irum/engine/exec"
)

func TestMedianAndDistance(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.list); got != c.want {
			t.Errorf("%v: %g, want %g", c.list, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 2}, []float32{1, 4}, 0.5},
		{[]float32{-8, 0}, []float32{-8, 2}, 0.25},
		{[]float32{1}, []float32{1, 2}, math.Inf(1)},
		{[]float32{nan}, []float32{1}, math.Inf(1)},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %g, want %g", c.a, c.b, got, c.want)
		}
	}
}

// measured is a phase of MobileNetV2 in which Irum takes 10 ms, ONNX Runtime 25 ms and TensorFlow.js is wrong.
func measured() *phase {
	p := &phase{net: bench.Build("mobilenetv2", side), threads: 1, peaks: []float64{79, 80, 40}, reference: []float32{1, 2, 4}}
	p.contestants = field(p.net, 1, false)
	for _, c := range p.contestants {
		c.Output = []float32{1, 2, 4.00001}
		switch c.Engine {
		case "irum":
			c.medians = []float64{10, 9, 30}
		case "ort":
			c.medians = []float64{25}
		case "tfjs":
			c.medians, c.Output = []float64{1}, []float32{1, 2, 4.1}
		case "litert":
			c.err = errors.New("broken\nat line 3")
		}
	}
	p.compare()
	return p
}

// TestWrongEnginesAreNotCompared: neither a wrong nor a broken engine counts, and the right ones are not blamed.
func TestWrongEnginesAreNotCompared(t *testing.T) {
	p := measured()
	for _, c := range p.contestants {
		if want := c.Engine == "irum" || c.Engine == "ort"; c.right() != want {
			t.Errorf("%s is right: %t, difference %g", c.title, c.right(), c.wrong)
		}
	}
	var out strings.Builder
	p.table(&out)
	for _, want := range []string{"| 2.50x | 2.50x |", "TensorFlow.js | wrong outputs", "LiteRT.js | did not run: broken |", "80.0 GFLOP/s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	cells := -1
	for line := range strings.Lines(out.String()) {
		if n := strings.Count(line, "|"); n > 0 && cells >= 0 && n != cells {
			t.Errorf("%d cells instead of %d: %s", n, cells, line)
		} else if n > 0 {
			cells = n
		}
	}
}

func TestGoalsAndNotes(t *testing.T) {
	p := measured()
	p.starts = []start{{title: "Irum relaxed-simd", first: opened{First: 60.01, Stages: map[string]float64{engines.Generating: 70, engines.Compiling: 50}}}}
	two := measured()
	two.threads = 2
	two.contestants = []*contestant{
		{spec: spec{Engine: "irum", Variant: engines.RelaxedSIMD, Threads: 2, Workers: 1}, medians: []float64{6}},
		{spec: spec{Engine: "irum", Variant: engines.RelaxedSIMD, Threads: 1, Workers: 2}, medians: []float64{5}},
	}
	two.loads = []loaded{{threads: 1, medians: []float64{10}}, {threads: 2, medians: []float64{11}}}
	all := report{phases: []*phase{p, two}, agreement: math.NaN(), with: size{0, 900_000}, without: size{0, 600_000}}
	var rows []string
	for _, g := range all.goals() {
		rows = append(rows, g.row())
	}
	verdicts := strings.Join(rows, "\n")
	for _, want := range []string{
		"relaxed-simd against ONNX Runtime Web, 1 thread | at least 2.4x | 2.50x | reached",
		"relaxed-simd against TensorFlow.js, 1 thread | at least 1.8x | - | not measured",
		"share of the peak | at least 75 % | 75.19 % | reached", "2 threads against its own 1 | at least 1.7x | 1.67x | missed",
		"busy with something else | at least 1x | 0.91x | missed", "compiling code, first start in a browser | at most 120 ms | 120.00 ms | reached",
		"first run, first start in a browser | at most 60 ms | 60.01 ms | missed", "at most 300 KB | 300.00 KB | reached", "at least 98 % | - | not measured",
	} {
		if !strings.Contains(verdicts, want) {
			t.Errorf("the goals lack %q:\n%s", want, verdicts)
		}
	}
	p.profiles = map[string][][]task{engines.RelaxedSIMD: {
		{{"f32_conv1x1_a", 2, 80e6}, {"f32_move_b", 0.5, 0}, {"f32_conv1x1_c", 1, 80e6}},
		{{"f32_conv1x1_a", 9, 80e6}, {"f32_move_b", 0.5, 0}, {"f32_conv1x1_c", 1, 80e6}},
		{{"f32_conv1x1_a", 1, 80e6}, {"f32_move_b", 0.5, 0}, {"f32_conv1x1_c", 1, 80e6}},
	}}
	var out strings.Builder
	p.breakdown(&out, engines.RelaxedSIMD)
	if a, b := strings.Index(out.String(), "| f32_conv1x1_a | 2.000 | 40.0 | 50 | 1.000 |"), strings.Index(out.String(), "| f32_move_b | 0.500 |"); a < 0 || b < a {
		t.Errorf("the profile is\n%s", out.String())
	}
	r := report{machine: readMachine(), phases: []*phase{p}}
	text := r.markdown()
	again := text + notes(text+notes("")+"kept")
	if !strings.HasSuffix(again, marker+"kept") || strings.Count(again, marker) != 1 {
		t.Error("the notes are lost")
	}
}

// TestPeakModule runs the loop in Node: its sum says that every multiply-add was made.
func TestPeakModule(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node")
	}
	script := `process.stdin.on('readable', () => { const b = process.stdin.read(); if (!b) return;
WebAssembly.instantiate(b).then(({ instance }) => console.log(instance.exports.run(1000) / (1000 * 4 * 12 * 1.0000001e-7))) })`
	cmd := exec.Command(node, "--experimental-wasm-relaxed-simd", "-e", script)
	cmd.Stdin = strings.NewReader(string(peakModule()))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text := strings.TrimSpace(string(out)); !strings.HasPrefix(text, "1.0") && !strings.HasPrefix(text, "0.99") {
		t.Errorf("the sum is %s times what it should be", text)
	}
}

// TestQuiet: the counters grow, and a limit is kept.
func TestQuiet(t *testing.T) {
	busy, all := spent()
	start := time.Now()
	quiet(0)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a limit of 0 took %s", took)
	}
	if busyThen, allThen := spent(); busyThen < busy || allThen < all || busyThen > allThen {
		t.Errorf("from %d of %d to %d of %d", busy, all, busyThen, allThen)
	}
}

// TestSite serves what was made and what lies in the folders, isolated, and counts what belongs to an engine.
func TestSite(t *testing.T) {
	s := &site{
		made:    map[string][]byte{"/irum.wasm": []byte(strings.Repeat("irum", 1000)), "/nets/a.onnx": []byte("net")},
		fetched: map[string][]byte{}, packed: map[string]int{}, folders: map[string]string{"/": "page", "/npm/": t.TempDir()},
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/worker/ort.js": "text/javascript", "/irum.wasm": "application/wasm", "/nets/a.onnx": "application/octet-stream",
	} {
		w := get(path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Header().Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("%s: status %d, %v", path, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/none.js", "/npm/none.js", "/../site.go", "/npm/../../site.go"} {
		if w := get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if got := s.fetchedSize(); got.raw != 4000 || got.brotli == 0 || got.brotli > 100 {
		t.Errorf("fetched %+v", got)
	}
	s.forget()
	if got := s.fetchedSize(); got != (size{}) {
		t.Errorf("after forgetting %+v", got)
	}
}
