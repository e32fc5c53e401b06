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
		{ID: "1", Assets: []string{"a", "b", "c"}, Outliers: []string{"x"}, Shown: []string{"a", "c"}, Clear: 0.6},
		{ID: "2", Assets: []string{"d", "e"}, Shown: []string{"d", "e"}, Clear: 0.5},
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
		u := setup{number: numberFixed, given: text}
		k, ok := u.k(600)
		if ok != (want > 0) || (ok && k != want) {
			t.Errorf("%q is read as %d, %v", text, k, ok)
		}
	}
	if k, ok := (&setup{number: numberAuto, given: "x"}).k(600); k != 0 || !ok {
		t.Errorf("chosen: %d, %v", k, ok)
	}
	for n, want := range map[int]int{2: 2, 14: 2, 25: 3, 600: 60, 5000: 100} {
		if k, ok := (&setup{number: numberSmall}).k(n); k != want || !ok {
			t.Errorf("%d images make %d small groups, not %d", n, k, want)
		}
	}
}

func TestGroupsThatMayBeMixed(t *testing.T) {
	list := groupsOf(domain.Clustering{ID: "c", Clusters: []domain.Cluster{
		{ID: "1", Assets: []string{"a", "b", "c"}, Outliers: []string{"x"}, Shown: []string{"b", "a"}, Clear: 0.1},
		{ID: "2", Assets: []string{"d", "e"}, Shown: []string{"d"}, Clear: 0.5},
		{ID: "3", Assets: []string{"f", "g"}, Shown: []string{"f"}, Clear: 0.1, Class: "cat", Sure: 0.9},
		{ID: "4", Assets: make([]string, smallGroup+1), Shown: []string{"h"}},
	}})
	var order []string
	for _, g := range list {
		order = append(order, g.key)
	}
	if !slices.Equal(order, []string{"c/3", "c/2", "c/1", "c/4"}) {
		t.Errorf("the order is %v", order)
	}
	g, open := list[2], openSet("a", "b", "c", "x")
	if got := g.target(open); !slices.Equal(got, []string{"b"}) {
		t.Errorf("of a mixed group %v are ticked", got)
	}
	g.toggle("x")
	if got := g.target(open); !slices.Equal(got, []string{"b", "x"}) {
		t.Errorf("with one more %v are ticked", got)
	}
	g.alone()
	if got := g.target(open); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("of all of it %v are ticked", got)
	}
	if list[0].only || list[1].only || list[3].only {
		t.Error("one image is ticked of a group that is sure, clear or large")
	}
	g.alone()
	m := merged(g, list[1])
	if got := m.target(openSet("a", "b", "c", "x", "d", "e")); !slices.Equal(got, []string{"b", "d", "e"}) {
		t.Errorf("merged, %v are ticked", got)
	}
}

func TestNextOpenPassesWhatIsDone(t *testing.T) {
	list := append(two(), two()...)
	list[1].passed = true
	if got := nextOpen(list, 0, openSet("d")); got != 3 {
		t.Errorf("after 0 comes %d", got)
	}
}
