package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestAddAssetsNeverTakesTheSameBytesTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		first := image("one.png")
		first.Label = human("cat")
		again := image("copy/of/one.png")
		again.SHA256, again.Label = first.SHA256, human("dog")
		r := must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{first, image("two.png"), again}, store.LabelWrite{Kind: "import", Actor: "ann"}))
		if r.Added != 2 || !slices.Equal(r.New, []bool{true, true, false}) || r.Assets[2].ID != r.Assets[0].ID {
			t.Errorf("added %+v", r)
		}
		r2 := must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{again}, store.LabelWrite{Kind: "import"}))
		if r2.Added != 0 || r2.Assets[0].Name != "one.png" {
			t.Errorf("added again %+v", r2)
		}
		if got := says(t, s, p.ID, r.Assets[0].ID); got != "labelled cat" {
			t.Errorf("the label became %q", got)
		}
		if c := exactCounts(t, s, p.ID); c.Assets != 2 || c.Labelled != 1 || c.ByClass["cat"] != 1 {
			t.Errorf("counts %+v", c)
		}
		got := must[domain.Asset](t)(s.Asset(ctx, p.ID, r.Assets[0].ID))
		if fmt.Sprint(got) != fmt.Sprint(r.Assets[0]) || got.ThumbSHA == "" || got.Label.Rev != 1 || got.Label.Actor != "ann" {
			t.Errorf("read %+v, added %+v", got, r.Assets[0])
		}
		other := project(t, s, domain.TaskSingle)
		if r := must[store.AddResult](t)(s.AddAssets(ctx, other.ID, []domain.Asset{first}, store.LabelWrite{})); r.Added != 1 {
			t.Error("another project must have its own asset of the same bytes")
		}
	})
}

func TestAddAssetsAppendsToOneOperation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		w := store.LabelWrite{OpID: store.NewID(), Kind: "import", Append: true}
		var ids []string
		for i := range 3 {
			a := image(fmt.Sprint(i))
			a.Label = domain.Label{State: domain.StateLabelled, Source: domain.SourceImport, Classes: []domain.ClassScore{{ClassID: "owl"}}}
			ids = append(ids, must[store.AddResult](t)(s.AddAssets(ctx, p.ID, []domain.Asset{a}, w)).Assets[0].ID)
		}
		later := addImages(t, s, p.ID, "late")
		w.Changes = set(human("cat"), later[0].ID, ids[0]).Changes
		write(t, s, p.ID, w)
		op := must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if op.ID != w.OpID || op.Changed != 4 || op.Kind != "import" {
			t.Errorf("undone %+v", op)
		}
		if c := exactCounts(t, s, p.ID); c.Unlabelled != 4 || c.Assets != 4 {
			t.Errorf("counts %+v", c)
		}
		if op = must[domain.Operation](t)(s.Redo(ctx, p.ID)); op.Changed != 4 {
			t.Errorf("redone %+v", op)
		}
		if got := says(t, s, p.ID, ids[0]); got != "labelled cat" {
			t.Errorf("redone label %q", got)
		}
	})
}

func TestAddAssetsRefusesAllOrNothing(t *testing.T) {
	s := storetest.SQLite(t)
	p := project(t, s, domain.TaskSingle)
	good := image("good")
	for field, change := range map[string]func(*domain.Asset){
		"assets[1]":       func(a *domain.Asset) { a.SHA256 = "../../etc/passwd" },
		"assets[1] ":      func(a *domain.Asset) { a.Name = "" },
		"assets[1]  ":     func(a *domain.Asset) { a.Width = 0 },
		"assets[1].label": func(a *domain.Asset) { a.Label = human("wolf") },
	} {
		bad := image("bad")
		change(&bad)
		_, err := s.AddAssets(ctx, p.ID, []domain.Asset{good, bad}, store.LabelWrite{})
		wantCode(t, err, domain.CodeInvalid, strings.TrimSpace(field))
	}
	if c := exactCounts(t, s, p.ID); c.Assets != 0 {
		t.Errorf("%d assets were added", c.Assets)
	}
	_, err := s.AddAssets(ctx, "nobody", []domain.Asset{good}, store.LabelWrite{})
	wantCode(t, err, domain.CodeNotFound, "")
}

