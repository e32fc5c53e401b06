package models

import (
	"slices"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

func TestBestMarksTheLargestAndNothingWhereAllAreTheSame(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   int
	}{
		{[]float64{0.2, 0.9, 0.5}, 1},
		{[]float64{0.9, 0.9, 0.5}, 0},
		{[]float64{0.5, 0.5}, -1},
		{[]float64{0.5}, -1},
	} {
		if got := best(c.values); got != c.want {
			t.Errorf("%v: %d, want %d", c.values, got, c.want)
		}
	}
}

func TestHeatFollowsTheShareOfTheRow(t *testing.T) {
	for _, c := range []struct {
		n, row int
		want   string
	}{{0, 10, "heat-0"}, {0, 0, "heat-0"}, {1, 10, "heat-1"}, {5, 10, "heat-3"}, {10, 10, "heat-5"}} {
		if got := heat(c.n, c.row); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.n, c.row, got, c.want)
		}
	}
}

func TestACellLeadsToItsImages(t *testing.T) {
	m := &domain.Model{Metrics: domain.Metrics{Outcomes: []domain.Outcome{
		{AssetID: "a", Truth: []int{0}, Predicted: []int{0}},
		{AssetID: "b", Truth: []int{0}, Predicted: []int{1}},
		{AssetID: "c", Truth: []int{0}, Predicted: []int{1}},
		{AssetID: "d", Truth: []int{1}, Predicted: []int{0}},
		{AssetID: "e", Truth: []int{0, 1}, Predicted: []int{1}}, // of a multi-label model: in no cell
	}}}
	if got := cellIDs(m, 0, 1); !slices.Equal(got, []string{"b", "c"}) {
		t.Error(got)
	}
	if got := cellIDs(m, 1, 1); got != nil {
		t.Error(got)
	}
}

func TestThePointOfAThresholdIsTheLastOneBelowIt(t *testing.T) {
	curve := []domain.ThresholdPoint{{Threshold: 0, Coverage: 1}, {Threshold: 0.5, Coverage: 0.6}, {Threshold: 0.9, Coverage: 0.2}}
	for threshold, coverage := range map[float64]float64{0: 1, 0.49: 1, 0.5: 0.6, 0.89: 0.6, 1: 0.2} {
		if p, ok := at(curve, threshold); !ok || p.Coverage != coverage {
			t.Errorf("at %.2f: %+v, %v, want coverage %.1f", threshold, p, ok, coverage)
		}
	}
	if _, ok := at(nil, 0.5); ok {
		t.Error("a model without a curve has a point")
	}
}

func TestAClassWithoutImagesHasNoFigures(t *testing.T) {
	session.Project = &domain.Project{Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}}
	defer func() { session.Project = nil }()
	m := domain.Model{Metrics: domain.Metrics{Classes: []domain.ClassMetrics{{ClassID: "a", Name: "A", Support: 4, TP: 4, Precision: 1, Recall: 1, F1: 1}, {ClassID: "b", Name: "B", FP: 2}}}}
	if v, ok := f1(m, "a"); !ok || v != 1 {
		t.Errorf("F1 of A is %v, %v", v, ok)
	}
	if _, ok := f1(m, "b"); ok {
		t.Error("B, of which there is no image, has an F1")
	}
	html := app.HTMLString(perClass(&m))
	if n := strings.Count(html, "–"); n != 3 {
		t.Errorf("%d figures are left open, want precision, recall and F1 of B: %s", n, html)
	}
}

func TestWhenAModelIsOutgrown(t *testing.T) {
	for _, c := range []struct {
		images int
		newer  *domain.Newer
		want   bool
	}{
		{10, nil, false},
		{10, &domain.Newer{Labels: 4}, false},
		{10, &domain.Newer{Labels: 5}, true},
		{1000, &domain.Newer{Labels: 49}, false},
		{1000, &domain.Newer{Labels: 50}, true},
		{1000, &domain.Newer{Labels: 1, Classes: []string{"c"}}, true},
	} {
		if got := isOutgrown(domain.Model{Images: c.images, Newer: c.newer}); got != c.want {
			t.Errorf("%d images, %+v: %v", c.images, c.newer, got)
		}
	}
}
