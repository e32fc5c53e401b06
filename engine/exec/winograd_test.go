package exec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/simd"
)

// winograds are convolutions that Winograd's filtering can do: maps of every remainder by a patch, borders of all kinds, and channels
// that fill no vector.
func winograds() []convCase {
	three := func(c, h, w, m, top, left, bottom, right int) convCase {
		return convCase{c: c, h: h, w: w, m: m, kh: 3, kw: 3, sh: 1, sw: 1, dh: 1, dw: 1, top: top, left: left, bottom: bottom, right: right, group: 1}
	}
	cases := []convCase{
		three(16, 3, 3, 16, 0, 0, 0, 0), three(16, 1, 1, 16, 1, 1, 1, 1), three(17, 2, 9, 33, 1, 1, 1, 1), three(40, 14, 14, 24, 1, 1, 1, 1),
		three(19, 13, 4, 16, 2, 0, 1, 2), three(32, 7, 7, 65, 1, 1, 1, 1), three(16, 5, 22, 18, 0, 2, 2, 0), three(64, 10, 10, 64, 1, 1, 1, 1),
		three(16, 4, 4, 16, 5, 4, 6, 3), // patches that lie wholly outside
	}
	r := rand.New(rand.NewPCG(8, 9))
	for range 12 {
		c := three(16+r.IntN(9), 3+r.IntN(12), 3+r.IntN(12), 16+r.IntN(20), r.IntN(3), r.IntN(3), r.IntN(3), r.IntN(3))
		c.relu, c.residual, c.noBias = r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(3) == 0
		cases = append(cases, c)
	}
	return cases
}

func TestWinograd(t *testing.T) {
	for i, c := range winograds() {
		s, depth := c.build(t, uint64(i))
		input := s.input()
		want := portable(t, s, input, 2*within(depth))
		for _, w := range generators(t) {
			if w.config.Native {
				continue
			}
			for _, w.config.Patch = range []int{2, 4} {
				// Errors are amplified, but they are independent of each other and add up as their squares do.
				tolerance := 2 * within(depth) * math.Sqrt(simd.Amplification(w.config.Patch))
				if left := differ(t, s.net, w, input, want, tolerance); left != 0 {
					t.Errorf("%d steps were left to Go", left)
				}
				if t.Failed() {
					t.Fatalf("%+v, patches of %d", c, w.config.Patch)
				}
			}
		}
	}
}

// TestWinogradIsChosen: a layer of ResNet-18 is done by Winograd's filtering, unless it is asked for plain sums.
func TestWinogradIsChosen(t *testing.T) {
	c := convCase{c: 64, h: 28, w: 28, m: 64, kh: 3, kw: 3, sh: 1, sw: 1, dh: 1, dw: 1, top: 1, left: 1, bottom: 1, right: 1, group: 1}
	s, _ := c.build(t, 1)
	calls := func(cfg simd.Config) int {
		p, err := simd.Compile(s.net, cfg)
		must(t, err)
		return len(p.Tasks)
	}
	direct := simd.Plain
	direct.Direct = true
	if chosen, plain := calls(simd.Plain), calls(direct); chosen == plain {
		t.Errorf("%d calls both ways", plain)
	}
}
