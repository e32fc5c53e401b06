//go:build !js

package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

const (
	// temporary is the folder, beside those of the blobs, of what is being written.
	temporary = "tmp"
	// staleAfter is how long nobody writes to a temporary file before it is a leftover. Several processes may share a
	// folder, so younger ones may be another's work.
	staleAfter = time.Hour
)

// Folder is a Bucket in a folder of a file system: ab/cd/abcd... by the first digits of the sha. Several processes may
// use one folder at the same time.
type Folder struct {
	dir  string
	disk disk
}

var _ Bucket = (*Folder)(nil)

// OpenFolder opens the bucket in dir, which is made where it is missing, and removes what crashed writers left behind.
func OpenFolder(dir string) (*Folder, error) { return openFolder(dir, realDisk{}) }

// LookFolder is OpenFolder for who only looks: nothing is made and nothing removed.
func LookFolder(dir string) *Folder { return &Folder{dir: dir, disk: realDisk{}} }

func openFolder(dir string, d disk) (*Folder, error) {
	f := &Folder{dir: dir, disk: d}
	if err := d.mkdirAll(filepath.Join(dir, temporary)); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	if err := f.removeStale(time.Now().Add(-staleAfter)); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return f, d.syncDir(dir)
}

func (f *Folder) removeStale(before time.Time) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, temporary))
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() && info.ModTime().Before(before) {
			if err := f.remove(filepath.Join(f.dir, temporary, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Folder) path(sha string) string { return filepath.Join(f.dir, sha[:2], sha[2:4], sha) }

// cancelled is a reader that fails when ctx ends.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// Put implements Bucket: the bytes go to a temporary file, are synced, and get their name by a rename whose folder is
// synced, so that a blob is there whole or not at all.
func (f *Folder) Put(ctx context.Context, r io.Reader) (sha string, n int64, err error) {
	tmp, err := f.disk.createTemp(filepath.Join(f.dir, temporary), "put-")
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = f.disk.remove(tmp.Name())
		}
	}()
	hash := sha256.New()
	if n, err = io.Copy(io.MultiWriter(tmp, hash), cancelled{ctx, r}); err != nil {
		return "", 0, err
	}
	sha = hex.EncodeToString(hash.Sum(nil))
	if f.touch(sha, n) {
		_ = tmp.Close()
		return sha, n, errors.Join(f.remove(tmp.Name()), f.syncName(sha))
	}
	if err = tmp.Sync(); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	if err = tmp.Close(); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	if err = f.name(tmp.Name(), sha); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	return sha, n, nil
}

// touch tells whether blob sha is there with all its n bytes, and marks it as put now.
func (f *Folder) touch(sha string, n int64) bool {
	info, err := f.disk.stat(f.path(sha))
	if err != nil || !info.Mode().IsRegular() || info.Size() != n {
		return false
	}
	return f.disk.chtimes(f.path(sha), time.Now()) == nil
}

// name moves the file at tmp to the place of blob sha.
func (f *Folder) name(tmp, sha string) error {
	path := f.path(sha)
	if err := f.disk.mkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	if err := f.disk.rename(tmp, path); err != nil {
		return err
	}
	return f.syncName(sha)
}

// syncName syncs all that the name of blob sha hangs on: it, or a folder above it, may be new, made by us or, a moment ago,
// by another who has not synced it yet.
func (f *Folder) syncName(sha string) error {
	deep := filepath.Dir(f.path(sha))
	for _, dir := range []string{deep, filepath.Dir(deep), f.dir} {
		if err := f.disk.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// PutBytes implements Bucket.
func (f *Folder) PutBytes(ctx context.Context, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if sha := Sum(data); f.touch(sha, int64(len(data))) {
		return sha, f.syncName(sha)
	}
	sha, _, err := f.Put(ctx, bytes.NewReader(data))
	return sha, err
}

// Get implements Bucket. The reader is an *os.File.
func (f *Folder) Get(_ context.Context, sha string) (io.ReadCloser, error) {
	if !Valid(sha) {
		return nil, NotFound(sha)
	}
	file, err := os.Open(f.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, NotFound(sha)
	}
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	return file, nil
}

// Stat implements Bucket.
func (f *Folder) Stat(_ context.Context, sha string) (Info, error) {
	if !Valid(sha) {
		return Info{}, NotFound(sha)
	}
	info, err := f.disk.stat(f.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, NotFound(sha)
	}
	if err != nil {
		return Info{}, fmt.Errorf("stat blob: %w", err)
	}
	return Info{SHA256: sha, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete implements Bucket.
func (f *Folder) Delete(_ context.Context, sha string) error {
	if !Valid(sha) {
		return nil
	}
	if err := f.remove(f.path(sha)); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func (f *Folder) remove(path string) error {
	if err := f.disk.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// List implements Bucket. Files that are no blobs are passed over.
func (f *Folder) List(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		err := f.walk(ctx, f.dir, 0, func(info Info) bool { return yield(info, nil) })
		if err != nil && !errors.Is(err, fs.SkipAll) {
			yield(Info{}, fmt.Errorf("list blobs: %w", err))
		}
	}
}

// walk visits the blobs under dir, which is depth folders deep, in order of their names. It ends with fs.SkipAll when visit
// wants no more.
func (f *Folder) walk(ctx context.Context, dir string, depth int, visit func(Info) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // sorted
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if depth < 2 {
			if e.IsDir() && len(name) == 2 {
				if err := f.walk(ctx, filepath.Join(dir, name), depth+1, visit); err != nil {
					return err
				}
			}
			continue
		}
		if !Valid(name) || filepath.Join(dir, name) != f.path(name) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		if !visit(Info{SHA256: name, Size: info.Size(), ModTime: info.ModTime()}) {
			return fs.SkipAll
		}
	}
	return nil
}
