//go:build !js

package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/irum-app/irum/server/domain"
)

// Snapshot gives a store that reads a Postgres as it stands at this moment, whatever others write meanwhile, until end is called. It
// writes nothing, nor does it migrate: a database that is not of this version is refused. It is used by one goroutine at a time.
func Snapshot(ctx context.Context, db *sql.DB) (s *Store, end func() error, err error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, nil, err
	}
	s = newStore(&snapshot{tx})
	if err := s.upToDate(ctx); err != nil {
		return nil, nil, errors.Join(err, tx.Rollback())
	}
	return s, tx.Rollback, nil
}

func (s *Store) upToDate(ctx context.Context) error {
	names, err := pending(ctx, s.db)
	switch {
	case err != nil:
		return domain.Errorf(domain.CodeNotFound, "This database is not Irum's: %v.", err).In("db")
	case len(names) > 0:
		return domain.Errorf(domain.CodeConflict, "This database was last used by an older version of Irum. Start a server or a worker of this version once, which brings it up to date.").In("db")
	}
	return nil
}

// snapshot is a DB that reads in one transaction.
type snapshot struct{ tx *sql.Tx }

var errReadOnly = errors.New("a snapshot of the database is read only")

// Query implements DB.
func (s *snapshot) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	return s.tx.QueryContext(ctx, translate(Postgres, query), args...)
}

// Exec implements DB.
func (*snapshot) Exec(context.Context, string, ...any) (int64, error) { return 0, errReadOnly }

// Batch implements DB.
func (*snapshot) Batch(context.Context, []Stmt) ([]int64, error) { return nil, errReadOnly }
