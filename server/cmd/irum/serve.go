package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

type serveCmd struct {
	Addr    string   `help:"Address to listen at." default:"127.0.0.1:8080" env:"IRUM_ADDR" placeholder:"HOST:PORT"`
	Host    []string `help:"Further host names to answer under, for a proxy in front of a loopback address." placeholder:"NAME"`
	Verbose bool     `help:"Log every request." short:"v"`
}

// Run serves until it is interrupted.
func (c serveCmd) Run(a *app) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(a.stderr, options)
	if a.flags.JSON {
		handler = slog.NewJSONHandler(a.stderr, options)
	}
	s, err := serve.Open(a, serve.Config{
		Data: a.flags.Data, DB: a.flags.DB, Addr: c.Addr, Hosts: c.Host, Version: buildVersion(), Log: slog.New(handler), Backbone: a.backbone(),
	})
	if err != nil {
		return err
	}
	err = s.Run(a, func(url string) {
		_ = a.print(map[string]string{"url": url}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "Irum is at %s\n", url) })
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
