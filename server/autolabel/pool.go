package autolabel

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// checkPool refuses to learn from images without labels where that is not known to help.
func (p *plan) checkPool() error {
	switch {
	case !p.request.Unlabelled:
	case p.request.Level != levelHead:
		return domain.Errorf(domain.CodeUnsupported, "Images without labels teach heads only. Train at the level head, or leave them out.").In("unlabelled")
	case p.project.Task != domain.TaskSingle:
		return domain.Errorf(domain.CodeUnsupported, "Images without labels teach only where each image has one class. Leave them out.").In("unlabelled")
	case len(p.assets) > train.MaxTaught:
		return domain.Errorf(domain.CodeInvalid, "Images without labels help where labels are few: beside %d labelled images, more than %d, they tell nothing new. Leave them out.",
			len(p.assets), train.MaxTaught).In("unlabelled")
	}
	return nil
}

// poolOf draws from the project's images without a person's label those that a training learns from, in an order that hangs on its
// seed and their bytes alone.
func (s *Service) poolOf(ctx context.Context, p *plan) ([]domain.Asset, error) {
	if !p.request.Unlabelled {
		return nil, nil
	}
	taught := map[string]bool{}
	for _, a := range p.assets {
		taught[a.SHA256] = true
	}
	type drawn struct {
		asset domain.Asset
		order uint64
	}
	var kept []drawn
	shrink := func() {
		slices.SortFunc(kept, func(a, b drawn) int {
			return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.asset.SHA256, b.asset.SHA256))
		})
		kept = kept[:min(len(kept), train.MaxUnlabelled)]
	}
	open := domain.Filter{States: []domain.State{domain.StateUnlabelled, domain.StateAuto}}
	err := s.cfg.Store.EachAsset(ctx, p.project.ID, store.Query{Filter: open, Limit: 500}, func(page []domain.Asset) error {
		for _, a := range page {
			if taught[a.SHA256] {
				continue
			}
			taught[a.SHA256] = true
			h := fnv.New64a()
			_, _ = h.Write([]byte(strconv.FormatInt(p.request.Seed, 10) + "/" + a.SHA256))
			kept = append(kept, drawn{a, h.Sum64()})
		}
		shrink()
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]domain.Asset, len(kept))
	for i, d := range kept {
		out[i] = d.asset
	}
	return out, nil
}

// embedPool computes the embeddings of the images without labels. What cannot be read teaches nothing, and is no fault of the training.
func (t *training) embedPool(ctx context.Context, j *job) error {
	assets, err := t.s.poolOf(ctx, t.plan)
	if err != nil || len(assets) == 0 {
		return err
	}
	missing, err := t.s.missing(ctx, t.plan.backbone.SHA256, assets)
	if err != nil {
		return err
	}
	j.expect(t.s.fitSeconds(ctx, len(t.plan.assets), len(assets), len(t.vectors[0]), len(t.plan.classes)) + writeSeconds)
	j.progress("embed", 0, len(missing))
	failed, err := t.s.embed(ctx, t.plan.backbone, missing, 0, func(done int) { j.progress("embed", done, len(missing)) })
	if err != nil {
		return err
	}
	shas := make([]string, len(assets))
	for i, a := range assets {
		shas[i] = a.SHA256
	}
	found, err := t.s.cfg.Store.Embeddings(ctx, t.plan.backbone.SHA256, shas)
	if err != nil {
		return err
	}
	for _, sha := range shas {
		if v := found[sha]; len(v) == len(t.vectors[0]) { // not one that was deleted meanwhile
			t.pool = append(t.pool, v)
		}
	}
	if len(failed) > 0 {
		t.s.log.Warn("images without labels could not be read", "images", len(failed), "first", firstError(failed))
	}
	return nil
}

// poolWork is what images without labels add to the cost of a fit, in multiplications: the inner products of all rows, and a factorisation
// for each fold and penalty.
func poolWork(n, more, d int) float64 {
	if more == 0 {
		return 0
	}
	const factorisations = 20
	rows := float64(n + more)
	return rows*rows*float64(d)/2 + factorisations*rows*rows*rows/6
}

// unlabelled is what images without labels did for a head.
func unlabelled(g *train.Gain, images int) *domain.Comparison {
	if g == nil {
		return nil
	}
	return &domain.Comparison{
		Of: "unlabelled", Used: g.Images, Images: images, Kept: g.Kept, Without: g.Without, With: g.With,
		Gain: domain.Interval{Low: g.Low, High: g.High}, LossWithout: g.LossBefore, LossWith: g.LossAfter,
	}
}
