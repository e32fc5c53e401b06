package triage

import (
	"reflect"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

func rows() []domain.Asset {
	at := time.Unix(1000, 0)
	make := func(w, h int, dhash string, m *domain.Measures, after time.Duration) domain.Asset {
		return domain.Asset{Width: w, Height: h, DHash: dhash, Measures: m, CreatedAt: at.Add(after), Bytes: 1}
	}
	return []domain.Asset{
		make(640, 480, "0f1e2d3c4b5a6978", &domain.Measures{Sharpness: 700, Light: 230, Shade: 40, Contrast: 190}, 0),
		make(640, 480, "1111222233334444", &domain.Measures{Sharpness: 420, Light: 30, Shade: 10, Contrast: 20}, 0),
		make(640, 480, "8888777766665555", &domain.Measures{Sharpness: 100, Light: 255, Shade: 250, Contrast: 5}, time.Hour),
		make(20, 10, "0f1e2d3c4b5a6979", nil, time.Hour),
	}
}

func counts(t domain.Triage) map[domain.Issue]int {
	out := map[domain.Issue]int{}
	for _, i := range t.Issues {
		if i.Count > 0 {
			out[i.Issue] = i.Count
		}
	}
	return out
}

func TestReport(t *testing.T) {
	all := report(rows(), nil, time.Time{})
	want := map[domain.Issue]int{
		domain.IssueBlurred: 2, domain.IssueDark: 1, domain.IssueBright: 1, domain.IssueBlank: 1, domain.IssueTiny: 1, domain.IssueDuplicate: 1,
	}
	if got := counts(all); !reflect.DeepEqual(got, want) || all.Images != 4 || all.Unmeasured != 1 || all.Any != 3 {
		t.Errorf("%v of %+v, want %v", got, all, want)
	}
	later := report(rows(), nil, time.Unix(1001, 0))
	want = map[domain.Issue]int{domain.IssueBlurred: 1, domain.IssueBright: 1, domain.IssueBlank: 1, domain.IssueTiny: 1, domain.IssueDuplicate: 1}
	if got := counts(later); !reflect.DeepEqual(got, want) || later.Images != 2 || later.Any != 2 {
		t.Errorf("of the later ones %v of %+v, want %v", got, later, want)
	}
	strict := report(rows(), domain.Limits{domain.IssueBlurred: 0, domain.IssueNarrow: 200, domain.IssueDuplicate: 0}, time.Time{})
	if got := counts(strict); got[domain.IssueBlurred] != 0 || got[domain.IssueNarrow] != 1 || got[domain.IssueDuplicate] != 0 {
		t.Errorf("at other limits %v", got)
	}
}

// TestBarsTellTheCount: at any limit on a bar's edge the bars on the bad side add up to the count, which is how the page follows
// a limit that is being moved.
func TestBarsTellTheCount(t *testing.T) {
	for _, issue := range domain.Issues {
		scale := domain.Scales[issue]
		if (scale.Default-scale.Min)%scale.Step != 0 {
			t.Errorf("%s: the default limit %d is inside of a bar", issue, scale.Default)
		}
		if issue == domain.IssueDuplicate {
			continue
		}
		for limit := scale.Min; limit <= scale.Max; limit += scale.Step {
			out := report(rows(), domain.Limits{issue: limit}, time.Time{})
			for _, s := range out.Issues {
				if s.Issue != issue {
					continue
				}
				sum := 0
				for i, n := range s.Bars {
					if at := s.Min + i*s.Step; s.Below == (at < limit) {
						sum += n
					}
				}
				if sum != s.Count {
					t.Fatalf("%s at %d: the bars tell %d, the count is %d", issue, limit, sum, s.Count)
				}
			}
		}
	}
}

func TestWorstFirst(t *testing.T) {
	at := func(found []finding) (out []int) {
		for _, f := range found {
			out = append(out, f.at)
		}
		return out
	}
	if got := at(ofIssue(rows(), nil, domain.IssueBlurred)); !reflect.DeepEqual(got, []int{2, 1}) {
		t.Errorf("blurred: %v", got)
	}
	if got := ofIssue(rows(), nil, domain.IssueDuplicate); !reflect.DeepEqual(got, []finding{{at: 3, kept: 0, value: 1}}) {
		t.Errorf("duplicates: %+v", got)
	}
	if got := at(ofIssue(rows(), domain.Limits{domain.IssueNarrow: 130}, domain.IssueNarrow)); !reflect.DeepEqual(got, []int{3, 0, 1, 2}) {
		t.Errorf("narrow: %v", got)
	}
}
