package store_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestListsInMemoryAreTheDatabases writes at random, through two stores over one database, and compares after each write what
// is answered from memory with what the database answers, for random filters, orders and places.
func TestListsInMemoryAreTheDatabases(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		path := t.TempDir() + "/irum.db"
		compareListings(t, storetest.OpenSQLite(t, path), storetest.OpenSQLite(t, path))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		compareListings(t, storetest.OpenPostgresAt(t, dsn), storetest.OpenPostgresAt(t, dsn))
	})
}

func compareListings(t *testing.T, s, other *store.Store) {
	store.HoldListsFrom(s, 1)
	r := rand.New(rand.NewPCG(11, 12))
	p := project(t, s, domain.TaskMulti)
	var ids []string
	for i := range 60 {
		ids = append(ids, addImages(t, s, p.ID, fmt.Sprintf("%c/%d.png", 'a'+i%3, i*7%60))[0].ID)
	}
	held := 0
	for step := range 150 {
		by := s
		if step%4 == 3 {
			by = other // as another process
		}
		ids = writeAtRandom(t, r, by, p.ID, ids, step)
		f, sort := randomFilter(r), []string{domain.SortCreated, domain.SortName, domain.SortUncertain}[r.IntN(3)]
		held += sameList(t, s, other, p.ID, f, sort, step)
		if t.Failed() {
			t.Fatalf("step %d, filter %+v by %s", step, f, sort)
		}
	}
	if held < 100 {
		t.Errorf("%d of 150 lists came from memory", held)
	}
}

// writeAtRandom does something to a project, and gives the ids of its assets.
func writeAtRandom(t *testing.T, r *rand.Rand, s *store.Store, project string, ids []string, step int) []string {
	some := func() string { return ids[r.IntN(len(ids))] }
	switch r.IntN(10) {
	case 0:
		return append(ids, addImages(t, s, project, fmt.Sprintf("B/%d.png", step))[0].ID)
	case 1:
		must[domain.Operation](t)(s.DeleteAssets(ctx, project, domain.Filter{IDs: []string{some(), some()}}, "", "ann"))
	case 2:
		_, _ = s.Undo(ctx, project, "") // a deletion's too; there may be nothing to undo
	case 3:
		_, _ = s.Redo(ctx, project)
	case 4:
		_, _ = s.AddComment(ctx, project, domain.Comment{AssetID: some(), Text: "Look"}) // it may be deleted
	case 5:
		l := human("cat")
		l.Flag = domain.FlagUnsure
		l.Review = &domain.Review{Verdict: domain.VerdictReturned, Comment: `"class":"dog" \"class\":\"owl\"`}
		_, _ = s.WriteLabels(ctx, project, set(l, some()))
	case 6:
		_, _ = s.WriteLabels(ctx, project, set(guess("owl", float64(r.IntN(5))/5), some(), some()))
	case 7:
		_, _ = s.WriteLabels(ctx, project, set(domain.Label{State: domain.StateSkipped, Flag: domain.FlagBad}, some()))
	default:
		_, _ = s.WriteLabels(ctx, project, set(human([]string{"cat", "dog", "owl"}[:1+r.IntN(3)]...), some(), some()))
	}
	return ids
}

func randomFilter(r *rand.Rand) (f domain.Filter) {
	at := func(v float64) *float64 { return &v }
	for _, set := range []func(){
		func() { f.States = []domain.State{domain.StateAuto, domain.StateLabelled}[:1+r.IntN(2)] },
		func() { f.Classes = []string{"owl", "dog", "none"}[:1+r.IntN(3)] },
		func() { f.Sources = []domain.Source{domain.SourceHuman} },
		func() { f.Flags = []domain.Flag{domain.FlagNone, domain.FlagUnsure}[r.IntN(2):] },
		func() { f.Verdicts = []domain.Verdict{domain.VerdictReturned} },
		func() { f.Comments = []string{domain.CommentsOpen, domain.CommentsAny}[r.IntN(2)] },
		func() { f.Text = []string{"B/", "a/1", ".png", "none"}[r.IntN(4)] },
		func() { f.MinConfidence = at(0.3) },
		func() { f.MaxConfidence = at(0.6) },
		func() { f.Model = []string{"m1", "m2"}[r.IntN(2)] },
	} {
		if r.IntN(6) == 0 {
			set()
		}
	}
	return f
}

// sameList compares all pages, the total and the ids, and gives 1 when memory was asked.
func sameList(t *testing.T, s, database *store.Store, project string, f domain.Filter, sort string, step int) int {
	must[int](t)(s.CountAssets(ctx, project, f)) // wants the listing where there is none
	store.AwaitLists(s)
	held := store.HoldsList(s, project)
	for cursor := ""; ; {
		q := store.Query{Filter: f, Sort: sort, Cursor: cursor, Limit: 7 + step%30}
		got := must[domain.AssetPage](t)(s.Assets(ctx, project, q))
		want := must[domain.AssetPage](t)(database.Assets(ctx, project, q))
		if names(got.Items) != names(want.Items) || !reflect.DeepEqual(got, want) && len(got.Items) > 0 {
			t.Errorf("page %+v\nwant %+v", got, want)
		}
		if got.Total != want.Total || got.NextCursor != want.NextCursor {
			t.Errorf("total %d, next %q; want %d, %q", got.Total, got.NextCursor, want.Total, want.NextCursor)
		}
		if cursor = got.NextCursor; cursor == "" || t.Failed() {
			break
		}
	}
	if got, want := must[[]string](t)(s.AssetIDs(ctx, project, f, sort)), must[[]string](t)(database.AssetIDs(ctx, project, f, sort)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	if got, want := must[int](t)(s.CountAssets(ctx, project, f)), must[int](t)(database.CountAssets(ctx, project, f)); got != want {
		t.Errorf("counted %d, want %d", got, want)
	}
	if held {
		return 1
	}
	return 0
}
