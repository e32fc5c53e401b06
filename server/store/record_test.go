package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestExports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := must[domain.Export](t)(s.SaveExport(ctx, domain.Export{
			ProjectID: p.ID, Name: "first", Items: 3, ByClass: map[string]int{"cat": 2}, SHA256: blob.Sum([]byte("1")),
			Filter: domain.Filter{States: []domain.State{domain.StateLabelled}},
		}))
		b := must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, SHA256: blob.Sum([]byte("2"))}))
		if got := must[domain.Export](t)(s.Export(ctx, p.ID, a.ID)); !reflect.DeepEqual(got, a) {
			t.Errorf("read %+v, saved %+v", got, a)
		}
		if list := must[[]domain.Export](t)(s.Exports(ctx, p.ID)); len(list) != 2 || list[0].ID != b.ID {
			t.Errorf("listed %+v", list)
		}
		a.Name = "changed"
		_, err := s.SaveExport(ctx, a)
		wantCode(t, err, domain.CodeConflict, "")
		_, err = s.Export(ctx, "nobody", a.ID)
		wantCode(t, err, domain.CodeNotFound, "")
		_, err = s.SaveExport(ctx, domain.Export{ProjectID: "nobody"})
		wantCode(t, err, domain.CodeNotFound, "")
	})
}

func TestModels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		in := store.ModelRecord{HeadSHA: blob.Sum([]byte("head")), Model: domain.Model{
			ProjectID: p.ID, Name: "first", Classes: p.Classes, SHA256: blob.Sum([]byte("onnx")),
			Metrics: domain.Metrics{Images: 2, Accuracy: 0.5, Outcomes: []domain.Outcome{{AssetID: "a", Truth: []int{0}, Scores: []float64{0.25}}}},
		}}
		a := must[store.ModelRecord](t)(s.SaveModel(ctx, in))
		b := must[store.ModelRecord](t)(s.SaveModel(ctx, in))
		if a.Version != 1 || b.Version != 2 {
			t.Errorf("versions %d and %d", a.Version, b.Version)
		}
		if got := must[store.ModelRecord](t)(s.Model(ctx, p.ID, a.ID)); !reflect.DeepEqual(got, a) {
			t.Errorf("read %+v, saved %+v", got, a)
		}
		b.Name, b.Version = "renamed", 0
		b = must[store.ModelRecord](t)(s.SaveModel(ctx, b))
		list := must[[]store.ModelRecord](t)(s.Models(ctx, p.ID))
		if len(list) != 2 || list[0].Name != "renamed" || list[0].Version != 2 || list[0].Metrics.Outcomes != nil || list[0].HeadSHA != b.HeadSHA {
			t.Errorf("listed %+v", list)
		}
		if freed := must[[]string](t)(s.DeleteModel(ctx, p.ID, b.ID)); len(freed) != 0 {
			t.Errorf("freed %v, which the other model still needs", freed)
		}
		if c := must[store.ModelRecord](t)(s.SaveModel(ctx, in)); c.Version != 3 {
			t.Errorf("a deleted model's version was given again: %d", c.Version)
		}
		_, err := s.DeleteModel(ctx, p.ID, b.ID)
		wantCode(t, err, domain.CodeNotFound, "")
	})
}

func TestEmbeddings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := map[string][]float32{}
		var shas []string
		for i := range 700 {
			sha := blob.Sum([]byte(fmt.Sprint(i)))
			shas = append(shas, sha)
			in[sha] = []float32{float32(i), -0.5, 1e-30}
		}
		ok(t, s.PutEmbeddings(ctx, "b1", in))
		ok(t, s.PutEmbeddings(ctx, "b1", map[string][]float32{shas[0]: {9}}))
		ok(t, s.PutEmbeddings(ctx, "b2", map[string][]float32{shas[0]: {9}}))
		ok(t, s.PutEmbeddings(ctx, "b2", nil))
		got := must[map[string][]float32](t)(s.Embeddings(ctx, "b1", append(shas, shas[0], "none")))
		if !reflect.DeepEqual(got, in) {
			t.Errorf("%d embeddings came back otherwise than they were put", len(got))
		}
		if have := must[map[string]bool](t)(s.HaveEmbeddings(ctx, "b2", shas)); len(have) != 1 || !have[shas[0]] {
			t.Errorf("have %v", have)
		}
	})
}

