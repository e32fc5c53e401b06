package transfer

import (
	"path"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestCOCOSupercategories(t *testing.T) {
	it := cocoClasses([]cocoCategory{{Name: "poodle", Super: "dog"}, {Name: "dog", Super: "animal"}, {Name: "cat", Super: "animal"}, {Name: "person", Super: "person"}, {Name: "kite", Super: "None"}, {Name: "sky"}})
	want := map[string]string{"poodle": "dog", "dog": "animal", "cat": "animal", "person": "", "kite": "", "sky": "", "animal": ""}
	if len(it.Classes) != len(want) || it.Classes[6] != "animal" {
		t.Fatalf("the classes are %v", it.Classes)
	}
	for i, name := range it.Classes {
		if it.Parents[i] != want[name] {
			t.Errorf("%s is under %q, want %q", name, it.Parents[i], want[name])
		}
	}
}

func TestAddedClassesKeepTheirPlace(t *testing.T) {
	p := domain.Project{Classes: []domain.Class{{ID: "dog", Name: "Dog"}, {ID: "cat", Name: "Cat", Parent: "dog"}}}
	addClasses(&p, []string{"Dog", "Cat", "poodle", "animal", "a", "b"}, map[string]string{"Dog": "animal", "Cat": "animal", "poodle": "Dog", "a": "b", "b": "a"})
	tree := domain.TreeOf(p.Classes)
	for name, want := range map[string]string{"Dog": "Dog", "Cat": "Dog / Cat", "poodle": "Dog / poodle", "animal": "animal", "a": "b / a", "b": "b"} {
		for _, c := range p.Classes {
			if c.Name == name && tree.Path(c.ID) != want {
				t.Errorf("%s is at %q, want %q", name, tree.Path(c.ID), want)
			}
		}
	}
	if p := domain.CheckTree(p.Classes); p != nil {
		t.Error(p)
	}
}

// TestFormatsThatHoldATree takes nested classes through each format: those that hold a tree bring it back, and of the others
// the check says so.
func TestFormatsThatHoldATree(t *testing.T) {
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes} {
		b := newBench(t, task, "poodle", "animal", "dog", "car")
		p, err := b.Store.Project(b.ctx, b.project)
		if err != nil {
			t.Fatal(err)
		}
		p.Classes[0].Parent, p.Classes[2].Parent = p.Classes[2].ID, p.Classes[1].ID
		if p, err = b.Store.UpdateProject(b.ctx, p); err != nil {
			t.Fatal(err)
		}
		b.run("none", pictures("a.png", "b.png", "c.png")...)
		b.set("a.png", domain.StateLabelled, domain.SourceHuman, 0, "poodle")
		b.set("b.png", domain.StateLabelled, domain.SourceHuman, 0, "dog")
		b.set("c.png", domain.StateLabelled, domain.SourceHuman, 0, "car")
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if !f.Holds(task) {
				continue
			}
			holds := f.Name == "json" || f.Name == "coco" || f.Name == "datumaro" || f.Name == "labelstudio" && task != domain.TaskBoxes
			c, err := b.Check(b.ctx, b.project, e.ID, f.Name, "")
			if err != nil {
				t.Fatal(err)
			}
			lost := slices.ContainsFunc(c.Losses, func(l domain.Loss) bool { return l.Code == "parent" })
			if lost == holds {
				t.Errorf("%s of %s: the check tells %+v", f.Name, task, c.Losses)
			}
			back := b.newProject(task)
			files := []part{{"x.zip", b.download(b.project, e.ID, f.Name)}}
			if !f.Images {
				files = append(pictures("a.png", "b.png", "c.png"), part{"labels" + path.Ext(f.Ending), files[0].data})
			}
			b.into(back, "auto", files...)
			now, err := b.Store.Project(b.ctx, back)
			if err != nil {
				t.Fatal(err)
			}
			tree, found := domain.TreeOf(now.Classes), false
			for _, c := range now.Classes {
				found = found || tree.Path(c.ID) == "animal / dog / poodle"
			}
			if found != holds {
				t.Errorf("%s of %s came back as %+v", f.Name, task, now.Classes)
			}
		}
	}
}
