package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestClusterings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		record := func(i int) store.ClusteringRecord {
			return store.ClusteringRecord{SHA256: blob.Sum(fmt.Append(nil, i)), Clustering: domain.Clustering{
				ID: store.NewID(), ProjectID: p.ID, Method: "ward", K: i, CreatedAt: time.Unix(int64(1000+i), 0).UTC(),
				Clusters: []domain.Cluster{{ID: "1", Assets: []string{"a"}}},
			}}
		}
		first := record(0)
		if freed := must[[]string](t)(s.SaveClustering(ctx, first)); len(freed) != 0 {
			t.Errorf("freed %v", freed)
		}
		_, err := s.SaveClustering(ctx, first)
		wantCode(t, err, domain.CodeConflict, "")
		got := must[store.ClusteringRecord](t)(s.Clustering(ctx, p.ID, first.ID))
		if got.SHA256 != first.SHA256 || got.Method != "ward" || got.Clusters != nil || !got.CreatedAt.Equal(first.CreatedAt) {
			t.Errorf("read %+v, saved %+v", got, first)
		}
		_, err = s.Clustering(ctx, "nobody", first.ID)
		wantCode(t, err, domain.CodeNotFound, "")
		nobodys := record(1)
		nobodys.ProjectID = "nobody"
		_, err = s.SaveClustering(ctx, nobodys)
		wantCode(t, err, domain.CodeNotFound, "")
		var freed []string
		for i := range 30 {
			freed = append(freed, must[[]string](t)(s.SaveClustering(ctx, record(i+1)))...)
		}
		if !slices.Equal(freed, []string{first.SHA256}) {
			t.Errorf("freed %v of the oldest, whose blob is %s", freed, first.SHA256)
		}
		list := must[[]store.ClusteringRecord](t)(s.Clusterings(ctx, p.ID))
		if len(list) != 30 || list[0].K != 30 || list[29].K != 1 {
			t.Errorf("listed %d, from %d to %d", len(list), list[0].K, list[len(list)-1].K)
		}
		if named := must[[]string](t)(s.ReferencedBlobs(ctx)); !slices.Contains(named, list[3].SHA256) {
			t.Error("the groups of a clustering are taken as leftovers")
		}
		if freed := must[[]string](t)(s.DeleteProject(ctx, p.ID)); len(freed) != 30 {
			t.Errorf("%d blobs are freed with the project", len(freed))
		}
	})
}
