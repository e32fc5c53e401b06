package api_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestModelsTellWhatIsNewer keeps a model that knows the class red, and then labels on.
func TestModelsTellWhatIsNewer(t *testing.T) {
	st := storetest.SQLite(t)
	h := newHost(t, st)
	ctx, p := t.Context(), h.names["single"]
	export, err := h.CreateExport(ctx, p, "before", domain.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	project, err := h.Project(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	red := slices.IndexFunc(project.Classes, func(c domain.Class) bool { return c.ID == "red" })
	for range 2 {
		_, err := st.SaveModel(ctx, store.ModelRecord{Model: domain.Model{ProjectID: p, Name: "m", Task: project.Task, ExportID: export.ID, Classes: project.Classes[red : red+1], Metrics: domain.Metrics{Classes: []domain.ClassMetrics{}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	newer := func() *domain.Newer {
		t.Helper()
		list, err := h.Models(ctx, p)
		if err != nil || len(list) != 2 || !reflect.DeepEqual(list[0].Newer, list[1].Newer) {
			t.Fatalf("%v, %v", list, err)
		}
		return list[0].Newer
	}
	if n := newer(); n != nil {
		t.Errorf("at once it is %+v", n)
	}
	if _, err := h.Label(ctx, p, set(h.names["green0"], "green")); err != nil {
		t.Fatal(err)
	}
	if n := newer(); !reflect.DeepEqual(n, &domain.Newer{Labels: 1, Classes: []string{"green"}}) {
		t.Errorf("with a label of another class it is %+v", n)
	}
}
