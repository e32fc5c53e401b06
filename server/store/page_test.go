package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestPagesHoldAll reads lists page by page, with pairs that were made at the same moment, and finds what the whole list holds.
func TestPagesHoldAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		n := 0
		s.Now = func() time.Time { n++; return at.Add(time.Duration(n/2) * time.Microsecond) }
		p := project(t, s, domain.TaskSingle)
		for i := range 9 {
			project(t, s, domain.TaskSingle)
			must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, Name: fmt.Sprint(i), SHA256: blob.Sum([]byte{byte(i)})}))
			must[store.ModelRecord](t)(s.SaveModel(ctx, store.ModelRecord{Model: domain.Model{ProjectID: p.ID, Name: "m", Task: domain.TaskSingle}}))
			must[[]string](t)(s.SaveClustering(ctx, store.ClusteringRecord{
				Clustering: domain.Clustering{ID: fmt.Sprint("c", i), ProjectID: p.ID, CreatedAt: s.Now()}, SHA256: blob.Sum([]byte{byte(i), 1}),
			}))
		}
		for _, limit := range []int{1, 3, 9, 10, 100} {
			samePages(t, limit, must[[]domain.Project](t)(s.Projects(ctx)), func(p domain.Project) string { return domain.ListCursor(p.CreatedAt, p.ID) },
				func(cursor string) ([]domain.Project, bool, error) { return s.ProjectsPage(ctx, cursor, limit) })
			samePages(t, limit, must[[]domain.Export](t)(s.Exports(ctx, p.ID)), func(e domain.Export) string { return domain.ListCursor(e.CreatedAt, e.ID) },
				func(cursor string) ([]domain.Export, bool, error) { return s.ExportsPage(ctx, p.ID, cursor, limit) })
			samePages(t, limit, must[[]store.ModelRecord](t)(s.Models(ctx, p.ID)), func(m store.ModelRecord) string { return strconv.Itoa(m.Version) },
				func(cursor string) ([]store.ModelRecord, bool, error) { return s.ModelsPage(ctx, p.ID, cursor, limit) })
			samePages(t, limit, must[[]store.ClusteringRecord](t)(s.Clusterings(ctx, p.ID)), func(c store.ClusteringRecord) string { return domain.ListCursor(c.CreatedAt, c.ID) },
				func(cursor string) ([]store.ClusteringRecord, bool, error) {
					return s.ClusteringsPage(ctx, p.ID, cursor, limit)
				})
		}
		for _, cursor := range []string{"x", "1", "-a", "1-"} {
			_, _, err := s.ExportsPage(ctx, p.ID, cursor, 5)
			wantCode(t, err, domain.CodeInvalid, "cursor")
		}
		_, _, err := s.ModelsPage(ctx, p.ID, "latest", 5)
		wantCode(t, err, domain.CodeInvalid, "cursor")
	})
}

// samePages reads a list page by page behind the cursors of place, and compares it with all.
func samePages[T any](t *testing.T, limit int, all []T, place func(T) string, page func(cursor string) ([]T, bool, error)) {
	t.Helper()
	var want, got []string
	for _, v := range all {
		want = append(want, place(v))
	}
	for more, cursor := true, ""; more; {
		var items []T
		var err error
		if items, more, err = page(cursor); err != nil || len(items) > limit || more && len(items) < limit {
			t.Fatalf("%T: %d items, more %v, %v", all, len(items), more, err)
		}
		for _, v := range items {
			cursor = place(v)
			got = append(got, cursor)
		}
	}
	if len(want) < 9 || !slices.Equal(got, want) {
		t.Errorf("%T by %d: %v, not %v", all, limit, got, want)
	}
}
