package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// state describes a label: its state, its classes, and who proposed it.
func (h *host) state(project, asset string) string {
	h.t.Helper()
	a, err := h.Asset(h.t.Context(), h.names[project], h.names[asset])
	if err != nil {
		h.t.Fatal(err)
	}
	text := string(a.Label.State)
	if a.Label.Flag != "" {
		text += " (" + string(a.Label.Flag) + ")"
	}
	for _, c := range a.Label.Classes {
		text += " " + c.ClassID
	}
	for _, b := range a.Label.Boxes {
		text += fmt.Sprintf(" %s@%g,%g,%g,%g", b.ClassID, b.X, b.Y, b.W, b.H)
	}
	if a.Label.ModelID != "" {
		text += " by " + a.Label.ModelID
	}
	return text
}

// propose writes an auto-label as an apply does.
func (h *host) propose(project, asset, class string) {
	h.t.Helper()
	_, err := h.store.WriteLabels(h.t.Context(), h.names[project], store.LabelWrite{Kind: "apply", Changes: []store.Change{{
		AssetID: h.names[asset],
		Label: domain.Label{
			State: domain.StateAuto, Source: domain.SourceModel, Confidence: 0.75, ModelID: "m1", Classes: []domain.ClassScore{{ClassID: class, Score: 0.75}},
		},
	}}})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestLabelActions(t *testing.T) {
	for _, test := range []struct {
		name, project, asset, propose, body, want string
		changed                                   int
	}{
		{name: "set", project: "single", asset: "red1", body: `{"action":"set","classes":["red"]}`, want: "labelled red", changed: 1},
		{name: "set over a proposal", project: "single", asset: "red1", propose: "green", body: `{"action":"set","classes":["red"]}`, want: "labelled red", changed: 1},
		{name: "set the same again", project: "single", asset: "red0", body: `{"action":"set","classes":["red"]}`, want: "labelled red"},
		{name: "set with the right rev", project: "single", asset: "red0", body: `{"action":"set","classes":["green"],"rev":1}`, want: "labelled green", changed: 1},
		{name: "skip", project: "single", asset: "red0", body: `{"action":"skip"}`, want: "skipped", changed: 1},
		{name: "clear", project: "single", asset: "red0", body: `{"action":"clear"}`, want: "unlabelled", changed: 1},
		{name: "accept keeps who proposed", project: "single", asset: "red1", propose: "red", body: `{"action":"accept"}`, want: "labelled red by m1", changed: 1},
		{name: "accept what is no proposal", project: "single", asset: "red1", body: `{"action":"accept"}`, want: "unlabelled"},
		{name: "reject", project: "single", asset: "red1", propose: "red", body: `{"action":"reject"}`, want: "unlabelled", changed: 1},
		{name: "reject what a person gave", project: "single", asset: "red0", body: `{"action":"reject"}`, want: "labelled red"},
		{name: "unsure of a label", project: "single", asset: "red0", body: `{"action":"flag","flag":"unsure"}`, want: "labelled (unsure) red", changed: 1},
		{name: "unsure of a proposal", project: "single", asset: "red1", propose: "red", body: `{"action":"flag","flag":"unsure"}`, want: "skipped (unsure)", changed: 1},
		{name: "a bad image", project: "single", asset: "red0", body: `{"action":"flag","flag":"bad"}`, want: "skipped (bad)", changed: 1},
		{name: "no flag where there is none", project: "single", asset: "red0", body: `{"action":"flag"}`, want: "labelled red"},
		{name: "set, but unsure", project: "single", asset: "red1", body: `{"action":"set","classes":["red"],"flag":"unsure"}`, want: "labelled (unsure) red", changed: 1},
		{name: "keep", project: "single", asset: "red0", body: `{"action":"keep"}`, want: "labelled red", changed: 1},
		{name: "keep what nobody labelled", project: "single", asset: "red1", body: `{"action":"keep"}`, want: "unlabelled"},
		{name: "keep what nobody has looked at", project: "single", asset: "red1", propose: "red", body: `{"action":"keep"}`, want: "auto red by m1"},
		{name: "set none of many", project: "multi", asset: "tagged", body: `{"action":"set"}`, want: "labelled", changed: 1},
		{name: "set many", project: "multi", asset: "tagged", body: `{"action":"set","classes":["b","a"]}`, want: "labelled b a", changed: 1},
		{name: "add", project: "multi", asset: "tagged", body: `{"action":"add","classes":["a"]}`, want: "labelled a", changed: 1},
		{name: "add to a proposal", project: "multi", asset: "tagged", propose: "a", body: `{"action":"add","classes":["b"]}`, want: "labelled a b", changed: 1},
		{name: "add what was proposed", project: "multi", asset: "tagged", propose: "a", body: `{"action":"add","classes":["a"]}`, want: "labelled a", changed: 1},
		{name: "remove one of a proposal", project: "multi", asset: "tagged", propose: "a", body: `{"action":"remove","classes":["a","b"]}`, want: "unlabelled", changed: 1},
		{name: "remove what is not there", project: "multi", asset: "tagged", body: `{"action":"remove","classes":["a"]}`, want: "unlabelled"},
		{name: "box, cut at the edge", project: "boxes", asset: "boxed", body: `{"action":"set","boxes":[{"class":"thing","x":-0.0005,"y":2.5,"w":10.0005,"h":21.5005}]}`, want: "labelled thing@0,2.5,10,21.5", changed: 1},
		{name: "no boxes at all", project: "boxes", asset: "boxed", body: `{"action":"set"}`, want: "labelled", changed: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, storetest.SQLite(t))
			if test.propose != "" {
				h.propose(test.project, test.asset, test.propose)
			}
			body := fmt.Sprintf(`{"changes":[{"asset":"{%s}",%s]}`, test.asset, test.body[1:])
			w := h.check(t, scenario{
				method: "POST", path: "/projects/{" + test.project + "}/labels", body: body, status: 200, contains: []string{fmt.Sprintf(`"changed":%d`, test.changed)},
			})
			if got := h.state(test.project, test.asset); got != test.want {
				t.Errorf("the label is %q, want %q: %s", got, test.want, w.Body)
			}
		})
	}
}

