// Package blobtest holds what every blob.Bucket must do.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// Run checks the buckets that open gives, each empty.
func Run(t *testing.T, open func(t *testing.T) blob.Bucket) {
	for name, test := range map[string]func(*testing.T, blob.Bucket){
		"put and get":             putAndGet,
		"large blobs":             large,
		"names of nothing":        nothing,
		"a reader that fails":     failing,
		"a context that is over":  over,
		"putting again":           again,
		"deleting":                deleting,
		"listing":                 listing,
		"many at the same time":   many,
		"discarding and sweeping": sweeping,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var ctx = context.Background()

func put(t *testing.T, b blob.Bucket, data string) string {
	t.Helper()
	sha, n, err := b.Put(ctx, strings.NewReader(data))
	if err != nil || n != int64(len(data)) || sha != blob.Sum([]byte(data)) {
		t.Fatalf("put %d bytes: sha %s, n %d, %v", len(data), sha, n, err)
	}
	return sha
}

func get(t *testing.T, b blob.Bucket, sha string) string {
	t.Helper()
	data, err := blob.Bytes(ctx, b, sha, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func wantMissing(t *testing.T, b blob.Bucket, sha string) {
	t.Helper()
	_, err := b.Get(ctx, sha)
	_, err2 := b.Stat(ctx, sha)
	for _, err := range []error{err, err2} {
		var p *domain.Problem
		if !errors.As(err, &p) || p.Code != domain.CodeNotFound {
			t.Errorf("blob %q: got %v, want not_found", sha, err)
		}
	}
}

func list(t *testing.T, b blob.Bucket) []string {
	t.Helper()
	var out []string
	for info, err := range b.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.SHA256)
	}
	return out
}

func putAndGet(t *testing.T, b blob.Bucket) {
	for _, data := range []string{"", "a", "ein Bär", strings.Repeat("\x00\xff", 1000)} {
		before := time.Now().Add(-2 * time.Second) // clocks of file systems are coarse
		sha := put(t, b, data)
		if got := get(t, b, sha); got != data {
			t.Errorf("put %q, got %q", data, got)
		}
		info, err := b.Stat(ctx, sha)
		if err != nil || info.Size != int64(len(data)) || info.SHA256 != sha || info.ModTime.Before(before) {
			t.Errorf("stat of %q: %+v, %v", data, info, err)
		}
	}
	data := []byte("mine")
	sha, err := b.PutBytes(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	data[0] = 'X'
	if got := get(t, b, sha); got != "mine" {
		t.Errorf("the caller's later change shows: %q", got)
	}
	if _, err := blob.Bytes(ctx, b, sha, 3); domain.AsProblem(err).Code != domain.CodeTooLarge {
		t.Errorf("four bytes under a limit of three: %v", err)
	}
	if data, err := blob.Bytes(ctx, b, sha, 4); err != nil || len(data) != 4 {
		t.Errorf("four bytes under a limit of four: %v", err)
	}
}

func large(t *testing.T, b blob.Bucket) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<17) // 2 MiB
	sha, n, err := b.Put(ctx, iotest.OneByteReader(io.LimitReader(bytes.NewReader(data), 5000)))
	if err != nil || n != 5000 || sha != blob.Sum(data[:5000]) {
		t.Errorf("put byte by byte: %d, %v", n, err)
	}
	sha = put(t, b, string(data))
	r, err := b.Get(ctx, sha)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if at, ok := r.(io.ReaderAt); ok {
		part := make([]byte, 5)
		if _, err := at.ReadAt(part, 1<<20+3); err != nil || string(part) != "34567" {
			t.Errorf("read %q in the middle: %v", part, err)
		}
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes of %d: %v", len(got), len(data), err)
	}
}

func nothing(t *testing.T, b blob.Bucket) {
	sha := put(t, b, "there")
	for _, name := range []string{
		"", "abc", blob.Sum([]byte("elsewhere")), strings.ToUpper(sha), sha + "0", "../" + sha[3:], sha[:62] + "/a",
		strings.Repeat("../", 21) + "a", strings.Repeat("x", 64),
	} {
		wantMissing(t, b, name)
		if err := b.Delete(ctx, name); err != nil {
			t.Errorf("delete %q: %v", name, err)
		}
	}
	get(t, b, sha)
}

func failing(t *testing.T, b blob.Bucket) {
	broken := errors.New("the cable is out")
	_, _, err := b.Put(ctx, io.MultiReader(strings.NewReader("begin"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	if got := list(t, b); len(got) != 0 {
		t.Errorf("%v was kept", got)
	}
	wantMissing(t, b, blob.Sum([]byte("begin")))
}

func over(t *testing.T, b blob.Bucket) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := b.Put(done, strings.NewReader("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := b.PutBytes(done, []byte("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("put bytes: %v", err)
	}
	if got := list(t, b); len(got) != 0 {
		t.Errorf("%v was kept", got)
	}
}

func again(t *testing.T, b blob.Bucket) {
	sha := put(t, b, "same")
	r, err := b.Get(ctx, sha)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	put(t, b, "same")
	if got, err := io.ReadAll(r); err != nil || string(got) != "same" {
		t.Errorf("a reader that was open meanwhile: %q, %v", got, err)
	}
	if got := list(t, b); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
}

func deleting(t *testing.T, b blob.Bucket) {
	sha, other := put(t, b, "gone"), put(t, b, "stays")
	for range 2 {
		if err := b.Delete(ctx, sha); err != nil {
			t.Error(err)
		}
	}
	wantMissing(t, b, sha)
	if got := list(t, b); !slices.Equal(got, []string{other}) {
		t.Errorf("listed %v", got)
	}
	put(t, b, "gone")
	if got := get(t, b, sha); got != "gone" {
		t.Errorf("put after delete: %q", got)
	}
}

func listing(t *testing.T, b blob.Bucket) {
	var want []string
	for i := range 300 {
		want = append(want, put(t, b, fmt.Sprint(i)))
	}
	slices.Sort(want)
	if got := list(t, b); !slices.Equal(got, want) {
		t.Errorf("listed %d, put %d, or out of order", len(got), len(want))
	}
	n := 0
	for range b.List(ctx) {
		if n++; n == 5 {
			break
		}
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range b.List(done) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list under a context that is over: %v", err)
		}
	}
}

func many(t *testing.T, b blob.Bucket) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				data := []byte(fmt.Sprint("blob ", (i*7+g)%10))
				sha, err := b.PutBytes(ctx, data)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := blob.Bytes(ctx, b, sha, 0); err != nil || !bytes.Equal(got, data) {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	if got := list(t, b); len(got) != 10 {
		t.Errorf("listed %d, put 10", len(got))
	}
}

func sweeping(t *testing.T, b blob.Bucket) {
	named, loose, young := put(t, b, "named"), put(t, b, "loose"), put(t, b, "young")
	if err := blob.Discard(ctx, b, []string{young, blob.Sum([]byte("not there"))}, time.Hour); err != nil {
		t.Error(err)
	}
	get(t, b, young)
	if err := blob.Discard(ctx, b, []string{young}, -time.Minute); err != nil {
		t.Error(err)
	}
	wantMissing(t, b, young)
	if n, _, err := blob.Sweep(ctx, b, []string{named}, time.Hour); n != 0 || err != nil {
		t.Errorf("swept %d young blobs, %v", n, err)
	}
	n, size, err := blob.Sweep(ctx, b, []string{named}, -time.Minute)
	if n != 1 || size != 5 || err != nil {
		t.Errorf("swept %d blobs of %d bytes, %v", n, size, err)
	}
	wantMissing(t, b, loose)
	get(t, b, named)
}
