package autolabel

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/risk"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// spotShare of the labels that a budget lets through are drawn for people to check, from leastSpot to mostSpot of them: 60 without an
	// error tell that less than 5 % are wrong, 300 that it is 1 %.
	spotShare = 0.03
	leastSpot = 60
	mostSpot  = 300
)

// keepBudget accepts the proposals that a budget of errors lets through. A run that goes on after one that was lost keeps to what that one chose.
func (a *applying) keepBudget(ctx context.Context) error {
	if a.request.Budget == 0 {
		return nil
	}
	kept, err := a.s.cfg.Store.SpotCheck(ctx, a.project.ID, a.operation)
	if err != nil && domain.AsProblem(err).Code != domain.CodeNotFound {
		return err
	}
	again := err == nil
	if !again {
		if kept.Promise, err = a.promise(); err != nil {
			return err
		}
	}
	least := a.thresholds(kept.Promise)
	accepted := slices.DeleteFunc(a.waiting, func(p proposal) bool { return p.change.Label.Confidence < least[p.class] })
	a.report.Skipped += len(a.waiting) - len(accepted)
	a.waiting = nil
	if !again {
		kept.Sample = a.draw(accepted)
		kept.Promise.Spot = len(kept.Sample)
		if !a.request.DryRun && len(accepted) > 0 {
			kept.OperationID, kept.ProjectID, kept.ModelID = a.operation, a.project.ID, a.model.ID
			if kept, err = a.s.cfg.Store.KeepSpotCheck(ctx, kept); err != nil {
				return err
			}
		}
	}
	for _, p := range accepted {
		_, p.change.Label.Spot = kept.Sample[p.change.AssetID]
		a.accept(p)
	}
	a.report.Promise = &kept.Promise
	return nil
}

