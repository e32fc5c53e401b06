package metrics

import (
	"math"
	"reflect"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4 {
		t.Errorf("%s = %.6f, want %.6f", what, got, want)
	}
}

func TestSingleLabelByHand(t *testing.T) {
	truth := [][]int{{0}, {0}, {0}, {1}, {1}, {2}}
	scores := [][]float64{{.9, .1, 0}, {.8, .1, .1}, {.2, .6, .2}, {.1, .7, .2}, {.5, .4, .1}, {.1, .1, .8}}
	r, err := Evaluate(truth, scores, 4-1, false)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]int{{2, 1, 0}, {1, 1, 0}, {0, 0, 1}}; !reflect.DeepEqual(r.Confusion, want) {
		t.Errorf("confusion %v, want %v", r.Confusion, want)
	}
	near(t, "accuracy", r.Accuracy, 4.0/6)
	near(t, "precision of 0", r.Classes[0].Precision, 2.0/3)
	near(t, "recall of 1", r.Classes[1].Recall, 0.5)
	near(t, "F1 of 2", r.Classes[2].F1, 1)
	near(t, "macro F1", r.Macro.F1, (2.0/3+0.5+1)/3)
	near(t, "micro F1", r.Micro.F1, 4.0/6)
	near(t, "curve precision at 0.7", r.Curve[70].Precision, 1)
	near(t, "curve coverage at 0.7", r.Curve[70].Coverage, 4.0/6)
	near(t, "curve recall at 0", r.Curve[0].Recall, 4.0/6)
	// bins .9: |1-.9|, .8: |2-1.6|, .6: |0-.6|, .7: |1-.7|, .5: |0-.5|
	if b := r.Bins[0]; len(r.Bins) != 5 || b.Low != 0.5 || b.Images != 1 || b.Right != 0 {
		t.Errorf("bins %+v", r.Bins)
	}
	near(t, "ECE", r.ECE, (.1+.4+.6+.3+.5)/6)
}

func TestMultiLabelByHand(t *testing.T) {
	truth := [][]int{{0, 1}, {1}, {}, {0}}
	scores := [][]float64{{.9, .6, .1}, {.7, .8, .1}, {.1, .2, .4}, {.3, .1, .1}}
	r, err := Evaluate(truth, scores, 3, true)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "exact match", r.Accuracy, 0.5)
	if c := r.Classes[0]; c.TP != 1 || c.FP != 1 || c.FN != 1 || c.Support != 2 {
		t.Errorf("class 0: %+v", c)
	}
	near(t, "macro F1 over the two classes that occur", r.Macro.F1, (0.5+1)/2)
	near(t, "micro F1", r.Micro.F1, 6.0/8)
	if r.Confusion != nil {
		t.Error("a multi-label report has no confusion matrix")
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{0, 0, 0, 1}, {0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {81, 100, 0.722219, 0.874854}} {
		got := Wilson(c.hits, c.n)
		near(t, "low", got.Low, c.low)
		near(t, "high", got.High, c.high)
	}
}

func TestWrongInputIsRefused(t *testing.T) {
	good := [][]float64{{.5, .5}}
	for name, c := range map[string]struct {
		truth  [][]int
		scores [][]float64
		multi  bool
	}{
		"rows":      {[][]int{{0}, {1}}, good, false},
		"no label":  {[][]int{{}}, good, false},
		"class":     {[][]int{{2}}, good, false},
		"twice":     {[][]int{{1, 1}}, good, true},
		"NaN":       {[][]int{{1}}, [][]float64{{math.NaN(), 1}}, false},
		"score row": {[][]int{{1}}, [][]float64{{1}}, false},
	} {
		if _, err := Evaluate(c.truth, c.scores, 2, c.multi); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if r, err := Evaluate(nil, nil, 2, false); err != nil || r.Images != 0 || math.IsNaN(r.Accuracy+r.ECE) {
		t.Errorf("no images: %+v, %v", r, err)
	}
}

// TestPaired compares with the interval as worked out by hand, and by what any interval has to hold.
func TestPaired(t *testing.T) {
	if got := Paired(10, 2, 100); math.Abs(got.Low-0.01084) > 1e-4 || math.Abs(got.High-0.14602) > 1e-4 {
		t.Errorf("10 gained and 2 lost of 100: %v", got)
	}
	if got := Paired(0, 0, 50); got.Low >= 0 || got.High <= 0 || got.Low != -got.High {
		t.Errorf("no difference: %v", got)
	}
	for _, n := range []int{1, 5, 40} {
		up, down := Paired(n, 0, n), Paired(0, n, n)
		if up.High > 1 || up.Low != -down.High || up.High != -down.Low || down.Low < -1 {
			t.Errorf("all of %d: %v and %v", n, up, down)
		}
	}
}
