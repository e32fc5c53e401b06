package autolabel

import (
	"context"
	"slices"

	"github.com/irum-app/irum/engine/active"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Saving tells how many labels the queue of the most useful images (Useful) has spared a project, by the share of it that chance chose
// (active.Saved). It trains some dozens of small heads.
func (s *Service) Saving(ctx context.Context, project string) (domain.Saving, error) {
	out := domain.Saving{Wanted: active.LeastByChance, Every: active.Batch / active.ByChance, Points: []domain.SavingPoint{}}
	p, err := s.cfg.Store.Project(ctx, project)
	if err != nil {
		return out, err
	}
	if p.Task == domain.TaskBoxes {
		return out, domain.Errorf(domain.CodeUnsupported, "Boxes are not learnt as you label, so there is no order by what they would teach.")
	}
	picks, err := s.cfg.Store.Picks(ctx, project)
	if err != nil {
		return out, err
	}
	answers, before, err := s.answers(ctx, p, picks)
	if err != nil {
		return out, err
	}
	for _, a := range answers {
		if out.Picked++; a.Chance {
			out.Chance++
		}
	}
	saved, err := active.Saved(ctx, answers, before, len(p.Classes), p.Task == domain.TaskMulti, breathe)
	if err != nil || saved == nil {
		return out, err
	}
	out.Known, out.Accuracy, out.Queue, out.Same, out.Low, out.High = true, saved.Accuracy, saved.Queue, saved.Chance, saved.Low, saved.High
	for _, v := range saved.Points {
		out.Points = append(out.Points, domain.SavingPoint{Labels: v.Labels, Queue: v.Queue, Chance: max(v.Chance, 0), Both: v.Chance >= 0})
	}
	return out, nil
}

// answers gives the labels that picks have got, in the order of picks, and those of other images that are older than the first of them.
func (s *Service) answers(ctx context.Context, p domain.Project, picks []store.Pick) (answers []active.Answer, before []train.LiveImage, err error) {
	if len(picks) == 0 {
		return nil, nil, nil
	}
	b, err := s.backbone(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	picked := map[string]bool{}
	for _, pick := range picks {
		picked[pick.AssetID] = true
	}
	labelled, older := map[string]domain.Asset{}, []domain.Asset{}
	q := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}}
	err = s.cfg.Store.EachAsset(ctx, p.ID, q, func(page []domain.Asset) error {
		for _, a := range page {
			switch {
			case picked[a.ID]:
				labelled[a.ID] = a
			case a.Label.UpdatedAt.Before(picks[0].At):
				older = append(older, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var given []domain.Asset
	var chance []bool
	for _, pick := range picks {
		if a, ok := labelled[pick.AssetID]; ok {
			given, chance = append(given, a), append(chance, pick.Chance)
		}
	}
	add := func(list []domain.Asset, f func(i int, image train.LiveImage)) error {
		return s.eachEmbedding(ctx, b.SHA256, list, func(i int, x []float32) {
			if label, ok := lessonOf(p, list[i]); ok && x != nil {
				f(i, train.LiveImage{Key: list[i].ID, X: x, Label: label})
			}
		})
	}
	err = add(given, func(i int, image train.LiveImage) {
		answers = append(answers, active.Answer{LiveImage: image, Chance: chance[i]})
	})
	if err != nil {
		return nil, nil, err
	}
	var some []domain.Asset
	for _, i := range byChance(older)[:min(len(older), train.LiveBase)] {
		some = append(some, older[i])
	}
	err = add(some, func(_ int, image train.LiveImage) { before = append(before, image) })
	return answers, before, err
}

// lessonOf gives the classes of a label as indices of a project's; ok is false where it teaches nothing.
func lessonOf(p domain.Project, a domain.Asset) (label []int, ok bool) {
	for _, id := range distinctClasses(a.Label) {
		if c := slices.IndexFunc(p.Classes, func(c domain.Class) bool { return c.ID == id && !c.Archived }); c >= 0 {
			label = append(label, c)
		}
	}
	slices.Sort(label)
	return label, p.Task == domain.TaskMulti || len(label) == 1
}
