// Package realtest gives tests and measurements the embeddings of real images by the default backbone: photos of hand signs, and the
// test set of Fashion-MNIST. Where a set or the backbone is not on the machine, the test is skipped with a message.
package realtest

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/vision"
)

// Where the files lie, from a package two folders deep.
const (
	bundlePath  = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	signsPath   = "../../../shared/data/sign-digits"
	fashionPath = "/usr/share/datasets/fashion-mnist"
)

// Signs gives the embeddings of 600 photos of hands that show 0 to 9, and the digits.
func Signs(tb testing.TB) (cluster.Points, []int) {
	tb.Helper()
	var paths []string
	var truth []int
	for c := range 10 {
		files, _ := filepath.Glob(filepath.Join(signsPath, strconv.Itoa(c), "*"))
		for range files {
			truth = append(truth, c)
		}
		paths = append(paths, files...)
	}
	if len(paths) == 0 {
		tb.Skip("the photos of hand signs are not there")
	}
	return Embedded(tb, "signs", len(paths), func(i int) (*vision.Image, error) {
		data, err := os.ReadFile(paths[i])
		if err != nil {
			return nil, err
		}
		img, _, err := vision.Decode(data, vision.Limits{})
		return img, err
	}), truth
}

// Pixels gives the first n images of the test set of Fashion-MNIST as points of 784 values from 0 to 1, and their classes.
func Pixels(tb testing.TB, n int) (cluster.Points, []int) {
	tb.Helper()
	images, labels := fashion(tb)
	p := cluster.Points{X: make([]float32, n*784), N: n, D: 784}
	for i := range p.X {
		p.X[i] = float32(images[i]) / 255
	}
	truth := make([]int, n)
	for i := range truth {
		truth[i] = int(labels[i])
	}
	return p, truth
}

// Many gives n points of 784 values: the images of both sets of Fashion-MNIST, 70,000, and behind them the same mirrored.
func Many(tb testing.TB, n int) cluster.Points {
	tb.Helper()
	test, _ := fashion(tb)
	images := append(test[:len(test):len(test)], idx(tb, "train-images-idx3-ubyte.gz", 16)...)
	p := cluster.Points{X: make([]float32, n*784), N: n, D: 784}
	for i := range n {
		from := images[i*784%len(images):][:784]
		for k := range 784 {
			if i*784 < len(images) {
				p.X[i*784+k] = float32(from[k]) / 255
			} else {
				p.X[i*784+k] = float32(from[k/28*28+27-k%28]) / 255
			}
		}
	}
	return p
}

// Fashion gives the embeddings of the first n images of the test set of Fashion-MNIST, and their classes.
func Fashion(tb testing.TB, n int) (cluster.Points, []int) {
	tb.Helper()
	pixels, truth := Pixels(tb, n)
	return Embedded(tb, fmt.Sprint("fashion", n), n, func(i int) (*vision.Image, error) {
		img := &vision.Image{Width: 28, Height: 28}
		for _, v := range pixels.Row(i) {
			grey := byte(math.Round(float64(v) * 255))
			img.Pix = append(img.Pix, grey, grey, grey)
		}
		return img, nil
	}), truth
}

func fashion(tb testing.TB) (images, labels []byte) {
	tb.Helper()
	return idx(tb, "t10k-images-idx3-ubyte.gz", 16), idx(tb, "t10k-labels-idx1-ubyte.gz", 8)
}

// idx reads what lies behind the header of a file of Fashion-MNIST.
func idx(tb testing.TB, name string, header int) []byte {
	tb.Helper()
	f, err := os.Open(filepath.Join(fashionPath, name))
	if err != nil {
		tb.Skipf("Debian's package dataset-fashion-mnist is not there: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil || len(data) < header {
		tb.Fatalf("%s: %d bytes, %v", name, len(data), err)
	}
	return data[header:]
}

// Embedded gives what the default backbone makes of n images. In the folder that IRUM_EMBEDDINGS names they are kept under name for
// the next time.
func Embedded(tb testing.TB, name string, n int, open func(i int) (*vision.Image, error)) cluster.Points {
	tb.Helper()
	kept := ""
	if dir := os.Getenv("IRUM_EMBEDDINGS"); dir != "" {
		kept = filepath.Join(dir, name+".f32")
		if p, ok := read(kept, n); ok {
			return p
		}
	}
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		tb.Skipf("the npm package with the backbone is not there: %v", err)
	}
	file, err := tflite.Backbone(bundle)
	if err != nil {
		tb.Fatal(err)
	}
	net, err := engine.Load(file)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := embed(net, n, open)
	if err != nil {
		tb.Fatal(err)
	}
	if kept != "" {
		data, err := binary.Append(nil, binary.LittleEndian, p.X)
		if err == nil {
			err = os.WriteFile(kept, data, 0o600)
		}
		if err != nil {
			tb.Log(err)
		}
	}
	return p
}

func read(path string, n int) (p cluster.Points, ok bool) {
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 || len(data)%(4*n) != 0 {
		return p, false
	}
	p = cluster.Points{X: make([]float32, len(data)/4), N: n, D: len(data) / 4 / n}
	_, err = binary.Decode(data, binary.LittleEndian, p.X)
	return p, err == nil
}

func embed(net *engine.Network, n int, open func(i int) (*vision.Image, error)) (cluster.Points, error) {
	out, errs := make([][]float32, n), make([]error, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			session, err := engine.Compile(context.Background(), net, engine.Options{})
			for i := range next {
				if errs[i] = err; err == nil {
					out[i], errs[i] = embedOne(session, i, open)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	p := cluster.Points{N: n}
	for i, v := range out {
		if errs[i] != nil {
			return p, fmt.Errorf("image %d: %w", i, errs[i])
		}
		p.D = len(v)
		p.X = append(p.X, v...)
	}
	return p, nil
}

func embedOne(session *engine.Session, i int, open func(i int) (*vision.Image, error)) ([]float32, error) {
	img, err := open(i)
	if err != nil {
		return nil, err
	}
	info := session.Info()
	scale, _ := strconv.ParseFloat(info.Metadata["irum.scale"], 32)
	shift, _ := strconv.ParseFloat(info.Metadata["irum.shift"], 32)
	out, err := session.Run(context.Background(), vision.Tensor(img, info.Input[2], float32(scale), float32(shift)))
	if err != nil {
		return nil, err
	}
	return append([]float32(nil), out[0]...), nil
}
