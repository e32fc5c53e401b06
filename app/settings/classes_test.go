package settings

import (
	"reflect"
	"testing"

	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func TestProblemsOfClasses(t *testing.T) {
	original := []domain.Class{{ID: "a", Name: "cat", Key: "s"}}
	for name, c := range map[string]struct {
		classes []domain.Class
		want    map[int][]problem
	}{
		"fine": {[]domain.Class{{Name: "cat", Key: "s"}, {Name: "dog", Key: "2"}, {Name: "cow"}}, map[int][]problem{}},
		"names": {[]domain.Class{{Name: "cat"}, {Name: " "}, {Name: "cat "}}, map[int][]problem{
			0: {{key: "same_name"}}, 1: {{key: "name"}}, 2: {{key: "same_name"}},
		}},
		"keys": {[]domain.Class{{Name: "cat", Key: "1"}, {Name: "dog", Key: "1"}, {Name: "cow", Key: "Z"}, {Name: "ant", Key: "12"}}, map[int][]problem{
			0: {{"same_key", "dog"}}, 1: {{"same_key", "cat"}}, 2: {{"used_key", "undo"}}, 3: {{key: "key"}},
		}},
		"command":  {[]domain.Class{{Name: "cat", Key: "r"}}, map[int][]problem{0: {{"used_key", "copy"}}}},
		"archived": {[]domain.Class{{Name: "cat", Key: "1", Archived: true}, {Name: "dog", Key: "1"}}, map[int][]problem{}},
	} {
		got := problems(c.classes, original)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if hard(got) != (name == "names" || name == "keys") {
			t.Errorf("%s: %v keeps from saving: %v", name, got, hard(got))
		}
	}
}

func TestFreshClassesDiffer(t *testing.T) {
	var classes []domain.Class
	seen := map[string]bool{}
	for range len(ui.ClassColors) {
		c := domain.Class{Name: "x", Color: freeColor(classes), Key: freeKey(classes)}
		if seen[c.Color] || c.Key == "" || seen[c.Key] {
			t.Fatalf("%+v repeats one of %v", c, classes)
		}
		seen[c.Color], seen[c.Key] = true, true
		classes = append(classes, c)
	}
	if got := freeColor(classes); got != ui.ClassColors[0] {
		t.Errorf("the colours begin again with %s", got)
	}
}

func TestKeyOfWhatWasTyped(t *testing.T) {
	for typed, want := range map[string]string{"": "", " ": "", "q": "q", "1Q": "q", "ㅂ": "ㅂ"} {
		if got := keyOf(typed); got != want {
			t.Errorf("%q gives %q, want %q", typed, got, want)
		}
	}
}
