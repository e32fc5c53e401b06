package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestAuditLog wants writers at the same time to make one unbroken chain.
func TestAuditLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if c := must[domain.AuditCheck](t)(s.VerifyAudit(ctx)); c != (domain.AuditCheck{}) {
			t.Errorf("an empty log: %+v", c)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := s.Audit(ctx, domain.AuditEntry{Workspace: fmt.Sprint("w", i%2), Actor: domain.Actor{ID: "ann", Name: "Ann"}, Action: "POST /api/projects", Object: fmt.Sprint(i)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c := must[domain.AuditCheck](t)(s.VerifyAudit(ctx))
		if c.Entries != 20 || c.Broken != 0 || len(c.Head) != 64 {
			t.Errorf("%+v", c)
		}
		first := must[[]domain.AuditEntry](t)(s.AuditLog(ctx, "w0", 0, 6))
		rest := must[[]domain.AuditEntry](t)(s.AuditLog(ctx, "w0", first[5].Seq, 500))
		if len(first) != 6 || len(rest) != 4 || first[0].Seq <= first[5].Seq || rest[0].Seq >= first[5].Seq {
			t.Errorf("pages of %d and %d entries", len(first), len(rest))
		}
	})
}

// TestAuditLogTellsOfTampering changes the log behind the store's back.
func TestAuditLogTellsOfTampering(t *testing.T) {
	for name, test := range map[string]struct {
		change string
		broken int64
	}{
		"another object": {"UPDATE audit SET object = 'x' WHERE seq = 3", 3},
		"another actor":  {"UPDATE audit SET actor = 'bob' WHERE seq = 1", 1},
		"another time":   {"UPDATE audit SET at = at + 1 WHERE seq = 5", 5},
		"a row gone":     {"DELETE FROM audit WHERE seq = 2", 2},
		"the first gone": {"DELETE FROM audit WHERE seq = 1", 1},
		"a row put in":   {"INSERT INTO audit SELECT 6, at, workspace_id, actor, name, action, object, hash FROM audit WHERE seq = 5", 6},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "irum.db")
			s := storetest.OpenSQLite(t, path)
			for i := range 5 {
				ok(t, s.Audit(ctx, domain.AuditEntry{Actor: domain.Actor{ID: "ann"}, Action: "a", Object: fmt.Sprint(i)}))
			}
			db := must[*sql.DB](t)(sql.Open("sqlite", store.SQLiteDSN(path)))
			must[sql.Result](t)(db.Exec(test.change))
			ok(t, db.Close())
			if c := must[domain.AuditCheck](t)(s.VerifyAudit(ctx)); c.Broken != test.broken {
				t.Errorf("%+v, want entry %d to be broken", c, test.broken)
			}
		})
	}
}
