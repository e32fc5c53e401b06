package autolabel

import (
	"cmp"
	"context"
	"slices"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// examplesEach is how many images show what a class looks like.
const examplesEach = 4

// Suspects gives the labels that a model was trained on and that are probably wrong, the surest first, limit of the open
// ones at most. What was changed since is settled, and so is what a person kept: labels carry that, so no later model of
// the project asks again. CodeNotFound when the model is not there.
func (s *Service) Suspects(ctx context.Context, project, model string, limit int) (domain.Suspects, error) {
	m, err := s.cfg.Store.Model(ctx, project, model)
	if err != nil {
		return domain.Suspects{}, err
	}
	p, err := s.cfg.Store.Project(ctx, project)
	if err != nil {
		return domain.Suspects{}, err
	}
	if m.Task != p.Task { // its doubts were about labels of another kind
		return domain.Suspects{Items: []domain.Suspect{}}, nil
	}
	d := doubts{model: m.Model, multi: m.Task == domain.TaskMulti, usable: map[string]bool{}}
	for _, c := range p.Classes {
		d.usable[c.ID] = !c.Archived
	}
	found := d.find()
	assets, err := s.assetsNow(ctx, project, d.assetIDs(found))
	if err != nil {
		return domain.Suspects{}, err
	}
	out := domain.Suspects{Items: []domain.Suspect{}}
	for _, f := range found {
		a, there := assets[d.model.Metrics.Outcomes[f.Image].AssetID]
		if !there {
			continue
		}
		out.Total++
		if !d.open(f, a.Label) {
			continue
		}
		if out.Open++; len(out.Items) < limit {
			out.Items = append(out.Items, domain.Suspect{Asset: a, Given: d.scored(f.Image, f.Given), Suggested: d.scored(f.Image, f.Suggested), Margin: f.Margin})
		}
	}
	out.Examples, err = s.examples(ctx, project, &d, out.Items)
	return out, err
}

// doubts are a model's held-out scores, to be compared with what the labels are now.
type doubts struct {
	model  domain.Model
	multi  bool
	usable map[string]bool // class ids that can still be given
}

// find gives the suspects, without those whose suggestion can no longer be given. Image counts in the model's outcomes.
func (d *doubts) find() []metrics.Suspect {
	outcomes := d.model.Metrics.Outcomes
	truth, scores := make([][]int, len(outcomes)), make([][]float64, len(outcomes))
	for i, o := range outcomes {
		truth[i], scores[i] = o.Truth, o.Scores
	}
	return slices.DeleteFunc(metrics.Suspects(truth, scores, d.multi), func(f metrics.Suspect) bool {
		return slices.ContainsFunc(f.Suggested, func(c int) bool { return !d.usable[d.model.Classes[c].ID] })
	})
}

func (d *doubts) assetIDs(found []metrics.Suspect) []string {
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = d.model.Metrics.Outcomes[f.Image].AssetID
	}
	return ids
}

// open tells whether the label is still what was doubted. Classes that the model did not learn do not count.
func (d *doubts) open(f metrics.Suspect, now domain.Label) bool {
	if now.State != domain.StateLabelled || now.Checked {
		return false
	}
	var held []int
	for _, id := range distinctClasses(now) {
		i := slices.IndexFunc(d.model.Classes, func(c domain.Class) bool { return c.ID == id })
		if i >= 0 {
			held = append(held, i)
		} else if !d.multi {
			return false
		}
	}
	slices.Sort(held)
	return slices.Equal(held, f.Given)
}

// scored names classes of an image with their held-out probabilities.
func (d *doubts) scored(image int, classes []int) []domain.ClassScore {
	out := make([]domain.ClassScore, len(classes))
	for i, c := range classes {
		out[i] = domain.ClassScore{ClassID: d.model.Classes[c].ID, Score: d.model.Metrics.Outcomes[image].Scores[c]}
	}
	return out
}

// examples gives the images whose label is surest to be right, by class, of the classes that items name.
func (s *Service) examples(ctx context.Context, project string, d *doubts, items []domain.Suspect) (map[string][]string, error) {
	named := map[string]bool{}
	for _, f := range items {
		for _, c := range slices.Concat(f.Given, f.Suggested) {
			named[c.ClassID] = true
		}
	}
	var ids []string
	best := map[string][]string{}
	for c, class := range d.model.Classes {
		if named[class.ID] {
			best[class.ID] = d.surest(c)
			ids = append(ids, best[class.ID]...)
		}
	}
	assets, err := s.assetsNow(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	for id, list := range best {
		best[id] = slices.DeleteFunc(list, func(asset string) bool {
			a, there := assets[asset]
			return !there || a.Label.State != domain.StateLabelled || !slices.Contains(distinctClasses(a.Label), id)
		})
	}
	return best, nil
}

// surest gives the images of a class that the model is surest of and right about.
func (d *doubts) surest(class int) []string {
	var right []domain.Outcome
	for _, o := range d.model.Metrics.Outcomes {
		if slices.Contains(o.Truth, class) && slices.Equal(o.Truth, o.Predicted) {
			right = append(right, o)
		}
	}
	slices.SortStableFunc(right, func(a, b domain.Outcome) int { return cmp.Compare(b.Scores[class], a.Scores[class]) })
	ids := make([]string, 0, examplesEach)
	for _, o := range right[:min(len(right), examplesEach)] {
		ids = append(ids, o.AssetID)
	}
	return ids
}

// assetsNow reads assets by id; those that are gone are left out.
func (s *Service) assetsNow(ctx context.Context, project string, ids []string) (map[string]domain.Asset, error) {
	out := make(map[string]domain.Asset, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := s.cfg.Store.EachAsset(ctx, project, store.Query{Filter: domain.Filter{IDs: ids}}, func(page []domain.Asset) error {
		for _, a := range page {
			out[a.ID] = a
		}
		return nil
	})
	return out, err
}
