package train

import (
	"context"
	"errors"
	"math"
	"math/rand"
	"reflect"
	"testing"
)

// blobs makes n points of d dimensions around one centre per class, spread apart by distance.
func blobs(n, d, classes int, distance float64, seed int64) Dataset {
	rng := rand.New(rand.NewSource(seed))
	centres := make([]float64, classes*d)
	for i := range centres {
		centres[i] = rng.NormFloat64() * distance
	}
	data := Dataset{N: n, D: d, Classes: classes}
	for i := range n {
		c := i % classes
		data.Labels = append(data.Labels, []int{c})
		for k := range d {
			data.X = append(data.X, float32(3+centres[c*d+k]+rng.NormFloat64()))
		}
	}
	return data
}

func accuracy(data Dataset, scores func(i int) []float64) float64 {
	right := 0
	for i := range data.N {
		best, row := 0, scores(i)
		for c, p := range row {
			if p > row[best] {
				best = c
			}
		}
		if best == data.Labels[i][0] {
			right++
		}
	}
	return float64(right) / float64(data.N)
}

func TestFitSeparatesBlobs(t *testing.T) {
	for _, c := range []struct{ n, d, classes int }{{60, 200, 3}, {300, 8, 5}, {4, 50, 2}} {
		data := blobs(c.n, c.d, c.classes, 2, 1)
		head, eval, err := Fit(context.Background(), data, Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := accuracy(data, func(i int) []float64 { return eval.Scores[i] }); got < 0.95 {
			t.Errorf("%v: cross-validated accuracy %.2f", c, got)
		}
		if got := accuracy(data, func(i int) []float64 { return head.Scores(data.X[i*data.D:][:data.D]) }); got < 0.95 {
			t.Errorf("%v: accuracy of the head %.2f", c, got)
		}
	}
}

func TestNoiseIsNotLearnt(t *testing.T) {
	data := blobs(200, 100, 2, 0, 3)
	_, eval, err := Fit(context.Background(), data, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(data, func(i int) []float64 { return eval.Scores[i] }); got > 0.65 {
		t.Errorf("cross-validated accuracy %.2f on labels that mean nothing: the folds leak", got)
	}
	for i, row := range eval.Scores {
		if top := max(row[0], row[1]); top > 0.9 {
			t.Fatalf("image %d: confidence %.2f on noise: not calibrated", i, top)
		}
	}
}

func TestMultiLabel(t *testing.T) {
	data := blobs(120, 40, 4, 2, 5)
	data.Multi = true
	for i := range data.Labels {
		switch i % 4 {
		case 0:
			data.Labels[i] = []int{0, 3} // class 3 stands on every image but those of blob 2
		case 1:
			data.Labels[i] = []int{1, 3}
		case 2:
			data.Labels[i] = nil
		case 3:
			data.Labels[i] = []int{3}
		}
	}
	// class 2 stands on no image: it must stay a sound constant, not a crash
	head, eval, err := Fit(context.Background(), data, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, row := range eval.Scores {
		holds := map[int]bool{}
		for _, c := range data.Labels[i] {
			holds[c] = true
		}
		for c, p := range row {
			if (p >= 0.5) != holds[c] {
				wrong++
			}
		}
	}
	if wrong > 10 {
		t.Errorf("%d of 480 answers are wrong", wrong)
	}
	if p := head.Scores(data.X[:data.D])[2]; math.IsNaN(p) || p > 0.2 {
		t.Errorf("probability %v of a class that no image holds", p)
	}
}

func TestGroupsStayTogether(t *testing.T) {
	data := blobs(90, 5, 3, 1, 7)
	data.Groups = make([]int, data.N)
	for i := range data.Groups {
		data.Groups[i] = i / 4
	}
	fold, count := data.folds(Options{})
	of := map[int]int{}
	for i, k := range fold {
		if before, ok := of[data.Groups[i]]; ok && before != k {
			t.Errorf("group %d stands in folds %d and %d", data.Groups[i], before, k)
		}
		of[data.Groups[i]] = k
	}
	sizes := make([]int, count)
	for _, k := range fold {
		sizes[k]++
	}
	if count != 5 || sizes[0] < 14 || sizes[0] > 22 {
		t.Errorf("fold sizes %v", sizes)
	}
}

func TestGradient(t *testing.T) {
	data := blobs(20, 6, 3, 1, 9)
	s := standardise(data)
	z, _, r := span(s.rows, data.N, data.D)
	for _, multi := range []bool{false, true} {
		p := &problem{z: z, r: r, labels: data.truth(), classes: 3, multi: multi, lambda: 0.1, logits: make([]float64, 3)}
		for i := range data.N {
			p.rows = append(p.rows, i)
		}
		x, g, scratch := make([]float64, 3*(r+1)), make([]float64, 3*(r+1)), make([]float64, 3*(r+1))
		rng := rand.New(rand.NewSource(2))
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		p.objective(x, g)
		for i := range x {
			const h = 1e-5
			keep := x[i]
			x[i] = keep + h
			up := p.objective(x, scratch)
			x[i] = keep - h
			down := p.objective(x, scratch)
			x[i] = keep
			if numeric := (up - down) / (2 * h); math.Abs(numeric-g[i]) > 1e-7 {
				t.Errorf("multi %v, parameter %d: gradient %g, finite difference %g", multi, i, g[i], numeric)
			}
		}
	}
}

// TestSpanKeepsInnerProducts with more rows than dimensions, fewer, and repeated rows.
func TestSpanKeepsInnerProducts(t *testing.T) {
	for _, c := range []struct{ n, d int }{{5, 20}, {30, 4}} {
		data := blobs(c.n, c.d, 2, 1, 11)
		copy(data.X[c.d:2*c.d], data.X[:c.d])
		s := standardise(data)
		z, pivots, r := span(s.rows, c.n, c.d)
		if len(pivots) != r || r > min(c.n, c.d) {
			t.Fatalf("rank %d of %d rows in %d dimensions", r, c.n, c.d)
		}
		for i := range c.n {
			for j := range c.n {
				want := dot(s.rows[i*c.d:][:c.d], s.rows[j*c.d:][:c.d])
				if got := dot(z[i*r:][:r], z[j*r:][:r]); math.Abs(got-want) > 1e-8 {
					t.Fatalf("rows %d and %d: %g, want %g", i, j, got, want)
				}
			}
		}
	}
}

func TestSameSeedSameHead(t *testing.T) {
	data := blobs(50, 30, 3, 1, 13)
	first, _, err := Fit(context.Background(), data, Options{Seed: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := Fit(context.Background(), data, Options{Seed: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) {
		t.Error("two runs gave two heads")
	}
}

func TestFitRefusesAndStops(t *testing.T) {
	good := blobs(10, 4, 2, 1, 1)
	for name, change := range map[string]func(*Dataset){
		"one image":     func(d *Dataset) { d.N = 1 },
		"two labels":    func(d *Dataset) { d.Labels[3] = []int{0, 1} },
		"class":         func(d *Dataset) { d.Labels[3] = []int{7} },
		"not finite":    func(d *Dataset) { d.X[5] = float32(math.NaN()) },
		"one duplicate": func(d *Dataset) { d.Groups = make([]int, d.N) },
	} {
		data := good
		data.X = append([]float32(nil), good.X...)
		data.Labels = append([][]int(nil), good.Labels...)
		change(&data)
		if _, _, err := Fit(context.Background(), data, Options{}, nil); err == nil {
			t.Errorf("%s: trained", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := Fit(ctx, good, Options{}, func(done, _ int) {
		if done == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkFit100x1280x10(b *testing.B) {
	data := blobs(100, 1280, 10, 0.3, 1)
	for range b.N {
		if _, _, err := Fit(context.Background(), data, Options{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
