package embedmap_test

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/realtest"
)

const fashionPath = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

// fashion gives the first n images of the test set of Fashion-MNIST, as points of 784 pixels.
func fashion(t *testing.T, n int) cluster.Points {
	t.Helper()
	f, err := os.Open(fashionPath)
	if err != nil {
		t.Skipf("Debian's package dataset-fashion-mnist is not there: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	p := cluster.Points{X: make([]float32, n*784), N: n, D: 784}
	for i := range p.X {
		p.X[i] = float32(data[16+i]) / 255
	}
	return p
}

// TestMapOfRealImages is trusted more than principal components are.
func TestMapOfRealImages(t *testing.T) {
	p := fashion(t, 1500)
	m, flat := run(t, p, embedmap.Options{Epochs: 150}), run(t, p, embedmap.Options{Flat: true})
	if m.Trust < 0.94 || m.Trust < flat.Trust+0.03 {
		t.Errorf("trustworthiness %.3f, of principal components alone %.3f", m.Trust, flat.Trust)
	}
}

// TestBesideScikitLearn maps 10,000 images of Fashion-MNIST and 600 photos of hand signs, and tells the time of one thread and
// scikit-learn's own measure of what came out, beside its PCA and its t-SNE. It takes minutes, so it runs only when IRUM_QUALITY is set.
func TestBesideScikitLearn(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t.Run("signs", func(t *testing.T) {
		p, _ := realtest.Signs(t)
		for i := range p.N { // as they are compared
			row := p.Row(i)
			sum := 0.0
			for _, v := range row {
				sum += float64(v) * float64(v)
			}
			for k := range row {
				row[k] = float32(float64(row[k]) / math.Sqrt(sum))
			}
		}
		beside(t, p, embedmap.Options{})
	})
	t.Run("clothes", func(t *testing.T) { beside(t, fashion(t, 10_000), embedmap.Options{Raw: true}) })
}

// beside maps points and asks scikit-learn for its measure.
func beside(t *testing.T, p cluster.Points, o embedmap.Options) {
	t.Helper()
	start := time.Now()
	m := run(t, p, o)
	t.Logf("irum: %.2f s, trustworthiness of a thousand %.4f", time.Since(start).Seconds(), m.Trust)
	o.Flat = true
	flat := run(t, p, o)
	t.Logf("principal components alone: trustworthiness of a thousand %.4f", flat.Trust)
	dir := t.TempDir()
	keep := func(name string, x []float32) string {
		data, err := binary.Append(nil, binary.LittleEndian, x)
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	command := exec.CommandContext(context.Background(), "/usr/bin/python3", "testdata/beside.py", keep("points", p.X), strconv.Itoa(p.N), strconv.Itoa(p.D), keep("map", m.XY))
	command.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Skipf("scikit-learn could not be asked: %v\n%s", err, out)
	}
	t.Logf("scikit-learn's measure, of 3,000 at most, and processor time of one thread:\n%s", out)
}
