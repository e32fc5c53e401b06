package models

import (
	"slices"
	"testing"

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
