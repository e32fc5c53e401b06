package autolabel_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// hueOf is the class that an asset of host.project belongs to.
func hueOf(a domain.Asset) string { return a.Name[:len(a.Name)-len("/000.png")] }

func ids(assets []domain.Asset) []string {
	out := make([]string, len(assets))
	for i, a := range assets {
		out[i] = a.ID
	}
	return out
}

func ofState(assets []domain.Asset, s domain.State) []domain.Asset {
	return slices.DeleteFunc(slices.Clone(assets), func(a domain.Asset) bool { return a.Label.State != s })
}

// suggested asks until good holds of the answer.
func suggested(t *testing.T, s *autolabel.Service, project string, assets []domain.Asset, good func(domain.Suggestions) bool) domain.Suggestions {
	t.Helper()
	var got domain.Suggestions
	for deadline := time.Now().Add(50 * time.Second); time.Now().Before(deadline); {
		got = must[domain.Suggestions](t)(s.Suggest(ctx, project, domain.SuggestRequest{Assets: ids(assets), WaitMS: 1000}))
		if good(got) {
			return got
		}
	}
	t.Fatalf("suggestions did not get there: %+v", got)
	return got
}

func complete(got domain.Suggestions) bool {
	return got.State == domain.SuggestReady && !slices.ContainsFunc(got.Items, func(i domain.Suggestion) bool { return i.Pending })
}

func (h *host) give(t *testing.T, project string, a domain.Asset, classes ...string) domain.Operation {
	t.Helper()
	return must[domain.Operation](t)(h.st.WriteLabels(ctx, project, store.LabelWrite{
		Kind: "label", Actor: "test", Changes: []store.Change{{AssetID: a.ID, Label: human(classes...)}},
	}))
}

func TestSuggestionsBeginWithEnoughLabels(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 12) // nothing is labelled
	all := h.assets(t, p.ID)
	ask := func() domain.Suggestions {
		t.Helper()
		return must[domain.Suggestions](t)(s.Suggest(ctx, p.ID, domain.SuggestRequest{Assets: ids(all[:2]), WaitMS: 5000}))
	}
	if got := ask(); got.State != domain.SuggestTooFew || got.Missing != 2*domain.MinSuggest || got.Embedded != 0 || len(got.Items) != 0 {
		t.Fatalf("without a label: %+v", got)
	}
	given := 0
	for _, a := range all {
		if hue := hueOf(a); hue != "blue" && given < 5 && a.Name[len(hue):] < "/003.png" {
			h.give(t, p.ID, a, hue)
			given++
		}
	}
	if got := ask(); got.State != domain.SuggestTooFew || got.Missing != 1 || got.Classes != 1 {
		t.Fatalf("with five labels: %+v", got)
	}
	for _, a := range all {
		if hue := hueOf(a); hue != "blue" && a.Name[len(hue):] == "/002.png" {
			h.give(t, p.ID, a, hue)
		}
	}
	rest := ofState(h.assets(t, p.ID), domain.StateUnlabelled)
	got := suggested(t, s, p.ID, rest, complete)
	if got.Labels != 6 || got.Classes != 2 || len(got.Items) != len(rest) || got.Images != 36 {
		t.Errorf("with six labels: %+v", got)
	}
	right := 0
	for i, item := range got.Items {
		if hueOf(rest[i]) != "blue" && item.Take[0] == hueOf(rest[i]) {
			right++
		}
		if len(item.Take) != 1 || item.Classes[0].ClassID != item.Take[0] || item.Confidence != item.Classes[0].Score || item.Confidence < 0.5 {
			t.Errorf("suggestion %+v", item)
		}
	}
	if right < 15 {
		t.Errorf("%d of 18 are right", right)
	}
	suggested(t, s, p.ID, rest[:1], func(got domain.Suggestions) bool { return got.Embedded == 36 }) // the others by and by
}

