package train

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"
)

// liveImages are the images of a Dataset, keyed by their place.
func liveImages(data Dataset) []LiveImage {
	out := make([]LiveImage, data.N)
	for i := range out {
		out[i] = LiveImage{Key: fmt.Sprint(i), X: data.X[i*data.D:][:data.D], Label: data.Labels[i]}
	}
	return out
}

func newLive(t testing.TB, images []LiveImage, classes int, multi bool) *Live {
	t.Helper()
	l, err := NewLive(context.Background(), images[:min(len(images), LiveBase)], nil, classes, multi, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range images[min(len(images), LiveBase):] {
		if err := l.Set(image); err != nil {
			t.Fatal(err)
		}
	}
	l.Refresh()
	return l
}

func farthest(a, b []float64) float64 {
	far := 0.0
	for i, v := range a {
		far = max(far, math.Abs(v-b[i]))
	}
	return far
}

// sound compares what was updated with what its rows give when all is computed anew.
func sound(t *testing.T, l *Live) {
	t.Helper()
	again := *l
	again.rows = &matrix{l.rows.rows, l.rows.cols, slices.Clone(l.rows.data)}
	if !again.begin(gram(again.rows), func() bool { return false }) {
		t.Fatal("not positive definite")
	}
	for i := range l.Len() {
		if far := farthest(again.inverse.row(i)[:l.Len()], l.inverse.row(i)[:l.Len()]); far > 1e-8 {
			t.Fatalf("row %d of the inverse is off by %g", i, far)
		}
	}
	if far := farthest(again.alpha.data, l.alpha.data); far > 1e-8 || len(again.alpha.data) != len(l.alpha.data) {
		t.Errorf("the dual weights are off by %g", far)
	}
	if far := farthest(again.weights.data, l.weights.data); far > 1e-8 {
		t.Errorf("the weights are off by %g", far)
	}
	for key, i := range l.index {
		if l.labels[i].key != key {
			t.Errorf("row %d is of %s, not of %s", i, l.labels[i].key, key)
		}
	}
}

func TestLiveUpdatesAreExact(t *testing.T) {
	for _, multi := range []bool{false, true} {
		data := blobs(60, 40, 4, 1, 2)
		data.Multi = multi
		if multi {
			for i := range data.Labels {
				data.Labels[i] = [][]int{{0}, {1, 2}, nil, {0, 3}}[i%4]
			}
		}
		images := liveImages(data)
		l := newLive(t, images[:12], 4, multi)
		rng := rand.New(rand.NewSource(7))
		for step := range 300 {
			image := images[rng.Intn(len(images))]
			switch {
			case rng.Intn(3) == 0 && l.Len() > 12:
				l.Drop(image.Key)
			default:
				image.Label = data.Labels[rng.Intn(4)]
				if err := l.Set(image); err != nil {
					t.Fatal(err)
				}
				if got, ok := l.Label(image.Key); !ok || !slices.Equal(got, image.Label) {
					t.Fatalf("step %d: label %v, %v", step, got, ok)
				}
			}
		}
		sound(t, l)
	}
}

// TestLiveHoldsOutExactly compares what is said of an image by the others, in closed form, with the textbook's formula.
func TestLiveHoldsOutExactly(t *testing.T) {
	for _, size := range []struct{ n, d int }{{24, 40}, {40, 9}} {
		data := blobs(size.n, size.d, 3, 1, 4)
		l := newLive(t, liveImages(data), 3, false)
		groups := make([][]int, 3)
		for i := range data.N {
			groups[i%3] = append(groups[i%3], i)
		}
		without := func(i int) (rest [][]int) {
			for _, g := range groups {
				rest = append(rest, slices.DeleteFunc(slices.Clone(g), func(k int) bool { return k == i }))
			}
			return rest
		}
		for i := range data.N {
			want := direct(l.rows, without(i), l.c/float64(data.N-1), l.rows.row(i))
			got := l.held.row(i)
			for c := range want {
				if math.Abs(want[c]-want[0]-got[c]+got[0]) > 1e-7*(1+math.Abs(want[c])) {
					t.Fatalf("%v, image %d, class %d: %g, want %g", size, i, c, got[c]-got[0], want[c]-want[0])
				}
			}
			if prior := math.Log(float64(len(groups[i%3])-1) / float64(data.N-1)); math.Abs(l.heldPrior.row(i)[i%3]-prior) > 1e-12 {
				t.Fatalf("prior %g, want %g", l.heldPrior.row(i)[i%3], prior)
			}
		}
		data.Multi = true
		m := newLive(t, liveImages(data), 3, true)
		for i := range data.N {
			rest := without(i)
			for c := range 3 {
				two := direct(m.rows, [][]int{rest[c], append(slices.Clone(rest[(c+1)%3]), rest[(c+2)%3]...)}, m.c/float64(data.N-1), m.rows.row(i))
				if want, got := two[0]-two[1], m.held.row(i)[c]; math.Abs(want-got) > 1e-7*(1+math.Abs(want)) {
					t.Fatalf("multi-label %v, image %d, class %d: %g, want %g", size, i, c, got, want)
				}
			}
		}
	}
}

func TestLiveScoresAreTheTextbooks(t *testing.T) {
	data := blobs(33, 20, 3, 1, 4)
	l := newLive(t, liveImages(data)[:30], 4, false)
	groups := make([][]int, 3)
	for i := range 30 {
		groups[i%3] = append(groups[i%3], i)
	}
	for i := 30; i < 33; i++ {
		x := data.X[i*data.D:][:data.D]
		logits := direct(l.rows, groups, l.c/30, l.standard(x))
		for c := range logits {
			logits[c] *= l.temperature[0]
		}
		probabilities(logits, false)
		got := l.Scores(x)
		if farthest(logits, got) > 1e-9 || got[3] != 0 {
			t.Errorf("image %d: %v, want %v and none of a class without images", i, got, logits)
		}
	}
}

// TestLiveIsAsGoodAsFit: on images it has not seen a live head is right as often as the head of a whole training, and its
// confidence is what it says.
func TestLiveIsAsGoodAsFit(t *testing.T) {
	data := blobs(1200, 60, 5, 0.35, 8)
	train, test := data, data
	train.N, train.X, train.Labels = 400, data.X[:400*60], data.Labels[:400]
	test.N, test.X, test.Labels = 800, data.X[400*60:], data.Labels[400:]
	l := newLive(t, liveImages(train), 5, false)
	head, _, err := Fit(context.Background(), train, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := func(i int) []float32 { return test.X[i*test.D:][:test.D] }
	live, fitted := accuracy(test, func(i int) []float64 { return l.Scores(at(i)) }), accuracy(test, func(i int) []float64 { return head.Scores(at(i)) })
	sure := 0.0
	for i := range test.N {
		sure += slices.Max(l.Scores(at(i))) / float64(test.N)
	}
	t.Logf("right: live %.3f, fitted %.3f; the live head is %.3f sure", live, fitted, sure)
	if live < fitted-0.02 || math.Abs(sure-live) > 0.04 {
		t.Errorf("right: live %.3f, fitted %.3f; the live head is %.3f sure", live, fitted, sure)
	}
	held := accuracy(train, func(i int) []float64 { s, _ := l.Held(fmt.Sprint(i)); return s })
	if math.Abs(held-live) > 0.06 {
		t.Errorf("held out %.3f are right, of new images %.3f", held, live)
	}
}

func TestLiveIsNotSureOfNoise(t *testing.T) {
	data := blobs(150, 100, 2, 0, 3)
	l := newLive(t, liveImages(data)[:100], 2, false)
	for i := 100; i < 150; i++ {
		if top := slices.Max(l.Scores(data.X[i*data.D:][:data.D])); top > 0.8 {
			t.Fatalf("image %d: %.2f sure of noise", i, top)
		}
	}
}

func TestLiveKeepsItsSize(t *testing.T) {
	data := blobs(100, 6, 2, 1, 3)
	images := liveImages(data)
	for i := range images {
		images[i].Label = []int{min(i%5, 1)}
	}
	l := newLive(t, images[:60], 2, false)
	l.most = 60
	for _, image := range images[60:] {
		if err := l.Set(image); err != nil {
			t.Fatal(err)
		}
	}
	if l.Len() != 60 {
		t.Fatalf("%d images are held", l.Len())
	}
	for i := range 40 {
		if key := fmt.Sprint(i); l.Holds(key) != (i%5 == 0) {
			t.Errorf("image %d of class %d is held: %v", i, min(i%5, 1), l.Holds(key))
		}
	}
	sound(t, l)
}

func TestLiveTwinsDoNotTestEachOther(t *testing.T) {
	data := blobs(60, 100, 3, 0.05, 5)
	images := liveImages(data)
	for i := range 30 { // every image twice
		twin := images[i]
		twin.Key += "'"
		twin.Group, images[i].Group = fmt.Sprint(i), fmt.Sprint(i)
		images = append(images, twin)
	}
	sure := func(images []LiveImage) float64 {
		l, sum := newLive(t, images, 3, false), 0.0
		fresh := blobs(400, 100, 3, 0.05, 5)
		for i := 100; i < 400; i++ {
			sum += slices.Max(l.Scores(fresh.X[i*fresh.D:][:fresh.D]))
		}
		return sum / 300
	}
	told := sure(images)
	for i := range images {
		images[i].Group = ""
	}
	if untold := sure(images); told > untold-0.02 {
		t.Errorf("%.3f sure where twins are known, %.3f where they are not", told, untold)
	}
}

func TestLiveRefuses(t *testing.T) {
	data := blobs(10, 4, 2, 1, 1)
	images := liveImages(data)
	l := newLive(t, images, 2, false)
	for name, image := range map[string]LiveImage{
		"length": {Key: "x", X: make([]float32, 5), Label: []int{0}},
		"class":  {Key: "x", X: make([]float32, 4), Label: []int{2}},
		"two":    {Key: "x", X: make([]float32, 4), Label: []int{0, 1}},
		"NaN":    {Key: "x", X: []float32{0, 0, float32(math.NaN()), 0}, Label: []int{0}},
	} {
		if l.Set(image) == nil || l.Len() != 10 {
			t.Errorf("%s: taken", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewLive(ctx, images, nil, 2, false, nil); err == nil {
		t.Error("begun after it was cancelled")
	}
	if _, err := NewLive(context.Background(), nil, nil, 2, false, nil); err == nil {
		t.Error("begun with nothing")
	}
}

// TestLiveRefitTakesMilliseconds prints what the goal is about: the median of learning one more label and making the rule anew.
func TestLiveRefitTakesMilliseconds(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	for _, d := range []int{1280, 1728} {
		data := blobs(1030, d, 10, 0.1, 1)
		images := liveImages(data)
		l := newLive(t, images[:1000], 10, false)
		var took []time.Duration
		for _, image := range images[1000:] {
			start := time.Now()
			if err := l.Set(image); err != nil {
				t.Fatal(err)
			}
			l.Refresh()
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		t.Logf("1,000 images x %d features, 10 classes: one more label in %s (median), %s (slowest)", d, took[len(took)/2], took[len(took)-1])
		if median := took[len(took)/2]; median > 200*time.Millisecond {
			t.Errorf("a refit takes %s", median)
		}
	}
}

func BenchmarkLive(b *testing.B) {
	for _, size := range []struct{ n, d int }{{100, 1728}, {1000, 1280}, {1000, 1728}, {MaxLive, 1728}} {
		b.Run(fmt.Sprintf("%dx%dx10", size.n, size.d), func(b *testing.B) {
			data := blobs(size.n, size.d, 10, 0.1, 1)
			images := liveImages(data)
			l := newLive(b, images, 10, false)
			b.ResetTimer()
			for i := range b.N {
				b.StopTimer()
				l.Drop(images[i%size.n].Key)
				b.StartTimer()
				if err := l.Set(images[i%size.n]); err != nil {
					b.Fatal(err)
				}
				l.Refresh()
			}
		})
	}
	b.Run("Begin", func(b *testing.B) {
		images := liveImages(blobs(LiveBase, 1728, 10, 0.1, 1))
		for b.Loop() {
			if _, err := NewLive(context.Background(), images, nil, 10, false, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
