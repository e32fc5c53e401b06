package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// nested is a project with animal over dog over poodle, and cat under animal.
func nested(t *testing.T, s *store.Store, task domain.Task) domain.Project {
	t.Helper()
	return must[domain.Project](t)(s.CreateProject(ctx, domain.Project{Name: "Nested", Task: task, Classes: []domain.Class{
		{ID: "poodle", Name: "Poodle", Parent: "dog"},
		{ID: "animal", Name: "Animal"},
		{ID: "dog", Name: "Dog", Parent: "animal"},
		{ID: "cat", Name: "Cat", Parent: "animal"},
		{ID: "car", Name: "Car"},
	}}))
}

func parents(classes []domain.Class) (out string) {
	for _, c := range classes {
		out += c.ID + "<" + c.Parent
		if c.Archived {
			out += "-"
		}
		out += " "
	}
	return out
}

func TestFiltersTakeWhatIsUnderAClass(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		store.HoldListsFrom(s, 1)
		p := nested(t, s, domain.TaskSingle)
		all := addImages(t, s, p.ID, "a", "b", "c", "d")
		for i, class := range []string{"poodle", "dog", "cat", "car"} {
			write(t, s, p.ID, set(human(class), all[i].ID))
		}
		for _, c := range []struct {
			f    domain.Filter
			want string
		}{
			{domain.Filter{Classes: []string{"animal"}}, "a b c"},
			{domain.Filter{Classes: []string{"dog"}}, "a b"},
			{domain.Filter{Classes: []string{"dog", "car"}}, "a b d"},
			{domain.Filter{Classes: []string{"dog"}, Exact: true}, "b"},
			{domain.Filter{Classes: []string{"animal"}, Exact: true}, ""},
			{domain.Filter{Classes: []string{"poodle"}}, "a"},
			{domain.Filter{Classes: []string{"gone"}}, ""},
		} {
			page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: c.f}))
			ids := must[[]string](t)(s.AssetIDs(ctx, p.ID, c.f, ""))
			n := must[int](t)(s.CountAssets(ctx, p.ID, c.f))
			if got := names(page.Items); got != c.want || page.Total != len(page.Items) || len(ids) != page.Total || n != page.Total {
				t.Errorf("%+v selects %q (%d, %d, %d), want %q", c.f, got, page.Total, len(ids), n, c.want)
			}
		}
		op := must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{Classes: []string{"animal"}}, "", ""))
		if op.Changed != 3 {
			t.Errorf("deleting a class deleted %d images", op.Changed)
		}
	})
}

func TestClassesGoUnderOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := nested(t, s, domain.TaskSingle)
		move := func(class, under string) (domain.Project, error) {
			in := must[domain.Project](t)(s.Project(ctx, p.ID))
			i := slices.IndexFunc(in.Classes, func(c domain.Class) bool { return c.ID == class })
			in.Classes[i].Parent = under
			return s.UpdateProject(ctx, in)
		}
		for class, under := range map[string]string{"animal": "poodle", "dog": "dog", "cat": "nobody"} {
			_, err := move(class, under)
			wantCode(t, err, domain.CodeInvalid, "")
		}
		before := parents(p.Classes)
		now := must[domain.Project](t)(move("poodle", "cat"))
		if got := parents(now.Classes); got != "poodle<cat animal< dog<animal cat<animal car< " || now.Rev != p.Rev+1 {
			t.Errorf("moved: %s", got)
		}
		changes := must[[]domain.ProjectChange](t)(s.Changes(ctx, p.ID))
		if len(changes) != 1 || changes[0].Kind != "move" || len(changes[0].Classes) != 1 || changes[0].Classes[0].From != "dog" {
			t.Fatalf("the changes are %+v", changes)
		}
		must[domain.Operation](t)(s.UndoChange(ctx, p.ID, changes[0].ID))
		if got := parents(must[domain.Project](t)(s.Project(ctx, p.ID)).Classes); got != before {
			t.Errorf("undone: %s", got)
		}
		must[domain.Operation](t)(s.RedoChange(ctx, p.ID, changes[0].ID))
		must[domain.Project](t)(move("poodle", ""))
		_, err := s.UndoChange(ctx, p.ID, changes[0].ID)
		wantCode(t, err, domain.CodeConflict, "")
		// What would go round in circles is refused, also where undoing makes it.
		must[domain.Project](t)(move("dog", ""))
		out := must[[]domain.ProjectChange](t)(s.Changes(ctx, p.ID))[0]
		must[domain.Project](t)(move("animal", "dog"))
		_, err = s.UndoChange(ctx, p.ID, out.ID)
		wantCode(t, err, domain.CodeInvalid, "")
		stale := now
		stale.Classes = slices.Clone(now.Classes)
		stale.Classes[4].Parent = "cat"
		_, err = s.UpdateProject(ctx, stale)
		wantCode(t, err, domain.CodeConflict, "rev")
	})
}

