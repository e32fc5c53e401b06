package tune_test

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/parallel"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/vision"
)

const (
	bundlePath  = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	dataPath    = "../../../shared/data"
	fashionPath = "/usr/share/datasets/fashion-mnist"
)

// set is labelled pictures with what the default backbone makes of them.
type set struct {
	classes  int
	pictures []*vision.Image
	labels   []int
	backbone []byte
	vectors  [][]float32
}

// quality skips tests that train on real pictures for minutes.
func quality(t *testing.T) {
	t.Helper()
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to train on real pictures")
	}
}

func signs(t *testing.T) *set {
	t.Helper()
	s := &set{classes: 10}
	for c := range 10 {
		files, _ := filepath.Glob(filepath.Join(dataPath, "sign-digits", fmt.Sprint(c), "*"))
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			img, _, err := vision.Decode(data, vision.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			s.pictures, s.labels = append(s.pictures, img), append(s.labels, c)
		}
	}
	if len(s.pictures) == 0 {
		t.Skip("the photos are not there")
	}
	return s
}

// fashion gives the first n test pictures of Fashion-MNIST (Xiao et al. 2017).
func fashion(t *testing.T, n int) *set {
	t.Helper()
	read := func(name string, head int) []byte {
		f, err := os.Open(filepath.Join(fashionPath, name))
		if err != nil {
			t.Skipf("Fashion-MNIST is not there: %v", err)
		}
		defer func() { _ = f.Close() }()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil || binary.BigEndian.Uint32(data[4:]) < uint32(n) {
			t.Fatal(err, len(data))
		}
		return data[head:]
	}
	pixels, labels := read("t10k-images-idx3-ubyte.gz", 16), read("t10k-labels-idx1-ubyte.gz", 8)
	s := &set{classes: 10}
	for i := range n {
		img := &vision.Image{Width: 28, Height: 28}
		for _, v := range pixels[784*i:][:784] {
			img.Pix = append(img.Pix, v, v, v)
		}
		s.pictures, s.labels = append(s.pictures, img), append(s.labels, int(labels[i]))
	}
	return s
}

// embed fills in the vectors by the default backbone.
func (s *set) embed(t *testing.T) {
	t.Helper()
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	if s.backbone, err = tflite.Backbone(bundle); err != nil {
		t.Fatal(err)
	}
	s.vectors = run1(t, s.backbone, "", s.pictures)
}

