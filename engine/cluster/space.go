package cluster

import (
	"math"
	"sync"

	"github.com/irum-app/irum/engine/parallel"
)

// space is points made ready for distances by products: |a-b|² = |a|² + |b|² - 2ab. That loses what a and b have in common, so the
// points are centred first, and what is in doubt then is computed term by term from the points as they were given.
type space struct {
	p     Points
	x     Points    // centred; p itself where that would gain little
	mean  []float32 // of p; nil where x is p
	norm  []float64 // squared length of each row of x
	doubt float64   // see rounding
}

const (
	// spaceRows is how many points a thread compares at a time: the right side of a product is laid out anew for each of these.
	spaceRows = 512
	// small is the part of |a|² + |b|² below which a squared distance is computed term by term: products would tell it to two
	// digits fewer.
	small = 1.0 / 32
)

// rounding bounds the error of squared distances by products of d dimensions, in parts of |a|² + |b|²: four times what the
// rounding errors of d terms of float32 sum to where they are random.
func rounding(d int) float64 { return (math.Sqrt(float64(d)) + 2) / (1 << 22) }

func newSpace(p Points) *space {
	s := &space{p: p, x: p, norm: make([]float64, p.N), doubt: rounding(p.D)}
	all := 0.0
	for i := range p.N {
		s.norm[i] = inner(p.Row(i), p.Row(i))
		all += s.norm[i]
	}
	mean := p.mean()
	if 8*inner(mean, mean)*float64(p.N) <= all {
		return s
	}
	s.mean, s.x = mean, p.minus(mean)
	for i := range p.N {
		s.norm[i] = inner(s.x.Row(i), s.x.Row(i))
	}
	return s
}

// centres are what points of a space are compared with.
type centres struct {
	c    Points // as they are
	x    Points // less the mean of the space
	norm []float64
	most float64 // the largest of norm
}

func (s *space) centres(c Points) *centres {
	out := &centres{c: c, x: c, norm: make([]float64, c.N)}
	if s.mean != nil {
		out.x = c.minus(s.mean)
	}
	for i := range c.N {
		out.norm[i] = inner(out.x.Row(i), out.x.Row(i))
		out.most = max(out.most, out.norm[i])
	}
	return out
}

// scratch is the memory of one block of points.
type scratch struct{ rows, product []float32 }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grown(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// gather gives the rows of x that list names, which ascends and names none twice, without a copy where they lie together.
func (m *scratch) gather(x Points, list []int) Points {
	if first := list[0]; list[len(list)-1]-first == len(list)-1 {
		return x.part(first, first+len(list))
	}
	m.rows = grown(m.rows, len(list)*x.D)
	for k, i := range list {
		copy(m.rows[k*x.D:], x.Row(i))
	}
	return Points{X: m.rows, N: len(list), D: x.D}
}

// blocks calls each for the points of list (see gather), on all threads: values are the products of that point with all of c.
func (s *space) blocks(list []int, c Points, each func(i int, values []float32)) {
	parallel.Each((len(list)+spaceRows-1)/spaceRows, func(b int) {
		m := scratches.Get().(*scratch)
		defer scratches.Put(m)
		part := list[b*spaceRows : min((b+1)*spaceRows, len(list))]
		m.product = grown(m.product, len(part)*c.N)
		Products(m.product, m.gather(s.x, part), c)
		for k, i := range part {
			each(i, m.product[k*c.N:][:c.N])
		}
	})
}

// found is what is nearest to a point: the first of the nearest centres, an upper bound on the squared distance to it and a lower
// bound on that to any other.
type found struct {
	at           int
	upper, lower float64
}

// nearest looks at all centres for the points of list (see gather). What products leave in doubt is decided term by term, so that no
// rounding of products is seen in what is found.
func (s *space) nearest(list []int, c *centres, tell func(i int, f found)) {
	s.blocks(list, c.x, func(i int, values []float32) {
		best, second, at := math.Inf(1), math.Inf(1), 0
		for j, v := range values {
			d := c.norm[j] - 2*float64(v)
			if d < best {
				best, second, at = d, best, j
			} else if d < second {
				second = d
			}
		}
		off := s.doubt * (s.norm[i] + c.most)
		if second-best > 2*off {
			tell(i, found{at, max(s.norm[i]+best+off, 0), max(s.norm[i]+second-off, 0)})
			return
		}
		f := found{upper: math.Inf(1), lower: math.Inf(1)}
		for j, v := range values {
			d := c.norm[j] - 2*float64(v)
			if d > best+2*off {
				f.lower = min(f.lower, max(s.norm[i]+d-off, 0))
				continue
			}
			d = squared(s.p.Row(i), c.c.Row(j))
			if d < f.upper {
				f.at, f.upper, f.lower = j, d, min(f.lower, f.upper)
			} else {
				f.lower = min(f.lower, d)
			}
		}
		f.upper, f.lower = f.upper*(1+2*slack), f.lower*(1-2*slack)
		tell(i, f)
	})
}

// between gives the squared distance of points i and j, of which the product is known.
func (s *space) between(i, j int, product float32) float64 {
	sum := s.norm[i] + s.norm[j]
	if d := sum - 2*float64(product); d > small*sum {
		return d
	}
	return squared(s.p.Row(i), s.p.Row(j))
}

// pairs computes the squared distances of points [from, to) to those before them, and calls each with those of point i to [at,
// at+len(values)), on all threads.
func (s *space) pairs(from, to int, each func(i, at int, values []float32)) {
	parallel.Each((to+spaceRows-1)/spaceRows, func(b int) {
		m := scratches.Get().(*scratch)
		defer scratches.Put(m)
		at := b * spaceRows
		cols := s.x.part(at, min(at+spaceRows, to))
		first := max(from, at)
		m.product = grown(m.product, (to-first)*cols.N)
		Products(m.product, s.x.part(first, to), cols)
		for i := first; i < to; i++ {
			values := m.product[(i-first)*cols.N:][:min(cols.N, i-at)]
			for k, v := range values {
				values[k] = float32(s.between(i, at+k, v))
			}
			each(i, at, values)
		}
	})
}

// everything lists 0..n-1.
func everything(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
