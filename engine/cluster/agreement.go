package cluster

import (
	"fmt"
	"math"
)

// contingency counts pairs of labels.
type contingency struct {
	n    float64
	both map[[2]int]float64
	a, b map[int]float64
}

func count(a, b []int) (*contingency, error) {
	if len(a) != len(b) || len(a) == 0 {
		return nil, fmt.Errorf("%d and %d labels cannot be compared", len(a), len(b))
	}
	c := &contingency{n: float64(len(a)), both: map[[2]int]float64{}, a: map[int]float64{}, b: map[int]float64{}}
	for i := range a {
		c.both[[2]int{a[i], b[i]}]++
		c.a[a[i]]++
		c.b[b[i]]++
	}
	return c, nil
}

// AdjustedRand compares two assignments of the same points (Hubert and Arabie 1985): 1 for the same groups whatever their
// names, about 0 for chance.
func AdjustedRand(a, b []int) (float64, error) {
	c, err := count(a, b)
	if err != nil {
		return 0, err
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	both, ofA, ofB := 0.0, 0.0, 0.0
	for _, n := range c.both {
		both += pairs(n)
	}
	for _, n := range c.a {
		ofA += pairs(n)
	}
	for _, n := range c.b {
		ofB += pairs(n)
	}
	all := pairs(c.n)
	if all == 0 {
		return 1, nil
	}
	expected, most := ofA*ofB/all, (ofA+ofB)/2
	if most == expected { // both are one cluster, or all clusters of one
		return 1, nil
	}
	return (both - expected) / (most - expected), nil
}

// MutualInformation compares two assignments of the same points by their mutual information over the mean of their
// entropies (NMI, arithmetic): 0 for independent ones, 1 for the same groups.
func MutualInformation(a, b []int) (float64, error) {
	c, err := count(a, b)
	if err != nil {
		return 0, err
	}
	entropy := func(of map[int]float64) float64 {
		h := 0.0
		for _, n := range of {
			h -= n / c.n * math.Log(n/c.n)
		}
		return h
	}
	ha, hb := entropy(c.a), entropy(c.b)
	if ha == 0 && hb == 0 {
		return 1, nil
	}
	shared := 0.0
	for pair, n := range c.both {
		shared += n / c.n * math.Log(n*c.n/(c.a[pair[0]]*c.b[pair[1]]))
	}
	return min(max(shared/((ha+hb)/2), 0), 1), nil
}
