package store_test

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestReviews(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		judged := func(verdict domain.Verdict, comment string) domain.Label {
			l := human("cat")
			l.Review = &domain.Review{Verdict: verdict, Comment: comment, By: domain.Actor{ID: "eve"}}
			return l
		}
		write(t, s, p.ID, set(human("cat"), a[0].ID, a[1].ID, a[2].ID))
		write(t, s, p.ID, set(judged(domain.VerdictApproved, ""), a[0].ID))
		write(t, s, p.ID, set(judged(domain.VerdictReturned, " a dog? "), a[1].ID))
		if c := exactCounts(t, s, p.ID); c.Approved != 1 || c.Returned != 1 || c.Labelled != 3 {
			t.Errorf("counts %+v", c)
		}
		if r := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[1].ID)).Label.Review; r == nil || r.Comment != "a dog?" || r.By.ID != "eve" {
			t.Errorf("review %+v", r)
		}
		for _, test := range []struct {
			filter domain.Filter
			want   string
		}{
			{domain.Filter{Verdicts: []domain.Verdict{domain.VerdictApproved}}, "a"},
			{domain.Filter{Verdicts: domain.Verdicts}, "a b"},
			{domain.Filter{Verdicts: []domain.Verdict{domain.VerdictNone}}, "c d"},
			{domain.Filter{Verdicts: []domain.Verdict{domain.VerdictNone}, States: []domain.State{domain.StateLabelled}}, "c"},
		} {
			page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: test.filter}))
			if got := names(page.Items); got != test.want || page.Total != len(page.Items) {
				t.Errorf("%+v selects %q of %d, want %q", test.filter, got, page.Total, test.want)
			}
		}
		if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, "")); op.Changed != 1 || exactCounts(t, s, p.ID).Returned != 0 {
			t.Errorf("undo %+v", op)
		}
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		// A deletion and its undo keep the verdict.
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{a[1].ID}}, "", "you"))
		if c := exactCounts(t, s, p.ID); c.Returned != 0 {
			t.Errorf("counts after a deletion %+v", c)
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if c := exactCounts(t, s, p.ID); c.Returned != 1 {
			t.Errorf("counts after its undo %+v", c)
		}
		// Another label is not reviewed yet, and what is not labelled never is.
		write(t, s, p.ID, set(human("dog"), a[1].ID))
		skipped := domain.Label{State: domain.StateSkipped, Review: &domain.Review{Verdict: domain.VerdictApproved}}
		write(t, s, p.ID, set(skipped, a[3].ID))
		if c := exactCounts(t, s, p.ID); c.Returned != 0 || c.Approved != 1 {
			t.Errorf("counts %+v", c)
		}
		for _, l := range []domain.Label{judged("odd", ""), judged(domain.VerdictReturned, strings.Repeat("x", domain.MaxComment+1))} {
			_, err := s.WriteLabels(ctx, p.ID, set(l, a[2].ID))
			wantCode(t, err, domain.CodeInvalid, "changes[0]")
		}
		_, err := s.CountAssets(ctx, p.ID, domain.Filter{Verdicts: []domain.Verdict{"odd"}})
		wantCode(t, err, domain.CodeInvalid, "verdict")
	})
}
