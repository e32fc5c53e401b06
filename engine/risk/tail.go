package risk

import "math"

// tail gives P(X <= k) of X wrong ones among n that are drawn from a pile of total, wrong of which are wrong, without replacement. It is 0
// when the pile cannot have so many.
func tail(k, total, wrong, n int) float64 {
	least, most := max(0, n-(total-wrong)), min(n, wrong)
	if wrong > total || k < least {
		return 0
	}
	if k >= most {
		return 1
	}
	// From the last term down: below the mode they only shrink, above it the sum is near one anyway.
	term := math.Exp(choose(wrong, k) + choose(total-wrong, n-k) - choose(total, n))
	sum := 0.0
	for x := k; ; x-- {
		sum += term
		if x == least || term < sum*1e-17 && x < mode(total, wrong, n) {
			return min(sum, 1)
		}
		term *= float64(x) * float64(total-wrong-n+x) / (float64(wrong-x+1) * float64(n-x+1))
	}
}

// mode is about the most probable number.
func mode(total, wrong, n int) int { return int(float64(n) * float64(wrong) / float64(total)) }

// choose is the logarithm of n over k.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// binomialTail gives P(X <= k) of n independent trials that each go wrong with probability p.
func binomialTail(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	sum := 0.0
	for x := range k + 1 {
		sum += math.Exp(choose(n, x) + float64(x)*math.Log(p) + float64(n-x)*math.Log1p(-p))
	}
	return min(sum, 1)
}

// Interval is the two-sided interval of a share, of which wrong out of n were seen, at a confidence such as 0.95 (Clopper and Pearson
// 1934: it covers the true share at least so often). With n = 0 nothing is known: 0 to 1.
func Interval(wrong, n int, confidence float64) (low, high float64) {
	half := (1 - confidence) / 2
	low, high = 0, 1
	if n == 0 {
		return low, high
	}
	if wrong > 0 {
		low = solve(func(p float64) bool { return 1-binomialTail(wrong-1, n, p) <= half })
	}
	if wrong < n {
		high = solve(func(p float64) bool { return binomialTail(wrong, n, p) > half })
	}
	return low, high
}

// solve finds where below, which holds at 0 and from some p on does not, ends.
func solve(below func(p float64) bool) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// Needed is how many held-out answers without an error prove a budget at a confidence: ln(1-confidence) / ln(1-budget), rounded up.
func Needed(budget, confidence float64) int {
	return int(math.Ceil(math.Log1p(-confidence) / math.Log1p(-budget)))
}
