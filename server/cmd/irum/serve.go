package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/team"
)

type serveCmd struct {
	Addr    string    `help:"Address to listen at." default:"127.0.0.1:8080" env:"IRUM_ADDR" placeholder:"HOST:PORT"`
	Team    bool      `help:"Let people sign in with accounts. Always on once there is an account, and where others than this machine can reach the server." env:"IRUM_TEAM"`
	URL     string    `name:"url" help:"Address at which people open Irum, when a proxy with HTTPS stands in front. Turns --team on." env:"IRUM_URL" placeholder:"https://NAME"`
	Host    []string  `help:"Further host names to answer under, for a proxy in front of a loopback address. Turns --team on." placeholder:"NAME"`
	OIDC    oidcFlags `embed:"" prefix:"oidc-" envprefix:"IRUM_OIDC_" group:"Sign-in by OpenID Connect"`
	Verbose bool      `help:"Log every request." short:"v"`
	Work    bool      `help:"Run jobs in this process. With --no-work they are left to workers (irum worker), which takes a Postgres." default:"true" negatable:"" env:"IRUM_WORK"`
	shared
	gpuFlags
}

// oidcFlags say by which provider people may sign in, beside passwords.
type oidcFlags struct {
	Issuer string   `help:"Address of the provider. Needs --url; its way back is URL/api/oidc/callback." env:"ISSUER" placeholder:"https://NAME"`
	Client string   `help:"Client id that the provider knows Irum by." env:"CLIENT_ID" placeholder:"ID"`
	Secret string   `help:"Client secret. Better given by the environment: others see command lines." env:"CLIENT_SECRET" placeholder:"SECRET"`
	Name   string   `help:"Name on the button; the provider's host name where it is left out." env:"NAME" placeholder:"NAME"`
	Domain []string `help:"Whoever has a verified address there may make an account; others need an invitation." env:"DOMAINS" placeholder:"example.com"`
	Role   string   `help:"Role of those: manager, reviewer, labeller or viewer." default:"labeller" env:"ROLE" placeholder:"ROLE"`
}

func (f oidcFlags) config() team.OIDC {
	return team.OIDC{Issuer: f.Issuer, ClientID: f.Client, Secret: f.Secret, Name: f.Name, Domains: f.Domain, Role: domain.Role(f.Role)}
}

// Help explains who may come in.
func (serveCmd) Help() string {
	return "On a loopback address and without accounts Irum is for one person: nobody signs in, and whoever uses this machine may do everything. " +
		"With --team, with --url or --host, on any other address, and always once there is an account, everybody signs in. " +
		"While there is no account a link is printed at start by which the first one is made, once; its person owns the workspace and runs the server. " +
		"Nobody can register: others come by invitation. Commands with --data need no account: who has the folder has everything."
}

// Run serves until it is interrupted.
func (c serveCmd) Run(a *app) error {
	if err := c.leased(); err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(a.stderr, options)
	if a.flags.JSON {
		handler = slog.NewJSONHandler(a.stderr, options)
	}
	log := slog.New(handler)
	trainer, err := c.trainer(a, log)
	if err != nil {
		return err
	}
	s, err := serve.Open(a, serve.Config{
		Data: a.flags.Data, DB: a.flags.DB, Addr: c.Addr, Hosts: c.Host, Team: c.Team, URL: c.URL, OIDC: c.OIDC.config(), Version: buildVersion(), Log: log,
		Backbone: a.backbone(), Blobs: a.flags.Blobs, NoWork: !c.Work, Name: c.Name, Lease: c.Lease, Trainer: trainer,
	})
	if err != nil {
		return err
	}
	err = s.Run(a, func(url string) {
		out, setup := map[string]string{"url": url}, s.SetupURL(url)
		if setup != "" {
			out["setup"] = setup
		}
		_ = a.print(out, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Irum is at %s\n", url)
			if setup != "" {
				_, _ = fmt.Fprintf(w, "Make the first account at %s\nThe link works once, and only until this server stops.\n", setup)
			}
		})
	})
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

// backbone is replaced in tests, where the web files are not built; nil is the one of this build.
func (a *app) backbone() func(context.Context) ([]byte, error) { return testBackbone }

var testBackbone func(context.Context) ([]byte, error)

type projectsCmd struct{}

// Run lists projects.
func (projectsCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		list, err := s.Projects(a)
		if err != nil {
			return err
		}
		return a.print(map[string][]domain.Project{"projects": list}, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(t, "ID\tNAME\tTASK\tIMAGES\tLABELLED\tAUTO\tUNLABELLED")
			for _, p := range list {
				_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\n", p.ID, p.Name, p.Task, p.Counts.Assets, p.Counts.Labelled, p.Counts.Auto, p.Counts.Unlabelled)
			}
			_ = t.Flush()
		})
	})
}
