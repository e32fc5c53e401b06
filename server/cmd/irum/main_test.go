package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMain(m *testing.M) {
	testBackbone = servetest.Backbone
	if os.Getenv(asTrainable) != "" {
		testBackbone = trainable
	}
	if args := os.Getenv(asIrum); args != "" {
		os.Exit(runAsIrum(args))
	}
	storetest.Main(m)
}

// irum runs the program and decodes what it prints into out, when that is not nil.
func irum(t *testing.T, want int, out any, args ...string) (stderr string) {
	t.Helper()
	var stdout, errors bytes.Buffer
	if code := run(t.Context(), args, &stdout, &errors); code != want {
		t.Fatalf("irum %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout.String(), errors.String())
	}
	if out != nil {
		d := json.NewDecoder(&stdout)
		if err := d.Decode(out); err != nil {
			t.Fatalf("irum %s: %v", strings.Join(args, " "), err)
		}
		if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token gives it as it is
			t.Errorf("irum %s prints more than one object", strings.Join(args, " "))
		}
	}
	return errors.String()
}

// images writes count images into each folder of a colour's name.
func images(t *testing.T, dir string, count int, seed uint64) {
	t.Helper()
	for name, c := range map[string]color.RGBA{"red": servetest.Red, "green": servetest.Green, "blue": servetest.Blue} {
		for i := range count {
			file := filepath.Join(dir, name, fmt.Sprintf("%d.png", i))
			write(t, file, servetest.PNG(t, c, seed+uint64(i)))
		}
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// where is how the commands of a test reach the data.
func lifeOfAProject(t *testing.T, where ...string) {
	dir := t.TempDir()
	images(t, filepath.Join(dir, "labelled"), 8, 0)
	images(t, filepath.Join(dir, "new"), 3, 100)
	images(t, filepath.Join(dir, "held-out"), 4, 200)
	write(t, filepath.Join(dir, "labelled", ".DS_Store"), []byte("x"))
	cmd := func(want int, out any, args ...string) string {
		t.Helper()
		return irum(t, want, out, append(append([]string{}, where...), args...)...)
	}

	var imported struct {
		Imported int
		Refused  []refusal
	}
	cmd(0, &imported, "import", "--project", "Colours", "--task", "single", "--json", filepath.Join(dir, "labelled"))
	if imported.Imported != 24 || imported.Refused == nil || len(imported.Refused) != 0 {
		t.Fatalf("imported %+v", imported)
	}
	cmd(0, &imported, "import", "--project", "Colours", "--labels", "none", "--json", filepath.Join(dir, "new"))
	if imported.Imported != 9 {
		t.Fatalf("imported %+v", imported)
	}

	var trained trainResult
	quiet := cmd(0, &trained, "train", "--project", "Colours", "--level", "head", "--name", "first", "--json")
	if trained.Model == "" || trained.Metrics.Accuracy < 0.9 || trained.Metrics.Macro.F1 < 0.9 || len(trained.Metrics.Classes) != 3 || quiet != "" {
		t.Fatalf("trained %+v, %s", trained, quiet)
	}

	var applied applyResult
	cmd(0, &applied, "apply", "--project", "Colours", "--model", trained.Model, "--dry-run", "--json")
	if applied.Labelled != 9 || applied.Promise != nil {
		t.Errorf("dry run %+v", applied)
	}
	cmd(0, &applied, "apply", "--project", "Colours", "--model", trained.Model, "--budget", "0.4", "--dry-run", "--json")
	if applied.Labelled != 9 || applied.Promise == nil || applied.Promise.Labelled != 9 || applied.Promise.Wrong > 3 || applied.Promise.Spot != 9 {
		t.Errorf("dry run under a budget %+v, %+v", applied, applied.Promise)
	}
	cmd(0, &applied, "apply", "--project", "Colours", "--model", "first", "--min-confidence", "0.01", "--filter", "text=0.png&state=unlabelled", "--json")
	if applied.Labelled != 3 || applied.Classes["red"] != 1 || applied.Classes["blue"] != 1 {
		t.Errorf("applied %+v", applied)
	}

	var evaluated summary
	cmd(0, &evaluated, "eval", "--project", "Colours", "--model", "latest", "--against", filepath.Join(dir, "held-out"), "--json")
	if evaluated.Accuracy != 1 || evaluated.Macro.Recall != 1 || len(evaluated.Classes) != 3 || evaluated.Classes[0].Support != 4 {
		t.Errorf("evaluated %+v", evaluated)
	}

	var exported exportResult
	out := filepath.Join(dir, "out.csv")
	cmd(0, &exported, "export", "--project", "Colours", "--format", "csv", "--out", out, "--filter", "state=labelled&class=red", "--json")
	csv, err := os.ReadFile(out)
	if err != nil || exported.Items != 8 || len(exported.SHA256) != 64 || exported.Export == "" || !strings.Contains(string(csv), "red/0.png") || strings.Contains(string(csv), "green") {
		t.Errorf("exported %+v, %v: %s", exported, err, csv)
	}
	cmd(0, nil, "export", "--project", "Colours", "--format", "folder", "--out", filepath.Join(dir, "out.zip"))
	var again struct{ Imported int }
	cmd(0, &again, "import", "--project", "Copy", "--task", "single", "--json", filepath.Join(dir, "out.zip"))
	if again.Imported != 33 {
		t.Errorf("the export was imported as %+v", again)
	}
	// What only the labels know counts as wrong.
	write(t, filepath.Join(dir, "held-out", "pink", "1.png"), servetest.PNG(t, color.RGBA{255, 160, 200, 255}, 1))
	cmd(0, &evaluated, "eval", "--project", "Colours", "--model", "first", "--against", filepath.Join(dir, "held-out"), "--json")
	if len(evaluated.Classes) != 4 || evaluated.Classes[3].Name != "pink" || evaluated.Classes[3].Recall != 0 || evaluated.Accuracy >= 1 {
		t.Errorf("evaluated %+v", evaluated)
	}
	if text := cmd(0, nil, "train", "--project", "Colours"); !strings.Contains(text, "24 labelled images") || !strings.Contains(text, "warning: fewer than 100 labels") {
		t.Errorf("train says %q", text)
	}
	cmd(0, nil, "projects")
	cmd(0, nil, "models", "list", "--project", "Colours")
}

func TestLifeOfAProject(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	lifeOfAProject(t, "--data", data)

	out := filepath.Join(t.TempDir(), "backup.tar")
	irum(t, 0, nil, "backup", "--data", data, out)
	restored := filepath.Join(t.TempDir(), "restored")
	irum(t, 0, nil, "restore", "--data", restored, out)
	var before, after serve.Verification
	irum(t, 0, &before, "verify", "--json", "--data", data)
	irum(t, 0, &after, "verify", "--json", "--data", restored)
	if !before.OK || before.Tables["models"].Rows == 0 || before.Blobs == 0 || !maps.Equal(before.Tables, after.Tables) || before.Blobs != after.Blobs+len(before.Leftover) {
		t.Errorf("the folder is %+v, what was restored %+v", before, after)
	}
	var list struct{ Projects []domain.Project }
	irum(t, 0, &list, "projects", "--json", "--data", restored)
	if len(list.Projects) != 2 || list.Projects[1].Counts.Assets != 33 || list.Projects[1].Counts.Auto != 3 {
		t.Errorf("restored %+v", list)
	}
	irum(t, 1, nil, "restore", "--data", restored, out)

	blobs, err := filepath.Glob(filepath.Join(restored, "blobs", "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, blobs[0], []byte("other bytes"))
	if irum(t, 1, &after, "verify", "--json", "--data", restored); after.OK || len(after.Problems) != 1 || after.Problems[0].Kind != "damaged" {
		t.Errorf("with a damaged file: %+v", after)
	}
}

// TestShippedBackbone goes the same way with the backbone that people use.
func TestShippedBackbone(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	network, ok := servetest.Shipped()
	if !ok {
		t.Skip("the npm package of the backbone is not installed: make npm")
	}
	testBackbone = func(context.Context) ([]byte, error) { return network, nil }
	defer func() { testBackbone = servetest.Backbone }()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	images(t, filepath.Join(dir, "labelled"), 4, 0)
	images(t, filepath.Join(dir, "held-out"), 1, 200)
	irum(t, 0, nil, "import", "--data", data, "--project", "Colours", "--task", "single", filepath.Join(dir, "labelled"))
	var trained trainResult
	irum(t, 0, &trained, "train", "--data", data, "--project", "Colours", "--json")
	var evaluated summary
	irum(t, 0, &evaluated, "eval", "--data", data, "--project", "Colours", "--model", trained.Model, "--against", filepath.Join(dir, "held-out"), "--json")
	if trained.Metrics.Accuracy < 0.9 || evaluated.Accuracy != 1 {
		t.Errorf("trained %+v, evaluated %+v", trained, evaluated)
	}
}

// TestOverAServer runs `irum serve` and does the same over it.
func TestOverAServer(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	ctx, stop := context.WithCancel(context.Background())
	printed, w := io.Pipe()
	done := make(chan int, 1)
	var log bytes.Buffer
	go func() {
		done <- run(ctx, []string{"serve", "--data", data, "--addr", "127.0.0.1:0", "--json"}, w, &log)
		_ = w.Close()
	}()
	defer func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("serve ended with %d: %s", code, log.String())
		}
	}()
	var at struct{ URL string }
	if err := json.NewDecoder(printed).Decode(&at); err != nil {
		t.Fatalf("serve printed no address: %v", err)
	}
	refused := irum(t, 1, nil, "projects", "--data", data)
	if !strings.Contains(refused, at.URL) || strings.Count(refused, "\n") != 1 {
		t.Errorf("the data folder of a running server: %s", refused)
	}
	lifeOfAProject(t, "--server", at.URL)
	irum(t, 0, nil, "backup", "--data", data, filepath.Join(t.TempDir(), "backup.tar"))
}

func TestRefusedFilesGiveStatus3(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "set", "good.png"), servetest.PNG(t, servetest.Red, 1))
	write(t, filepath.Join(dir, "set", "bad.png"), []byte("no picture"))
	if err := os.Symlink("nowhere", filepath.Join(dir, "set", "gone.png")); err != nil {
		t.Fatal(err)
	}
	var imported struct {
		Imported int
		Refused  []refusal
		Issues   map[domain.Issue]int
	}
	irum(t, 3, &imported, "import", "--data", filepath.Join(dir, "data"), "--project", "P", "--task", "single", "--json", filepath.Join(dir, "set"))
	if imported.Imported != 1 || len(imported.Refused) != 2 || imported.Refused[0].Path != "gone.png" || imported.Refused[1].Path != "bad.png" || imported.Refused[1].Reason == "" {
		t.Errorf("%+v", imported)
	}
	if imported.Issues[domain.IssueTiny] != 1 || imported.Issues[domain.IssueDark] != 0 {
		t.Errorf("what looks of little use: %v", imported.Issues)
	}
	var text bytes.Buffer
	run(t.Context(), []string{"import", "--data", filepath.Join(dir, "data"), "--project", "Q", "--task", "single", filepath.Join(dir, "set")}, &text, io.Discard)
	if !strings.Contains(text.String(), "1 tiny") {
		t.Errorf("the report does not say that an image is tiny: %s", &text)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	set := filepath.Join(dir, "set")
	write(t, filepath.Join(set, "cat", "1.png"), servetest.PNG(t, servetest.Red, 1))
	irum(t, 0, nil, "import", "--data", data, "--project", "P", "--task", "single", set)
	irum(t, 0, nil, "import", "--data", data, "--project", "M", "--task", "multi", "--labels", "none", set)
	for _, test := range []struct {
		name     string
		args     string
		code     int
		contains string
	}{
		{"no command", "", 2, "expected one of"},
		{"unknown flag", "projects --colour red", 2, "unknown flag"},
		{"unknown format", "export --project P --format doc --out DIR/x", 2, "must be one of"},
		{"no project", "export --project Q --format json --out DIR/x", 1, `no project \"Q\"`},
		{"no task", "import --project New SET", 1, "--task"},
		{"wrong task", "import --project New --task dots SET", 1, "dots"},
		{"other task", "import --project P --task multi SET", 1, "has the task single"},
		{"no path", "import --project P DIR/nothing", 1, "cannot be read"},
		{"no class", "export --project P --format json --out DIR/x --filter class=dog", 1, `no class \"dog\"`},
		{"no filter", "export --project P --format json --out DIR/x --filter colour=red", 1, `no \"colour\"`},
		{"wrong state", "export --project P --format json --out DIR/x --filter state=done", 1, "done"},
		{"no folder to write", "export --project P --format json --out DIR/no/x", 1, "cannot be written"},
		{"no export", "train --project P --export nothing", 1, "nothing"},
		{"too little to train", "train --project P", 1, ""},
		{"no model", "apply --project P --model nothing", 1, `no model`},
		{"no model to evaluate", "eval --project P --model nothing --against SET", 1, "no model"},
		{"server that is none", "projects --server ftp://x", 1, "looks like http"},
		{"server that is gone", "projects --server http://127.0.0.1:1", 1, "did not answer"},
		{"no backup", "restore DIR/nothing --data DIR/new", 1, "cannot be read"},
		{"backup of nothing", "backup DIR/out.tar --data DIR/empty", 1, "holds no"},
		{"backup of a server", "backup DIR/out.tar --server http://127.0.0.1:1", 1, "--data"},
		{"backbone that is none", "models add SET/cat/1.png", 1, ""},
		{"backbone with a wrong digest", "models add SET/cat/1.png --sha256 " + strings.Repeat("0", 64), 1, "SHA-256"},
		{"digest that is none", "models add SET/cat/1.png --sha256 123", 1, "64"},
		{"http without a digest", "models add http://127.0.0.1:1/x.onnx", 1, "--sha256"},
		{"no file address", "models add file:///etc/passwd", 1, "Only http"},
		{"no address to listen at", "serve --addr 999.1.1.1:1", 1, "cannot listen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := strings.Fields(strings.NewReplacer("DIR", dir, "SET", set).Replace(test.args))
			if !strings.Contains(test.args, "--data") {
				args = append(args, "--data", data)
			}
			text := irum(t, test.code, nil, append(args, "--json")...)
			var p domain.Problem
			if err := json.Unmarshal([]byte(text), &p); err != nil || p.Code == "" || p.Detail == "" || p.Status == 0 {
				t.Errorf("no problem object: %s", text)
			}
			if !strings.Contains(text, test.contains) {
				t.Errorf("%q is not in: %s", test.contains, text)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, io.Discard); code != 0 || !strings.Contains(out.String(), "3 when an import refused files") {
		t.Errorf("%d %s", code, out.String())
	}
	var v struct{ Version string }
	irum(t, 0, &v, "version", "--json")
	if v.Version == "" {
		t.Error("no version")
	}
}
