//go:build !js

package autolabel

import (
	"cmp"
	"context"
	"fmt"
	"math/rand"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// graphDims is how many directions of embeddings a graph is made in: what it finds is compared by whole embeddings.
	graphDims = 128
	// graphNear is how many images are found.
	graphNear = 1000
	// graphFresh is how many images that came after a graph are compared beside it, before it is made anew.
	graphFresh = 5000
	// pointBytes is about what a graph takes for a point beside its numbers.
	pointBytes = 250
)

// likeGraph is a graph of a project's images, while it is made and then.
type likeGraph struct {
	backbone string // SHA-256
	bytes    int
	ready    *graphPoints // under similar.mu; nil until it is made first
	making   bool
	begun    time.Time
	forget   *time.Timer
}

// graphPoints is what a graph was made of.
type graphPoints struct {
	shas  []string // by point
	have  map[string]bool
	flat  *cluster.Projection // nil where embeddings have no more than graphDims numbers
	graph *neighbours.Graph
}

// graph gives the project's graph and which of assets came after it; nil while there is none. Where there is none, or it is old, one is
// made in the background.
func (s *Service) graph(project, backbone string, dims int, assets []domain.Asset) (g *graphPoints, fresh map[string]bool) {
	k := &s.similar
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.graphs[project]
	if l == nil || l.backbone != backbone {
		l = &likeGraph{backbone: backbone}
		if k.graphs == nil {
			k.graphs = map[string]*likeGraph{}
		}
		k.graphs[project] = l
		l.forget = time.AfterFunc(similarKept, func() { k.dropGraph(project, l) })
	}
	l.forget.Reset(similarKept)
	if g = l.ready; g != nil {
		fresh = map[string]bool{}
		for _, a := range assets {
			if !g.have[a.SHA256] {
				fresh[a.SHA256] = true
			}
		}
		if len(fresh) <= graphFresh/2 {
			return g, fresh
		}
	}
	// what was not embedded is not in a graph that was just made either
	again := l.begun.IsZero() || time.Since(l.begun) > similarKept
	if again && !l.making && k.holds(l, len(assets)*(4*min(graphDims, dims)+pointBytes)) {
		l.begun = time.Now()
		l.making = s.beside(func(ctx context.Context) {
			made, err := s.makeGraph(ctx, project, backbone)
			if err != nil && ctx.Err() == nil {
				s.log.Warn("the graph of a project's images could not be made", "project", project, "error", err)
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			if l.making = false; err == nil {
				l.ready = made
			}
		})
	}
	if len(fresh) > graphFresh {
		return nil, nil
	}
	return g, fresh
}

// holds tells whether there is memory for a graph of so many bytes, and lets l take it.
func (k *similar) holds(l *likeGraph, bytes int) bool {
	total := bytes
	for _, other := range k.graphs {
		if other != l {
			total += other.bytes
		}
	}
	if total > k.memory() {
		return false
	}
	l.bytes = bytes
	return true
}

func (k *similar) dropGraph(project string, l *likeGraph) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.graphs[project] == l {
		delete(k.graphs, project)
	}
}

// beside runs f in the background, unless the service is closed.
func (s *Service) beside(f func(ctx context.Context)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Go(func() { f(s.ctx) })
	return true
}

// makeGraph links all images of a project that were embedded.
func (s *Service) makeGraph(ctx context.Context, project, backbone string) (*graphPoints, error) {
	var assets []domain.Asset
	err := s.cfg.Store.EachAsset(ctx, project, store.Query{}, func(page []domain.Asset) error {
		for _, a := range page {
			assets = append(assets, domain.Asset{SHA256: a.SHA256})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	g := &graphPoints{have: make(map[string]bool, len(assets))}
	if g.flat, err = s.directions(ctx, backbone, assets); err != nil {
		return nil, err
	}
	var p cluster.Points
	err = s.eachEmbedding(ctx, backbone, assets, func(i int, x []float32) {
		if x == nil || g.have[assets[i].SHA256] {
			return
		}
		toUnit(x)
		if x = g.of(x); p.D == 0 {
			p.D = len(x)
		}
		if len(x) == p.D {
			p.X, p.N = append(p.X, x...), p.N+1
			g.shas, g.have[assets[i].SHA256] = append(g.shas, assets[i].SHA256), true
		}
	})
	if err != nil {
		return nil, err
	}
	if p.N == 0 {
		return nil, fmt.Errorf("none of the project's %d images was embedded", len(assets))
	}
	g.graph, err = neighbours.NewGraph(ctx, p, neighbours.GraphOptions{}, nil)
	return g, err
}

// directions learns those in which a sample of images varies most.
func (s *Service) directions(ctx context.Context, backbone string, assets []domain.Asset) (*cluster.Projection, error) {
	const sample = 1024
	some := make([]domain.Asset, 0, sample)
	for _, i := range rand.New(rand.NewSource(1)).Perm(len(assets))[:min(sample, len(assets))] { //nolint:gosec // no secret
		some = append(some, assets[i])
	}
	var p cluster.Points
	err := s.eachEmbedding(ctx, backbone, some, func(_ int, x []float32) {
		if p.D == 0 {
			p.D = len(x)
		}
		if x != nil && len(x) == p.D {
			toUnit(x)
			p.X, p.N = append(p.X, x...), p.N+1
		}
	})
	if err != nil || p.D <= graphDims {
		return nil, err
	}
	return cluster.Learn(ctx, p, graphDims, 1, nil)
}

// of gives the point of an embedding of length one.
func (g *graphPoints) of(x []float32) []float32 {
	if g.flat == nil {
		return x
	}
	return g.flat.Of(cluster.Points{X: x, N: 1, D: len(x)}).X
}

// inGraph lists the images that a graph finds, and those that came after it, by likeness, and then the others in their order.
func (s *Service) inGraph(ctx context.Context, g *graphPoints, fresh map[string]bool, e example, assets []domain.Asset) ([]string, error) {
	found := map[string]bool{e.asset.SHA256: true}
	most := cmp.Or(s.similar.near, graphNear)
	index, _ := g.graph.Nearest(g.of(e.x), most, most)
	for _, i := range index {
		found[g.shas[i]] = true
	}
	var near []domain.Asset
	var rest []string
	for _, a := range assets {
		if found[a.SHA256] || fresh[a.SHA256] {
			near = append(near, a)
		} else {
			rest = append(rest, a.ID)
		}
	}
	ids, err := s.rank(ctx, near, e.ranking())
	return append(ids, rest...), err
}
