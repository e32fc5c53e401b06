package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

type accountCmd struct {
	Recover recoverCmd `cmd:"" help:"Give an account a new password, print it, and sign the account out everywhere."`
}

type recoverCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
}

// Run works on the data folder or database alone: who has it has everything.
func (c recoverCmd) Run(a *app) error {
	if a.flags.Server != "" {
		return domain.Errorf(domain.CodeInvalid, "An account is recovered where its data are: stop the server and use --data or --db.").In("server")
	}
	s, err := serve.Open(a, serve.Config{Data: a.flags.Data, DB: a.flags.DB, Blobs: a.flags.Blobs, Version: buildVersion(), Log: a.log, Backbone: a.backbone()})
	if err != nil {
		return err
	}
	u, password, err := s.Recover(a, c.Email)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	return a.print(map[string]string{"user": u.ID, "email": u.Email, "password": password}, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s signs in with %s\nChange it under Account.\n", u.Email, password)
	})
}
