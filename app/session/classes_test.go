package session

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestClassesOfTheProject(t *testing.T) {
	defer func() { Project = nil }()
	if _, ok := Class("dog"); ok || len(Classes()) != 0 || Over("dog") != "" {
		t.Error("without a project there are classes")
	}
	Project = &domain.Project{Rev: 1, Classes: []domain.Class{{ID: "dog", Name: "Dog", Parent: "animal"}, {ID: "old", Archived: true}, {ID: "animal", Name: "Animal"}}}
	if list := Classes(); len(list) != 2 || list[0].ID != "animal" || list[1].ID != "dog" {
		t.Errorf("the classes are %+v", list)
	}
	if c, ok := Class("old"); !ok || !c.Archived || Over("dog") != "Animal / " || Over("animal") != "" {
		t.Errorf("archived is %+v, over dog is %q", c, Over("dog"))
	}
	Project = &domain.Project{Rev: 2, Classes: []domain.Class{{ID: "dog", Name: "Hound"}}}
	if c, _ := Class("dog"); c.Name != "Hound" || len(Classes()) != 1 {
		t.Error("the classes of the project before are still told")
	}
}
