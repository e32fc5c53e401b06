package train

import (
	"context"
	"errors"
	"fmt"
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
	fold, count := data.folds(Options{Folds: 5})
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

// TestRowsAndColumnsAgree: the regression by inner products of rows and the one by columns are the same regression.
func TestRowsAndColumnsAgree(t *testing.T) {
	data := blobs(30, 30, 3, 1, 9)
	s := standardise(&data)
	rows := &matrix{data.N, data.D, s.rows}
	byRows := newSmoother(rows)
	byColumns := &smoother{rows: rows, columns: transpose(rows)}
	byColumns.outer = gram(byColumns.columns)
	learn := []int{0, 1, 2, 5, 6, 7, 9, 12, 13, 20, 21, 22, 29}
	never := func() bool { return false }
	one, oneWeights, _ := byRows.fit(learn, data.targets(), 0.3, true, never)
	other, otherWeights, _ := byColumns.fit(learn, data.targets(), 0.3, true, never)
	for i := range one.data {
		if math.Abs(one.data[i]-other.data[i]) > 1e-9 {
			t.Fatalf("output %d: %g by rows, %g by columns", i, one.data[i], other.data[i])
		}
	}
	for i := range oneWeights.data {
		if math.Abs(oneWeights.data[i]-otherWeights.data[i]) > 1e-9 {
			t.Fatalf("weight %d: %g by rows, %g by columns", i, oneWeights.data[i], otherWeights.data[i])
		}
	}
}

// direct computes the logit of each class at z by the textbook formula, with the covariance formed.
func direct(rows *matrix, groups [][]int, lambda float64, z []float64) []float64 {
	d, total := rows.cols, 0
	means := newMatrix(len(groups), d)
	covariance := newMatrix(d, d)
	for a, members := range groups {
		total += len(members)
		for _, i := range members {
			axpy(means.row(a), 1/float64(len(members)), rows.row(i))
		}
	}
	for a, members := range groups {
		for _, i := range members {
			for j := range d {
				for k := range d {
					covariance.data[j*d+k] += (rows.row(i)[j] - means.row(a)[j]) * (rows.row(i)[k] - means.row(a)[k]) / float64(total)
				}
			}
		}
	}
	for j := range d {
		covariance.data[j*d+j] += lambda
	}
	cholesky(covariance, func() bool { return false })
	out := make([]float64, len(groups))
	for a := range groups {
		w := newMatrix(1, d)
		copy(w.data, means.row(a))
		covariance.solve(w)
		out[a] = dot(w.data, z) - dot(w.data, means.row(a))/2
	}
	return out
}

func TestDiscriminantIsTheTextbooks(t *testing.T) {
	never := func() bool { return false }
	for _, size := range []struct{ n, d int }{{24, 40}, {40, 9}} {
		data := blobs(size.n, size.d, 3, 1, 4)
		rows := &matrix{data.N, data.D, standardise(&data).rows}
		smooth := newSmoother(rows)
		const lambda = 0.01
		var learn []int
		groups := make([][]int, 3)
		for i := 4; i < data.N; i++ {
			learn = append(learn, i)
			groups[i%3] = append(groups[i%3], i)
		}
		fitted, _, _ := smooth.fit(learn, data.targets(), lambda*float64(len(learn)), false, never)
		l := data.linear(learn, fitted)
		for i := range 4 {
			want, got := direct(rows, groups, lambda, rows.row(i)), l.apply(fitted.row(i))
			for c := range want {
				if math.Abs(want[c]-got[c]) > 1e-8*(1+math.Abs(want[c])) {
					t.Fatalf("%v, image %d, class %d: %g, want %g", size, i, c, got[c], want[c])
				}
			}
		}
		data.Multi = true
		fitted, _, _ = smooth.fit(learn, data.targets(), lambda*float64(len(learn)), false, never)
		l = data.linear(learn, fitted)
		for i := range 4 {
			got := l.apply(fitted.row(i))
			for c := range 3 {
				rest := append(append([]int(nil), groups[(c+1)%3]...), groups[(c+2)%3]...)
				two := direct(rows, [][]int{groups[c], rest}, lambda, rows.row(i))
				if want := two[0] - two[1]; math.Abs(want-got[c]) > 1e-8*(1+math.Abs(want)) {
					t.Fatalf("multi-label %v, image %d, class %d: %g, want %g", size, i, c, got[c], want)
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

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{100, 600, 1000, 2000} {
		b.Run(fmt.Sprintf("%dx1280x10", n), func(b *testing.B) {
			data := blobs(n, 1280, 10, 0.1, 1)
			for b.Loop() {
				if _, _, err := Fit(context.Background(), data, Options{}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
