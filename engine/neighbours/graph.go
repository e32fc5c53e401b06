//go:build !js

package neighbours

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"sync"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/parallel"
)

// GraphOptions of NewGraph. The zero value suits embeddings.
type GraphOptions struct {
	Links int // of a point in each layer above the lowest, which has twice as many; 16 when 0
	Build int // how many candidates a new point's neighbours are chosen from, 100 when 0
	Seed  int64
}

// Graph finds near points without looking at all of them: a hierarchical navigable small world (Malkov and Yashunin 2018). It holds
// the points that it was made of, which must not change, and is read by any number of goroutines at a time.
type Graph struct {
	p     cluster.Points
	links int
	build int
	level []int8      // the highest layer of each point
	base  []int32     // N x 2*links: the lowest layer
	count []int32     // links that are used there
	above [][][]int32 // by point and layer-1
	entry int32       // a point of the highest layer, -1 while there is none
	seen  sync.Pool   // *searcher
}

const (
	mostLevels = 16
	// batchOf is the part of the points so far that is added at a time: their neighbours are looked for on all threads in what is
	// there, so that the graph is the same for any number of threads. Points of one batch do not find each other.
	batchOf  = 32
	batchMax = 512
)

// NewGraph links the points. progress may be nil; it is called from the caller's goroutine. The error is ctx.Err() or about the points.
func NewGraph(ctx context.Context, p cluster.Points, o GraphOptions, progress func(done, total int)) (*Graph, error) {
	if o.Links == 0 {
		o.Links = 16
	}
	if o.Build == 0 {
		o.Build = 100
	}
	if p.N < 1 || p.D < 1 || len(p.X) != p.N*p.D || o.Links < 2 || o.Build < o.Links {
		return nil, fmt.Errorf("%d values as %d points of %d dimensions cannot be linked by %d of %d candidates", len(p.X), p.N, p.D, o.Links, o.Build)
	}
	g := &Graph{
		p: p, links: o.Links, build: o.Build, level: make([]int8, p.N), base: make([]int32, p.N*2*o.Links),
		count: make([]int32, p.N), above: make([][][]int32, p.N), entry: -1,
	}
	g.seen.New = func() any { return &searcher{at: make([]uint32, p.N)} }
	rng := rand.New(rand.NewSource(o.Seed))
	scale := 1 / math.Log(float64(o.Links))
	for i := range g.level {
		level := min(int(-math.Log(1-rng.Float64())*scale), mostLevels)
		g.level[i] = int8(level)
		if level > 0 {
			g.above[i] = make([][]int32, level)
		}
	}
	for from := 0; from < p.N; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		size := min(max(from/batchOf, 1), batchMax, p.N-from)
		found := make([][][]hit, size)
		parallel.Each(size, func(t int) { found[t] = g.candidates(int32(from + t)) })
		for t, by := range found {
			g.insert(int32(from+t), by)
		}
		if from += size; progress != nil {
			progress(from, p.N)
		}
	}
	return g, nil
}

// hit is a point that was found, with its squared distance.
type hit struct {
	i        int32
	expanded bool
	d        float32
}

// searcher is the memory of one search.
type searcher struct {
	at   []uint32 // by point: the search that has seen it
	now  uint32
	list []hit
}

func (s *searcher) begin() {
	if s.now++; s.now == 0 {
		clear(s.at)
		s.now = 1
	}
	s.list = s.list[:0]
}

// see tells whether a point is new to this search.
func (s *searcher) see(i int32) bool {
	if s.at[i] == s.now {
		return false
	}
	s.at[i] = s.now
	return true
}

// keep puts a point into the list of the nearest, at most so many, and tells the place; -1 where it is too far.
func (s *searcher) keep(h hit, most int) int {
	n := len(s.list)
	if n == most {
		if last := s.list[n-1]; h.d > last.d || h.d == last.d && h.i > last.i {
			return -1
		}
		n--
	} else {
		s.list = append(s.list, h)
	}
	at := n
	for ; at > 0 && (s.list[at-1].d > h.d || s.list[at-1].d == h.d && s.list[at-1].i > h.i); at-- {
		s.list[at] = s.list[at-1]
	}
	s.list[at] = h
	return at
}

func (g *Graph) of(i int32, level int) []int32 {
	if level == 0 {
		return g.base[int(i)*2*g.links:][:g.count[i]]
	}
	return g.above[i][level-1]
}

// search walks a layer from the points in s.list to the nearest to q, most of them, which it leaves there.
func (g *Graph) search(q []float32, s *searcher, most, level int) {
	start := append([]hit(nil), s.list...)
	s.begin()
	for _, h := range start {
		s.see(h.i)
		s.keep(hit{h.i, false, h.d}, most)
	}
	for next := 0; next < len(s.list); {
		if s.list[next].expanded {
			next++
			continue
		}
		s.list[next].expanded = true
		from := s.list[next].i
		for _, j := range g.of(from, level) {
			if !s.see(j) {
				continue
			}
			if at := s.keep(hit{j, false, squared(q, g.p.Row(int(j)))}, most); at >= 0 {
				next = min(next, at)
			}
		}
	}
}

