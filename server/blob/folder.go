//go:build !js

package blob

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Folder is a Bucket in a folder of a file system.
type Folder struct{ dir string }

var _ Bucket = (*Folder)(nil)

var errUnfinished = errors.New("not written yet")

// OpenFolder opens the bucket in dir, which is made where it is missing.
func OpenFolder(dir string) (*Folder, error) { return &Folder{dir: dir}, nil }

// Put implements Bucket.
func (f *Folder) Put(context.Context, io.Reader) (string, int64, error) { return "", 0, errUnfinished }

// PutBytes implements Bucket.
func (f *Folder) PutBytes(context.Context, []byte) (string, error) { return "", errUnfinished }

// Get implements Bucket.
func (f *Folder) Get(context.Context, string) (io.ReadCloser, error) { return nil, errUnfinished }

// Stat implements Bucket.
func (f *Folder) Stat(context.Context, string) (Info, error) { return Info{}, errUnfinished }

// Delete implements Bucket.
func (f *Folder) Delete(context.Context, string) error { return errUnfinished }

// List implements Bucket.
func (f *Folder) List(context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) { yield(Info{}, errUnfinished) }
}
