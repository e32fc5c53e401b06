package annotate

import (
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

func suggestion(asset string, take []string, scores ...domain.ClassScore) domain.Suggestion {
	return domain.Suggestion{AssetID: asset, Take: take, Classes: scores}
}

func ready(items ...domain.Suggestion) domain.Suggestions {
	return domain.Suggestions{State: domain.SuggestReady, Items: items}
}

func TestHintsFollowAnswers(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := domain.Asset{ID: "a", Label: domain.Label{State: domain.StateUnlabelled}}
	cat, dog := domain.ClassScore{ClassID: "cat", Score: 0.8}, domain.ClassScore{ClassID: "dog", Score: 0.2}
	h := &hints{}
	if _, ok := h.of(a); ok {
		t.Error("suggested before anything was asked")
	}
	h.learn(ready(suggestion("a", []string{"cat"}, cat, dog), domain.Suggestion{AssetID: "b", Pending: true}), now)
	if s, ok := h.of(a); !ok || s.Take[0] != "cat" || !h.steady("a", now) {
		t.Errorf("suggested %+v, %v", s, ok)
	}
	h.learn(ready(domain.Suggestion{AssetID: "a", Pending: true}), now)
	if _, ok := h.of(a); !ok {
		t.Error("what was known is forgotten while it is looked at again")
	}
	h.learn(ready(suggestion("a", []string{"dog"}, dog, cat)), now)
	if h.steady("a", now.Add(settling/2)) || !h.steady("a", now.Add(settling)) {
		t.Error("a suggestion that turned is taken at once, or never")
	}
	h.learn(ready(suggestion("a", []string{"dog"}, dog)), now.Add(time.Minute))
	if !h.steady("a", now.Add(time.Minute)) {
		t.Error("a suggestion that stayed is not taken")
	}
	for name, other := range map[string]domain.Asset{
		"labelled": {ID: "a", Label: domain.Label{State: domain.StateLabelled}},
		"proposed": {ID: "a", Label: domain.Label{State: domain.StateAuto}},
		"unknown":  {ID: "c", Label: domain.Label{State: domain.StateUnlabelled}},
	} {
		if _, ok := h.of(other); ok {
			t.Errorf("suggested for an image that is %s", name)
		}
	}
	h.off = true
	if _, ok := h.of(a); ok {
		t.Error("suggested though switched off")
	}
	h.off = false
	h.learn(domain.Suggestions{State: domain.SuggestTooFew}, now)
	if _, ok := h.of(a); ok {
		t.Error("suggested by a head that is gone")
	}
}

func TestGhostsAreFewAndLikely(t *testing.T) {
	score := func(id string, v float64) domain.ClassScore { return domain.ClassScore{ClassID: id, Score: v} }
	for name, c := range map[string]struct {
		s    domain.Suggestion
		want []string
	}{
		"sure":      {suggestion("a", []string{"x"}, score("x", 0.97), score("y", 0.02)), []string{"x"}},
		"unsure":    {suggestion("a", []string{"x"}, score("x", 0.4), score("y", 0.3), score("z", 0.2), score("w", 0.1)), []string{"x", "y", "z"}},
		"many":      {suggestion("a", []string{"x", "y", "z", "w"}, score("x", 0.9), score("y", 0.9), score("z", 0.8), score("w", 0.6)), []string{"x", "y", "z", "w"}},
		"none":      {suggestion("a", nil, score("x", 0.3), score("y", 0.01)), []string{"x"}},
		"none, low": {suggestion("a", nil, score("x", 0.01)), []string{}},
	} {
		var got []string
		for _, g := range ghosts(c.s) {
			got = append(got, g.ClassID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestWhatIsAskedAbout(t *testing.T) {
	d := newDesk(domain.TaskMulti, false, false, []string{"a", "b", "c", "d", "e"}, []string{"b", "d", "e"})
	for at, want := range [][]string{{"b", "d"}, {"b", "d"}, {"d", "e"}, {"d", "e"}, {"e"}, nil} {
		d.at = at
		if got := d.wanted(2); !slices.Equal(got, want) {
			t.Errorf("at %d: %v, want %v", at, got, want)
		}
	}
	d.at = 1
	d.assets["b"] = domain.Asset{ID: "b", Label: domain.Label{State: domain.StateUnlabelled}}
	d.adopt([]string{"x", "y"})
	d.tick("x")
	d.adopt([]string{"z"})
	if !slices.Equal(d.ticked(), []string{"y"}) || !d.changed() {
		t.Errorf("ticked %v", d.ticked())
	}
}
