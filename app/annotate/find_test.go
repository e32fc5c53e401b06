package annotate

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func manyClasses(n int) []domain.Class {
	out := make([]domain.Class, n)
	for i := range out {
		out[i] = domain.Class{ID: fmt.Sprint("c", i), Name: fmt.Sprint("class ", i)}
	}
	return out
}

func TestRecentClassesComeFirst(t *testing.T) {
	var list []string
	for _, id := range []string{"c1", "c2", "c1", "c3", "c4", "c5", "c6"} {
		list = used(list, id)
	}
	if !slices.Equal(list, []string{"c6", "c5", "c4", "c3", "c1"}) {
		t.Errorf("given last: %v", list)
	}
	if got := found(manyClasses(9), domain.Tree{}, "", list); got[0].ID != "c6" || got[5].ID != "c0" || len(got) != 9 {
		t.Errorf("with nothing typed: %v", got)
	}
	if got := found(manyClasses(9), domain.Tree{}, "class", list); got[0].ID != "c0" {
		t.Errorf("with something typed: %v", got)
	}
}

func TestFewButtonsForManyClasses(t *testing.T) {
	if got := shortList(manyClasses(mostButtons), nil, nil); len(got) != mostButtons {
		t.Errorf("%d of %d classes have buttons", len(got), mostButtons)
	}
	got := shortList(manyClasses(2000), []string{"c700", "c3"}, []string{"c1999"})
	if len(got) != fewButtons+2 || got[fewButtons].ID != "c700" || got[fewButtons+1].ID != "c1999" {
		t.Errorf("%d buttons, the last %v", len(got), got[len(got)-2:])
	}
}

func TestFindingThroughThePath(t *testing.T) {
	classes := []domain.Class{
		{ID: "animal", Name: "동물"},
		{ID: "dog", Name: "개", Parent: "animal"},
		{ID: "poodle", Name: "푸들", Parent: "dog"},
		{ID: "plant", Name: "plant"},
		{ID: "pot", Name: "potted plant", Parent: "plant"},
		{ID: "toy", Name: "toy poodle", Parent: "plant"},
	}
	for text, want := range map[string]string{
		"푸들": "poodle ", "ㄷㅁ": "animal dog poodle ", "동물/ㅍㄷ": "poodle ", "개 푸": "poodle ", "푸 개": "",
		"plant": "plant pot toy ", "plant poo": "toy ", "pl/po": "pot toy ",
	} {
		got := ""
		for _, c := range found(classes, domain.TreeOf(classes), text, nil) {
			got += c.ID + " "
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}
