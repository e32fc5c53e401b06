package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand"
)

// KMeansOptions of KMeans and MiniBatch.
type KMeansOptions struct {
	K       int
	Starts  int // the best of so many is taken; 1 when 0
	MaxIter int // 300 when 0
	Seed    int64
}

// Partition is points in clusters around centroids.
type Partition struct {
	K          int       // clusters; fewer than asked for where there are fewer distinct points
	Assign     []int     // by point
	Centroids  []float32 // K x D, row-major
	Inertia    float64   // sum of squared distances to the centroids
	Iterations int       // of the start that was taken
}

// KMeans is Lloyd's algorithm from greedy k-means++ starts. Bounds on distances (Hamerly 2010) spare most of them without
// changing the outcome.
func KMeans(ctx context.Context, p Points, o KMeansOptions) (*Partition, error) {
	return bestOf(ctx, p, &o, func(rng *rand.Rand) (*Partition, error) {
		return lloyd(ctx, p, plusPlus(p, o.K, rng), o.MaxIter)
	})
}

// bestOf runs a start several times and takes the one of the least inertia.
func bestOf(ctx context.Context, p Points, o *KMeansOptions, start func(*rand.Rand) (*Partition, error)) (*Partition, error) {
	if o.K < 1 || o.K > p.N {
		return nil, fmt.Errorf("%d points cannot be %d clusters", p.N, o.K)
	}
	if o.MaxIter == 0 {
		o.MaxIter = 300
	}
	rng := rand.New(rand.NewSource(o.Seed))
	var best *Partition
	for range max(o.Starts, 1) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := start(rng)
		if err != nil {
			return nil, err
		}
		if best == nil || part.Inertia < best.Inertia {
			best = part
		}
	}
	best.compact(p.D)
	return best, nil
}

// plusPlus chooses k points as first centroids, each far from those before it by chance; of a few candidates the one that
// leaves the least inertia (the greedy variant of Arthur and Vassilvitskii 2007).
func plusPlus(p Points, k int, rng *rand.Rand) []float32 {
	centroids := make([]float32, 0, k*p.D)
	centroids = append(centroids, p.Row(rng.Intn(p.N))...)
	near := make([]float64, p.N)
	sum := 0.0
	for i := range near {
		near[i] = squared(p.Row(i), centroids)
		sum += near[i]
	}
	trials := 2 + int(math.Log(float64(k)))
	next, bestNext := make([]float64, p.N), make([]float64, p.N)
	for len(centroids) < k*p.D {
		best, bestSum := -1, math.Inf(1)
		for range trials {
			candidate := draw(near, sum, rng)
			total := 0.0
			for i := range near {
				next[i] = min(near[i], squared(p.Row(i), p.Row(candidate)))
				total += next[i]
			}
			if total < bestSum {
				best, bestSum = candidate, total
				next, bestNext = bestNext, next
			}
		}
		centroids = append(centroids, p.Row(best)...)
		near, bestNext = bestNext, near
		sum = bestSum
	}
	return centroids
}

// draw chooses an index by weight; any where all weights are zero.
func draw(weight []float64, sum float64, rng *rand.Rand) int {
	if sum <= 0 {
		return rng.Intn(len(weight))
	}
	at := rng.Float64() * sum
	for i, w := range weight {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weight) - 1
}

// hamerly is the state of one descent: for each point an upper bound on the distance to its centroid and a lower bound on
// that to any other.
type hamerly struct {
	p            Points
	k            int
	centroids    []float32
	assign       []int
	upper, lower []float64
	half         []float64 // half the distance from each centroid to its nearest other
	moved        []float64
}

// slack makes bounds safe against the rounding of float32 sums.
const slack = 1e-5

func lloyd(ctx context.Context, p Points, centroids []float32, iterations int) (*Partition, error) {
	k := len(centroids) / p.D
	h := &hamerly{
		p: p, k: k, centroids: centroids, assign: make([]int, p.N), upper: make([]float64, p.N),
		lower: make([]float64, p.N), half: make([]float64, k), moved: make([]float64, k),
	}
	for i := range p.N {
		h.nearest(i)
	}
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
	part := &Partition{K: k, Assign: h.assign, Centroids: h.centroids, Iterations: done}
	for i := range p.N {
		part.Inertia += squared(p.Row(i), h.centroid(h.assign[i]))
	}
	return part, nil
}

func (h *hamerly) centroid(c int) []float32 { return h.centroids[c*h.p.D:][:h.p.D] }

