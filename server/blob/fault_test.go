//go:build !js

package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// faultyDisk is the real disk, of which one step fails: the one of number failAt, counted from 1. When dies is set, nothing
// works from there on. It knows what a power loss would take: bytes that were not synced, and names whose folder was not.
type faultyDisk struct {
	realDisk
	failAt, step int
	dies         bool
	failed       string // the step that failed

	synced map[string]int64  // bytes of a file that are on the disk for sure, by its path now
	loose  map[string]string // names that a power loss takes, by path: the folder that must be synced for them
}

func (d *faultyDisk) fails(what string) error {
	d.step++
	if d.step == d.failAt || d.dies && d.failAt > 0 && d.step > d.failAt {
		if d.failed == "" {
			d.failed = what
		}
		return &fs.PathError{Op: what, Path: "blob", Err: syscall.ENOSPC}
	}
	return nil
}

func (d *faultyDisk) createTemp(dir, pattern string) (diskFile, error) {
	if err := d.fails("create"); err != nil {
		return nil, err
	}
	f, err := d.realDisk.createTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	d.synced[f.Name()] = 0
	return &faultyFile{f, d}, nil
}

func (d *faultyDisk) mkdirAll(dir string) error {
	if err := d.fails("mkdir"); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		d.loose[dir] = filepath.Dir(dir)
		if parent := filepath.Dir(dir); parent != "." {
			if _, err := os.Stat(parent); err != nil {
				d.loose[parent] = filepath.Dir(parent)
			}
		}
	}
	return d.realDisk.mkdirAll(dir)
}

func (d *faultyDisk) rename(from, to string) error {
	if err := d.fails("rename"); err != nil {
		return err
	}
	if err := d.realDisk.rename(from, to); err != nil {
		return err
	}
	d.synced[to] = d.synced[from]
	delete(d.synced, from)
	d.loose[to] = filepath.Dir(to)
	return nil
}

func (d *faultyDisk) remove(path string) error {
	if err := d.fails("remove"); err != nil {
		return err
	}
	delete(d.synced, path)
	return d.realDisk.remove(path)
}

func (d *faultyDisk) stat(path string) (fs.FileInfo, error) {
	if err := d.fails("stat"); err != nil {
		return nil, err
	}
	return d.realDisk.stat(path)
}

func (d *faultyDisk) chtimes(path string, at time.Time) error {
	if err := d.fails("chtimes"); err != nil {
		return err
	}
	return d.realDisk.chtimes(path, at)
}

func (d *faultyDisk) syncDir(dir string) error {
	if err := d.fails("sync folder"); err != nil {
		return err
	}
	for path, folder := range d.loose {
		if folder == dir {
			delete(d.loose, path)
		}
	}
	return nil // what a sync is for is done by cutPower
}

// cutPower does to the real files what a power loss may do at this moment.
func (d *faultyDisk) cutPower(t *testing.T) {
	t.Helper()
	for path, n := range d.synced {
		info, err := os.Stat(path)
		if err == nil && info.Size() > n {
			if err := os.Truncate(path, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path := range d.loose {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

type faultyFile struct {
	diskFile
	disk *faultyDisk
}

// Write writes half of p when it fails.
func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.disk.fails("write"); err != nil {
		n, _ := f.diskFile.Write(p[:len(p)/2])
		return n, err
	}
	return f.diskFile.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.fails("sync"); err != nil {
		return err
	}
	if info, err := os.Stat(f.Name()); err == nil {
		f.disk.synced[f.Name()] = info.Size()
	}
	return nil
}

// Close gives the descriptor back even when it fails, as the system does.
func (f *faultyFile) Close() error {
	err := f.disk.fails("close")
	return errors.Join(err, f.diskFile.Close())
}

// TestEveryStepMayFail makes each step of putting blobs fail in turn, alone and with everything after it, then cuts the power,
// and looks whether what was acknowledged is whole, nothing is half, and the rest can be put again.
func TestEveryStepMayFail(t *testing.T) {
	steps := map[string]int{}
	for _, dies := range []bool{false, true} {
		for failAt := 1; ; failAt++ {
			d := &faultyDisk{failAt: failAt, dies: dies, synced: map[string]int64{}, loose: map[string]string{}}
			name := fmt.Sprintf("step %d, dies %v", failAt, dies)
			if !putWithFault(t, name, d) {
				break
			}
			steps[d.failed]++
			if t.Failed() {
				return
			}
		}
	}
	for _, what := range []string{"create", "write", "sync", "close", "mkdir", "rename", "remove", "stat", "chtimes", "sync folder"} {
		if steps[what] == 0 {
			t.Errorf("no %s was made to fail", what)
		}
	}
	t.Logf("steps that failed, each with and without all after it: %v", steps)
}

// putWithFault tells whether there was a step to fail.
func putWithFault(t *testing.T, name string, d *faultyDisk) bool {
	ctx, dir := context.Background(), t.TempDir()
	f, err := openFolder(dir, d)
	kept := map[string][]byte{}
	put := func(data []byte) {
		if err != nil { // the folder could not be opened
			return
		}
		sha, n, putErr := f.Put(ctx, bytes.NewReader(data))
		if putErr == nil {
			if sha != Sum(data) || n != int64(len(data)) {
				t.Errorf("%s: put answers %s, %d", name, sha, n)
			}
			kept[sha] = data
		} else if !errors.Is(putErr, syscall.ENOSPC) {
			t.Errorf("%s: the reason is lost: %v", name, putErr)
		}
		if sha, putErr = f.PutBytes(ctx, data); putErr == nil {
			kept[sha] = data
		}
	}
	all := [][]byte{[]byte("a"), bytes.Repeat([]byte("0123456789"), 10_000), {}}
	for _, data := range all {
		put(data)
	}
	put(all[0]) // is there already
	if f != nil {
		_ = f.Delete(ctx, Sum(all[2]))
		delete(kept, Sum(all[2]))
	}
	if d.failed == "" {
		return false
	}
	d.cutPower(t)
	again, err := openFolder(dir, &faultyDisk{synced: map[string]int64{}, loose: map[string]string{}})
	if err != nil {
		t.Fatalf("%s: opening again: %v", name, err)
	}
	for sha, data := range kept {
		if got, err := Bytes(ctx, again, sha, 0); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s (%s): an acknowledged blob of %d bytes has %d, %v", name, d.failed, len(data), len(got), err)
		}
	}
	for info, err := range again.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Bytes(ctx, again, info.SHA256, 0); err != nil || Sum(got) != info.SHA256 {
			t.Errorf("%s (%s): blob %s is half, %v", name, d.failed, info.SHA256, err)
		}
	}
	for _, data := range all {
		if sha, err := again.PutBytes(ctx, data); err != nil || sha != Sum(data) {
			t.Errorf("%s (%s): putting again: %v", name, d.failed, err)
		} else if got, err := Bytes(ctx, again, sha, 0); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s (%s): put again has %d bytes, %v", name, d.failed, len(got), err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, temporary)); !d.dies && d.failed != "remove" && len(left) > 0 {
		t.Errorf("%s (%s): left behind: %s", name, d.failed, strings.TrimSpace(left[0].Name()))
	}
	return true
}