func TestBulkLabelsAreOneOperation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		h.propose("single", "green0", "green")
		h.propose("single", "green1", "red")
		h.check(t, scenario{
			method: "POST", path: "/projects/{single}/labels", status: 200,
			body:     `{"op":"bulk-1","changes":[{"filter":{"text":"green"},"action":"accept"},{"asset":"{green1}","action":"set","classes":["green"]}]}`,
			contains: []string{`"id":"bulk-1"`, `"kind":"bulk"`, `"changed":2`},
		})
		want := map[string]string{"green0": "labelled green by m1", "green1": "labelled green", "red0": "labelled red", "red1": "unlabelled"}
		for asset, label := range want {
			if got := h.state("single", asset); got != label {
				t.Errorf("%s is %q, want %q", asset, got, label)
			}
		}
		// A replay answers the same and changes nothing, even where it would conflict by now.
		h.check(t, scenario{
			method: "POST", path: "/projects/{single}/labels", status: 200,
			body:     `{"op":"bulk-1","changes":[{"asset":"{green0}","action":"set","classes":["red"],"rev":0}]}`,
			contains: []string{`"id":"bulk-1"`, `"changed":2`},
		})
		h.check(t, scenario{method: "POST", path: "/projects/{single}/undo", body: `{"op":""}`, status: 200, contains: []string{`"id":"bulk-1"`, `"undone":true`}})
		if got := h.state("single", "green1"); got != "auto red by m1" {
			t.Errorf("after undo green1 is %q", got)
		}
		h.check(t, scenario{method: "POST", path: "/projects/{single}/redo", body: `{}`, status: 200, contains: []string{`"undone":false`}})
		if got := h.state("single", "green1"); got != "labelled green" {
			t.Errorf("after redo green1 is %q", got)
		}
		h.check(t, scenario{method: "POST", path: "/projects/{multi}/undo", body: `{"op":"bulk-1"}`, status: 404})
		h.check(t, scenario{
			method: "GET", path: "/projects/{single}", status: 200, contains: []string{`"unlabelled":1,"labelled":3,"auto":0`, `"by_class":{"green":2,"red":1}`},
		})
	})
}

// TestAddersDoNotOverwriteEachOther lets many add a class at once; every class must stay.
func TestAddersDoNotOverwriteEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		var wg sync.WaitGroup
		for _, class := range []string{"a", "b"} {
			wg.Go(func() {
				_, err := h.Label(t.Context(), h.names["multi"], domain.LabelRequest{Changes: []domain.LabelChange{{
					AssetID: h.names["tagged"], Action: "add", Classes: []string{class},
				}}})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := strings.Fields(h.state("multi", "tagged"))
		slices.Sort(got)
		if !slices.Equal(got, []string{"a", "b", "labelled"}) {
			t.Errorf("the label is %q", got)
		}
	})
}

