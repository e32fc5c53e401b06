package main

import (
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

type backupCmd struct {
	Out string `arg:"" help:"File to write (TAR)." type:"path"`
}

// Run backs the data folder up.
func (c backupCmd) Run(a *app) error {
	if err := a.onDisk(); err != nil {
		return err
	}
	m, err := serve.Backup(a, a.flags.Data, a.flags.Blobs, c.Out, buildVersion())
	if err != nil {
		return err
	}
	return a.print(m, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s holds the database and %d blobs (%d bytes) of %s.\n", c.Out, m.Blobs, m.Bytes, a.flags.Data)
	})
}

type restoreCmd struct {
	In string `arg:"" help:"Backup to read." type:"path"`
}

// Run makes a data folder of a backup.
func (c restoreCmd) Run(a *app) error {
	if err := a.onDisk(); err != nil {
		return err
	}
	m, err := serve.Restore(a, c.In, a.flags.Data)
	if err != nil {
		return err
	}
	return a.print(m, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s holds what %s held at %s: the database and %d blobs.\n", a.flags.Data, c.In, m.CreatedAt.Local().Format("2006-01-02 15:04:05"), m.Blobs)
	})
}

// onDisk refuses what works on a data folder only.
func (a *app) onDisk() error {
	if a.flags.Server != "" || a.flags.DB != "" {
		return domain.Errorf(domain.CodeInvalid, "This works on a data folder with its SQLite file: use --data alone. A Postgres is backed up by pg_dump.").In("data")
	}
	return nil
}
