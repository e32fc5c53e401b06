package risk_test

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/risk"
)

// world makes answers by a law: how sure an answer of a class is, and how probably it is wrong then.
type world struct {
	name    string
	classes int
	draw    func(rng *rand.Rand) (a risk.Answer, wrong bool)
}

var worlds = []world{
	{"calibrated", 10, func(rng *rand.Rand) (risk.Answer, bool) {
		x := rng.Float64()
		return risk.Answer{Class: rng.Intn(10), Confidence: 1 - x*x*x}, rng.Float64() < x*x*x
	}},
	// Says 99 % and more where 94 to 99 % are right, and lies about one class altogether.
	{"too sure of itself", 10, func(rng *rand.Rand) (risk.Answer, bool) {
		x, c := rng.Float64(), rng.Intn(10)
		wrong := 0.01 + 0.05*x
		if c == 3 {
			wrong = 0.3
		}
		return risk.Answer{Class: c, Confidence: 1 - 0.01*x}, rng.Float64() < wrong
	}},
	{"sure at random", 2, func(rng *rand.Rand) (risk.Answer, bool) {
		return risk.Answer{Class: rng.Intn(2), Confidence: rng.Float64()}, rng.Float64() < 0.03
	}},
	{"surest where it is wrong", 3, func(rng *rand.Rand) (risk.Answer, bool) {
		x := rng.Float64()
		return risk.Answer{Class: rng.Intn(3), Confidence: x}, rng.Float64() < 0.08*x
	}},
	{"of four steps", 2, func(rng *rand.Rand) (risk.Answer, bool) {
		x := float64(rng.Intn(4))
		return risk.Answer{Class: rng.Intn(2), Confidence: x / 4}, rng.Float64() < 0.06-0.02*x
	}},
	{"nearly perfect", 5, func(rng *rand.Rand) (risk.Answer, bool) {
		return risk.Answer{Class: rng.Intn(5), Confidence: rng.Float64()}, rng.Float64() < 0.004
	}},
}

// outcome counts trials of a world.
type outcome struct {
	over     int // in which more of all accepted answers was wrong than the budget has
	part     int // in which more of some part was wrong than was promised of it
	coverage float64
}

// try draws trials with n held-out answers and batches of m.
func (w world) try(t *testing.T, n, m, trials int, budget float64) (out outcome) {
	t.Helper()
	rng := rand.New(rand.NewSource(int64(n + m)))
	held, batch, wrong := make([]risk.Held, n), make([]risk.Answer, m), make([]bool, m)
	for range trials {
		for i := range held {
			held[i].Answer, held[i].Wrong = w.draw(rng)
		}
		for i := range batch {
			batch[i], wrong[i] = w.draw(rng)
		}
		choice, err := risk.Choose(held, batch, risk.Options{Budget: budget, Confidence: 0.95, Classes: w.classes})
		if err != nil {
			t.Fatal(err)
		}
		if judge(t, choice, batch, wrong, budget, &out) {
			out.part++
		}
		out.coverage += float64(choice.Accepted) / float64(m) / float64(trials)
	}
	return out
}

// judge compares a choice with what is wrong, and tells whether some part has more of it than was promised.
func judge(t *testing.T, choice risk.Choice, batch []risk.Answer, wrong []bool, budget float64, out *outcome) (worse bool) {
	t.Helper()
	all, allBad := 0, 0
	for _, p := range choice.Parts {
		accepted, bad := 0, 0
		for i, a := range batch {
			for _, c := range p.Classes {
				if a.Class == c && a.Confidence >= p.Threshold {
					accepted++
					if wrong[i] {
						bad++
					}
				}
			}
		}
		if accepted != p.Accepted || float64(p.Wrong) > budget*float64(p.Accepted)+1e-9 {
			t.Fatalf("part %+v accepts %d", p, accepted)
		}
		worse = worse || bad > p.Wrong
		all, allBad = all+accepted, allBad+bad
	}
	if all != choice.Accepted {
		t.Fatalf("%d accepted instead of %d", all, choice.Accepted)
	}
	if float64(allBad) > budget*float64(all) {
		out.over++
	}
	return worse
}

// TestPromiseIsKept: over many draws the budget is overrun in one of twenty at most, however little the confidence says. With
// IRUM_QUALITY there are more of them.
func TestPromiseIsKept(t *testing.T) {
	trials, sizes, budgets := 60, [][2]int{{300, 200}, {1000, 2000}}, []float64{0.02, 0.05}
	if os.Getenv("IRUM_QUALITY") != "" {
		trials, sizes, budgets = 1000, [][2]int{{300, 200}, {1000, 3000}, {3000, 500}}, []float64{0.01, 0.02, 0.05}
	}
	mean := 0.05 * float64(trials) // of overruns, at most; three deviations more come by chance once in 700 times
	limit := int(mean + 3*math.Sqrt(0.95*mean))
	for _, w := range worlds {
		for _, size := range sizes {
			for _, budget := range budgets {
				o := w.try(t, size[0], size[1], trials, budget)
				name := fmt.Sprintf("%s, %d held out, a batch of %d, at most %v wrong", w.name, size[0], size[1], budget)
				t.Logf("%s: overrun in %d of %d, some part in %d; accepted %.2f", name, o.over, trials, o.part, o.coverage)
				if o.over > limit || o.part > limit {
					t.Errorf("%s: overrun in %d, and some part in %d, of %d", name, o.over, o.part, trials)
				}
			}
		}
	}
}

