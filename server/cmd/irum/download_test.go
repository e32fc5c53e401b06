package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
)

// TestDownloadGoesOnWhereItEnded serves a backbone by a host that breaks off twice.
func TestDownloadGoesOnWhereItEnded(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	network, err := servetest.Backbone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	network = bytes.Replace(network, []byte("irum-test"), []byte("irum-more"), 1)
	var mu sync.Mutex
	var ranges []string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		breaks := len(ranges) <= 2
		mu.Unlock()
		w.Header().Set("ETag", `"v1"`)
		if breaks {
			w = &cut{ResponseWriter: w, left: 500}
		}
		http.ServeContent(w, r, "net.onnx", time.Time{}, bytes.NewReader(network))
	}))
	defer host.Close()
	sum := sha256.Sum256(network)
	digest := hex.EncodeToString(sum[:])
	data := filepath.Join(t.TempDir(), "data")
	var added struct{ Backbone domain.Backbone }
	irum(t, 0, &added, "models", "add", host.URL+"/net.onnx", "--sha256", strings.ToUpper(digest), "--name", "Mine", "--data", data, "--json")
	if added.Backbone.Name != "Mine" || added.Backbone.Dim != 16 || added.Backbone.Source != host.URL+"/net.onnx" {
		t.Errorf("%+v", added)
	}
	if want := []string{"", "bytes=500-", "bytes=1000-"}; !slices.Equal(ranges, want) {
		t.Errorf("asked for %q, want %q", ranges, want)
	}
	text := irum(t, 1, nil, "models", "add", host.URL+"/net.onnx", "--sha256", strings.Repeat("0", 64), "--data", data)
	if !strings.Contains(text, digest) {
		t.Errorf("a wrong digest: %s", text)
	}
}

// cut ends the connection after some bytes.
type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) < c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
