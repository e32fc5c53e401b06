package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "irum ?#%41 ü.db")
	s := storetest.OpenSQLite(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	p := project(t, s, domain.TaskSingle)
	ok(t, s.Reserve(ctx, "j", 100))
	again := storetest.OpenSQLite(t, path)
	must[domain.Project](t)(again.Project(ctx, p.ID))
	wantBalance(t, again, "opening again", store.FirstGrant-100)
}

// TestManyOpenAtOnce opens one empty database from several processes' worth of stores: each migration runs once.
func TestManyOpenAtOnce(t *testing.T) {
	run := func(t *testing.T, driver, dsn string, d store.Dialect) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				db, err := sql.Open(driver, dsn)
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = db.Close() }()
				s, err := store.Open(ctx, db, d)
				if err != nil {
					t.Error(err)
					return
				}
				if c, err := s.Credits(ctx); err != nil || c.Balance != store.FirstGrant || len(c.Entries) != 1 {
					t.Errorf("credits %+v, %v", c, err)
				}
			})
		}
		wg.Wait()
	}
	t.Run("sqlite", func(t *testing.T) {
		run(t, "sqlite", store.SQLiteDSN(filepath.Join(t.TempDir(), "irum.db")), store.SQLite)
	})
	t.Run("postgres", func(t *testing.T) { run(t, "pgx", storetest.Postgres(t), store.Postgres) })
}

// TestOneConnectionIsEnough: the browser's SQLite has one, so no method may ask for a second while it holds the first.
func TestOneConnectionIsEnough(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	ok(t, err)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	s, err := store.Open(ctx, db, store.SQLite)
	ok(t, err)
	p, ids := library(t, s)
	ok(t, s.EachAsset(ctx, p.ID, store.Query{}, func(part []domain.Asset) error {
		for _, a := range part {
			write(t, s, p.ID, set(human("owl"), a.ID))
		}
		return nil
	}))
	must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
	must[domain.Operation](t)(s.Redo(ctx, p.ID))
	must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: domain.Filter{Text: "png"}}))
	must[[]string](t)(s.ReferencedBlobs(ctx))
	if op, err := s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{ids["b.png"]}}, "", ""); op.Changed != 1 || err != nil {
		t.Errorf("deleted %d, %v", op.Changed, err)
	}
	exactCounts(t, s, p.ID)
	must[[]string](t)(s.DeleteProject(ctx, p.ID))
}
