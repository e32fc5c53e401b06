package team_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
	"github.com/irum-app/irum/server/team"
)

const (
	irumURL      = "https://irum.example"
	clientSecret = "the-client-secret"
)

// people are the users of the provider, by id.
type people map[string]*storage.User

func (p people) GetUserByID(id string) *storage.User { return p[id] }

func (p people) GetUserByUsername(name string) *storage.User {
	for _, u := range p {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (people) ExampleClientID() string { return "service" }

// newIssuer runs a provider of OpenID Connect (zitadel/oidc, which is certified) and gives its address.
func newIssuer(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String()
	users := people{}
	for id, email := range map[string]string{"ann": "ann@example.com", "bob": "bob@elsewhere.example", "cid": "cid@example.org", "eve": "ann@example.com"} {
		users[id] = &storage.User{ID: id, Username: id, Password: "verysecure", FirstName: strings.ToUpper(id[:1]) + id[1:], LastName: "Kim", Email: email, EmailVerified: id != "eve"}
	}
	clients := map[string]*storage.Client{"irum": storage.WebClient("irum", clientSecret, irumURL+"/api/oidc/callback")}
	quiet := slog.Default()
	server.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorageWithClients(users, clients), slog.New(slog.DiscardHandler), false)
	slog.SetDefault(quiet)
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// atProvider goes where Irum sends the browser, signs in there, and gives the way back.
func atProvider(t *testing.T, to, user string) *url.URL {
	t.Helper()
	c := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), irumURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	get := func(res *http.Response, err error) *http.Response {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	page := get(c.Get(to))
	login := *page.Request.URL
	login.RawQuery = ""
	res := get(c.PostForm(login.String(), url.Values{"username": {user}, "password": {"verysecure"}, "id": {page.Request.URL.Query().Get("authRequestID")}}))
	back, err := res.Location()
	if err != nil || !strings.HasPrefix(back.String(), irumURL+"/api/oidc/callback?") {
		t.Fatalf("the provider leads to %v, %v, after %s", back, err, page.Request.URL)
	}
	return back
}

// comeBack is the browser at Irum's callback; it keeps the session and gives where it is led.
func (b *browser) comeBack(back *url.URL, waiting *http.Cookie) string {
	b.h.t.Helper()
	r := httptest.NewRequestWithContext(b.h.t.Context(), http.MethodGet, back.RequestURI(), nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if waiting != nil {
		r.AddCookie(waiting)
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		b.h.t.Fatalf("callback: %d %s", w.Code, w.Body)
	}
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-irum" {
			b.cookie = &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	return w.Header().Get("Location")
}

// start begins at Irum, and gives where to go and the cookie that waits.
func (b *browser) start(invitation string) (to string, waiting *http.Cookie) {
	b.h.t.Helper()
	w := b.send("POST", "/api/oidc/start", domain.ProviderStart{Invitation: invitation})
	cookies := w.Result().Cookies()
	if w.Code != 200 || len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode {
		b.h.t.Fatalf("start: %d %v %s", w.Code, cookies, w.Body)
	}
	b.cookie = nil
	_, to, _ = strings.Cut(w.Body.String(), `"url":"`)
	to, _, _ = strings.Cut(to, `"`)
	return strings.ReplaceAll(to, `\u0026`, "&"), cookies[0]
}

func (b *browser) signIn(user, invitation string) string {
	b.h.t.Helper()
	to, waiting := b.start(invitation)
	return b.comeBack(atProvider(b.h.t, to, user), waiting)
}

func TestProvider(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		issuer := newIssuer(t)
		h := newHost(t, s, team.Config{URL: irumURL, OIDC: team.OIDC{Issuer: issuer, ClientID: "irum", Secret: clientSecret, Name: "Example", Domains: []string{"example.org"}}})
		owner := h.owner() // Ann@Example.com, by a password
		if c := wants[domain.Capabilities](owner, 200, "GET", "/api/capabilities", nil); c.Provider != "Example" {
			t.Errorf("the provider is %q", c.Provider)
		}
		b := h.browser()
		for name, want := range map[string]string{"bob": "/login?failed=not_invited", "eve": "/login?failed=unverified"} {
			if got := b.signIn(name, ""); got != want || b.cookie != nil {
				t.Errorf("%s is led to %s with %v, want %s", name, got, b.cookie, want)
			}
		}
		invite := func(email string) string {
			return wants[domain.Invitation](owner, 201, "POST", "/api/workspaces/home/invitations", domain.Invitation{Role: domain.RoleReviewer, Email: email}).Token
		}
		if got := b.signIn("bob", invite("other@example.com")); got != "/login?failed=invitation" {
			t.Errorf("by an invitation of another address: %s", got)
		}
		used := invite("")
		if got := b.signIn("bob", used); got != "/" {
			t.Fatalf("by an invitation: %s\n%s", got, h.log)
		}
		bob := wants[domain.Me](b, 200, "GET", "/api/me", nil)
		if bob.User.Email != "bob@elsewhere.example" || bob.User.Name != "Bob Kim" || len(bob.Workspaces) != 1 || bob.Workspaces[0].Role != domain.RoleReviewer {
			t.Errorf("bob is %+v", bob)
		}
		again := h.browser()
		if got := again.signIn("bob", ""); got != "/" || wants[domain.Me](again, 200, "GET", "/api/me", nil).User.ID != bob.User.ID {
			t.Errorf("bob comes again and is led to %s", got)
		}
		if got := h.browser().send("POST", "/api/oidc/start", domain.ProviderStart{Invitation: used}); got.Code != 404 {
			t.Errorf("an invitation that was used: %d", got.Code)
		}
		cid := h.browser()
		if got := cid.signIn("cid", ""); got != "/" {
			t.Errorf("by the domain: %s", got)
		}
		if me := wants[domain.Me](cid, 200, "GET", "/api/me", nil); len(me.Workspaces) != 1 || me.Workspaces[0].Role != domain.RoleLabeller {
			t.Errorf("cid is %+v", me)
		}
		linked(t, h, owner)
		for _, secret := range []string{clientSecret, used, b.cookie.Value, cid.cookie.Value} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log holds a secret: %s", h.log)
			}
		}
	})
}

