package risk

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Answer is what a classifier says of one image: a class (0 for all where Options.Classes is 1), and how sure it is, by which answers of
// one class are ordered; of several classes together too, so it should be calibrated.
type Answer struct {
	Class      int
	Confidence float64
}

// Held is a held-out answer, of an image that the classifier has not learnt from. Near-duplicates should be given once.
type Held struct {
	Answer
	Wrong bool
}

// Options of Choose.
type Options struct {
	Budget     float64 // share of wrong answers that is allowed, over 0 and under 1
	Confidence float64 // probability with which it is kept, such as 0.95
	Classes    int     // how many classes there are
}

// Part is the classes that were tested together.
type Part struct {
	Classes []int
	// Threshold is the least confidence of the accepted answers; infinite when none is accepted.
	Threshold float64
	Accepted  int // answers of the batch
	Wrong     int // of them, at most
	Batch     int // answers of the batch in all
	Held      int // held-out answers in all
	Seen      int // held-out answers at or over the threshold
	SeenWrong int // of them
	// More is how many more held-out answers of the part would be needed, by what is known of it, until something is accepted; 0 when something
	// is, or when there is no batch, and -1 when too much is wrong among the surest, so that answers alone would not help.
	More int
}

// Choice is what Choose gives. Parts have the classes that are tested for themselves first, and what is together last.
type Choice struct {
	Parts    []Part
	Accepted int
	Wrong    int // of the accepted ones, at most
}

// Thresholds gives the least confidence of the accepted answers by class, infinite where none is accepted.
func (c Choice) Thresholds(classes int) []float64 {
	out := make([]float64, classes)
	for _, p := range c.Parts {
		for _, class := range p.Classes {
			out[class] = p.Threshold
		}
	}
	return out
}

// Choose gives the thresholds over which the answers of batch are accepted. The package says what is promised.
func Choose(held []Held, batch []Answer, o Options) (Choice, error) {
	if !(o.Budget > 0 && o.Budget < 1) || !(o.Confidence > 0 && o.Confidence < 1) || o.Classes < 1 {
		return Choice{}, fmt.Errorf("risk: a budget of %v at the confidence %v over %d classes", o.Budget, o.Confidence, o.Classes)
	}
	piles := make([][]entry, o.Classes)
	add := func(a Answer, e entry) error {
		if a.Class < 0 || a.Class >= o.Classes || math.IsNaN(a.Confidence) {
			return fmt.Errorf("risk: an answer of class %d of %d with the confidence %v", a.Class, o.Classes, a.Confidence)
		}
		e.confidence = a.Confidence
		piles[a.Class] = append(piles[a.Class], e)
		return nil
	}
	for _, h := range held {
		if err := add(h.Answer, entry{held: true, wrong: h.Wrong}); err != nil {
			return Choice{}, err
		}
	}
	for _, a := range batch {
		if err := add(a, entry{}); err != nil {
			return Choice{}, err
		}
	}
	share := float64(len(held)) / float64(max(len(held)+len(batch), 1))
	var out Choice
	parts := split(piles, share, o)
	for _, classes := range parts {
		p := o.part(classes, piles, (1-o.Confidence)/float64(len(parts)))
		out.Accepted += p.Accepted
		out.Wrong += p.Wrong
		out.Parts = append(out.Parts, p)
	}
	return out, nil
}

// roomy is how many held-out answers may be wrong in a part that is tested for itself: with fewer, most would be accepted of no class.
const roomy = 5

// split tells which classes are tested together. It goes by how many answers there are, held out or not: what is known of
// their errors must not choose the tests.
func split(piles [][]entry, share float64, o Options) [][]int {
	order := make([]int, len(piles))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(piles[b]), len(piles[a])) })
	rest := 0
	for _, p := range piles {
		rest += len(p)
	}
	enough := func(answers, parts int) bool {
		c := chain{budget: o.Budget, level: (1 - o.Confidence) / float64(parts)}
		return c.critical(answers, int(math.Round(share*float64(answers))), 0) >= roomy
	}
	alone := 0
	for i, c := range order {
		rest -= len(piles[c])
		parts := i + 1
		if rest > 0 {
			parts++
		}
		if enough(len(piles[c]), parts) && (rest == 0 || enough(rest, parts)) {
			alone = i + 1
		}
	}
	var out [][]int
	for _, c := range order[:alone] {
		out = append(out, []int{c})
	}
	if alone < len(order) {
		together := slices.Clone(order[alone:])
		slices.Sort(together)
		out = append(out, together)
	}
	return out
}

// part tests some classes together.
func (o Options) part(classes []int, piles [][]entry, level float64) Part {
	c := chain{budget: o.Budget, level: level}
	for _, class := range classes {
		c.pile = append(c.pile, piles[class]...)
	}
	for _, e := range c.pile {
		if e.held {
			c.held++
		}
	}
	// Ties are never parted, so their order says nothing.
	slices.SortStableFunc(c.pile, func(a, b entry) int { return cmp.Compare(b.confidence, a.confidence) })
	p := Part{Classes: classes, Threshold: math.Inf(1), Held: c.held, Batch: len(c.pile) - c.held}
	if p.Batch == 0 || p.Held == 0 {
		if p.Batch > 0 {
			p.More = Needed(o.Budget, 1-level)
		}
		return p
	}
	best := c.choose()
	if best == nil {
		p.More = c.more()
		return p
	}
	p.Threshold = c.pile[best.total-1].confidence
	p.Accepted, p.Wrong, p.Seen, p.SeenWrong = best.batch(), best.most, best.held, best.wrong
	return p
}

// more is how many more held-out answers a pile would need of which nothing is accepted, if they were as those that there are; -1 when no
// number helps. It looks at the surest quarter and more: how good fewer are is chance.
func (c *chain) more() int {
	const looks, most = 64, 1000.0
	best, every := math.Inf(1), max(len(c.pile)/looks, 1)
	var now candidate
	for i, e := range c.pile {
		now.total++
		if e.held {
			now.held++
			if e.wrong {
				now.wrong++
			}
		}
		end := i+1 == len(c.pile)
		if !end && ((i+1)%every != 0 || e.confidence == c.pile[i+1].confidence) || 4*now.held < c.held || now.batch() == 0 {
			continue
		}
		shown := func(times float64) bool {
			n, k := int(times*float64(now.held)), int(math.Ceil(times*float64(now.wrong)))
			return n >= k && tail(k, n+now.batch(), c.allowed(now.batch())+k+1, n) <= c.level
		}
		high := min(best, most)
		if !shown(high) {
			continue
		}
		low := 1.0
		for high-low > 1e-3*low {
			if mid := (low + high) / 2; shown(mid) {
				high = mid
			} else {
				low = mid
			}
		}
		best = high
	}
	if math.IsInf(best, 1) {
		return -1
	}
	return max(int(math.Ceil((best-1)*float64(c.held))), 1)
}
