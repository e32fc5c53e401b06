package cluster

import (
	"context"
	"fmt"
	"math"
)

// MaxAgglomerative is how many points Agglomerate takes: the distances of all pairs are held, 288 MB of float32 for these.
const MaxAgglomerative = 12_000

// Merge joins two clusters into one. A and B are points that lie in them.
type Merge struct {
	A, B   int
	Height float64 // the linkage distance at which they join
}

// Tree is a hierarchy of N points: N-1 merges, lowest first.
type Tree struct {
	N      int
	Merges []Merge
}

// Agglomerate joins the nearest clusters until there is one, by nearest-neighbour chain (Murtagh 1983): time n², and the
// same hierarchy that joining the nearest pair each time gives, as long as no two distances are equal. method is
// MethodWard, MethodAverage or MethodComplete. *TooManyError above MaxAgglomerative. progress may be nil.
func Agglomerate(ctx context.Context, p Points, method Method, progress func(done, total int)) (*Tree, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if !method.Agglomerative() {
		return nil, fmt.Errorf("%q is no linkage", method)
	}
	if p.N > MaxAgglomerative {
		return nil, &TooManyError{p.N, MaxAgglomerative}
	}
	c := &chain{n: p.N, method: method, size: make([]int, p.N)}
	if err := c.measure(ctx, p, progress); err != nil {
		return nil, err
	}
	if err := c.run(ctx, progress); err != nil {
		return nil, err
	}
	tree := &Tree{N: p.N, Merges: make([]Merge, len(c.merges))}
	for to, from := range ranked(len(c.merges), func(i int) float64 { return c.merges[i].Height }) {
		tree.Merges[to] = c.merges[from]
	}
	return tree, nil
}

type chain struct {
	n      int
	method Method
	rows   [][]float32 // rows[i][j], j < i; squared for Ward
	size   []int       // 0 where merged into another
	merges []Merge
}

func (c *chain) at(i, j int) *float32 {
	if i < j {
		i, j = j, i
	}
	return &c.rows[i][j]
}

// measure computes all distances, in strips so that it can be stopped.
func (c *chain) measure(ctx context.Context, p Points, progress func(done, total int)) error {
	c.rows = make([][]float32, c.n)
	s := newSpace(p)
	for from := 0; from < c.n; from += spaceRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+spaceRows, c.n)
		for i := from; i < to; i++ {
			c.rows[i], c.size[i] = make([]float32, i), 1
		}
		s.pairs(from, to, func(i, at int, values []float32) {
			row := c.rows[i][at:][:len(values)]
			copy(row, values)
			if c.method == MethodWard {
				return
			}
			for k, v := range row {
				row[k] = float32(math.Sqrt(float64(v)))
			}
		})
		progress(from, 2*c.n)
	}
	return nil
}

// run walks from cluster to nearest cluster until two are each other's nearest, and joins those.
func (c *chain) run(ctx context.Context, progress func(done, total int)) error {
	var path []int
	first := 0
	for len(c.merges) < c.n-1 {
		if len(path) == 0 {
			for c.size[first] == 0 {
				first++
			}
			path = append(path, first)
		}
		top := path[len(path)-1]
		before := -1
		if len(path) > 1 {
			before = path[len(path)-2]
		}
		next, d := c.nearest(top, before)
		if next != before {
			path = append(path, next)
			continue
		}
		path = path[:len(path)-2]
		c.join(min(top, next), max(top, next), float64(d))
		if done := len(c.merges); done%64 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(c.n+done, 2*c.n)
		}
	}
	return nil
}

// nearest cluster to i; of equals the one that i was reached from, so that the walk ends.
func (c *chain) nearest(i, before int) (int, float32) {
	best, at := float32(math.MaxFloat32), -1
	if before >= 0 {
		best, at = *c.at(i, before), before
	}
	for j, d := range c.rows[i] {
		if c.size[j] > 0 && (d < best || at < 0) {
			best, at = d, j
		}
	}
	for j := i + 1; j < c.n; j++ {
		if c.size[j] > 0 && (c.rows[j][i] < best || at < 0) {
			best, at = c.rows[j][i], j
		}
	}
	return at, best
}

// join puts a into b and updates the distances to b (Lance and Williams 1967).
func (c *chain) join(a, b int, d float64) {
	height := d
	if c.method == MethodWard {
		height = math.Sqrt(max(d, 0))
	}
	c.merges = append(c.merges, Merge{a, b, height})
	na, nb := float64(c.size[a]), float64(c.size[b])
	for k, size := range c.size {
		if size == 0 || k == a || k == b {
			continue
		}
		ak, bk := float64(*c.at(a, k)), float64(*c.at(b, k))
		var to float64
		switch c.method {
		case MethodWard:
			nk := float64(size)
			to = ((na+nk)*ak + (nb+nk)*bk - nk*d) / (na + nb + nk)
		case MethodAverage:
			to = (na*ak + nb*bk) / (na + nb)
		default:
			to = max(ak, bk)
		}
		*c.at(b, k) = float32(to)
	}
	c.size[b] += c.size[a]
	c.size[a] = 0
	c.rows[a] = nil // only rows of living clusters are read
}

// Cut gives the cluster of each point when the tree is cut into k, 1 at least and N at most.
func (t *Tree) Cut(k int) []int {
	k = min(max(k, 1), t.N)
	parent := make([]int, t.N)
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, m := range t.Merges[:t.N-k] {
		parent[root(m.A)] = root(m.B)
	}
	out, number := make([]int, t.N), map[int]int{}
	for i := range out {
		r := root(i)
		if _, ok := number[r]; !ok {
			number[r] = len(number)
		}
		out[i] = number[r]
	}
	return out
}
