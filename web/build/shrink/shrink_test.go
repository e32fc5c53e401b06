package shrink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// linked is testdata/program, linked as app.wasm is.
var linked = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "shrink")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "program.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./testdata/program")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(path)
})

func program(t *testing.T) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("links a program")
	}
	module, err := linked()
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func TestModuleDoesTheSame(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node runs the module, and is not here")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	glue := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js")
	run := func(module []byte) (string, string) {
		path := filepath.Join(t.TempDir(), "program.wasm")
		if err := os.WriteFile(path, module, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, trace bytes.Buffer
		cmd := exec.Command(node, "--stack-size=8192", glue, path)
		cmd.Stdout, cmd.Stderr = &out, &trace
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
			t.Fatalf("the program ends by %v, not by its panic: %s", err, trace.String())
		}
		return out.String(), trace.String()
	}
	module := program(t)
	want, wantTrace := run(module)
	if !strings.Contains(want, "recovered: runtime error: integer divide by zero") || !strings.Contains(want, "main.inlined < main.main") {
		t.Fatalf("the program says %q", want)
	}
	for _, lines := range []bool{false, true} {
		small, err := Module(module, lines)
		if err != nil {
			t.Fatal(err)
		}
		got, trace := run(small)
		if got != want {
			t.Errorf("with lines %v it says %q, before %q", lines, got, want)
		}
		for _, part := range []string{"panic: runtime error: index out of range [6] with length 2", "goroutine 1", "main.fail(", "main.main("} {
			if !strings.Contains(trace, part) {
				t.Errorf("with lines %v the trace has no %q: %s", lines, part, trace)
			}
		}
		if has := strings.Contains(trace, "main.go:"); has != lines || !strings.Contains(wantTrace, "main.go:") {
			t.Errorf("with lines %v the trace is %s", lines, trace)
		}
	}
}

func TestModuleIsSmaller(t *testing.T) {
	module := program(t)
	small, err := Module(module, false)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Module(module, false); err != nil || !bytes.Equal(again, small) {
		t.Errorf("twice it is not the same: %v", err)
	}
	if n := segments(t, small); n > 200 {
		t.Errorf("the data is in %d segments", n)
	}
	for _, name := range []string{"testdata/program/main.go", "runtime/proc.go", "strconv.Itoa"} {
		if bytes.Contains(small, []byte(name)) == bytes.Contains(module, []byte(name)) {
			t.Errorf("%s is still named, or never was", name)
		}
	}
	if !bytes.Contains(small, []byte("main.(*node).sum")) {
		t.Error("a function has lost its name")
	}
}

func segments(t *testing.T, module []byte) int {
	t.Helper()
	for rest := module[headBytes:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		if rest[0] == sectionData {
			count, _ := binary.Uvarint(rest[1+n:])
			return int(count)
		}
		rest = rest[1+n+int(size):]
	}
	t.Fatal("there is no data")
	return 0
}

func TestOtherLayoutIsRefused(t *testing.T) {
	module := program(t)
	image := func() (int, []byte) {
		for rest := module[headBytes:]; ; {
			size, n := binary.Uvarint(rest[1:])
			end := 1 + n + int(size)
			if rest[0] == sectionData {
				base, image, err := readData(rest[1+n : end])
				if err != nil {
					t.Fatal(err)
				}
				return base, image
			}
			rest = rest[end:]
		}
	}
	base, _ := image()
	for _, c := range []struct {
		name string
		harm func(all, record []byte)
	}{
		{"magic", func(all, _ []byte) { all[0]++ }},
		{"order of parts", func(all, _ []byte) { binary.LittleEndian.PutUint64(all[8+8*headNames:], 1<<20) }},
		{"parts outside", func(all, _ []byte) { binary.LittleEndian.PutUint64(all[8+8*headRecords:], 1<<40) }},
		{"no functions", func(all, _ []byte) { binary.LittleEndian.PutUint64(all[8+8*headFuncs:], 0) }},
		{"entry", func(_, r []byte) { r[recordEntry]++ }},
		{"name", func(_, r []byte) { binary.LittleEndian.PutUint32(r[recordName:], 1<<30) }},
		{"table outside", func(_, r []byte) { binary.LittleEndian.PutUint32(r[recordLine:], 1<<30) }},
		{"number of tables", func(_, r []byte) { r[recordTables]++ }},
		{"many tables", func(_, r []byte) { r[recordTables] = 200 }},
		{"number of pointers", func(_, r []byte) { r[recordPointers]++ }},
	} {
		_, memory := image()
		all := memory[bytes.Index(memory, tablesMagic):]
		records := all[binary.LittleEndian.Uint64(all[8+8*headRecords:]):]
		c.harm(all, records[binary.LittleEndian.Uint32(records[8*5+4:]):])
		if _, err := findTables(memory); !errors.Is(err, errModule) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, memory := image()
	tables, err := findTables(memory)
	if err != nil {
		t.Fatal(err)
	}
	buckets, err := tables.findBuckets(memory)
	if err != nil {
		t.Fatal(err)
	}
	memory[buckets+bucketBytes*100+7]++
	if _, err := tables.findBuckets(memory); !errors.Is(err, errModule) {
		t.Errorf("other buckets: %v", err)
	}
	if _, err := Module(module[:len(module)-5], false); !errors.Is(err, errModule) {
		t.Errorf("a cut module: %v", err)
	}
	if base <= 0 {
		t.Errorf("data is at %d", base)
	}
}

func TestDataComesBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		image []byte
		count uint64
	}{
		{"one byte", []byte{1}, 1},
		{"short run of zeros", slices.Concat([]byte{1}, make([]byte, gap-1), []byte{2}), 1},
		{"long run of zeros", slices.Concat([]byte{1}, make([]byte, gap), []byte{2}), 2},
		{"zeros at both ends", slices.Concat(make([]byte, 3*gap), []byte{1, 0, 2}, make([]byte, 9)), 1},
	} {
		const address = 70_000
		section := writeData(address, c.image)
		if count, _ := binary.Uvarint(section); count != c.count {
			t.Errorf("%s: %d segments", c.name, count)
		}
		base, got, err := readData(section)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		back := append(make([]byte, base-address), got...)
		back = append(back, make([]byte, len(c.image)-len(back))...)
		if !bytes.Equal(back, c.image) {
			t.Errorf("%s: other bytes come back", c.name)
		}
	}
	one := writeData(16, []byte{1, 2, 3})
	two := append([]byte{2}, append(slices.Clone(one[1:]), one[1:]...)...)
	if _, _, err := readData(two); !errors.Is(err, errModule) {
		t.Errorf("segments that overlap: %v", err)
	}
}

