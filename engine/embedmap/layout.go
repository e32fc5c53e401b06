package embedmap

import (
	"context"
	"math"
	"math/rand"
)

const (
	// curveA and curveB make 1/(1 + a·d^2b) fall as exp(-(d - 0.1)) does behind a distance of 0.1: the least squares over 0 to 3, as
	// for umap-learn's min_dist 0.1 and spread 1.
	curveA = 1.5769434602
	curveB = 0.8950608780
	// repelled is how many other points push a point away whenever one pulls it.
	repelled = 5
	// farthest is the longest move along one axis in one step.
	farthest = 4
	// startExtent is how far the start reaches, in units of the layout.
	startExtent = 10
)

// layout is the descent by samples of edges: each is drawn as often as it is strong, pulls its ends together, and some points by
// chance push them away.
type layout struct {
	edges  []edge
	epochs int
	xy     []float32 // N x 2
	random uint64
}

// newLayout begins at start, scaled to the units of the layout and shaken a little, so that no two points coincide.
func newLayout(edges []edge, start []float32, epochs int, seed int64) *layout {
	rng := rand.New(rand.NewSource(seed))
	l := &layout{edges: edges, epochs: epochs, xy: append([]float32(nil), start...), random: rng.Uint64() | 1}
	fit(l.xy)
	for i := range l.xy {
		l.xy[i] = l.xy[i]*startExtent + float32(rng.NormFloat64()*1e-3)
	}
	return l
}

// below draws a number from 0 to n-1 (xorshift; Marsaglia 2003).
func (l *layout) below(n uint32) int32 {
	x := l.random
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	l.random = x
	return int32((x >> 32) * uint64(n) >> 32)
}

func (l *layout) run(ctx context.Context, progress func(done, total int)) error {
	strongest := float32(0)
	for _, e := range l.edges {
		strongest = max(strongest, e.weight)
	}
	// every edge once from each end; those too weak to be drawn at all are left out
	every, next := make([]float32, len(l.edges)), make([]float32, len(l.edges))
	for i, e := range l.edges {
		every[i] = strongest / max(e.weight, 1e-12)
		next[i] = every[i]
	}
	power := newPowers()
	for epoch := range l.epochs {
		if err := ctx.Err(); err != nil {
			return err
		}
		rate := 1 - float32(epoch)/float32(l.epochs)
		now := float32(epoch)
		for i, e := range l.edges {
			if next[i] > now {
				continue
			}
			next[i] += every[i]
			l.step(e.a, e.b, rate, power)
			l.step(e.b, e.a, rate, power)
		}
		progress(epoch+1, l.epochs)
	}
	return nil
}

// step pulls a and b together and pushes a away from some others.
func (l *layout) step(a, b int32, rate float32, power *powers) {
	p, q := l.xy[2*a:][:2], l.xy[2*b:][:2]
	dx, dy := p[0]-q[0], p[1]-q[1]
	if d := dx*dx + dy*dy; d > 0 {
		raised := power.of(d)
		by := -2 * curveA * curveB * raised / (1 + curveA*raised*d)
		x, y := limit(by*dx)*rate, limit(by*dy)*rate
		p[0] += x
		p[1] += y
		q[0] -= x
		q[1] -= y
	}
	n := uint32(len(l.xy) / 2)
	for range repelled {
		k := l.below(n)
		if k == a {
			continue
		}
		dx, dy := p[0]-l.xy[2*k], p[1]-l.xy[2*k+1]
		d := dx*dx + dy*dy
		if d <= 0 {
			continue
		}
		by := 2 * curveB / ((0.001 + d) * (1 + curveA*power.of(d)*d))
		p[0] += limit(by*dx) * rate
		p[1] += limit(by*dy) * rate
	}
}

func limit(v float32) float32 { return min(max(v, -farthest), farthest) }

// powers is d^(b-1) as a table by the first bits of d, between whose entries it is interpolated: a call of math.Pow would be most of
// the time. The error is below 2e-4 of the value.
type powers struct{ table [powerCount + 1]float32 }

const (
	powerBits  = 5        // of the mantissa
	powerLow   = 127 - 40 // exponent of the smallest d, 2^-40
	powerCount = 60 << powerBits
	powerShift = 23 - powerBits
)

func newPowers() *powers {
	p := &powers{}
	for i := range p.table {
		d := math.Float32frombits(uint32(powerLow<<powerBits+i) << powerShift)
		p.table[i] = float32(math.Pow(float64(d), curveB-1))
	}
	return p
}

// of gives d^(b-1) for positive d; those outside of the table get its ends.
func (p *powers) of(d float32) float32 {
	bits := math.Float32bits(d)
	at := int(bits>>powerShift) - powerLow<<powerBits
	if uint(at) >= powerCount {
		if at < 0 {
			return p.table[0]
		}
		return p.table[powerCount]
	}
	rest := float32(bits&(1<<powerShift-1)) * (1.0 / (1 << powerShift))
	low := p.table[at]
	return low + (p.table[at+1]-low)*rest
}
