package api_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestCommentsOverTheAPI(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		project, asset := h.names["single"], h.names["red0"]
		c, err := h.AddComment(t.Context(), project, asset, "c-1", "", "Red?")
		if err != nil || c.ID != "c-1" || c.Author.ID != domain.LocalUser || !c.First() {
			t.Fatalf("%+v, %v", c, err)
		}
		if c, err = h.AddComment(t.Context(), project, asset, "c-2", "c-1", "Yes."); err != nil || c.First() {
			t.Fatalf("%+v, %v", c, err)
		}
		if c, err = h.EditComment(t.Context(), project, "c-2", "Yes!"); err != nil || c.Text != "Yes!" {
			t.Fatalf("%+v, %v", c, err)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets?comments=open", status: 200, contains: []string{"{red0}", `"total":1`, `"comments":2,"open_threads":1`}})
		h.check(t, scenario{method: "GET", path: "/projects/{single}", status: 200, contains: []string{`"discussed":1`}})
		if c, err = h.ResolveThread(t.Context(), project, "c-1", true); err != nil || !c.Resolved || c.ResolvedBy.ID != domain.LocalUser {
			t.Fatalf("%+v, %v", c, err)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/asset-ids?comments=open", status: 200, contains: []string{"[]"}})
		if _, err := st.AddComment(t.Context(), project, domain.Comment{ID: "c-3", AssetID: asset, Thread: "c-1", Text: "No.", Author: domain.Actor{ID: "somebody"}}); err != nil {
			t.Fatal(err)
		}
		h.check(t, scenario{method: "PUT", path: "/projects/{single}/comments/c-3", body: `{"text":"Yes."}`, status: 403})
		h.check(t, scenario{method: "DELETE", path: "/projects/{single}/comments/c-3", status: 403})
		if err := h.DeleteComment(t.Context(), project, "c-1"); err != nil {
			t.Fatal(err)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets/{red0}/comments", status: 200, contains: []string{"[]"}})
	})
}
