package team_test

import (
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const home = "/api/workspaces/" + domain.HomeWorkspace

// invite gives a browser of a new member.
func (h *host) invite(owner *browser, role domain.Role, name string) *browser {
	h.t.Helper()
	i := wants[domain.Invitation](owner, 201, "POST", home+"/invitations", domain.Invitation{Role: role})
	b := h.browser()
	wants[domain.Me](b, 200, "POST", "/api/invitations/accept", domain.Acceptance{Token: i.Token, Email: name + "@example.com", Name: name, Password: password})
	return b
}

func TestInvitations(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		i := wants[domain.Invitation](ann, 201, "POST", home+"/invitations", domain.Invitation{Role: domain.RoleLabeller, Email: "Bob@example.com"})
		if len(i.Token) < 40 {
			t.Fatalf("the token is %q", i.Token)
		}
		if text := ann.send("GET", home+"/invitations", nil).Body.String(); strings.Contains(text, i.Token) || !strings.Contains(text, i.ID) {
			t.Errorf("the list: %s", text)
		}
		b := h.browser()
		look := wants[domain.Invitation](b, 200, "POST", "/api/invitations/look", domain.Acceptance{Token: i.Token})
		if look.ByName != "Ann" || look.Role != domain.RoleLabeller || look.Email != "Bob@example.com" || look.Token != "" || look.Workspace != "" {
			t.Errorf("the invitation says %+v", look)
		}
		in := domain.Acceptance{Token: i.Token, Email: "eve@example.com", Name: "Bob", Password: password}
		wants[domain.Problem](b, 403, "POST", "/api/invitations/accept", in)
		in.Email = "bob@example.com"
		me := wants[domain.Me](b, 200, "POST", "/api/invitations/accept", in)
		if me.User.Host || len(me.Workspaces) != 1 || me.Workspaces[0].Role != domain.RoleLabeller || len(me.Workspaces[0].Rights) != 2 {
			t.Errorf("bob is %+v", me)
		}
		for _, path := range []string{"look", "accept"} {
			wants[domain.Problem](h.browser(), 404, "POST", "/api/invitations/"+path, in)
		}
		taken := wants[domain.Invitation](ann, 201, "POST", home+"/invitations", domain.Invitation{Role: domain.RoleViewer})
		in = domain.Acceptance{Token: taken.Token, Email: "ANN@example.com", Name: "Not Ann", Password: password}
		if p := wants[domain.Problem](h.browser(), 409, "POST", "/api/invitations/accept", in); p.Field != "email" {
			t.Errorf("the address of somebody else: %+v", p)
		}
		wants[struct{}](ann, 204, "DELETE", home+"/invitations/"+taken.ID, nil)
		wants[domain.Problem](h.browser(), 404, "POST", "/api/invitations/look", in)
		late := wants[domain.Invitation](ann, 201, "POST", home+"/invitations", domain.Invitation{Role: domain.RoleViewer})
		h.clock = h.clock.Add(7*24*time.Hour + time.Second)
		wants[domain.Problem](h.browser(), 404, "POST", "/api/invitations/look", domain.Acceptance{Token: late.Token})
	})
}

// TestSecondWorkspace wants who is in two workspaces to see what is theirs in each.
func TestSecondWorkspace(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		bob := h.invite(ann, domain.RoleManager, "bob")
		wants[domain.Problem](bob, 403, "POST", "/api/workspaces", domain.Workspace{Name: "Bob's"})
		second := wants[domain.Workspace](ann, 201, "POST", "/api/workspaces", domain.Workspace{Name: "Second"})
		p := wants[domain.Project](ann, 201, "POST", "/api/projects?workspace="+second.ID, domain.Project{Name: "There", Task: domain.TaskSingle})
		if p.Workspace != second.ID {
			t.Errorf("the project is in %q", p.Workspace)
		}
		wants[domain.Problem](bob, 404, "GET", "/api/projects/"+p.ID, nil)
		if list := wants[[]domain.Project](bob, 200, "GET", "/api/projects", nil); len(list) != 0 {
			t.Errorf("bob sees %+v", list)
		}
		i := wants[domain.Invitation](ann, 201, "POST", "/api/workspaces/"+second.ID+"/invitations", domain.Invitation{Role: domain.RoleViewer})
		me := wants[domain.Me](bob, 200, "POST", "/api/invitations/accept", domain.Acceptance{Token: i.Token})
		if len(me.Workspaces) != 2 {
			t.Errorf("bob is in %+v", me.Workspaces)
		}
		wants[domain.Project](bob, 200, "GET", "/api/projects/"+p.ID, nil)
		wants[domain.Problem](bob, 403, "DELETE", "/api/projects/"+p.ID, nil)
		if c := wants[domain.Credits](bob, 200, "GET", "/api/credits?workspace="+second.ID, nil); c.Balance != 1000 || len(c.Entries) != 1 {
			t.Errorf("the second workspace has %+v", c)
		}
	})
}

