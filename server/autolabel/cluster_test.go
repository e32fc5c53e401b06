package autolabel_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestClusterGroupsUnlabelledImages(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 10)
	hue := map[string]string{}
	for _, a := range h.assets(t, p.ID) {
		if a.Label.State == domain.StateUnlabelled {
			hue[a.ID] = strings.Split(a.Name, "/")[0]
		}
	}
	for _, method := range []string{"", "birch", "ward", "average", "complete"} {
		j := done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{Method: method, K: 3})))
		c := must[domain.Clustering](t)(s.Clustering(ctx, p.ID, j.ID))
		if c.K != 3 || c.Images != 30 || len(c.Clusters) != 3 {
			t.Fatalf("%q: %+v", method, c)
		}
		seen := map[string]bool{}
		for _, of := range c.Clusters {
			all := slices.Concat(of.Assets, of.Outliers)
			for _, id := range all {
				if hue[id] != hue[all[0]] || seen[id] {
					t.Errorf("%q: %s is with %s, or twice", method, hue[id], hue[all[0]])
				}
				seen[id] = true
			}
		}
		if len(seen) != 30 {
			t.Errorf("%q: %d images in clusters", method, len(seen))
		}
	}
	j := done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{})))
	if c := must[domain.Clustering](t)(s.Clustering(ctx, p.ID, j.ID)); c.K < 3 || c.Asked != 0 || c.Silhouette <= 0 {
		t.Errorf("chosen: %d clusters, silhouette %.2f", c.K, c.Silhouette)
	}
	list := must[[]store.ClusteringRecord](t)(h.st.Clusterings(ctx, p.ID))
	if len(list) != 6 || list[0].ID != j.ID || list[0].Clusters != nil {
		t.Errorf("listed %+v", list)
	}
	if n := h.balance(t); n != store.FirstGrant {
		t.Errorf("clustering cost %d credits", store.FirstGrant-n)
	}
}

// TestGroupsByWhatLabelsTaught groups images again after three hues have been named, one by a class that is new: each group says what it most probably is.
func TestGroupsByWhatLabelsTaught(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 12) // nothing is labelled
	grouped := func() domain.Clustering {
		t.Helper()
		j := done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 3, Learnt: true})))
		return must[domain.Clustering](t)(s.Clustering(ctx, p.ID, j.ID))
	}
	for _, of := range grouped().Clusters {
		if of.Class != "" || of.Sure != 0 || of.Clear <= 0 || of.Clear > 1 {
			t.Errorf("before anything is named: class %q, sure %.2f, clear %.2f", of.Class, of.Sure, of.Clear)
		}
	}
	all := h.assets(t, p.ID)
	for _, a := range all {
		if hue := hueOf(a); hue != "blue" && a.Name[len(hue):] < "/004.png" {
			h.give(t, p.ID, a, hue)
		}
	}
	// a class that is made while the head is at work
	p.Classes = append(p.Classes, domain.Class{Name: "sky"})
	p = must[domain.Project](t)(h.st.UpdateProject(ctx, p))
	sky := p.Classes[len(p.Classes)-1].ID
	for _, a := range all {
		if hueOf(a) == "blue" && a.Name < "blue/004.png" {
			h.give(t, p.ID, a, sky)
		}
	}
	c := grouped()
	if !c.Learnt || c.Images >= len(all) {
		t.Fatalf("%+v", c)
	}
	hue := map[string]string{}
	for _, a := range all {
		hue[a.ID] = hueOf(a)
	}
	for _, of := range c.Clusters {
		want := hue[of.Assets[0]]
		if want == "blue" {
			want = sky
		}
		if of.Class != want || of.Sure < 0.6 {
			t.Errorf("%d images of %s are said to be %q with %.2f", len(of.Assets), hue[of.Assets[0]], of.Class, of.Sure)
		}
	}
}

// stuck is an engine whose Cluster goes on until it is cancelled.
type stuck struct{ *gated }

func (stuck) Cluster(ctx context.Context, _ cluster.Points, _ cluster.Options, progress func(done, total int)) (*cluster.Result, error) {
	progress(1, 2)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestClusteringIsCancelled(t *testing.T) {
	h := newHost(t)
	gate := newGated(h.config.Engine, 5)
	h.config.Engine = stuck{gate}
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 4)
	j := must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 2}))
	until(t, s, j, func(j domain.Job) bool { return j.Phase == "embed" && j.Done == 5 && j.Total == 12 })
	if got := must[domain.Job](t)(s.Cancel(ctx, j.ID)); got.State != domain.JobCancelled {
		t.Errorf("cancelled while embedding: %+v", got)
	}
	close(gate.free)
	j = must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 2}))
	until(t, s, j, func(j domain.Job) bool { return j.Phase == "cluster" && j.Done == 1 })
	if got := must[domain.Job](t)(s.Cancel(ctx, j.ID)); got.State != domain.JobCancelled {
		t.Errorf("cancelled while grouping: %+v", got)
	}
	if list := must[[]store.ClusteringRecord](t)(h.st.Clusterings(ctx, p.ID)); len(list) != 0 {
		t.Errorf("%d clusterings of cancelled jobs", len(list))
	}
	_, err := s.Clustering(ctx, p.ID, j.ID)
	wantCode(t, err, domain.CodeNotFound)
}

func TestUnreadableImagesAreInNoCluster(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 3, 3)
	gone := h.assets(t, p.ID)[4]
	if err := h.blobs.Delete(ctx, gone.SHA256); err != nil {
		t.Fatal(err)
	}
	j := done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 2})))
	c := must[domain.Clustering](t)(s.Clustering(ctx, p.ID, j.ID))
	if c.Images != 8 || c.Unreadable != 1 {
		t.Errorf("%d images, %d unreadable", c.Images, c.Unreadable)
	}
	for _, of := range c.Clusters {
		if slices.Contains(of.Assets, gone.ID) || slices.Contains(of.Outliers, gone.ID) {
			t.Error("an unreadable image is in a cluster")
		}
	}
}
