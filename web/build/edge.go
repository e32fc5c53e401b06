package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/policy"
	"github.com/irum-app/irum/web/build/shrink"
)

// edgeBudget is the most that the Worker may weigh compressed, in bytes: what Cloudflare takes without a paid plan.
const edgeBudget = 3 << 20

// edge writes web/edge/dist: the Worker (web/edge/*.mjs, Go's runtime, irum.wasm) and, in public, its static files.
func (b *build) edge(w io.Writer) error {
	dist := filepath.Join(b.web, "edge", "dist")
	program, err := b.edgeProgram(filepath.Join(b.web, ".cache", "edge.wasm"))
	if err != nil {
		return err
	}
	b.files["irum.wasm"] = program
	if err := b.edgeRuntime(); err != nil {
		return err
	}
	var worker bytes.Buffer
	z, err := gzip.NewWriterLevel(&worker, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, name := range b.names() {
		if _, err := z.Write(b.files[name]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := b.edgePublic(); err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	for name, data := range b.files {
		if err := replace(filepath.Join(dist, filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "web/edge/dist: the Worker is %d bytes, %d compressed (limit %d)\n", len(program), worker.Len(), edgeBudget)
	if worker.Len() > edgeBudget {
		return fmt.Errorf("the Worker is %d bytes compressed, more than the %d that Cloudflare takes", worker.Len(), edgeBudget)
	}
	return nil
}

// edgeProgram links wasm/edge the way that app.wasm is.
func (b *build) edgeProgram(path string) ([]byte, error) {
	overlay, err := b.overlay("../wasm/edge")
	if err == nil {
		err = b.goBuild(path, "../wasm/edge", "-overlay", overlay)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/build: with the stand-ins of overlay.go:", err)
		if err := b.goBuild(path, "../wasm/edge"); err != nil {
			return nil, fmt.Errorf("build the Worker: %w", err)
		}
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	small, err := shrink.Module(program, b.lines)
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/build: the Worker stays as it is: bring package shrink up to date:", err)
		return program, nil
	}
	return small, nil
}

// edgeRuntime adds the Worker's JavaScript. go.mjs is Go's own runtime as a function: every program gets a global object and
// timers of its own, because several share one Worker.
func (b *build) edgeRuntime() error {
	if err := b.goRuntime(); err != nil {
		return err
	}
	runtime := b.files["wasm_exec.js"]
	for _, name := range []string{"wasm_exec.js", "irum-thread.js"} { // the page's, which are in web/dist
		delete(b.files, name)
	}
	b.files["go.mjs"] = slices.Concat([]byte("export function load(globalThis, setTimeout, clearTimeout) {\n"+
		"const fs = { writeSync: (fd, bytes) => globalThis.fs.writeSync(fd, bytes) };\n"), runtime, []byte("\nreturn globalThis.Go;\n}\n"))
	for _, name := range []string{"worker.mjs", "d1.mjs"} {
		if err := b.copy(name, filepath.Join(b.web, "edge", name)); err != nil {
			return err
		}
	}
	return nil
}

// edgePublic adds web/dist, without what Cloudflare compresses itself, under the headers of the server.
func (b *build) edgePublic() error {
	dist := filepath.Join(b.web, "dist")
	if _, err := os.Stat(filepath.Join(dist, "index.html")); err != nil {
		return fmt.Errorf("web/dist is empty: build it first: %w", err)
	}
	err := filepath.WalkDir(dist, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".br") || d.Name() == "README" {
			return err
		}
		rel, err := filepath.Rel(dist, path)
		if err != nil {
			return err
		}
		return b.copy("public/"+filepath.ToSlash(rel), path)
	})
	if err != nil {
		return err
	}
	var headers strings.Builder
	headers.WriteString("/*\n")
	all := policy.Page()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&headers, "  %s: %s\n", name, all.Get(name))
	}
	headers.WriteString("  Cache-Control: no-cache\n")
	b.files["public/_headers"] = []byte(headers.String())
	return nil
}
