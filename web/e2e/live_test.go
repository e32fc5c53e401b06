package e2e

import (
	"context"
	"fmt"
	"image/color"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
)

// asked gives the requests to the API that all lists from the one at on.
func asked(all func() []string, at int) (out []string) {
	for _, r := range all()[at:] {
		if strings.Contains(r, "/api/") {
			out = append(out, r)
		}
	}
	return out
}

// TestPagesAreTold leaves a page of a server alone while others label and train: it shows what they do at once, asks for nothing
// while nothing happens, and asks in turns where the stream of events cannot be had.
func TestPagesAreTold(t *testing.T) {
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	token := make(chan struct{})
	address := open(t, serve.Config{
		Data: t.TempDir(), Addr: "127.0.0.1:0", Web: os.DirFS("../dist"), Backbone: servetest.Backbone,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Trainer: &servetest.Epochs{Before: func(ctx context.Context, _ string, _ int) error {
			select {
			case <-token:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}},
	})
	transport, err := httpclient.New(address)
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(transport)
	project := twoColours(t, c)
	p := newPerson(t, 1440, 900)
	all := requests(p)
	p.open(address + "/p/s/" + project + "/ai")
	p.sees("0 of 10 labelled", 30*time.Second)
	quiet(p, all)

	labelEight(t, c, project)
	p.sees("8 of 10 labelled", 10*time.Second)
	export, err := c.CreateExport(t.Context(), project, "", domain.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	train := func() {
		t.Helper()
		if _, err := c.Train(t.Context(), project, domain.TrainRequest{ExportID: export.ID, Level: "full"}); err != nil {
			t.Fatal(err)
		}
	}
	train()
	p.sees("0 / 10", 20*time.Second)
	for range 3 {
		token <- struct{}{}
	}
	p.sees("3 / 10", 10*time.Second)
	p.accessible("live-training")
	quiet(p, all)
	for range 7 {
		token <- struct{}{}
	}
	p.sees("version 1", 30*time.Second)
	quiet(p, all)

	outgrow(t, c, project)
	p.sees("2 labels are new or changed since it learnt. It does not know: green.", 10*time.Second)
	p.accessible("outgrown")
	p.inKorean("outgrown", address+"/p/s/"+project+"/ai", ".model .notice")
	p.click("Train again")
	p.sees("Create Custom Auto-Label AI", 10*time.Second)
	p.press(kb.Escape)

	p.do(call(network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/api/projects/*/events", Block: true}}}))
	train()
	p.open(address + "/p/s/" + project + "/ai")
	p.sees("0 / 10", 20*time.Second)
	before := len(all())
	close(token)
	p.sees("version 2", 30*time.Second)
	if list := asked(all, before); !strings.Contains(strings.Join(list, " "), "/jobs") {
		t.Errorf("without a stream the page asked for %v", list)
	}
}

// quiet wants the page to come to ask for nothing, for much longer than it waits where it asks in turns.
func quiet(p *person, all func() []string) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		before := len(all())
		p.until("a rest", fmt.Sprintf("performance.now() > %f", eval[float64](p, "performance.now()")+1500), 10*time.Second)
		if len(asked(all, before)) == 0 {
			return
		}
	}
	p.t.Errorf("the page goes on asking: %v", all())
}

// twoColours makes a project of ten images, none of which has a label.
func twoColours(t *testing.T, c *client.Client) (project string) {
	t.Helper()
	p, err := c.CreateProject(t.Context(), domain.Project{Name: "Colours", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "red"}, {Name: "blue"}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.StartImport(t.Context(), p.ID, client.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		hue := []color.RGBA{servetest.Red, servetest.Blue}[i%2]
		if _, err := c.ImportFile(t.Context(), p.ID, in.ID, fmt.Sprintf("%d.png", i), nil, servetest.PNG(t, hue, uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.FinishImport(t.Context(), p.ID, in.ID); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// outgrow labels the other two images with a class that no model knows.
func outgrow(t *testing.T, c *client.Client, project string) {
	t.Helper()
	p, err := c.Project(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	p.Classes = append(p.Classes, domain.Class{Name: "green"})
	if p, err = c.UpdateProject(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Label(t.Context(), project, domain.LabelRequest{Changes: []domain.LabelChange{{
		Filter: &domain.Filter{States: []domain.State{domain.StateUnlabelled}}, Action: "set", Classes: []string{p.Classes[2].ID},
	}}}); err != nil {
		t.Fatal(err)
	}
}

// labelEight labels the first eight images.
func labelEight(t *testing.T, c *client.Client, project string) {
	t.Helper()
	p, err := c.Project(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.Assets(t.Context(), project, domain.Filter{}, "name", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var in domain.LabelRequest
	for i, a := range page.Items[:8] {
		in.Changes = append(in.Changes, domain.LabelChange{AssetID: a.ID, Action: "set", Classes: []string{p.Classes[i%2].ID}})
	}
	if _, err := c.Label(t.Context(), project, in); err != nil {
		t.Fatal(err)
	}
}
