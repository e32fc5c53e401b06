package detect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestExpAndLog compares with package math, whose last bits may be others.
func TestExpAndLog(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 100_000 {
		x := r.Float64()*60 - 30
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 4e-16*want {
			t.Fatalf("exp(%g) is %g, not %g", x, got, want)
		}
		y := math.Exp(x)
		if got, want := log(y), math.Log(y); math.Abs(got-want) > 4e-16*max(math.Abs(want), 1) {
			t.Fatalf("log(%g) is %g, not %g", y, got, want)
		}
	}
	for _, x := range []float64{-1000, -708, 0, 1, 708, 1000, math.Inf(1), math.Inf(-1)} {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-15*want && math.Abs(got-want) > 1e-300 {
			t.Errorf("exp(%g) is %g, not %g", x, got, want)
		}
	}
	if v := exp(math.NaN()); v == v {
		t.Errorf("exp of NaN is %g", v)
	}
}
