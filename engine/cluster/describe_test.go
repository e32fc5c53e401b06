package cluster

import (
	"context"
	"math"
	"testing"
)

func TestClearTellsHowFarAGroupStandsApart(t *testing.T) {
	// two pairs far apart on a line, and a point of its own
	p := Points{X: []float32{0, 0.2, 10, 10.2, 100}, N: 5, D: 1}
	r, err := Run(context.Background(), p, Options{K: 3, Raw: true, Dims: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Clusters {
		want := 0.0
		if all := append(append([]int{}, c.Members...), c.Outliers...); len(all) == 2 {
			for _, i := range all { // 0.1 to the own middle, and to the other pair's
				other := 10.1
				if i > 1 {
					other = 0.1
				}
				want += (1 - 0.1/math.Abs(float64(p.X[i])-other)) / 2
			}
		}
		if math.Abs(c.Clear-want) > 1e-6 {
			t.Errorf("%v stands apart by %.4f, not %.4f", c.Members, c.Clear, want)
		}
	}
	if one := describe(p, make([]int, 5)); one[0].Clear != 0 {
		t.Errorf("a single group stands apart by %.3f", one[0].Clear)
	}
}
