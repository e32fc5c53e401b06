package store_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// mixed is a project of several classes an image: a has cat and dog, b none of them, c owl, d a proposal of dog and owl, e
// nothing.
func mixed(t *testing.T, s *store.Store) (p domain.Project, ids []string) {
	t.Helper()
	store.HoldListsFrom(s, 1)
	p = project(t, s, domain.TaskMulti)
	for _, a := range addImages(t, s, p.ID, "a", "b", "c", "d", "e") {
		ids = append(ids, a.ID)
	}
	write(t, s, p.ID, set(human("cat", "dog"), ids[0]))
	write(t, s, p.ID, set(human(), ids[1]))
	write(t, s, p.ID, set(human("owl"), ids[2]))
	l := guess("dog", 0.4)
	l.Classes = append(l.Classes, domain.ClassScore{ClassID: "owl", Score: 0.9})
	write(t, s, p.ID, set(l, ids[3]))
	return p, ids
}

// listsAgree compares how many images are listed of each class, from memory, with the counts, and gives these.
func listsAgree(t *testing.T, s *store.Store, project string) domain.Counts {
	t.Helper()
	counts := exactCounts(t, s, project)
	for _, c := range must[domain.Project](t)(s.Project(ctx, project)).Classes {
		page := must[domain.AssetPage](t)(s.Assets(ctx, project, store.Query{Filter: domain.Filter{Classes: []string{c.ID}, Exact: true}}))
		if n := counts.ByClass[c.ID] + counts.AutoClass[c.ID]; page.Total != n || len(page.Items) != n {
			t.Errorf("%d images of %s are listed, %d by the total, %d counted", len(page.Items), c.Name, page.Total, n)
		}
	}
	return counts
}

func labels(t *testing.T, s *store.Store, project string, ids []string) string {
	t.Helper()
	out := make([]string, len(ids))
	for i, id := range ids {
		l := must[domain.Asset](t)(s.Asset(ctx, project, id)).Label
		out[i] = short(l)
		if l.Flag != "" {
			out[i] += "!" + string(l.Flag)
		}
	}
	return strings.Join(out, ", ")
}

func TestSeveralClassesBecomeOne(t *testing.T) {
	const before = "labelled cat dog, labelled, labelled owl, auto dog owl, unlabelled"
	for rule, want := range map[domain.Rule]string{
		domain.RuleFirst:      "labelled cat, skipped, labelled owl, auto dog, unlabelled",
		domain.RuleConfident:  "labelled cat, skipped, labelled owl, auto owl, unlabelled",
		domain.RuleCommon:     "labelled dog, skipped, labelled owl, auto dog, unlabelled", // dog twice, owl twice: the first of the label
		domain.RuleReview:     "labelled cat!unsure, skipped, labelled owl, auto dog, unlabelled",
		domain.RuleUnlabelled: "unlabelled, skipped, labelled owl, unlabelled, unlabelled",
	} {
		t.Run(string(rule), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				p, ids := mixed(t, s)
				hours := must[[]domain.LabelsMade](t)(s.LabelHours(ctx, p.ID))
				in := domain.TaskRequest{Task: domain.TaskSingle, Rule: rule}
				told := must[domain.TaskPreview](t)(s.PreviewTask(ctx, p.ID, in))
				if told.Images != 5 || told.Kept != 1 || told.Several != 2 || told.Scored != 1 || told.None != 1 || told.Changed != 3 {
					t.Errorf("the preview tells %+v", told)
				}
				if got := labels(t, s, p.ID, ids); got != before {
					t.Fatalf("the preview changed labels: %s", got)
				}
				wrong := told.Changed + 1
				in.Expect = &wrong
				_, err := s.ChangeTask(ctx, p.ID, in)
				wantCode(t, err, domain.CodeConflict, "")
				in.Expect, in.OpID = &told.Changed, "op"
				op := must[domain.Operation](t)(s.ChangeTask(ctx, p.ID, in))
				if again := must[domain.Operation](t)(s.ChangeTask(ctx, p.ID, in)); again.ID != op.ID || op.Changed != 3 {
					t.Errorf("sending it twice did %+v and %+v", op, again)
				}
				now := must[domain.Project](t)(s.Project(ctx, p.ID))
				if got := labels(t, s, p.ID, ids); got != want || now.Task != domain.TaskSingle || now.Rev == p.Rev {
					t.Errorf("became %s of task %s", got, now.Task)
				}
				counts := listsAgree(t, s, p.ID)
				for _, c := range told.Classes {
					if n := counts.ByClass[c.ClassID] + counts.AutoClass[c.ClassID]; n != c.After || n == c.Before {
						t.Errorf("%s: told %+v, is %d", c.ClassID, c, n)
					}
				}
				if got := must[[]domain.LabelsMade](t)(s.LabelHours(ctx, p.ID)); !reflect.DeepEqual(got, hours) {
					t.Errorf("a change of task counts as labels made: %+v, before %+v", got, hours)
				}
				back := must[domain.Operation](t)(s.UndoChange(ctx, p.ID, "op"))
				now = must[domain.Project](t)(s.Project(ctx, p.ID))
				if got := labels(t, s, p.ID, ids); got != before || now.Task != domain.TaskMulti || back.Changed != 3 || back.Skipped != 0 {
					t.Errorf("undone it is %s of task %s: %+v", got, now.Task, back)
				}
				listsAgree(t, s, p.ID)
				must[domain.Operation](t)(s.RedoChange(ctx, p.ID, "op"))
				if got := labels(t, s, p.ID, ids); got != want {
					t.Errorf("done again it is %s", got)
				}
				exactCounts(t, s, p.ID)
			})
		})
	}
}

func TestTasksThatDoNotChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, _ := mixed(t, s)
		boxes := project(t, s, domain.TaskBoxes)
		for _, c := range []struct {
			project string
			in      domain.TaskRequest
			field   string
		}{
			{p.ID, domain.TaskRequest{Task: domain.TaskSingle}, "rule"},
			{p.ID, domain.TaskRequest{Task: domain.TaskSingle, Rule: "dice"}, "rule"},
			{p.ID, domain.TaskRequest{Task: domain.TaskMulti}, "task"},
			{p.ID, domain.TaskRequest{Task: domain.TaskBoxes}, "task"},
			{p.ID, domain.TaskRequest{Task: "fun"}, "task"},
			{boxes.ID, domain.TaskRequest{Task: domain.TaskSingle}, "task"},
		} {
			_, err := s.ChangeTask(ctx, c.project, c.in)
			wantCode(t, err, domain.CodeInvalid, c.field)
		}
		p.Task = domain.TaskSingle
		_, err := s.UpdateProject(ctx, p)
		wantCode(t, err, domain.CodeInvalid, "task")
	})
}

// TestUndoAcrossAChangeOfTask undoes labels of the time before it, brings deleted images back, and goes back to one class an
// image where there are several by now: no label is left that the project cannot hold.
func TestUndoAcrossAChangeOfTask(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, ids := mixed(t, s)
		more := write(t, s, p.ID, set(human("owl", "cat"), ids[2]))
		less := write(t, s, p.ID, set(human("owl"), ids[2]))
		gone := must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: ids[:1]}, "", "ann"))
		op := must[domain.Operation](t)(s.ChangeTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskSingle, Rule: domain.RuleFirst}))
		if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, gone.ID)); op.Changed != 1 {
			t.Errorf("the deletion is undone as %+v", op)
		}
		if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, less.ID)); op.Changed != 0 || op.Skipped != 1 {
			t.Errorf("a label of two classes came back: %+v", op)
		}
		if got := labels(t, s, p.ID, ids); got != "labelled cat!unsure, skipped, labelled owl, auto dog, unlabelled" {
			t.Errorf("then it is %s", got)
		}
		exactCounts(t, s, p.ID)
		if _, err := s.Undo(ctx, p.ID, op.ID); domain.AsProblem(err).Code != domain.CodeNotFound {
			t.Errorf("the undo of labels took the change of task back: %v", err)
		}
		must[domain.Operation](t)(s.ChangeTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskMulti, OpID: "wide"}))
		if told := must[[]domain.ProjectChange](t)(s.Changes(ctx, p.ID)); len(told) != 2 || told[0].ID != "wide" || told[0].To != domain.TaskMulti || told[1].Rule != domain.RuleFirst {
			t.Errorf("the changes are %+v", told)
		}
		_, err := s.UndoChange(ctx, p.ID, op.ID)
		wantCode(t, err, domain.CodeConflict, "")
		write(t, s, p.ID, set(human("dog", "owl"), ids[4]))
		_, err = s.UndoChange(ctx, p.ID, "wide")
		wantCode(t, err, domain.CodeConflict, "")
		write(t, s, p.ID, set(human("dog"), ids[4]))
		must[domain.Operation](t)(s.UndoChange(ctx, p.ID, "wide"))
		if got := labels(t, s, p.ID, ids); got != "labelled cat!unsure, skipped, labelled owl, auto dog, labelled dog" {
			t.Errorf("at the end it is %s", got)
		}
		_, err = s.Undo(ctx, p.ID, more.ID)
		ok(t, err)
		exactCounts(t, s, p.ID)
	})
}

func TestOutgrownModelsAndExportsAreNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, _ := mixed(t, s)
		must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, Name: "old", SHA256: "x"})) // as made before exports told their task
		must[store.ModelRecord](t)(s.SaveModel(ctx, store.ModelRecord{Model: domain.Model{ProjectID: p.ID, Name: "tags", Task: domain.TaskMulti}}))
		told := must[domain.TaskPreview](t)(s.PreviewTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskSingle}))
		if len(told.Models) != 1 || told.Models[0].Name != "tags" || len(told.Exports) != 1 || told.Exports[0].Name != "old" {
			t.Errorf("outgrown are %+v, %+v", told.Models, told.Exports)
		}
		must[domain.Operation](t)(s.ChangeTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskSingle, Rule: domain.RuleFirst}))
		must[domain.Export](t)(s.SaveExport(ctx, domain.Export{ProjectID: p.ID, Name: "new", SHA256: "y", Task: domain.TaskSingle}))
		told = must[domain.TaskPreview](t)(s.PreviewTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskMulti}))
		if len(told.Models) != 0 || len(told.Exports) != 1 || told.Exports[0].Name != "new" {
			t.Errorf("on the way back outgrown are %+v, %+v", told.Models, told.Exports)
		}
	})
}
