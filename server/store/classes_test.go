package store

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestKeysOfNewClasses(t *testing.T) {
	named := func(names string) []domain.Class {
		var out []domain.Class
		for _, n := range strings.Fields(names) {
			out = append(out, domain.Class{Name: n})
		}
		return out
	}
	for _, c := range []struct{ names, keys string }{
		{"cat dog", "12"},
		{"0 1 2", "012"},                         // a digit labels as itself
		{"cat 1 dog", "213"},                     // and is not given to another
		{"Q cat", "q1"},                          // letters too
		{"a z cat", "123"},                       // but not those that are commands
		{"a b c d e f g h i j k", "1234e567i8k"}, // e, i and k are no commands
	} {
		classes := named(c.names)
		giveKeys(classes, map[string]bool{})
		got := ""
		for _, class := range classes {
			got += class.Key
		}
		if got != c.keys {
			t.Errorf("%s: keys %s, want %s", c.names, got, c.keys)
		}
	}
	taken := map[string]bool{"1": true, "2": true}
	classes := []domain.Class{{Name: "1"}, {Name: "gone", Archived: true}, {Name: "x", Key: "m"}}
	giveKeys(classes, taken)
	if classes[0].Key != "3" || classes[1].Key != "" || classes[2].Key != "m" {
		t.Errorf("%+v", classes)
	}
}