// linked: the account of a verified address is the person's; who made it with a password before is out.
func linked(t *testing.T, h *host, owner *browser) {
	before := wants[domain.Me](owner, 200, "GET", "/api/me", nil)
	b := h.browser()
	if got := b.signIn("ann", ""); got != "/" {
		t.Fatalf("ann is led to %s", got)
	}
	if me := wants[domain.Me](b, 200, "GET", "/api/me", nil); me.User.ID != before.User.ID || !me.User.Host {
		t.Errorf("ann is %+v, the account is %+v", me, before)
	}
	wants[domain.Problem](owner, 401, "GET", "/api/me", nil)
	wants[domain.Problem](h.browser(), 401, "POST", "/api/login", domain.Login{Email: "ann@example.com", Password: password})
}

// A sign-in is of one browser, once, and for some minutes.
func TestProviderIsNotFooled(t *testing.T) {
	h := newHost(t, storetest.SQLite(t), team.Config{URL: irumURL, OIDC: team.OIDC{Issuer: newIssuer(t), ClientID: "irum", Secret: clientSecret, Domains: []string{"example.org"}}})
	h.owner()
	const expired = "/login?failed=expired"
	b := h.browser()
	to, waiting := b.start("")
	for _, part := range []string{"code_challenge=", "code_challenge_method=S256", "nonce=", "state=", "response_type=code"} {
		if !strings.Contains(to, part) {
			t.Errorf("%s has no %s", to, part)
		}
	}
	back := atProvider(t, to, "cid")
	if got := h.browser().comeBack(back, nil); got != expired {
		t.Errorf("without the cookie: %s", got)
	}
	_, others := h.browser().start("")
	if got := h.browser().comeBack(back, others); got != expired {
		t.Errorf("with another's cookie: %s", got)
	}
	if got := b.comeBack(back, waiting); got != "/" {
		t.Errorf("the right one: %s\n%s", got, h.log)
	}
	if got := h.browser().comeBack(back, waiting); got != expired {
		t.Errorf("a second time: %s", got)
	}
	to, waiting = h.browser().start("")
	wrong := atProvider(t, to, "cid")
	q := wrong.Query()
	q.Set("state", "x"+q.Get("state"))
	wrong.RawQuery = q.Encode()
	if got := h.browser().comeBack(wrong, waiting); got != expired {
		t.Errorf("with another state: %s", got)
	}
	to, waiting = h.browser().start("")
	forged := atProvider(t, to, "cid")
	q = forged.Query()
	q.Set("code", "x"+q.Get("code"))
	forged.RawQuery = q.Encode()
	if got := h.browser().comeBack(forged, waiting); got != "/login?failed=provider" {
		t.Errorf("with another code: %s", got)
	}
	to, waiting = h.browser().start("")
	late := atProvider(t, to, "cid")
	h.clock = h.clock.Add(11 * 60 * 1e9)
	if got := h.browser().comeBack(late, waiting); got != expired {
		t.Errorf("too late: %s", got)
	}
	for field, c := range map[string]team.OIDC{
		"oidc-issuer": {Issuer: "accounts.example", ClientID: "x"}, "oidc-client": {Issuer: "https://accounts.example"},
		"oidc-role": {Issuer: "https://accounts.example", ClientID: "x", Role: domain.RoleOwner},
	} {
		if _, _, err := team.New(t.Context(), team.Config{Store: h.store, URL: irumURL, OIDC: c}); domain.AsProblem(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, _, err := team.New(t.Context(), team.Config{Store: h.store, OIDC: team.OIDC{Issuer: "http://accounts.example", ClientID: "x"}}); err == nil {
		t.Error("an issuer without https is taken")
	}
	if _, _, err := team.New(t.Context(), team.Config{Store: h.store, OIDC: team.OIDC{Issuer: "https://accounts.example", ClientID: "x"}}); domain.AsProblem(err).Field != "url" {
		t.Errorf("without a way back: %v", err)
	}
}
