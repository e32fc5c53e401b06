package triage

import (
	"slices"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

func summary() domain.IssueSummary {
	return domain.IssueSummary{Issue: domain.IssueDark, Count: 3, Limit: 10, Default: 10, Min: 0, Max: 20, Step: 5, Below: true, Bars: []int{1, 2, 0, 4, 5}}
}

func TestBarsFollowTheLimit(t *testing.T) {
	below := summary()
	for limit, want := range map[int]int{0: 0, 5: 1, 10: 3, 15: 3, 20: 7} {
		if n, ok := beyond(below, limit); !ok || n != want {
			t.Errorf("under %d: %d (%v), want %d", limit, n, ok, want)
		}
	}
	above := summary()
	above.Below, above.Limit = false, 5
	for limit, want := range map[int]int{0: 12, 10: 9, 15: 9, 20: 5} {
		if n, ok := beyond(above, limit); !ok || n != want {
			t.Errorf("from %d: %d (%v), want %d", limit, n, ok, want)
		}
	}
	if _, ok := beyond(domain.IssueSummary{Limit: 2}, 3); ok {
		t.Error("a count is told that nobody knows")
	}
	svg := histogram(below, 10)
	if strings.Count(svg, `class="bad"`) != 2 || strings.Count(svg, `class="fine"`) != 2 || !strings.Contains(svg, "M2.00 0V100") {
		t.Errorf("the histogram is %s", svg)
	}
}

func duplicates() domain.IssueImages {
	asset := func(id string) domain.Asset { return domain.Asset{ID: id, Name: id} }
	a, d := asset("a"), asset("d")
	return domain.IssueImages{Total: 3, Items: []domain.IssueImage{{Asset: asset("b"), Kept: &a}, {Asset: asset("c"), Kept: &a}, {Asset: asset("e"), Kept: &d}}}
}

func TestCopiesAreTickedAndOneIsKept(t *testing.T) {
	var l list
	l.fill(domain.IssueDuplicate, duplicates())
	if got := l.chosen(); !slices.Equal(got, []string{"b", "c", "e"}) || len(l.tiles) != 5 || l.tiles[4].group != 1 {
		t.Fatalf("ticked %v of %+v", got, l.tiles)
	}
	l.at = 2
	l.keep()
	if got := l.chosen(); !slices.Equal(got, []string{"a", "b", "e"}) {
		t.Errorf("after c was kept %v are ticked", got)
	}
	l.toggle("e")
	l.fill(domain.IssueDuplicate, duplicates())
	if got := l.chosen(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("after the list was read again %v are ticked", got)
	}
	l.all(true)
	if got := l.chosen(); !slices.Equal(got, []string{"b", "c", "e"}) {
		t.Errorf("all are %v", got)
	}
	l.all(false)
	if len(l.chosen()) != 0 {
		t.Errorf("none are %v", l.chosen())
	}
	l.fill(domain.IssueDark, domain.IssueImages{})
	l.keep()
	if len(l.tiles) != 0 || l.at != 0 {
		t.Errorf("an empty list is %+v", l)
	}
}

func TestScreenRenders(t *testing.T) {
	session.Project = &domain.Project{ID: "p", Task: domain.TaskSingle}
	defer func() { session.Project = nil }()
	if text := app.HTMLString((&Screen{}).Render()); !strings.Contains(text, "spinner") {
		t.Errorf("before the report is there the screen is %s", text)
	}
	report := domain.Triage{Images: 12, Unmeasured: 2, Issues: []domain.IssueSummary{summary(), {Issue: domain.IssueDuplicate, Count: 3, Limit: 2, Default: 2, Max: 5, Step: 1}}, Refused: []domain.RefusedImport{{Import: "i", Files: 2}}}
	for _, issue := range []domain.Issue{domain.IssueDark, domain.IssueDuplicate} {
		s := &Screen{report: &report, issue: issue, limit: 2}
		if issue == domain.IssueDuplicate {
			s.list.fill(issue, duplicates())
		}
		text := app.HTMLString(s.Render())
		if !strings.Contains(text, `id="check-limit"`) || issue == domain.IssueDuplicate && strings.Count(text, "check-tile ") != 5 {
			t.Errorf("%s is shown as %s", issue, text)
		}
	}
}
