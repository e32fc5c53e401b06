package team_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/team"
)

func each(t *testing.T, test func(t *testing.T, h *host)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, newHost(t, s, team.Config{})) })
}

func TestFirstAccount(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		b := h.browser()
		if got := wants[domain.Capabilities](b, 200, "GET", "/api/capabilities", nil).Accounts; got != domain.AccountsSetup {
			t.Errorf("accounts are %q before there is one", got)
		}
		for _, path := range []string{"/api/projects", "/api/me", "/api/backbones", "/api/credits", "/api/jobs/x", "/api/projects/x"} {
			if p := wants[domain.Problem](b, 401, "GET", path, nil); p.Code != domain.CodeSignedOut {
				t.Errorf("%s: %+v", path, p)
			}
		}
		in := domain.Setup{Token: h.setup, Email: "Ann@Example.com", Name: "Ann", Password: password}
		for field, change := range map[string]func(*domain.Setup){
			"token":    func(s *domain.Setup) { s.Token = "guess" },
			"email":    func(s *domain.Setup) { s.Email = "nobody" },
			"name":     func(s *domain.Setup) { s.Name = " " },
			"password": func(s *domain.Setup) { s.Password = "short" },
		} {
			wrong := in
			change(&wrong)
			w := b.send("POST", "/api/setup", wrong)
			if w.Code != 404 && w.Code != 422 || !strings.Contains(w.Body.String(), `"field":"`+field+`"`) {
				t.Errorf("a wrong %s: %d %s", field, w.Code, w.Body)
			}
		}
		me := wants[domain.Me](b, 200, "POST", "/api/setup", in)
		if me.Local || !me.User.Host || me.User.Name != "Ann" || len(me.Workspaces) != 1 || me.Workspaces[0].Role != domain.RoleOwner {
			t.Errorf("the first account is %+v", me)
		}
		wants[domain.Problem](h.browser(), 404, "POST", "/api/setup", in)
		if got := wants[domain.Capabilities](b, 200, "GET", "/api/capabilities", nil).Accounts; got != domain.AccountsOn {
			t.Errorf("accounts are %q", got)
		}
		p := wants[domain.Project](b, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		wants[domain.Project](b, 200, "GET", "/api/projects/"+p.ID, nil)
		if _, again, err := team.New(t.Context(), team.Config{Store: h.store}); err != nil || again != "" {
			t.Errorf("with accounts a server still gives a link to make the first one: %q, %v", again, err)
		}
		if _, err := h.store.AddFirstUser(t.Context(), store.UserRecord{User: domain.User{Email: "x@y.z", Name: "X"}}); domain.AsProblem(err).Code != domain.CodeConflict {
			t.Errorf("a second first account: %v", err)
		}
	})
}

func TestLogin(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		h.owner()
		b := h.browser()
		for _, in := range []domain.Login{{Email: "ann@example.com", Password: "wrong password"}, {Email: "nobody@example.com", Password: password}, {}} {
			p := wants[domain.Problem](b, 401, "POST", "/api/login", in)
			if p.Code != domain.CodeWrongLogin || p.Detail != "No account has this e-mail address and password." {
				t.Errorf("%+v: %+v", in, p)
			}
		}
		w := b.send("POST", "/api/login", domain.Login{Email: " ann@EXAMPLE.com", Password: password})
		c := w.Result().Cookies()
		if w.Code != 200 || len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Path != "/" || c[0].MaxAge <= 0 || len(c[0].Value) < 40 {
			t.Fatalf("%d %v %s", w.Code, c, w.Body)
		}
		wants[domain.Me](b, 200, "GET", "/api/me", nil)
		before := *b.cookie
		wants[domain.Me](b, 200, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
		if b.cookie.Value == before.Value {
			t.Error("signing in again keeps the session: a session that somebody planted would stay")
		}
		stale := h.browser()
		stale.cookie = &before
		wants[domain.Problem](stale, 401, "GET", "/api/me", nil)
		kept := *b.cookie
		wants[struct{}](b, 204, "POST", "/api/logout", struct{}{})
		b.cookie = &kept
		wants[domain.Problem](b, 401, "GET", "/api/me", nil)
		for _, secret := range []string{password, h.setup, kept.Value, before.Value} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log holds a secret: %s", h.log)
			}
		}
	})
}

