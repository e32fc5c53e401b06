// Package storetest opens stores for tests: on a SQLite file, on a Postgres server that it starts in a temporary
// folder, and on D1 in a workerd that it starts.
package storetest

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
	_ "modernc.org/sqlite"             // database/sql driver "sqlite"

	"github.com/irum-app/irum/server/store"
)

// SQLite gives an empty store in a file of t's temporary folder.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return OpenSQLite(t, filepath.Join(t.TempDir(), "irum.db"))
}

// OpenSQLite gives the store in the file at path. It is closed when t ends.
func OpenSQLite(t testing.TB, path string) *store.Store {
	t.Helper()
	return open(t, "sqlite", store.SQLiteDSN(path), store.SQLite)
}

// OpenPostgres gives an empty store in a database of its own on the Postgres server of Postgres.
func OpenPostgres(t testing.TB) *store.Store {
	t.Helper()
	return OpenPostgresAt(t, Postgres(t))
}

// OpenPostgresAt gives the store in the database of a DSN of Postgres. It is closed when t ends.
func OpenPostgresAt(t testing.TB, dsn string) *store.Store {
	t.Helper()
	return open(t, "pgx", dsn, store.Postgres)
}

func open(t testing.TB, driver, dsn string, dialect store.Dialect) *store.Store {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := store.Open(context.Background(), db, dialect)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each runs test on an empty store of every database.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachServer(t, test)
	t.Run("d1", func(t *testing.T) { test(t, OpenD1(t)) })
}

// EachServer is Each without D1, for projects larger than an edge host has.
func EachServer(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres(t)) })
}