// library is ten images with labels of every kind.
func library(t testing.TB, s *store.Store) (domain.Project, map[string]string) {
	t.Helper()
	p := project(t, s, domain.TaskMulti)
	assets := addImages(t, s, p.ID, "B/zoo.png", "a/Zebra.png", "100%_sure.png", "ärger.png", "b.png", "c.png", "d.png", "e.png", "f.png", "g\\h?.png")
	ids := map[string]string{}
	for _, a := range assets {
		ids[a.Name] = a.ID
	}
	write(t, s, p.ID, set(human("cat"), assets[0].ID))
	write(t, s, p.ID, set(human("cat", "dog"), assets[1].ID))
	write(t, s, p.ID, set(human(), assets[2].ID))
	write(t, s, p.ID, set(guess("dog", 0.9), assets[3].ID))
	write(t, s, p.ID, set(guess("owl", 0.3), assets[4].ID))
	write(t, s, p.ID, set(guess("dog", 0), assets[5].ID))
	write(t, s, p.ID, set(domain.Label{State: domain.StateSkipped}, assets[6].ID))
	accepted := guess("owl", 0.6)
	accepted.State, accepted.ModelID = domain.StateLabelled, "m2"
	write(t, s, p.ID, set(accepted, assets[7].ID))
	write(t, s, p.ID, set(domain.Label{State: domain.StateLabelled, Source: domain.SourceImport, Classes: human("cat").Classes}, assets[8].ID))
	return p, ids
}

func TestFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, ids := library(t, s)
		f := func(v float64) *float64 { return &v }
		many := []string{ids["b.png"], ids["f.png"]}
		for i := range 3000 {
			many = append(many, fmt.Sprint("none", i))
		}
		for _, c := range []struct {
			what   string
			filter domain.Filter
			want   string
		}{
			{"all", domain.Filter{}, "B/zoo.png a/Zebra.png 100%_sure.png ärger.png b.png c.png d.png e.png f.png g\\h?.png"},
			{"one id", domain.Filter{IDs: []string{ids["d.png"]}}, "d.png"},
			{"3002 ids", domain.Filter{IDs: many}, "b.png f.png"},
			{"no such id", domain.Filter{IDs: []string{"x"}}, ""},
			{"a class", domain.Filter{Classes: []string{"dog"}}, "a/Zebra.png ärger.png c.png"},
			{"two classes", domain.Filter{Classes: []string{"owl", "cat"}}, "B/zoo.png a/Zebra.png b.png e.png f.png"},
			{"class and state", domain.Filter{Classes: []string{"dog", "owl"}, States: []domain.State{domain.StateAuto}}, "ärger.png b.png c.png"},
			{"labelled", domain.Filter{States: []domain.State{domain.StateLabelled}}, "B/zoo.png a/Zebra.png 100%_sure.png e.png f.png"},
			{"unlabelled or skipped", domain.Filter{States: []domain.State{"unlabelled", "skipped", "skipped"}}, "d.png g\\h?.png"},
			{"all states", domain.Filter{States: []domain.State{"unlabelled", "skipped", "auto", "labelled"}, Text: "zoo"}, "B/zoo.png"},
			{"from people", domain.Filter{Sources: []domain.Source{domain.SourceHuman}}, "B/zoo.png a/Zebra.png 100%_sure.png d.png"},
			{"imported or from models", domain.Filter{Sources: []domain.Source{"import", "model"}}, "ärger.png b.png c.png e.png f.png"},
			{"text", domain.Filter{Text: "Z"}, "B/zoo.png a/Zebra.png"},
			{"text of a class", domain.Filter{Text: "OW"}, "b.png e.png"},
			{"text beyond ASCII", domain.Filter{Text: "ÄRG"}, "ärger.png"},
			{"text of wildcards", domain.Filter{Text: "%_"}, "100%_sure.png"},
			{"text of other marks", domain.Filter{Text: "\\H?"}, "g\\h?.png"},
			{"sure", domain.Filter{MinConfidence: f(0.6)}, "ärger.png e.png"},
			{"unsure", domain.Filter{MaxConfidence: f(0.6)}, "b.png c.png e.png"},
			{"all that have a confidence", domain.Filter{MaxConfidence: f(1)}, "ärger.png b.png c.png e.png"},
			{"between", domain.Filter{MinConfidence: f(0.1), MaxConfidence: f(0.5)}, "b.png"},
			{"a model", domain.Filter{Model: "m2"}, "e.png"},
			{"everything at once", domain.Filter{
				IDs: []string{ids["ärger.png"], ids["b.png"]}, Classes: []string{"dog"}, States: []domain.State{"auto"},
				Sources: []domain.Source{"model"}, Text: "png", MinConfidence: f(0.5), MaxConfidence: f(0.95), Model: "m1",
			}, "ärger.png"},
		} {
			page, err := s.Assets(ctx, p.ID, store.Query{Filter: c.filter})
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
				continue
			}
			if got := names(page.Items); got != c.want || page.Total != len(page.Items) {
				t.Errorf("%s: got %q (total %d), want %q", c.what, got, page.Total, c.want)
			}
			if n := must[int](t)(s.CountAssets(ctx, p.ID, c.filter)); n != page.Total {
				t.Errorf("%s: counted %d, listed %d", c.what, n, page.Total)
			}
			if n := must[[]string](t)(s.AssetIDs(ctx, p.ID, c.filter, "")); len(n) != page.Total {
				t.Errorf("%s: %d ids, listed %d", c.what, len(n), page.Total)
			}
		}
	})
}

func TestSortsAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, _ := library(t, s)
		for sort, want := range map[string]string{
			"":                   "B/zoo.png a/Zebra.png 100%_sure.png ärger.png b.png c.png d.png e.png f.png g\\h?.png",
			domain.SortName:      "100%_sure.png a/Zebra.png b.png B/zoo.png c.png d.png e.png f.png g\\h?.png ärger.png",
			domain.SortUncertain: "c.png b.png e.png ärger.png B/zoo.png a/Zebra.png 100%_sure.png d.png f.png g\\h?.png",
		} {
			for _, limit := range []int{1, 3, 10, 500} {
				var all []domain.Asset
				q := store.Query{Sort: sort, Limit: limit}
				for pages := 0; pages < 20; pages++ {
					page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, q))
					all = append(all, page.Items...)
					if page.Total != 10 || len(page.Items) > limit {
						t.Errorf("sort %q: a page of %d, total %d", sort, len(page.Items), page.Total)
					}
					if q.Cursor = page.NextCursor; q.Cursor == "" {
						break
					}
				}
				if got := names(all); got != want {
					t.Errorf("sort %q by %d: got %q, want %q", sort, limit, got, want)
				}
			}
			var each []domain.Asset
			ok(t, s.EachAsset(ctx, p.ID, store.Query{Sort: sort}, func(part []domain.Asset) error {
				each = append(each, part...)
				return nil
			}))
			if got := names(each); got != want {
				t.Errorf("EachAsset by %q: got %q", sort, got)
			}
			ids := must[[]string](t)(s.AssetIDs(ctx, p.ID, domain.Filter{}, sort))
			for i, a := range each {
				if ids[i] != a.ID {
					t.Errorf("AssetIDs by %q differs at %d", sort, i)
				}
			}
		}
	})
}

func TestListRefuses(t *testing.T) {
	s := storetest.SQLite(t)
	p := project(t, s, domain.TaskSingle)
	f := func(v float64) *float64 { return &v }
	addImages(t, s, p.ID, "a", "b")
	byName := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Sort: "name", Limit: 1})).NextCursor
	for field, q := range map[string]store.Query{
		"limit":          {Limit: 501},
		"sort":           {Sort: "beauty"},
		"cursor":         {Cursor: "!!"},
		"cursor ":        {Cursor: byName},
		"state":          {Filter: domain.Filter{States: []domain.State{"lost"}}},
		"source":         {Filter: domain.Filter{Sources: []domain.Source{"dream"}}},
		"min_confidence": {Filter: domain.Filter{MinConfidence: f(7)}},
		"max_confidence": {Filter: domain.Filter{MaxConfidence: f(-1)}},
	} {
		_, err := s.Assets(ctx, p.ID, q)
		wantCode(t, err, domain.CodeInvalid, strings.TrimSpace(field))
	}
	_, err := s.Assets(ctx, "nobody", store.Query{})
	wantCode(t, err, domain.CodeNotFound, "")
	_, err = s.Asset(ctx, "nobody", must[[]string](t)(s.AssetIDs(ctx, p.ID, domain.Filter{}, ""))[0])
	wantCode(t, err, domain.CodeNotFound, "")
}

func TestAssetsByNameAndSHA(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, ids := library(t, s)
		got := must[map[string]domain.Asset](t)(s.AssetsByName(ctx, p.ID, []string{"a/Zebra.png", "A/ZEBRA.png", "none", "ärger.png", "ärger.png"}))
		if len(got) != 2 || got["a/Zebra.png"].ID != ids["a/Zebra.png"] || got["ärger.png"].ID != ids["ärger.png"] {
			t.Errorf("by name: %v", got)
		}
		sha := image("c.png").SHA256
		if got := must[map[string]domain.Asset](t)(s.AssetsBySHA(ctx, p.ID, []string{sha, image("none").SHA256})); len(got) != 1 || got[sha].Name != "c.png" {
			t.Errorf("by SHA-256: %v", got)
		}
	})
}

