package store_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestFlags(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		flagged := func(l domain.Label, flag domain.Flag) domain.Label { return l.Flagged(flag) }
		write(t, s, p.ID, set(flagged(human("cat"), domain.FlagUnsure), a[0].ID))
		write(t, s, p.ID, set(flagged(domain.Label{}, domain.FlagUnsure), a[1].ID))
		write(t, s, p.ID, set(flagged(human("dog"), domain.FlagBad), a[2].ID))
		if c := exactCounts(t, s, p.ID); c.Unsure != 2 || c.Bad != 1 || c.Skipped != 2 || c.Labelled != 1 || c.Unlabelled != 1 || c.ByClass["dog"] != 0 {
			t.Errorf("counts %+v", c)
		}
		for _, test := range []struct {
			filter domain.Filter
			want   string
		}{
			{domain.Filter{Flags: []domain.Flag{domain.FlagUnsure}}, "a b"},
			{domain.Filter{Flags: []domain.Flag{domain.FlagBad}}, "c"},
			{domain.Filter{Flags: domain.Flags}, "a b c"},
			{domain.Filter{Flags: []domain.Flag{domain.FlagNone}}, "d"},
			{domain.Filter{Flags: []domain.Flag{domain.FlagUnsure}, States: []domain.State{domain.StateLabelled}}, "a"},
		} {
			page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: test.filter}))
			if got := names(page.Items); got != test.want || page.Total != len(page.Items) {
				t.Errorf("%+v selects %q of %d, want %q", test.filter, got, page.Total, test.want)
			}
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if l := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[2].ID)).Label; l.Flag != domain.FlagNone || exactCounts(t, s, p.ID).Bad != 0 {
			t.Errorf("after undo %+v", l)
		}
		_, err := s.CountAssets(ctx, p.ID, domain.Filter{Flags: []domain.Flag{"odd"}})
		wantCode(t, err, domain.CodeInvalid, "flag")
		odd := human("cat")
		odd.Flag = domain.FlagBad
		_, err = s.WriteLabels(ctx, p.ID, set(odd, a[3].ID))
		wantCode(t, err, domain.CodeInvalid, "changes[0]")
		fresh := image("e")
		fresh.Label = flagged(human("owl"), domain.FlagUnsure)
		must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{fresh}, store.LabelWrite{}))
		if c := exactCounts(t, s, p.ID); c.Unsure != 3 {
			t.Errorf("counts after an import %+v", c)
		}
	})
}
