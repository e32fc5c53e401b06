package settings

import (
	"fmt"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestMovingInTheTree(t *testing.T) {
	classes := []domain.Class{{ID: "poodle", Parent: "dog"}, {ID: "animal"}, {ID: "dog", Parent: "animal"}, {ID: "cat", Parent: "animal"}, {ID: "car"}}
	s := &Screen{classes: classes, folded: map[string]bool{"dog": true}}
	rows := s.rows()
	seen := ""
	for _, r := range rows {
		seen += fmt.Sprintf("%d%s ", r.Depth, classes[r.Place].ID)
	}
	if seen != "0animal 1dog 1cat 0car " || rows[0].Under != 3 {
		t.Fatalf("seen are %s, %d under the first", seen, rows[0].Under)
	}
	for at, want := range map[int]string{0: "- false", 1: "- false", 2: "dog true", 3: "animal true"} {
		under, ok := inward(classes, rows, at)
		if under == "" {
			under = "-"
		}
		if got := fmt.Sprint(under, " ", ok); got != want {
			t.Errorf("%s goes under %s, want %s", classes[rows[at].Place].ID, got, want)
		}
	}
	for id, want := range map[string]string{"poodle": "animal true", "dog": " true", "car": " false"} {
		under, ok := outward(classes, id)
		if got := fmt.Sprint(under, " ", ok); got != want {
			t.Errorf("%s comes out under %s, want %s", id, got, want)
		}
	}
	for _, c := range []struct {
		id, under string
		fine      bool
	}{{"animal", "poodle", false}, {"dog", "dog", false}, {"dog", "animal", false}, {"dog", "", true}, {"car", "poodle", true}, {"none", "dog", false}} {
		out, fine := moved(classes, c.id, c.under)
		if fine != c.fine {
			t.Errorf("%s under %s: %v", c.id, c.under, fine)
		}
		if fine && len(domain.TreeOf(out).Line(c.id)) == len(domain.TreeOf(classes).Line(c.id)) {
			t.Errorf("%s did not move", c.id)
		}
	}
	if classes[2].Parent != "animal" || classes[4].Parent != "" {
		t.Error("what is shown was changed by asking")
	}
}
