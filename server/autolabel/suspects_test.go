package autolabel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// relabel writes one label of a person.
func (h *host) relabel(t testing.TB, project, asset string, l domain.Label) {
	t.Helper()
	must[domain.Operation](t)(h.st.WriteLabels(ctx, project, store.LabelWrite{Kind: "label", Actor: "test", Changes: []store.Change{{AssetID: asset, Label: l}}}))
}

// flip gives n images of each hue the label of another one, and names them with what they truly are.
func (h *host) flip(t testing.TB, project string, n int) map[string]string {
	t.Helper()
	other := map[string]string{"red": "green", "green": "blue", "blue": "red"}
	truth, done := map[string]string{}, map[string]int{}
	for _, a := range h.assets(t, project) {
		hue, _, _ := strings.Cut(a.Name, "/")
		if done[hue]++; done[hue] <= n {
			truth[a.ID] = hue
			h.relabel(t, project, a.ID, human(other[hue]))
		}
	}
	return truth
}

func TestWrongLabelsAreSuspectedUntilSomebodyDecides(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 30, 0)
	truth := h.flip(t, p.ID, 1)
	m := h.train(t, s, p.ID)
	if m.Metrics.Suspects != len(truth) {
		t.Errorf("the card says %d", m.Metrics.Suspects)
	}
	look := func(model string) domain.Suspects {
		t.Helper()
		return must[domain.Suspects](t)(s.Suspects(ctx, p.ID, model, 100))
	}
	list := look(m.ID)
	if list.Total != len(truth) || list.Open != len(truth) || len(list.Items) != len(truth) {
		t.Fatalf("%d of %d, listed %d", list.Open, list.Total, len(list.Items))
	}
	for i, f := range list.Items {
		hue := truth[f.Asset.ID]
		if hue == "" || f.Suggested[0].ClassID != hue || f.Given[0].ClassID != f.Asset.Label.Classes[0].ClassID {
			t.Errorf("%s: labelled %v, suggested %v", f.Asset.Name, f.Given, f.Suggested)
		}
		if d := f.Suggested[0].Score - f.Given[0].Score - f.Margin; d > 1e-9 || d < -1e-9 {
			t.Errorf("margin %v of %+v", f.Margin, f)
		}
		if i > 0 && f.Margin > list.Items[i-1].Margin {
			t.Error("not the surest first")
		}
		if ex := list.Examples[hue]; len(ex) != 4 || slices.Contains(ex, f.Asset.ID) {
			t.Errorf("examples of %s: %v", hue, ex)
		}
	}
	if few := must[domain.Suspects](t)(s.Suspects(ctx, p.ID, m.ID, 1)); len(few.Items) != 1 || few.Open != len(truth) {
		t.Errorf("one at most: %d of %d", len(few.Items), few.Open)
	}

	fixed, kept := list.Items[0].Asset, list.Items[1].Asset
	h.relabel(t, p.ID, fixed.ID, human(truth[fixed.ID]))
	keep := kept.Label
	keep.Checked = true
	h.relabel(t, p.ID, kept.ID, keep)
	if list = look(m.ID); list.Total != len(truth) || list.Open != len(truth)-2 {
		t.Errorf("after two decisions %d of %d", list.Open, list.Total)
	}
	next := h.train(t, s, p.ID)
	if list = look(next.ID); list.Open != len(truth)-2 || slices.ContainsFunc(list.Items, func(f domain.Suspect) bool { return f.Asset.ID == kept.ID }) {
		t.Errorf("the next model asks again: %d open, %+v", list.Open, list.Items)
	}
	must[domain.Operation](t)(h.st.Undo(ctx, p.ID, ""))
	if list = look(next.ID); list.Open != len(truth)-1 {
		t.Errorf("after the undo of the keep %d are open", list.Open)
	}
	_, err := s.Suspects(ctx, p.ID, "none", 1)
	wantCode(t, err, domain.CodeNotFound)
}

func TestSuspectsOfAnArchivedClassAreNotShown(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 30, 0)
	h.flip(t, p.ID, 1)
	m := h.train(t, s, p.ID)
	p = must[domain.Project](t)(h.st.Project(ctx, p.ID))
	p.Classes[0].Archived = true
	must[domain.Project](t)(h.st.UpdateProject(ctx, p))
	list := must[domain.Suspects](t)(s.Suspects(ctx, p.ID, m.ID, 100))
	if list.Total != 2 || slices.ContainsFunc(list.Items, func(f domain.Suspect) bool { return f.Suggested[0].ClassID == "red" }) {
		t.Errorf("%d, %+v", list.Total, list.Items)
	}
}

func TestSuspectsOfSeveralClasses(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskMulti, 30, 0)
	truth := h.flip(t, p.ID, 1)
	list := must[domain.Suspects](t)(s.Suspects(ctx, p.ID, h.train(t, s, p.ID).ID, 100))
	if list.Open == 0 {
		t.Fatal("none")
	}
	for _, f := range list.Items {
		if truth[f.Asset.ID] == "" {
			t.Errorf("%s is suspected: %+v", f.Asset.Name, f)
		}
	}
}
