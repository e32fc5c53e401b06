package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// standIns replace packages in app.wasm that net/http links in whole, though the API handler in a worker has no network:
// crypto/tls brings elliptic curves, certificates and their tables (1.6 MB, 0.37 MB after Brotli), idna the tables for
// host names of other letters than ASCII (0.2 MB, 0.04 MB).
var standIns = []struct{ name, source string }{
	{"crypto/tls", tlsStandIn},
	{"vendor/golang.org/x/net/idna", idnaStandIn},
}

var (
	//go:embed crypto_tls.go.txt
	tlsStandIn string
	//go:embed idna.go.txt
	idnaStandIn string
)

// overlay writes the file that go build -overlay reads, and gives its path.
func (b *build) overlay() (string, error) {
	dir := filepath.Join(b.web, ".cache", "overlay")
	files := map[string]string{}
	for _, p := range standIns {
		cmd := exec.Command("go", "list", "-f", `{{.Dir}}{{range .GoFiles}}|{{.}}{{end}}`, p.name)
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("find %s: %w", p.name, explain(err))
		}
		parts := strings.Split(strings.TrimSpace(string(out)), "|")
		for _, name := range parts[1:] {
			files[filepath.Join(parts[0], name)] = "" // gone
		}
		name := filepath.Base(parts[0]) + ".go"
		standIn := filepath.Join(dir, name)
		if err := keep(standIn, []byte(p.source)); err != nil {
			return "", err
		}
		files[filepath.Join(parts[0], name)] = standIn
	}
	list, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, keep(path, list)
}

// keep writes a file only when it changes, so that Go's build cache stays good.
func keep(file string, data []byte) error {
	if old, err := os.ReadFile(file); err == nil && string(old) == string(data) {
		return nil
	}
	return replace(file, data)
}
