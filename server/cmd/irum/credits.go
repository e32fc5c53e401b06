package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

type creditsCmd struct {
	Grant grantCmd `cmd:"" help:"Give a workspace credits, which have no end."`
}

type grantCmd struct {
	Amount    int64  `arg:"" help:"How many."`
	Workspace string `help:"Id of the workspace; the first one where none is named." placeholder:"ID"`
}

// Run works on the data folder or database alone: who has it has everything.
func (c grantCmd) Run(a *app) error {
	if a.flags.Server != "" {
		return domain.Errorf(domain.CodeInvalid, "Credits are given where the data are: stop the server and use --data or --db.").In("server")
	}
	s, err := serve.Open(a, serve.Config{Data: a.flags.Data, DB: a.flags.DB, Blobs: a.flags.Blobs, Version: buildVersion(), Log: a.log, Backbone: a.backbone()})
	if err != nil {
		return err
	}
	balance, err := s.Grant(a, c.Workspace, c.Amount)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	return a.print(map[string]int64{"balance": balance}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "The workspace has %d credits now.\n", balance) })
}
