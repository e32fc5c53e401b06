package analytics

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

func TestClassesStandInOrderOfTheirLabels(t *testing.T) {
	got := counted([]domain.Class{{ID: "a"}, {ID: "b"}, {ID: "old", Archived: true}, {ID: "c"}},
		domain.Counts{ByClass: map[string]int{"a": 1, "b": 5, "old": 9}, AutoClass: map[string]int{"c": 2}})
	if len(got) != 3 || got[0].ID != "b" || got[1].ID != "a" || got[2].ID != "c" || got[2].auto != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTheForecastThatIsSpokenOf(t *testing.T) {
	m := &domain.Model{Images: 250, Metrics: domain.Metrics{Learning: &domain.Learning{Forecasts: []domain.Forecast{{More: 50}, {More: 100}, {More: 200}, {More: 500}}}}}
	if f, ok := next(m); !ok || f.More != 200 {
		t.Errorf("%+v", f)
	}
	m.Images = 20
	if f, _ := next(m); f.More != 50 {
		t.Errorf("the least is %+v", f)
	}
	if _, ok := next(&domain.Model{}); ok {
		t.Error("a model without a curve has a forecast")
	}
}

func TestWordsFollowTheFigures(t *testing.T) {
	i18n.Use("en")
	model := func(gain, ece float64, bins ...domain.Bin) *domain.Model {
		return &domain.Model{Images: 100, Metrics: domain.Metrics{
			ECE: ece, Bins: bins, Learning: &domain.Learning{Forecasts: []domain.Forecast{{More: 100, Gain: gain, GainHigh: gain + 0.02}}},
		}}
	}
	over, under := domain.Bin{Images: 50, Confidence: 0.9, Right: 0.7}, domain.Bin{Images: 50, Confidence: 0.7, Right: 0.9}
	screen := func(alone, assisted domain.Pace) string {
		return (&Screen{data: &domain.Analytics{Alone: alone, Assisted: assisted}}).paceWords()
	}
	session.Project = &domain.Project{Classes: []domain.Class{{ID: "a", Name: "cat"}, {ID: "b", Name: "dog"}}}
	t.Cleanup(func() { session.Project = nil })
	balance := func(a, b int) string {
		session.Project.Counts.ByClass = map[string]int{"a": a, "b": b}
		return (&Screen{}).balanceWords()
	}
	for _, c := range []struct{ got, want string }{
		{LearningWords(model(0.05, 0, over)), "100 more labels give about +5.0 points"},
		{LearningWords(model(0.001, 0, over)), "change little"},
		{LearningWords(&domain.Model{Classes: make([]domain.Class, 3), Metrics: domain.Metrics{Bins: []domain.Bin{over}}}), "needs about 24 labels"},
		{LearningWords(&domain.Model{}), "Train again"},
		{ReliabilityWords(model(0, 0.2, over)), "surer than it should be"},
		{ReliabilityWords(model(0, 0.2, under)), "right more often than it says"},
		{ReliabilityWords(model(0, 0.2, over, under)), "too high here and too low there"},
		{ReliabilityWords(model(0, 0.01, over)), "can be believed"},
		{screen(domain.Pace{}, domain.Pace{}), "No label has been timed"},
		{screen(domain.Pace{Labels: 9, Median: 4}, domain.Pace{Labels: 2, Median: 1}), "with and without suggestions"},
		{screen(domain.Pace{Labels: 9, Median: 4}, domain.Pace{Labels: 9, Median: 2}), "2.0 times as fast"},
		{screen(domain.Pace{Labels: 9, Median: 2}, domain.Pace{Labels: 9, Median: 4}), "do not make it faster"},
		{balance(0, 0), "No image has a class"},
		{balance(4, 0), "“dog” yet"},
		{balance(12, 4), "“cat” has 3.0 times"},
		{balance(5, 4), "Evenly spread"},
	} {
		if !strings.Contains(c.got, c.want) {
			t.Errorf("%q lacks %q", c.got, c.want)
		}
	}
}
