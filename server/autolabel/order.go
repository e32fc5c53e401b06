package autolabel

import (
	"context"
	"math"
	"slices"
	"sort"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// orderChunk is how many embeddings are held at a time.
const orderChunk = 500

// Order lists the ids of what a filter selects by what the head that learns from the project's labels says, or while there is
// none the newest model: domain.SortUncertainty, domain.SortDisagreement; or, domain.SortSimilarity, by likeness to the asset
// to (of 100,000 and more only the nearest, on servers); or, domain.SortUseful, by what their labels would teach. Assets of which nothing is known, as those that were not embedded yet,
// come last, as imported or, for SortUseful, by chance; asking lets them be embedded in the background, of which Suggest tells.
// CodeConflict when there is neither a head nor a model and the order needs one.
func (s *Service) Order(ctx context.Context, project string, f domain.Filter, order, to string) ([]string, error) {
	p, seq, err := s.cfg.Store.LabelSeq(ctx, project)
	if err != nil {
		return nil, err
	}
	l, err := s.liveOf(project)
	if err != nil {
		return nil, err
	}
	l.want()
	l.ask(nil, seq)
	if order != domain.SortSimilarity {
		l.await(ctx, maxWait, seq, nil)
	}
	var assets []domain.Asset
	err = s.cfg.Store.EachAsset(ctx, project, store.Query{Filter: f}, func(page []domain.Asset) error {
		assets = append(assets, page...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch order {
	case domain.SortUseful:
		return s.useful(ctx, l, p, assets)
	case domain.SortSimilarity:
		return s.alike(ctx, project, assets, to)
	}
	j, err := s.judge(ctx, l, p)
	if err != nil {
		return nil, err
	}
	return s.rank(ctx, assets, j.ranking(order))
}

// ranking gives assets their places: the lower, the earlier; NaN for those of which nothing is known.
type ranking struct {
	backbone string // SHA-256
	place    func(a domain.Asset, x []float32) float64
}

func (s *Service) rank(ctx context.Context, assets []domain.Asset, r ranking) ([]string, error) {
	ids, places := make([]string, len(assets)), make([]float64, len(assets))
	for at := 0; at < len(assets); at += orderChunk {
		part := assets[at:min(at+orderChunk, len(assets))]
		shas := make([]string, len(part))
		for i, a := range part {
			shas[i] = a.SHA256
		}
		vectors, err := s.cfg.Store.Embeddings(ctx, r.backbone, shas)
		if err != nil {
			return nil, err
		}
		for i, a := range part {
			ids[at+i], places[at+i] = a.ID, math.NaN()
			if v := vectors[a.SHA256]; v != nil {
				places[at+i] = r.place(a, v)
			}
		}
		breathe()
	}
	sort.Stable(ranked{ids, places})
	return ids, nil
}

// ranked sorts ids by their places.
type ranked struct {
	ids    []string
	places []float64
}

// Len implements sort.Interface.
func (r ranked) Len() int { return len(r.ids) }

// Swap implements sort.Interface.
func (r ranked) Swap(i, k int) {
	r.ids[i], r.ids[k] = r.ids[k], r.ids[i]
	r.places[i], r.places[k] = r.places[k], r.places[i]
}

// Less implements sort.Interface.
func (r ranked) Less(i, k int) bool {
	return r.places[i] < r.places[k] || !math.IsNaN(r.places[i]) && math.IsNaN(r.places[k])
}

// judge gives the scores of the classes for an image: of the live head, else of the newest model. scores is nil where it cannot.
type judge struct {
	backbone string   // SHA-256
	classes  []string // ids of the scores
	multi    bool
	scores   func(a domain.Asset, x []float32) []float64
}

// ranking orders by what the judge says.
func (j judge) ranking(order string) ranking {
	return ranking{j.backbone, func(a domain.Asset, x []float32) float64 {
		scores := j.scores(a, x)
		if scores == nil {
			return math.NaN()
		}
		return placeOf(order, a.Label, scores, j.classes, j.multi)
	}}
}

// judge gives the head that says of images what they show: the live one, else that of the newest model.
func (s *Service) judge(ctx context.Context, l *live, p domain.Project) (judge, error) {
	if p.Task == domain.TaskBoxes {
		return judge{}, domain.Errorf(domain.CodeUnsupported, "Boxes are not learnt, so nothing is known of how sure they are.").In("sort")
	}
	l.mu.Lock()
	head, sha, index := l.head, l.sha, l.index
	l.mu.Unlock()
	multi := p.Task == domain.TaskMulti
	if head != nil {
		return judge{sha, index, multi, func(a domain.Asset, x []float32) []float64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			if held, ok := head.Held(a.ID); ok {
				return held
			}
			return head.Scores(x)
		}}, nil
	}
	models, err := s.cfg.Store.Models(ctx, p.ID)
	if err != nil {
		return judge{}, err
	}
	if len(models) == 0 {
		return judge{}, domain.Errorf(domain.CodeConflict,
			"There is no head yet that could tell: label %d images each of two classes, or train a model.", domain.MinSuggest).In("sort")
	}
	a := &applying{s: s, project: p, model: models[0]}
	if err := a.open(ctx); err != nil {
		return judge{}, err
	}
	ids := make([]string, len(a.model.Classes))
	for i, c := range a.model.Classes {
		ids[i] = c.ID
	}
	return judge{a.backbone.SHA256, ids, multi, func(_ domain.Asset, x []float32) []float64 {
		if len(x) != a.head.D {
			return nil
		}
		return a.head.Scores(x)
	}}, nil
}

// placeOf is how sure scores are, or how far they bear out a label that is there: the less the earlier.
func placeOf(order string, l domain.Label, scores []float64, classes []string, multi bool) float64 {
	if order == domain.SortUncertainty {
		return metrics.Confidence(scores, multi)
	}
	if l.State != domain.StateLabelled && l.State != domain.StateAuto {
		return math.NaN()
	}
	given := distinctClasses(l)
	if multi { // by the answer that is least borne out
		least := 1.0
		for c, p := range scores {
			if !slices.Contains(given, classes[c]) {
				p = 1 - p
			}
			least = min(least, p)
		}
		return least
	}
	own, other := math.NaN(), 0.0
	for c, p := range scores {
		if slices.Contains(given, classes[c]) {
			own = p
		} else {
			other = max(other, p)
		}
	}
	return own - other
}
