package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/once"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestKeysAreTheCallersOwn lets two managers send the same request with the same key: each makes a project, once.
func TestKeysAreTheCallersOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		m := newMatrix(t, st)
		before := len(projects(t, st))
		for range 3 {
			for _, role := range []domain.Role{domain.RoleManager, domain.RoleAdmin} {
				v := m.people[role]
				r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/projects", strings.NewReader(`{"name":"Once","task":"single"}`))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(once.Header, "the-same")
				r.Header.Set("X-Csrf-Token", v.csrf)
				r.AddCookie(&http.Cookie{Name: "irum", Value: v.cookie})
				w := httptest.NewRecorder()
				m.handler.ServeHTTP(w, r)
				if w.Code != 201 {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		}
		if n := len(projects(t, st)) - before; n != 2 {
			t.Errorf("two people made %d projects", n)
		}
		done, err := st.AuditLog(t.Context(), domain.HomeWorkspace, 0, 100)
		if err != nil || len(done) != 2 {
			t.Errorf("the audit log tells of %d, %v", len(done), err)
		}
	})
}

func projects(t *testing.T, st *store.Store) []domain.Project {
	t.Helper()
	list, err := st.Projects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}
