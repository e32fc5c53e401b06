//go:build linux

package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/color"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
)

// smallDisk is a data folder on a disk of its own, of 16 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("this account may not mount a disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no byte free.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	_ = f.Close()
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// small is a server on a small disk, with a project of one image.
type small struct {
	*client.Client
	t       *testing.T
	dir     string
	server  *serve.Server
	project domain.Project
	asset   string
	seed    uint64
}

func newSmall(t *testing.T) *small {
	t.Helper()
	s := &small{t: t, dir: smallDisk(t)}
	s.open()
	t.Cleanup(func() { _ = s.server.Close() })
	ctx := t.Context()
	var err error
	if s.project, err = s.CreateProject(ctx, domain.Project{Name: "P", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.image(); err != nil {
		t.Fatal(err)
	}
	ids, err := s.AssetIDs(ctx, s.project.ID, domain.Filter{}, "")
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	s.asset = ids[0]
	return s
}

func (s *small) open() {
	s.t.Helper()
	var err error
	if s.server, err = serve.Open(s.t.Context(), serve.Config{Data: s.dir, Version: "test", Backbone: servetest.Backbone, Log: slog.New(slog.DiscardHandler)}); err != nil {
		s.t.Fatal(err)
	}
	s.Client = client.New(httpclient.Over(s.server.Handler(true)))
}

func (s *small) image() error {
	s.seed++
	report, err := s.StartImport(s.t.Context(), s.project.ID, client.ImportOptions{Labels: "none"})
	if err == nil {
		report, err = s.ImportFile(s.t.Context(), s.project.ID, report.ID, "i.png", nil, servetest.PNG(s.t, color.RGBA{R: 9, A: 255}, s.seed))
	}
	if err == nil && report.Imported != 1 {
		return errors.New(report.Refused[0].Reason)
	}
	return err
}

func (s *small) label(class string) error {
	_, err := s.Label(s.t.Context(), s.project.ID, domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: s.asset, Action: "set", Classes: []string{class}}}})
	return err
}

// refusesWrites wants all that writes to be refused as 507.
func (s *small) refusesWrites() {
	s.t.Helper()
	ctx := s.t.Context()
	for name, write := range map[string]func() error{
		"label":  func() error { return s.label("b") },
		"import": s.image,
		"project": func() error {
			_, err := s.CreateProject(ctx, domain.Project{Name: "Q", Task: domain.TaskMulti})
			return err
		},
		"comment": func() error { _, err := s.AddComment(ctx, s.project.ID, s.asset, "", "", "x"); return err },
		"export":  func() error { _, err := s.CreateExport(ctx, s.project.ID, "x", domain.Filter{}); return err },
		"filter": func() error {
			_, err := s.SaveFilter(ctx, s.project.ID, domain.SavedFilter{ID: "f", Name: "F"})
			return err
		},
		"bulk": func() error {
			_, err := s.Bulk(ctx, s.project.ID, domain.BulkRequest{Action: "set", Classes: []string{"b"}})
			return err
		},
		"undo":   func() error { _, err := s.Undo(ctx, s.project.ID, ""); return err },
		"delete": func() error { return s.DeleteProject(ctx, s.project.ID) },
	} {
		p := domain.AsProblem(write())
		if p.Code != domain.CodeStorage || p.Status != 507 || p.RetryAfter == 0 || !strings.Contains(p.Detail, "try again") {
			s.t.Errorf("%s: %+v", name, p)
		}
	}
}

// reads wants all that reads to go on, and to show what was there before.
func (s *small) reads() {
	s.t.Helper()
	ctx := context.WithoutCancel(s.t.Context())
	p, err := s.Project(ctx, s.project.ID)
	if err != nil || p.Counts.Assets != 1 || p.Counts.ByClass["a"] != 1 || p.Counts.Labelled != 1 {
		s.t.Errorf("project: %+v, %v", p.Counts, err)
	}
	page, err := s.Assets(ctx, s.project.ID, domain.Filter{}, "", "", 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].Label.Classes[0].ClassID != "a" {
		s.t.Errorf("assets: %+v, %v", page, err)
	}
	for _, path := range []string{
		client.ThumbPath(s.project.ID, s.asset), client.ImagePath(s.project.ID, s.asset), "/api/projects",
		"/api/projects/" + s.project.ID + "/analytics", "/api/capabilities", "/metrics",
	} {
		if data, _, err := s.Bytes(ctx, path); err != nil || len(data) == 0 {
			s.t.Errorf("%s: %v", path, err)
		}
	}
}

func (s *small) health() (status, storage string) {
	s.t.Helper()
	data, _, err := s.Bytes(s.t.Context(), "/healthz")
	var v struct{ Status, Storage string }
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(data)).Decode(&v)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return v.Status, v.Storage
}

// whole wants nothing half-written in the data folder.
func (s *small) whole() {
	s.t.Helper()
	for _, pattern := range []string{"blobs/tmp/*", ".irum-*"} {
		if left, _ := filepath.Glob(filepath.Join(s.dir, pattern)); len(left) > 0 {
			s.t.Errorf("%v was left", left)
		}
	}
}

func TestFullDisk(t *testing.T) {
	s := newSmall(t)
	if err := s.label("a"); err != nil {
		t.Fatal(err)
	}
	free := fill(t, s.dir)
	s.refusesWrites()
	s.reads()
	if status, storage := s.health(); status != "degraded" || storage != "full" {
		t.Errorf("healthz: %s, %s", status, storage)
	}
	free()
	s.whole()
	if err := s.label("b"); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	if err := s.image(); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	if err := s.server.Close(); err != nil {
		t.Error(err)
	}
	s.open()
	if p, err := s.Project(t.Context(), s.project.ID); err != nil || p.Counts.Assets != 2 || p.Counts.ByClass["b"] != 1 {
		t.Errorf("after a start: %+v, %v", p.Counts, err)
	}
}

// TestStartOnAFullDisk: SQLite needs room to begin, which is said.
func TestStartOnAFullDisk(t *testing.T) {
	s := newSmall(t)
	if err := s.server.Close(); err != nil {
		t.Fatal(err)
	}
	free := fill(t, s.dir)
	c := serve.Config{Data: s.dir, Version: "test", Backbone: servetest.Backbone}
	if _, err := serve.Open(t.Context(), c); domain.AsProblem(err).Code != domain.CodeStorage || !strings.Contains(err.Error(), "Make room") {
		t.Errorf("%v", err)
	}
	free()
	s.open()
	if err := s.label("b"); err != nil {
		t.Error(err)
	}
}
