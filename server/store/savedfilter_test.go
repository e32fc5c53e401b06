package store_test

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestFiltersAreSavedByName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := project(t, s, domain.TaskSingle), project(t, s, domain.TaskSingle)
		save := func(project, id, name string) (domain.SavedFilter, error) {
			return s.SaveFilter(ctx, project, domain.SavedFilter{ID: id, Name: name, Filter: domain.Filter{Text: "x"}, Sort: domain.SortName})
		}
		first := must[domain.SavedFilter](t)(save(p.ID, "1", " 고양이 "))
		must[domain.SavedFilter](t)(save(p.ID, "2", "Dogs"))
		must[domain.SavedFilter](t)(save(q.ID, "2", "Dogs"))
		_, err := save(p.ID, "3", "DOGS")
		wantCode(t, err, domain.CodeConflict, "name")
		again := must[domain.SavedFilter](t)(save(p.ID, "1", "All dogs"))
		if again.CreatedAt != first.CreatedAt {
			t.Error("a new name makes a new filter")
		}
		list := must[[]domain.SavedFilter](t)(s.SavedFilters(ctx, p.ID))
		if len(list) != 2 || list[0].Name != "All dogs" || list[1].Name != "Dogs" || list[0].Filter.Text != "x" || list[0].Sort != domain.SortName {
			t.Errorf("kept %+v", list)
		}
		ok(t, s.DeleteSavedFilter(ctx, p.ID, "2"))
		ok(t, s.DeleteSavedFilter(ctx, p.ID, "2"))
		if n := len(must[[]domain.SavedFilter](t)(s.SavedFilters(ctx, q.ID))); n != 1 {
			t.Errorf("the other project keeps %d", n)
		}
		for field, f := range map[string]domain.SavedFilter{
			"id": {Name: "x"}, "name": {ID: "x", Name: "  "}, "filter.ids": {ID: "x", Name: "x", Filter: domain.Filter{IDs: make([]string, 5001)}},
			"state": {ID: "x", Name: "x", Filter: domain.Filter{States: []domain.State{"odd"}}},
		} {
			_, err := s.SaveFilter(ctx, p.ID, f)
			wantCode(t, err, domain.CodeInvalid, field)
		}
		_, err = save(p.ID, "x", strings.Repeat("이", 101))
		wantCode(t, err, domain.CodeInvalid, "name")
		_, err = save("nobody", "x", "x")
		wantCode(t, err, domain.CodeNotFound, "")
		must[[]string](t)(s.DeleteProject(ctx, p.ID))
	})
}
