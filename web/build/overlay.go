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

// tlsStandIn replaces crypto/tls in app.wasm. net/http links all of it, elliptic curves, certificates and their tables
// included, though the API handler in a worker has no network: 1.6 MB, 0.37 MB of them after Brotli.
//
//go:embed crypto_tls.go.txt
var tlsStandIn []byte

// overlay writes the file that go build -overlay reads, and gives its path.
func (b *build) overlay() (string, error) {
	cmd := exec.Command("go", "list", "-f", `{{.Dir}}{{range .GoFiles}}|{{.}}{{end}}`, "crypto/tls")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find crypto/tls: %w", explain(err))
	}
	parts := strings.Split(strings.TrimSpace(string(out)), "|")
	dir := filepath.Join(b.web, ".cache", "overlay")
	standIn := filepath.Join(dir, "tls.go")
	files := map[string]string{}
	for _, name := range parts[1:] {
		files[filepath.Join(parts[0], name)] = "" // gone
	}
	files[filepath.Join(parts[0], "tls.go")] = standIn
	list, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		return "", err
	}
	if err := keep(standIn, tlsStandIn); err != nil {
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
