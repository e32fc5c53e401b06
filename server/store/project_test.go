package store_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestProjects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := must[domain.Project](t)(s.CreateProject(ctx, domain.Project{
			Name: "  Vögel \x00", Task: domain.TaskMulti, Classes: []domain.Class{{Name: "Eule"}, {Name: "Star", Key: "s", Color: "#FFAA00"}},
		}))
		if a.Name != "Vögel �" || a.Rev != 1 || len(a.ID) != 26 {
			t.Errorf("created %+v", a)
		}
		if c := a.Classes; c[0].ID == "" || c[0].Key != "1" || c[0].Color == "" || c[1].Key != "s" || c[1].Color != "#ffaa00" {
			t.Errorf("classes are filled in as %+v", c)
		}
		b := project(t, s, domain.TaskSingle)
		list := must[[]domain.Project](t)(s.Projects(ctx))
		if len(list) != 2 || list[0].ID != b.ID || list[1].ID != a.ID {
			t.Errorf("listed %+v, want the newest first", list)
		}
		if got := must[domain.Project](t)(s.Project(ctx, a.ID)); !reflect.DeepEqual(got, a) {
			t.Errorf("read %+v, created %+v", got, a)
		}
		_, err := s.Project(ctx, "nobody")
		wantCode(t, err, domain.CodeNotFound, "")
	})
}

func TestUpdateProject(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		p.Name = "Beasts"
		p.Classes[1].Archived = true
		p.Classes = append(p.Classes, domain.Class{Name: "Fox"})
		got := must[domain.Project](t)(s.UpdateProject(ctx, p))
		if got.Rev != 2 || got.Name != "Beasts" || !got.Classes[1].Archived || got.Classes[1].Key != "" || got.Classes[3].ID == "" {
			t.Errorf("updated to %+v", got)
		}
		_, err := s.UpdateProject(ctx, p)
		wantCode(t, err, domain.CodeConflict, "rev")

		for _, bad := range []struct {
			what   string
			change func(p *domain.Project)
			field  string
		}{
			{"a class is missing", func(p *domain.Project) { p.Classes = p.Classes[1:] }, "classes[0]"},
			{"no name", func(p *domain.Project) { p.Name = " " }, "name"},
			{"another task", func(p *domain.Project) { p.Task = domain.TaskBoxes }, "task"},
			{"a name twice", func(p *domain.Project) { p.Classes[2].Name = "Cat" }, "classes[2].name"},
			{"a key twice", func(p *domain.Project) { p.Classes[2].Key = p.Classes[0].Key }, "classes[2].key"},
			{"no colour", func(p *domain.Project) { p.Classes[0].Color = "red" }, "classes[0]"},
			{"a word as key", func(p *domain.Project) { p.Classes[0].Key = "ab" }, "classes[0]"},
		} {
			p := must[domain.Project](t)(s.Project(ctx, got.ID))
			bad.change(&p)
			_, err := s.UpdateProject(ctx, p)
			if err == nil {
				t.Errorf("%s: taken", bad.what)
				continue
			}
			wantCode(t, err, domain.CodeInvalid, bad.field)
		}
	})
}

func TestCreateProjectRefuses(t *testing.T) {
	s := storetest.SQLite(t)
	for field, p := range map[string]domain.Project{
		"name":            {Task: domain.TaskSingle},
		"task":            {Name: "x", Task: "poetry"},
		"classes[1].id":   {Name: "x", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "a", Name: "B"}}},
		"classes[0]":      {Name: "x", Task: domain.TaskSingle, Classes: []domain.Class{{Name: strings.Repeat("x", 201)}}},
		"classes[1].name": {Name: "x", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "A"}, {Name: " A"}}},
	} {
		_, err := s.CreateProject(ctx, p)
		wantCode(t, err, domain.CodeInvalid, field)
	}
	if list := must[[]domain.Project](t)(s.Projects(ctx)); len(list) != 0 {
		t.Errorf("%d projects were made all the same", len(list))
	}
}

func TestDeletingFreesBlobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := project(t, s, domain.TaskSingle), project(t, s, domain.TaskSingle)
		assets := addImages(t, s, p.ID, "a", "b", "c")
		addImages(t, s, q.ID, "b")
		write(t, s, p.ID, set(human("cat"), assets[0].ID, assets[1].ID))
		ok(t, s.PutEmbeddings(ctx, "bb", map[string][]float32{assets[0].SHA256: {1}, assets[1].SHA256: {2}}))
		model := must[store.ModelRecord](t)(s.SaveModel(ctx, store.ModelRecord{
			Model: domain.Model{ProjectID: p.ID, SHA256: blob.Sum([]byte("onnx"))}, HeadSHA: blob.Sum([]byte("head")),
		}))
		ok(t, s.SetSetting(ctx, "backbone/"+blob.Sum([]byte("net")), "{}"))

		if op := must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{assets[0].ID, assets[1].ID}}, "", "")); op.Changed != 2 {
			t.Errorf("deleted %d", op.Changed)
		}
		n, freed, err := s.EmptyTrash(ctx, p.ID, later())
		ok(t, err)
		wantSet(t, "freed by deleting a and b", freed, assets[0].SHA256, assets[0].ThumbSHA)
		if n != 2 {
			t.Errorf("removed %d", n)
		}
		if have := must[map[string]bool](t)(s.HaveEmbeddings(ctx, "bb", []string{assets[0].SHA256, assets[1].SHA256})); have[assets[0].SHA256] || !have[assets[1].SHA256] {
			t.Errorf("embeddings after delete: %v", have)
		}
		if c := exactCounts(t, s, p.ID); c.Assets != 1 || c.Labelled != 0 {
			t.Errorf("counts after delete: %+v", c)
		}
		if _, err := s.Undo(ctx, p.ID, ""); err != nil {
			t.Errorf("undo over deleted assets: %v", err)
		}

		// Once there is an export, images are kept for its downloads.
		must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, SHA256: blob.Sum([]byte("snapshot"))}))
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{}, "", ""))
		_, freed, err = s.EmptyTrash(ctx, "", later())
		ok(t, err)
		wantSet(t, "freed by deleting c after an export", freed, assets[2].ThumbSHA)

		want := []string{
			assets[2].SHA256, blob.Sum([]byte("snapshot")), model.SHA256, model.HeadSHA, blob.Sum([]byte("net")),
			assets[1].SHA256, assets[1].ThumbSHA,
		}
		wantSet(t, "referenced", must[[]string](t)(s.ReferencedBlobs(ctx)), want...)
		wantSet(t, "freed with the model", must[[]string](t)(s.DeleteModel(ctx, p.ID, model.ID)), model.SHA256, model.HeadSHA)
		wantSet(t, "freed with the project", must[[]string](t)(s.DeleteProject(ctx, p.ID)), want[:2]...)
		_, err = s.DeleteProject(ctx, p.ID)
		wantCode(t, err, domain.CodeNotFound, "")
		wantSet(t, "freed with the other project", must[[]string](t)(s.DeleteProject(ctx, q.ID)), want[5:]...)
		wantSet(t, "referenced in the end", must[[]string](t)(s.ReferencedBlobs(ctx)), want[4])
	})
}

func wantSet(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	has := map[string]bool{}
	for _, v := range got {
		has[v] = true
	}
	for _, v := range want {
		if !has[v] {
			t.Errorf("%s: %s is missing", what, v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d, want %d: %v", what, len(got), len(want), got)
	}
}
