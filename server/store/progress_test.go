package store_test

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestHoursCountLabelsUntilTheyAreUndone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 2, 8, 20, 0, 0, time.UTC)
		s.Now = func() time.Time { return now }
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		hours := func(want ...domain.LabelsMade) {
			t.Helper()
			got := must[[]domain.LabelsMade](t)(s.LabelHours(ctx, p.ID))
			if len(got) != len(want) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
			for i, w := range want {
				w.At = time.Date(2026, 11, 2, w.At.Hour(), 0, 0, 0, time.UTC)
				if got[i] != w {
					t.Errorf("hour %d: got %+v, want %+v", i, got[i], w)
				}
			}
		}
		at := func(h int) time.Time { return time.Date(2026, 11, 2, h, 0, 0, 0, time.UTC) }
		hours()
		write(t, s, p.ID, set(human("cat"), a[0].ID))
		kept := human("cat")
		kept.Checked = true
		write(t, s, p.ID, set(kept, a[0].ID)) // says something of the label, but makes none
		skip := set(domain.Label{State: domain.StateSkipped}, a[1].ID)
		write(t, s, p.ID, skip)
		hours(domain.LabelsMade{At: at(8), People: 1})
		now = now.Add(time.Hour)
		auto := set(guess("owl", 0.5), a[2].ID, a[3].ID)
		auto.Kind = "apply"
		write(t, s, p.ID, auto)
		given := set(domain.Label{State: domain.StateLabelled, Source: domain.SourceImport, Classes: []domain.ClassScore{{ClassID: "dog"}}}, a[1].ID)
		given.Kind = "import"
		write(t, s, p.ID, given)
		hours(domain.LabelsMade{At: at(8), People: 1}, domain.LabelsMade{At: at(9), Auto: 2, Import: 1})
		now = now.Add(2 * time.Hour)
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		hours(domain.LabelsMade{At: at(8), People: 1}, domain.LabelsMade{At: at(9), Auto: 2})
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		hours(domain.LabelsMade{At: at(8), People: 1}, domain.LabelsMade{At: at(9), Auto: 2, Import: 1})
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		hours(domain.LabelsMade{At: at(8), People: 1})
	})
}

func TestDecisionsAreOfPeopleOneImageAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { now = now.Add(2 * time.Second); return now }
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		auto := set(guess("owl", 0.5), a[2].ID, a[3].ID)
		auto.Kind = "apply"
		write(t, s, p.ID, auto)
		timed := set(human("cat"), a[0].ID)
		timed.Changes[0].Effort = domain.Effort{Seconds: 1.5, Suggestion: domain.SuggestionShown}
		write(t, s, p.ID, timed)
		write(t, s, p.ID, set(human("cat"), a[1].ID))
		write(t, s, p.ID, set(human("owl"), a[2].ID))
		write(t, s, p.ID, set(human("dog"), a[3].ID))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		got := must[[]store.Decision](t)(s.Decisions(ctx, p.ID, 10))
		if len(got) != 3 {
			t.Fatalf("%+v", got)
		}
		if d := got[0]; !d.Assisted || d.Seconds != 0 || d.Actor != "ann" || !d.At.After(got[1].At) {
			t.Errorf("over a model's label: %+v", d)
		}
		if d := got[1]; d.Assisted {
			t.Errorf("alone: %+v", d)
		}
		if d := got[2]; !d.Assisted || d.Seconds != 1.5 {
			t.Errorf("with a suggestion: %+v", d)
		}
		if few := must[[]store.Decision](t)(s.Decisions(ctx, p.ID, 1)); len(few) != 1 || few[0] != got[0] {
			t.Errorf("one: %+v", few)
		}
	})
}