// nearest looks at all centroids and sets assignment and bounds of point i.
func (h *hamerly) nearest(i int) {
	best, second, at := math.Inf(1), math.Inf(1), 0
	row := h.p.Row(i)
	for c := range h.k {
		d := squared(row, h.centroid(c))
		if d < best {
			best, second, at = d, best, c
		} else if d < second {
			second = d
		}
	}
	h.assign[i] = at
	h.upper[i] = math.Sqrt(best) * (1 + slack)
	h.lower[i] = math.Sqrt(second) * (1 - slack)
}

// update moves the centroids to the means of their points and the bounds with them. A centroid without points goes to the
// point that is farthest from its own; filled tells that one did.
func (h *hamerly) update() (filled bool) {
	d := h.p.D
	sums, count := make([]float64, h.k*d), make([]int, h.k)
	for i, c := range h.assign {
		count[c]++
		sum := sums[c*d:][:d]
		for t, v := range h.p.Row(i) {
			sum[t] += float64(v)
		}
	}
	taken := map[int]bool{}
	mean := make([]float32, d)
	for c := range h.k {
		to := mean
		if count[c] > 0 {
			for t, v := range sums[c*d:][:d] {
				mean[t] = float32(v / float64(count[c]))
			}
		} else if i := h.farthest(taken); i >= 0 {
			taken[i], filled = true, true
			to = h.p.Row(i)
		} else {
			to = h.centroid(c)
		}
		h.moved[c] = distance(to, h.centroid(c)) * (1 + slack)
		copy(h.centroid(c), to)
	}
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
	return filled
}

// farthest gives the point that is farthest from its centroid as far as bounds tell, -1 where all lie on theirs.
func (h *hamerly) farthest(taken map[int]bool) int {
	best, at := 0.0, -1
	for i, c := range h.assign {
		if h.upper[i] <= best || taken[i] {
			continue
		}
		if d := distance(h.p.Row(i), h.centroid(c)); d > best {
			best, at = d, i
		}
	}
	return at
}

// reassign moves points to nearer centroids and tells how many moved.
func (h *hamerly) reassign() (changed int) {
	for c := range h.k {
		h.half[c] = math.Inf(1)
		for other := range h.k {
			if other != c {
				h.half[c] = min(h.half[c], distance(h.centroid(c), h.centroid(other))*(1-slack)/2)
			}
		}
	}
	for i, c := range h.assign {
		bound := max(h.half[c], h.lower[i])
		if h.upper[i] <= bound {
			continue
		}
		if h.upper[i] = distance(h.p.Row(i), h.centroid(c)) * (1 + slack); h.upper[i] <= bound {
			continue
		}
		h.nearest(i)
		if h.assign[i] != c {
			changed++
		}
	}
	return changed
}

// compact drops clusters without points.
func (part *Partition) compact(d int) {
	to := make([]int, part.K)
	for i := range to {
		to[i] = -1
	}
	for _, c := range part.Assign {
		to[c] = 0
	}
	k := 0
	for c := range to {
		if to[c] == 0 {
			copy(part.Centroids[k*d:][:d], part.Centroids[c*d:][:d])
			to[c] = k
			k++
		}
	}
	part.K, part.Centroids = k, part.Centroids[:k*d]
	for i, c := range part.Assign {
		part.Assign[i] = to[c]
	}
}

// batchSize is how many points MiniBatch learns from at a time.
const batchSize = 1024

// MiniBatch is K-Means that moves its centroids by batches of 1,024 points (Sculley 2010), for very many points. Each start
// takes as many batches as go over the points three times, 100 at least.
func MiniBatch(ctx context.Context, p Points, o KMeansOptions) (*Partition, error) {
	return bestOf(ctx, p, &o, func(rng *rand.Rand) (*Partition, error) {
		seedFrom := p
		if p.N > 8*batchSize {
			seedFrom = p.subset(rng.Perm(p.N)[:8*batchSize])
		}
		centroids, seen := plusPlus(seedFrom, min(o.K, seedFrom.N), rng), make([]float64, o.K)
		h := &hamerly{p: p, k: len(centroids) / p.D, centroids: centroids, assign: make([]int, p.N), upper: make([]float64, p.N), lower: make([]float64, p.N)}
		rounds := max(100, 3*p.N/batchSize)
		batch := make([]int, min(batchSize, p.N))
		for range rounds {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for b := range batch {
				batch[b] = rng.Intn(p.N)
				h.nearest(batch[b])
			}
			for _, i := range batch {
				c := h.assign[i]
				seen[c]++
				rate := float32(1 / seen[c])
				to := h.centroid(c)
				for t, v := range p.Row(i) {
					to[t] += rate * (v - to[t])
				}
			}
		}
		return lloyd(ctx, p, h.centroids, 3)
	})
}
