package store_test

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestEffortIsKeptWithTheEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c")
		by := func(op string, l domain.Label, asset string, e domain.Effort) {
			t.Helper()
			w := set(l, asset)
			w.OpID, w.Changes[0].Effort = op, e
			write(t, s, p.ID, w)
		}
		taken := human("cat")
		taken.Suggested = &domain.Suggested{Confidence: 0.75, Labels: 12}
		by("one", human("cat"), a[0].ID, domain.Effort{Seconds: 2.5})
		by("two", taken, a[1].ID, domain.Effort{Seconds: 0.5, Suggestion: domain.SuggestionAccepted})
		by("three", human("dog"), a[2].ID, domain.Effort{Seconds: 4, Suggestion: domain.SuggestionShown})
		got := must[[]store.EffortEvent](t)(s.Efforts(ctx, p.ID, time.Time{}))
		if len(got) != 3 || got[0].Seconds != 2.5 || got[0].Suggestion != "" || got[0].Actor != "ann" || got[0].At.IsZero() ||
			got[1].AssetID != a[1].ID || got[1].Suggestion != domain.SuggestionAccepted || got[2].Seconds != 4 {
			t.Errorf("efforts %+v", got)
		}
		l := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[1].ID)).Label
		if l.Source != domain.SourceHuman || l.Suggested == nil || *l.Suggested != *taken.Suggested {
			t.Errorf("the label forgot that it was suggested: %+v", l)
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, "two"))
		if got := must[[]store.EffortEvent](t)(s.Efforts(ctx, p.ID, time.Time{})); len(got) != 2 {
			t.Errorf("with an operation undone: %+v", got)
		}
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		if got := must[[]store.EffortEvent](t)(s.Efforts(ctx, p.ID, time.Time{})); len(got) != 3 {
			t.Errorf("with it done again: %+v", got)
		}
		if l := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[1].ID)).Label; l.Suggested == nil {
			t.Error("the redone label forgot that it was suggested")
		}
		if got := must[[]store.EffortEvent](t)(s.Efforts(ctx, p.ID, time.Now().Add(time.Hour))); len(got) != 0 {
			t.Errorf("efforts of the future: %+v", got)
		}
	})
}
