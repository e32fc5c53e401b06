package api_test

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// finished waits for a job and gives how it ended.
func (h *host) finished(j domain.Job, err error) domain.Job {
	h.t.Helper()
	for limit := time.Now().Add(20 * time.Second); err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning); j, err = h.Job(h.t.Context(), j.ID) {
		if time.Now().After(limit) {
			h.t.Fatalf("the job %+v does not end", j)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

func TestChangesOfAProject(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, multi := t.Context(), h.names["multi"]
		if _, err := h.Label(ctx, multi, set(h.names["tagged"], "b", "a")); err != nil {
			t.Fatal(err)
		}
		export, err := h.CreateExport(ctx, multi, "Both", domain.Filter{})
		if err != nil || export.Task != domain.TaskMulti {
			t.Fatalf("%+v, %v", export, err)
		}
		in := domain.TaskRequest{Task: domain.TaskSingle, Rule: domain.RuleFirst}
		told, err := h.PreviewTask(ctx, multi, in)
		if err != nil || told.Several != 1 || told.Changed != 1 || len(told.Exports) != 1 {
			t.Fatalf("%+v, %v", told, err)
		}
		none := 0
		in.Expect = &none
		if j := h.finished(h.ChangeTask(ctx, multi, in)); j.State != domain.JobFailed || j.Code != domain.CodeConflict {
			t.Errorf("what was not told was done: %+v", j)
		}
		in.Expect = &told.Changed
		j := h.finished(h.ChangeTask(ctx, multi, in))
		if j.State != domain.JobDone || j.Operation == nil || j.Operation.Kind != "task" || j.Operation.Changed != 1 {
			t.Fatalf("%+v", j)
		}
		for _, s := range []scenario{
			{name: "two classes now", method: "POST", path: "/projects/{multi}/labels", body: `{"changes":[{"asset":"{tagged}","action":"set","classes":["a","b"]}]}`, status: 422, contains: []string{"exactly one"}},
			{name: "the export of before teaches nothing", method: "POST", path: "/projects/{multi}/estimate", body: `{"export":"` + export.ID + `"}`, status: 422, contains: []string{"before this project's task"}},
			{name: "not by the undo of labels", method: "POST", path: "/projects/{multi}/undo", body: `{"op":"` + j.Operation.ID + `"}`, status: 404},
			{name: "boxes", method: "POST", path: "/projects/{multi}/task/preview", body: `{"task":"boxes"}`, status: 422, contains: []string{"does not tell where"}},
			{name: "of boxes", method: "POST", path: "/projects/{boxes}/task", body: `{"task":"multi"}`, status: 422, contains: []string{`"field":"task"`}},
			{name: "changes", method: "GET", path: "/projects/{multi}/changes", status: 200, contains: []string{`"kind":"task"`, `"rule":"first"`}},
			{name: "none", method: "GET", path: "/projects/{single}/changes", status: 200, contains: []string{"[]"}},
			{name: "merge into itself", method: "POST", path: "/projects/{single}/classes/merge", body: `{"from":["red"],"into":"red"}`, status: 422, contains: []string{`"field":"into"`}},
			{name: "one under itself", method: "PUT", path: "/projects/{boxes}", body: `{"name":"B","rev":1,"classes":[{"id":"thing","name":"Thing","parent":"thing"}]}`, status: 422, contains: []string{`"field":"classes[0].parent"`}},
			{name: "exact", method: "GET", path: "/projects/{single}/assets?class=red&exact=true", status: 200, contains: []string{`"total":1`}},
			{name: "exact what", method: "GET", path: "/projects/{single}/assets?class=red&exact=maybe", status: 422, contains: []string{`"field":"exact"`}},
		} {
			t.Run(s.name, func(t *testing.T) { h.check(t, s) })
		}
		if op, err := h.UndoChange(ctx, multi, j.Operation.ID); err != nil || op.Changed != 1 {
			t.Errorf("%+v, %v", op, err)
		}
		if a, err := h.Asset(ctx, multi, h.names["tagged"]); err != nil || len(a.Label.Classes) != 2 {
			t.Errorf("%+v, %v", a.Label, err)
		}
		if op, err := h.RedoChange(ctx, multi, j.Operation.ID); err != nil || op.Changed != 1 {
			t.Errorf("%+v, %v", op, err)
		}
		merged := h.finished(h.MergeClasses(ctx, h.names["single"], domain.MergeRequest{From: []string{"red"}, Into: "green"}))
		p, err := h.Project(ctx, h.names["single"])
		if err != nil || merged.State != domain.JobDone || !p.Classes[0].Archived || p.Counts.ByClass["green"] != 1 || p.Counts.ByClass["red"] != 0 {
			t.Errorf("%+v: %+v, %v", merged, p, err)
		}
	})
}
