package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand"

	"github.com/irum-app/irum/engine/parallel"
)

// BirchOptions of NewBirch.
type BirchOptions struct {
	// Threshold is the largest radius (root mean square distance to the centroid) of a subcluster. Where it is 0 it starts at
	// half the usual distance between nearest neighbours and grows until there are at most MaxLeaves subclusters.
	Threshold float64
	Branching int // subclusters of a node, 50 when 0
	MaxLeaves int // 1,000 when 0; with a Threshold of one's own only MaxAgglomerative counts
	Seed      int64
}

// Birch is a summary of points in subclusters (Zhang, Ramakrishnan and Livny 1996) and their hierarchy: it takes far more
// points than MaxAgglomerative, since only the subclusters are compared in pairs.
type Birch struct {
	Threshold float64
	Leaves    Points // centroids of the subclusters
	Leaf      []int  // by point: the nearest subcluster
	tree      *Tree
}

// NewBirch builds a CF tree of the points, in their order, and joins its subclusters by Ward's linkage.
func NewBirch(ctx context.Context, p Points, o BirchOptions) (*Birch, error) {
	if o.Branching == 0 {
		o.Branching = 50
	}
	if o.Branching < 2 || o.Threshold < 0 {
		return nil, fmt.Errorf("a CF tree with branching %d and threshold %g cannot be built", o.Branching, o.Threshold)
	}
	most := MaxAgglomerative
	threshold := o.Threshold
	if threshold == 0 {
		threshold = startThreshold(p, o.Seed)
		if most = o.MaxLeaves; most == 0 {
			most = 1000
		}
	}
	for {
		leaves, err := cfLeaves(ctx, p, threshold, o.Branching, most)
		if err != nil {
			return nil, err
		}
		if leaves.N <= most {
			b := &Birch{Threshold: threshold, Leaves: leaves, Leaf: make([]int, p.N)}
			return b, b.finish(ctx, p)
		}
		if o.Threshold > 0 {
			return nil, &TooManyError{leaves.N, most}
		}
		threshold *= 1.2
	}
}

// startThreshold is half the median distance from a point to its nearest neighbour, in a sample of 512.
func startThreshold(p Points, seed int64) float64 {
	rng := rand.New(rand.NewSource(seed))
	s := p
	if p.N > 512 {
		s = p.subset(rng.Perm(p.N)[:512])
	}
	near := make([]float64, s.N)
	parallel.Each(s.N, func(i int) {
		best := math.Inf(1)
		for j := range s.N {
			if i != j {
				best = min(best, squared(s.Row(i), s.Row(j)))
			}
		}
		near[i] = math.Sqrt(best)
	})
	if v := near[ranked(len(near), func(i int) float64 { return near[i] })[len(near)/2]]; v > 0 && !math.IsInf(v, 1) {
		return v / 2
	}
	return 1e-6 // half of the points are copies
}

// feature is a clustering feature: count, linear sum and sum of squares, kept as a mean for accuracy.
type feature struct {
	n        float64
	mean     []float64
	scatter  float64 // sum of squared distances to the mean
	children *cfNode
}

func (f *feature) distance(g *feature) float64 {
	sum := 0.0
	for k, v := range f.mean {
		d := v - g.mean[k]
		sum += d * d
	}
	return sum
}

// add puts g into f.
func (f *feature) add(g *feature) {
	d := f.distance(g)
	n := f.n + g.n
	for k, v := range g.mean {
		f.mean[k] += (v - f.mean[k]) * g.n / n
	}
	f.scatter += g.scatter + d*f.n*g.n/n
	f.n = n
}

// joined gives the squared radius of f and g together.
func (f *feature) joined(g *feature) float64 {
	n := f.n + g.n
	return (f.scatter + g.scatter + f.distance(g)*f.n*g.n/n) / n
}

type cfNode struct {
	leaf bool
	of   []*feature
}

