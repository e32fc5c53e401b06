package store_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestPicks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		other := project(t, s, domain.TaskSingle)
		keep := func(project, actor string, picks ...store.Pick) {
			t.Helper()
			if err := s.KeepPicks(ctx, project, actor, picks); err != nil {
				t.Fatal(err)
			}
		}
		keep(p.ID, "ann")
		keep(p.ID, "ann", store.Pick{AssetID: "c"}, store.Pick{AssetID: "a", Chance: true}, store.Pick{AssetID: "b"})
		keep(other.ID, "ann", store.Pick{AssetID: "x"})
		list := must[[]store.Pick](t)(s.Picks(ctx, p.ID))
		if len(list) != 3 || list[0].AssetID != "c" || list[1].AssetID != "a" || list[2].AssetID != "b" {
			t.Fatalf("picks %+v are not in the order in which they were handed out", list)
		}
		if list[0].Chance || !list[1].Chance || list[0].Actor != "ann" || list[0].At.IsZero() {
			t.Errorf("picks %+v", list)
		}
		// handed out again: what chance has chosen stays so, and what it chooses now becomes so
		keep(p.ID, "bob", store.Pick{AssetID: "a"}, store.Pick{AssetID: "b", Chance: true})
		list = must[[]store.Pick](t)(s.Picks(ctx, p.ID))
		if len(list) != 3 || list[0].AssetID != "c" || !list[1].Chance || !list[2].Chance || list[1].Actor != "bob" {
			t.Errorf("handed out again: %+v", list)
		}
		must[[]string](t)(s.DeleteProject(ctx, p.ID))
		if list = must[[]store.Pick](t)(s.Picks(ctx, p.ID)); len(list) != 0 {
			t.Errorf("the project is gone, but not %+v", list)
		}
		if list = must[[]store.Pick](t)(s.Picks(ctx, other.ID)); len(list) != 1 {
			t.Errorf("another project has %+v", list)
		}
	})
}
