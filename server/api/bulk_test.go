package api_test

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// ended waits for a job.
func (h *host) ended(t *testing.T, j domain.Job, err error) domain.Job {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	for err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning) && time.Now().Before(limit) {
		j, err = h.Job(t.Context(), j.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestBulkDoesExactlyWhatItSaid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["single"]
		n := func(v int) *int { return &v }
		steps := []struct {
			name    string
			in      domain.BulkRequest
			preview domain.BulkPreview
			code    string
		}{
			{"what is right already does not change", domain.BulkRequest{Action: "set", Classes: []string{"red"}}, domain.BulkPreview{Selected: 4, Changed: 3}, ""},
			{"people's labels are counted", domain.BulkRequest{Filter: domain.Filter{IDs: []string{h.names["red0"], h.names["red1"]}}, Action: "set", Classes: []string{"green"}}, domain.BulkPreview{Selected: 2, Changed: 2, Labelled: 2}, ""},
			{"people's labels stay", domain.BulkRequest{Action: "clear", KeepLabelled: true}, domain.BulkPreview{Selected: 4}, ""},
			{"another number than was told", domain.BulkRequest{Action: "skip", Expect: n(3)}, domain.BulkPreview{Selected: 4, Changed: 4, Labelled: 4}, domain.CodeConflict},
			{"a deletion of another number", domain.BulkRequest{Action: "delete", Expect: n(3)}, domain.BulkPreview{Selected: 4, Changed: 4, Labelled: 4}, domain.CodeConflict},
			{"a deletion", domain.BulkRequest{Filter: domain.Filter{IDs: []string{h.names["green0"], h.names["green1"]}, States: []domain.State{domain.StateUnlabelled, domain.StateLabelled}}, Action: "delete"}, domain.BulkPreview{Selected: 2, Changed: 2, Labelled: 2}, ""},
		}
		for _, s := range steps {
			if got, err := h.PreviewBulk(ctx, p, s.in); err != nil || got != s.preview {
				t.Fatalf("%s: preview %+v, want %+v, %v", s.name, got, s.preview, err)
			}
			if s.in.Expect == nil {
				s.in.Expect = n(s.preview.Changed)
			}
			started, err := h.Bulk(ctx, p, s.in)
			j := h.ended(t, started, err)
			if s.code != "" {
				if j.State != domain.JobFailed || j.Code != s.code {
					t.Errorf("%s: ends as %+v", s.name, j)
				}
				continue
			}
			if j.State != domain.JobDone || j.Operation == nil || j.Operation.Changed != s.preview.Changed || j.Operation.Assets != nil {
				t.Fatalf("%s: ends as %+v with %+v", s.name, j, j.Operation)
			}
		}
		for range 4 { // all of it goes back, in one step each
			if _, err := h.Undo(ctx, p, ""); err != nil {
				t.Fatal(err)
			}
		}
		if q, err := h.Project(ctx, p); err != nil || q.Counts.Assets != 4 || q.Counts.Labelled != 0 {
			t.Errorf("after all undos %+v, %v", q.Counts, err)
		}
	})
}

func TestBulkRefusesWhatMakesNoSense(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	for name, body := range map[string]string{
		"no action":            `{"filter":{}}`,
		"an unknown action":    `{"filter":{},"action":"burn"}`,
		"no class":             `{"filter":{},"action":"set"}`,
		"an unknown class":     `{"filter":{},"action":"set","classes":["blue"]}`,
		"a class to delete":    `{"filter":{},"action":"delete","classes":["red"]}`,
		"a wrong filter":       `{"filter":{"state":["odd"]},"action":"delete"}`,
		"a deletion with care": `{"filter":{},"action":"delete","keep_labelled":true}`,
	} {
		for _, path := range []string{"/bulk", "/bulk/preview"} {
			t.Run(name+path, func(t *testing.T) {
				h.check(t, scenario{method: "POST", path: "/projects/{single}" + path, body: body, status: 422})
			})
		}
	}
	h.check(t, scenario{method: "POST", path: "/projects/{single}/bulk", body: `{"filter":{},"action":"delete"}`, status: 422})
	h.check(t, scenario{method: "POST", path: "/projects/{single}/bulk/delete", body: `{"filter":{},"action":"skip"}`, status: 422})
	h.check(t, scenario{method: "GET", path: "/projects/nothing/trash", status: 404})
	h.check(t, scenario{method: "DELETE", path: "/projects/nothing/trash", status: 404})
}