// testImportPages reads the lines of an import page by page.
func testImportPages(t *testing.T, s *store.Store, project, id string, want []domain.Refusal) {
	t.Helper()
	var all []domain.Refusal
	cursor := ""
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		lines, next, err := s.ImportLines(ctx, project, id, false, cursor, 450)
		ok(t, err)
		all, cursor = append(all, lines...), next
	}
	if !slices.Equal(all, want) {
		t.Errorf("pages hold %d of %d refusals, or in another order", len(all), len(want))
	}
	_, _, err := s.ImportLines(ctx, project, "nobody", true, "", 10)
	wantCode(t, err, domain.CodeNotFound, "")
}

// testImportProgress tells how far an import is, and begins to finish it a second time, which takes back the late lines: the last
// third of them.
func testImportProgress(t *testing.T, s *store.Store, project, id string) {
	t.Helper()
	for _, step := range []struct{ tell, want domain.ImportProgress }{
		{domain.ImportProgress{Phase: "images", Total: 7}, domain.ImportProgress{Phase: "images", Total: 7}},
		{domain.ImportProgress{Done: 3}, domain.ImportProgress{Phase: "images", Done: 3, Total: 7}},
		{domain.ImportProgress{Phase: "images", Done: 1, Total: 2}, domain.ImportProgress{Phase: "images", Done: 4, Total: 9}},
		{domain.ImportProgress{Phase: "label", Total: 5}, domain.ImportProgress{Phase: "label", Total: 5}},
	} {
		ok(t, s.AddToImport(ctx, project, id, domain.ImportReport{Progress: &step.tell}, false))
		if got := must[store.ImportRecord](t)(s.Import(ctx, project, id)); got.Progress == nil || *got.Progress != step.want {
			t.Errorf("after %+v the progress is %+v, not %+v", step.tell, got.Progress, step.want)
		}
	}
	ok(t, s.FinishingImport(ctx, project, id))
	got := must[domain.ImportReport](t)(s.ImportReport(ctx, project, id, 1))
	if got.RefusedCount != 1200 || got.NotesCount != 2 || got.Labelled != 0 || got.Progress != nil || len(got.Refused) != 1 {
		t.Errorf("finished again: %+v", got)
	}
}

