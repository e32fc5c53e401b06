package risk

import (
	"math"
	"math/bits"
	"testing"
)

// TestTail compares the tail of the hypergeometric law with counting all draws.
func TestTail(t *testing.T) {
	for total := 1; total <= 11; total++ {
		for wrong := 0; wrong <= total+1; wrong++ {
			for n := 0; n <= total; n++ {
				var counts [13]int
				all := 0
				for draw := range 1 << total {
					if bits.OnesCount(uint(draw)) == n {
						counts[bits.OnesCount(uint(draw)&(1<<min(wrong, total)-1))]++
						all++
					}
				}
				sum := 0
				for k := 0; k <= n; k++ {
					sum += counts[k]
					want := float64(sum) / float64(all)
					if wrong > total {
						want = 0 // there is no such pile
					}
					if got := tail(k, total, wrong, n); math.Abs(got-want) > 1e-12 {
						t.Fatalf("%d of %d wrong, %d drawn, at most %d: %v instead of %v", wrong, total, n, k, got, want)
					}
				}
			}
		}
	}
	// The limit for a pile without end is the binomial law.
	for k := range 8 {
		if got, want := tail(k, 30_000_000, 300_000, 300), binomialTail(k, 300, 0.01); math.Abs(got-want) > 1e-4 {
			t.Errorf("at most %d of 300: %v and %v", k, got, want)
		}
	}
}

// TestCriticalIsMonotone: what fewer wrong ones show is shown by more of them only if all numbers in between show it too.
func TestCriticalIsMonotone(t *testing.T) {
	for total := 5; total <= 80; total += 5 {
		for held := 1; held < total; held += 2 {
			for _, budget := range []float64{0.05, 0.2} {
				c := chain{budget: budget, level: 0.05}
				allowed, last := c.allowed(total-held), 0.0
				for k := 0; k <= held && allowed+k+1 <= total; k++ {
					p := tail(k, total, allowed+k+1, held)
					if p < last-1e-12 {
						t.Fatalf("%d held out of %d, budget %v: %v at %d after %v", held, total, budget, p, k, last)
					}
					last = p
				}
			}
		}
	}
}
