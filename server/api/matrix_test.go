package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/events"
	"github.com/irum-app/irum/server/once"
	"github.com/irum-app/irum/server/openapi/openapitest"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/team"
	"github.com/irum-app/irum/server/transfer"
)

// matrix is a server with two workspaces, each with one of every object and a member of every role. What belongs to the second
// one holds the word secret in every name.
type matrix struct {
	t       *testing.T
	handler http.Handler
	store   *store.Store
	routes  []api.Route
	mine    map[string]string // ids by path parameter
	foreign map[string]string
	people  map[domain.Role]*visitor // of the first workspace
	nobody  *visitor
	admin   *visitor // runs the server
}

// visitor sends requests under a session.
type visitor struct {
	cookie, csrf string
}

const secret = "secret"

func newMatrix(t *testing.T, st *store.Store) *matrix {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	blobs := blob.NewMemory()
	in := transfer.New(st, blobs)
	auto, err := autolabel.New(t.Context(), autolabel.Config{
		Store: st, Blobs: blobs, Transfer: in, Engine: autolabel.NewLocal(1, engine.Options{}), Backbone: servetest.Backbone, Boxes: detect.Train, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auto.Close)
	accounts, _, err := team.New(t.Context(), team.Config{Store: st, Log: log, Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	c := api.Config{Store: st, Transfer: in, Auto: auto, Host: "server", Version: "test", Log: log, MaxUpload: 1 << 20}
	alone := &host{Client: client.New(httpclient.Over(api.New(c))), t: t, store: st, blobs: blobs, names: map[string]string{}}
	keys, err := once.New(t.Context(), st, true, log)
	if err != nil {
		t.Fatal(err)
	}
	hub := events.New(st, auto)
	hub.Close() // streams end at once
	c.Routes = []api.Route{hub.Route()}
	c.Team, c.Around = accounts, keys.Around
	m := &matrix{t: t, handler: openapitest.Checked(t, api.New(c), api.Table(c)), store: st, routes: api.Table(c), people: map[domain.Role]*visitor{}, nobody: &visitor{}}
	first, err := st.AddFirstUser(t.Context(), store.UserRecord{User: domain.User{Email: "host@example.com", Name: "Host"}})
	if err != nil {
		t.Fatal(err)
	}
	m.admin = m.visitor(first.ID)
	m.mine = m.fill(alone, domain.HomeWorkspace, first.ID, "mine")
	for _, role := range domain.Roles {
		m.people[role] = m.visitor(m.member(domain.HomeWorkspace, first.ID, role, "of mine"))
	}
	stranger, err := st.CreateWorkspace(t.Context(), secret, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	owner := m.member(stranger.ID, first.ID, domain.RoleOwner, secret+" owner")
	if err := st.RemoveMember(t.Context(), stranger.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	m.foreign = m.fill(alone, stranger.ID, owner, secret)
	return m
}

// fill makes one of every object in a workspace and gives their ids by the names of path parameters.
func (m *matrix) fill(h *host, workspace, user, name string) map[string]string {
	m.t.Helper()
	ctx := m.t.Context()
	must := func(err error) {
		m.t.Helper()
		if err != nil {
			m.t.Fatal(err)
		}
	}
	p, err := m.store.CreateProject(ctx, domain.Project{Workspace: workspace, Name: name, Task: domain.TaskSingle, Classes: []domain.Class{{ID: "c", Name: name}}})
	must(err)
	h.image(p.ID, name+" image", servetest.Red)
	asset := h.names[name+" image"]
	_, err = h.Label(ctx, p.ID, set(asset, "c"))
	must(err)
	started, err := h.StartImport(ctx, p.ID, client.ImportOptions{Labels: "none"})
	must(err)
	export, err := h.CreateExport(ctx, p.ID, name, domain.Filter{})
	must(err)
	said, err := m.store.AddComment(ctx, p.ID, domain.Comment{AssetID: asset, Author: domain.Actor{ID: user, Name: name}, Text: name})
	must(err)
	kept, err := m.store.SaveFilter(ctx, p.ID, domain.SavedFilter{ID: store.NewID(), Name: name})
	must(err)
	const change = "change-"
	_, err = m.store.ChangeTask(ctx, p.ID, domain.TaskRequest{Task: domain.TaskMulti, OpID: change + workspace})
	must(err)
	sha, err := h.blobs.PutBytes(ctx, []byte(name))
	must(err)
	model, err := m.store.SaveModel(ctx, store.ModelRecord{Model: domain.Model{ProjectID: p.ID, Name: name, Task: p.Task, ExportID: export.ID, Classes: p.Classes, SHA256: sha, Metrics: domain.Metrics{Classes: []domain.ClassMetrics{}}}, HeadSHA: sha})
	must(err)
	clustering := domain.Clustering{ID: store.NewID(), ProjectID: p.ID, CreatedAt: time.Now()}
	_, err = m.store.SaveClustering(ctx, store.ClusteringRecord{Clustering: clustering, SHA256: sha})
	must(err)
	job := domain.Job{ID: store.NewID(), ProjectID: p.ID, Workspace: workspace, Kind: name, State: domain.JobDone, CreatedAt: time.Now()}
	must(m.store.AddJob(ctx, store.JobRecord{Job: job}, 0, 0))
	invitation, err := m.store.AddInvitation(ctx, domain.Invitation{Workspace: workspace, Role: domain.RoleViewer, By: user, ExpiresAt: time.Now().Add(time.Hour)}, store.NewID())
	must(err)
	key, err := m.store.AddToken(ctx, user, domain.Token{Name: name, Scopes: domain.Rights}, store.NewID())
	must(err)
	token := m.session(user)
	v, ok, err := m.store.SessionByToken(ctx, sum(token))
	if err != nil || !ok {
		m.t.Fatal(err)
	}
	return map[string]string{
		"workspace": workspace, "project": p.ID, "asset": asset, "import": started.ID, "export": export.ID, "model": model.ID,
		"clustering": clustering.ID, "job": job.ID, "change": change + workspace, "invitation": invitation.ID, "user": user, "session": v.ID, "comment": said.ID, "filter": kept.ID, "token": key.ID,
		"sample": "none",
	}
}

func sum(token string) string {
	s := sha256.Sum256([]byte(token))
	return hex.EncodeToString(s[:])
}

// member gives the id of a new person of a role.
func (m *matrix) member(workspace, by string, role domain.Role, name string) string {
	m.t.Helper()
	i, err := m.store.AddInvitation(m.t.Context(), domain.Invitation{Workspace: workspace, Role: role, By: by, ExpiresAt: time.Now().Add(time.Hour)}, store.NewID())
	if err != nil {
		m.t.Fatal(err)
	}
	u, err := m.store.AcceptNew(m.t.Context(), i, store.UserRecord{User: domain.User{Email: store.NewID() + "@example.com", Name: string(role) + " " + name}})
	if err != nil {
		m.t.Fatal(err)
	}
	return u.ID
}

// session signs a person in and gives the token.
func (m *matrix) session(user string) string {
	m.t.Helper()
	token := store.NewID()
	v := store.SessionRecord{Secret: "s", Token: sum(token)}
	v.User.ID = user
	if _, err := m.store.AddSession(m.t.Context(), v); err != nil {
		m.t.Fatal(err)
	}
	return token
}

func (m *matrix) visitor(user string) *visitor {
	m.t.Helper()
	v := &visitor{cookie: m.session(user)}
	w := m.send(v, "GET", "/api/me")
	if v.csrf = w.Header().Get("X-Csrf-Token"); w.Code != 200 || v.csrf == "" {
		m.t.Fatalf("a session does not work: %d %s", w.Code, w.Body)
	}
	return v
}

// send asks with an empty JSON object, so that what is allowed does nothing but tell what is missing, wherever something is.
func (m *matrix) send(v *visitor, method, path string) *httptest.ResponseRecorder {
	var body io.Reader
	if method != "GET" && method != "DELETE" {
		body = strings.NewReader("{}")
	}
	r := httptest.NewRequestWithContext(m.t.Context(), method, path, body)
	r.Header.Set("Content-Type", "application/json")
	if v.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "irum", Value: v.cookie})
		r.Header.Set("X-Csrf-Token", v.csrf)
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w
}

var parameter = regexp.MustCompile(`\{([a-z]+)\}`)

// path fills in a pattern's parameters; keep says by name which are of the first workspace.
func (m *matrix) path(pattern string, keep func(name string) bool) (method, path string) {
	m.t.Helper()
	method, path, _ = strings.Cut(pattern, " ")
	return method, parameter.ReplaceAllStringFunc(path, func(p string) string {
		name := strings.Trim(p, "{}")
		if m.mine[name] == "" {
			m.t.Fatalf("%s: the test knows no {%s}. Make one in fill, in both workspaces.", pattern, name)
		}
		if keep(name) {
			return m.mine[name]
		}
		return m.foreign[name]
	})
}

func all(string) bool  { return true }
func none(string) bool { return false }

// TestWhoMayWhat calls every route as everybody: it lets those in who have what it needs, and nobody else.
func TestWhoMayWhat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		m := newMatrix(t, st)
		for _, r := range m.routes {
			method, path := m.path(r.Pattern, all)
			if r.Need != api.Open {
				if w := m.send(m.nobody, method, path); w.Code != 401 || strings.Contains(w.Body.String(), "mine") {
					t.Errorf("%s as nobody: %d %s", r.Pattern, w.Code, w.Body)
				}
			}
			if r.Need == api.Open || r.Need == api.SignedIn {
				continue
			}
			for role, v := range m.people {
				may := r.Need != api.Host && role.May(domain.Right(r.Need))
				if may && (method == "DELETE" || strings.HasSuffix(path, "/trash")) {
					continue // it would be gone for those who come after
				}
				w := m.send(v, method, path)
				refused := strings.Contains(w.Body.String(), domain.CodeNoRight) || r.Need == api.Host && w.Code == 403
				if refused == may || w.Code == 401 {
					t.Errorf("%s as %s: %d %s", r.Pattern, role, w.Code, w.Body)
				}
			}
		}
	})
}