// descend leaves in s.list the nearest point to q that is found in layer down.
func (g *Graph) descend(q []float32, s *searcher, down int) {
	s.list = append(s.list[:0], hit{g.entry, false, squared(q, g.p.Row(int(g.entry)))})
	for level := int(g.level[g.entry]); level > down; level-- {
		g.search(q, s, 1, level)
	}
}

// candidates finds what a new point may be linked with, by layer from the lowest.
func (g *Graph) candidates(i int32) [][]hit {
	if g.entry < 0 {
		return nil
	}
	s := g.seen.Get().(*searcher)
	defer g.seen.Put(s)
	q := g.p.Row(int(i))
	top := min(int(g.level[i]), int(g.level[g.entry]))
	g.descend(q, s, top)
	out := make([][]hit, top+1)
	for level := top; level >= 0; level-- {
		g.search(q, s, g.build, level)
		out[level] = append([]hit(nil), s.list...)
	}
	return out
}

// insert links a point with the best of its candidates, both ways.
func (g *Graph) insert(i int32, found [][]hit) {
	for level, list := range found {
		for _, j := range g.choose(list, g.links) {
			g.link(i, j, level)
			g.link(j, i, level)
		}
	}
	if g.entry < 0 || g.level[i] > g.level[g.entry] {
		g.entry = i
	}
}

// choose takes candidates, nearest first, that are nearer to the point than to any that was taken before (algorithm 4 of the paper):
// links then lead into all directions.
func (g *Graph) choose(list []hit, most int) []int32 {
	out := make([]int32, 0, most)
	for _, h := range list {
		if len(out) == most {
			break
		}
		far := true
		for _, j := range out {
			if squared(g.p.Row(int(h.i)), g.p.Row(int(j))) < h.d {
				far = false
				break
			}
		}
		if far {
			out = append(out, h.i)
		}
	}
	return out
}

// link adds a link from i to j, and chooses anew where i has too many.
func (g *Graph) link(i, j int32, level int) {
	most := g.links
	if level == 0 {
		most *= 2
	}
	links := g.of(i, level)
	if len(links) < most {
		if level == 0 {
			g.base[int(i)*most+len(links)] = j
			g.count[i]++
		} else {
			g.above[i][level-1] = append(links, j)
		}
		return
	}
	s := searcher{}
	for _, k := range append(append(make([]int32, 0, most+1), links...), j) {
		s.keep(hit{k, false, squared(g.p.Row(int(i)), g.p.Row(int(k)))}, most+1)
	}
	chosen := g.choose(s.list, most)
	if level == 0 {
		copy(g.base[int(i)*most:], chosen)
		g.count[i] = int32(len(chosen))
	} else {
		g.above[i][level-1] = append(links[:0], chosen...)
	}
}

// Nearest gives up to k points that are nearest to q, nearest first, with their distances, out of wide that are looked at: the more,
// the surer. wide is k at least.
func (g *Graph) Nearest(q []float32, k, wide int) (index []int32, distance []float32) {
	s := g.seen.Get().(*searcher)
	defer g.seen.Put(s)
	g.descend(q, s, 0)
	g.search(q, s, max(wide, k), 0)
	for _, h := range s.list[:min(k, len(s.list))] {
		index = append(index, h.i)
		distance = append(distance, float32(math.Sqrt(float64(h.d))))
	}
	return index, distance
}

// All gives the k nearest other points of each point. Where the graph leads to fewer, the missing places hold the last that was
// found. k is at least 1 and less than the number of points.
func (g *Graph) All(ctx context.Context, k int) (*List, error) {
	if k < 1 || k >= g.p.N {
		return nil, fmt.Errorf("%d points have no %d neighbours each", g.p.N, k)
	}
	out := &List{N: g.p.N, K: k, Index: make([]int32, g.p.N*k), Distance: make([]float32, g.p.N*k)}
	parallel.Each((g.p.N+exactRows-1)/exactRows, func(strip int) {
		for i := strip * exactRows; i < min((strip+1)*exactRows, g.p.N) && ctx.Err() == nil; i++ {
			index, distance := g.Nearest(g.p.Row(i), k+1, max(4*k, 64))
			to, far := out.Of(i)
			n := 0
			for t, j := range index {
				if int(j) != i && n < k {
					to[n], far[n] = j, distance[t]
					n++
				}
			}
			for ; n < k; n++ {
				if n == 0 {
					to[0], far[0] = int32((i+1)%g.p.N), float32(math.Sqrt(float64(squared(g.p.Row(i), g.p.Row((i+1)%g.p.N)))))
				} else {
					to[n], far[n] = to[n-1], far[n-1]
				}
			}
		}
	})
	return out, ctx.Err()
}
