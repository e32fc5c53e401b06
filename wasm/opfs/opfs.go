//go:build js

// Package opfs keeps blobs in the browser's origin private file system.
package opfs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// Bucket is a blob.Bucket in a folder of OPFS: DIR/ab/abcd... by digest. A blob is written to DIR/tmp, flushed, and moved
// to its name, so that a name always has all of its bytes. It lives in a worker, where synchronous handles exist.
type Bucket struct {
	root js.Value // of blobs
	tmp  js.Value

	mu     sync.Mutex
	shards map[string]js.Value // opened folders
	names  map[string]*sync.Mutex
}

var _ blob.Bucket = (*Bucket)(nil)

// small is up to what size a blob is held in memory instead of being written while it is read.
const small = 8 << 20

// Open opens or makes the bucket in folder dir of OPFS and throws away what earlier writes left unfinished.
func Open(ctx context.Context, dir string) (*Bucket, error) {
	storage := js.Global().Get("navigator").Get("storage")
	top, err := glue.CallAwait(ctx, storage, "getDirectory")
	if err != nil {
		return nil, fmt.Errorf("open OPFS: %w", err)
	}
	root, err := folder(ctx, top, dir, true)
	if err != nil {
		return nil, err
	}
	_, err = glue.CallAwait(ctx, root, "removeEntry", "tmp", glue.Object("recursive", true))
	if err != nil && !glue.Named(err, "NotFoundError") {
		return nil, fmt.Errorf("clear unfinished blobs: %w", err)
	}
	tmp, err := folder(ctx, root, "tmp", true)
	if err != nil {
		return nil, err
	}
	return &Bucket{root: root, tmp: tmp, shards: map[string]js.Value{}, names: map[string]*sync.Mutex{}}, nil
}

func folder(ctx context.Context, in js.Value, name string, create bool) (js.Value, error) {
	v, err := glue.CallAwait(ctx, in, "getDirectoryHandle", name, glue.Object("create", create))
	if err != nil {
		return v, fmt.Errorf("open folder %s: %w", name, err)
	}
	return v, nil
}

// shard gives the folder of a digest.
func (b *Bucket) shard(ctx context.Context, sha string, create bool) (js.Value, error) {
	name := sha[:2]
	b.mu.Lock()
	v, ok := b.shards[name]
	b.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := folder(ctx, b.root, name, create)
	if err == nil {
		b.mu.Lock()
		b.shards[name] = v
		b.mu.Unlock()
	}
	return v, err
}

// lock keeps others from writing or deleting sha.
func (b *Bucket) lock(sha string) (unlock func()) {
	b.mu.Lock()
	m := b.names[sha[:2]]
	if m == nil {
		m = &sync.Mutex{}
		b.names[sha[:2]] = m
	}
	b.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// Put implements blob.Bucket.
func (b *Bucket) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	head, err := io.ReadAll(io.LimitReader(r, small+1))
	if err != nil {
		return "", 0, err
	}
	if len(head) <= small {
		sha, err := b.PutBytes(ctx, head)
		return sha, int64(len(head)), err
	}
	return b.stream(ctx, head, r)
}

// PutBytes implements blob.Bucket.
func (b *Bucket) PutBytes(ctx context.Context, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	array := glue.Array(data)
	sum, err := glue.CallAwait(ctx, js.Global().Get("crypto").Get("subtle"), "digest", "SHA-256", array)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sha := hex.EncodeToString(glue.Bytes(sum))
	if _, err := b.file(ctx, sha); err == nil {
		return sha, nil
	}
	t, err := b.temp(ctx)
	if err != nil {
		return "", err
	}
	if err = t.write(array); err == nil {
		err = t.finish()
	}
	return sha, b.keep(ctx, t, sha, err)
}

