package autolabel

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"math"
	"slices"
	"sort"

	"github.com/irum-app/irum/engine/active"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// maxCompared is how many labelled images the next ones should be unlike.
const maxCompared = 500

// useful orders images by how much their labels would teach the head (active.Order); those that have a label come last. While there is no
// head, images that were embedded come first, unlike each other.
func (s *Service) useful(ctx context.Context, l *live, p domain.Project, assets []domain.Asset) ([]string, error) {
	j, err := s.judge(ctx, l, p)
	if problem := (*domain.Problem)(nil); errors.As(err, &problem) && problem.Code == domain.CodeConflict {
		b, err := s.backbone(ctx, "")
		if err != nil {
			return nil, err
		}
		j = judge{backbone: b.SHA256}
	} else if err != nil {
		return nil, err
	}
	c := active.Candidates{Margin: make([]float64, len(assets)), Chance: byChance(assets)}
	slices.SortStableFunc(c.Chance, func(a, b int) int { // labelled ones last
		return cmp.Compare(labelledRank(assets[a]), labelledRank(assets[b]))
	})
	err = s.eachEmbedding(ctx, j.backbone, assets, func(i int, x []float32) {
		c.Margin[i] = j.margin(assets[i], x)
	})
	if err != nil {
		return nil, err
	}
	front, err := s.front(ctx, j.backbone, assets, c)
	if err != nil {
		return nil, err
	}
	c.Embedding = func(i int) []float32 { return front[i] }
	if c.Labelled, err = s.compared(ctx, p.ID, j.backbone); err != nil {
		return nil, err
	}
	order, err := active.Order(c)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(order))
	for at, i := range order {
		ids[at] = assets[i].ID
	}
	return ids, nil
}

// labelledRank is 1 for images that have a label.
func labelledRank(a domain.Asset) int {
	if a.Label.State == domain.StateLabelled {
		return 1
	}
	return 0
}

// margin is that of active.Margin; NaN for images that have a label or of which nothing is known, 0 where there is no head.
func (j judge) margin(a domain.Asset, x []float32) float64 {
	if x == nil || a.Label.State == domain.StateLabelled {
		return math.NaN()
	}
	if j.scores == nil {
		return 0
	}
	scores := j.scores(a, x)
	if len(scores) == 0 {
		return math.NaN()
	}
	return active.Margin(scores, j.multi)
}

// byChance orders images by a number that their id gives: by chance, and the same every time, so that it can be told later which of the
// labelled images are a sample by chance.
func byChance(assets []domain.Asset) []int {
	order, number := make([]int, len(assets)), make([]uint64, len(assets))
	for i, a := range assets {
		h := fnv.New64a()
		_, _ = h.Write([]byte(a.ID)) // never fails
		v := h.Sum64()
		v ^= v >> 33 // the last bytes of an id hardly reach the first bits otherwise
		v *= 0xff51afd7ed558ccd
		order[i], number[i] = i, v^v>>33
	}
	sort.Slice(order, func(a, b int) bool {
		x, y := order[a], order[b]
		return number[x] < number[y] || number[x] == number[y] && assets[x].ID < assets[y].ID
	})
	return order
}

// eachEmbedding calls f for every asset, with nil for those that are not embedded.
func (s *Service) eachEmbedding(ctx context.Context, backbone string, assets []domain.Asset, f func(i int, x []float32)) error {
	for at := 0; at < len(assets); at += orderChunk {
		part := assets[at:min(at+orderChunk, len(assets))]
		shas := make([]string, len(part))
		for i, a := range part {
			shas[i] = a.SHA256
		}
		vectors, err := s.cfg.Store.Embeddings(ctx, backbone, shas)
		if err != nil {
			return err
		}
		for i, a := range part {
			f(at+i, vectors[a.SHA256])
		}
		breathe()
	}
	return nil
}

// front gives the embeddings of the images of least margin, by place in assets.
func (s *Service) front(ctx context.Context, backbone string, assets []domain.Asset, c active.Candidates) (map[int][]float32, error) {
	place := make([]int, len(assets))
	for at, i := range c.Chance {
		place[i] = at
	}
	var known []int
	for i, m := range c.Margin {
		if !math.IsNaN(m) {
			known = append(known, i)
		}
	}
	sort.Slice(known, func(a, b int) bool {
		x, y := known[a], known[b]
		return c.Margin[x] < c.Margin[y] || c.Margin[x] == c.Margin[y] && place[x] < place[y]
	})
	known = known[:min(len(known), active.Wanted)]
	some := make([]domain.Asset, len(known))
	for k, i := range known {
		some[k] = assets[i]
	}
	out := make(map[int][]float32, len(known))
	return out, s.eachEmbedding(ctx, backbone, some, func(k int, x []float32) { out[known[k]] = x })
}

// compared gives the embeddings of labelled images, by chance where there are many.
func (s *Service) compared(ctx context.Context, project, backbone string) ([][]float32, error) {
	var labelled []domain.Asset
	q := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}}
	err := s.cfg.Store.EachAsset(ctx, project, q, func(page []domain.Asset) error {
		labelled = append(labelled, page...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var some []domain.Asset
	for _, i := range byChance(labelled)[:min(len(labelled), maxCompared)] {
		some = append(some, labelled[i])
	}
	var out [][]float32
	err = s.eachEmbedding(ctx, backbone, some, func(_ int, x []float32) { out = append(out, x) })
	return slices.DeleteFunc(out, func(x []float32) bool { return x == nil }), err
}
