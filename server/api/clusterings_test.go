package api_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestClustersAreMadeAndLabelled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["single"]
		for i := range 4 {
			h.image(p, fmt.Sprintf("redder%d", i), servetest.Red)
			h.image(p, fmt.Sprintf("greener%d", i), servetest.Green)
		}
		job, err := h.Cluster(ctx, p, domain.ClusterRequest{K: 2})
		if err != nil || job.Kind != "cluster" {
			t.Fatalf("%+v, %v", job, err)
		}
		if job = h.waitFor(job); job.State != domain.JobDone {
			t.Fatalf("clustering: %+v", job)
		}
		h.names["clustering"] = job.ID
		c, err := h.Clustering(ctx, p, job.ID)
		if err != nil || c.ID != job.ID || c.K != 2 || c.Images != 11 || c.Method != "kmeans" || c.Silhouette < 0.3 || c.Part {
			t.Fatalf("%+v, %v", c, err)
		}
		if all := slices.Concat(c.Clusters[0].Assets, c.Clusters[0].Outliers); len(all) != 6 || slices.Contains(all, h.names["red0"]) || !slices.Contains(all, h.names["green0"]) {
			t.Errorf("the larger cluster holds %v, the green images are %v", all, h.names)
		}
		if shown := c.Clusters[1].Shown; len(shown) == 0 || !slices.Contains(c.Clusters[1].Assets, shown[0]) {
			t.Errorf("shown are %v of %v", shown, c.Clusters[1].Assets)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/clusterings", status: 200, contains: []string{`"id":"{clustering}"`, `"asked":2`}, lacks: []string{"clusters"}})
		h.check(t, scenario{method: "GET", path: "/projects/{multi}/clusterings/{clustering}", status: 404})

		whole := domain.LabelRequest{Changes: []domain.LabelChange{{Filter: &domain.Filter{IDs: c.Clusters[0].Assets}, Action: "set", Classes: []string{"green"}}}}
		op, err := h.Label(ctx, p, whole)
		if err != nil || op.Changed != len(c.Clusters[0].Assets) {
			t.Fatalf("labelling a cluster: %+v, %v", op, err)
		}
		if op, err = h.Undo(ctx, p, ""); err != nil || op.Changed != len(c.Clusters[0].Assets) {
			t.Errorf("undoing it: %+v, %v", op, err)
		}
		// a cluster is split by naming its images, labelled or not
		job, err = h.Cluster(ctx, p, domain.ClusterRequest{Method: "ward", K: 2, Filter: domain.Filter{IDs: []string{h.names["red0"], h.names["red1"], h.names["green0"]}}})
		if err == nil {
			job = h.waitFor(job)
		}
		if c, err = h.Clustering(ctx, p, job.ID); err != nil || !c.Part || c.K != 2 || len(c.Clusters[0].Assets)+len(c.Clusters[0].Outliers) != 2 {
			t.Errorf("a part: %+v, %v", c, err)
		}
		h.check(t, scenario{method: "DELETE", path: "/projects/{single}", status: 204})
		h.noBlobs(t)
	})
}