// TestForeignObjects calls every route that names an object as everybody, with the ids of another workspace, and with a
// project of one's own and the other objects of that one: none of them are there.
func TestForeignObjects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		m := newMatrix(t, st)
		m.people["who runs the server"] = m.admin
		outer := func(name string) bool { return name == "project" || name == "workspace" }
		for _, r := range m.routes {
			found := parameter.FindAllString(r.Pattern, -1)
			if len(found) == 0 || r.Need == api.Open || strings.Contains(r.Pattern, "{sample}") {
				continue
			}
			for role, v := range m.people {
				m.checkForeign(role, v, r, none)
				if len(found) > 1 {
					m.checkForeign(role, v, r, outer)
				}
			}
		}
		for role, v := range m.people {
			for _, path := range []string{"/api/projects", "/api/me", "/api/sessions", "/api/credits", "/api/credits?workspace=" + m.foreign["workspace"]} {
				if w := m.send(v, "GET", path); strings.Contains(w.Body.String(), secret) || strings.Contains(path, "?") && w.Code != 404 {
					t.Errorf("GET %s as %s: %d %s", path, role, w.Code, w.Body)
				}
			}
			if w := m.send(v, "POST", "/api/projects?workspace="+m.foreign["workspace"]); w.Code != 404 {
				t.Errorf("a project in a foreign workspace as %s: %d", role, w.Code)
			}
		}
		for name, get := range map[string]func() error{
			"filter": func() error {
				list, err := st.SavedFilters(t.Context(), m.foreign["project"])
				if len(list) != 1 {
					return fmt.Errorf("%d filters, %w", len(list), err)
				}
				return err
			},
			"project": func() error { _, err := st.Project(t.Context(), m.foreign["project"]); return err },
			"asset":   func() error { _, err := st.Asset(t.Context(), m.foreign["project"], m.foreign["asset"]); return err },
			"model":   func() error { _, err := st.Model(t.Context(), m.foreign["project"], m.foreign["model"]); return err },
			"member":  func() error { _, err := st.Member(t.Context(), m.foreign["workspace"], m.foreign["user"]); return err },
		} {
			if err := get(); err != nil {
				t.Errorf("after all this the foreign %s is gone: %v", name, err)
			}
		}
	})
}

// idempotent are deletions within one's own project that say yes whether or not there was anything of that id.
var idempotent = map[string]bool{"DELETE /api/projects/{project}/filters/{filter}": true}

func (m *matrix) checkForeign(role domain.Role, v *visitor, r api.Route, keep func(string) bool) {
	m.t.Helper()
	method, path := m.path(r.Pattern, keep)
	w := m.send(v, method, path)
	body := w.Body.String()
	known := idempotent[r.Pattern] && w.Code == 204 || w.Code == 404 || w.Code == 403 || w.Code == 422 // of one's own project, what is wrong with the body may be told first
	if !known || strings.Contains(body, secret) || keep("project") == false && w.Code != 404 {
		m.t.Errorf("%s %s as %s: %d %s", r.Pattern, path, role, w.Code, body)
	}
}
