package tune

import (
	"math"
	"math/rand/v2"
)

// beta draws from the Beta distribution with both parameters a, and gives the larger of the draw and its complement: which of two
// images is called the first does not matter.
func beta(rng *rand.Rand, a float64) float64 {
	x, y := gamma(rng, a), gamma(rng, a)
	if x+y == 0 {
		return 1
	}
	return max(x, y) / (x + y)
}

// gamma draws from the Gamma distribution of shape a by Marsaglia and Tsang 2000 (A Simple Method for Generating Gamma Variables).
func gamma(rng *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(rng, a+1) * math.Pow(rng.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		z := rng.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
