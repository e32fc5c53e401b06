package domain

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func zoo() []Class {
	return []Class{
		{ID: "poodle", Name: "Poodle", Parent: "dog"},
		{ID: "animal", Name: "Animal"},
		{ID: "dog", Name: "Dog", Parent: "animal"},
		{ID: "cat", Name: "Cat", Parent: "animal"},
		{ID: "car", Name: "Car", Parent: "gone"},
	}
}

func TestTree(t *testing.T) {
	tree := TreeOf(zoo())
	rows := ""
	for _, r := range tree.Rows() {
		rows += fmt.Sprintf("%s%s+%d ", strings.Repeat(".", r.Depth), zoo()[r.Place].ID, r.Under)
	}
	if want := "animal+3 .dog+1 ..poodle+0 .cat+0 car+0 "; rows != want {
		t.Errorf("the rows are %s, want %s", rows, want)
	}
	if got := tree.Path("poodle"); got != "Animal / Dog / Poodle" {
		t.Errorf("the path is %s", got)
	}
	if got := tree.With([]string{"dog", "animal", "car", "none"}); !reflect.DeepEqual(got, []string{"dog", "poodle", "animal", "cat", "car", "none"}) {
		t.Errorf("with what is under them they are %v", got)
	}
	if got := tree.Sums(map[string]int{"poodle": 1, "dog": 2, "cat": 4, "car": 8}); !reflect.DeepEqual(got, map[string]int{"poodle": 1, "dog": 3, "cat": 4, "animal": 7, "car": 8}) {
		t.Errorf("the sums are %v", got)
	}
	if !tree.Nested() || TreeOf(zoo()[4:]).Nested() || TreeOf(nil).Nested() {
		t.Error("it does not know whether it is nested")
	}
	if got := tree.Line("none"); got != nil {
		t.Errorf("an unknown class is in the line %v", got)
	}
	round := []Class{{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"}}
	if p := CheckTree(round); p == nil || p.Field != "classes[0].parent" || len(TreeOf(round).Line("a")) > 4 {
		t.Errorf("a circle is fine: %v", p)
	}
}