func TestSignedNumbers(t *testing.T) {
	for _, v := range []int{0, 1, -1, 63, 64, -64, -65, 8191, 8192, 1 << 20, 1<<31 - 1, -1 << 31} {
		b := appendSigned(nil, v)
		if got, n := readSigned(append(b, 0x80)); got != v || n != len(b) {
			t.Errorf("%d comes back as %d, after %d of %d bytes", v, got, n, len(b))
		}
		if _, n := readSigned(b[:len(b)-1]); n != 0 {
			t.Errorf("%d is read though cut short", v)
		}
	}
}

func TestStartIsRefusedWhereItDoesNotFit(t *testing.T) {
	good := []section{
		{sectionTypes, []byte{1, typeFunc, 0, 0}},
		{sectionImports, []byte{1, 2, 'g', 'o', 1, 'f', 0, 0}},
		{sectionFuncs, []byte{1, 0}},
		{sectionExports, []byte{1, 1, 'r', 0, 1}},
		{sectionCode, []byte{1, 2, 0, opEnd}},
	}
	out, err := withStart(good, []byte{0, opEnd})
	if err != nil {
		t.Fatal(err)
	}
	want := []section{
		{sectionTypes, []byte{2, typeFunc, 0, 0, typeFunc, 0, 0}},
		good[1],
		{sectionFuncs, []byte{2, 0, 1}},
		good[3],
		{sectionStart, []byte{2}},
		{sectionCode, []byte{2, 2, 0, opEnd, 2, 0, opEnd}},
	}
	for i, s := range want {
		if i >= len(out) || s.id != out[i].id || !bytes.Equal(s.body, out[i].body) {
			t.Fatalf("the sections are %v", out)
		}
	}
	for name, harm := range map[string]func(s []section) []section{
		"a start function": func(s []section) []section { return append(s, section{sectionStart, []byte{0}}) },
		"memory from outside": func(s []section) []section {
			s[1].body = []byte{1, 2, 'g', 'o', 1, 'm', 2, 0, 1}
			return s
		},
		"imports that are cut short": func(s []section) []section { s[1].body = s[1].body[:5]; return s },
		"no exports":                 func(s []section) []section { return slices.Delete(s, 3, 4) },
		"more code than functions":   func(s []section) []section { s[4].body = []byte{2, 2, 0, opEnd, 2, 0, opEnd}; return s },
		"an empty section":           func(s []section) []section { s[2].body = nil; return s },
	} {
		if _, err := withStart(harm(slices.Clone(good)), []byte{0, opEnd}); !errors.Is(err, errModule) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzModule: whatever comes is refused or shrunk, without a panic.
func FuzzModule(f *testing.F) {
	data := writeData(64, slices.Concat(tablesMagic, make([]byte, 8*headWords)))
	f.Add(slices.Concat([]byte("\x00asm\x01\x00\x00\x00\x0b"), []byte{byte(len(data))}, data), false)
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x0b\x01\x00"), true)
	f.Fuzz(func(t *testing.T, module []byte, lines bool) {
		if small, err := Module(module, lines); err != nil && !errors.Is(err, errModule) || err == nil && len(small) < headBytes {
			t.Errorf("%d bytes: %v", len(small), err)
		}
	})
}
