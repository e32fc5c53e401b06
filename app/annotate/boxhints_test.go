package annotate

import (
	"math"
	"testing"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/server/domain"
)

func TestTheLeastScoreGoesInWholeSteps(t *testing.T) {
	h := &boxHints{model: "m", threshold: .32}
	if h.from() != .32 {
		t.Errorf("at first %v, want the model's threshold", h.from())
	}
	for _, c := range []struct{ steps, want float64 }{{1, .35}, {1, .4}, {-1, .35}, {-10, .05}, {30, .95}} {
		if h.shift(c.steps); math.Abs(h.from()-c.want) > 1e-9 {
			t.Errorf("%v steps come to %v, want %v", c.steps, h.from(), c.want)
		}
	}
	h.least = .32
	if h.shift(-1); math.Abs(h.from()-.3) > 1e-9 {
		t.Errorf("a step down from 32 %% comes to %v", h.from())
	}
}

func TestPlacesAreCounted(t *testing.T) {
	h := &boxHints{}
	shown := func() (n int) {
		for i := range mostPlaces {
			if placeScore(i) >= h.from() {
				n++
			}
		}
		return n
	}
	if shown() != fewPlaces {
		t.Errorf("%d places at first", shown())
	}
	if h.shift(-1); shown() != fewPlaces+2 {
		t.Errorf("%d places after a step for more", shown())
	}
	if h.shift(100); shown() != 1 {
		t.Errorf("%d places at least", shown())
	}
	if h.shift(-100); shown() != mostPlaces {
		t.Errorf("%d places at most", shown())
	}
}

func TestWhatALabelOwesToSuggestions(t *testing.T) {
	d := newDesk(domain.TaskBoxes, false, false, []string{"a"}, []string{"a"})
	s := &Screen{desk: d, models: map[string]domain.Model{"m": {ID: "m", Images: 40}}}
	s.boxHints.model, s.boxHints.threshold = "m", .5
	ghost := domain.Box{ClassID: "cat", W: 10, H: 10, Score: .8}
	s.boxHints.known = map[string]*boxes.Ghosts{"a": boxes.NewGhosts([]domain.Box{ghost, {ClassID: "cat", X: 50, W: 9, H: 9, Score: .6}})}
	taken := ghost
	taken.Score = 0
	by := func(change domain.LabelChange) (e domain.Effort) {
		s.boxEffort(&e, change)
		return e
	}
	if e := by(domain.LabelChange{Action: "set", Boxes: []domain.Box{taken}}); e.Suggestion != domain.SuggestionAccepted || e.Confidence != .8 || e.Labels != 40 {
		t.Errorf("accepted: %+v", e)
	}
	drawn := domain.Box{ClassID: "cat", X: 30, W: 8, H: 8}
	if e := by(domain.LabelChange{Action: "set", Boxes: []domain.Box{taken, drawn}}); e.Suggestion != domain.SuggestionShown || e.Labels != 0 {
		t.Errorf("one more was drawn: %+v", e)
	}
	if e := by(domain.LabelChange{Action: "clear"}); e.Suggestion != domain.SuggestionShown {
		t.Errorf("cleared: %+v", e)
	}
	s.hints.off = true
	if e := by(domain.LabelChange{Action: "set", Boxes: []domain.Box{taken}}); e != (domain.Effort{}) {
		t.Errorf("nothing is suggested: %+v", e)
	}
}

func TestAcceptWaitsForSuggestionsThatAreOnTheirWay(t *testing.T) {
	d := newDesk(domain.TaskBoxes, false, false, []string{"a", "b"}, []string{"a"})
	s := &Screen{desk: d}
	if !s.pendingGhosts() {
		t.Error("nobody has said whether there is a model, and nothing is awaited")
	}
	s.models = map[string]domain.Model{}
	if s.pendingGhosts() {
		t.Error("without a model something is awaited")
	}
	s.models["m"] = domain.Model{ID: "m", Metrics: domain.Metrics{Boxes: &domain.BoxMetrics{}}}
	if !s.pendingGhosts() {
		t.Error("suggestions are on their way")
	}
	s.boxHints.failure = "away"
	if s.pendingGhosts() {
		t.Error("what failed is awaited")
	}
	s.boxHints.failure, d.at = "", 1
	if s.pendingGhosts() {
		t.Error("an image that has a label is not asked about")
	}
}
