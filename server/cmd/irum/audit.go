package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

type auditCmd struct{}

// Run works the chain of the audit log out anew; a broken one is a failure.
func (auditCmd) Run(a *app) error {
	found, err := a.checkAudit()
	if err != nil {
		return err
	}
	if found.Broken > 0 {
		return domain.Errorf(domain.CodeConflict, "The audit log was tampered with: entry %d is not what was written. The %d before it are whole.", found.Broken, found.Entries)
	}
	return a.print(found, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%d entries, all as they were written. Head: %s\nKeep the head elsewhere: it tells later whether any of them has gone.\n", found.Entries, found.Head)
	})
}

func (a *app) checkAudit() (domain.AuditCheck, error) {
	if a.flags.Server != "" {
		s, err := a.connect()
		if err != nil {
			return domain.AuditCheck{}, err
		}
		return s.CheckAudit(a)
	}
	s, err := serve.Open(a, serve.Config{Data: a.flags.Data, DB: a.flags.DB, Blobs: a.flags.Blobs, Version: buildVersion(), Log: a.log, Backbone: a.backbone()})
	if err != nil {
		return domain.AuditCheck{}, err
	}
	found, err := s.VerifyAudit(a)
	return found, errors.Join(err, s.Close())
}
