package autolabel_test

import (
	"context"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// spots gives the auto labels that are drawn for people to check.
func spots(assets []domain.Asset) (out []domain.Asset) {
	for _, a := range assets {
		if a.Label.State == domain.StateAuto && a.Label.Spot {
			out = append(out, a)
		}
	}
	return out
}

func TestBudgetIsPromisedAndChecked(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 100, 60)
	m := h.train(t, s, p.ID)

	dry := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: 0.05, DryRun: true}))).Apply
	if len(spots(h.assets(t, p.ID))) > 0 || len(checks(t, s, h, m)) > 0 {
		t.Error("a dry run draws labels to check")
	}
	report := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: 0.05}))).Apply
	promise := report.Promise
	if promise == nil || dry.Promise == nil || promise.Labelled != dry.Promise.Labelled || promise.Labelled != report.Labelled || report.Labelled+report.Skipped != 180 {
		t.Fatalf("promised %+v of %+v, %+v before", promise, report, dry.Promise)
	}
	if promise.Labelled < 100 || promise.Wrong > promise.Labelled/20 || promise.Held == 0 || promise.Spot != 60 || len(promise.Parts) != 1 || len(promise.Parts[0].Classes) != 3 {
		t.Errorf("promised %+v", promise)
	}
	for _, a := range h.assets(t, p.ID) {
		if a.Label.State == domain.StateAuto && a.Label.Confidence < promise.Parts[0].Threshold {
			t.Errorf("labelled at the confidence %v under %v", a.Label.Confidence, promise.Parts[0].Threshold)
		}
	}
	drawn := spots(h.assets(t, p.ID))
	if c := checks(t, s, h, m); len(drawn) != 60 || len(c) != 1 || len(c[0].Open) != 60 || c[0].Checked != 0 || c[0].Over || c[0].ErrorCI != (domain.Interval{Low: 0, High: 1}) {
		t.Fatalf("%d are drawn, %+v", len(drawn), c)
	}

	// Thirty are confirmed, ten corrected, one rejected, and one image is of no use.
	w := store.LabelWrite{}
	for i, a := range drawn[:42] {
		l := a.Label
		switch {
		case i < 30:
			l.State = domain.StateLabelled
		case i < 40:
			l = human(other(l.Classes[0].ClassID))
		case i == 40:
			l = domain.Label{State: domain.StateUnlabelled}
		default:
			l = domain.Label{State: domain.StateSkipped}
		}
		w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: l})
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	c := checks(t, s, h, m)[0]
	if c.Checked != 41 || c.Wrong != 11 || len(c.Open) != 18 || !c.Over || c.ErrorCI.Low < 0.1 || c.ErrorCI.High > 0.5 {
		t.Errorf("after the check: %+v", c)
	}
	if left := spots(h.assets(t, p.ID)); len(left) != 18 || slices.Contains(c.Open, drawn[0].ID) || !slices.Contains(c.Open, left[0].ID) {
		t.Errorf("%d are left to check, %v", len(left), c.Open)
	}
	must[domain.Operation](t)(h.st.Undo(ctx, p.ID, report.OperationID))
	if c := checks(t, s, h, m); len(c) != 0 {
		t.Errorf("what was undone is checked still: %+v", c)
	}
}

func other(class string) string {
	if class == "red" {
		return "blue"
	}
	return "red"
}

func checks(t *testing.T, s interface {
	SpotChecks(context.Context, domain.Model) ([]domain.SpotCheck, error)
}, h *host, m domain.Model,
) []domain.SpotCheck {
	t.Helper()
	now := must[store.ModelRecord](t)(h.st.Model(ctx, m.ProjectID, m.ID))
	return must[[]domain.SpotCheck](t)(s.SpotChecks(ctx, now.Model))
}

// TestBudgetThatCannotBeShown: with few labels nothing is given, and it is told how many more are needed.
func TestBudgetThatCannotBeShown(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 20, 10)
	m := h.train(t, s, p.ID)
	r := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: 0.01}))).Apply
	if r.Labelled != 0 || r.Skipped != 30 || r.OperationID != "" || r.Promise.Labelled != 0 || len(r.Promise.Parts) != 1 || r.Promise.Parts[0].More < 100 {
		t.Errorf("report %+v, promise %+v", r, r.Promise)
	}
	if len(checks(t, s, h, m)) != 0 {
		t.Error("nothing was labelled, and something is to be checked")
	}
	for _, budget := range []float64{-0.1, 0.0001, 0.6} {
		_, err := s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: budget})
		wantCode(t, err, domain.CodeInvalid)
	}
}

// TestBudgetOfSets: of a multi-label project the whole answer has to be right.
func TestBudgetOfSets(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskMulti, 60, 20)
	m := h.train(t, s, p.ID)
	r := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Budget: 0.1}))).Apply
	if r.Labelled < 30 || len(r.Promise.Parts) != 1 || len(r.Promise.Parts[0].Classes) != len(m.Classes) || r.Promise.Wrong > r.Labelled/10 {
		t.Errorf("report %+v, promise %+v", r, r.Promise)
	}
	w := store.LabelWrite{}
	for _, a := range spots(h.assets(t, p.ID)) {
		a.Label.State = domain.StateLabelled
		w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: a.Label})
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	if c := checks(t, s, h, m)[0]; c.Checked != r.Promise.Spot || c.Wrong != 0 || len(c.Open) != 0 {
		t.Errorf("confirmed: %+v", c)
	}
}
