package risk

import (
	"math"
	"slices"
)

const (
	// candidates is how many there are at most; more are hardly looser than the next.
	candidates = 400
	// spared is how many wrong ones among the held-out answers the strictest candidate may have, or half as many as the whole pile may have, if that is
	// less. Where it may have none, one wrong label among the surest answers would leave nothing to accept.
	spared = 3
	// plenty is how many the whole pile may have where a second sequence, that begins in its middle, gets half of the level: a few wrong
	// labels among the surest answers are not the end then.
	plenty = 8
)

// entry is one answer in the pile.
type entry struct {
	confidence float64
	held       bool // it is known whether it is wrong
	wrong      bool
}

// candidate is the first of the pile, up to a place where the confidence falls.
type candidate struct {
	total, held int // answers in it, and those that are held out
	wrong       int // of the held-out ones
	limit       int // the hypothesis is that more of total are wrong
	spare       int // how many of the held-out ones may be wrong, if as many are held out as are expected
}

// batch is how many answers would be accepted.
func (c candidate) batch() int { return c.total - c.held }

// rejected tells whether the hypothesis is at a level.
func (c candidate) rejected(level float64) bool {
	return tail(c.wrong, c.total, c.limit+1, c.held) <= level
}

// chain is the sequence of candidates of a pile, strict to loose.
type chain struct {
	pile   []entry // the surest first
	held   int
	budget float64
	level  float64 // probability of an error that is allowed
}

// critical gives the greatest number of wrong ones among held answers by which it is shown that of the others, total - held,
// at most budget are wrong, or -1 when none is small enough. It begins to look at from, which must be good or 0.
func (c *chain) critical(total, held, from int) int {
	allowed := c.allowed(total - held)
	good := func(k int) bool { return k <= held && tail(k, total, allowed+k+1, held) <= c.level }
	k := max(from, 0)
	for k > 0 && !good(k) {
		k--
	}
	if !good(k) {
		return -1
	}
	for k < held && good(k+1) {
		k++
	}
	return k
}

// allowed is how many of m answers may be wrong. A hair is added, because 0.07 x 100 is over 7 in floating point, and 0.29 x 100 under 29.
func (c *chain) allowed(m int) int { return int(math.Floor(c.budget*float64(m) + 1e-9)) }

// candidates gives the sequence. Which there are and their limits depend on the number of answers alone, as the promise asks.
func (c *chain) candidates() []candidate {
	total := len(c.pile)
	share := float64(c.held) / float64(total)
	every := max(total/candidates, 1)
	var out []candidate
	var now candidate
	k, limit, last := -1, -1, 0
	for i, e := range c.pile {
		now.total++
		if e.held {
			now.held++
			if e.wrong {
				now.wrong++
			}
		}
		end := i+1 == total
		if !end && (e.confidence == c.pile[i+1].confidence || i+1-last < every) {
			continue
		}
		expected := int(math.Round(share * float64(i+1)))
		if expected > i { // there is nothing to accept
			continue
		}
		if k = c.critical(i+1, expected, k); k < 0 {
			continue // nothing could be shown by so few
		}
		last = i + 1
		limit = max(limit, c.allowed(i+1-expected)+k)
		now.limit, now.spare = limit, k
		out = append(out, now)
	}
	return out
}

// shown is a candidate of which it is shown that the budget is kept, with the most of its batch that can be wrong.
type shown struct {
	candidate
	most int
}

// choose gives the loosest candidate that is shown to keep the budget, or nothing.
func (c *chain) choose() *shown {
	all := c.candidates()
	if len(all) == 0 {
		return nil
	}
	spare := all[len(all)-1].spare
	if spare < plenty {
		return c.test(all, min(spared, spare/2))
	}
	half := *c
	half.level /= 2
	all = half.candidates()
	strict, middle := half.test(all, 1), half.test(all, all[len(all)-1].spare/2)
	if strict == nil || middle != nil && middle.total > strict.total {
		return middle
	}
	return strict
}

// test goes through a sequence that begins where some of the held-out answers may be wrong.
func (c *chain) test(all []candidate, spare int) *shown {
	from := slices.IndexFunc(all, func(n candidate) bool { return n.spare >= spare })
	if from < 0 {
		return nil
	}
	all = slices.Clone(all[from:])
	passed := 0
	for passed < len(all) && all[passed].rejected(c.level) {
		passed++
	}
	if passed == len(all) && all[passed-1].total == len(c.pile) {
		// Everything could be accepted. The sequence goes on with lower limits of the last candidate.
		last := &all[passed-1]
		for last.limit > last.wrong {
			lower := *last
			lower.limit--
			if !lower.rejected(c.level) {
				break
			}
			*last = lower
		}
	}
	most := math.MaxInt
	for i := passed - 1; i >= 0; i-- {
		most = min(most, all[i].limit-all[i].wrong) // what is wrong in a looser one bounds the stricter ones too
		if m := all[i].batch(); m > 0 && most <= c.allowed(m) {
			return &shown{all[i], max(most, 0)}
		}
	}
	return nil
}
