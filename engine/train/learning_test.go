package train

import (
	"context"
	"math"
	"math/rand"
	"testing"
	"time"
)

func TestALawIsFoundAgain(t *testing.T) {
	for _, want := range []Law{{0.9, 0.05, 20, 0.9}, {0.5, 0, 60, 0.6}, {0.8, 0.1, 5, 1.2}, {0.95, 0.02, 100, 0.75}} {
		var sizes, errors, variance []float64
		for n := 20.0; n < 1000; n *= 1.6 {
			sizes, errors, variance = append(sizes, n), append(errors, 1-want.Accuracy(n)), append(variance, 1e-6)
		}
		got := newLawFitter(want.Start, sizes).fit(errors, variance, 0, usualPower, powerDoubt)
		for _, n := range []float64{1000, 2000} {
			if d := got.Accuracy(n) - want.Accuracy(n); math.Abs(d) > 0.008 {
				t.Errorf("%+v: found %+v, off by %.4f at %.0f", want, got, d, n)
			}
		}
	}
}

func TestALawNeverFallsWithLabels(t *testing.T) {
	for name, errors := range map[string][]float64{
		"flat": {0.2, 0.2, 0.2, 0.2}, "worse": {0.1, 0.15, 0.2, 0.3}, "perfect": {0, 0, 0, 0}, "one": {0.5, 0.5, 0.5, 0.1}, "none right": {1, 1, 1, 1},
	} {
		l := newLawFitter(0.5, []float64{10, 20, 40, 80}).fit(errors, []float64{1e-3, 1e-3, 1e-3, 1e-3}, 0, usualPower, powerDoubt)
		last := 0.0
		for n := 10.0; n < 1e6; n *= 3 {
			a := l.Accuracy(n)
			if math.IsNaN(a) || a < last-1e-12 || a > 1 {
				t.Errorf("%s: %+v gives %v at %v", name, l, a, n)
			}
			last = a
		}
	}
}

// TestTheForecastHoldsOfAKnownLaw lets images be right by a known law, many times over: the forecast is right on average, and
// the interval holds the truth nearly as often as it says.
func TestTheForecastHoldsOfAKnownLaw(t *testing.T) {
	law := Law{0.8, 0.03, 30, 0.9}
	const n, times = 400, 60
	inside, off, asked := 0, 0.0, 0
	for seed := range times {
		rng := rand.New(rand.NewSource(int64(seed)))
		c := curve{now: n, start: law.Start, folds: make([][]int, 5)}
		hard := make([]float64, n) // what it takes to be right about an image is the image's own
		for i := range hard {
			hard[i] = rng.NormFloat64()
			c.groups, c.folds[i%5] = append(c.groups, []int{i}), append(c.folds[i%5], i)
		}
		for size := 20.0; size < n; size *= 1.6 {
			right := make([]float64, n)
			for i := range right {
				// 0.9 of what decides is the same for all sizes; the sum is uniform
				if z := 0.9*hard[i] + math.Sqrt(1-0.81)*rng.NormFloat64(); math.Erfc(-z/math.Sqrt2)/2 < law.Accuracy(size) {
					right[i] = 1
				}
			}
			c.sizes, c.right = append(c.sizes, size), append(c.right, right)
		}
		for _, f := range c.learning().Forecasts {
			if f.More != 200 && f.More != 500 {
				continue
			}
			want := law.Accuracy(float64(n+f.More)) - law.Accuracy(n)
			asked++
			off += f.Gain - want
			if f.GainLow <= want && want <= f.GainHigh {
				inside++
			}
		}
	}
	t.Logf("the true gain is inside in %d of %d, off by %+.4f on average", inside, asked, off/float64(asked))
	if inside < asked*80/100 || math.Abs(off/float64(asked)) > 0.01 {
		t.Error("the forecast does not hold")
	}
}

func TestLearningIsMeasured(t *testing.T) {
	for _, c := range []struct{ n, d, classes int }{{200, 60, 4}, {400, 500, 5}} {
		data := blobs(c.n, c.d, c.classes, 0.35, 2)
		_, eval, err := Fit(context.Background(), data, Options{Learning: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := eval.Learning
		if l == nil || len(l.Points) < 3 || len(l.Forecasts) < 3 {
			t.Fatalf("%v: %+v", c, l)
		}
		last := l.Points[len(l.Points)-1]
		if got := accuracy(data, func(i int) []float64 { return eval.Scores[i] }); math.Abs(last.Accuracy-got) > 1e-9 {
			t.Errorf("%v: the last point is %.3f, the cross-validation %.3f", c, last.Accuracy, got)
		}
		if first := l.Points[0]; first.Accuracy > last.Accuracy-0.05 || first.Images >= last.Images {
			t.Errorf("%v: more images do not help: %+v", c, l.Points)
		}
		for i, f := range l.Forecasts {
			if f.GainLow > f.Gain || f.Gain > f.GainHigh || f.GainLow < 0 || f.Low > f.Accuracy || f.Accuracy > f.High || f.High > 1 {
				t.Errorf("%v: %+v", c, f)
			}
			if i > 0 && (f.Gain < l.Forecasts[i-1].Gain || f.More <= l.Forecasts[i-1].More) {
				t.Errorf("%v: more labels give less: %+v", c, l.Forecasts)
			}
		}
	}
}

func TestLearningOfSeveralClassesAndGroups(t *testing.T) {
	data := blobs(240, 80, 4, 0.5, 5)
	data.Multi = true
	for i := range data.Labels {
		data.Groups = append(data.Groups, i/2)
		if i%3 == 0 {
			data.Labels[i] = nil
		}
	}
	_, eval, err := Fit(context.Background(), data, Options{Learning: true}, nil)
	if err != nil || eval.Learning == nil {
		t.Fatalf("%v, %+v", err, eval)
	}
	again := 0
	_, same, err := Fit(context.Background(), data, Options{Learning: true}, func(int, int) { again++ })
	if err != nil || again == 0 || same.Learning.Law != eval.Learning.Law {
		t.Errorf("the same data gave %+v and %+v: %v", eval.Learning.Law, same.Learning.Law, err)
	}
}

func TestFewImagesHaveNoCurve(t *testing.T) {
	_, eval, err := Fit(context.Background(), blobs(23, 20, 3, 2, 1), Options{Learning: true}, nil)
	if err != nil || eval.Learning != nil {
		t.Errorf("%+v, %v", eval.Learning, err)
	}
}

func TestStepsAreRound(t *testing.T) {
	for n, want := range map[int][3]int{100: {10, 200, 5}, 250: {50, 500, 4}, 7: {1, 20, 5}} {
		got := steps(n)
		if got[0] != want[0] || got[len(got)-1] != want[1] || len(got) != want[2] {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}

// BenchmarkLearning says what the curve takes beside the fit.
func BenchmarkLearning(b *testing.B) {
	data := blobs(1000, 1728, 10, 0.1, 1)
	for b.Loop() {
		start := time.Now()
		if _, _, err := Fit(context.Background(), data, Options{}, nil); err != nil {
			b.Fatal(err)
		}
		plain := time.Since(start)
		start = time.Now()
		if _, _, err := Fit(context.Background(), data, Options{Learning: true}, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(plain.Seconds()*1000, "ms-fit")
		b.ReportMetric(max(time.Since(start)-plain, 0).Seconds()*1000, "ms-curve")
	}
}
