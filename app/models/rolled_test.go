package models

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestFiguresRollUp(t *testing.T) {
	classes := []domain.Class{{ID: "animal", Name: "Animal"}, {ID: "cat", Name: "Cat", Parent: "animal"}, {ID: "dog", Name: "Dog", Parent: "animal"}, {ID: "car", Name: "Car"}, {ID: "van", Name: "Van", Parent: "car"}}
	m := &domain.Model{Metrics: domain.Metrics{
		Classes: []domain.ClassMetrics{{ClassID: "cat"}, {ClassID: "dog"}, {ClassID: "car"}},
		Outcomes: []domain.Outcome{
			{Truth: []int{0}, Predicted: []int{1}},
			{Truth: []int{1}, Predicted: []int{1}},
			{Truth: []int{1}, Predicted: []int{2}},
			{Truth: []int{2}, Predicted: []int{0}},
			{Truth: []int{2}, Predicted: []int{2}},
			{Truth: []int{0}, Predicted: []int{0}},
		},
	}}
	got := rolledUp(m, domain.TreeOf(classes), classes)
	if len(got) != 1 { // only one class is learnt of those that car is over
		t.Fatalf("rolled up are %+v", got)
	}
	a := got[0]
	if a.Name != "Animal" || a.TP != 3 || a.FP != 1 || a.FN != 1 || a.Support != 4 || a.Precision != 0.75 || a.Recall != 0.75 || a.F1 != 0.75 {
		t.Errorf("animal is %+v", a)
	}
	if rolledUp(m, domain.TreeOf(classes[3:4]), classes) != nil {
		t.Error("where nothing is nested something is rolled up")
	}
}