func TestPicturesAreCached(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	for _, kind := range []string{"thumb", "image"} {
		s := scenario{method: "GET", path: "/projects/{single}/assets/{red0}/" + kind, status: 200}
		w := h.check(t, s)
		tag := w.Header().Get("ETag")
		if tag == "" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: headers %v", kind, w.Header())
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
			t.Errorf("%s: policy %q", kind, policy)
		}
		if kind == "thumb" {
			img, err := jpeg.Decode(bytes.NewReader(w.Body.Bytes()))
			if err != nil || img.Bounds().Dx() != 32 {
				t.Errorf("the thumbnail: %v", err)
			}
		}
		s.header, s.status = map[string]string{"If-None-Match": `"other", W/` + tag}, 304
		if w := h.check(t, s); w.Body.Len() != 0 {
			t.Errorf("%s: 304 with a body", kind)
		}
	}
}

func TestProjectsAreUpdatedAndDeleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		p, err := h.Project(t.Context(), h.names["multi"])
		if err != nil {
			t.Fatal(err)
		}
		p.Name, p.Classes = "태그", append(p.Classes, domain.Class{Name: "C"})
		updated, err := h.UpdateProject(t.Context(), p)
		if err != nil || updated.Name != "태그" || len(updated.Classes) != 3 || updated.Classes[2].ID == "" || updated.Rev <= p.Rev {
			t.Errorf("updated %+v, %v", updated, err)
		}
		if _, err := h.UpdateProject(t.Context(), p); domain.AsProblem(err).Code != domain.CodeConflict {
			t.Errorf("an update by an old rev: %v", err)
		}
		for _, name := range []string{"single", "multi", "boxes"} {
			h.check(t, scenario{method: "DELETE", path: "/projects/{" + name + "}", status: 204})
			h.check(t, scenario{method: "GET", path: "/projects/{" + name + "}", status: 404})
		}
		h.noBlobs(t)
	})
}

// noBlobs wants that nothing but backbones is kept.
func (h *host) noBlobs(t *testing.T) {
	t.Helper()
	named, err := h.store.ReferencedBlobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for info, err := range h.blobs.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(named, info.SHA256) {
			t.Errorf("blob %s stays though nothing names it", info.SHA256)
		}
	}
}

func TestAssetsAreDeletedWithTheirBlobs(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	h.check(t, scenario{method: "POST", path: "/projects/{single}/assets/delete", body: `{"ids":["{red0}","{tagged}"]}`, status: 200, contains: []string{`{"deleted":1,"op":"`}})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/assets/{red0}", status: 404})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/trash", status: 200, contains: []string{`"images":1`}})
	h.check(t, scenario{method: "POST", path: "/projects/{single}/undo", body: `{"op":""}`, status: 200, contains: []string{`"kind":"delete","changed":1`}})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/assets/{red0}/image", status: 200})
	h.check(t, scenario{method: "POST", path: "/projects/{single}/redo", body: `{}`, status: 200, contains: []string{`"kind":"delete","changed":1`}})
	h.check(t, scenario{method: "DELETE", path: "/projects/{single}/trash", status: 204})
	h.check(t, scenario{method: "GET", path: "/projects/{multi}/assets/{tagged}/image", status: 200})
	h.noBlobs(t)
}

func TestImportReportsWhatItRefused(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, data := range map[string][]byte{"cat/1.png": servetest.PNG(t, servetest.Red, 50), "cat/2.png": []byte("no picture")} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	p := h.project("new", domain.Project{Name: "New", Task: domain.TaskSingle})
	report, err := h.StartImport(ctx, p, client.ImportOptions{Labels: "folder"})
	if err != nil {
		t.Fatal(err)
	}
	h.names["import"] = report.ID
	if _, err := h.ImportFile(ctx, p, report.ID, "set.zip", bytes.NewReader(archive.Bytes()), nil); err != nil {
		t.Fatal(err)
	}
	h.check(t, scenario{method: "POST", path: "/projects/{single}/imports/{import}/files?path=x.png", body: "x", header: octets, status: 404})
	report, err = h.FinishImport(ctx, p, report.ID)
	if err != nil || report.Imported != 1 || report.Labelled != 1 || len(report.Refused) != 1 || !strings.Contains(report.Refused[0].Path, "cat/2.png") || !report.Finished {
		t.Errorf("%+v, %v", report, err)
	}
	h.check(t, scenario{method: "GET", path: "/projects/{new}/assets?state=labelled", status: 200, contains: []string{"cat/1.png", `"source":"import"`}})
}

