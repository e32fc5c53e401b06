package api_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestListsAreAskedAbout wants 304 as long as nothing that is shown has changed, and no longer.
func TestListsAreAskedAbout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ask := map[string]scenario{}
		for _, path := range []string{"/projects/{single}", "/projects/{single}/assets?sort=name", "/projects/{single}/asset-ids"} {
			w := h.check(t, scenario{method: "GET", path: path, status: 200})
			tag := w.Header().Get("ETag")
			if tag == "" || w.Header().Get("Cache-Control") != "private, no-cache" {
				t.Fatalf("%s: %v", path, w.Header())
			}
			ask[path] = scenario{method: "GET", path: path, header: map[string]string{"If-None-Match": `"other", W/` + tag}, status: 304}
		}
		for name, change := range map[string]func() error{
			"a label": func() error {
				_, err := h.Label(t.Context(), h.names["single"], set(h.names["red1"], "red"))
				return err
			},
			"a comment": func() error {
				_, err := h.AddComment(t.Context(), h.names["single"], h.names["red0"], "", "", "x")
				return err
			},
			"a split": func() error {
				_, err := st.SetSplit(t.Context(), h.names["single"], map[string]string{h.names["red0"]: "val"})
				return err
			},
			"a name": func() error {
				p, err := h.Project(t.Context(), h.names["single"])
				if err == nil {
					p.Name += "!"
					_, err = h.UpdateProject(t.Context(), p)
				}
				return err
			},
		} {
			for path, s := range ask {
				if w := h.check(t, s); w.Body.Len() > 0 {
					t.Errorf("%s: 304 with a body", path)
				}
			}
			if err := change(); err != nil {
				t.Fatal(err)
			}
			for path, s := range ask {
				s.status = 200
				s.header["If-None-Match"] = h.check(t, s).Header().Get("ETag")
				if t.Failed() {
					t.Fatalf("after %s: %s", name, path)
				}
			}
		}
	})
}

// TestEditsNameWhatTheyRead wants edits with If-Match to be refused when somebody was faster.
func TestEditsNameWhatTheyRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		if _, err := h.AddComment(t.Context(), h.names["single"], h.names["red0"], "c", "", "Red?"); err != nil {
			t.Fatal(err)
		}
		project := h.check(t, scenario{method: "GET", path: "/projects/{single}", status: 200}).Header().Get("ETag")
		if _, err := h.Label(t.Context(), h.names["single"], set(h.names["red1"], "red")); err != nil { // moves counts, which no edit depends on
			t.Fatal(err)
		}
		filter := h.check(t, scenario{method: "PUT", path: "/projects/{single}/filters/f", body: `{"name":"F"}`, status: 200, contains: []string{`"rev":1`}}).Header().Get("ETag")
		for name, test := range map[string]struct{ path, tag, first, second string }{
			"project": {"/projects/{single}", project, `{"name":"A","classes":[{"id":"red","name":"Red"},{"id":"green","name":"Green"},{"id":"old","name":"Old","archived":true}]}`, `{"name":"B"}`},
			"filter":  {"/projects/{single}/filters/f", filter, `{"name":"G"}`, `{"name":"H"}`},
			"comment": {"/projects/{single}/comments/c", `"1"`, `{"text":"Green?"}`, `{"text":"Blue?"}`},
		} {
			s := scenario{method: "PUT", path: test.path, header: map[string]string{"If-Match": test.tag}, body: test.first, status: 200}
			next := h.check(t, s).Header().Get("ETag")
			s.body, s.status = test.second, 412
			s.contains = []string{`"code":"stale"`, `"field":"If-Match"`}
			h.check(t, s)
			s.header["If-Match"] = "W/" + next // weak tags never match
			h.check(t, s)
			s.header["If-Match"], s.body, s.status, s.contains = `"7", `+next, test.first, 200, nil
			h.check(t, s)
			if t.Failed() {
				t.Fatal(name)
			}
		}
		h.check(t, scenario{method: "PUT", path: "/projects/{single}/filters/new", header: map[string]string{"If-Match": `"1"`}, body: `{"name":"New"}`, status: 412})
	})
}

// TestTwoSaveAFilterAtOnce: who has not seen the other's is told so.
func TestTwoSaveAFilterAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		p, err := st.CreateProject(t.Context(), domain.Project{Name: "P", Task: domain.TaskSingle})
		if err != nil {
			t.Fatal(err)
		}
		f := domain.SavedFilter{ID: "f", Name: "F"}
		_, err = st.SaveFilterIf(t.Context(), p.ID, f, func(int64) error {
			_, err := st.SaveFilter(t.Context(), p.ID, f)
			return err
		})
		if problem := domain.AsProblem(err); problem.Code != domain.CodeConflict || problem.Field != "rev" {
			t.Errorf("%v", err)
		}
	})
}
