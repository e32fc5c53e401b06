package home

import (
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func TestClassNamesAsTyped(t *testing.T) {
	for text, want := range map[string][]string{
		"":            nil,
		" \n ,, \r\n": nil,
		"cat\ndog":    {"cat", "dog"},
		"고양이, 강아지\r\n고양이\n새 한 마리 ": {"고양이", "강아지", "새 한 마리"},
	} {
		if got := classNames(text); !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestProjectsOfBothPlacesNewestFirst(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 1, 2, hour, 0, 0, 0, time.UTC) }
	s := &Screen{shelves: map[platform.Place]*shelf{
		platform.Device: {projects: []domain.Project{{ID: "d2", CreatedAt: at(4)}, {ID: "d1", CreatedAt: at(1)}}},
		platform.Server: {projects: []domain.Project{{ID: "s1", CreatedAt: at(3)}}},
	}}
	var got []string
	for _, c := range s.cards() {
		got = append(got, string(c.place)+c.project.ID)
	}
	if want := []string{"deviced2", "servers1", "deviced1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestColoursOfClassesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range ui.ClassColors {
		if seen[c] || ui.ColorClass(c) == "" {
			t.Errorf("%q is there twice or is none", c)
		}
		seen[c] = true
	}
	if len(seen) != 20 {
		t.Error(len(seen))
	}
}