func TestExportsAreDownloaded(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	ctx := t.Context()
	e, err := h.CreateExport(ctx, h.names["single"], "첫 번째 \"export\"", domain.Filter{States: []domain.State{domain.StateLabelled}})
	if err != nil || e.Items != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	h.names["export"] = e.ID
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports", status: 200, contains: []string{"{export}", `"items":1`}})
	h.check(t, scenario{method: "GET", path: "/projects/{multi}/exports/{export}/download?format=json", status: 404})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports/{export}/download?format=doc", status: 422, contains: []string{"format"}})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports/{export}/download?fmt=json", status: 422})
	h.check(t, scenario{method: "GET", path: "/projects/{multi}/exports/{export}/check?format=json", status: 404})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports/{export}/check?format=doc", status: 422, contains: []string{"format"}})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports/{export}/check?format=voc", status: 415})
	h.check(t, scenario{method: "GET", path: "/projects/{single}/exports/{export}/check?format=folder", status: 200, contains: []string{`"items":1`, `"losses":[`}})
	for _, format := range []string{"json", "csv", "folder"} {
		s := scenario{method: "GET", path: "/projects/{single}/exports/{export}/download?format=" + format, status: 200}
		first, second := h.check(t, s), h.check(t, s)
		if first.Body.Len() == 0 || !bytes.Equal(first.Body.Bytes(), second.Body.Bytes()) {
			t.Errorf("%s: two downloads differ, or are empty", format)
		}
		if got := first.Header().Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="`) || !strings.Contains(got, "filename*=UTF-8''") {
			t.Errorf("%s: disposition %q", format, got)
		}
	}
}

// waitFor waits until a job has ended.
func (h *host) waitFor(job domain.Job) domain.Job {
	h.t.Helper()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); {
		var err error
		if job, err = h.Job(h.t.Context(), job.ID); err != nil {
			h.t.Fatal(err)
		}
		if job.State != domain.JobQueued && job.State != domain.JobRunning {
			return job
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-h.t.Context().Done():
		}
	}
	h.t.Fatalf("job %+v does not end", job)
	return job
}

func TestTrainAndApply(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["single"]
		h.image(p, "red2", servetest.Red)
		h.image(p, "green2", servetest.Green)
		for asset, class := range map[string]string{"red1": "red", "green0": "green", "green1": "green"} {
			if _, err := h.Label(ctx, p, set(h.names[asset], class)); err != nil {
				t.Fatal(err)
			}
		}
		e, err := h.CreateExport(ctx, p, "four", domain.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if estimate, err := h.Estimate(ctx, p, domain.TrainRequest{ExportID: e.ID}); err != nil || estimate.Images != 4 || estimate.Balance != 1000 {
			t.Errorf("estimate %+v, %v", estimate, err)
		}
		job, err := h.Train(ctx, p, domain.TrainRequest{ExportID: e.ID, Name: "첫 모델"})
		if err != nil {
			t.Fatal(err)
		}
		h.names["job"] = job.ID
		if job = h.waitFor(job); job.State != domain.JobDone {
			t.Fatalf("training: %+v", job)
		}
		h.names["model"] = job.ModelID
		h.check(t, scenario{method: "GET", path: "/projects/{single}/jobs", status: 200, contains: []string{`"id":"{job}"`}})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/models", status: 200, contains: []string{`"id":"{model}"`}, lacks: []string{"outcomes"}})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/models/{model}", status: 200, contains: []string{`"outcomes":[`, `"version":1`}})
		h.check(t, scenario{method: "GET", path: "/projects/{multi}/models/{model}", status: 404})
		h.check(t, scenario{method: "GET", path: "/projects/{multi}/models/{model}/file", status: 404})
		h.check(t, scenario{method: "DELETE", path: "/projects/{multi}/models/{model}", status: 404})
		h.check(t, scenario{method: "POST", path: "/projects/{multi}/models/{model}/apply", body: `{"filter":{},"min_confidence":0,"dry_run":true}`, status: 404})
		h.check(t, scenario{method: "POST", path: "/jobs/{job}/cancel", body: `{}`, status: 200, contains: []string{`"state":"done"`}})

		w := h.check(t, scenario{method: "GET", path: "/projects/{single}/models/{model}/file", status: 200})
		if _, err := engine.Load(w.Body.Bytes()); err != nil || !strings.Contains(w.Header().Get("Content-Disposition"), ".onnx") {
			t.Errorf("the model's file, %q: %v", w.Header().Get("Content-Disposition"), err)
		}
		job, err = h.Apply(ctx, p, h.names["model"], domain.ApplyRequest{DryRun: true})
		if err == nil {
			job = h.waitFor(job)
		}
		if err != nil || job.Apply == nil || job.Apply.Labelled != 2 || h.state("single", "red2") != "unlabelled" {
			t.Errorf("dry run: %+v, %v", job, err)
		}
		job, err = h.Apply(ctx, p, h.names["model"], domain.ApplyRequest{Budget: 0.1, DryRun: true})
		if err == nil {
			job = h.waitFor(job)
		}
		if err != nil || job.Apply == nil || job.Apply.Labelled != 0 || job.Apply.Promise == nil || job.Apply.Promise.Held != 4 || job.Apply.Promise.Parts[0].More < 10 {
			t.Errorf("four labels prove nothing: %+v, %v", job.Apply, err)
		}
		job, err = h.Apply(ctx, p, h.names["model"], domain.ApplyRequest{})
		if err == nil {
			job = h.waitFor(job)
		}
		if err != nil || job.Apply == nil || job.Apply.Labelled != 2 {
			t.Fatalf("apply: %+v, %v", job, err)
		}
		for asset, class := range map[string]string{"red2": "red", "green2": "green"} {
			if got, want := h.state("single", asset), "auto "+class+" by "+h.names["model"]; got != want {
				t.Errorf("%s is %q, want %q", asset, got, want)
			}
		}
		h.check(t, scenario{method: "DELETE", path: "/projects/{single}/models/{model}", status: 204})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/models/{model}", status: 404})
		h.check(t, scenario{method: "DELETE", path: "/projects/{single}", status: 204})
		h.noBlobs(t)
	})
}

