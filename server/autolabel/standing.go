package autolabel

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// MapStanding tells how the images of a project's map stand now: their labels and, with judged, what the head that learns from them says
// of them, or the newest model. CodeNotFound when there is no map; with judged, CodeConflict when there is neither head nor model.
func (s *Service) MapStanding(ctx context.Context, project string, judged bool) (domain.MapStanding, error) {
	m, err := s.ImageMap(ctx, project)
	if err != nil {
		return domain.MapStanding{}, err
	}
	p, seq, err := s.cfg.Store.LabelSeq(ctx, project)
	if err != nil {
		return domain.MapStanding{}, err
	}
	out := domain.MapStanding{Map: m.ID, Classes: make([]string, len(p.Classes)), Label: make([]int, len(m.Assets)), Model: []int{}, Doubt: []int{}}
	index := make(map[string]int, len(p.Classes))
	for i, c := range p.Classes {
		out.Classes[i], index[c.ID] = c.ID, i
	}
	var j *judge
	if judged {
		if j, err = s.awaitJudge(ctx, p, seq, maxWait); err != nil {
			return domain.MapStanding{}, err
		}
		out.Model, out.Doubt = make([]int, len(m.Assets)), make([]int, len(m.Assets))
	}
	for at := 0; at < len(m.Assets); at += orderChunk {
		end := min(at+orderChunk, len(m.Assets))
		if err := s.stand(ctx, project, m.Assets[at:end], &out, at, index, j); err != nil {
			return domain.MapStanding{}, err
		}
	}
	return out, nil
}

// awaitJudge gives the head of a project after it has learnt what there is, if that does not take longer than limit.
func (s *Service) awaitJudge(ctx context.Context, p domain.Project, seq int64, limit time.Duration) (*judge, error) {
	l, err := s.liveOf(p.ID)
	if err != nil {
		return nil, err
	}
	l.want()
	l.ask(nil, seq)
	l.await(ctx, limit, seq, nil)
	j, err := s.judge(ctx, l, p)
	return &j, err
}

// stand fills in the places from at for the images ids.
func (s *Service) stand(ctx context.Context, project string, ids []string, out *domain.MapStanding, at int, index map[string]int, j *judge) error {
	assets := make(map[string]domain.Asset, len(ids))
	var shas []string
	err := s.cfg.Store.EachAsset(ctx, project, store.Query{Filter: domain.Filter{IDs: ids}, Limit: orderChunk}, func(page []domain.Asset) error {
		for _, a := range page {
			assets[a.ID] = a
			shas = append(shas, a.SHA256)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var vectors map[string][]float32
	if j != nil {
		if vectors, err = s.cfg.Store.Embeddings(ctx, j.backbone, shas); err != nil {
			return err
		}
	}
	for i, id := range ids {
		a, there := assets[id]
		out.Label[at+i] = domain.MapGone
		if there {
			out.Label[at+i] = placeOfLabel(a.Label, index)
		}
		if j != nil {
			out.Model[at+i], out.Doubt[at+i] = j.stand(a, vectors[a.SHA256], index)
		}
	}
	return nil
}

func placeOfLabel(l domain.Label, index map[string]int) int {
	if l.State != domain.StateLabelled && l.State != domain.StateAuto {
		return domain.MapNone
	}
	switch classes := distinctClasses(l); len(classes) {
	case 0:
		return domain.MapNone
	case 1:
		if i, ok := index[classes[0]]; ok {
			return i
		}
		return domain.MapNone
	}
	return domain.MapSeveral
}

// stand gives the most probable class of an image and the doubt of domain.MapStanding.
func (j *judge) stand(a domain.Asset, x []float32, index map[string]int) (class, doubt int) {
	if x == nil {
		return domain.MapNone, domain.MapNone
	}
	scores := j.scores(a, x)
	if len(scores) == 0 {
		return domain.MapNone, domain.MapNone
	}
	class = domain.MapNone
	if i, ok := index[j.classes[slices.Index(scores, slices.Max(scores))]]; ok {
		class = i
	}
	place := placeOf(domain.SortDisagreement, a.Label, scores, j.classes, j.multi)
	if !j.multi { // the given class less the best other: from 1 to -1
		place = (place + 1) / 2
	}
	if math.IsNaN(place) {
		place = placeOf(domain.SortUncertainty, a.Label, scores, j.classes, j.multi)
	}
	return class, int(math.Round(1000 * (1 - min(max(place, 0), 1))))
}
