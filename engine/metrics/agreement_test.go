package metrics

import (
	"math"
	"testing"
)

// The examples are worked out in the literature that the functions cite, or by hand.

func TestCohen(t *testing.T) {
	var a, b []int
	add := func(x, y, n int) {
		for range n {
			a, b = append(a, x), append(b, y)
		}
	}
	// 50 applications for a grant, judged by two readers: 20 both yes, 5 and 10 only one, 15 both no. po = 0.7, pe = 0.5.
	add(1, 1, 20)
	add(1, 0, 5)
	add(0, 1, 10)
	add(0, 0, 15)
	if kappa, ok := Cohen(a, b); !ok || math.Abs(kappa-0.4) > 1e-12 {
		t.Errorf("kappa %v, %v", kappa, ok)
	}
	if kappa, ok := Cohen([]int{0, 1, 2}, []int{0, 1, 2}); !ok || kappa != 1 {
		t.Errorf("of the same answers %v, %v", kappa, ok)
	}
	if kappa, ok := Cohen([]int{0, 1}, []int{1, 0}); !ok || kappa != -1 {
		t.Errorf("of opposite answers %v, %v", kappa, ok)
	}
	for _, none := range [][2][]int{{nil, nil}, {{1, 1}, {1, 1}}, {{1}, {1, 2}}} {
		if _, ok := Cohen(none[0], none[1]); ok {
			t.Errorf("%v is defined", none)
		}
	}
}

func TestFleiss(t *testing.T) {
	// Ten subjects, fourteen raters, five categories: P = 0.378, Pe = 0.213, kappa = 0.210.
	counts := [][]int{
		{0, 0, 0, 0, 14},
		{0, 2, 6, 4, 2},
		{0, 0, 3, 5, 6},
		{0, 3, 9, 2, 0},
		{2, 2, 8, 1, 1},
		{7, 7, 0, 0, 0},
		{3, 2, 6, 3, 0},
		{2, 5, 3, 2, 2},
		{6, 5, 2, 1, 0},
		{0, 2, 2, 3, 7},
	}
	if kappa, ok := Fleiss(counts); !ok || math.Abs(kappa-0.20993) > 5e-6 {
		t.Errorf("kappa %v, %v", kappa, ok)
	}
	if p := Pairs(counts[1]); math.Abs(p-0.253) > 5e-4 {
		t.Errorf("the second subject: %v", p)
	}
	for _, none := range [][][]int{nil, {{1, 0}}, {{2, 0}, {2, 1}}, {{3, 0}, {3, 0}}} {
		if _, ok := Fleiss(none); ok {
			t.Errorf("%v is defined", none)
		}
	}
}

func TestKrippendorff(t *testing.T) {
	// Four observers, twelve units, five values, some missing (Krippendorff 2011, section C): alpha = 0.743.
	observers := [][]int{
		{1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
		{1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3},
		{0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0},
		{1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0},
	}
	counts := make([][]int, 12)
	for unit := range counts {
		counts[unit] = make([]int, 5)
		for _, o := range observers {
			if v := o[unit]; v > 0 {
				counts[unit][v-1]++
			}
		}
	}
	if alpha, ok := Krippendorff(counts); !ok || math.Abs(alpha-0.743) > 5e-4 {
		t.Errorf("alpha %v, %v", alpha, ok)
	}
	// Two observers, ten units of yes and no (section A): alpha = 0.095.
	one, other := []int{0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, []int{1, 1, 1, 0, 0, 1, 0, 0, 0, 0}
	counts = make([][]int, 10)
	for i := range counts {
		counts[i] = make([]int, 2)
		counts[i][one[i]]++
		counts[i][other[i]]++
	}
	if alpha, ok := Krippendorff(counts); !ok || math.Abs(alpha-0.095) > 5e-4 {
		t.Errorf("alpha %v, %v", alpha, ok)
	}
	if _, ok := Krippendorff([][]int{{1, 0}, {0, 1}}); ok {
		t.Error("without pairs it is defined")
	}
}
