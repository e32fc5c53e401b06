package autolabel

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// suggestKey begins the settings of projects whose suggestions are switched off.
	suggestKey = "suggest-off:"
	// maxSuggest is how many images one question is about, maxShownClasses how many classes are named of each.
	maxSuggest      = 100
	maxShownClasses = 5
	maxWait         = 5 * time.Second
	// leastShown is the least probability of a class that is worth being named.
	leastShown = 0.02
)

// Suggest tells what a head says of some images that learns from the project's labels as they are given. The first question
// begins it; it embeds the images that were asked for first, then the others. While labels are too few, or the head is not
// ready yet, the answer says so. CodeNotFound when there is no such project.
func (s *Service) Suggest(ctx context.Context, project string, r domain.SuggestRequest) (domain.Suggestions, error) {
	none := domain.Suggestions{State: domain.SuggestOff, Items: []domain.Suggestion{}}
	if len(r.Assets) > maxSuggest {
		return none, domain.Errorf(domain.CodeInvalid, "Ask for at most %d images at a time, not %d.", maxSuggest, len(r.Assets)).In("assets")
	}
	if wait := time.Duration(r.WaitMS) * time.Millisecond; wait < 0 || wait > maxWait {
		return none, domain.Errorf(domain.CodeInvalid, "An answer waits 0 to %d milliseconds, not %d.", maxWait.Milliseconds(), r.WaitMS).In("wait_ms")
	}
	p, seq, err := s.cfg.Store.LabelSeq(ctx, project)
	if err != nil {
		return none, err
	}
	if p.Task == domain.TaskBoxes {
		none.Reason = "boxes"
		return none, nil
	}
	if on, err := s.Suggests(ctx, project); err != nil || !on {
		none.Reason = "switched_off"
		return none, err
	}
	assets, err := s.assetsInOrder(ctx, project, r.Assets)
	if err != nil {
		return none, err
	}
	l, err := s.liveOf(project)
	if err != nil {
		return none, err
	}
	l.ask(assets, seq)
	if r.WaitMS > 0 {
		l.await(ctx, time.Duration(r.WaitMS)*time.Millisecond, seq, assets)
	}
	return l.answer(ctx, assets)
}

// Suggests tells whether suggestions are on in a project.
func (s *Service) Suggests(ctx context.Context, project string) (bool, error) {
	value, _, err := s.cfg.Store.Setting(ctx, suggestKey+project)
	return value != "off", err
}

// SetSuggests switches the suggestions of a project on or off, for everybody.
func (s *Service) SetSuggests(ctx context.Context, project string, on bool) error {
	if _, err := s.cfg.Store.Project(ctx, project); err != nil {
		return err
	}
	if on {
		return s.cfg.Store.SetSetting(ctx, suggestKey+project, "")
	}
	if err := s.cfg.Store.SetSetting(ctx, suggestKey+project, "off"); err != nil {
		return err
	}
	s.lives.mu.Lock()
	l := s.lives.all[project]
	s.lives.mu.Unlock()
	if l != nil {
		l.end()
		<-l.ended
	}
	return nil
}

// assetsInOrder gives the assets of ids that the project has, in the order of ids.
func (s *Service) assetsInOrder(ctx context.Context, project string, ids []string) ([]domain.Asset, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	byID := make(map[string]domain.Asset, len(ids))
	err := s.cfg.Store.EachAsset(ctx, project, store.Query{Filter: domain.Filter{IDs: ids}}, func(page []domain.Asset) error {
		for _, a := range page {
			byID[a.ID] = a
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]domain.Asset, 0, len(byID))
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			out = append(out, a)
			delete(byID, id)
		}
	}
	return out, nil
}

// ask notes that somebody wants to know of assets, who has seen the label sequence seq.
func (l *live) ask(assets []domain.Asset, seq int64) {
	l.mu.Lock()
	l.asked, l.sought = time.Now(), max(l.sought, seq)
	if len(assets) > 0 {
		l.front = slices.Clone(assets)
	}
	l.mu.Unlock()
	l.wake()
}

// await waits until the labels up to seq are learnt and the first of assets is looked at, or is known not to be.
func (l *live) await(ctx context.Context, limit time.Duration, seq int64, assets []domain.Asset) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		l.mu.Lock()
		changed, learnt := l.changed, l.learnt >= seq
		idle := learnt && l.state.State != domain.SuggestReady && l.state.State != domain.SuggestLearning
		ready := learnt && l.state.State == domain.SuggestReady
		bad := len(assets) > 0 && l.failed[assets[0].SHA256] != nil
		l.mu.Unlock()
		if idle || ready && (bad || len(assets) == 0) {
			return
		}
		if ready {
			have, err := l.s.cfg.Store.HaveEmbeddings(ctx, l.backboneSHA(), []string{assets[0].SHA256})
			if err != nil || have[assets[0].SHA256] {
				return
			}
		}
		select {
		case <-changed:
		case <-timer.C:
			return
		case <-l.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (l *live) backboneSHA() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sha
}

func (l *live) answer(ctx context.Context, assets []domain.Asset) (domain.Suggestions, error) {
	shas := make([]string, len(assets))
	for i, a := range assets {
		shas[i] = a.SHA256
	}
	vectors := map[string][]float32{}
	if sha := l.backboneSHA(); sha != "" && len(shas) > 0 {
		var err error
		if vectors, err = l.s.cfg.Store.Embeddings(ctx, sha, shas); err != nil {
			return domain.Suggestions{}, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.state
	out.Items = []domain.Suggestion{}
	if out.State != domain.SuggestReady || l.head == nil {
		return out, nil
	}
	for _, a := range assets {
		v := vectors[a.SHA256]
		item := domain.Suggestion{AssetID: a.ID, Pending: v == nil && l.failed[a.SHA256] == nil}
		if v != nil {
			l.fillIn(&item, l.head.Scores(v))
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// fillIn puts what the head says into a suggestion. It is called with mu held.
func (l *live) fillIn(item *domain.Suggestion, scores []float64) {
	multi := l.task == domain.TaskMulti
	var seen []float64
	for c, p := range scores {
		if !l.usable[c] || l.classes[c].Archived {
			continue
		}
		seen = append(seen, p)
		item.Classes = append(item.Classes, domain.ClassScore{ClassID: l.index[c], Score: min(max(p, 0), 1)})
	}
	if len(seen) == 0 {
		return
	}
	slices.SortStableFunc(item.Classes, func(a, b domain.ClassScore) int { return cmp.Compare(b.Score, a.Score) })
	item.Confidence = metrics.Confidence(seen, multi)
	item.Take = []string{}
	for i, c := range item.Classes {
		if multi && c.Score >= domain.TakeFrom || !multi && i == 0 {
			item.Take = append(item.Take, c.ClassID)
		}
	}
	keep := max(len(item.Take), 1)
	for keep < min(len(item.Classes), maxShownClasses) && item.Classes[keep].Score >= leastShown {
		keep++
	}
	item.Classes = item.Classes[:keep]
}