func TestBackbonesAreAdded(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	network, err := servetest.Backbone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	network = bytes.Replace(network, []byte("irum-test"), []byte("irum-more"), 1) // other bytes than the default's
	b, err := h.AddBackbone(t.Context(), "Mine", "a test", bytes.NewReader(network), nil)
	if err != nil || b.Dim != 16 || b.InputSize != 16 || b.Default {
		t.Fatalf("%+v, %v", b, err)
	}
	list, err := h.Backbones(t.Context())
	if err != nil || len(list) != 2 || !list[0].Default || list[1].Name != "Mine" {
		t.Errorf("%+v, %v", list, err)
	}
}

// broken fails after it has given n bytes.
type broken struct{ n int }

var errBroken = errors.New("the cable was pulled: secret detail")

func (b *broken) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, errBroken
	}
	n := min(b.n, len(p))
	b.n -= n
	return n, nil
}

// TestInnerErrorsAreHidden sends a body that breaks, and wants an answer that tells nothing of it.
func TestInnerErrorsAreHidden(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/backbones?name=x", io.NopCloser(&broken{1000}))
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	var p domain.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 500 || p.Code != domain.CodeInternal || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A label that was taken from a suggestion is a person's, and tells what was suggested.
func TestAcceptedSuggestionIsAPersonsLabel(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	r := set(h.names["green0"], "green")
	r.Changes[0].Effort = &domain.Effort{Seconds: 0.8, Suggestion: domain.SuggestionAccepted, Confidence: 0.9, Labels: 7}
	op, err := h.Label(t.Context(), h.names["single"], r)
	if err != nil {
		t.Fatal(err)
	}
	l := op.Assets[0].Label
	if l.Source != domain.SourceHuman || l.Suggested == nil || l.Suggested.Confidence != 0.9 || l.Suggested.Labels != 7 {
		t.Errorf("label %+v", l)
	}
	r = set(h.names["green1"], "green")
	r.Changes[0].Effort = &domain.Effort{Seconds: 3, Suggestion: domain.SuggestionShown}
	if op, err = h.Label(t.Context(), h.names["single"], r); err != nil || op.Assets[0].Label.Suggested != nil {
		t.Errorf("a label that was not suggested: %+v, %v", op, err)
	}
	got, err := h.store.Efforts(t.Context(), h.names["single"], time.Time{})
	if err != nil || len(got) != 2 || got[0].Seconds != 0.8 || got[1].Suggestion != domain.SuggestionShown {
		t.Errorf("efforts %+v, %v", got, err)
	}
}

// Pages of an order by likeness list every image once.
func TestPagesByLikeness(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	all, err := h.AssetIDsLike(t.Context(), h.names["single"], domain.Filter{}, h.names["green1"])
	if err != nil || len(all) != 4 {
		t.Fatalf("%v, %v", all, err)
	}
	var got []string
	cursor := ""
	for range 4 {
		w := h.send(scenario{method: "GET", path: "/projects/{single}/assets?sort=similarity&to={green1}&limit=2&cursor=" + cursor})
		var page domain.AssetPage
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d: %v", w.Code, err)
		}
		for _, a := range page.Items {
			got = append(got, a.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	slices.Sort(got)
	slices.Sort(all)
	if !slices.Equal(got, all) {
		t.Errorf("pages list %v, the ids are %v", got, all)
	}
}