// stream writes head and the rest of r while it is read.
func (b *Bucket) stream(ctx context.Context, head []byte, r io.Reader) (string, int64, error) {
	t, err := b.temp(ctx)
	if err != nil {
		return "", 0, err
	}
	sum, n := sha256.New(), int64(0)
	add := func(piece []byte) error {
		sum.Write(piece)
		n += int64(len(piece))
		return t.write(glue.Array(piece))
	}
	err = add(head)
	piece := make([]byte, 1<<20)
	for err == nil {
		var k int
		k, err = io.ReadFull(r, piece)
		if k > 0 {
			if e := add(piece[:k]); e != nil {
				err = e
			}
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = t.finish()
	}
	sha := hex.EncodeToString(sum.Sum(nil))
	if err = b.keep(ctx, t, sha, err); err != nil {
		return "", 0, err
	}
	return sha, n, nil
}

// keep moves a finished file to its name, or removes it when err is not nil.
func (b *Bucket) keep(ctx context.Context, t *temp, sha string, err error) error {
	if err == nil {
		unlock := b.lock(sha)
		defer unlock()
		if _, there := b.file(ctx, sha); there == nil {
			t.remove()
			return nil
		}
		var dir js.Value
		if dir, err = b.shard(ctx, sha, true); err == nil {
			_, err = glue.CallAwait(ctx, t.handle, "move", dir, sha)
		}
	}
	if err != nil {
		t.remove()
		if glue.Named(err, "QuotaExceededError") {
			return full(err)
		}
		return fmt.Errorf("keep blob: %w", err)
	}
	return nil
}

// temp is a file that is being written.
type temp struct {
	b      *Bucket
	name   string
	handle js.Value
	access js.Value
	at     int
}

func (b *Bucket) temp(ctx context.Context) (*temp, error) {
	t := &temp{b: b, name: rand.Text()}
	var err error
	if t.handle, err = glue.CallAwait(ctx, b.tmp, "getFileHandle", t.name, glue.Object("create", true)); err == nil {
		t.access, err = glue.CallAwait(ctx, t.handle, "createSyncAccessHandle")
	}
	if err != nil {
		return nil, fmt.Errorf("open file for blob: %w", err)
	}
	return t, nil
}

func (t *temp) write(array js.Value) error {
	want := array.Get("byteLength").Int()
	n, err := glue.Call(t.access, "write", array, glue.Object("at", t.at))
	if err != nil {
		return err
	}
	if n.Int() != want {
		return &glue.Error{Name: "QuotaExceededError", Message: fmt.Sprintf("%d of %d bytes were written", n.Int(), want)}
	}
	t.at += want
	return nil
}

func (t *temp) finish() error {
	if _, err := glue.Call(t.access, "flush"); err != nil {
		return err
	}
	_, err := glue.Call(t.access, "close")
	return err
}

// remove throws the file away. What cannot be removed goes when the bucket is opened next.
func (t *temp) remove() {
	_, _ = glue.Call(t.access, "close")
	_, _ = glue.CallAwait(context.Background(), t.b.tmp, "removeEntry", t.name)
}

// file gives the File of a blob, or blob.NotFound.
func (b *Bucket) file(ctx context.Context, sha string) (js.Value, error) {
	if !blob.Valid(sha) {
		return js.Undefined(), blob.NotFound(sha)
	}
	dir, err := b.shard(ctx, sha, false)
	var handle, file js.Value
	if err == nil {
		handle, err = glue.CallAwait(ctx, dir, "getFileHandle", sha)
	}
	if err == nil {
		file, err = glue.CallAwait(ctx, handle, "getFile")
	}
	if glue.Named(err, "NotFoundError") {
		return js.Undefined(), blob.NotFound(sha)
	}
	return file, err
}

// Get implements blob.Bucket. The reader is an io.ReaderAt and io.Seeker.
func (b *Bucket) Get(ctx context.Context, sha string) (io.ReadCloser, error) {
	file, err := b.file(ctx, sha)
	if err != nil {
		return nil, err
	}
	return glue.NewBlob(ctx, file), nil
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, sha string) (blob.Info, error) {
	file, err := b.file(ctx, sha)
	if err != nil {
		return blob.Info{}, err
	}
	return info(sha, file), nil
}

func info(sha string, file js.Value) blob.Info {
	return blob.Info{SHA256: sha, Size: int64(file.Get("size").Float()), ModTime: time.UnixMilli(int64(file.Get("lastModified").Float()))}
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, sha string) error {
	if !blob.Valid(sha) {
		return blob.NotFound(sha)
	}
	unlock := b.lock(sha)
	defer unlock()
	dir, err := b.shard(ctx, sha, false)
	if err == nil {
		_, err = glue.CallAwait(ctx, dir, "removeEntry", sha)
	}
	if glue.Named(err, "NotFoundError") {
		return nil
	}
	return err
}

// List implements blob.Bucket.
func (b *Bucket) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		shards, err := entries(ctx, b.root)
		if err != nil {
			yield(blob.Info{}, err)
			return
		}
		for _, name := range shards {
			if len(name) == 2 && !b.listShard(ctx, name, yield) {
				return
			}
		}
	}
}

func (b *Bucket) listShard(ctx context.Context, name string, yield func(blob.Info, error) bool) bool {
	dir, err := folder(ctx, b.root, name, false)
	var names []string
	if err == nil {
		names, err = entries(ctx, dir)
	}
	if err != nil {
		return yield(blob.Info{}, err) && false
	}
	for _, sha := range names {
		file, err := b.file(ctx, sha)
		if err != nil {
			if !blob.Valid(sha) || ctx.Err() == nil && isGone(err) {
				continue // not ours, or deleted meanwhile
			}
			yield(blob.Info{}, err)
			return false
		}
		if !yield(info(sha, file), nil) {
			return false
		}
	}
	return true
}

// entries gives the names in a folder, sorted.
func entries(ctx context.Context, dir js.Value) ([]string, error) {
	all := dir.Call("keys")
	var names []string
	for {
		step, err := glue.CallAwait(ctx, all, "next")
		if err != nil {
			return nil, fmt.Errorf("list folder: %w", err)
		}
		if step.Get("done").Bool() {
			slices.Sort(names)
			return names, nil
		}
		names = append(names, step.Get("value").String())
	}
}

func isGone(err error) bool {
	var p *domain.Problem
	return errors.As(err, &p) && p.Code == domain.CodeNotFound
}

// full is the answer when the browser gives no more space.
func full(err error) error {
	return fmt.Errorf("%w (%w)", domain.Errorf(domain.CodeTooLarge,
		"This browser gives Irum no more space. Free some space on this device, or delete projects that are not needed."), err)
}
