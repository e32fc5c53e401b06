package store_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestCarriedRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := store.TableRows{Table: "settings", Columns: []string{"name", "value"}, Rows: [][]any{{"a", "1"}, {"b", "2"}}}
		ok(t, s.AddRows(ctx, rows))
		rows.Rows = [][]any{{"b", "3"}, {"c", "4"}} // b is there already
		ok(t, s.AddRows(ctx, rows))
		got := must[map[string]string](t)(s.Settings(ctx, ""))
		if len(got) != 3 || got["a"] != "1" || got["b"] != "2" || got["c"] != "4" {
			t.Errorf("settings %v", got)
		}
		for _, wrong := range []store.TableRows{
			{Table: "settings; --", Columns: rows.Columns, Rows: rows.Rows},
			{Table: "settings", Columns: []string{"name", "value)"}, Rows: rows.Rows},
			{Table: "settings", Columns: []string{"name"}, Rows: rows.Rows},
			{Table: "settings", Rows: rows.Rows},
			{Table: "settings", Columns: rows.Columns, Rows: make([][]any, 501)},
		} {
			wantCode(t, s.AddRows(ctx, wrong), domain.CodeInvalid, "")
		}
		rows.Rows = [][]any{{"d", "5"}, {"e", nil}} // the second is refused, so neither is kept
		if err := s.AddRows(ctx, rows); err == nil {
			t.Error("a row without a value was taken")
		}
		if got := must[map[string]string](t)(s.Settings(ctx, "")); len(got) != 3 {
			t.Errorf("settings %v", got)
		}
		p := project(t, s, domain.TaskSingle)
		addImages(t, s, p.ID, "one", "three")
		if assets, bytes, err := s.Usage(ctx); err != nil || assets != 2 || bytes != 8 {
			t.Errorf("%d assets of %d bytes, %v", assets, bytes, err)
		}
	})
}
