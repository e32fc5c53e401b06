package serve_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/team"
)

// TestProgramsComeByToken wants the command line's way to a server with accounts to work by a token, and by nothing less.
func TestProgramsComeByToken(t *testing.T) {
	c := serve.Config{Data: t.TempDir(), Team: true, Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1}}
	s := open(t, c)
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Run(ctx, func(url string) { ready <- url }) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = s.Close()
	}()
	url := <-ready
	send := func(path string, in any, header map[string]string) (*http.Response, string) {
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		header["Content-Type"] = "application/json"
		return fetch(t, http.MethodPost, url+path, header, string(body))
	}
	_, token, _ := strings.Cut(s.SetupURL(url), "#")
	res, body := send("/api/setup", domain.Setup{Token: token, Email: "a@b.c", Name: "A", Password: "correct horse battery"}, map[string]string{})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	var made domain.Token
	_, body = send("/api/tokens", domain.Token{Name: "cli", Scopes: domain.Rights}, map[string]string{
		"Cookie": res.Cookies()[0].String(), "X-Csrf-Token": res.Header.Get("X-Csrf-Token"),
	})
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Secret == "" {
		t.Fatalf("%v: %s", err, body)
	}
	way := transport(t, url)
	if _, err := client.New(way).Projects(t.Context()); domain.AsProblem(err).Code != domain.CodeSignedOut {
		t.Errorf("without a token: %v", err)
	}
	way.Use(made.Secret)
	p, err := client.New(way).CreateProject(t.Context(), domain.Project{Name: "By token", Task: domain.TaskSingle})
	if err != nil || p.ID == "" {
		t.Fatal(err)
	}
	var out strings.Builder
	if _, err := way.Download(t.Context(), "/api/projects/"+p.ID, &out); err != nil || !strings.Contains(out.String(), "By token") {
		t.Errorf("a download: %v", err)
	}
}
