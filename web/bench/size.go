package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/andybalholm/brotli"

	"github.com/irum-app/irum/web/build/shrink"
)

// engineBytes is the most that loading, compiling and running networks may add to a program, in bytes at Brotli 11.
const engineBytes = 300_000

// engineSize builds wasm/size with the engine and without, stripped and shrunk like app.wasm, and gives both sizes.
func engineSize(root string) (with, without size, err error) {
	dir, err := os.MkdirTemp("", "irum-size")
	if err != nil {
		return with, without, err
	}
	defer os.RemoveAll(dir)
	build := func(tags string) (size, error) {
		binary := filepath.Join(dir, "size.wasm")
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+tags, "-o", binary, "./wasm/size")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		if out, err := cmd.CombinedOutput(); err != nil {
			return size{}, fmt.Errorf("build wasm/size: %w: %s", err, out)
		}
		data, err := os.ReadFile(binary)
		if err != nil {
			return size{}, err
		}
		if data, err = shrink.Module(data, false); err != nil {
			return size{}, err
		}
		var packed bytes.Buffer
		w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
		_, _ = w.Write(data)
		_ = w.Close()
		return size{len(data), packed.Len()}, nil
	}
	if with, err = build("engine"); err != nil {
		return with, without, err
	}
	without, err = build("")
	return with, without, err
}
