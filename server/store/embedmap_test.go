package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMaps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, other := project(t, s, domain.TaskSingle), project(t, s, domain.TaskMulti)
		record := func(project string, i int) store.MapRecord {
			return store.MapRecord{SHA256: blob.Sum([]byte{byte(i)}), ImageMap: domain.ImageMap{
				ID: store.NewID(), ProjectID: project, Images: i, CreatedAt: time.Unix(int64(1000+i), 0).UTC(), Assets: []string{"a"}, XY: []int{1, 2},
			}}
		}
		_, err := s.Map(ctx, p.ID)
		wantCode(t, err, domain.CodeNotFound, "")
		_, err = s.SaveMap(ctx, record("nobody", 1))
		wantCode(t, err, domain.CodeNotFound, "")
		first, second := record(p.ID, 1), record(p.ID, 2)
		foreign := record(other.ID, 3)
		must[[]string](t)(s.SaveMap(ctx, foreign))
		for range 2 { // the second time as after a crash
			if freed := must[[]string](t)(s.SaveMap(ctx, first)); len(freed) != 0 {
				t.Errorf("freed %v", freed)
			}
		}
		if freed := must[[]string](t)(s.SaveMap(ctx, second)); !slices.Equal(freed, []string{first.SHA256}) {
			t.Errorf("freed %v in place of the first", freed)
		}
		// an older one that comes late is not kept
		if freed := must[[]string](t)(s.SaveMap(ctx, first)); !slices.Equal(freed, []string{first.SHA256}) {
			t.Errorf("freed %v of the late one", freed)
		}
		got := must[store.MapRecord](t)(s.Map(ctx, p.ID))
		if got.ID != second.ID || got.SHA256 != second.SHA256 || got.Images != 2 || got.Assets != nil || got.XY != nil {
			t.Errorf("read %+v, saved %+v", got, second)
		}
		if named := must[[]string](t)(s.ReferencedBlobs(ctx)); !slices.Contains(named, second.SHA256) {
			t.Error("the places of a map are taken as leftovers")
		}
		if freed := must[[]string](t)(s.DeleteProject(ctx, p.ID)); !slices.Equal(freed, []string{second.SHA256}) {
			t.Errorf("freed %v with the project", freed)
		}
		if got := must[store.MapRecord](t)(s.Map(ctx, other.ID)); got.ID != foreign.ID {
			t.Errorf("the other project has %+v", got)
		}
	})
}