// promise chooses the thresholds by the model's answers to images that it has not learnt from.
func (a *applying) promise() (domain.Promise, error) {
	o := risk.Options{Budget: a.request.Budget, Confidence: domain.BudgetConfidence, Classes: a.parts()}
	batch := make([]risk.Answer, len(a.waiting))
	for i, p := range a.waiting {
		batch[i] = risk.Answer{Class: p.class, Confidence: p.change.Label.Confidence}
	}
	held, err := a.heldOut()
	if err != nil {
		return domain.Promise{}, err
	}
	choice, err := risk.Choose(held, batch, o)
	if err != nil {
		return domain.Promise{}, err
	}
	out := domain.Promise{Budget: o.Budget, Confidence: o.Confidence, Labelled: choice.Accepted, Wrong: choice.Wrong, Held: len(held)}
	for _, p := range choice.Parts {
		part := domain.PromisePart{Classes: []string{}, Labelled: p.Accepted, Wrong: p.Wrong, Of: p.Batch, Held: p.Held, Seen: p.Seen, SeenWrong: p.SeenWrong, More: p.More}
		if p.Accepted > 0 {
			part.Threshold = p.Threshold
		}
		if a.head.Multi {
			p.Classes = a.every()
		}
		for _, c := range a.learnt(p.Classes) {
			part.Classes = append(part.Classes, a.model.Classes[c].ID)
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}

// parts is how many classes can be tested for themselves: for multi-label the label is tested as a whole.
func (a *applying) parts() int {
	if a.head.Multi {
		return 1
	}
	return a.head.Classes
}

func (a *applying) every() []int {
	out := make([]int, a.head.Classes)
	for c := range out {
		out[c] = c
	}
	return out
}

// heldOut are the answers that the model's card was made of, as they would be given now; of near-duplicates the first.
func (a *applying) heldOut() ([]risk.Held, error) {
	var out []risk.Held
	seen := map[int]bool{}
	for _, o := range a.model.Metrics.Outcomes {
		if o.Group > 0 && seen[o.Group] {
			continue
		}
		seen[o.Group] = true
		if len(o.Scores) != a.head.Classes {
			return nil, fmt.Errorf("model %s keeps %d scores of an image instead of %d", a.model.ID, len(o.Scores), a.head.Classes)
		}
		predicted, confidence, good := a.answer(o.Scores)
		if !good {
			continue
		}
		h := risk.Held{Answer: risk.Answer{Confidence: confidence}, Wrong: !slices.Equal(predicted, a.truth(o))}
		if !a.head.Multi {
			h.Class = predicted[0]
		}
		out = append(out, h)
	}
	return out, nil
}

// truth is the label that people gave, of the classes that a label can have now.
func (a *applying) truth(o domain.Outcome) []int {
	if !a.head.Multi {
		return o.Truth
	}
	return a.learnt(o.Truth)
}

// thresholds are a promise's by class of the head.
func (a *applying) thresholds(p domain.Promise) []float64 {
	out := make([]float64, a.head.Classes)
	for c := range out {
		out[c] = math.Inf(1)
		for _, part := range p.Parts {
			if part.Labelled > 0 && (a.head.Multi || slices.Contains(part.Classes, a.model.Classes[c].ID)) {
				out[c] = part.Threshold
			}
		}
	}
	return out
}

// draw chooses the labels that people are to check: at random, but the same for the same operation.
func (a *applying) draw(accepted []proposal) map[string][]string {
	n := min(max(int(math.Ceil(spotShare*float64(len(accepted)))), leastSpot), mostSpot, len(accepted))
	type lot struct {
		key   string
		place int
	}
	lots := make([]lot, len(accepted))
	for i, p := range accepted {
		lots[i] = lot{blob.Sum([]byte(a.operation + "/" + p.change.AssetID)), i}
	}
	slices.SortFunc(lots, func(x, y lot) int { return cmp.Compare(x.key, y.key) })
	out := make(map[string][]string, n)
	for _, l := range lots[:n] {
		change := accepted[l.place].change
		out[change.AssetID] = change.Label.ClassIDs()
	}
	return out
}

// spotChecks is how many checks a model's card has.
const spotChecks = 5

// SpotChecks tells how what a model labelled under budgets of errors turned out, by what people have decided since about the labels
// that were drawn, the newest first.
func (s *Service) SpotChecks(ctx context.Context, m domain.Model) ([]domain.SpotCheck, error) {
	kept, err := s.cfg.Store.SpotChecks(ctx, m.ProjectID, m.ID, spotChecks)
	if err != nil {
		return nil, err
	}
	var out []domain.SpotCheck
	for _, r := range kept {
		c, err := s.spotCheck(ctx, m, r)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *Service) spotCheck(ctx context.Context, m domain.Model, r store.SpotRecord) (domain.SpotCheck, error) {
	c := domain.SpotCheck{OperationID: r.OperationID, At: r.At, Promise: r.Promise, Open: []string{}}
	ids := make([]string, 0, len(r.Sample))
	for id := range r.Sample {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	assets, err := s.assetsNow(ctx, m.ProjectID, ids)
	if err != nil {
		return c, err
	}
	for _, id := range ids {
		a, there := assets[id]
		switch {
		case !there || a.Label.State == domain.StateSkipped: // no label is the right one
		case a.Label.State == domain.StateAuto:
			c.Open = append(c.Open, id)
		default:
			c.Checked++
			if a.Label.State != domain.StateLabelled || !sameClasses(m, r.Sample[id], a.Label) {
				c.Wrong++
			}
		}
	}
	c.ErrorCI.Low, c.ErrorCI.High = risk.Interval(c.Wrong, c.Checked, domain.BudgetConfidence)
	c.Over = c.ErrorCI.Low > r.Promise.Budget
	return c, nil
}

// sameClasses tells whether a label says what the model said. Of a multi-label one only the classes count that it has learnt.
func sameClasses(m domain.Model, given []string, now domain.Label) bool {
	truth := distinctClasses(now)
	if m.Task == domain.TaskMulti {
		truth = slices.DeleteFunc(truth, func(id string) bool {
			return !slices.ContainsFunc(m.Classes, func(c domain.Class) bool { return c.ID == id })
		})
	}
	given = slices.Clone(given)
	slices.Sort(given)
	slices.Sort(truth)
	return slices.Equal(given, truth)
}
