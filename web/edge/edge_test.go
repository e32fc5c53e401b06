package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/web/edge/workerd"
)

const token = "the-owner's-token"

// host is the edge host in workerd. t is skipped only where workerd is not installed, or web/edge/dist was not built.
type host struct {
	t *testing.T
	*client.Client
	url string
}

func start(t *testing.T, args ...string) *host {
	t.Helper()
	edge, err := workerd.Folder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(edge, "dist", "worker.mjs")); err != nil {
		t.Skip("web/edge/dist is empty: make edge")
	}
	p, err := workerd.Start("run.mjs", append([]string{"--wrap", "test/slow.mjs", "TOKEN=" + token}, args...)...)
	if errors.Is(err, workerd.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Log(p.Said())
		}
	})
	transport, err := httpclient.New(p.Address)
	if err != nil {
		t.Fatal(err)
	}
	transport.Use(token)
	return &host{t: t, Client: client.New(transport), url: p.Address + "api"}
}

// send asks as a visitor, or as the owner where that is said.
func (h *host) send(ctx context.Context, method, path, body string, headers ...string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, h.url+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := workerd.Client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	return res, string(answer), err
}

func (h *host) get(path string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	res, body, err := h.send(h.t.Context(), "GET", path, "", headers...)
	if err != nil {
		h.t.Fatal(err)
	}
	return res, body
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func picture(t *testing.T, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i%40)
	}
	img.SetGray(3, 3, color.Gray{Y: 255 - shade})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// filled makes a project of three images, the first of them labelled.
func (h *host) filled() (project string, assets []domain.Asset) {
	h.t.Helper()
	ctx := h.t.Context()
	p := must[domain.Project](h.t)(h.CreateProject(ctx, domain.Project{Name: "Shades", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "dark", Name: "Dark"}, {ID: "light", Name: "Light"}}}))
	in := must[domain.ImportReport](h.t)(h.StartImport(ctx, p.ID, client.ImportOptions{Labels: "none"}))
	for i := range 3 {
		must[domain.ImportReport](h.t)(h.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("%d.png", i), nil, picture(h.t, uint8(80*i))))
	}
	report := must[domain.ImportReport](h.t)(h.FinishImport(ctx, p.ID, in.ID))
	if report.Imported != 3 {
		h.t.Fatalf("imported %+v", report)
	}
	page := must[domain.AssetPage](h.t)(h.Assets(ctx, p.ID, domain.Filter{}, "name", "", 10))
	must[domain.Operation](h.t)(h.Label(ctx, p.ID, label(page.Items[0], "dark")))
	return p.ID, page.Items
}

func label(a domain.Asset, class string) domain.LabelRequest {
	return domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: a.ID, Action: "set", Classes: []string{class}}}}
}

// TestOwner does what the owner does, and reads it as a visitor: images in R2, all else in D1.
func TestOwner(t *testing.T) {
	h := start(t)
	ctx := t.Context()
	project, assets := h.filled()
	in := "/projects/" + project
	if _, body := h.get(in); !strings.Contains(body, `"labelled":1`) {
		t.Errorf("the project: %s", body)
	}
	if res, body := h.get(in + "/assets/" + assets[1].ID + "/image"); body != string(picture(t, 80)) || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("an image comes back as %d bytes of %s", len(body), res.Header.Get("Content-Type"))
	}
	res, body := h.get(in + "/assets/" + assets[1].ID + "/thumb")
	if _, _, err := image.Decode(strings.NewReader(body)); err != nil || res.StatusCode != 200 {
		t.Errorf("a thumbnail: %d, %v", res.StatusCode, err)
	}
	if res, _ := h.get(in+"/assets/"+assets[1].ID+"/thumb", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("a thumbnail that is known: %d", res.StatusCode)
	}
	must[domain.Operation](t)(h.Label(ctx, project, label(assets[2], "light")))
	must[domain.Operation](t)(h.Undo(ctx, project, ""))
	if _, body := h.get(in + "/asset-ids?state=labelled"); body != fmt.Sprintf("[%q]\n", assets[0].ID) {
		t.Errorf("labelled are %s", body)
	}
	export := must[domain.Export](t)(h.CreateExport(ctx, project, "all", domain.Filter{}))
	res, body, err := h.send(ctx, "GET", in+"/exports/"+export.ID+"/download?format=csv", "", "Authorization", "Bearer "+token)
	if err != nil || res.StatusCode != 200 || len(body) == 0 {
		t.Errorf("a download: %v %v %s", res, err, body)
	}
	if _, err := h.Cluster(ctx, project, domain.ClusterRequest{}); domain.AsProblem(err).Code != domain.CodeUnsupported {
		t.Errorf("grouping on the edge: %v", err)
	}
	caps := must[domain.Capabilities](t)(h.Capabilities(ctx))
	if caps.Host != "edge" || len(caps.Training) != 0 || caps.Levels[0].Reason != domain.LevelEdge {
		t.Errorf("capabilities %+v", caps)
	}
	if err := h.DeleteProject(ctx, project); err != nil {
		t.Error(err)
	}
	if res, _ := h.get(in); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted project: %d", res.StatusCode)
	}
	if res, body := h.get("/test/cron"); res.StatusCode != http.StatusNoContent {
		t.Errorf("cleaning up: %d %s", res.StatusCode, body)
	}
}

