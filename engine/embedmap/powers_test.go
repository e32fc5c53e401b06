package embedmap

import (
	"math"
	"testing"
)

func TestTableOfPowersIsClose(t *testing.T) {
	p := newPowers()
	for d := float32(1e-11); d < 9e4; d *= 1.0173 {
		want := math.Pow(float64(d), curveB-1)
		if got := float64(p.of(d)); math.Abs(got-want) > 2e-4*want {
			t.Fatalf("%g^(b-1) is %g, not %g", d, got, want)
		}
	}
	if v := p.of(1e-30); !(v > 0) || math.IsInf(float64(v), 0) {
		t.Errorf("of almost nothing: %g", v)
	}
	if v := p.of(1e30); !(v > 0) {
		t.Errorf("of very much: %g", v)
	}
}

// TestCurveFits says that no other curve of the family is nearer to the wanted one.
func TestCurveFits(t *testing.T) {
	miss := func(a, b float64) float64 {
		sum := 0.0
		for i := range 300 {
			x := float64(i) * 3 / 299
			want := 1.0
			if x >= 0.1 {
				want = math.Exp(-(x - 0.1))
			}
			d := 1/(1+a*math.Pow(x, 2*b)) - want
			sum += d * d
		}
		return sum
	}
	best := miss(curveA, curveB)
	for _, d := range [][2]float64{{0.01, 0}, {-0.01, 0}, {0, 0.01}, {0, -0.01}, {0.01, 0.01}, {-0.01, -0.01}, {0.01, -0.01}, {-0.01, 0.01}} {
		if v := miss(curveA+d[0], curveB+d[1]); v < best {
			t.Errorf("a %g, b %g misses by %g, less than %g", curveA+d[0], curveB+d[1], v, best)
		}
	}
}

func TestWeightsSumToTheLogarithm(t *testing.T) {
	distance := []float32{0, 0.5, 0.7, 0.9, 1.4, 1.5, 2}
	nearest, scale := closeness(distance)
	sum := 0.0
	for _, d := range distance {
		sum += math.Exp(-max(float64(d)-nearest, 0) / scale)
	}
	if nearest != 0.5 || math.Abs(sum-3) > 1e-4 {
		t.Errorf("nearest %g, weights sum to %g, not 3", nearest, sum)
	}
}
