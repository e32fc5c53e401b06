package serve_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/team"
)

// TestWhoSignsIn wants one person on their own machine to be let in at once, and everybody to sign in wherever others could
// reach the server.
func TestWhoSignsIn(t *testing.T) {
	for name, test := range map[string]struct {
		c    serve.Config
		asks bool
	}{
		"loopback":          {serve.Config{Addr: "127.0.0.1:0"}, false},
		"localhost":         {serve.Config{Addr: "localhost:0"}, false},
		"IPv6 loopback":     {serve.Config{Addr: "[::1]:0"}, false},
		"asked for":         {serve.Config{Addr: "127.0.0.1:0", Team: true}, true},
		"all addresses":     {serve.Config{Addr: ":0"}, true},
		"another address":   {serve.Config{Addr: "0.0.0.0:0"}, true},
		"another name":      {serve.Config{Addr: "irum.example:0"}, true},
		"a proxy":           {serve.Config{Addr: "127.0.0.1:0", Hosts: []string{"irum.example"}}, true},
		"a proxy by URL":    {serve.Config{Addr: "127.0.0.1:0", URL: "https://irum.example"}, true},
		"the command line":  {serve.Config{}, false},
		"team without Addr": {serve.Config{Team: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := test.c
			c.Data, c.Web, c.Log, c.Backbone = t.TempDir(), page, slog.New(slog.DiscardHandler), servetest.Backbone
			s, err := serve.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			_, err = client.New(httpclient.Over(s.API())).Projects(t.Context())
			if asked := err != nil && domain.AsProblem(err).Code == domain.CodeSignedOut; asked != test.asks || err != nil && !asked {
				t.Errorf("asks: %v, want %v (%v)", asked, test.asks, err)
			}
			if link := s.SetupURL("http://x"); (link != "") != test.asks {
				t.Errorf("the link is %q", link)
			}
		})
	}
	for _, wrong := range []string{"irum.example", "ftp://irum.example", "https://irum.example/sub", "https://irum.example?x=1", "https://"} {
		if _, err := serve.Open(t.Context(), serve.Config{Data: t.TempDir(), Web: page, URL: wrong, Log: slog.New(slog.DiscardHandler)}); domain.AsProblem(err).Field != "url" {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestTeamStays wants the link of the first account to work once, over the network, and the server to ask from then on.
func TestTeamStays(t *testing.T) {
	c := serve.Config{Data: t.TempDir(), Team: true, Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1}, URL: "https://irum.example"}
	s := open(t, c)
	link := s.SetupURL("http://127.0.0.1:1")
	token, ok := strings.CutPrefix(link, "https://irum.example/setup#")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	api := client.New(httpclient.Over(s.API()))
	in := domain.Setup{Token: token, Email: "ann@example.com", Name: "Ann", Password: "correct horse battery"}
	if _, err := api.Setup(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Setup(t.Context(), in); domain.AsProblem(err).Code != domain.CodeNotFound {
		t.Errorf("the link works twice: %v", err)
	}
	if _, _, err := s.Recover(t.Context(), "nobody@example.com"); domain.AsProblem(err).Code != domain.CodeNotFound {
		t.Errorf("an account that is not there: %v", err)
	}
	u, password, err := s.Recover(t.Context(), "ANN@example.com")
	if err != nil || u.Name != "Ann" {
		t.Fatal(u, err)
	}
	if _, err := api.Login(t.Context(), domain.Login{Email: in.Email, Password: in.Password}); domain.AsProblem(err).Code != domain.CodeWrongLogin {
		t.Errorf("the old password after a recovery: %v", err)
	}
	if _, err := api.Login(t.Context(), domain.Login{Email: in.Email, Password: password}); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	url := start(t, serve.Config{Data: c.Data, Cost: c.Cost}) // on loopback and without Team
	if res, body := fetch(t, http.MethodGet, url+"/api/projects", nil, ""); res.StatusCode != 401 || !strings.Contains(body, domain.CodeSignedOut) {
		t.Errorf("with an account: %d %s", res.StatusCode, body)
	}
	if res, _ := fetch(t, http.MethodGet, url+"/", nil, ""); res.StatusCode != 200 {
		t.Errorf("the page itself: %d", res.StatusCode)
	}
}