// TestSuggestionsFollowLabels gives a third class its labels, takes one back and corrects one: the head is in line each time.
func TestSuggestionsFollowLabels(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 16, 8)
	all := h.assets(t, p.ID)
	rest := ofState(all, domain.StateUnlabelled)
	for _, a := range ofState(all, domain.StateLabelled) {
		if hueOf(a) == "blue" {
			must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, store.LabelWrite{Changes: []store.Change{{AssetID: a.ID, Label: domain.Label{State: domain.StateUnlabelled}}}}))
		}
	}
	if got := suggested(t, s, p.ID, rest, complete); got.Labels != 16 || got.Classes != 2 {
		t.Fatalf("two classes: %+v", got)
	}
	var last domain.Operation
	for _, a := range all {
		if hueOf(a) == "blue" && a.Label.State == domain.StateLabelled {
			last = h.give(t, p.ID, a, "blue")
		}
	}
	got := suggested(t, s, p.ID, rest, complete)
	if got.Labels != 24 || got.Classes != 3 {
		t.Fatalf("three classes: %+v", got)
	}
	right := 0
	for i, item := range got.Items {
		if item.Take[0] == hueOf(rest[i]) {
			right++
		}
	}
	if right < 22 {
		t.Errorf("%d of 24 are right", right)
	}
	must[domain.Operation](t)(h.st.Undo(ctx, p.ID, last.ID))
	if got := suggested(t, s, p.ID, rest, complete); got.Labels != 23 {
		t.Errorf("after an undo: %+v", got)
	}
	must[domain.Operation](t)(h.st.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{ofState(all, domain.StateLabelled)[0].ID}}, "", "test"))
	if got := suggested(t, s, p.ID, rest, complete); got.Labels != 22 {
		t.Errorf("after a deletion: %+v", got)
	}
	if got := must[domain.Suggestions](t)(s.Suggest(ctx, p.ID, domain.SuggestRequest{})); got.State != domain.SuggestReady || len(got.Items) != 0 {
		t.Errorf("a question about nothing: %+v", got)
	}
}

func TestSuggestionsOfManyClasses(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskMulti, 14, 6)
	rest := ofState(h.assets(t, p.ID), domain.StateUnlabelled)
	got := suggested(t, s, p.ID, rest, complete)
	right := 0
	for i, item := range got.Items {
		if slices.Equal(item.Take, []string{hueOf(rest[i])}) {
			right++
		}
	}
	if right < 14 || got.Labels != 24 {
		t.Errorf("%d of 18 are right: %+v", right, got)
	}
}

func TestSuggestionsAreSwitchedOff(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	rest := ofState(h.assets(t, p.ID), domain.StateUnlabelled)
	suggested(t, s, p.ID, rest, complete)
	if err := s.SetSuggests(ctx, p.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := must[domain.Suggestions](t)(s.Suggest(ctx, p.ID, domain.SuggestRequest{Assets: ids(rest)})); got.State != domain.SuggestOff || got.Reason != "switched_off" || len(got.Items) != 0 {
		t.Errorf("switched off: %+v", got)
	}
	if err := s.SetSuggests(ctx, p.ID, true); err != nil {
		t.Fatal(err)
	}
	suggested(t, s, p.ID, rest, complete)
	wantCode(t, s.SetSuggests(ctx, "nothing", true), domain.CodeNotFound)
	_, err := s.Suggest(ctx, "nothing", domain.SuggestRequest{})
	wantCode(t, err, domain.CodeNotFound)
	_, err = s.Suggest(ctx, p.ID, domain.SuggestRequest{WaitMS: -1})
	wantCode(t, err, domain.CodeInvalid)
	boxes := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "b", Task: domain.TaskBoxes}))
	if got := must[domain.Suggestions](t)(s.Suggest(ctx, boxes.ID, domain.SuggestRequest{})); got.State != domain.SuggestOff || got.Reason != "boxes" {
		t.Errorf("boxes: %+v", got)
	}
}

