//go:build !js

package blob

import (
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"
)

// disk is what a Folder does to a file system when it writes. It is apart so that tests can make each step fail.
type disk interface {
	createTemp(dir, pattern string) (diskFile, error)
	mkdirAll(dir string) error
	rename(from, to string) error
	remove(path string) error
	stat(path string) (fs.FileInfo, error)
	chtimes(path string, at time.Time) error
	// syncDir makes renames within dir survive a power loss.
	syncDir(dir string) error
}

// diskFile is a file that is being written.
type diskFile interface {
	io.WriteCloser
	Name() string
	Sync() error
}

// realDisk is the operating system's.
type realDisk struct{}

func (realDisk) createTemp(dir, pattern string) (diskFile, error) { return os.CreateTemp(dir, pattern) }
func (realDisk) mkdirAll(dir string) error                        { return os.MkdirAll(dir, 0o700) }
func (realDisk) rename(from, to string) error                     { return os.Rename(from, to) }
func (realDisk) remove(path string) error                         { return os.Remove(path) }
func (realDisk) stat(path string) (fs.FileInfo, error)            { return os.Stat(path) }
func (realDisk) chtimes(path string, at time.Time) error          { return os.Chtimes(path, at, at) }

// syncDir does nothing on Windows, which has no such thing.
func (realDisk) syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
