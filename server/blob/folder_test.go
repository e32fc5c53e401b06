//go:build !js

package blob_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/blob/blobtest"
)

func folder(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolder(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Bucket { return folder(t, t.TempDir()) })
}

func TestFolderKeepsAcrossOpening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "deep")
	sha, err := folder(t, dir).PutBytes(context.Background(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, sha[:2], sha[2:4], sha)); err != nil || string(data) != "x" {
		t.Errorf("on disk: %q, %v", data, err)
	}
	if data, err := blob.Bytes(context.Background(), folder(t, dir), sha, 0); err != nil || string(data) != "x" {
		t.Errorf("after opening again: %q, %v", data, err)
	}
}

func TestFolderCleansUp(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	f := folder(t, dir)
	_, _, err := f.Put(ctx, io.MultiReader(strings.NewReader("x"), iotest.ErrReader(errors.New("no more"))))
	if left := temporaries(t, dir); err == nil || len(left) != 0 {
		t.Errorf("a put that failed (%v) left %v", err, left)
	}
	if _, _, err := f.Put(ctx, strings.NewReader("y")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Put(ctx, strings.NewReader("y")); err != nil {
		t.Fatal(err)
	}
	if left := temporaries(t, dir); len(left) != 0 {
		t.Errorf("puts left %v", left)
	}
	old := time.Now().Add(-2 * time.Hour)
	for name, at := range map[string]time.Time{"put-old": old, "put-young": time.Now()} {
		path := filepath.Join(dir, "tmp", name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	folder(t, dir)
	if left := temporaries(t, dir); len(left) != 1 || left[0] != "put-young" {
		t.Errorf("opening left %v", left)
	}
}

func temporaries(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestFolderRepairsWhatAPowerLossCutShort: a file of the right name and the wrong length is no blob that is there already.
func TestFolderRepairsWhatAPowerLossCutShort(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	f := folder(t, dir)
	sha, err := f.PutBytes(ctx, []byte("whole"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, sha[:2], sha[2:4], sha)
	if err := os.Truncate(path, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := f.PutBytes(ctx, []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if data, err := blob.Bytes(ctx, f, sha, 0); err != nil || string(data) != "whole" {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestFolderPassesOverWhatIsNoBlob(t *testing.T) {
	dir := t.TempDir()
	f := folder(t, dir)
	for _, path := range []string{"ab/cd/notes.txt", "README", "ab/" + strings.Repeat("a", 64), "ab/cd/" + strings.Repeat("a", 64)} {
		full := filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for info, err := range f.List(context.Background()) {
		t.Errorf("listed %+v, %v", info, err)
	}
}

const killedDir = "IRUM_BLOB_DIR"

// TestFolderSurvivesKill kills a process that puts blobs, and looks whether those that it was told are kept are whole.
func TestFolderSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	for round := range 10 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killedDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 65)
		if _, err := io.ReadFull(out, first); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(round*3)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		rest, _ := io.ReadAll(out)
		_ = cmd.Wait()
		f := folder(t, dir)
		for _, sha := range strings.Split(string(first)+string(rest), "\n") {
			if !blob.Valid(sha) {
				continue // cut off
			}
			if data, err := blob.Bytes(context.Background(), f, sha, 0); err != nil || blob.Sum(data) != sha {
				t.Errorf("blob %s was acknowledged: %v", sha, err)
			}
		}
		for info, err := range f.List(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if data, err := blob.Bytes(context.Background(), f, info.SHA256, 0); err != nil || blob.Sum(data) != info.SHA256 {
				t.Errorf("blob %s is half: %v", info.SHA256, err)
			}
		}
	}
}