// big is a project of n images, half of them labelled by a model.
func big(t testing.TB, s *store.Store, n int) (domain.Project, []string) {
	t.Helper()
	p := project(t, s, domain.TaskSingle)
	in := make([]domain.Asset, n)
	for i := range in {
		in[i] = image(fmt.Sprintf("set/%d/%05d.jpg", i%7, (i*7919)%n))
	}
	ids := make([]string, n)
	for i, a := range must[store.AddResult](t)(s.AddAssets(ctx, p.ID, in, store.LabelWrite{})).Assets {
		ids[i] = a.ID
	}
	r := rand.New(rand.NewPCG(1, 2))
	w := store.LabelWrite{Kind: "apply"}
	for _, id := range ids[:n/2] {
		w.Changes = append(w.Changes, store.Change{AssetID: id, Label: guess([]string{"cat", "dog", "owl"}[r.IntN(3)], r.Float64())})
	}
	write(t, s, p.ID, w)
	return p, ids
}

// TestBigProject labels, lists and undoes 10,000 images, and says how long each took.
func TestBigProject(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	storetest.EachServer(t, func(t *testing.T, s *store.Store) {
		const n = 10000
		took := func(what string, f func()) time.Duration {
			begin := time.Now()
			f()
			d := time.Since(begin)
			t.Logf("%s: %v", what, d.Round(100*time.Microsecond))
			return d
		}
		var p domain.Project
		var ids []string
		took("import 10,000, label 5,000", func() { p, ids = big(t, s, n) })
		took("label 10,000 in one step", func() { write(t, s, p.ID, set(human("cat"), ids...)) })
		took("undo that", func() {
			if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, "")); op.Changed != n || len(op.Assets) != 200 {
				t.Errorf("undone %d, %d shown", op.Changed, len(op.Assets))
			}
		})
		if c := exactCounts(t, s, p.ID); c.Auto != n/2 || c.Unlabelled != n/2 {
			t.Errorf("counts %+v", c)
		}
		took("redo that", func() { must[domain.Operation](t)(s.Redo(ctx, p.ID)) })
		took("undo that again", func() { must[domain.Operation](t)(s.Undo(ctx, p.ID, "")) })
		took("one label", func() { write(t, s, p.ID, set(human("dog"), ids[17])) })
		for what, q := range map[string]store.Query{
			"all":                    {},
			"all by name":            {Sort: domain.SortName},
			"all by confidence":      {Sort: domain.SortUncertain},
			"auto by confidence":     {Filter: domain.Filter{States: []domain.State{domain.StateAuto}}, Sort: domain.SortUncertain},
			"auto or unlabelled":     {Filter: domain.Filter{States: []domain.State{domain.StateAuto, domain.StateUnlabelled}}},
			"labelled (one) by name": {Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}, Sort: domain.SortName},
			"a class":                {Filter: domain.Filter{Classes: []string{"owl"}}},
			"a text":                 {Filter: domain.Filter{Text: "9.JPG"}},
			"a source":               {Filter: domain.Filter{Sources: []domain.Source{domain.SourceModel}}},
			"200 ids":                {Filter: domain.Filter{IDs: ids[5000:5200]}},
		} {
			best := time.Hour
			for range 10 {
				begin := time.Now()
				page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, q))
				if page.NextCursor != "" {
					q.Cursor = page.NextCursor
				}
				best = min(best, time.Since(begin))
			}
			t.Logf("page of 100, %s: %v", what, best.Round(100*time.Microsecond))
		}
		took("all ids by name", func() { must[[]string](t)(s.AssetIDs(ctx, p.ID, domain.Filter{}, "name")) })
		took("every asset", func() {
			ok(t, s.EachAsset(ctx, p.ID, store.Query{}, func([]domain.Asset) error { return nil }))
		})
		took("delete 10,000", func() {
			if op, err := s.DeleteAssets(ctx, p.ID, domain.Filter{}, "", ""); op.Changed != len(ids) || err != nil {
				t.Errorf("deleted %d: %v", op.Changed, err)
			}
		})
		took("empty the trash of them", func() {
			if n, freed, err := s.EmptyTrash(ctx, p.ID, later()); n != len(ids) || len(freed) != 2*n || err != nil {
				t.Errorf("removed %d, freed %d: %v", n, len(freed), err)
			}
		})
	})
}
