package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

// errUnsound is a data folder with problems; they are printed already.
var errUnsound = errors.New("the data folder has problems")

type verifyCmd struct {
	Repair bool `help:"Make anew what follows from the rest (counts, balances, thumbnails), and delete what only costs space. No server may be at work in the folder."`
}

// Help says what is looked at.
func (verifyCmd) Help() string {
	return "Every blob is read and compared with its SHA-256; every row is followed to what it names; labels are compared with what repeats them, " +
		"and counts, ledgers and the audit log are worked out anew. Blobs that nothing names and files that were cut off are told too; they only cost space. " +
		"A server may be at work in the folder, and servers and workers on a Postgres (--db), of which nothing is repaired. The sums of tables that --json gives are the same for a folder and for what was restored from its backup."
}

// Run looks at the whole data folder. It ends with status 1 when something is wrong.
func (c verifyCmd) Run(a *app) error {
	found, err := c.look(a)
	if err != nil {
		return err
	}
	err = a.print(found, func(w io.Writer) {
		for _, f := range found.Problems {
			_, _ = fmt.Fprintf(w, "%s: %s %s%s\n", f.Kind, f.Object, f.Detail, mended(f))
		}
		for _, f := range found.Leftover {
			_, _ = fmt.Fprintf(w, "%s: %s: %s%s\n", f.Kind, f.Object, f.Detail, mended(f))
		}
		_, _ = fmt.Fprintf(w, "%d blobs (%d bytes) and %d images with their labels were looked at: %d problems, %d leftovers.\n",
			found.Blobs, found.Bytes, found.Tables["assets"].Rows, len(found.Problems), len(found.Leftover))
	})
	if err == nil && !found.OK {
		err = errUnsound
	}
	return err
}

func (c verifyCmd) look(a *app) (serve.Verification, error) {
	if a.flags.Server == "" && a.flags.DB != "" {
		if c.Repair {
			return serve.Verification{}, domain.Errorf(domain.CodeInvalid, "Only a data folder with its SQLite file is repaired. Bring a Postgres back by pg_restore, and blobs from their backup.").In("repair")
		}
		return serve.VerifyPostgres(a, a.flags.DB, a.flags.Data, a.flags.Blobs)
	}
	if err := a.onDisk(); err != nil {
		return serve.Verification{}, err
	}
	return serve.Verify(a, a.flags.Data, a.flags.Blobs, c.Repair)
}

func mended(f serve.Finding) string {
	if f.Repaired {
		return " (mended)"
	}
	return ""
}
