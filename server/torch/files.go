package torch

import (
	"bufio"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/irum-app/irum/engine/vision"
)

//go:embed trainer/*.py
var program embed.FS

// Files of a run's folder.
const (
	networkFile    = "network.json"
	weightsFile    = "weights.f32"
	imagesFile     = "images.u8"
	labelsFile     = "labels.u8"
	resultFile     = "result.f32"
	checkpointFile = "checkpoint.pt"
)

// unpack writes the trainer below folder, into a folder named by the digest of its files, and gives main.py's path.
func unpack(folder string) (string, error) {
	entries, err := program.ReadDir("trainer")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	files := map[string][]byte{}
	for _, e := range entries {
		body, err := program.ReadFile("trainer/" + e.Name())
		if err != nil {
			return "", err
		}
		files[e.Name()] = body
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", e.Name(), len(body), body)
	}
	at := filepath.Join(folder, "trainer-"+hex.EncodeToString(sum.Sum(nil))[:16])
	if err := os.MkdirAll(at, 0o700); err != nil {
		return "", fmt.Errorf("unpack the trainer: %w", err)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(at, name), body, 0o600); err != nil {
			return "", fmt.Errorf("unpack the trainer: %w", err)
		}
	}
	return filepath.Join(at, "main.py"), nil
}

// writeImages decodes images order[0], order[1], ... and writes their pixels, size x size RGB, one after another, on all cores.
func writeImages(ctx context.Context, name string, order []int, size int, image func(context.Context, int) ([]byte, error), tell func(done int)) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep the pixels: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, finished atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(order)) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= len(order) || ctx.Err() != nil {
					return
				}
				if err := writeImage(ctx, f, k, order[k], size, image); err != nil {
					cancel(err)
					return
				}
				tell(int(finished.Add(1)))
			}
		})
	}
	wg.Wait()
	err = context.Cause(ctx)
	if closed := f.Close(); err == nil && closed != nil {
		err = fmt.Errorf("keep the pixels: %w", closed)
	}
	return err
}

func writeImage(ctx context.Context, f *os.File, place, i, size int, image func(context.Context, int) ([]byte, error)) error {
	data, err := image(ctx, i)
	if err != nil {
		return err
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return &ImageError{Index: i, Err: err}
	}
	pixels := vision.Resize(img, size, size).Pix
	if _, err := f.WriteAt(pixels, int64(place)*int64(len(pixels))); err != nil {
		return fmt.Errorf("keep the pixels of %d images (%d bytes each): %w", place+1, len(pixels), err)
	}
	return nil
}

// ImageError is an image that cannot be decoded. Index counts the job's images.
type ImageError struct {
	Index int
	Err   error
}

// Error implements error.
func (e *ImageError) Error() string { return fmt.Sprintf("image %d: %v", e.Index+1, e.Err) }

// Unwrap gives the reason.
func (e *ImageError) Unwrap() error { return e.Err }

// writeLabels writes a byte for every class of the images of order: 1 where the image has it.
func writeLabels(name string, order []int, labels [][]int, classes int) error {
	out := make([]byte, len(order)*classes)
	for k, i := range order {
		for _, c := range labels[i] {
			out[k*classes+c] = 1
		}
	}
	return os.WriteFile(name, out, 0o600)
}

// writeCheckpoint puts a checkpoint that was kept elsewhere into a run's folder.
func writeCheckpoint(name string, from io.Reader) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("take up the checkpoint: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.Copy(w, from)
	if err == nil {
		err = w.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("take up the checkpoint: %w", err)
	}
	return nil
}
