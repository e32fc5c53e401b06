package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// TestReshaping changes a project's task and classes from the command line, with previews and undo.
func TestReshaping(t *testing.T) {
	dir := t.TempDir()
	images(t, filepath.Join(dir, "in"), 2, 0)
	data := filepath.Join(dir, "data")
	cmd := func(want int, out any, args ...string) string {
		t.Helper()
		return irum(t, want, out, append([]string{"--data", data, "--json"}, args...)...)
	}
	cmd(0, nil, "import", "--project", "P", "--task", "single", filepath.Join(dir, "in"))
	var task taskResult
	cmd(0, &task, "task", "--project", "P", "--to", "multi", "--preview")
	if task.Preview.Kept != 6 || task.Operation != nil {
		t.Errorf("the preview tells %+v", task)
	}
	cmd(0, &task, "task", "--project", "P", "--to", "multi")
	if task.Operation == nil || task.Operation.Kind != "task" {
		t.Errorf("the change is %+v", task.Operation)
	}
	if problem := cmd(1, nil, "task", "--project", "P", "--to", "multi"); !strings.Contains(problem, "already") {
		t.Errorf("done twice: %s", problem)
	}
	var classes classesResult
	cmd(0, &classes, "classes", "--project", "P", "--move", "red", "--under", "green")
	if red, _ := classNamed(domain.Project{Classes: classes.Classes}, "red"); domain.TreeOf(classes.Classes).Path(red) != "green / red" {
		t.Errorf("after the move the classes are %+v", classes.Classes)
	}
	cmd(0, &classes, "classes", "--project", "P", "--merge", "red", "--merge", "blue", "--into", "green")
	if classes.Operation == nil || classes.Operation.Changed != 4 {
		t.Errorf("the merge was %+v", classes.Operation)
	}
	var text bytes.Buffer
	if code := run(t.Context(), []string{"--data", data, "classes", "--project", "P"}, &text, &text); code != 0 || !strings.Contains(text.String(), "  red (archived)") {
		t.Errorf("%d, the classes are\n%s", code, &text)
	}
	var changes struct{ Changes []domain.ProjectChange }
	cmd(0, &changes, "changes", "--project", "P")
	if len(changes.Changes) != 3 {
		t.Fatalf("the changes are %+v", changes)
	}
	cmd(0, &changes, "changes", "--project", "P", "--undo", changes.Changes[0].ID)
	if !changes.Changes[0].Undone || changes.Changes[0].Kind != "merge" {
		t.Errorf("after the undo the changes are %+v", changes)
	}
}
