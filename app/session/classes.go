package session

import "github.com/irum-app/irum/server/domain"

// known is what is made of the classes of a project once: screens ask for it with every key that is pressed.
var known struct {
	of    *domain.Project
	id    string
	rev   int64
	open  []domain.Class // that can still be given, as the tree is read
	place map[string]int // in of.Classes, by id
	tree  domain.Tree
}

func classes() {
	if known.of == Project && (Project == nil || known.rev == Project.Rev) {
		return
	}
	if Project != nil && Project.ID != "" && known.id == Project.ID && known.rev == Project.Rev { // read anew, with other counts
		known.of = Project
		return
	}
	known.id, known.of, known.open, known.place, known.tree = "", Project, nil, map[string]int{}, domain.Tree{}
	if Project == nil {
		return
	}
	known.id, known.rev, known.tree = Project.ID, Project.Rev, domain.TreeOf(Project.Classes)
	for i, c := range Project.Classes {
		known.place[c.ID] = i
	}
	for _, row := range known.tree.Rows() {
		if c := Project.Classes[row.Place]; !c.Archived {
			known.open = append(known.open, c)
		}
	}
}

// Class gives a class of Project by id, archived ones too.
func Class(id string) (domain.Class, bool) {
	classes()
	i, ok := known.place[id]
	if !ok {
		return domain.Class{}, false
	}
	return Project.Classes[i], true
}

// Classes gives the classes of Project that can still be given, each before those under it. They are not to be changed.
func Classes() []domain.Class {
	classes()
	return known.open
}

// Tree tells how the classes of Project are nested.
func Tree() domain.Tree {
	classes()
	return known.tree
}

// Over names what a class is under, "animal / dog / "; "" where that is nothing.
func Over(id string) string {
	text := ""
	line := Tree().Line(id)
	for i := 0; i+1 < len(line); i++ {
		text += line[i].Name + " / "
	}
	return text
}