func TestRoles(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		admin, bob := h.invite(ann, domain.RoleAdmin, "admin"), h.invite(ann, domain.RoleLabeller, "bob")
		id := func(b *browser) string { return wants[domain.Me](b, 200, "GET", "/api/me", nil).User.ID }
		type role struct {
			Role domain.Role `json:"role"`
		}
		path := func(b *browser) string { return home + "/members/" + id(b) }
		wants[domain.Problem](bob, 403, "PUT", path(bob), role{domain.RoleOwner})
		wants[domain.Problem](admin, 403, "PUT", path(admin), role{domain.RoleOwner})
		wants[domain.Problem](admin, 403, "PUT", path(ann), role{domain.RoleViewer})
		wants[domain.Problem](admin, 403, "DELETE", path(ann), nil)
		wants[domain.Problem](admin, 403, "POST", home+"/invitations", domain.Invitation{Role: domain.RoleOwner})
		wants[domain.Problem](admin, 422, "PUT", path(bob), role{"king"})
		wants[domain.Problem](admin, 404, "PUT", home+"/members/nobody", role{domain.RoleViewer})
		if m := wants[domain.Member](admin, 200, "PUT", path(bob), role{domain.RoleManager}); m.Role != domain.RoleManager {
			t.Errorf("bob is %+v", m)
		}
		wants[domain.Project](bob, 201, "POST", "/api/projects", domain.Project{Name: "Bob's", Task: domain.TaskSingle})
		wants[domain.Problem](ann, 409, "PUT", path(ann), role{domain.RoleAdmin})
		wants[domain.Problem](ann, 409, "DELETE", path(ann), nil)
		wants[domain.Member](ann, 200, "PUT", path(admin), role{domain.RoleOwner})
		wants[domain.Member](ann, 200, "PUT", path(ann), role{domain.RoleAdmin})
		wants[domain.Problem](ann, 403, "PUT", home, domain.Workspace{Name: "Ours"})
		if w := wants[domain.Workspace](admin, 200, "PUT", home, domain.Workspace{Name: "Ours"}); w.Name != "Ours" {
			t.Errorf("the workspace is %+v", w)
		}
		if text := bob.send("GET", home+"/members", nil).Body.String(); strings.Contains(text, "@") || !strings.Contains(text, "Ann") {
			t.Errorf("a manager sees of members: %s", text)
		}
		bobs := path(bob)
		wants[struct{}](ann, 204, "DELETE", bobs, nil)
		wants[domain.Problem](bob, 404, "GET", home+"/members", nil)
		if list := wants[[]domain.Project](bob, 200, "GET", "/api/projects", nil); len(list) != 0 {
			t.Errorf("who left sees %+v", list)
		}
	})
}

// TestWhoDidIt wants operations to name who did them, and undo to leave the work of others alone.
func TestWhoDidIt(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		bob := h.invite(ann, domain.RoleLabeller, "bob")
		p := wants[domain.Project](ann, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "c", Name: "C"}}})
		asset := h.image(p.ID)
		op := wants[domain.Operation](ann, 200, "POST", "/api/projects/"+p.ID+"/labels", domain.LabelRequest{
			Changes: []domain.LabelChange{{AssetID: asset, Action: "set", Classes: []string{"c"}}},
		})
		if me := wants[domain.Me](ann, 200, "GET", "/api/me", nil).User.ID; op.Assets[0].Label.Actor != me {
			t.Errorf("the label is by %q, not %q", op.Assets[0].Label.Actor, me)
		}
		wants[domain.Problem](bob, 404, "POST", "/api/projects/"+p.ID+"/undo", map[string]string{"op": ""})
		wants[domain.Problem](bob, 403, "POST", "/api/projects/"+p.ID+"/undo", map[string]string{"op": op.ID})
		reviewer := h.invite(ann, domain.RoleReviewer, "rev")
		wants[domain.Operation](reviewer, 200, "POST", "/api/projects/"+p.ID+"/undo", map[string]string{"op": op.ID})
	})
}

// TestAuditLog wants what was done to be told with who did it, to those who may know.
func TestAuditLog(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		ann := h.owner()
		bob := h.invite(ann, domain.RoleManager, "bob")
		wants[domain.Project](bob, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		wants[domain.Problem](bob, 403, "POST", home+"/invitations", domain.Invitation{Role: domain.RoleViewer})
		log := wants[[]domain.AuditEntry](ann, 200, "GET", home+"/audit", nil)
		if len(log) != 2 || log[0].Actor.Name != "bob" || log[0].Action != "POST /api/projects" || log[1].Action != "POST /api/workspaces/{workspace}/invitations" {
			t.Errorf("the log of the workspace: %+v", log)
		}
		wants[domain.Problem](bob, 403, "GET", home+"/audit", nil)
		wants[domain.Problem](bob, 403, "GET", "/api/audit/check", nil)
		if c := wants[domain.AuditCheck](ann, 200, "GET", "/api/audit/check", nil); c.Entries != 4 || c.Broken != 0 {
			t.Errorf("with two people who came in: %+v", c)
		}
	})
}