// TestVisitors may look, are told so when they change something, and are sent the headers of the server.
func TestVisitors(t *testing.T) {
	h := start(t, "--limit", "12")
	project, _ := h.filled() // as the owner, whose requests do not count
	for path, body := range map[string]string{"/projects": `{"name":"x"}`, "/projects/" + project + "/labels": "{}", "/seed/rows": "{}"} {
		res, answer, err := h.send(t.Context(), "POST", path, body)
		if err != nil || res.StatusCode != http.StatusForbidden || !strings.Contains(answer, "demo to look at") {
			t.Errorf("%s: %v %s %v", path, res, answer, err)
		}
	}
	res, body := h.get("/me")
	if !strings.Contains(body, `"visitor":true`) || res.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s under %v", body, res.Header)
	}
	res, page := h.get("/../projects/any")
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(page, "<title>Irum</title>") || !strings.Contains(csp, "default-src 'none'") || res.Header.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
		t.Errorf("the page comes under %v", res.Header)
	}
	for range 12 {
		if res, body = h.get("/me"); res.StatusCode != http.StatusOK {
			break
		}
	}
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `"code":"too_many"`) {
		t.Errorf("after many requests: %d %s", res.StatusCode, body)
	}
	must[domain.Project](t)(h.Project(t.Context(), project)) // the owner's are not counted
}

// TestHealth: requests that wait at the same time, more of them than there are programs, and requests whose clients have gone
// leave the Worker as it was.
func TestHealth(t *testing.T) {
	h := start(t)
	project, _ := h.filled()
	in := "/projects/" + project
	quick := func(when string) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		for range 12 {
			if res, body, err := h.send(ctx, "GET", in+"/assets", ""); err != nil || res.StatusCode != 200 || !strings.Contains(body, `"total":3`) {
				t.Fatalf("%s: %v %s %v", when, res, body, err)
			}
		}
	}
	quick("at first")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			res, body, err := h.send(t.Context(), "GET", in+"/assets", "", "X-Slow", "250")
			if err != nil || res.StatusCode != 200 || !strings.Contains(body, `"total":3`) {
				t.Errorf("sleeping request %d: %v %s %v", i, res, body, err)
			}
		})
	}
	wait.Wait()
	quick("after eight that slept")
	for i := range 6 {
		ctx, stop := context.WithTimeout(t.Context(), 60*time.Millisecond)
		_, _, err := h.send(ctx, "GET", in+"/assets", "", "X-Slow", "300")
		stop()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("request %d was not cut off: %v", i, err)
		}
	}
	quick("after six whose clients have gone")
	// A write whose client has gone is done, and done once.
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer stop()
	_, _, err := h.send(ctx, "POST", "/projects", `{"name":"Left","task":"single"}`, "X-Slow", "200", "Authorization", "Bearer "+token)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write was not cut off: %v", err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, body := h.get("/projects")
		if n := strings.Count(body, `"name":"Left"`); n == 1 {
			break
		} else if n > 1 || time.Now().After(deadline) {
			t.Fatalf("a write whose client has gone was done %d times", n)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
