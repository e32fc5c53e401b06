//go:build !js

package autolabel

import (
	"cmp"
	"context"
	"math"
	"runtime/debug"
	"sort"
	"sync"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
	"github.com/irum-app/irum/server/domain"
)

const (
	// similarBytes is how much memory embeddings and graphs of all projects may take, and similarKept how long after the last question
	// those of a project stay. Where the process has a memory limit (GOMEMLIMIT) they take a quarter of it at most.
	similarBytes = 768 << 20
	similarKept  = 10 * time.Minute
	// vectorBlock is how many embeddings are multiplied at a time.
	vectorBlock = 4096
)

// similar is what a server keeps to find images that are like one: the embeddings of projects below neighbours.GraphFrom images, of
// which every one is compared, and graphs of those above.
type similar struct {
	mu      sync.Mutex
	vectors map[string]*vectors // by project
	graphs  map[string]*likeGraph
	from    int // images from which a graph is searched; neighbours.GraphFrom where it is 0
	near    int // images that it finds; graphNear where it is 0
}

// alike lists assets by likeness to the asset to. Of neighbours.GraphFrom and more only the nearest thousand are in that order, once a
// graph is there; until then all are compared.
func (s *Service) alike(ctx context.Context, project string, assets []domain.Asset, to string) ([]string, error) {
	e, err := s.example(ctx, project, to)
	if err != nil {
		return nil, err
	}
	if len(assets) >= cmp.Or(s.similar.from, neighbours.GraphFrom) {
		if g, fresh := s.graph(project, e.backbone, len(e.x), assets); g != nil {
			return s.inGraph(ctx, g, fresh, e, assets)
		}
		return s.rank(ctx, assets, e.ranking())
	}
	v := s.similar.vectorsOf(project, e.backbone, len(e.x))
	ids, ok, err := v.rank(ctx, s, e, assets)
	if ok || err != nil {
		return ids, err
	}
	return s.rank(ctx, assets, e.ranking())
}

// vectors are embeddings of a project's images, of length one.
type vectors struct {
	backbone string // SHA-256
	dims     int
	bytes    int // under similar.mu: what they may take
	used     time.Time
	forget   *time.Timer

	mu     sync.Mutex
	rows   map[string]int // by the image's SHA-256
	blocks []cluster.Points
}

func (k *similar) vectorsOf(project, backbone string, dims int) *vectors {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.vectors[project]
	if v == nil || v.backbone != backbone || v.dims != dims {
		if v != nil {
			v.forget.Stop()
		}
		v = &vectors{backbone: backbone, dims: dims, rows: map[string]int{}}
		if k.vectors == nil {
			k.vectors = map[string]*vectors{}
		}
		k.vectors[project] = v
		v.forget = time.AfterFunc(similarKept, func() { k.drop(project, v) })
	}
	v.used = time.Now()
	v.forget.Reset(similarKept)
	return v
}

func (k *similar) drop(project string, v *vectors) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.vectors[project] == v {
		delete(k.vectors, project)
	}
}

// memory is what all may take together.
func (k *similar) memory() int {
	return int(min(similarBytes, debug.SetMemoryLimit(-1)/4))
}

// reserve lets v take so many bytes, for which others are forgotten that were not used for long; false where that is too much.
func (k *similar) reserve(v *vectors, bytes int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	limit := k.memory()
	if bytes > limit {
		return false
	}
	for {
		total, oldest := bytes, ""
		for project, other := range k.vectors {
			if other == v {
				continue
			}
			total += other.bytes
			if oldest == "" || other.used.Before(k.vectors[oldest].used) {
				oldest = project
			}
		}
		for _, g := range k.graphs {
			total += g.bytes
		}
		if total <= limit {
			v.bytes = bytes
			return true
		}
		if oldest == "" {
			return false
		}
		delete(k.vectors, oldest)
	}
}

// rank lists assets by their cosines with the example; ok is false where there is no memory for them.
func (v *vectors) rank(ctx context.Context, s *Service, e example, assets []domain.Asset) (ids []string, ok bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var missing []domain.Asset
	for _, a := range assets {
		if _, ok := v.rows[a.SHA256]; !ok {
			missing = append(missing, a)
		}
	}
	if !s.similar.reserve(v, 4*v.dims*(len(v.rows)+len(missing))) {
		return nil, false, nil
	}
	err = s.eachEmbedding(ctx, v.backbone, missing, func(i int, x []float32) { v.add(missing[i].SHA256, x) })
	if err != nil {
		return nil, false, err
	}
	cosines := make([]float32, len(v.rows))
	for b, p := range v.blocks {
		neighbours.Inner(cosines[b*vectorBlock:][:p.N], p, e.x)
	}
	ids, places := make([]string, len(assets)), make([]float64, len(assets))
	for i, a := range assets {
		ids[i], places[i] = a.ID, math.NaN()
		if row, ok := v.rows[a.SHA256]; ok {
			places[i] = -float64(cosines[row])
		}
		if a.ID == e.asset.ID {
			places[i] = math.Inf(-1)
		}
	}
	sort.Stable(ranked{ids, places})
	return ids, true, nil
}

// add keeps an embedding; nil, or one of another size, is none.
func (v *vectors) add(sha string, x []float32) {
	if _, ok := v.rows[sha]; ok || len(x) != v.dims {
		return
	}
	if last := len(v.blocks) - 1; last < 0 || v.blocks[last].N == vectorBlock {
		v.blocks = append(v.blocks, cluster.Points{D: v.dims})
	}
	b := &v.blocks[len(v.blocks)-1]
	b.X = append(b.X, x...)
	toUnit(b.Row(b.N)[:v.dims])
	b.N++
	v.rows[sha] = len(v.rows)
}
