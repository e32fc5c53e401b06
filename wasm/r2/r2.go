//go:build js

// Package r2 is the blobs of the edge host: a blob.Bucket over a Cloudflare R2 bucket.
package r2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"syscall/js"
	"time"

	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/r2"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// prefix is the folder of the bucket in which blobs are.
const prefix = "blobs/"

// maxBlob is the largest blob in bytes: R2 takes what is put from memory, of which a Worker has 128 MB.
const maxBlob = 32 << 20

// Bucket is a blob.Bucket. A Worker may use what it was given for a request in that request alone, so nothing is kept
// between calls but the bucket's name.
type Bucket struct {
	r2      *r2.Bucket
	binding string
}

var _ blob.Bucket = (*Bucket)(nil)

// Open gives the bucket that the Worker knows as binding.
func Open(binding string) (*Bucket, error) {
	b, err := r2.NewBucket(binding)
	if err != nil {
		return nil, fmt.Errorf("open R2: %w", err)
	}
	return &Bucket{r2: b, binding: binding}, nil
}

// Put implements blob.Bucket. Blobs have at most 32 MiB.
func (b *Bucket) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBlob+1))
	if err != nil {
		return "", 0, err
	}
	sha, err := b.PutBytes(ctx, data)
	return sha, int64(len(data)), err
}

// PutBytes implements blob.Bucket. What is there already is put again, so that its time is new.
func (b *Bucket) PutBytes(ctx context.Context, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if len(data) > maxBlob {
		return "", domain.Errorf(domain.CodeTooLarge, "The edge host takes files of at most %d MB.", maxBlob>>20)
	}
	sha := blob.Sum(data)
	if _, err := b.r2.Put(prefix+sha, io.NopCloser(bytes.NewReader(data)), nil); err != nil {
		return "", fmt.Errorf("put blob %s into R2: %w", sha, err)
	}
	return sha, nil
}

// Get implements blob.Bucket. The blob is read whole, and checked against its name.
func (b *Bucket) Get(ctx context.Context, sha string) (io.ReadCloser, error) {
	if !blob.Valid(sha) {
		return nil, blob.NotFound(sha)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	object, err := b.r2.Get(prefix + sha)
	if err != nil {
		return nil, fmt.Errorf("get blob %s from R2: %w", sha, err)
	}
	if object == nil {
		return nil, blob.NotFound(sha)
	}
	data := make([]byte, object.Size)
	if _, err := io.ReadFull(object.Body, data); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read blob %s from R2: %w", sha, err)
	}
	if blob.Sum(data) != sha {
		return nil, fmt.Errorf("blob %s in R2 is damaged", sha)
	}
	return content{bytes.NewReader(data)}, nil
}

type content struct{ *bytes.Reader }

// Close implements io.Closer.
func (content) Close() error { return nil }

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, sha string) (blob.Info, error) {
	if !blob.Valid(sha) {
		return blob.Info{}, blob.NotFound(sha)
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	object, err := b.r2.Head(prefix + sha)
	if err != nil {
		return blob.Info{}, fmt.Errorf("look at blob %s in R2: %w", sha, err)
	}
	if object == nil {
		return blob.Info{}, blob.NotFound(sha)
	}
	return blob.Info{SHA256: sha, Size: int64(object.Size), ModTime: object.Uploaded}, nil
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, sha string) error {
	if !blob.Valid(sha) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.r2.Delete(prefix + sha); err != nil {
		return fmt.Errorf("delete blob %s from R2: %w", sha, err)
	}
	return nil
}

// List implements blob.Bucket. It asks the binding itself: the library lists the first thousand objects only.
func (b *Bucket) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		options := glue.Object("prefix", prefix)
		for {
			page, err := glue.CallAwait(ctx, cloudflare.GetBinding(b.binding), "list", options)
			if err != nil {
				yield(blob.Info{}, fmt.Errorf("list R2: %w", err))
				return
			}
			objects := page.Get("objects")
			for i := range objects.Length() {
				if info, ok := infoOf(objects.Index(i)); ok && !yield(info, nil) {
					return
				}
			}
			if !page.Get("truncated").Bool() {
				return
			}
			options.Set("cursor", page.Get("cursor"))
		}
	}
}

// infoOf describes an object of a list, if it is a blob.
func infoOf(object js.Value) (blob.Info, bool) {
	sha := strings.TrimPrefix(glue.Text(object, "key"), prefix)
	return blob.Info{
		SHA256: sha, Size: int64(object.Get("size").Float()),
		ModTime: time.UnixMilli(int64(object.Get("uploaded").Call("getTime").Float())),
	}, blob.Valid(sha)
}
