package s3_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/blob/blobtest"
	"github.com/irum-app/irum/server/blob/s3"
	"github.com/irum-app/irum/server/domain"
)

// TestMain makes this process trust the certificate of test servers: real storages are reached by HTTPS, too.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(nil)
	file, err := os.CreateTemp("", "irum-s3-*.pem")
	if err == nil {
		err = pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	server.Close()
	if err = errors.Join(err, file.Close(), os.Setenv("SSL_CERT_FILE", file.Name())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.Remove(file.Name())
	os.Exit(code)
}

// storage is an S3 server in memory: gofakes3, small and without cgo. It keeps every request of before, and refuses what
// refuse says.
type storage struct {
	*httptest.Server
	backend *s3mem.Backend

	mu     sync.Mutex
	seen   []string
	refuse func(r *http.Request) (status int, code string)
}

func newStorage(t *testing.T) *storage {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "very-secret-key")
	s := &storage{backend: s3mem.New()}
	if err := s.backend.CreateBucket("irum"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s.backend, gofakes3.WithAutoBucket(false)).Server()
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
		refuse := s.refuse
		s.mu.Unlock()
		if refuse != nil {
			if status, code := refuse(r); status != 0 {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>very-secret-key from the storage</Message></Error>")
				return
			}
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *storage) address(prefix string) string {
	return "s3://irum/" + prefix + "?region=us-east-1&endpoint=" + url.QueryEscape(s.URL)
}

func (s *storage) set(refuse func(r *http.Request) (int, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *storage) open(t *testing.T, prefix string) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(t.Context(), s.address(prefix))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBucket(t *testing.T) {
	for _, prefix := range []string{"", "deep/in/it"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			blobtest.Run(t, func(t *testing.T) blob.Bucket { return newStorage(t).open(t, prefix) })
		})
	}
}

// A large blob goes up in parts; one that breaks off leaves nothing, neither an object nor parts.
func TestParts(t *testing.T) {
	s := newStorage(t)
	b, ctx := s.open(t, "x"), t.Context()
	data := make([]byte, 35<<20)
	_, _ = rand.Read(data)
	sha, n, err := b.Put(ctx, bytes.NewReader(data))
	if err != nil || n != int64(len(data)) || sha != blob.Sum(data) {
		t.Fatalf("put %d: %v", n, err)
	}
	if got, err := blob.Bytes(ctx, b, sha, 0); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	parts := 0
	for _, line := range s.seen {
		if strings.HasPrefix(line, "PUT ") && strings.Contains(line, "partNumber=") {
			parts++
		}
	}
	if parts != 3 {
		t.Errorf("%d parts were sent: %v", parts, s.seen)
	}
	data[0]++
	s.set(func(r *http.Request) (int, string) {
		if r.URL.Query().Get("partNumber") == "2" {
			return http.StatusForbidden, "AccessDenied"
		}
		return 0, ""
	})
	if _, _, err := b.Put(ctx, bytes.NewReader(data)); domain.AsProblem(err).Code != domain.CodeUnavailable {
		t.Errorf("a part that is refused: %v", err)
	}
	s.set(nil)
	if _, err := b.Stat(ctx, blob.Sum(data)); domain.AsProblem(err).Code != domain.CodeNotFound {
		t.Errorf("half an object is there: %v", err)
	}
	aborted := false
	for _, line := range s.seen {
		aborted = aborted || strings.HasPrefix(line, "DELETE ") && strings.Contains(line, "uploadId=")
	}
	if !aborted {
		t.Error("the parts of the upload that broke off stay")
	}
}

// Every request may fail: what was acknowledged is there whole, and no key, nor what the storage says, is in an error.
func TestEveryRequestMayFail(t *testing.T) {
	s := newStorage(t)
	b, ctx := s.open(t, ""), t.Context()
	for failAt := 1; ; failAt++ {
		n, failed := 0, false
		s.set(func(*http.Request) (int, string) {
			if n++; n == failAt {
				failed = true
				return http.StatusForbidden, "AccessDenied"
			}
			return 0, ""
		})
		var kept []string
		for _, text := range []string{"a", "b", "a", strings.Repeat("c", 100_000)} {
			sha, _, err := b.Put(ctx, strings.NewReader(text+string(rune(failAt))))
			if err == nil {
				kept = append(kept, sha)
			} else if strings.Contains(err.Error(), "secret") || domain.AsProblem(err).Code != domain.CodeUnavailable {
				t.Errorf("an error tells too much or too little: %v", err)
			}
		}
		s.set(nil)
		for _, sha := range kept {
			if got, err := blob.Bytes(ctx, b, sha, 0); err != nil || blob.Sum(got) != sha {
				t.Errorf("request %d failed: an acknowledged blob has %d bytes, %v", failAt, len(got), err)
			}
		}
		if !failed {
			break
		}
	}
	for info, err := range b.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := blob.Bytes(ctx, b, info.SHA256, 0); err != nil || blob.Sum(got) != info.SHA256 {
			t.Errorf("blob %s is half: %v", info.SHA256, err)
		}
	}
	broken := errors.New("the cable is out")
	if _, _, err := b.Put(ctx, io.MultiReader(bytes.NewReader(make([]byte, 5<<20)), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a reader that fails late: %v", err)
	}
}

func TestWrongAddresses(t *testing.T) {
	s := newStorage(t)
	for name, test := range map[string]struct{ address, code, says string }{
		"no bucket":          {"s3:///x", domain.CodeInvalid, "s3://BUCKET"},
		"keys in it":         {"s3://AKIATEST:very-secret-key@irum/x", domain.CodeInvalid, "environment"},
		"unknown word":       {"s3://irum/x?secret=very-secret-key", domain.CodeInvalid, "endpoint and region"},
		"endpoint of a path": {"s3://irum/x?endpoint=http://a/b", domain.CodeInvalid, "endpoint"},
		"another bucket":     {"s3://other/x?region=us-east-1&endpoint=" + url.QueryEscape(s.URL), domain.CodeInvalid, `no bucket "other"`},
		"nobody there":       {"s3://irum/x?region=us-east-1&endpoint=http://127.0.0.1:1", domain.CodeUnavailable, "cannot be reached"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s3.Open(ctx, test.address)
		cancel()
		p := domain.AsProblem(err)
		if err == nil || p.Code != test.code || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "very-secret-key") || p.Field != "blobs" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for code, says := range map[string]string{"InvalidAccessKeyId": "keys", "SignatureDoesNotMatch": "keys", "AccessDenied": "rights"} {
		s.set(func(*http.Request) (int, string) { return http.StatusForbidden, code })
		if _, err := s3.Open(t.Context(), s.address("")); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret-key") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
