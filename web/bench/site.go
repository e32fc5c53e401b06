package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/bench"
)

// side of the networks' input in pixels.
const side = 224

// site serves the page, the engines and the networks on localhost, and notes what of the engines was fetched.
type site struct {
	url      string
	versions map[string]string // by npm package
	folders  map[string]string // by path prefix
	server   *http.Server

	mu      sync.Mutex
	made    map[string][]byte // by path
	fetched map[string][]byte // files of engines
	packed  map[string]int    // Brotli size by path, as far as it is known
}

// packages are the npm packages of the other engines.
var packages = map[string]string{"ort": "onnxruntime-web", "tfjs": "@tensorflow/tfjs-backend-wasm", "litert": "@litertjs/core"}

func newSite(root string) (*site, error) {
	here := filepath.Join(root, "web", "bench")
	s := &site{
		versions: map[string]string{}, made: map[string][]byte{}, fetched: map[string][]byte{}, packed: map[string]int{},
		folders: map[string]string{"/npm/": filepath.Join(here, "node_modules"), "/": filepath.Join(here, "page")},
	}
	for engine, name := range packages {
		raw, err := os.ReadFile(filepath.Join(here, "node_modules", name, "package.json"))
		if err != nil {
			return nil, fmt.Errorf("%s is not installed: run `npm ci` in web/bench", name)
		}
		var about struct{ Version string }
		if err := json.Unmarshal(raw, &about); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.versions[engine] = name + " " + about.Version
	}
	if err := s.irum(root); err != nil {
		return nil, err
	}
	s.made["/peak.wasm"], s.made["/irum-thread.js"] = peakModule(), engine.ThreadScript()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.url = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *site) close() { _ = s.server.Close() }

// irum builds wasm/bench, stripped like the app.
func (s *site) irum(root string) error {
	dir, err := os.MkdirTemp("", "irum-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "irum.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./wasm/bench")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build wasm/bench: %w: %s", err, out)
	}
	if s.made["/irum.wasm"], err = os.ReadFile(binary); err != nil {
		return err
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	s.made["/wasm_exec.js"], err = os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js"))
	return err
}

// offer serves net in all formats, and its input.
func (s *site) offer(n *bench.Network) error {
	list, weights := n.TFJS()
	var input bytes.Buffer
	for _, v := range n.Noise() {
		_ = binary.Write(&input, binary.LittleEndian, math.Float32bits(v))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, data := range map[string][]byte{
		".onnx": n.ONNX(), ".tflite": n.TFLite(), ".json": list, ".bin": weights, ".input": input.Bytes(),
	} {
		s.made["/nets/"+n.Name+kind] = data
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Clean(r.URL.Path)
	if name == "/" {
		name = "/index.html"
	}
	data, ok := s.read(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if name == "/npm/@litertjs/core/dist/index.js" { // workers have no import maps
		data = bytes.ReplaceAll(data, []byte(`from "@litertjs/wasm-utils"`), []byte(`from "/npm/@litertjs/wasm-utils/dist/index.js"`))
	}
	kinds := map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
	}
	kind := kinds[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data)
}

func (s *site) read(name string) ([]byte, bool) {
	s.mu.Lock()
	data, ok := s.made[name]
	s.mu.Unlock()
	if !ok {
		prefix := "/"
		if strings.HasPrefix(name, "/npm/") {
			prefix = "/npm/"
		}
		var err error
		if data, err = os.ReadFile(filepath.Join(s.folders[prefix], filepath.FromSlash(strings.TrimPrefix(name, prefix)))); err != nil {
			return nil, false
		}
	}
	if isEngine(name) {
		s.mu.Lock()
		s.fetched[name] = data
		s.mu.Unlock()
	}
	return data, true
}

// isEngine tells the files of engines from networks and the page.
func isEngine(name string) bool {
	return strings.HasPrefix(name, "/npm/") || name == "/irum.wasm" || name == "/irum-thread.js" || name == "/wasm_exec.js"
}

// forget begins a new list of what is fetched.
func (s *site) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.fetched)
}

// size is what an engine's code takes, in bytes.
type size struct{ raw, brotli int }

// fetchedSize is that of the engine's files that were fetched since forget, compressed as a web server would have them:
// Brotli 9.
func (s *site) fetchedSize() (sum size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, data := range s.fetched {
		packed, ok := s.packed[name]
		if !ok {
			var out bytes.Buffer
			w := brotli.NewWriterLevel(&out, 9)
			_, _ = w.Write(data)
			_ = w.Close()
			packed = out.Len()
			s.packed[name] = packed
		}
		sum.raw += len(data)
		sum.brotli += packed
	}
	return sum
}
