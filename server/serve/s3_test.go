package serve_test

import (
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

// TestBlobsInObjectStorage keeps a project's images in S3, reads them after a restart, and restores a backup into a folder.
func TestBlobsInObjectStorage(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "very-secret-key")
	backend := s3mem.New()
	if err := backend.CreateBucket("irum"); err != nil {
		t.Fatal(err)
	}
	storage := httptest.NewServer(gofakes3.New(backend).Server())
	defer storage.Close()
	c := serve.Config{Data: t.TempDir(), Blobs: "s3://irum/team?region=us-east-1&endpoint=" + url.QueryEscape(storage.URL)}
	s := open(t, c)
	p := newProject(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(c.Data, "blobs", "*")); len(left) > 0 {
		t.Errorf("blobs are in the folder too: %v", left)
	}
	readFirstImage := func(c serve.Config) {
		t.Helper()
		s := open(t, c)
		defer func() { _ = s.Close() }()
		api := client.New(httpclient.Over(s.API()))
		page, err := api.Assets(t.Context(), p.ID, domain.Filter{}, "", "", 0)
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		if data, _, err := api.Bytes(t.Context(), client.ImagePath(p.ID, page.Items[0].ID)); err != nil || len(data) == 0 {
			t.Errorf("%d bytes, %v", len(data), err)
		}
	}
	readFirstImage(c)
	out, fresh := filepath.Join(t.TempDir(), "backup.tar"), filepath.Join(t.TempDir(), "data")
	if m, err := serve.Backup(t.Context(), c.Data, c.Blobs, out, "test"); err != nil || m.Blobs != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := serve.Restore(t.Context(), out, fresh); err != nil {
		t.Fatal(err)
	}
	readFirstImage(serve.Config{Data: fresh})
	_, err := serve.Open(t.Context(), serve.Config{Data: t.TempDir(), Blobs: "s4://very-secret-key", Web: page})
	if p := domain.AsProblem(err); p.Code != domain.CodeInvalid || p.Field != "blobs" || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong address: %v", err)
	}
}
