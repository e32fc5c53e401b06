package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

// compressible are the types that Brotli makes much smaller.
var compressible = map[string]bool{
	".wasm": true, ".js": true, ".mjs": true, ".css": true, ".html": true, ".json": true, ".svg": true, ".webmanifest": true, ".onnx": true, ".txt": true,
}

// cached gives what make returned the last time for key, a digest of all that it depends on.
func (b *build) cached(kind, key string, make func() ([]byte, error)) ([]byte, error) {
	file := filepath.Join(b.web, ".cache", kind, key)
	data, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if data, err = make(); err != nil {
		return nil, err
	}
	return data, replace(file, data)
}

// replace writes a file under a temporary name first.
func replace(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file+".tmp", data, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// compress makes the .br twins; a file that hardly shrinks has none.
func (b *build) compress() error {
	for _, name := range b.names() {
		data := b.files[name]
		if !compressible[path.Ext(name)] || len(data) < 512 {
			continue
		}
		// Weights shrink by much the same at any quality.
		quality := b.quality
		if path.Ext(name) == ".onnx" {
			quality = min(quality, 5)
		}
		small, err := b.cached("brotli", fmt.Sprintf("%x-%d", sha256.Sum256(data), quality), func() ([]byte, error) {
			var out bytes.Buffer
			w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: 24})
			if _, err := w.Write(data); err != nil {
				return nil, err
			}
			err := w.Close() // before Bytes: it writes the end
			return out.Bytes(), err
		})
		if err != nil {
			return fmt.Errorf("compress %s: %w", name, err)
		}
		if len(small) < len(data)*95/100 {
			b.brotli[name] = small
		}
	}
	return nil
}

// write makes dist what was gathered, leaving files that are the same untouched and removing what is no longer made.
func (b *build) write() error {
	dist := filepath.Join(b.web, "dist")
	all := map[string][]byte{}
	for name, data := range b.files {
		all[name] = data
	}
	for name, data := range b.brotli {
		all[name+".br"] = data
	}
	info, err := b.info()
	if err != nil {
		return err
	}
	all["version.json"] = info
	for name, data := range all {
		file := filepath.Join(dist, filepath.FromSlash(name))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, data) {
			continue
		}
		if err := replace(file, data); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dist, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dist, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if _, made := all[name]; made || name == "README" {
			return nil
		}
		return os.Remove(file)
	})
}

type fileInfo struct {
	Bytes  int    `json:"bytes"`
	Brotli int    `json:"brotli,omitempty"`
	SHA256 string `json:"sha256"`
}

func (b *build) info() ([]byte, error) {
	files := map[string]fileInfo{}
	for name, data := range b.files {
		files[name] = fileInfo{len(data), len(b.brotli[name]), fmt.Sprintf("%x", sha256.Sum256(data))}
	}
	return json.MarshalIndent(map[string]any{"version": b.version, "files": files}, "", "  ")
}

// budget is the most that app.wasm may weigh after Brotli at quality 11, in bytes. On a line of 10 Mbit/s it is 2 seconds.
const budget = 2_500_000

// budgetFactor is what app.wasm weighs at a lower quality, for one byte at 11.
var budgetFactor = map[int]float64{5: 1.21, 11: 1}

// withinBudget tells when app.wasm has grown too large to send. Nothing is said of builds that are larger by intention or
// for want of a known version of Go.
func (b *build) withinBudget() error {
	size, most := len(b.brotli["app.wasm"]), int(budget*budgetFactor[b.quality])
	if b.lines || b.larger || most == 0 || size <= most {
		return nil
	}
	return fmt.Errorf("app.wasm is %d bytes after Brotli at quality %d, over its budget of %d: "+
		"go run ./web/build -weigh tells what is in it", size, b.quality, most)
}

// report prints what each file weighs.
func (b *build) report(w io.Writer) {
	var raw, sent int
	fmt.Fprintf(w, "%-34s %12s %12s\n", "file", "bytes", "brotli")
	for _, name := range b.names() {
		n, small := len(b.files[name]), len(b.brotli[name])
		raw += n
		text := "-"
		if small > 0 {
			text = fmt.Sprint(small)
			sent += small
		} else {
			sent += n
		}
		fmt.Fprintf(w, "%-34s %12d %12s\n", name, n, text)
	}
	fmt.Fprintf(w, "%s\n%-34s %12d %12d\n", strings.Repeat("-", 60), "all", raw, sent)
}
