package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// proposal is what a model says of one image.
type proposal struct {
	label      string
	confidence float64
}

// proposals reads the auto-labels of a CSV export by base name.
func proposals(t *testing.T, file string) map[string]proposal {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", file, len(rows), err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	out := map[string]proposal{}
	for _, row := range rows[1:] {
		if row[column["state"]] != "auto" {
			continue
		}
		confidence, err := strconv.ParseFloat(row[column["confidence"]], 64)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[filepath.Base(row[column["filename"]])] = proposal{row[column["label"]], confidence}
	}
	return out
}

// irum runs the command line and gives its JSON.
func irum(t *testing.T, binary, data string, args ...string) map[string]any {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"--data", data, "--json"}, args...)...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("irum %s: %v", strings.Join(args, " "), err)
	}
	var v map[string]any
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("irum %s printed %s: %v", strings.Join(args, " "), out, err)
	}
	return v
}

// compareWithCLI trains by the command line on the labels that were given in the browser, and compares what both models
// say of all other images.
func (l *loop) compareWithCLI(dir string) {
	l.t.Helper()
	inBrowser := proposals(l.t, filepath.Join(l.downloads, "After the first model.csv"))
	work := l.t.TempDir()
	binary, data := filepath.Join(work, "irum"), filepath.Join(work, "data")
	if out, err := exec.Command("go", "build", "-o", binary, "../../server/cmd/irum").CombinedOutput(); err != nil {
		l.t.Fatalf("%v: %s", err, out)
	}
	var table strings.Builder
	table.WriteString("filename,label\n")
	for name := range l.first {
		fmt.Fprintf(&table, "%s,%s\n", name, l.truth[name])
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(table.String()), 0o644); err != nil {
		l.t.Fatal(err)
	}
	irum(l.t, binary, data, "import", "--project", "signs", "--task", "single", "--labels", "csv", dir)
	model, _ := irum(l.t, binary, data, "train", "--project", "signs")["model"].(string)
	irum(l.t, binary, data, "apply", "--project", "signs", "--model", model, "--min-confidence", "0")
	file := filepath.Join(work, "cli.csv")
	irum(l.t, binary, data, "export", "--project", "signs", "--format", "csv", "--out", file)
	byCLI := proposals(l.t, file)
	same, worst := 0, 0.0
	for name, a := range inBrowser {
		b, ok := byCLI[name]
		if ok && a.label == b.label {
			same++
			worst = max(worst, math.Abs(a.confidence-b.confidence))
		}
	}
	l.t.Logf("browser and command line: same top-1 on %d of %d images, confidences differ by at most %.2g", same, len(inBrowser), worst)
	if len(inBrowser) < 100 || same != len(inBrowser) || worst > 1e-3 {
		l.t.Error("the browser and the command line do not agree")
	}
}
