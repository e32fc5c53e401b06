package clusters

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func openSet(ids ...string) map[string]bool {
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out
}

func two() []*group {
	return groupsOf(domain.Clustering{ID: "c", Clusters: []domain.Cluster{
		{ID: "1", Assets: []string{"a", "b", "c"}, Outliers: []string{"x"}, Shown: []string{"a", "c"}},
		{ID: "2", Assets: []string{"d", "e"}, Shown: []string{"d", "e"}},
	}})
}

func TestTargetIsWhatIsTickedAndOpen(t *testing.T) {
	g := two()[0]
	everything := openSet("a", "b", "c", "d", "e", "x")
	if got := g.target(everything); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("outliers are labelled too: %v", got)
	}
	g.toggle("b")
	g.toggle("x")
	if got := g.target(everything); !slices.Equal(got, []string{"a", "c", "x"}) || g.ticked("b") || !g.ticked("x") {
		t.Errorf("after ticking: %v", got)
	}
	if got := g.target(openSet("c")); !slices.Equal(got, []string{"c"}) {
		t.Errorf("what people labelled before is labelled again: %v", got)
	}
	if got := g.target(openSet("b")); !slices.Equal(got, []string{"a", "c", "x"}) {
		t.Errorf("a group that is labelled cannot be labelled anew: %v", got)
	}
	if n := g.left(openSet("a", "x", "d")); n != 2 {
		t.Errorf("%d left", n)
	}
}

func TestMergedGroups(t *testing.T) {
	list := two()
	list[0].toggle("x")
	m := merged(list[0], list[1])
	if !slices.Equal(m.all(), []string{"a", "b", "c", "d", "e", "x"}) || !slices.Equal(m.shown, []string{"a", "d", "c", "e"}) || !m.ticked("x") {
		t.Errorf("%+v", m)
	}
}

func TestNextOpenAndClass(t *testing.T) {
	list := append(two(), two()...)
	for at, want := range map[int]int{0: 1, 1: 3, 3: 1} {
		if got := nextOpen(list, at, openSet("d")); got != want {
			t.Errorf("after %d comes %d, not %d", at, got, want)
		}
	}
	if got := nextOpen(list, 2, openSet()); got != 2 {
		t.Errorf("with nothing left: %d", got)
	}
	known := map[string]domain.Asset{}
	set := func(id, class string) {
		known[id] = domain.Asset{Label: domain.Label{State: domain.StateLabelled, Classes: []domain.ClassScore{{ClassID: class}}}}
	}
	set("a", "cat")
	if got := classOf(list[0], known); got != "cat" {
		t.Errorf("class %q", got)
	}
	set("c", "dog")
	if got := classOf(list[0], known); got != "" {
		t.Errorf("class %q of a mixed group", got)
	}
}

func TestNumberOfGroups(t *testing.T) {
	for text, want := range map[string]int{"2": 2, " 20 ": 20, "100": 100, "1": 0, "101": 0, "": 0, "x": 0} {
		u := setup{fixed: true, number: text}
		k, ok := u.k()
		if ok != (want > 0) || (ok && k != want) {
			t.Errorf("%q is read as %d, %v", text, k, ok)
		}
	}
	if k, ok := (&setup{number: "x"}).k(); k != 0 || !ok {
		t.Errorf("chosen: %d, %v", k, ok)
	}
}
