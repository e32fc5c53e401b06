package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// standIns replace packages of which app.wasm would link far more than it uses. net/http links all of crypto/tls, elliptic
// curves and certificates included (1.6 MB, 0.37 MB after Brotli), and of idna the tables for host names in any script
// (0.2 MB, 0.04 MB), though the API handler in a worker has no network. go-app's router links regexp and all tables of
// Unicode (0.5 MB, 0.09 MB), though package app registers the one route ".*". For go-app's encryption, which nothing here asks for, AES is linked with GCM, and for crypto/rand with FIPS 140's random
// numbers; log/slog is linked for a few lines on the console. Sorting by a function is in slices once
// for every type (0.3 MB); of values that have an order the short sort is enough (40 KB).
//
// users are the packages, but for those of the standard library, that may import name; where others do, it is
// linked as it is. No users: what imports it does not matter.
var standIns = []struct{ name, source, users string }{
	{"crypto/tls", tlsStandIn, ""},
	{"vendor/golang.org/x/net/idna", idnaStandIn, ""},
	{"regexp", regexpStandIn, goApp},
	{"crypto/aes", aesStandIn, goApp},
	{"crypto/cipher", cipherStandIn, goApp},
	{"crypto/sha1", sha1StandIn, "github.com/google/uuid, " + goApp},
	{"crypto/md5", md5StandIn, "github.com/google/uuid"},
	{"crypto/rand", randStandIn, ""},
	{"log/slog", slogStandIn, ""},
	{"slices/zsortanyfunc.go", sortStandIn, ""}, // this file alone
	{"slices/zsortordered.go", orderedStandIn, ""},
}

const goApp = "github.com/maxence-charriere/go-app/v10/pkg/app"

var (
	//go:embed crypto_tls.go.txt
	tlsStandIn string
	//go:embed idna.go.txt
	idnaStandIn string
	//go:embed regexp.go.txt
	regexpStandIn string
	//go:embed crypto_aes.go.txt
	aesStandIn string
	//go:embed crypto_cipher.go.txt
	cipherStandIn string
	//go:embed crypto_sha1.go.txt
	sha1StandIn string
	//go:embed crypto_md5.go.txt
	md5StandIn string
	//go:embed crypto_rand.go.txt
	randStandIn string
	//go:embed slog.go.txt
	slogStandIn string
	//go:embed slices_sort.go.txt
	sortStandIn string
	//go:embed slices_ordered.go.txt
	orderedStandIn string
)

// overlay writes the file that go build -overlay reads for a program, and gives its path.
func (b *build) overlay(program string) (string, error) {
	dir := filepath.Join(b.web, ".cache", "overlay")
	files := map[string]string{}
	deps, err := b.goList(`{{.ImportPath}} {{join .Imports " "}} `, "-deps", program)
	if err != nil {
		return "", err
	}
	for _, p := range standIns {
		if users := importers(deps, p.name); p.users != "" && users != "" && users != p.users {
			fmt.Fprintf(os.Stderr, "web/build: %s is linked for %s\n", p.name, users)
			continue
		}
		pkg, file := p.name, ""
		if strings.HasSuffix(pkg, ".go") {
			pkg, file = path.Split(pkg)
		}
		out, err := b.goList(`{{.Dir}}{{range .GoFiles}}|{{.}}{{end}}`, strings.TrimSuffix(pkg, "/"))
		if err != nil {
			return "", err
		}
		parts := strings.Split(out, "|")
		if file != "" && !slices.Contains(parts[1:], file) {
			return "", fmt.Errorf("package %s has no %s", pkg, file)
		}
		for _, name := range parts[1:] {
			if file == "" {
				files[filepath.Join(parts[0], name)] = "" // gone
			}
		}
		name := cmp.Or(file, filepath.Base(parts[0])+".go")
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
	name := filepath.Join(dir, path.Base(program)+".json")
	return name, keep(name, list)
}

// goList is what go list says of packages as the browser has them.
func (b *build) goList(format string, args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{"list", "-f", format}, args...)...)
	cmd.Dir = b.web
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", args[len(args)-1], explain(err))
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// importers are the packages of deps, one a line with what it imports and a space, that import name, but for those of the
// standard library.
func importers(deps, name string) string {
	var users []string
	for line := range strings.Lines(deps) {
		user, imports, _ := strings.Cut(line, " ")
		if host, _, _ := strings.Cut(user, "/"); strings.Contains(host, ".") && strings.Contains(" "+imports, " "+name+" ") {
			users = append(users, user)
		}
	}
	return strings.Join(users, ", ")
}

// keep writes a file only when it changes, so that Go's build cache stays good.
func keep(file string, data []byte) error {
	if old, err := os.ReadFile(file); err == nil && string(old) == string(data) {
		return nil
	}
	return replace(file, data)
}
