package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/policy"
)

// types are what web files are sent as; the system's own table differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
	".jpg": "image/jpeg", ".webp": "image/webp", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".zip": "application/zip", ".onnx": "application/octet-stream",
}

// hashed are names that change with the content, so that they may be kept for ever.
var hashed = regexp.MustCompile(`[.-][0-9a-f]{8,64}\.[a-z0-9]+$`)

// static serves web files. NAME.br, where there is one, is sent instead of NAME to those who understand it. What is no
// file and looks like no file is answered with index.html, where the UI finds its own routes.
type static struct {
	files fs.FS
	sums  sync.Map // name -> func() (string, error)
}

// ServeHTTP implements http.Handler.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	maps.Copy(h, policy.Page())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD work here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	switch {
	case s.isFile(name):
	case path.Ext(name) == "" && s.isFile("index.html"):
		name = "index.html"
	case name == "" || path.Ext(name) == "":
		http.Error(w, "The web files are not in this build: run `make build`. The API answers under /api/.", http.StatusNotFound)
		return
	default:
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	if err := s.send(w, r, name); err != nil {
		h.Del("Content-Encoding")
		h.Del("Content-Length")
		http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
	}
}

func (s *static) isFile(name string) bool {
	info, err := fs.Stat(s.files, name)
	return err == nil && info.Mode().IsRegular()
}

func (s *static) send(w http.ResponseWriter, r *http.Request, name string) error {
	h := w.Header()
	kind := types[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	if hashed.MatchString(name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	stored := name
	if small := name + ".br"; s.isFile(small) {
		h.Set("Vary", "Accept-Encoding")
		if takesBrotli(r.Header.Get("Accept-Encoding")) {
			stored = small
		}
	}
	sum, err := s.sum(stored)
	if err != nil {
		return err
	}
	f, err := s.files.Open(stored)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	content, ok := f.(io.ReadSeeker)
	if !ok {
		return fmt.Errorf("%s cannot be read from the middle", stored)
	}
	h.Set("ETag", `"`+sum+`"`)
	if stored != name {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		h.Set("Content-Encoding", "br")
		h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
		r = r.Clone(r.Context())
		r.Header.Del("Range") // parts of a packed file are of no use
	}
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// sum is the digest of a file, worked out once.
func (s *static) sum(name string) (string, error) {
	once, _ := s.sums.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		f, err := s.files.Open(name)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return "", err
		}
		return hex.EncodeToString(h.Sum(nil))[:32], nil
	}))
	return once.(func() (string, error))() //nolint:forcetypeassert // nothing else is stored
}

// takesBrotli reads the header Accept-Encoding.
func takesBrotli(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) != "br" {
			continue
		}
		_, q, given := strings.Cut(weight, "=")
		v, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !given || err == nil && v > 0
	}
	return false
}