func TestTooDeep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for depth, fine := range map[int]bool{domain.MaxDepth: true, domain.MaxDepth + 1: false} {
			in := domain.Project{Name: "Deep", Task: domain.TaskSingle}
			for i := range depth {
				c := domain.Class{ID: fmt.Sprint("c", i), Name: fmt.Sprint("Class ", i)}
				if i > 0 {
					c.Parent = fmt.Sprint("c", i-1)
				}
				in.Classes = append(in.Classes, c)
			}
			if _, err := s.CreateProject(ctx, in); (err == nil) != fine {
				t.Errorf("%d deep: %v", depth, err)
			}
		}
	})
}

func TestMergedClasses(t *testing.T) {
	for name, c := range map[string]struct {
		task   domain.Task
		labels []domain.Label
		in     domain.MergeRequest
		want   string
		tree   string
		both   int
	}{
		"into a sister": {
			domain.TaskMulti,
			[]domain.Label{human("dog", "cat"), human("cat"), human("car"), guess("dog", 0.7)},
			domain.MergeRequest{From: []string{"dog"}, Into: "cat"},
			"labelled cat, labelled cat, labelled car, auto cat", "poodle<cat animal< dog<animal- cat<animal car< ", 1,
		},
		"into what is under it": {
			domain.TaskSingle,
			[]domain.Label{human("animal"), human("poodle"), human("cat"), human("dog")},
			domain.MergeRequest{From: []string{"animal", "dog"}, Into: "poodle"},
			"labelled poodle, labelled poodle, labelled cat, labelled poodle", "poodle< animal<- dog<animal- cat<poodle car< ", 0,
		},
		"with its parent between": {
			domain.TaskSingle,
			[]domain.Label{human("animal"), human("poodle"), human("dog"), human("dog")},
			domain.MergeRequest{From: []string{"animal"}, Into: "poodle"},
			"labelled poodle, labelled poodle, labelled dog, labelled dog", "poodle<dog animal<- dog< cat<poodle car< ", 0,
		},
		"boxes": {
			domain.TaskBoxes,
			[]domain.Label{boxed("dog", "cat"), boxed("car"), boxed("cat"), human()},
			domain.MergeRequest{From: []string{"cat", "dog"}, Into: "car"},
			"labelled car@1,1,9,9 car@1,1,9,9, labelled car@1,1,9,9, labelled car@1,1,9,9, labelled", "poodle<car animal< dog<animal- cat<animal- car< ", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				store.HoldListsFrom(s, 1)
				p := nested(t, s, c.task)
				var ids []string
				for i, a := range addImages(t, s, p.ID, "a", "b", "c", "d") {
					ids = append(ids, a.ID)
					write(t, s, p.ID, set(c.labels[i], a.ID))
				}
				before := labels(t, s, p.ID, ids)
				told := must[domain.MergePreview](t)(s.PreviewMerge(ctx, p.ID, c.in))
				if got := labels(t, s, p.ID, ids); got != before || told.Both != c.both {
					t.Errorf("the preview tells %+v and leaves %s", told, got)
				}
				c.in.Expect, c.in.OpID = &told.Changed, "merge"
				op := must[domain.Operation](t)(s.MergeClasses(ctx, p.ID, c.in))
				now := must[domain.Project](t)(s.Project(ctx, p.ID))
				if got, tree := labels(t, s, p.ID, ids), parents(now.Classes); got != c.want || tree != c.tree || op.Changed != told.Changed {
					t.Errorf("merged: %s; %s; %d labels, told %d", got, tree, op.Changed, told.Changed)
				}
				if counts := listsAgree(t, s, p.ID); counts.ByClass[c.in.Into]+counts.AutoClass[c.in.Into] != told.Into {
					t.Errorf("%s has %+v, told %d", c.in.Into, counts, told.Into)
				}
				must[domain.Operation](t)(s.MergeClasses(ctx, p.ID, c.in)) // again: the same
				must[domain.Operation](t)(s.UndoChange(ctx, p.ID, "merge"))
				now = must[domain.Project](t)(s.Project(ctx, p.ID))
				if got, tree := labels(t, s, p.ID, ids), parents(now.Classes); got != before || tree != parents(p.Classes) {
					t.Errorf("undone: %s; %s", got, tree)
				}
				for i, class := range now.Classes {
					if class.Key != p.Classes[i].Key {
						t.Errorf("%s lost its key %q", class.Name, p.Classes[i].Key)
					}
				}
				exactCounts(t, s, p.ID)
			})
		})
	}
}

func boxed(classes ...string) domain.Label {
	l := human()
	for _, c := range classes {
		l.Boxes = append(l.Boxes, domain.Box{ClassID: c, X: 1, Y: 1, W: 9, H: 9})
	}
	return l
}

func TestMergesThatCannotBe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := nested(t, s, domain.TaskSingle)
		for _, c := range []struct {
			in    domain.MergeRequest
			field string
		}{
			{domain.MergeRequest{Into: "cat"}, "from"},
			{domain.MergeRequest{From: []string{"cat"}, Into: "cat"}, "into"},
			{domain.MergeRequest{From: []string{"cat", "cat"}, Into: "dog"}, "from[1]"},
			{domain.MergeRequest{From: []string{"cow"}, Into: "dog"}, "from[0]"},
			{domain.MergeRequest{From: []string{"dog"}, Into: "cow"}, "into"},
		} {
			_, err := s.MergeClasses(ctx, p.ID, c.in)
			wantCode(t, err, domain.CodeInvalid, c.field)
		}
	})
}
