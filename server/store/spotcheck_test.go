package store_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestSpotChecks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b")
		m := must[store.ModelRecord](t)(s.SaveModel(ctx, store.ModelRecord{Model: domain.Model{ProjectID: p.ID, Name: "m", Task: p.Task}}))
		_, err := s.SpotCheck(ctx, p.ID, "op-1")
		wantCode(t, err, domain.CodeNotFound, "")
		r := store.SpotRecord{
			OperationID: "op-1", ProjectID: p.ID, ModelID: m.ID, Sample: map[string][]string{a[0].ID: {"cat"}},
			Promise: domain.Promise{Budget: 0.01, Labelled: 2, Parts: []domain.PromisePart{{Classes: []string{"cat"}, Threshold: 0.9731654}}},
		}
		kept := must[store.SpotRecord](t)(s.KeepSpotCheck(ctx, r))
		if kept.Promise.Parts[0].Threshold != 0.9731654 || kept.Sample[a[0].ID][0] != "cat" || kept.At.IsZero() {
			t.Errorf("kept %+v", kept)
		}
		r.Promise.Budget = 0.5
		if again := must[store.SpotRecord](t)(s.KeepSpotCheck(ctx, r)); again.Promise.Budget != 0.01 {
			t.Errorf("the second replaced the first: %+v", again)
		}
		listed := func() []store.SpotRecord { return must[[]store.SpotRecord](t)(s.SpotChecks(ctx, p.ID, m.ID, 5)) }
		if l := listed(); len(l) != 0 {
			t.Errorf("without its labels it is listed: %+v", l)
		}
		auto := domain.Label{State: domain.StateAuto, Source: domain.SourceModel, Confidence: 0.99, ModelID: m.ID, Spot: true, Classes: []domain.ClassScore{{ClassID: "cat"}}}
		w := set(auto, a[0].ID)
		w.OpID, w.Kind = "op-1", "apply"
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, w))
		if l := listed(); len(l) != 1 || !must[domain.Asset](t)(s.Asset(ctx, p.ID, a[0].ID)).Label.Spot {
			t.Errorf("listed %+v", l)
		}
		accepted := auto
		accepted.State = domain.StateLabelled
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, set(accepted, a[0].ID)))
		if must[domain.Asset](t)(s.Asset(ctx, p.ID, a[0].ID)).Label.Spot {
			t.Error("a label that a person accepted waits to be checked")
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, "op-1"))
		if l := listed(); len(l) != 0 {
			t.Errorf("undone, it is listed: %+v", l)
		}
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		if l := listed(); len(l) != 1 {
			t.Errorf("done again: %+v", l)
		}
		must[[]string](t)(s.DeleteModel(ctx, p.ID, m.ID))
		_, err = s.SpotCheck(ctx, p.ID, "op-1")
		wantCode(t, err, domain.CodeNotFound, "")
	})
}
