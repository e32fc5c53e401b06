package autolabel_test

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestUsefulOrder(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 40, 8)
	all := h.assets(t, p.ID)
	open := ofState(all, domain.StateUnlabelled)
	none := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUseful, ""))
	if len(none) != len(all) {
		t.Fatalf("%d of %d images are in the order", len(none), len(all))
	}
	suggested(t, s, p.ID, open, func(got domain.Suggestions) bool { return got.Embedded == len(all) })
	list := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUseful, ""))
	again := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUseful, ""))
	if len(list) != len(all) || !slices.Equal(list, again) {
		t.Errorf("%d of %d images are in the order, the same again: %v", len(list), len(all), slices.Equal(list, again))
	}
	labelled := map[string]bool{}
	for _, a := range ofState(all, domain.StateLabelled) {
		labelled[a.ID] = true
	}
	for at, id := range list {
		if labelled[id] != (at >= len(open)) {
			t.Errorf("of %d images without a label, place %d has one: %v", len(open), at, labelled[id])
		}
	}
	only := domain.Filter{States: []domain.State{domain.StateUnlabelled}}
	if list := must[[]string](t)(s.Order(ctx, p.ID, only, domain.SortUseful, "")); len(list) != len(open) {
		t.Errorf("%d of %d images without a label", len(list), len(open))
	}
	boxes := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "boxes", Task: domain.TaskBoxes}))
	_, err := s.Order(ctx, boxes.ID, domain.Filter{}, domain.SortUseful, "")
	wantCode(t, err, domain.CodeUnsupported)
}

// TestUsefulOrderWithoutAHead begins with images of all kinds.
func TestUsefulOrderWithoutAHead(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 20, 20)
	all := h.assets(t, p.ID)
	done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 3}))) // embeds them
	list := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUseful, ""))
	kinds := map[string]bool{}
	for _, id := range list[:8] {
		kinds[hueOf(all[slices.IndexFunc(all, func(a domain.Asset) bool { return a.ID == id })])] = true
	}
	if len(list) != 60 || len(kinds) != 3 {
		t.Errorf("of %d images the first eight show %v", len(list), kinds)
	}
}

// TestUsefulQueue labels a project as the queue hands it out, and sees what that was good for.
func TestUsefulQueue(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 80, 80)
	done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 3})))
	none := must[domain.Saving](t)(s.Saving(ctx, p.ID))
	if none.Known || none.Picked != 0 || none.Wanted < 1 || none.Every < 5 {
		t.Errorf("before the first label: %+v", none)
	}
	ann, bob := domain.WithActor(ctx, domain.Actor{ID: "ann"}), domain.WithActor(ctx, domain.Actor{ID: "bob"})
	first := must[domain.UsefulBatch](t)(s.Useful(ann, p.ID))
	again := must[domain.UsefulBatch](t)(s.Useful(ann, p.ID))
	second := must[domain.UsefulBatch](t)(s.Useful(bob, p.ID))
	if len(first.Items) != 20 || len(second.Items) != 20 || !slices.Equal(ids(first.Items), ids(again.Items)) {
		t.Errorf("handed out are %d, %d to another, and %v instead of %v again", len(first.Items), len(second.Items), ids(again.Items), ids(first.Items))
	}
	for _, a := range second.Items {
		if slices.Contains(ids(first.Items), a.ID) {
			t.Errorf("%s is handed out to two", a.Name)
		}
	}
	give := func(items []domain.Asset) {
		w := store.LabelWrite{Kind: "label", Actor: "test"}
		for _, a := range items {
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human(hueOf(a))})
		}
		must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	}
	give(first.Items)
	give(second.Items)
	few := must[domain.Saving](t)(s.Saving(ctx, p.ID))
	if few.Known || few.Picked != 40 || few.Chance < 3 || few.Chance > 5 {
		t.Errorf("of 40 labels: %+v", few)
	}
	for batch := must[domain.UsefulBatch](t)(s.Useful(ann, p.ID)); len(batch.Items) > 0; batch = must[domain.UsefulBatch](t)(s.Useful(ann, p.ID)) {
		give(batch.Items)
	}
	all := must[domain.Saving](t)(s.Saving(ctx, p.ID))
	if !all.Known || all.Picked != 240 || all.Chance < all.Wanted || all.Accuracy < 0.5 || all.Low > all.Queue/all.Same || all.Queue/all.Same > all.High || len(all.Points) < 5 {
		t.Errorf("of all labels: %+v", all)
	}
	boxes := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "boxes", Task: domain.TaskBoxes}))
	_, err := s.Saving(ctx, boxes.ID)
	wantCode(t, err, domain.CodeUnsupported)
	_, err = s.Useful(ctx, boxes.ID)
	wantCode(t, err, domain.CodeUnsupported)
}
