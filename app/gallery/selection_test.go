package gallery

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("i", i)
	}
	return out
}

func chosen(s selection, list []string) []int {
	var out []int
	for i, id := range list {
		if s.has(id) {
			out = append(out, i)
		}
	}
	return out
}

func TestRangesFollowTheCursor(t *testing.T) {
	list := names(10)
	var s selection
	s.toggle(list, 3)
	s.extend(list, 3, 6)
	if got := chosen(s, list); !slices.Equal(got, []int{3, 4, 5, 6}) {
		t.Error(got)
	}
	s.extend(list, 6, 2) // back over the beginning
	if got := chosen(s, list); !slices.Equal(got, []int{2, 3}) {
		t.Error(got)
	}
	s.toggle(list, 8)
	if got := chosen(s, list); !slices.Equal(got, []int{2, 3, 8}) {
		t.Error(got)
	}
	s.toggle(list, 3)
	if got := chosen(s, list); !slices.Equal(got, []int{2, 8}) {
		t.Error(got)
	}
	s.toggle(list, 99)
	s.extend(nil, 0, 3)
	if s.count() != 2 {
		t.Error(s.count())
	}
}

func TestSelectionBecomesAFilter(t *testing.T) {
	list := names(4)
	var s selection
	s.all(list)
	text := domain.Filter{Text: "a"}
	if f := s.filter(list, text); len(f.IDs) != 4 || f.Text != "" {
		t.Errorf("few ids are sent as they are, not %+v", f)
	}
	many := names(manyIDs + 1)
	s.all(many)
	if f := s.filter(many, text); f.Text != "a" || len(f.IDs) != 0 {
		t.Errorf("all of many are sent as their filter, not %+v", f)
	}
	s.toggle(many, 0)
	if f := s.filter(many, text); len(f.IDs) != manyIDs || f.Text != "" {
		t.Errorf("one less than all are %d ids, text %q", len(f.IDs), f.Text)
	}
	s.clear()
	s.put("elsewhere")
	s.put("i1")
	if f := s.filter(list, text); len(f.IDs) != 2 || f.IDs[0] != "i1" {
		t.Errorf("what another filter showed stays chosen: %+v", f)
	}
}
