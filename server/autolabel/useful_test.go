package autolabel_test

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
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

// TestUsefulOrderWithoutAHead begins with images that are unlike each other.
func TestUsefulOrderWithoutAHead(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 20, 20)
	all := h.assets(t, p.ID)
	done(t, s, must[domain.Job](t)(s.Cluster(ctx, p.ID, domain.ClusterRequest{K: 3}))) // embeds them
	list := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUseful, ""))
	hues := map[string]bool{}
	for _, id := range list[:3] {
		hues[hueOf(all[slices.IndexFunc(all, func(a domain.Asset) bool { return a.ID == id })])] = true
	}
	if len(list) != 60 || len(hues) != 3 {
		t.Errorf("of %d images the first three show %v", len(list), hues)
	}
}
