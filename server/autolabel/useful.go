package autolabel

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sort"
	"time"

	"github.com/irum-app/irum/engine/active"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// maxCompared is how many labelled images the next ones should add to.
	maxCompared = 500
	// heldBy is how long what one person was handed out is not handed to others.
	heldBy = 10 * time.Minute
)

// useful orders images by how much their labels would teach the head (active.Order); those that have a label come last.
func (s *Service) useful(ctx context.Context, l *live, p domain.Project, assets []domain.Asset) ([]string, error) {
	open, rest := make([]domain.Asset, 0, len(assets)), []string{}
	for _, a := range assets {
		if a.Label.State == domain.StateLabelled {
			rest = append(rest, a.ID)
		} else {
			open = append(open, a)
		}
	}
	picks, err := s.picks(ctx, l, p, open, active.Batches)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(assets))
	for _, pick := range picks {
		ids = append(ids, open[pick.Image].ID)
	}
	return append(ids, rest...), nil
}

// Useful hands out the images whose labels would teach the most, of those that wait for one: a batch of active.Order, which is kept
// (store.KeepPicks) so that Saving can tell what it was good for. What somebody else was handed a moment ago is left out.
func (s *Service) Useful(ctx context.Context, project string) (domain.UsefulBatch, error) {
	out := domain.UsefulBatch{Items: []domain.Asset{}}
	p, seq, err := s.cfg.Store.LabelSeq(ctx, project)
	if err != nil {
		return out, err
	}
	l, err := s.liveOf(project)
	if err != nil {
		return out, err
	}
	l.want()
	l.ask(nil, seq)
	l.await(ctx, maxWait, seq, nil)
	held, err := s.heldByOthers(ctx, project)
	if err != nil {
		return out, err
	}
	var open []domain.Asset
	q := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateUnlabelled}}}
	err = s.cfg.Store.EachAsset(ctx, project, q, func(page []domain.Asset) error {
		for _, a := range page {
			if !held[a.ID] {
				open = append(open, a)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	picks, err := s.picks(ctx, l, p, open, 1)
	if err != nil {
		return out, err
	}
	var kept []store.Pick
	for _, pick := range picks[:min(active.Batch, len(picks))] {
		out.Items = append(out.Items, open[pick.Image])
		kept = append(kept, store.Pick{AssetID: open[pick.Image].ID, Chance: pick.Chance})
	}
	return out, s.cfg.Store.KeepPicks(ctx, project, domain.ActorOf(ctx).ID, kept)
}

// heldByOthers gives what somebody else was handed lately.
func (s *Service) heldByOthers(ctx context.Context, project string) (map[string]bool, error) {
	picks, err := s.cfg.Store.Picks(ctx, project)
	if err != nil {
		return nil, err
	}
	out, me := map[string]bool{}, domain.ActorOf(ctx).ID
	for _, pick := range picks {
		if pick.Actor != me && time.Since(pick.At) < heldBy {
			out[pick.AssetID] = true
		}
	}
	return out, nil
}

// picks orders images without a label.
func (s *Service) picks(ctx context.Context, l *live, p domain.Project, open []domain.Asset, batches int) ([]active.Pick, error) {
	j, err := s.judge(ctx, l, p)
	if problem := (*domain.Problem)(nil); errors.As(err, &problem) && problem.Code == domain.CodeConflict {
		b, err := s.backbone(ctx, "")
		if err != nil {
			return nil, err
		}
		j = judge{backbone: b.SHA256, multi: p.Task == domain.TaskMulti}
		for _, c := range p.Classes {
			j.classes = append(j.classes, c.ID)
		}
	} else if err != nil {
		return nil, err
	}
	c := active.Candidates{Images: make([]active.Image, len(open)), Classes: len(j.classes), Multi: j.multi, Chance: byChance(open), Batches: batches}
	some, embedded := make([]domain.Asset, 0, len(open)), 0
	for _, i := range c.Chance {
		some = append(some, open[i])
	}
	for at := 0; at < len(some) && embedded < active.MaxCandidates; at += orderChunk {
		part := some[at:min(at+orderChunk, len(some))]
		err := s.eachEmbedding(ctx, j.backbone, part, func(k int, x []float32) {
			if x == nil {
				return
			}
			image := &c.Images[c.Chance[at+k]]
			image.X = x
			if j.scores != nil {
				image.Scores = j.scores(part[k], x)
			}
			embedded++
		})
		if err != nil {
			return nil, err
		}
	}
	labelled, err := s.compared(ctx, p.ID, j)
	if err != nil {
		return nil, err
	}
	c.Images = append(c.Images, labelled...)
	return active.Order(ctx, c)
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

// compared gives labelled images, by chance where there are many.
func (s *Service) compared(ctx context.Context, project string, j judge) (out []active.Image, err error) {
	var labelled []domain.Asset
	q := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}}
	err = s.cfg.Store.EachAsset(ctx, project, q, func(page []domain.Asset) error {
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
	err = s.eachEmbedding(ctx, j.backbone, some, func(k int, x []float32) {
		image := active.Image{X: x, Labelled: true, Class: -1}
		if given := distinctClasses(some[k].Label); len(given) == 1 {
			image.Class = slices.Index(j.classes, given[0])
		}
		out = append(out, image)
	})
	return out, err
}