func TestUnreadableImagesDoNotStopSuggestions(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 8, 3)
	all := h.assets(t, p.ID)
	for _, a := range []domain.Asset{ofState(all, domain.StateLabelled)[0], ofState(all, domain.StateUnlabelled)[0]} {
		if err := h.blobs.Delete(ctx, a.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	rest := ofState(all, domain.StateUnlabelled)
	got := suggested(t, s, p.ID, rest, complete)
	if got.Labels != 14 || got.Unread != 2 || got.Items[0].Take != nil || len(got.Items[1].Take) != 1 {
		t.Errorf("with two unreadable images: %+v", got)
	}
}

func TestOrders(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 10, 4)
	all := h.assets(t, p.ID)
	wrong := ofState(all, domain.StateLabelled)[2]
	h.give(t, p.ID, wrong, map[string]string{"red": "green", "green": "blue", "blue": "red"}[hueOf(wrong)])
	suggested(t, s, p.ID, ofState(all, domain.StateUnlabelled), func(got domain.Suggestions) bool { return got.Embedded == 30 })
	list := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortDisagreement, ""))
	if len(list) != 30 || list[0] != wrong.ID {
		t.Errorf("the wrong label stands at %d of %d", slices.Index(list, wrong.ID), len(list))
	}
	open := ofState(all, domain.StateUnlabelled)
	for _, id := range list[18:] {
		if !slices.ContainsFunc(open, func(a domain.Asset) bool { return a.ID == id }) {
			t.Errorf("a labelled image stands behind those without a label")
		}
	}
	list = must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortSimilarity, all[0].ID))
	hue := hueOf(all[0])
	if list[0] != all[0].ID {
		t.Error("an image is not most like itself")
	}
	for i, id := range list[:10] {
		at := slices.IndexFunc(all, func(a domain.Asset) bool { return a.ID == id })
		if hueOf(all[at]) != hue {
			t.Errorf("place %d is %s, not %s", i, hueOf(all[at]), hue)
		}
	}
	list = must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{States: []domain.State{domain.StateUnlabelled}}, domain.SortUncertainty, ""))
	got := must[domain.Suggestions](t)(s.Suggest(ctx, p.ID, domain.SuggestRequest{Assets: list}))
	for i := range got.Items[1:] {
		if got.Items[i].Confidence > got.Items[i+1].Confidence {
			t.Errorf("place %d is surer than the next", i)
		}
	}
	if len(list) != 12 {
		t.Errorf("%d are listed", len(list))
	}
	_, err := s.Order(ctx, p.ID, domain.Filter{}, domain.SortSimilarity, "nothing")
	wantCode(t, err, domain.CodeNotFound)
	_, err = s.Order(ctx, p.ID, domain.Filter{}, domain.SortSimilarity, "")
	wantCode(t, err, domain.CodeInvalid)
	bare := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "bare", Task: domain.TaskSingle}))
	_, err = s.Order(ctx, bare.ID, domain.Filter{}, domain.SortUncertainty, "")
	wantCode(t, err, domain.CodeConflict)
}

// TestOrdersByAModel: where labels are too few for a head, the newest model tells.
func TestOrdersByAModel(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 10, 4)
	h.train(t, s, p.ID)
	w := store.LabelWrite{Kind: "bulk"}
	for _, a := range h.assets(t, p.ID) {
		w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: domain.Label{State: domain.StateUnlabelled}})
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	if list := must[[]string](t)(s.Order(ctx, p.ID, domain.Filter{}, domain.SortUncertainty, "")); len(list) != 30 {
		t.Errorf("%d are listed", len(list))
	}
}

// TestImportGoesOnBesideSuggestions: images that come later are looked at too.
func TestImportGoesOnBesideSuggestions(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	suggested(t, s, p.ID, nil, func(got domain.Suggestions) bool { return got.State == domain.SuggestReady && got.Embedded == 18 })
	imp := must[domain.ImportReport](t)(h.tr.Start(ctx, p.ID, "none"))
	must[domain.ImportReport](t)(h.tr.File(ctx, p.ID, imp.ID, "late.png", bytes.NewReader(picture(hues["red"], 424242))))
	must[domain.ImportReport](t)(h.tr.Finish(ctx, p.ID, imp.ID))
	suggested(t, s, p.ID, nil, func(got domain.Suggestions) bool { return got.Embedded == 19 && got.Images == 19 })
}
