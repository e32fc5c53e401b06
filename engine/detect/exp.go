package detect

import "math"

// exp is e^x to the last bits, by the same operations on every processor: package math has assembly of its own for some of them, with other last
// bits, and a training would go another way in a browser than on a server. x is n ln 2 + r with |r| at most ln 2 / 2, and e^r its Taylor
// series, whose fourteenth term is below half a unit in the last place.
func exp(x float64) float64 {
	const high, low = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // ln 2, its first 33 bits and the rest
	switch {
	case x != x:
		return x
	case x > 709:
		return math.Exp(x) // the end of the numbers
	case x < -708:
		return 0
	}
	n := math.RoundToEven(x / math.Ln2)
	r := float64(x-float64(n*high)) - float64(n*low)
	sum := 1.0
	for k := 13.0; k > 0; k-- {
		sum = 1 + float64(float64(r/k)*sum)
	}
	return sum * math.Float64frombits(uint64(int64(n)+1023)<<52)
}

// log is the natural logarithm of a normal positive x, as exp is made: 2 artanh((m-1)/(m+1)) of the mantissa by its series.
func log(x float64) float64 {
	m, n := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, n = 2*m, n-1
	}
	s := (m - 1) / (m + 1)
	square, sum := float64(s*s), 0.0
	for k := 21.0; k > 0; k -= 2 {
		sum = 1/k + float64(square*sum)
	}
	return float64(float64(n)*math.Ln2) + float64(2*s*sum)
}
