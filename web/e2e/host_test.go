package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// policy is the page's content security policy, as the server sends it.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var builtOnce = sync.OnceValue(func() error {
	if _, err := os.Stat("../dist/app.wasm"); err == nil {
		return nil
	}
	out, err := exec.Command("go", "run", "../build", "-quality", "5").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

// site serves web/dist with the page's headers, and extra files by path. It has no API: the device is the only place.
func site(t *testing.T, extra map[string][]byte) *httptest.Server {
	t.Helper()
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	dist := os.DirFS("../dist")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cache-Control", "no-cache")
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if data, ok := extra[name]; ok {
			send(w, name, data)
			return
		}
		if strings.HasPrefix(name, "api/") {
			http.NotFound(w, r)
			return
		}
		data, err := fs.ReadFile(dist, name)
		if err != nil {
			name = "index.html"
			if data, err = fs.ReadFile(dist, name); err != nil {
				t.Error(err)
			}
		}
		send(w, name, data)
	}))
	t.Cleanup(server.Close)
	return server
}

func send(w http.ResponseWriter, name string, data []byte) {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".mjs", ".js":
		kind = "text/javascript"
	case ".wasm":
		kind = "application/wasm"
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

// goTestPage runs a Go test binary in a worker and shows what it prints.
const (
	goTestPage = `<!doctype html><title>go test</title><pre id="out"></pre><script type="module" src="/gotest.js"></script>`
	goTestJS   = `
const out = document.getElementById('out');
const worker = new Worker('/gotest-worker.js', { type: 'module' });
worker.onmessage = (e) => {
  if (e.data.text) out.append(e.data.text);
  if ('code' in e.data) document.body.dataset.code = e.data.code;
};
worker.onerror = (e) => { out.append(String(e.message)); document.body.dataset.code = -1; };`
	goTestWorker = `
import '/wasm_exec.js';
import { startEngine } from '/engine.js';
import { openSQLite } from '/sqlite.js';
globalThis.openSQLite = openSQLite;
globalThis.startEngine = () => startEngine(globalThis.module);
const text = new TextDecoder();
globalThis.fs.writeSync = (fd, buf) => { postMessage({ text: text.decode(buf.slice()) }); return buf.length; };
globalThis.module = await WebAssembly.compileStreaming(fetch('/gotest.wasm'));
const { args, env, files } = await (await fetch('/gotest.json')).json();
const opened = new Map();
for (const name of files) opened.set('/' + name, new Uint8Array(await (await fetch('/files/' + name)).arrayBuffer()));
const handles = [];
const stat = (size) => ({ isDirectory: () => false, dev: 0, ino: 0, mode: 0o100444, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize: 512, blocks: 0, atimeMs: 0, mtimeMs: 0, ctimeMs: 0 });
globalThis.process.cwd = () => '/';
Object.assign(globalThis.fs, { // enough to read the files
  open(path, flags, mode, done) {
    const data = opened.get(new URL(path, 'file:///').pathname);
    if (!data) return done(Object.assign(new Error(path + ' is not there'), { code: 'ENOENT' }));
    done(null, 100 + handles.push({ data, at: 0 }) - 1);
  },
  fstat: (fd, done) => done(null, stat(fd < 100 ? 0 : handles[fd - 100].data.length)),
  read(fd, to, offset, length, position, done) {
    const h = handles[fd - 100];
    const from = position ?? h.at;
    const part = h.data.subarray(from, from + length);
    to.set(part, offset);
    if (position === null) h.at += part.length;
    done(null, part.length);
  },
  close: (fd, done) => done(null),
});
const go = new Go();
go.argv = ['gotest', '-test.v', ...(args ?? [])];
go.env = env ?? {};
let code = 0;
go.exit = (c) => { code = c; go._resume = () => {}; }; // a timer that is still set finds nobody, which is no error
const instance = await WebAssembly.instantiate(module, go.importObject);
globalThis.irum = { memory: instance.exports.mem };
await go.run(instance);
postMessage({ code });`
)

// goTest is a Go test binary to be run in the browser.
type goTest struct {
	Args  []string          `json:"args"`
	Env   map[string]string `json:"env"`
	Names []string          `json:"files"`
	files map[string][]byte // that it may read, by path from its working directory, "/"
	serve map[string][]byte // that the site has beside the binary
}

// run compiles the tests of a package for the browser, runs them there and gives what they print.
func (g goTest) run(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "gotest.wasm")
	build := exec.Command("go", "test", "-c", "-o", binary, pkg)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	wasm, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	extra := map[string][]byte{
		"gotest.html": []byte(goTestPage), "gotest.js": []byte(goTestJS), "gotest-worker.js": []byte(goTestWorker), "gotest.wasm": wasm,
	}
	maps.Copy(extra, g.serve)
	g.Names = []string{}
	for name, data := range g.files {
		g.Names = append(g.Names, name)
		extra["files/"+name] = data
	}
	if extra["gotest.json"], err = json.Marshal(g); err != nil {
		t.Fatal(err)
	}
	server := site(t, extra)
	p := newPerson(t, 1200, 800)
	p.open(server.URL + "/gotest.html")
	p.until("the tests to end", `document.body.dataset.code`, 2*time.Minute)
	out := eval[string](p, `document.getElementById('out').textContent`)
	t.Log("\n" + out)
	if code := eval[string](p, `document.body.dataset.code`); code != "0" || !strings.Contains(out, "--- PASS") {
		t.Errorf("exit status %s", code)
	}
	return out
}

// TestGoInTheBrowser runs the tests of packages that only work in a browser's worker.
func TestGoInTheBrowser(t *testing.T) {
	for _, pkg := range []string{"sqlite", "opfs", "engines", "device"} {
		t.Run(pkg, func(t *testing.T) {
			if _, err := os.Stat("../../wasm/" + pkg + "/browser_test.go"); err != nil {
				t.Fatal(err)
			}
			if out := (goTest{}).run(t, "../../wasm/"+pkg); strings.Contains(out, "--- SKIP") {
				t.Error("a test was skipped")
			}
		})
	}
}
