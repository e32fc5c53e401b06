package train_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/train"
)

const fashionPath = "/usr/share/datasets/fashion-mnist/"

// handSigns gives the first n photos of each of the ten digits.
func handSigns(t *testing.T, n int) (byClass [][]photo) {
	t.Helper()
	for c := range 10 {
		files, _ := filepath.Glob(filepath.Join(dataPath, "sign-digits", fmt.Sprint(c), "*"))
		if len(files) < n {
			t.Skip("the photos of hands are not there")
		}
		var list []photo
		for _, f := range files[:n] {
			list = append(list, photo{path: f, labels: []int{c}})
		}
		byClass = append(byClass, list)
	}
	return byClass
}

// clothes gives the first n photos of each of the ten classes of Fashion-MNIST.
func clothes(t *testing.T, n int) [][]photo {
	t.Helper()
	read := func(name string) []byte {
		f, err := os.Open(fashionPath + name)
		if err != nil {
			t.Skipf("Debian's dataset-fashion-mnist is not there: %v", err)
		}
		defer func() { _ = f.Close() }()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	images, labels := read("t10k-images-idx3-ubyte.gz")[16:], read("t10k-labels-idx1-ubyte.gz")[8:]
	byClass := make([][]photo, 10)
	for i, label := range labels {
		if len(byClass[label]) == n {
			continue
		}
		img := &image.Gray{Pix: images[i*28*28 : (i+1)*28*28], Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		byClass[label] = append(byClass[label], photo{file: file.Bytes(), labels: []int{int(label)}})
	}
	return byClass
}

// comparison is what heads on the integers of the default backbone are worth beside heads on its published weights.
type comparison struct {
	published, integers float64 // accuracy of a head trained on each
	agree               float64 // how often the two heads say the same class
	moved               float64 // how often the first head says the same class when only the backbone changes
	error               float64 // of embeddings, root of the mean of squares over that of the embedding's own spread
}

// compare trains on n photos of each class and looks at the others, over several choices of those n.
func compare(t *testing.T, published, integers [][]photo, n, seeds int) (c comparison) {
	t.Helper()
	c.error = distance(published, integers)
	total := 0.0
	for seed := range seeds {
		rng := rand.New(rand.NewSource(int64(seed)))
		var learn, test [2][]photo
		for class := range published {
			for k, i := range rng.Perm(len(published[class])) {
				for side, set := range [][][]photo{published, integers} {
					if k < n {
						learn[side] = append(learn[side], set[class][i])
					} else {
						test[side] = append(test[side], set[class][i])
					}
				}
			}
		}
		first, second := headOf(t, learn[0], len(published)), headOf(t, learn[1], len(published))
		for i := range test[0] {
			truth := test[0][i].labels[0]
			a, b, moved := choice(first, test[0][i]), choice(second, test[1][i]), choice(first, test[1][i])
			c.published, c.integers = c.published+hit(a == truth), c.integers+hit(b == truth)
			c.agree, c.moved = c.agree+hit(a == b), c.moved+hit(a == moved)
			total++
		}
	}
	for _, v := range []*float64{&c.published, &c.integers, &c.agree, &c.moved} {
		*v /= total
	}
	return c
}

func hit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func headOf(t *testing.T, photos []photo, classes int) *train.Head {
	t.Helper()
	d := train.Dataset{N: len(photos), D: len(photos[0].vector), Classes: classes}
	for _, p := range photos {
		d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, p.labels)
	}
	head, _, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func choice(h *train.Head, p photo) int {
	scores := h.Scores(p.vector)
	return slices.Index(scores, slices.Max(scores))
}

// distance is the error of embeddings in units of how much they differ from photo to photo.
func distance(published, integers [][]photo) float64 {
	d := len(published[0][0].vector)
	mean, n := make([]float64, d), 0.0
	for _, list := range published {
		for _, p := range list {
			for i, v := range p.vector {
				mean[i] += float64(v)
			}
			n++
		}
	}
	var off, spread float64
	for class, list := range published {
		for k, p := range list {
			for i, v := range p.vector {
				e, s := float64(integers[class][k].vector[i]-v), float64(v)-mean[i]/n
				off, spread = off+e*e, spread+s*s
			}
		}
	}
	return math.Sqrt(off / spread)
}

// embedBoth embeds the photos by the published weights and by their integers.
func embedBoth(t *testing.T, byClass [][]photo) (published, integers [][]photo) {
	t.Helper()
	sides := make([][][]photo, 2)
	for side, backbone := range []func([]byte) ([]byte, error){tflite.HalfBackbone, tflite.Backbone} {
		all := slices.Concat(byClass...)
		embedBy(t, backbone, all)
		for _, list := range byClass {
			sides[side] = append(sides[side], all[:len(list)])
			all = all[len(list):]
		}
	}
	return sides[0], sides[1]
}

// TestIntegerWeights: a head of two thirds of the photos on the default backbone is as good as on the weights that it was made of, and says the same.
// IRUM_QUALITY takes all photos of hands, more clothes and more choices of what is learnt from.
func TestIntegerWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("embeds some hundred photos twice")
	}
	signs, clothing, seeds := 24, 24, 5
	if os.Getenv("IRUM_QUALITY") != "" {
		signs, clothing, seeds = 60, 60, 10
	}
	var sets, agree, moved float64
	for name, c := range map[string]struct {
		set   func(*testing.T, int) [][]photo
		count int
	}{"hand signs": {handSigns, signs}, "clothes": {clothes, clothing}} {
		t.Run(name, func(t *testing.T) {
			published, integers := embedBoth(t, c.set(t, c.count))
			got := compare(t, published, integers, c.count*2/3, seeds)
			t.Logf("%d photos, %d learnt from, %d choices: accuracy %.4f on half precision, %.4f on integers; the heads agree on %.4f; one head over both backbones on %.4f; embedding error %.4f of the spread",
				10*c.count, 10*(c.count*2/3), seeds, got.published, got.integers, got.agree, got.moved, got.error)
			if got.integers < got.published-0.01 {
				t.Errorf("accuracy fell from %.4f to %.4f", got.published, got.integers)
			}
			sets, agree, moved = sets+1, agree+got.agree, moved+got.moved
		})
	}
	if agree < 0.98*sets || moved < 0.98*sets {
		t.Errorf("over the sets the same class on %.4f and %.4f of the photos, less than 0.98", agree/sets, moved/sets)
	}
}
