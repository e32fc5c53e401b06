package cluster

import (
	"context"
	"math"
)

// slack makes bounds safe against the rounding of float32 sums.
const slack = 1e-5

// hamerly is the state of one descent: for each point an upper bound on the distance to its centroid and a lower bound on
// that to any other.
type hamerly struct {
	s            *space
	k            int
	centroids    Points
	sums         []float64 // of the points of each cluster, K x D
	count        []int
	dirty        []bool // clusters whose points are others than their sums are of
	assign       []int
	upper, lower []float64
	half         []float64 // half the distance from each centroid to its nearest other
	moved        []float64
	need         []int
}

// lloyd descends from centroids, which it overwrites.
func lloyd(ctx context.Context, s *space, centroids []float32, iterations int) (*Partition, error) {
	n, d := s.p.N, s.p.D
	k := len(centroids) / d
	h := &hamerly{
		s: s, k: k, centroids: Points{X: centroids, N: k, D: d}, sums: make([]float64, k*d), count: make([]int, k), dirty: make([]bool, k),
		assign: make([]int, n), upper: make([]float64, n), lower: make([]float64, n), half: make([]float64, k), moved: make([]float64, k),
	}
	for c := range h.dirty {
		h.dirty[c] = true
	}
	h.look(everything(n), s.centres(h.centroids))
	done := 0
	for done < iterations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		done++
		filled := h.update()
		if changed := h.reassign(); changed == 0 && !filled {
			break
		}
	}
	part := &Partition{K: k, Assign: h.assign, Centroids: centroids, Iterations: done}
	for i, c := range h.assign {
		part.Inertia += squared(s.p.Row(i), h.centroids.Row(c))
	}
	return part, nil
}

// look compares points with all centroids and tells how many are nearer to another than to their own.
func (h *hamerly) look(list []int, c *centres) (changed int) {
	before := make([]int, len(list))
	for k, i := range list {
		before[k] = h.assign[i]
	}
	h.s.nearest(list, c, func(i int, f found) {
		h.assign[i], h.upper[i], h.lower[i] = f.at, math.Sqrt(f.upper), math.Sqrt(f.lower)
	})
	for k, i := range list {
		if now := h.assign[i]; now != before[k] {
			h.dirty[before[k]], h.dirty[now] = true, true
			changed++
		}
	}
	return changed
}

// partSum is how many points are summed in float32 before their sum joins one of float64.
const partSum = 16

// sum counts and sums the points of the clusters that are dirty, in their order.
func (h *hamerly) sum() {
	d := h.s.p.D
	part := make([]float32, h.k*d)
	for c, dirty := range h.dirty {
		if dirty {
			h.count[c] = 0
			clear(h.sums[c*d:][:d])
		}
	}
	flush := func(c int) {
		from, to := part[c*d:][:d], h.sums[c*d:][:d]
		for t, v := range from {
			to[t] += float64(v)
		}
		clear(from)
	}
	for i, c := range h.assign {
		if !h.dirty[c] {
			continue
		}
		addTo(part[c*d:][:d], h.s.p.Row(i))
		if h.count[c]++; h.count[c]%partSum == 0 {
			flush(c)
		}
	}
	for c, dirty := range h.dirty {
		if dirty && h.count[c]%partSum != 0 {
			flush(c)
		}
		h.dirty[c] = false
	}
}

// update moves the centroids to the means of their points and the bounds with them. A centroid without points goes to the
// point that is farthest from its own; filled tells that one did.
func (h *hamerly) update() (filled bool) {
	h.sum()
	taken := map[int]bool{}
	d := h.s.p.D
	mean := make([]float32, d)
	for c := range h.k {
		to := mean
		if h.count[c] > 0 {
			for t, v := range h.sums[c*d:][:d] {
				mean[t] = float32(v / float64(h.count[c]))
			}
		} else if i := h.farthest(taken); i >= 0 {
			taken[i], filled = true, true
			to = h.s.p.Row(i)
		} else {
			to = h.centroids.Row(c)
		}
		h.moved[c] = distance(to, h.centroids.Row(c)) * (1 + slack)
		copy(h.centroids.Row(c), to)
	}
	h.loosen()
	return filled
}

// loosen moves the bounds as far as the centroids have moved.
func (h *hamerly) loosen() {
	first, second := 0, -1 // the farthest moves
	for c := 1; c < h.k; c++ {
		if h.moved[c] > h.moved[first] {
			first, second = c, first
		} else if second < 0 || h.moved[c] > h.moved[second] {
			second = c
		}
	}
	for i, c := range h.assign {
		h.upper[i] += h.moved[c]
		switch {
		case c != first:
			h.lower[i] -= h.moved[first]
		case second >= 0:
			h.lower[i] -= h.moved[second]
		}
	}
}

// farthest gives the point that is farthest from its centroid as far as bounds tell, -1 where all lie on theirs.
func (h *hamerly) farthest(taken map[int]bool) int {
	best, at := 0.0, -1
	for i, c := range h.assign {
		if h.upper[i] <= best || taken[i] {
			continue
		}
		if d := distance(h.s.p.Row(i), h.centroids.Row(c)); d > best {
			best, at = d, i
		}
	}
	return at
}

// reassign moves points to nearer centroids and tells how many moved.
func (h *hamerly) reassign() (changed int) {
	c := h.s.centres(h.centroids)
	h.halve(c)
	h.need = h.need[:0]
	for i, own := range h.assign {
		if h.upper[i] > max(h.half[own], h.lower[i]) {
			h.need = append(h.need, i)
		}
	}
	if 4*len(h.need) > 3*len(h.assign) { // all of them lie together
		h.need = h.need[:0]
		for i := range h.assign {
			h.need = append(h.need, i)
		}
	}
	return h.look(h.need, c)
}

// halve finds half the distance from each centroid to its nearest other, rather less than more.
func (h *hamerly) halve(c *centres) {
	product := products(c.x, c.x)
	for i := range h.k {
		h.half[i] = math.Inf(1)
		for j, v := range product.Row(i) {
			if j != i {
				sum := c.norm[i] + c.norm[j]
				h.half[i] = min(h.half[i], math.Sqrt(max(sum-2*float64(v)-h.s.doubt*sum, 0))/2)
			}
		}
	}
}