type cfTree struct {
	threshold2 float64
	branching  int
	leaves     int
}

// cfLeaves gives the centroids of the leaves; it stops early, with more than most of them, when there are too many.
func cfLeaves(ctx context.Context, p Points, threshold float64, branching, most int) (Points, error) {
	t := &cfTree{threshold2: threshold * threshold, branching: branching}
	root := &cfNode{leaf: true}
	for i := range p.N {
		if i%256 == 0 && ctx.Err() != nil {
			return Points{}, ctx.Err()
		}
		f := &feature{n: 1, mean: make([]float64, p.D)}
		for k, v := range p.Row(i) {
			f.mean[k] = float64(v)
		}
		if t.insert(root, f) {
			a, b := split(root)
			root = &cfNode{of: []*feature{a, b}}
		}
		if t.leaves > most {
			return Points{N: t.leaves}, nil
		}
	}
	out := Points{D: p.D}
	root.collect(&out)
	return out, nil
}

func (n *cfNode) collect(out *Points) {
	for _, f := range n.of {
		if !n.leaf {
			f.children.collect(out)
			continue
		}
		for _, v := range f.mean {
			out.X = append(out.X, float32(v))
		}
		out.N++
	}
}

// insert puts f under node and tells whether node has become too large.
func (t *cfTree) insert(node *cfNode, f *feature) (full bool) {
	best, at := math.Inf(1), -1
	for i, g := range node.of {
		if d := g.distance(f); d < best {
			best, at = d, i
		}
	}
	if at < 0 {
		node.of = append(node.of, f)
		t.leaves++
		return false
	}
	near := node.of[at]
	if node.leaf {
		if near.joined(f) <= t.threshold2 {
			near.add(f)
			return false
		}
		node.of = append(node.of, f)
		t.leaves++
		return len(node.of) > t.branching
	}
	if !t.insert(near.children, f) {
		near.add(f)
		return false
	}
	a, b := split(near.children)
	node.of[at] = a
	node.of = append(node.of, b)
	return len(node.of) > t.branching
}

// split divides the entries of a node between the two that are farthest apart.
func split(node *cfNode) (a, b *feature) {
	far, at, other := -1.0, 0, 0
	for i, f := range node.of {
		for j, g := range node.of[:i] {
			if d := f.distance(g); d > far {
				far, at, other = d, j, i
			}
		}
	}
	left, right := &cfNode{leaf: node.leaf}, &cfNode{leaf: node.leaf}
	for i, f := range node.of {
		if i == at || (i != other && f.distance(node.of[at]) < f.distance(node.of[other])) {
			left.of = append(left.of, f)
		} else {
			right.of = append(right.of, f)
		}
	}
	return left.summary(), right.summary()
}

func (n *cfNode) summary() *feature {
	out := &feature{mean: make([]float64, len(n.of[0].mean)), children: n}
	for _, f := range n.of {
		out.add(f)
	}
	return out
}

// finish finds each point's subcluster and their hierarchy.
func (b *Birch) finish(ctx context.Context, p Points) error {
	s, all := newSpace(p), everything(p.N)
	leaves := s.centres(b.Leaves)
	const together = 16 * spaceRows // points between two looks at ctx
	for from := 0; from < p.N; from += together {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.nearest(all[from:min(from+together, p.N)], leaves, func(i int, f found) { b.Leaf[i] = f.at })
	}
	tree, err := Agglomerate(ctx, b.Leaves, MethodWard, nil)
	b.tree = tree
	return err
}

// Cut gives the cluster of each point when the subclusters are joined to k; there are fewer where there are fewer
// subclusters, or one that is nearest to no point.
func (b *Birch) Cut(k int) []int {
	leaf := b.tree.Cut(k)
	out := make([]int, len(b.Leaf))
	for i, c := range b.Leaf {
		out[i] = leaf[c]
	}
	return Ordered(out)
}
