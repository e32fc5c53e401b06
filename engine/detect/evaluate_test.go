package detect

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %.12f, want %.12f", what, got, want)
	}
}

// seen gives an object of class 0.
func seen(score, x0, y0, x1, y1 float64) Object { return Object{Box{x0, y0, x1, y1}, 0, score} }

func TestAveragePrecisionByHand(t *testing.T) {
	a, b := seen(0, 0, 0, 10, 10), seen(0, 100, 0, 110, 10)
	far := seen(0.95, 300, 300, 310, 310)
	tests := []struct {
		name         string
		truth, found [][]Object
		ap50, ap     float64
		threshold    float64
		tp, fp, fn   int
		curve        []Point
	}{
		{
			"all found exactly",
			[][]Object{{a, b}},
			[][]Object{{seen(0.9, 0, 0, 10, 10), seen(0.8, 100, 0, 110, 10)}},
			1, 1, 0.8, 2, 0, 0,
			[]Point{{0.9, 1, 0.5}, {0.8, 1, 1}},
		},
		{"nothing found", [][]Object{{a, b}}, [][]Object{{}}, 0, 0, 0, 0, 0, 2, nil},
		{ // recalls 0 to 0.5, 51 of 101, have precision 1; the others none
			"one of two",
			[][]Object{{a, b}},
			[][]Object{{seen(0.9, 0, 0, 10, 10)}},
			51.0 / 101, 51.0 / 101, 0.9, 1, 0, 1,
			[]Point{{0.9, 1, 0.5}},
		},
		{ // an IoU of 8/10 counts up to the threshold 0.8: 7 of 10
			"not exactly",
			[][]Object{{a}},
			[][]Object{{seen(0.9, 0, 0, 10, 8)}},
			1, 0.7, 0.9, 1, 0, 0,
			[]Point{{0.9, 1, 1}},
		},
		{ // precision 1/2 at recall 1/2, 2/3 at recall 1: the better one counts at both
			"a wrong one first",
			[][]Object{{a, b}},
			[][]Object{{far, seen(0.9, 0, 0, 10, 10), seen(0.8, 100, 0, 110, 10)}},
			2.0 / 3, 2.0 / 3, 0.8, 2, 1, 0,
			[]Point{{0.95, 0, 0}, {0.9, 0.5, 0.5}, {0.8, 2.0 / 3, 1}},
		},
		{ // the second of a pair on one object is wrong, though it lies better
			"found twice",
			[][]Object{{a}},
			[][]Object{{seen(0.9, 0, 0, 10, 9), seen(0.8, 0, 0, 10, 10)}},
			1, 0.9 + 0.1/2, 0.85, 1, 0, 0,
			[]Point{{0.9, 1, 1}},
		},
		{ // the same over two images: what is surer comes first, whatever the image
			"two images",
			[][]Object{{a}, {b}},
			[][]Object{{seen(0.8, 0, 0, 10, 10)}, {far, seen(0.5, 100, 0, 110, 10)}},
			2.0 / 3, 2.0 / 3, 0.5, 2, 1, 0,
			[]Point{{0.95, 0, 0}, {0.8, 0.5, 0.5}, {0.5, 2.0 / 3, 1}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Evaluate(test.truth, test.found, 1)
			if err != nil {
				t.Fatal(err)
			}
			c := r.Classes[0]
			near(t, "AP50", r.MAP50, test.ap50)
			near(t, "AP", r.MAP, test.ap)
			near(t, "the threshold", r.Threshold, test.threshold)
			if c.TP != test.tp || c.FP != test.fp || c.FN != test.fn {
				t.Errorf("%d right, %d wrong, %d missed; want %d, %d, %d", c.TP, c.FP, c.FN, test.tp, test.fp, test.fn)
			}
			if len(c.Curve) != len(test.curve) {
				t.Fatalf("the curve is %v, want %v", c.Curve, test.curve)
			}
			for i, p := range c.Curve {
				near(t, "precision", p.Precision, test.curve[i].Precision)
				near(t, "recall", p.Recall, test.curve[i].Recall)
				near(t, "threshold", p.Threshold, test.curve[i].Threshold)
			}
		})
	}
}