func TestImports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		in := must[store.ImportRecord](t)(s.CreateImport(ctx, store.ImportRecord{ProjectID: p.ID, Labels: "csv"}))
		var want []domain.Refusal
		for i := range 3 {
			delta := domain.ImportReport{Imported: 2, Labelled: 1, Duplicates: 3, Notes: []domain.Refusal{{Path: "n", Code: "first_frame", Reason: "r"}}}
			for k := range 600 {
				delta.Refused = append(delta.Refused, domain.Refusal{Path: fmt.Sprintf("%d/%d\x00", i, k), Code: "broken", Reason: "It is \"broken\"."})
			}
			ok(t, s.AddToImport(ctx, p.ID, in.ID, delta, i == 2))
			for _, r := range delta.Refused {
				r.Path = r.Path[:len(r.Path)-1] + "�"
				want = append(want, r)
			}
		}
		ok(t, s.SetImportPending(ctx, p.ID, in.ID, []byte{0, 1, 2}))
		got := must[store.ImportRecord](t)(s.Import(ctx, p.ID, in.ID))
		if got.Imported != 6 || got.Labelled != 3 || got.Duplicates != 9 || got.Finished || got.Labels != "csv" || !slices.Equal(got.Pending, []byte{0, 1, 2}) {
			t.Errorf("import %+v", got.ImportReport)
		}
		report := must[domain.ImportReport](t)(s.ImportReport(ctx, p.ID, in.ID, 700))
		if len(report.Notes) != 3 || !slices.Equal(report.Refused, want[:700]) || report.RefusedCount != 1800 || report.RefusedBy["broken"] != 1800 {
			t.Errorf("%d notes, %d refusals of %d, or not in the order they came", len(report.Notes), len(report.Refused), report.RefusedCount)
		}
		testImportPages(t, s, p.ID, in.ID, want)
		testImportProgress(t, s, p.ID, in.ID)
		ok(t, s.FinishImport(ctx, p.ID, in.ID))
		ok(t, s.FinishImport(ctx, p.ID, in.ID))
		wantCode(t, s.AddToImport(ctx, p.ID, in.ID, domain.ImportReport{Imported: 1}, false), domain.CodeConflict, "")
		if got := must[store.ImportRecord](t)(s.Import(ctx, p.ID, in.ID)); !got.Finished || got.Pending != nil || got.Imported != 6 {
			t.Errorf("finished import %+v", got.ImportReport)
		}
		_, err := s.Import(ctx, "nobody", in.ID)
		wantCode(t, err, domain.CodeNotFound, "")
		wantCode(t, s.FinishImport(ctx, p.ID, "nobody"), domain.CodeNotFound, "")
		must[[]string](t)(s.DeleteProject(ctx, p.ID))
	})
}

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, have, err := s.Setting(ctx, "a"); have || err != nil {
			t.Errorf("a setting nobody made: %v, %v", have, err)
		}
		for key, value := range map[string]string{"ü/1": "x", "ü/2": "y", "u/3": "z", "ü": "w", "%/4": "v"} {
			ok(t, s.SetSetting(ctx, key, "old"))
			ok(t, s.SetSetting(ctx, key, value))
		}
		if v, have, err := s.Setting(ctx, "ü/1"); v != "x" || !have || err != nil {
			t.Errorf("got %q, %v, %v", v, have, err)
		}
		if got := must[map[string]string](t)(s.Settings(ctx, "ü/")); !reflect.DeepEqual(got, map[string]string{"ü/1": "x", "ü/2": "y"}) {
			t.Errorf("settings %v", got)
		}
		if got := must[map[string]string](t)(s.Settings(ctx, "")); len(got) != 5 {
			t.Errorf("all settings %v", got)
		}
	})
}

func TestLabelledSince(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d", "e")
		human := func(class string) domain.Label {
			return domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: class}}}
		}
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, set(human("cat"), a[0].ID, a[1].ID)))
		_, seq, err := s.LabelSeq(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		e := must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, SHA256: blob.Sum([]byte("1")), Seq: seq}))
		since := func() [2]int {
			return [2]int{must[int](t)(s.LabelledSince(ctx, p.ID, e.Seq, e.CreatedAt)), must[int](t)(s.LabelledSince(ctx, p.ID, 0, e.CreatedAt))}
		}
		if got := since(); got != [2]int{} {
			t.Errorf("at once %d labels are newer", got)
		}
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, set(human("dog"), a[1].ID, a[2].ID)))
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, set(human("cat"), a[2].ID)))
		auto := domain.Label{State: domain.StateAuto, Source: domain.SourceModel, Confidence: 0.9, ModelID: "m", Classes: []domain.ClassScore{{ClassID: "cat"}}}
		must[domain.Operation](t)(s.WriteLabels(ctx, p.ID, set(auto, a[3].ID)))
		if _, err := s.AddComment(ctx, p.ID, domain.Comment{AssetID: a[0].ID, Author: domain.Actor{ID: "x", Name: "X"}, Text: "why"}); err != nil {
			t.Fatal(err)
		}
		if got := since(); got != [2]int{2, 2} {
			t.Errorf("of one changed, one new, one that a model gave and one that was talked about, %d are newer", got)
		}
	})
}
