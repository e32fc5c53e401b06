package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// set is labelled images of one class each.
type set struct {
	classes []string
	labels  [][]int
	image   func(ctx context.Context, i int) ([]byte, error)
	mirrors bool // a mirrored image has the same class
}

// open reads a folder with one folder a class, or one of IDX files, of which the training images are taken.
func open(path string) (*set, error) {
	if _, err := os.Stat(filepath.Join(path, "train-images-idx3-ubyte.gz")); err == nil {
		return openIDX(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	s := &set{mirrors: true}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files, err := filepath.Glob(filepath.Join(path, e.Name(), "*"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			names, s.labels = append(names, f), append(s.labels, []int{len(s.classes)})
		}
		s.classes = append(s.classes, e.Name())
	}
	s.image = func(_ context.Context, i int) ([]byte, error) { return os.ReadFile(names[i]) }
	return s, nil
}

// openIDX reads images and labels of the MNIST format (LeCun et al. 1998).
func openIDX(path string) (*set, error) {
	pixels, err := unzip(filepath.Join(path, "train-images-idx3-ubyte.gz"))
	if err != nil {
		return nil, err
	}
	labels, err := unzip(filepath.Join(path, "train-labels-idx1-ubyte.gz"))
	if err != nil {
		return nil, err
	}
	if len(pixels) < 16 || len(labels) < 8 {
		return nil, fmt.Errorf("%s: the files are too short", path)
	}
	n := int(binary.BigEndian.Uint32(pixels[4:]))
	h, w := int(binary.BigEndian.Uint32(pixels[8:])), int(binary.BigEndian.Uint32(pixels[12:]))
	if pixels = pixels[16:]; len(pixels) != n*h*w || len(labels)-8 != n || h != w {
		return nil, fmt.Errorf("%s: the files do not fit each other", path)
	}
	s := &set{mirrors: true}
	for _, l := range labels[8:] {
		for int(l) >= len(s.classes) {
			s.classes = append(s.classes, strconv.Itoa(len(s.classes)))
		}
		s.labels = append(s.labels, []int{int(l)})
	}
	s.image = func(_ context.Context, i int) ([]byte, error) {
		return picture(w, func(x, y int) byte { return pixels[i*h*w+y*w+x] }), nil
	}
	return s, nil
}

func unzip(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.TrimSuffix(filepath.Base(name), ".gz"), err)
	}
	return io.ReadAll(z)
}

// picture draws a grey square as PNG.
func picture(side int, at func(x, y int) byte) []byte {
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			img.SetGray(x, y, color.Gray{Y: at(x, y)})
		}
	}
	var out bytes.Buffer
	_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img) // a buffer takes everything
	return out.Bytes()
}
