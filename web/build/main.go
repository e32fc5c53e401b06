// Command build makes web/dist, all that the browser is sent, and web/app.wasm. It is run from anywhere inside the module:
//
//	go run ./web/build [-quality 11] [-lines]
//
// With -edge it makes web/edge/dist of it instead, the edge host as Cloudflare takes it.
//
// It fails where app.wasm has grown over its budget; -weigh tells what is in it.
//
// What is slow (Brotli, the backbone, the samples) is kept in web/.cache by the digest of what it was made of.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/web/build/shrink"
	"github.com/irum-app/irum/web/messages"
)

func main() {
	quality := flag.Int("quality", 11, "Brotli quality of app.wasm, 0 to 11; 5 is fast")
	lines := flag.Bool("lines", false, "keep the lines of source in stack traces, a seventh of app.wasm")
	weigh := flag.Bool("weigh", false, "only tell how much code each package has in app.wasm")
	edge := flag.Bool("edge", false, "make web/edge/dist, the edge host, of web/dist as it is")
	flag.Parse()
	start := time.Now()
	b, err := newBuild(*quality)
	if err == nil && *edge {
		if err = b.edge(os.Stdout); err == nil {
			return
		}
	}
	if err == nil && *weigh {
		if err = b.weigh(os.Stdout); err == nil {
			return
		}
	}
	if err == nil {
		b.lines = *lines
		err = b.run()
	}
	if err == nil {
		b.report(os.Stdout)
		fmt.Printf("web/dist is version %s, made in %s\n", b.version, time.Since(start).Round(100*time.Millisecond))
		err = b.withinBudget()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/build:", err)
		os.Exit(1)
	}
}

// build gathers dist in memory and writes it at the end, so that a failed build leaves the old one.
type build struct {
	web     string // the folder web of the module
	quality int
	lines   bool // in stack traces
	larger  bool // without what makes app.wasm smaller
	version string
	files   map[string][]byte // by slash path in dist
	brotli  map[string][]byte
}

func newBuild(quality int) (*build, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w", explain(err))
	}
	web := filepath.Join(strings.TrimSpace(string(out)), "web")
	return &build{web: web, quality: quality, files: map[string][]byte{}, brotli: map[string][]byte{}}, nil
}

func (b *build) run() error {
	for _, step := range []func() error{b.wasm, b.shell, b.texts, b.styles, b.goRuntime, b.sqlite, b.icons, b.backbone, b.samples, b.finish, b.compress, b.write} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// texts writes all texts of the UI, which boot.js fetches beside app.wasm.
func (b *build) texts() error {
	all := map[string]map[string]string{}
	for _, l := range messages.Languages {
		var err error
		if all[l], err = messages.Load(l); err != nil {
			return err
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	b.files["texts.json"] = data
	return nil
}

// wasm builds app.wasm. Go's build cache makes it fast when nothing changed. A Go that the overlay does not fit
// builds without it: larger, and said so.
func (b *build) wasm() error {
	path := filepath.Join(b.web, "app.wasm")
	overlay, err := b.overlay("../wasm")
	if err == nil {
		err = b.goBuild(path, "../wasm", "-overlay", overlay)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/build: with the stand-ins of overlay.go:", err)
		if err := b.goBuild(path, "../wasm"); err != nil {
			return fmt.Errorf("build app.wasm: %w", err)
		}
		fmt.Fprintln(os.Stderr, "web/build: app.wasm was built without the stand-ins and is 2.3 MB larger: bring *.go.txt up to date")
		b.larger = true
	}
	if err := b.copy("app.wasm", path); err != nil {
		return err
	}
	small, err := shrink.Module(b.files["app.wasm"], b.lines)
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/build: app.wasm stays as it is, a quarter larger after Brotli: bring package shrink up to date:", err)
		b.larger = true
		return nil
	}
	b.files["app.wasm"] = small
	return nil
}

// hot is what is compiled with inlining: pixels, bytes, and what runs under everything. The rest waits for
// people, files and databases; without inlining it is smaller by a tenth, and nobody sees the time of its calls (measured for training too: its loops call nothing).
var hot = []string{
	"runtime", "internal/runtime/...", "internal/bytealg", "internal/sync", "internal/byteorder", "sync/...", "syscall/js",
	"math/...", "bytes", "unicode/utf8",
	"compress/...", "hash/...", "crypto/internal/fips140/...",
	"image/...", "golang.org/x/image/...",
	"github.com/irum-app/irum/engine/exec", "github.com/irum-app/irum/engine/vision",
	"github.com/irum-app/irum/wasm/sqlite", "github.com/irum-app/irum/wasm/glue",
}

// goBuild links a package, named from the folder web, into the file at path.
func (b *build) goBuild(path, pkg string, more ...string) error {
	// The tag is net/http's own: without HTTP/2, which the browser speaks.
	args := append([]string{"build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", path}, more...)
	args = append(args, "-gcflags=all=-l")
	for _, pattern := range hot {
		args = append(args, "-gcflags="+pattern+"=")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = b.web
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (b *build) copy(name, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	b.files[name] = data
	return nil
}

// tree copies all files under from into dist.
func (b *build) tree(from string, skip func(string) bool) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(rel); !skip(name) {
			return b.copy(name, path)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// shell copies what starts the app.
func (b *build) shell() error {
	return b.tree(filepath.Join(b.web, "shell"), func(string) bool { return false })
}

// styles joins the style sheets in order of their names, and copies what else the UI has in static.
func (b *build) styles() error {
	names, err := filepath.Glob(filepath.Join(b.web, "static", "css", "*.css"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	var css bytes.Buffer
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		css.Write(data)
		css.WriteByte('\n')
	}
	b.files["irum.css"] = css.Bytes()
	return b.tree(filepath.Join(b.web, "static"), func(name string) bool { return strings.HasSuffix(name, ".css") })
}

// goRuntime copies what runs Go's programs in the browser; it belongs to the Go that built app.wasm.
func (b *build) goRuntime() error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find GOROOT: %w", explain(err))
	}
	b.files["irum-thread.js"] = engine.ThreadScript()
	return b.copy("wasm_exec.js", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
}

func (b *build) modules(name string) string {
	return filepath.Join(b.web, "node_modules", filepath.FromSlash(name))
}

func (b *build) sqlite() error {
	dist := b.modules("@sqlite.org/sqlite-wasm/dist")
	for _, name := range []string{"index.mjs", "sqlite3.wasm"} {
		if err := b.copy("sqlite/"+name, filepath.Join(dist, name)); err != nil {
			return fmt.Errorf("%w: run `make npm` first", err)
		}
	}
	return nil
}

// finish names the version by all contents, and fills it in where it is needed.
func (b *build) finish() error {
	sum := sha256.New()
	for _, name := range b.names() {
		fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(b.files[name]))
	}
	b.version = hex.EncodeToString(sum.Sum(nil))[:16]
	fill := func(name string, pairs ...string) {
		b.files[name] = []byte(strings.NewReplacer(pairs...).Replace(string(b.files[name])))
	}
	var paths []string
	for _, name := range b.names() {
		if name != "sw.js" {
			paths = append(paths, "/"+name)
		}
	}
	list, err := json.Marshal(paths)
	if err != nil {
		return err
	}
	fill("index.html", "{{.Version}}", b.version, "{{.WasmBytes}}", fmt.Sprint(len(b.files["app.wasm"])))
	fill("sw.js", "{{.Version}}", b.version, "{{.Files}}", string(list))
	return nil
}

func (b *build) names() []string {
	names := make([]string, 0, len(b.files))
	for name := range b.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return err
}
