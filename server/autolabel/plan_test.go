package autolabel

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// TestClassThatEveryImageHas: it cannot be learned, and is not said to have too few images.
func TestClassThatEveryImageHas(t *testing.T) {
	var all []domain.Asset
	for i := range 12 {
		l := domain.Label{State: domain.StateLabelled, Classes: []domain.ClassScore{{ClassID: "sky"}}}
		if i%2 == 0 {
			l.Classes = append(l.Classes, domain.ClassScore{ClassID: "cloud"})
		}
		all = append(all, domain.Asset{Label: l})
	}
	p := &plan{project: domain.Project{Task: domain.TaskMulti, Classes: []domain.Class{{ID: "sky"}, {ID: "cloud"}}}}
	p.choose(all)
	p.warn()
	if len(p.classes) != 1 || p.classes[0].ID != "cloud" || !slices.Equal(p.warnings, []string{"few_labels", "class_everywhere:sky"}) {
		t.Errorf("learned: %v, warnings: %v", p.classes, p.warnings)
	}
}
