//go:build js

package opfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall/js"
	"testing"
	"testing/iotest"
	"time"

	"github.com/irum-app/irum/server/blob"
)

// open gives an empty bucket. web/e2e runs these tests in Chromium.
func open(t *testing.T) (b *Bucket, dir string) {
	t.Helper()
	if !js.Global().Get("FileSystemFileHandle").Truthy() {
		t.Skip("not in a browser's worker: web/e2e runs this test")
	}
	dir = fmt.Sprintf("test-%d", time.Now().UnixNano())
	b, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return b, dir
}

func TestBlobsComeBack(t *testing.T) {
	ctx := context.Background()
	b, dir := open(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB: written while it is read
	var shas []string
	for _, data := range [][]byte{{}, []byte("small"), big} {
		sha, n, err := b.Put(ctx, iotest.HalfReader(bytes.NewReader(data)))
		if err != nil || sha != blob.Sum(data) || n != int64(len(data)) {
			t.Fatalf("put of %d bytes gave %s, %d: %v", len(data), sha, n, err)
		}
		again, err := b.PutBytes(ctx, data)
		if err != nil || again != sha {
			t.Fatalf("putting again gave %s: %v", again, err)
		}
		shas = append(shas, sha)
	}
	b, err := Open(ctx, dir) // as after a reload
	if err != nil {
		t.Fatal(err)
	}
	got, err := blob.Bytes(ctx, b, shas[2], 0)
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(big), err)
	}
	r, err := b.Get(ctx, shas[2])
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 4)
	if _, err := r.(io.ReaderAt).ReadAt(part, 16<<20-3); err != io.EOF || string(part[:3]) != "def" {
		t.Errorf("the end reads %q: %v", part, err)
	}
	if at, err := r.(io.Seeker).Seek(-16, io.SeekEnd); err != nil || at != 16<<20-16 {
		t.Errorf("seek gave %d: %v", at, err)
	}
	if rest, err := io.ReadAll(r); err != nil || string(rest) != "0123456789abcdef" {
		t.Errorf("after the seek: %q, %v", rest, err)
	}
	info, err := b.Stat(ctx, shas[1])
	if err != nil || info.Size != 5 || time.Since(info.ModTime) > time.Minute {
		t.Errorf("stat %+v: %v", info, err)
	}
	var listed []string
	for info, err := range b.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n := len(listed); n > 0 && listed[n-1] >= info.SHA256 {
			t.Error("the list is not sorted")
		}
		listed = append(listed, info.SHA256)
	}
	if len(listed) != 3 {
		t.Errorf("%d blobs are listed", len(listed))
	}
}

func TestBlobsThatAreNotThere(t *testing.T) {
	ctx := context.Background()
	b, _ := open(t)
	for _, sha := range []string{"", "../../x", strings.Repeat("A", 64), blob.Sum([]byte("never"))} {
		if _, err := b.Get(ctx, sha); !isGone(err) {
			t.Errorf("get %q: %v", sha, err)
		}
	}
	sha, err := b.PutBytes(ctx, []byte("once"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Delete(ctx, sha); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Stat(ctx, sha); !isGone(err) {
		t.Errorf("a deleted blob answers %v", err)
	}
	broken := errors.New("the network is gone")
	_, _, err = b.Put(ctx, io.MultiReader(bytes.NewReader(make([]byte, 10<<20)), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("a broken reader answers %v", err)
	}
	for info, err := range b.List(ctx) {
		t.Errorf("%v is left, %v", info, err)
	}
}

func TestManySmallBlobs(t *testing.T) {
	ctx := context.Background()
	b, _ := open(t)
	start := time.Now()
	done := make(chan error)
	const n = 200
	for i := range n {
		go func() {
			_, err := b.PutBytes(ctx, bytes.Repeat([]byte{byte(i % 100)}, 20_000)) // each twice, at the same time
			done <- err
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d blobs of 20 kB in %s", n, time.Since(start))
	count := 0
	for range b.List(ctx) {
		count++
	}
	if count != 100 {
		t.Errorf("%d blobs are listed", count)
	}
}
