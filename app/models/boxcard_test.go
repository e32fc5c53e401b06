package models

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// cellCard is the card of a model of two classes, of which one was not measured.
func cellCard() *domain.BoxMetrics {
	return &domain.BoxMetrics{
		Boxes: 10, MAP50: .8, MAP: .4, Threshold: .3, Precision: .75, Recall: .9, F1: .82,
		Classes: []domain.BoxClassMetrics{
			{ClassID: "rbc", Name: "RBC", Support: 10, TP: 9, FP: 3, FN: 1, Precision: .75, Recall: .9, F1: .82, AP50: .8, AP: .4, Curve: []domain.PrecisionPoint{
				{Threshold: .9, Precision: 1, Recall: .2}, {Threshold: .6, Precision: .6, Recall: .4}, {Threshold: .5, Precision: .8, Recall: .7}, {Threshold: .2, Precision: .5, Recall: .95},
			}},
			{ClassID: "wbc", Name: "WBC"},
		},
	}
}

func TestPointsOfACurve(t *testing.T) {
	curve := cellCard().Classes[0].Curve
	for threshold, recall := range map[float64]float64{.95: 0, .9: .2, .55: .4, .5: .7, 0: .95} {
		if p, ok := boxAt(curve, threshold); p.Recall != recall || ok != (recall > 0) {
			t.Errorf("at %v: %+v, %v, want recall %v", threshold, p, ok, recall)
		}
	}
	for recall, want := range map[float64]float64{0: 1, .2: 1, .3: .8, .7: .8, .8: .5, .96: 0} {
		if p, ok := atRecall(curve, recall); p != want || ok != (want > 0) {
			t.Errorf("at recall %v: %v, %v, want %v", recall, p, ok, want)
		}
	}
}

func TestWhatAThresholdOfBoxesComesTo(t *testing.T) {
	said := map[float64]string{
		.95: i18n.T("boxcard.at_none", "t", "95%"),
		.5:  i18n.T("boxcard.at", "t", "50%", "precision", "80%", "recall", "70%"),
		.3:  i18n.T("boxcard.at", "t", "30%", "precision", "75%", "recall", "90%"), // the card's own figures
	}
	for threshold, want := range said {
		if got := boxesAt(cellCard(), threshold); got != want {
			t.Errorf("%v: %q, want %q", threshold, got, want)
		}
	}
}

func TestTheTableOfBoxesLeavesOpenWhatIsNotKnown(t *testing.T) {
	session.Project = &domain.Project{Task: domain.TaskBoxes}
	defer func() { session.Project = nil }()
	html := app.HTMLString(boxClasses(&domain.Model{Metrics: domain.Metrics{Boxes: cellCard()}}))
	if n := strings.Count(html, "–"); n != 5 {
		t.Errorf("%d figures are left open, want AP50, AP50-95, precision, recall and F1 of WBC: %s", n, html)
	}
}

func TestModelsOfBoxesAreComparedByTheirFigures(t *testing.T) {
	m := domain.Model{Task: domain.TaskBoxes, Metrics: domain.Metrics{Boxes: cellCard()}}
	rows, _ := comparedFigures(domain.TaskBoxes)
	for i, want := range []float64{.8, .4, .75, .9, .82} {
		if v, ok := rows[i].of(m); v != want || !ok {
			t.Errorf("%s is %v, %v, want %v", rows[i].name, v, ok, want)
		}
		if _, ok := rows[i].of(domain.Model{Task: domain.TaskSingle}); ok {
			t.Errorf("a model of whole images has %s", rows[i].name)
		}
	}
	rows, _ = comparedFigures(domain.TaskSingle)
	if _, ok := rows[0].of(m); ok {
		t.Error("a model of boxes has an accuracy")
	}
	if v, ok := ofClass(m, "rbc"); v != .8 || !ok {
		t.Errorf("RBC: %v, %v", v, ok)
	}
	if _, ok := ofClass(m, "wbc"); ok {
		t.Error("WBC was not measured, but has a figure")
	}
}

func TestBoxesAreLearntWhereTheHostSays(t *testing.T) {
	defer func() { session.Project = nil }()
	whole, all := &domain.Capabilities{Tasks: []domain.Task{domain.TaskSingle}}, &domain.Capabilities{Tasks: []domain.Task{domain.TaskSingle, domain.TaskBoxes}}
	for _, c := range []struct {
		task domain.Task
		host *domain.Capabilities
		want bool
	}{{domain.TaskSingle, nil, true}, {domain.TaskSingle, whole, true}, {domain.TaskBoxes, nil, false}, {domain.TaskBoxes, whole, false}, {domain.TaskBoxes, all, true}} {
		session.Project = &domain.Project{Task: c.task}
		if got := learns(c.host); got != c.want {
			t.Errorf("%s on %+v: %v", c.task, c.host, got)
		}
	}
}
