package team_test

import (
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// program is what acts by a token: it has no cookies.
func (h *host) program(secret string) *browser {
	b := h.browser()
	b.header["Authorization"], b.header["Sec-Fetch-Site"] = "Bearer "+secret, ""
	return b
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		p := wants[domain.Project](ann, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		made := wants[domain.Token](ann, 201, "POST", "/api/tokens", domain.Token{Name: "script", Scopes: []domain.Right{domain.RightView, domain.RightLabel}, ExpiresAt: h.clock.Add(time.Hour)})
		if !strings.HasPrefix(made.Secret, "irum_") || len(made.Secret) < 45 {
			t.Fatalf("the token is %q", made.Secret)
		}
		if text := ann.send("GET", "/api/tokens", nil).Body.String(); strings.Contains(text, made.Secret) || !strings.Contains(text, made.ID) {
			t.Errorf("the list: %s", text)
		}
		script := h.program(made.Secret)
		me := wants[domain.Me](script, 200, "GET", "/api/me", nil)
		if me.User.Host || len(me.Workspaces) != 1 || len(me.Workspaces[0].Rights) != 2 {
			t.Errorf("the token is of %+v", me)
		}
		wants[domain.Project](script, 200, "GET", "/api/projects/"+p.ID, nil)
		for path, method := range map[string]string{"/api/projects": "POST", "/api/projects/" + p.ID: "DELETE", home + "/invitations": "POST", "/api/backbones": "POST", "/api/workspaces": "POST"} {
			wants[domain.Problem](script, 403, method, path, struct{}{})
		}
		for _, call := range [][2]string{{"PUT", "/api/me"}, {"GET", "/api/tokens"}, {"POST", "/api/tokens"}, {"DELETE", "/api/tokens/" + made.ID}, {"GET", "/api/sessions"}, {"POST", "/api/logout"}} {
			if p := wants[domain.Problem](script, 403, call[0], call[1], struct{}{}); !strings.Contains(p.Detail, "A token may not") {
				t.Errorf("%v: %+v", call, p)
			}
		}
		wants[domain.Operation](script, 404, "POST", "/api/projects/"+p.ID+"/undo", map[string]string{"op": ""})

		both := h.browser() // a bad token beside a good session is no session
		both.cookie, both.header["Authorization"] = ann.cookie, "Bearer irum_wrong"
		for _, header := range []string{"Bearer irum_wrong", "Bearer " + made.Secret + "x", "Bearer ", "Basic YW5uOnB3", "Bearer " + both.cookie.Value} {
			both.header["Authorization"] = header
			wants[domain.Problem](both, 401, "GET", "/api/me", nil)
		}
		if strings.Contains(h.log.String(), made.Secret) {
			t.Error("the log holds the token")
		}
		h.clock = h.clock.Add(time.Hour + time.Second)
		wants[domain.Problem](script, 401, "GET", "/api/me", nil)

		again := wants[domain.Token](ann, 201, "POST", "/api/tokens", domain.Token{Name: "all", Scopes: append([]domain.Right{domain.ScopeHost}, domain.Rights...)})
		program := h.program(again.Secret)
		wants[domain.Workspace](program, 201, "POST", "/api/workspaces", domain.Workspace{Name: "By a program"})
		wants[struct{}](ann, 204, "DELETE", "/api/tokens/"+again.ID, nil)
		wants[domain.Problem](ann, 404, "DELETE", "/api/tokens/"+again.ID, nil)
		wants[domain.Problem](program, 401, "GET", "/api/me", nil)
	})
}

// TestTokensFollowThePerson wants a token to lose what its person loses, and to be deleted by nobody else.
func TestTokensFollowThePerson(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		bob := h.invite(ann, domain.RoleManager, "bob")
		made := wants[domain.Token](bob, 201, "POST", "/api/tokens", domain.Token{Name: "bob's", Workspace: domain.HomeWorkspace, Scopes: domain.Rights})
		script := h.program(made.Secret)
		wants[domain.Project](script, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		wants[domain.Problem](script, 403, "GET", home+"/invitations", nil) // more than a manager may
		wants[domain.Problem](ann, 404, "DELETE", "/api/tokens/"+made.ID, nil)
		id := wants[domain.Me](bob, 200, "GET", "/api/me", nil).User.ID
		wants[domain.Member](ann, 200, "PUT", home+"/members/"+id, map[string]string{"role": "viewer"})
		wants[domain.Problem](script, 403, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		for field, in := range map[string]domain.Token{
			"name": {Scopes: domain.Rights}, "scopes": {Name: "x"}, "expires_at": {Name: "x", Scopes: domain.Rights, ExpiresAt: h.clock.Add(-time.Hour)},
		} {
			if p := wants[domain.Problem](bob, 422, "POST", "/api/tokens", in); p.Field != field {
				t.Errorf("%+v: %+v", in, p)
			}
		}
		wants[domain.Problem](bob, 404, "POST", "/api/tokens", domain.Token{Name: "x", Scopes: domain.Rights, Workspace: "elsewhere"})
	})
}

// TestWrongTokensWait wants whoever comes with wrong tokens to be told to wait, and nobody else.
func TestWrongTokensWait(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		made := wants[domain.Token](ann, 201, "POST", "/api/tokens", domain.Token{Name: "script", Scopes: []domain.Right{domain.RightView}})
		wrong := h.program("irum_wrong")
		for range 30 {
			wants[domain.Problem](wrong, 401, "GET", "/api/me", nil)
		}
		if w := wrong.send("GET", "/api/me", nil); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("after many: %d %v", w.Code, w.Header())
		}
		wants[domain.Me](h.program(made.Secret), 200, "GET", "/api/me", nil)
		h.clock = h.clock.Add(20 * time.Minute)
		wants[domain.Problem](wrong, 401, "GET", "/api/me", nil)
	})
}
