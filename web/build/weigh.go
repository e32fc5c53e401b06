package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// weigh prints how many bytes of code each package has in app.wasm, before Brotli: what to look at when it grows.
func (b *build) weigh(w io.Writer) error {
	overlay, err := b.overlay("../wasm")
	if err != nil {
		return err
	}
	path := filepath.Join(b.web, ".cache", "named.wasm")
	if err := b.goBuild(path, "../wasm", "-overlay", overlay, "-ldflags", "-w"); err != nil { // -s would drop the names
		return err
	}
	module, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	code, err := codeByPackage(module)
	if err != nil {
		return err
	}
	all := 0
	for _, name := range slices.SortedFunc(maps.Keys(code), func(a, b string) int { return cmp.Or(code[b]-code[a], strings.Compare(a, b)) }) {
		fmt.Fprintf(w, "%10d %s\n", code[name], name)
		all += code[name]
	}
	fmt.Fprintf(w, "%10d all\n", all)
	return nil
}

// codeByPackage adds the bodies of a module's functions up by package. The module must have names.
func codeByPackage(module []byte) (map[string]int, error) {
	var imports, bodies, names reader
	for r := (reader{module[min(8, len(module)):], true}); len(r.data) > 0 && r.ok; {
		id := r.bytes(1)
		s := reader{r.bytes(r.number()), r.ok}
		switch {
		case !r.ok:
		case id[0] == 2:
			imports = s
		case id[0] == 10:
			bodies = s
		case id[0] == 0 && string(s.bytes(s.number())) == "name":
			names = s
		}
	}
	byIndex := functionNames(names)
	first := imports.number() // Go imports functions alone, and they have the first indices
	out := map[string]int{}
	count := bodies.number()
	for i := range count {
		size := bodies.number()
		bodies.bytes(size)
		out[packageOf(byIndex[first+i])] += size
	}
	if !bodies.ok || count == 0 || len(byIndex) == 0 {
		return nil, fmt.Errorf("app.wasm has no code with names")
	}
	return out, nil
}

// functionNames reads the names of functions from a name section.
func functionNames(section reader) map[int]string {
	out := map[int]string{}
	for len(section.data) > 0 && section.ok {
		kind := section.bytes(1)
		part := reader{section.bytes(section.number()), section.ok}
		if !section.ok || kind[0] != 1 {
			continue
		}
		for range part.number() {
			i := part.number()
			if out[i] = string(part.bytes(part.number())); !part.ok {
				break
			}
		}
	}
	return out
}

// hosts begin the paths of packages and hold a dot, by which Go parts package and function.
var hosts = []string{"github.com_", "golang.org_", "google.golang.org_", "vendor_golang.org_"}

// packageOf is the package in the name that the linker gives a function, with _ for all but letters, digits and dots.
func packageOf(function string) string {
	host := 0
	for _, h := range hosts {
		if strings.HasPrefix(function, h) {
			host = len(h)
		}
	}
	name, _, _ := strings.Cut(function[host:], ".")
	return function[:host] + name
}

// reader reads a module's numbers and bytes. ok is false from the first one on that is cut short.
type reader struct {
	data []byte
	ok   bool
}

func (r *reader) number() int {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > 1<<31 {
		r.ok, r.data = false, nil
		return 0
	}
	r.data = r.data[n:]
	return int(v)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.data) {
		r.ok, r.data = false, nil
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}