func TestLoginIsHeldBack(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		h.owner()
		b := h.browser()
		for range 5 {
			wants[domain.Problem](b, 401, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: "wrong password"})
		}
		w := b.send("POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
		if w.Code != 429 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"retry_after":1`) {
			t.Errorf("after five failures: %d %v %s", w.Code, w.Header(), w.Body)
		}
		h.clock = h.clock.Add(time.Second)
		wants[domain.Me](b, 200, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
	})
}

func TestCrossSiteRequests(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		b := h.owner()
		csrf := b.csrf
		for name, header := range map[string]map[string]string{
			"without the token":  {"X-Csrf-Token": ""},
			"with another token": {"X-Csrf-Token": "x" + csrf},
			"of another site":    {"X-Csrf-Token": csrf, "Sec-Fetch-Site": "cross-site"},
			"of another origin":  {"X-Csrf-Token": csrf, "Sec-Fetch-Site": "", "Origin": "https://evil.example"},
		} {
			b.header = header
			if w := b.send("POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle}); w.Code != 403 {
				t.Errorf("a request %s: %d", name, w.Code)
			}
		}
		b.header = map[string]string{}
		b.csrf = ""
		wants[domain.Problem](b, 403, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
		if b.csrf != csrf {
			t.Error("the refusal does not bring the token")
		}
		wants[domain.Project](b, 201, "POST", "/api/projects", domain.Project{Name: "P", Task: domain.TaskSingle})
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		b, other := h.owner(), h.browser()
		other.header["User-Agent"] = "Another browser"
		wants[domain.Me](other, 200, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
		list := wants[[]domain.Session](b, 200, "GET", "/api/sessions", nil)
		if len(list) != 2 || list[0].Agent != "Another browser" || list[0].Current || !list[1].Current {
			t.Fatalf("sessions: %+v", list)
		}
		wants[struct{}](b, 204, "DELETE", "/api/sessions/"+list[0].ID, nil)
		wants[domain.Problem](other, 401, "GET", "/api/me", nil)
		wants[domain.Problem](b, 404, "DELETE", "/api/sessions/"+list[0].ID, nil)

		wants[domain.Me](other, 200, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
		wants[domain.Problem](b, 401, "PUT", "/api/me", domain.AccountChange{Password: "another long one", OldPassword: "wrong"})
		wants[domain.Problem](b, 422, "PUT", "/api/me", domain.AccountChange{Password: "short", OldPassword: password})
		name := "Anna"
		if me := wants[domain.Me](b, 200, "PUT", "/api/me", domain.AccountChange{Name: &name, Password: "another long one", OldPassword: password}); me.User.Name != name {
			t.Errorf("the name is %q", me.User.Name)
		}
		wants[domain.Problem](other, 401, "GET", "/api/me", nil)
		wants[domain.Me](b, 200, "GET", "/api/me", nil)

		h.clock = h.clock.Add(7*24*time.Hour + time.Second)
		wants[domain.Problem](b, 401, "GET", "/api/me", nil)
		wants[domain.Problem](b, 401, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
		wants[domain.Me](b, 200, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: "another long one"})
		for day := range 31 {
			h.clock = h.clock.Add(24 * time.Hour)
			if w := b.send("GET", "/api/me", nil); w.Code != 200 {
				if day < 29 {
					t.Errorf("a session in use ends on day %d", day+1)
				}
				return
			}
		}
		t.Error("a session never ends")
	})
}

// TestTokensRotate wants another token after some hours, the one before to be good for what is under way, and a session to end
// when a token that was replaced comes again: somebody has stolen it.
func TestTokensRotate(t *testing.T) {
	each(t, func(t *testing.T, h *host) {
		b := h.owner()
		first := *b.cookie
		wants[domain.Me](b, 200, "GET", "/api/me", nil)
		if b.cookie.Value != first.Value {
			t.Error("a token is replaced at once")
		}
		h.clock = h.clock.Add(13 * time.Hour)
		late := h.browser() // whose answer with the new token is lost
		late.cookie, late.csrf = &http.Cookie{Name: first.Name, Value: first.Value}, b.csrf
		wants[domain.Me](late, 200, "GET", "/api/me", nil)
		wants[domain.Me](b, 200, "GET", "/api/me", nil)
		second := *b.cookie
		if second.Value == first.Value || late.cookie.Value != second.Value {
			t.Fatal("requests under way get different tokens, or none")
		}
		late.cookie = &first
		h.clock = h.clock.Add(time.Hour)
		wants[domain.Me](late, 200, "GET", "/api/me", nil) // as long as the new one was not used
		wants[domain.Me](b, 200, "GET", "/api/me", nil)
		late.cookie = &first
		wants[domain.Me](late, 200, "GET", "/api/me", nil) // it was under way
		h.clock = h.clock.Add(2 * time.Minute)
		late.cookie = &first
		wants[domain.Problem](late, 401, "GET", "/api/me", nil)
		wants[domain.Problem](b, 401, "GET", "/api/me", nil)
	})
}

func TestCookiesOfHTTPS(t *testing.T) {
	h := newHost(t, storetest.SQLite(t), team.Config{URL: "https://irum.example"})
	w := h.browser().send("POST", "/api/setup", domain.Setup{Token: h.setup, Email: "a@b.c", Name: "A", Password: password})
	if c := w.Result().Cookies(); len(c) != 1 || !c[0].Secure || c[0].Name != "__Host-irum" || c[0].Domain != "" {
		t.Errorf("%d %v", w.Code, c)
	}
}
