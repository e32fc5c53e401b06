package tune_test

import (
	"cmp"
	"compress/gzip"
	"context"
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

// set is labelled pictures with what the default backbone makes of them. The last test of them, if any, are for the test only, as who made
// the set parted it.
type set struct {
	classes  int
	pictures []*vision.Image
	labels   []int
	test     int
	backbone []byte
	vectors  [][]float32 // nil of pictures that nobody has asked for
	side     int         // of the images that levels deeper than a head train on, in pixels; 0 for the backbone's own
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

// fashion gives the first learn pictures of Fashion-MNIST (Xiao et al. 2017) to draw from, and the first test pictures of its test part.
func fashion(t *testing.T, learn, test int) *set {
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
		if err != nil || len(data) < head {
			t.Fatal(err, len(data))
		}
		return data[head:]
	}
	s := &set{classes: 10, test: test, side: 128}
	s.add(read("train-images-idx3-ubyte.gz", 16), read("train-labels-idx1-ubyte.gz", 8), learn)
	s.add(read("t10k-images-idx3-ubyte.gz", 16), read("t10k-labels-idx1-ubyte.gz", 8), test)
	return s
}

// add takes the first n grey pictures of 28 x 28 pixels.
func (s *set) add(pixels, labels []byte, n int) {
	for i := range n {
		img := &vision.Image{Width: 28, Height: 28}
		for _, v := range pixels[784*i:][:784] {
			img.Pix = append(img.Pix, v, v, v)
		}
		s.pictures, s.labels = append(s.pictures, img), append(s.labels, int(labels[i]))
	}
}

// load gets the default backbone.
func (s *set) load(t *testing.T) {
	t.Helper()
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	if s.backbone, err = tflite.Backbone(bundle); err != nil {
		t.Fatal(err)
	}
	s.vectors = make([][]float32, len(s.pictures))
}

// embed fills in the vectors of some pictures.
func (s *set) embed(t *testing.T, of []int) {
	t.Helper()
	var missing []int
	for _, i := range of {
		if s.vectors[i] == nil {
			missing = append(missing, i)
		}
	}
	for k, v := range run1(t, s.backbone, "", s.at(missing)) {
		s.vectors[missing[k]] = v
	}
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
	first := len(s.pictures) - s.test
	for _, i := range rng.Perm(first) {
		if c := s.labels[i]; taken[c] < n {
			taken[c]++
			learn = append(learn, i)
		} else if s.test == 0 {
			test = append(test, i)
		}
	}
	for i := first; i < len(s.pictures); i++ {
		test = append(test, i)
	}
	return learn, test
}

// head fits a head on some of the pictures, whose vectors are given.
func (s *set) head(t *testing.T, of []int, vectors [][]float32) *train.Head {
	t.Helper()
	d := train.Dataset{N: len(of), D: len(vectors[0]), Classes: s.classes}
	for k, i := range of {
		d.X, d.Labels = append(d.X, vectors[k]...), append(d.Labels, []int{s.labels[i]})
	}
	h, _, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tuned trains at a depth and gives the accuracy and log loss on the test pictures, by the network that was written.
func (s *set) tuned(t *testing.T, depth tune.Depth, learn, test []int, seed int64) (accuracy, loss float64, r *tune.Tuned) {
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
	if s.side > 0 {
		var err error
		if m.Backbone, err = tune.Resized(s.backbone, s.side); err != nil {
			t.Fatal(err)
		}
	}
	if s.side > 0 && depth == tune.Whole {
		tune.Enlarge(&o, &m.Pixels.Augment)
	}
	if depth == tune.Scratch {
		side := cmp.Or(min(s.side, 32), 64)
		m.Backbone, m.Head = onnx.Write(tune.ResNet(side, 16, seed)), tune.Untrained(64, s.classes, false)
	} else {
		var rest []int
		for k, i := range learn {
			if !o.Held[k] {
				rest = append(rest, i)
			}
		}
		m.Head = s.head(t, rest, run1(t, m.Backbone, "", s.at(rest)))
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
// neither has seen; from scratch it need not be, since a head is published then.
func (s *set) compare(t *testing.T, depth tune.Depth, perClass int) {
	t.Helper()
	var before, after, gain []float64
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			a, b := s.beside(t, depth, perClass, seed)
			before, after, gain = append(before, a), append(after, b), append(gain, b-a)
		})
	}
	if len(gain) < 3 { // only some were asked for
		return
	}
	ma, da := spread(before)
	mb, db := spread(after)
	mg, dg := spread(gain)
	t.Logf("%d a class: head %.3f ± %.3f, %s %.3f ± %.3f, gain %.3f ± %.3f", perClass, ma, da, depth, mb, db, mg, dg)
	if mg <= 0 && depth != tune.Scratch {
		t.Errorf("%s is no better than the head", depth)
	}
}

// beside gives the accuracy of a head and of a depth on the same pictures.
func (s *set) beside(t *testing.T, depth tune.Depth, perClass int, seed int64) (head, deeper float64) {
	t.Helper()
	learn, test := s.part(perClass, seed)
	s.embed(t, learn)
	s.embed(t, test)
	var vectors [][]float32
	for _, i := range learn {
		vectors = append(vectors, s.vectors[i])
	}
	h := s.head(t, learn, vectors)
	scores := make([][]float32, len(test))
	for k, i := range test {
		for _, p := range h.Scores(s.vectors[i]) {
			scores[k] = append(scores[k], float32(p))
		}
	}
	head, before := s.judge(scores, test)
	started := time.Now()
	deeper, after, r := s.tuned(t, depth, learn, test, seed)
	t.Logf("seed %d, %d pictures: the head is right on %.3f (log loss %.3f), %s on %.3f (%.3f); epoch %d of %d, %.0f s",
		seed, len(learn), head, before, depth, deeper, after, r.Best, len(r.History)-1, time.Since(started).Seconds())
	return head, deeper
}

// TestQualitySigns fine-tunes on photos of hands.
func TestQualitySigns(t *testing.T) {
	quality(t)
	s := signs(t)
	s.load(t)
	for _, depth := range []tune.Depth{tune.Last, tune.Whole, tune.Scratch} {
		t.Run(string(depth), func(t *testing.T) { s.compare(t, depth, 30) })
	}
}

// TestQualityFashion fine-tunes on small pictures of clothes, 1,000 of them, and tests on 2,000 others.
func TestQualityFashion(t *testing.T) {
	quality(t)
	s := fashion(t, 3000, 2000)
	s.load(t)
	for _, depth := range []tune.Depth{tune.Last, tune.Whole, tune.Scratch} {
		t.Run(string(depth), func(t *testing.T) { s.compare(t, depth, 100) })
	}
}
