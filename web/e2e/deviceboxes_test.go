package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// boxRun is a model of boxes that was trained somewhere, and what it finds.
type boxRun struct {
	card    map[string]any   // the boxes' part of it
	found   map[string][]box // by name of the image
	trained time.Duration
	asked   time.Duration // a suggestion
}

type box struct{ x, y, w, h, score float64 }

// boxesOf reads those of a suggestion.
func boxesOf(answer map[string]any) []box {
	var out []box
	list, _ := answer["boxes"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		f := func(key string) float64 { v, _ := m[key].(float64); return v }
		out = append(out, box{f("x"), f("y"), f("w"), f("h"), f("score")})
	}
	return out
}

// TestBoxesOnTheDevice trains boxes in the workers of a browser, and takes it back. TestDetectorOfTwoHosts compares what is learnt.
func TestBoxesOnTheDevice(t *testing.T) {
	p := newPerson(t, 1200, 800)
	base, train := cellsOnDevice(p, boxedCells(t, 3))
	if tasks, _ := want(p, "GET", "/api/capabilities", "undefined").JSON["tasks"].([]any); !slices.Contains(tasks, any("boxes")) {
		t.Errorf("the device trains for %v", tasks)
	}
	id := want(p, "POST", base+"/train", train).text("id")
	learns := func() string {
		j := want(p, "GET", "/api/jobs/"+id, "undefined")
		if done, _ := j.JSON["done"].(float64); j.text("phase") == "train" && done > 0 {
			return "learns"
		}
		return j.text("state")
	}
	state := learns()
	for deadline := time.Now().Add(2 * time.Minute); state != "learns"; state = learns() {
		if (state != "running" && state != "queued") || time.Now().After(deadline) {
			t.Fatalf("the job is %s", state)
		}
		time.Sleep(100 * time.Millisecond)
	}
	want(p, "POST", "/api/jobs/"+id+"/cancel", `{}`)
	for deadline := time.Now().Add(30 * time.Second); state != "cancelled"; state = want(p, "GET", "/api/jobs/"+id, "undefined").text("state") {
		if time.Now().After(deadline) {
			t.Fatalf("after a cancel the job is %s", state)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestBoxesOfTwoHosts trains a detector of the same photos in a browser's workers and by the command line: the cards and what both find
// are the same. It takes minutes, so it runs with IRUM_MEASURE=1 only, or with the number of photos there.
func TestBoxesOfTwoHosts(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("IRUM_MEASURE"))
	if err != nil {
		t.Skip("set IRUM_MEASURE=1 to measure on 30 photos, or to the number of photos")
	}
	const asked = 3
	if n < 4 {
		n = 30
	}
	dir := boxedCells(t, n)
	device, cli := boxesInBrowser(t, dir, asked), boxesByCLI(t, dir, asked)
	t.Logf("%d photos: trained in %s in the browser, in %s by the command line; a suggestion takes %s and %s",
		n, device.trained.Round(time.Millisecond), cli.trained.Round(time.Millisecond), device.asked.Round(time.Millisecond), cli.asked.Round(time.Millisecond))
	t.Logf("mAP50 %v and %v, mAP %v and %v", device.card["map50"], cli.card["map50"], device.card["map"], cli.card["map"])
	for _, key := range []string{"boxes", "map50", "map", "threshold", "precision", "recall", "f1"} {
		if a, b := device.card[key], cli.card[key]; a != b || a == nil {
			t.Errorf("the card says %s %v, the command line's %v", key, a, b)
		}
	}
	count, worst := 0, 0.0
	for name, a := range device.found {
		b := cli.found[name]
		if len(a) != len(b) {
			t.Errorf("%s: %d boxes and %d", name, len(a), len(b))
			continue
		}
		for i := range a {
			count++
			worst = max(worst, math.Abs(a[i].x-b[i].x), math.Abs(a[i].y-b[i].y), math.Abs(a[i].w-b[i].w), math.Abs(a[i].h-b[i].h), math.Abs(a[i].score-b[i].score))
		}
	}
	t.Logf("%d boxes in %d photos differ by %g at most", count, len(device.found), worst)
	if count == 0 || worst > 0 || len(device.found) != asked {
		t.Error("the browser and the command line do not find the same boxes")
	}
}

// cellsOnDevice imports photos with their boxes into a new project of p's device, and gives its path and what asks for a training.
func cellsOnDevice(p *person, dir string) (base, train string) {
	p.t.Helper()
	p.open(deviceSite(p.t))
	p.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
	base = "/api/projects/" + want(p, "POST", "/api/projects", `{name: 'cells', task: 'boxes'}`).text("id")
	imports := base + "/imports"
	imports += "/" + want(p, "POST", imports, `{labels: 'auto'}`).text("id")
	files, err := os.ReadDir(dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			p.t.Fatal(err)
		}
		want(p, "POST", imports+"/files?path="+f.Name(),
			fmt.Sprintf(`new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q)`, base64.StdEncoding.EncodeToString(data), f.Name()))
	}
	want(p, "POST", imports+"/finish", `{}`)
	export := want(p, "POST", base+"/exports", `{name: 'all', filter: {}}`).text("id")
	return base, fmt.Sprintf(`{export: %q}`, export)
}

// boxesInBrowser trains with the API worker of a page.
func boxesInBrowser(t *testing.T, dir string, asked int) boxRun {
	t.Helper()
	p := newPerson(t, 1200, 800)
	base, train := cellsOnDevice(p, dir)
	t.Logf("estimated %v s", want(p, "POST", base+"/estimate", train).JSON["seconds"])
	begun := time.Now()
	model := jobWithin(p, want(p, "POST", base+"/train", train).text("id"), 20*time.Minute).text("model")
	out := boxRun{trained: time.Since(begun), found: map[string][]box{}}
	metrics, _ := want(p, "GET", base+"/models/"+model, "undefined").JSON["metrics"].(map[string]any)
	out.card, _ = metrics["boxes"].(map[string]any)
	list, _ := want(p, "GET", base+"/assets?sort=name", "undefined").JSON["items"].([]any)
	for i, a := range list[:asked] {
		asset, _ := a.(map[string]any)
		begun := time.Now()
		got := want(p, "GET", fmt.Sprintf("%s/assets/%s/boxes?model=%s", base, asset["id"], model), "undefined")
		if i > 0 { // the first one opens the network
			out.asked += time.Since(begun) / time.Duration(asked-1)
		}
		out.found[asset["name"].(string)] = boxesOf(got.JSON)
	}
	return out
}

// boxesByCLI trains by the command line, and asks a server over the same data.
func boxesByCLI(t *testing.T, dir string, asked int) boxRun {
	t.Helper()
	work := t.TempDir()
	binary, data := filepath.Join(work, "irum"), filepath.Join(work, "data")
	if out, err := exec.Command("go", "build", "-o", binary, "../../server/cmd/irum").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	irum(t, binary, data, "import", "--project", "cells", "--task", "boxes", dir)
	begun := time.Now()
	model, _ := irum(t, binary, data, "train", "--project", "cells")["model"].(string)
	out := boxRun{trained: time.Since(begun), found: map[string][]box{}}
	url, stop := hostOver(t, data)
	defer stop()
	get := func(path string) (v map[string]any) {
		t.Helper()
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s answers %d: %s", path, r.StatusCode, body)
		}
		if bytes.HasPrefix(body, []byte("[")) {
			body = slices.Concat([]byte(`{"list":`), body, []byte("}"))
		}
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	project, _ := get("/api/projects")["list"].([]any)[0].(map[string]any)
	base := fmt.Sprintf("/api/projects/%s", project["id"])
	metrics, _ := get(base + "/models/" + model)["metrics"].(map[string]any)
	out.card, _ = metrics["boxes"].(map[string]any)
	list, _ := get(base + "/assets?sort=name")["items"].([]any)
	for i, a := range list[:asked] {
		asset, _ := a.(map[string]any)
		begun := time.Now()
		got := get(fmt.Sprintf("%s/assets/%s/boxes?model=%s", base, asset["id"], model))
		if i > 0 {
			out.asked += time.Since(begun) / time.Duration(asked-1)
		}
		out.found[strings.TrimPrefix(asset["name"].(string), "cells/")] = boxesOf(got)
	}
	return out
}
