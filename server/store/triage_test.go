package store_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// withIssue names the images of an issue.
func withIssue(t testing.TB, s *store.Store, project string, issues ...domain.Issue) string {
	t.Helper()
	f := domain.Filter{Issues: issues}
	page := must[domain.AssetPage](t)(s.Assets(ctx, project, store.Query{Filter: f}))
	if n := must[int](t)(s.CountAssets(ctx, project, f)); n != len(page.Items) || page.Total != n {
		t.Errorf("%v: counted %d, total %d, %d listed", issues, n, page.Total, len(page.Items))
	}
	return names(page.Items)
}

func TestIssuesAreFiltered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		fine := domain.Measures{Sharpness: 700, Light: 230, Shade: 40, Contrast: 190}
		add := func(name string, w, h int, dhash string, change func(m *domain.Measures)) domain.Asset {
			a, m := image(name), fine
			change(&m)
			a.Width, a.Height, a.DHash, a.Measures = w, h, dhash, &m
			return must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{a}, store.LabelWrite{})).Assets[0]
		}
		same := func(*domain.Measures) {}
		add("fine", 640, 480, "0f1e2d3c4b5a6978", same)
		add("blurred", 640, 480, "1111222233334444", func(m *domain.Measures) { m.Sharpness = 429 })
		add("at the limit", 640, 480, "8888777766665555", func(m *domain.Measures) { m.Sharpness = 430 })
		add("dark", 640, 480, "1234123412341234", func(m *domain.Measures) { m.Light = 20 })
		add("bright", 640, 480, "5678567856785678", func(m *domain.Measures) { m.Shade = 225 })
		add("blank", 640, 480, "0000000000000000", func(m *domain.Measures) { m.Contrast = 3 })
		add("tiny", 400, 31, "9abc9abc9abc9abc", same)
		add("tall", 100, 300, "def0def0def0def0", same)
		add("nearly", 100, 299, "0ff00ff00ff00ff0", same)
		small := add("copy", 320, 240, "0f1e2d3c4b5a697b", same)
		unknown := image("unknown")
		unknown.Width, unknown.Height, unknown.DHash = 300, 300, ""
		must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{unknown}, store.LabelWrite{}))
		for want, issues := range map[string][]domain.Issue{
			"blurred": {domain.IssueBlurred}, "dark": {domain.IssueDark}, "bright": {domain.IssueBright}, "blank": {domain.IssueBlank},
			"tiny": {domain.IssueTiny}, "tiny tall": {domain.IssueNarrow}, "copy": {domain.IssueDuplicate},
			"blurred dark copy": {domain.IssueBlurred, domain.IssueDark, domain.IssueDuplicate},
		} {
			if got := withIssue(t, s, p.ID, issues...); got != want {
				t.Errorf("%v: %q, want %q", issues, got, want)
			}
		}
		ok(t, s.SetLimits(ctx, p.ID, domain.Limits{domain.IssueBlurred: 431, domain.IssueDuplicate: 1}))
		if got := withIssue(t, s, p.ID, domain.IssueBlurred, domain.IssueDuplicate); got != "blurred at the limit" {
			t.Errorf("after other limits: %q", got)
		}
		ok(t, s.SetLimits(ctx, p.ID, domain.Limits{}))
		write(t, s, p.ID, set(human("cat"), small.ID))
		if got := withIssue(t, s, p.ID, domain.IssueDuplicate); got != "fine" {
			t.Errorf("%q is the copy, not what nobody has labelled", got)
		}
		_, err := s.CountAssets(ctx, p.ID, domain.Filter{Issues: []domain.Issue{"odd"}})
		wantCode(t, err, domain.CodeInvalid, "issue")
	})
}

func TestLimitsOfIssuesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		if l := must[domain.Limits](t)(s.Limits(ctx, p.ID)); l.Of(domain.IssueTiny) != domain.Scales[domain.IssueTiny].Default {
			t.Errorf("the default limit is %d", l.Of(domain.IssueTiny))
		}
		_, before, err := s.LabelSeq(ctx, p.ID)
		ok(t, err)
		want := domain.Limits{domain.IssueTiny: 64, domain.IssueDark: 100}
		ok(t, s.SetLimits(ctx, p.ID, want))
		if got := must[domain.Limits](t)(s.Limits(ctx, p.ID)); !reflect.DeepEqual(got, want) {
			t.Errorf("limits %v, want %v", got, want)
		}
		if _, after, err := s.LabelSeq(ctx, p.ID); err != nil || after <= before {
			t.Errorf("lists are told apart by %d before and %d after (%v)", before, after, err)
		}
		wantCode(t, s.SetLimits(ctx, p.ID, domain.Limits{domain.IssueTiny: 5000}), domain.CodeInvalid, "tiny")
		wantCode(t, s.SetLimits(ctx, p.ID, domain.Limits{"odd": 1}), domain.CodeInvalid, "odd")
		wantCode(t, s.SetLimits(ctx, "none", want), domain.CodeNotFound, "")
		_, err = s.Limits(ctx, "none")
		wantCode(t, err, domain.CodeNotFound, "")
	})
}

func TestMeasuresOutliveTheTrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c")
		if n := must[int](t)(s.CountUnmeasured(ctx, p.ID)); n != 3 {
			t.Errorf("%d unmeasured, want 3", n)
		}
		m := domain.Measures{Sharpness: 0, Light: 255, Shade: 7, Contrast: 99}
		ok(t, s.SetMeasures(ctx, p.ID, map[string]domain.Measures{a[0].ID: m, a[2].ID: {Sharpness: 500}}))
		todo, last, err := s.Unmeasured(ctx, p.ID, 0, 10)
		ok(t, err)
		if names(todo) != "b" {
			t.Errorf("unmeasured: %q", names(todo))
		}
		if rest, _, err := s.Unmeasured(ctx, p.ID, last, 10); err != nil || len(rest) != 0 {
			t.Errorf("after the last: %v, %v", rest, err)
		}
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{a[0].ID}}, "", "ann"))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if got := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[0].ID)).Measures; got == nil || *got != m {
			t.Errorf("measures %+v after the trash, want %+v", got, m)
		}
		if got := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[1].ID)).Measures; got != nil {
			t.Errorf("measures %+v of what was not measured", got)
		}
	})
}

func TestWhatIsRatherKept(t *testing.T) {
	alike := func(change ...func(a *domain.Asset)) []domain.Asset {
		out := make([]domain.Asset, len(change))
		for i := range out {
			out[i] = image("x")
			out[i].ID, out[i].Measures = strings.Repeat("x", i+1), &domain.Measures{Sharpness: 500}
			change[i](&out[i])
		}
		return out
	}
	none := func(*domain.Asset) {}
	for name, better := range map[string]func(a *domain.Asset){
		"labelled": func(a *domain.Asset) { a.Label, a.Width = human("cat"), 10 },
		"larger":   func(a *domain.Asset) { a.Width, a.Measures = 80, nil },
		"sharper":  func(a *domain.Asset) { a.Measures, a.Bytes = &domain.Measures{Sharpness: 501}, 0 },
		"bytes":    func(a *domain.Asset) { a.Bytes = 1000 },
	} {
		if of := store.Copies(alike(none, better, none), 3); !reflect.DeepEqual(of, []int{1, 1, 1}) {
			t.Errorf("%s: copies of %v", name, of)
		}
	}
	if of := store.Copies(alike(none, none), 3); !reflect.DeepEqual(of, []int{0, 0}) {
		t.Errorf("equal ones: copies of %v, want the first kept", of)
	}
}
