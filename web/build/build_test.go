package main

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func testBuild(t *testing.T) *build {
	t.Helper()
	return &build{web: t.TempDir(), quality: 5, files: map[string][]byte{}, brotli: map[string][]byte{}}
}

func TestBrotliTwinsAreWhole(t *testing.T) {
	b := testBuild(t)
	text := bytes.Repeat([]byte("function label(image) { return name; }\n"), 5000)
	b.files["a.js"], b.files["tiny.js"], b.files["photo.png"] = text, []byte("1"), text
	for range 2 { // the second time from the cache
		b.brotli = map[string][]byte{}
		if err := b.compress(); err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(brotli.NewReader(bytes.NewReader(b.brotli["a.js"])))
		if err != nil || !bytes.Equal(back, text) {
			t.Fatalf("%d of %d bytes come back: %v", len(back), len(text), err)
		}
		if len(b.brotli) != 1 {
			t.Errorf("%d twins", len(b.brotli))
		}
	}
}

func TestVersionNamesTheContents(t *testing.T) {
	version := func(js string) (string, *build) {
		b := testBuild(t)
		b.files["app.js"] = []byte(js)
		b.files["app.wasm"] = make([]byte, 1234)
		b.files["index.html"] = []byte("{{.Version}} {{.WasmBytes}}")
		b.files["sw.js"] = []byte("'{{.Version}}' {{.Files}}")
		if err := b.finish(); err != nil {
			t.Fatal(err)
		}
		return b.version, b
	}
	one, b := version("1")
	again, _ := version("1")
	two, _ := version("2")
	if one != again || one == two || len(one) != 16 {
		t.Errorf("versions %s, %s, %s", one, again, two)
	}
	if got := string(b.files["index.html"]); got != one+" 1234" {
		t.Errorf("index.html is %q", got)
	}
	if got := string(b.files["sw.js"]); got != "'"+one+`' ["/app.js","/app.wasm","/index.html"]` {
		t.Errorf("sw.js is %q", got)
	}
}

func TestDistHoldsWhatWasMadeAlone(t *testing.T) {
	b := testBuild(t)
	dist := filepath.Join(b.web, "dist")
	for name, text := range map[string]string{"README": "kept", "old.js": "gone", "sub/old.js": "gone", "new.js": "before"} {
		if err := replace(filepath.Join(dist, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	b.files["new.js"], b.files["deep/er/x.js"], b.files["empty.css"] = []byte("after"), []byte("x"), []byte{}
	if err := b.write(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"README": "kept", "new.js": "after", "deep/er/x.js": "x", "empty.css": ""} {
		if got, err := os.ReadFile(filepath.Join(dist, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q: %v", name, got, err)
		}
	}
	for _, name := range []string{"old.js", "sub/old.js", "new.js.tmp"} {
		if _, err := os.Stat(filepath.Join(dist, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

func TestSampleTellsNoClassByName(t *testing.T) {
	labels := make([]byte, 1000)
	images := make([]byte, 1000*fashionSide*fashionSide)
	for i := range labels {
		labels[i] = byte(i * 7 % 10)
		images[i*fashionSide*fashionSide] = byte(i)
	}
	pack, err := fashionZIP(images, labels)
	if err != nil {
		t.Fatal(err)
	}
	again, err := fashionZIP(images, labels)
	if err != nil || !bytes.Equal(pack, again) {
		t.Error("two packs differ:", err)
	}
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	var csv []byte
	pictures := 0
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".png") {
			pictures++
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if csv, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if pictures != 600 {
		t.Errorf("%d pictures", pictures)
	}
	per := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(csv)), "\n")[1:] {
		name, class, _ := strings.Cut(line, ",")
		per[class]++
		if !strings.HasPrefix(name, "images/") || strings.Trim(strings.TrimSuffix(strings.TrimPrefix(name, "images/"), ".png"), "0123456789") != "" {
			t.Errorf("the name %q tells something", name)
		}
	}
	for _, class := range fashionClasses {
		if per[class] != fashionLabelled {
			t.Errorf("%d labels of %s", per[class], class)
		}
	}
	if _, err := fashionZIP(images[:100], labels); err == nil {
		t.Error("cut images are taken")
	}
}

func TestIconIsCutWhereItShould(t *testing.T) {
	cut, full := drawIcon(192, false), drawIcon(192, true)
	if _, _, _, a := cut.At(0, 0).RGBA(); a != 0 {
		t.Error("the corner is drawn")
	}
	if _, _, _, a := full.At(0, 0).RGBA(); a != 0xffff {
		t.Error("the maskable icon has a hole in its corner")
	}
	if r, g, b, _ := cut.At(96, 75).RGBA(); r>>8 != 0x1d || g>>8 != 0x1f || b>>8 != 0x23 {
		t.Error("there is no eye")
	}
}

func TestImporters(t *testing.T) {
	deps := "b.org/regexp \na.org/b b.org/regexp \nc.org/c b regexp \nd.org/d regexp/syntax regexp \ncrypto/x509 regexp \nvendor/golang.org/x regexp \n"
	if got := importers(deps, "regexp"); got != "c.org/c, d.org/d" {
		t.Errorf("got %q", got)
	}
	if got := importers(deps, "b.org/regexp"); got != "a.org/b" {
		t.Errorf("got %q", got)
	}
}

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name          string
		quality, size int
		larger, lines bool
		over          bool
	}{
		{name: "at the budget", quality: 11, size: budget},
		{name: "over it", quality: 11, size: budget + 1, over: true},
		{name: "fast, and so larger", quality: 5, size: budget + 1},
		{name: "fast, and too large", quality: 5, size: budget * 5 / 4, over: true},
		{name: "a quality that nobody has measured", quality: 3, size: 2 * budget},
		{name: "with lines", quality: 11, size: budget + 1, lines: true},
		{name: "by an unknown Go", quality: 11, size: budget + 1, larger: true},
	} {
		b := testBuild(t)
		b.quality, b.larger, b.lines = c.quality, c.larger, c.lines
		b.brotli["app.wasm"] = make([]byte, c.size)
		if err := b.withinBudget(); (err != nil) != c.over {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestCodeByPackage(t *testing.T) {
	name := func(i byte, s string) []byte { return append([]byte{i, byte(len(s))}, s...) }
	part := func(id byte, body []byte) []byte { return append([]byte{id, byte(len(body))}, body...) }
	names := slices.Concat([]byte{3}, name(1, "runtime.gc"), name(2, "github.com_irum_app_irum_app_ui.Field"), name(3, "github.com_irum_app_irum_app_ui.__T_.Render"))
	module := slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		part(2, []byte{1, 2, 'g', 'o', 1, 'f', 0, 0}),
		part(10, []byte{3, 2, 0, 11, 3, 0, 1, 11, 4, 0, 1, 1, 11}),
		part(0, slices.Concat([]byte("\x04name"), part(0, []byte("x")), part(1, names))))
	got, err := codeByPackage(module)
	if want := (map[string]int{"runtime": 2, "github.com_irum_app_irum_app_ui": 7}); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v: %v", got, err)
	}
	for n := range module {
		if n < 37 { // before the end of the code, or of its names
			if got, err := codeByPackage(module[:n]); err == nil {
				t.Errorf("cut to %d bytes it has %v", n, got)
			}
		}
	}
}
