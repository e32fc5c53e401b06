package domain

import "strconv"

// MaxDepth is how many classes may stand one under the other, the topmost included.
const MaxDepth = 8

// Tree tells which class is under which. A class whose parent is not in the list is a topmost one.
type Tree struct {
	classes []Class
	at      map[string]int
	under   map[string][]int // places of the classes directly under one, by its id; of the topmost under ""
}

// TreeOf gives the tree of a project's classes.
func TreeOf(classes []Class) Tree {
	t := Tree{classes: classes, at: make(map[string]int, len(classes)), under: map[string][]int{}}
	for i, c := range classes {
		t.at[c.ID] = i
	}
	for i, c := range classes {
		parent := c.Parent
		if _, there := t.at[parent]; !there {
			parent = ""
		}
		t.under[parent] = append(t.under[parent], i)
	}
	return t
}

// Nested tells whether any class is under another.
func (t Tree) Nested() bool { return len(t.under[""]) < len(t.classes) }

// Line gives the class of an id with all above it, the topmost first; nil for an unknown id.
func (t Tree) Line(id string) []Class {
	var up []Class
	for len(up) <= len(t.classes) { // a circle has no end
		i, there := t.at[id]
		if !there {
			break
		}
		up = append(up, t.classes[i])
		id = t.classes[i].Parent
	}
	for i, k := 0, len(up)-1; i < k; i, k = i+1, k-1 {
		up[i], up[k] = up[k], up[i]
	}
	return up
}

// Path writes the line of a class: "animal / dog / poodle".
func (t Tree) Path(id string) string {
	text := ""
	for i, c := range t.Line(id) {
		if i > 0 {
			text += " / "
		}
		text += c.Name
	}
	return text
}

// With gives ids and those of all classes under them, each once.
func (t Tree) With(ids []string) []string {
	out := make([]string, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	var add func(id string)
	add = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		out = append(out, id)
		if _, there := t.at[id]; !there {
			return
		}
		for _, i := range t.under[id] {
			add(t.classes[i].ID)
		}
	}
	for _, id := range ids {
		add(id)
	}
	return out
}

// Row is one class where the tree is written line by line.
type Row struct {
	Place int // in the project's list
	Depth int // 0 for the topmost
	Under int // classes under it, at any depth
}

// Rows gives the classes as the tree is read from top to bottom: each before those under it, and otherwise in the order of
// the project.
func (t Tree) Rows() []Row {
	out := make([]Row, 0, len(t.classes))
	var walk func(id string, depth int)
	walk = func(id string, depth int) {
		for _, i := range t.under[id] {
			at := len(out)
			out = append(out, Row{Place: i, Depth: depth})
			if depth < len(t.classes) {
				walk(t.classes[i].ID, depth+1)
			}
			out[at].Under = len(out) - at - 1
		}
	}
	walk("", 0)
	return out
}

// Sums adds to the number of each class those of the classes under it.
func (t Tree) Sums(n map[string]int) map[string]int {
	out := make(map[string]int, len(n))
	for _, c := range t.classes {
		if n[c.ID] == 0 {
			continue
		}
		for _, over := range t.Line(c.ID) {
			out[over.ID] += n[c.ID]
		}
	}
	return out
}

// CheckTree tells what is wrong with how classes are nested, in the field classes[i].parent.
func CheckTree(classes []Class) *Problem {
	t := TreeOf(classes)
	for i, c := range classes {
		if c.Parent == "" {
			continue
		}
		problem := t.check(c)
		if problem != nil {
			return problem.In("classes[" + strconv.Itoa(i) + "].parent")
		}
	}
	return nil
}

func (t Tree) check(c Class) *Problem {
	if _, there := t.at[c.Parent]; !there {
		return Errorf(CodeInvalid, "The class %q cannot be under %q: the project has no such class.", c.Name, c.Parent)
	}
	depth := 1
	for id := c.Parent; id != ""; depth++ {
		if id == c.ID {
			return Errorf(CodeInvalid, "The class %q would be under itself. Move the other one out first.", c.Name)
		}
		if depth >= MaxDepth {
			return Errorf(CodeInvalid, "Classes can be nested %d deep; %q would be deeper.", MaxDepth, c.Name)
		}
		i, there := t.at[id]
		if !there {
			break
		}
		id = t.classes[i].Parent
	}
	return nil
}
