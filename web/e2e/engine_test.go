package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEngineInTheBrowser runs the engine's own tests in Chromium; `make test` runs them in Node too.
func TestEngineInTheBrowser(t *testing.T) {
	tests := []string{"-test.run", "^Test"} // not the fuzz targets, which look for folders of seeds
	t.Run("simd", func(t *testing.T) { goTest{Args: tests}.run(t, "../../engine/simd") })
	t.Run("exec", func(t *testing.T) {
		bits := filepath.Join(t.TempDir(), "bits.json")
		native := exec.Command("go", "test", "-count=1", "-run", "^TestBits$", "../../engine/exec")
		native.Env = append(os.Environ(), "IRUM_BITS_TO="+bits)
		if out, err := native.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		digests, err := os.ReadFile(bits)
		if err != nil {
			t.Fatal(err)
		}
		g := goTest{Args: tests, Env: map[string]string{"IRUM_BITS_FROM": "/bits.json"}, files: map[string][]byte{"bits.json": digests}}
		out := g.run(t, "../../engine/exec")
		if !strings.Contains(out, "--- PASS: TestBits") {
			t.Error("the bits were not compared")
		}
		if !strings.Contains(out, "kernels of relaxed-simd") || !strings.Contains(out, "--- PASS: TestProducts") {
			t.Error("the kernels of products did not run")
		}
	})
	t.Run("engine", func(t *testing.T) {
		stored, err := filepath.Glob("../../engine/testdata/*.f32")
		if err != nil || len(stored) == 0 {
			t.Fatalf("%d stored outputs: %v", len(stored), err)
		}
		g := goTest{Args: []string{"-test.run", "^TestWholeNetworks$/./simd$|^TestN|^TestThreads"}, files: map[string][]byte{}}
		for _, name := range stored {
			if g.files["testdata/"+filepath.Base(name)], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		const bundle = "web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
		if data, err := os.ReadFile("../../" + bundle); err == nil { // the backbone is in it
			g.files[bundle] = data
		}
		script, err := os.ReadFile("../../engine/exec/thread.js")
		if err != nil {
			t.Fatal(err)
		}
		g.serve = map[string][]byte{"irum-thread.js": script}
		out := g.run(t, "../../engine")
		if !strings.Contains(out, "--- PASS: TestThreads/resnet18") {
			t.Error("no threads")
		}
		for _, executor := range []string{"simd", "relaxed-simd"} {
			if !strings.Contains(out, "--- PASS: TestWholeNetworks/resnet18/"+executor) {
				t.Errorf("%s did not run", executor)
			}
		}
	})
}

// TestDetectorOfTwoHosts trains a small detector on photos natively and in Chromium: all that is computed has the same bits.
func TestDetectorOfTwoHosts(t *testing.T) {
	const photos = 3
	dir := boxedCells(t, photos)
	names, files := []string{}, map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if stem, ok := strings.CutSuffix(e.Name(), ".jpg"); ok {
			names = append(names, stem)
		}
		if files["cells/"+e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	bits := filepath.Join(t.TempDir(), "bits.json")
	native := exec.Command("go", "test", "-count=1", "-v", "-run", "^TestDetectorBits$", "../../engine")
	native.Env = append(os.Environ(), "IRUM_DETECTOR="+dir, "IRUM_DETECTOR_NAMES="+string(list), "IRUM_DETECTOR_TO="+bits)
	out, err := native.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("natively: %s", out)
	for name, path := range map[string]string{
		"bits.json": bits,
		"web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data": "../node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data",
	} {
		if files[name], err = os.ReadFile(path); err != nil {
			t.Skipf("the backbone is not there: %v", err)
		}
	}
	g := goTest{
		Args:  []string{"-test.run", "^TestDetectorBits$"},
		Env:   map[string]string{"IRUM_DETECTOR": "/cells", "IRUM_DETECTOR_NAMES": string(list), "IRUM_DETECTOR_FROM": "/bits.json"},
		files: files,
	}
	if out := g.run(t, "../../engine"); !strings.Contains(out, "--- PASS: TestDetectorBits") {
		t.Error("the bits were not compared")
	}
}

// TestKernelSpeed prints how fast the kernels of products are in Chromium, with IRUM_MEASURE=1.
func TestKernelSpeed(t *testing.T) {
	if os.Getenv("IRUM_MEASURE") == "" {
		t.Skip("set IRUM_MEASURE=1 to measure")
	}
	goTest{Args: []string{"-test.run", "^TestProducts$", "-test.bench", "^BenchmarkProducts$"}}.run(t, "../../engine/exec")
}