// TestEvaluateAsPycocotools compares with numbers of pycocotools; testdata/reference.py tells how they were made.
func TestEvaluateAsPycocotools(t *testing.T) {
	data, err := os.ReadFile("testdata/coco.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Classes      int
		Truth, Found [][][]float64
		AP, AP50     float64
		ByClass      []struct{ AP, AP50 float64 } `json:"by_class"`
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	objects := func(rows [][][]float64) (out [][]Object) {
		for _, image := range rows {
			var list []Object
			for _, o := range image {
				object := Object{Box: Box{o[1], o[2], o[1] + o[3], o[2] + o[4]}, Class: int(o[0])}
				if len(o) > 5 {
					object.Score = o[5]
				}
				list = append(list, object)
			}
			out = append(out, list)
		}
		return out
	}
	r, err := Evaluate(objects(ref.Truth), objects(ref.Found), ref.Classes)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mAP", r.MAP, ref.AP)
	near(t, "mAP50", r.MAP50, ref.AP50)
	if len(ref.ByClass) != 3 || r.Classes[3].Support != 0 {
		t.Fatalf("%d classes in the reference, %d boxes of the last", len(ref.ByClass), r.Classes[3].Support)
	}
	for c, want := range ref.ByClass {
		near(t, "AP", r.Classes[c].AP, want.AP)
		near(t, "AP50", r.Classes[c].AP50, want.AP50)
	}
}

func TestMeansLeaveOutAbsentClasses(t *testing.T) {
	r, err := Evaluate([][]Object{{seen(0, 0, 0, 10, 10)}}, [][]Object{{seen(0.9, 0, 0, 10, 10), {Box{0, 0, 5, 5}, 1, 0.7}}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r.MAP50 != 1 || r.F1 != 1 || r.Boxes != 1 || r.Images != 1 {
		t.Errorf("mAP50 %v, F1 %v, %d boxes, %d images; want 1, 1, 1, 1", r.MAP50, r.F1, r.Boxes, r.Images)
	}
	near(t, "the threshold", r.Threshold, 0.8)
	r.At(0.95)
	if c := r.Classes[0]; c.TP != 0 || c.FP != 0 || c.FN != 1 || r.F1 != 0 || r.MAP50 != 1 || r.Threshold != 0.95 {
		t.Errorf("at 0.95: %+v", r)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	good := [][]Object{{seen(0.5, 0, 0, 1, 1)}}
	for name, f := range map[string]func() error{
		"other images": func() error { _, err := Evaluate(good, nil, 1); return err },
		"a class":      func() error { _, err := Evaluate(good, [][]Object{{{Class: 1}}}, 1); return err },
		"no number":    func() error { _, err := Evaluate(good, [][]Object{{seen(math.NaN(), 0, 0, 1, 1)}}, 1); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestIoU(t *testing.T) {
	for _, test := range []struct {
		a, b Box
		want float64
	}{
		{Box{0, 0, 2, 2}, Box{0, 0, 2, 2}, 1},
		{Box{0, 0, 2, 2}, Box{1, 1, 3, 3}, 1.0 / 7},
		{Box{0, 0, 2, 2}, Box{2, 0, 4, 2}, 0},
		{Box{0, 0, 4, 4}, Box{1, 1, 3, 3}, 0.25},
		{Box{1, 1, 1, 1}, Box{1, 1, 1, 1}, 0},
	} {
		near(t, "IoU", IoU(test.a, test.b), test.want)
		near(t, "IoU the other way round", IoU(test.b, test.a), test.want)
	}
}

func TestSuppress(t *testing.T) {
	other := Object{Box{0, 0, 10, 10}, 1, 0.3}
	in := []Object{seen(0.5, 0, 0, 10, 8), seen(0.9, 0, 0, 10, 10), seen(0.4, 0, 0, 10, 4), other}
	got := Suppress(in, 0.5, 0)
	if len(got) != 3 || got[0].Score != 0.9 || got[1].Score != 0.4 || got[2] != other {
		t.Errorf("kept %v", got)
	}
	if got := Suppress(in, 0.5, 1); len(got) != 1 || got[0].Score != 0.9 {
		t.Errorf("kept %v of at most one", got)
	}
	if in[0].Score != 0.5 {
		t.Error("what was given is in another order")
	}
}