// TestPromiseExactly goes through all ways in which a small pile can be parted into held-out answers and batch: the promise is about their
// share in which too much is wrong.
func TestPromiseExactly(t *testing.T) {
	const total, held, budget, level = 12, 7, 0.4, 0.2
	rng := rand.New(rand.NewSource(5))
	worst, accepting := 0.0, 0
	for range 60 {
		rate := rng.Float64()
		var bad [total]bool
		for i := range bad {
			bad[i] = rng.Float64() < rate
		}
		ways, over := 0, 0
		for lot := range 1 << total {
			if bits.OnesCount(uint(lot)) != held {
				continue
			}
			var known []risk.Held
			var batch []risk.Answer
			var wrong []bool
			for i := range total {
				a := risk.Answer{Confidence: float64(-i)}
				if lot>>i&1 == 1 {
					known = append(known, risk.Held{Answer: a, Wrong: bad[i]})
				} else {
					batch, wrong = append(batch, a), append(wrong, bad[i])
				}
			}
			choice, err := risk.Choose(known, batch, risk.Options{Budget: budget, Confidence: 1 - level, Classes: 1})
			if err != nil {
				t.Fatal(err)
			}
			ways++
			if judge(t, choice, batch, wrong, budget, new(outcome)) {
				over++
			}
			if choice.Accepted > 0 {
				accepting++
			}
		}
		worst = max(worst, float64(over)/float64(ways))
	}
	t.Logf("overrun in %.3f of all ways at the worst; something was accepted %d times", worst, accepting)
	if worst > level || worst < level/10 || accepting == 0 {
		t.Errorf("the worst pile is overrun in %.3f of all ways, %.3f is allowed", worst, level)
	}
}

// TestParts: a class with answers enough stands for itself, so that a bad one is not hidden among good ones.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	var held []risk.Held
	var batch []risk.Answer
	for i := range 6000 {
		a := risk.Answer{Class: 0, Confidence: rng.Float64()}
		if i%6 == 0 {
			a.Class = 1
		}
		if i%60 == 1 {
			a.Class = 2
		}
		wrong := rng.Float64() < 0.005
		if a.Class == 1 {
			wrong = rng.Float64() < 0.15
		}
		if i < 3000 {
			held = append(held, risk.Held{Answer: a, Wrong: wrong})
		} else {
			batch = append(batch, a)
		}
	}
	choice, err := risk.Choose(held, batch, risk.Options{Budget: 0.05, Confidence: 0.95, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	by := choice.Thresholds(3)
	if len(choice.Parts) != 2 || by[0] > 0.01 || !math.IsInf(by[1], 1) || by[1] != by[2] {
		t.Errorf("thresholds %v of %+v", by, choice.Parts)
	}
	if rest := choice.Parts[1]; rest.More != -1 || rest.Batch+choice.Parts[0].Batch != 3000 || choice.Parts[0].More != 0 {
		t.Errorf("the bad part is %+v", rest)
	}
}

// TestNeeded: nothing is accepted where too little is known, and it is told how much is missing.
func TestNeeded(t *testing.T) {
	if n := risk.Needed(0.01, 0.95); n != 299 {
		t.Errorf("%d answers without an error prove 1 %%, not 299", n)
	}
	batch := make([]risk.Answer, 100_000)
	known := func(n, wrong int) []risk.Held {
		held := make([]risk.Held, n)
		for i := range held {
			held[i].Wrong = i < wrong
		}
		return held
	}
	o := risk.Options{Budget: 0.01, Confidence: 0.95, Classes: 1}
	for _, c := range []struct{ n, wrong, accepted, more int }{
		{280, 0, 0, 21}, {310, 0, 100_000, 0}, {300, 3, 0, -1}, {0, 0, 0, 299}, {500, 2, 0, 416},
	} {
		choice, err := risk.Choose(known(c.n, c.wrong), batch, o)
		if err != nil {
			t.Fatal(err)
		}
		if p := choice.Parts[0]; p.Accepted != c.accepted || math.Abs(float64(p.More-c.more)) > 0.05*math.Abs(float64(c.more))+2 {
			t.Errorf("%d of %d wrong: %+v, not %d accepted and %d more needed", c.wrong, c.n, p, c.accepted, c.more)
		}
	}
	if choice, err := risk.Choose(known(500, 0), nil, o); err != nil || choice.Accepted != 0 || choice.Parts[0].More != 0 {
		t.Errorf("without a batch: %+v, %v", choice, err)
	}
	for _, bad := range []risk.Options{{Budget: 0, Confidence: 0.9, Classes: 1}, {Budget: 0.1, Confidence: 1, Classes: 1}, {Budget: math.NaN(), Confidence: 0.9, Classes: 1}, {Budget: 0.1, Confidence: 0.9}} {
		if _, err := risk.Choose(nil, nil, bad); err == nil {
			t.Errorf("%+v are taken", bad)
		}
	}
	if _, err := risk.Choose(nil, []risk.Answer{{Class: 1}}, o); err == nil {
		t.Error("a class that there is not is taken")
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		wrong, n  int
		low, high float64
	}{
		{0, 299, 0, 0.01226}, {3, 60, 0.01043, 0.13924}, {5, 10, 0.18709, 0.81291}, {10, 10, 0.69150, 1}, {0, 0, 0, 1},
	} {
		low, high := risk.Interval(c.wrong, c.n, 0.95)
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%d of %d: %.5f to %.5f, not %.5f to %.5f", c.wrong, c.n, low, high, c.low, c.high)
		}
	}
}