// run1 computes an output of a network, the first where name is empty, of every picture.
func run1(t *testing.T, file []byte, name string, pictures []*vision.Image) [][]float32 {
	t.Helper()
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	sessions := make(chan *engine.Session, runtime.GOMAXPROCS(0))
	for range cap(sessions) {
		o := engine.Options{}
		if name != "" {
			o.Outputs = []string{name}
		}
		session, err := engine.Compile(context.Background(), net, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = session.Close() }()
		sessions <- session
	}
	out := make([][]float32, len(pictures))
	var once sync.Once
	parallel.Each(len(pictures), func(i int) {
		session := <-sessions
		defer func() { sessions <- session }()
		y, err := session.Run(context.Background(), vision.Tensor(pictures[i], session.Info().Input[2], 1/127.5, -1))
		if err != nil {
			once.Do(func() { t.Error(err) })
			return
		}
		out[i] = append([]float32(nil), y[0]...)
	})
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// part draws n pictures of each class to learn from; the others are for the test.
func (s *set) part(n int, seed int64) (learn, test []int) {
	rng := rand.New(rand.NewSource(seed))
	taken := make([]int, s.classes)
	for _, i := range rng.Perm(len(s.pictures)) {
		if c := s.labels[i]; taken[c] < n {
			taken[c]++
			learn = append(learn, i)
		} else {
			test = append(test, i)
		}
	}
	return learn, test
}

// head fits a head on some of the pictures.
func (s *set) head(t *testing.T, of []int) *train.Head {
	t.Helper()
	d := train.Dataset{N: len(of), D: len(s.vectors[0]), Classes: s.classes}
	for _, i := range of {
		d.X, d.Labels = append(d.X, s.vectors[i]...), append(d.Labels, []int{s.labels[i]})
	}
	h, _, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tuned trains at a depth and gives the accuracy and log loss on the test pictures, by the network that was written.
func (s *set) tuned(t *testing.T, depth tune.Depth, learn, test []int, seed int64, change func(m *tune.Model, o *tune.Options)) (accuracy, loss float64, r *tune.Tuned) {
	t.Helper()
	m := &tune.Model{Depth: depth, Backbone: s.backbone, Threads: runtime.GOMAXPROCS(0)}
	for c := range s.classes {
		m.Names = append(m.Names, fmt.Sprint(c))
	}
	m.Pixels = &tune.Pixels{Count: len(learn), Augment: tune.Augmentation(depth), Image: func(_ context.Context, i int) (*vision.Image, error) {
		return s.pictures[learn[i]], nil
	}}
	for _, i := range learn {
		m.Labels = append(m.Labels, []int{s.labels[i]})
	}
	o := tune.Defaults(depth, len(learn))
	o.Seed, o.Threads = seed, m.Threads
	o.Held = tune.Split(tune.Data{Labels: m.Labels, Classes: s.classes}, 0.2, seed)
	if s.vectors != nil {
		var rest []int
		for k, i := range learn {
			if !o.Held[k] {
				rest = append(rest, i)
			}
		}
		m.Head = s.head(t, rest)
	}
	if change != nil {
		change(m, &o)
	}
	r, err := m.Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	accuracy, loss = s.judge(run1(t, onnx.Write(r.Network), train.Probabilities, s.at(test)), test)
	return accuracy, loss, r
}

func (s *set) at(of []int) (out []*vision.Image) {
	for _, i := range of {
		out = append(out, s.pictures[i])
	}
	return out
}

func (s *set) judge(scores [][]float32, test []int) (accuracy, loss float64) {
	for k, i := range test {
		best := 0
		for c, v := range scores[k] {
			if v > scores[k][best] {
				best = c
			}
		}
		if best == s.labels[i] {
			accuracy += 1 / float64(len(test))
		}
		loss -= math.Log(max(float64(scores[k][s.labels[i]]), 1e-12)) / float64(len(test))
	}
	return accuracy, loss
}

// spread gives the mean and the standard deviation.
func spread(list []float64) (mean, deviation float64) {
	for _, v := range list {
		mean += v / float64(len(list))
	}
	for _, v := range list {
		deviation += (v - mean) * (v - mean) / float64(max(len(list)-1, 1))
	}
	return mean, math.Sqrt(deviation)
}

// compare trains heads and a depth on the same pictures, with three seeds, and expects the depth to be better on pictures that
// neither has seen.
func (s *set) compare(t *testing.T, depth tune.Depth, perClass int) {
	t.Helper()
	var before, after, gain []float64
	for seed := range int64(3) {
		learn, test := s.part(perClass, seed)
		h := s.head(t, learn)
		scores := make([][]float32, len(test))
		for k, i := range test {
			for _, p := range h.Scores(s.vectors[i]) {
				scores[k] = append(scores[k], float32(p))
			}
		}
		a, la := s.judge(scores, test)
		started := time.Now()
		b, lb, r := s.tuned(t, depth, learn, test, seed, nil)
		t.Logf("seed %d, %d pictures: the head is right on %.3f (log loss %.3f), %s on %.3f (%.3f); epoch %d of %d, %.0f s", seed, len(learn), a, la, depth, b, lb, r.Best, len(r.History)-1, time.Since(started).Seconds())
		before, after, gain = append(before, a), append(after, b), append(gain, b-a)
	}
	ma, da := spread(before)
	mb, db := spread(after)
	mg, dg := spread(gain)
	t.Logf("%d a class: head %.3f ± %.3f, %s %.3f ± %.3f, gain %.3f ± %.3f", perClass, ma, da, depth, mb, db, mg, dg)
	if mg <= 0 {
		t.Errorf("%s is no better than the head", depth)
	}
}

// TestQualitySigns fine-tunes on photos of hands.
func TestQualitySigns(t *testing.T) {
	quality(t)
	s := signs(t)
	s.embed(t)
	for _, depth := range []tune.Depth{tune.Last, tune.Whole} {
		t.Run(string(depth), func(t *testing.T) { s.compare(t, depth, 30) })
	}
}

// TestQualityFashion fine-tunes on small pictures of clothes.
func TestQualityFashion(t *testing.T) {
	quality(t)
	s := fashion(t, 1600)
	s.embed(t)
	t.Run("last", func(t *testing.T) { s.compare(t, tune.Last, 60) })
}

// TestQualityScratch trains a small network from scratch on clothes.
func TestQualityScratch(t *testing.T) {
	quality(t)
	s := fashion(t, 6000)
	learn, test := s.part(400, 1)
	started := time.Now()
	accuracy, loss, r := s.tuned(t, tune.Scratch, learn, test, 1, func(m *tune.Model, o *tune.Options) {
		m.Backbone, m.Head = onnx.Write(tune.ResNet(32, 16, 1)), tune.Untrained(64, s.classes, false)
		o.Epochs = 15
	})
	t.Logf("%d pictures: right on %.3f, log loss %.3f; epoch %d of %d, %.0f s", len(learn), accuracy, loss, r.Best, len(r.History)-1, time.Since(started).Seconds())
	if accuracy < 0.85 {
		t.Errorf("right on %.3f only", accuracy)
	}
}
