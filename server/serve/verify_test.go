package serve_test

import (
	"context"
	"database/sql"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// filled makes a data folder with a bit of everything and gives its server.
func filled(t *testing.T, data string) *serve.Server {
	t.Helper()
	return peopled(t, open(t, serve.Config{Data: data}))
}

func peopled(t *testing.T, s *serve.Server) *serve.Server {
	t.Helper()
	c, ctx := client.New(httpclient.Over(s.API())), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := c.CreateProject(ctx, domain.Project{Name: "P", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}})
	must(err)
	in, err := c.StartImport(ctx, p.ID, client.ImportOptions{Labels: "none"})
	must(err)
	for i := range uint64(6) {
		_, err = c.ImportFile(ctx, p.ID, in.ID, "i"+string(rune('0'+i))+".png", nil, servetest.PNG(t, servetest.Red, i))
		must(err)
	}
	_, err = c.FinishImport(ctx, p.ID, in.ID)
	must(err)
	ids, err := c.AssetIDs(ctx, p.ID, domain.Filter{}, "")
	must(err)
	for i, id := range ids[:4] {
		_, err = c.Label(ctx, p.ID, domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: id, Action: "set", Classes: []string{[]string{"a", "b"}[i%2]}}}})
		must(err)
	}
	_, err = c.AddComment(ctx, p.ID, ids[0], "", "", "Why?")
	must(err)
	_, err = c.CreateExport(ctx, p.ID, "E", domain.Filter{})
	must(err)
	_, _, err = c.DeleteAssets(ctx, p.ID, domain.Filter{IDs: ids[5:]})
	must(err)
	return s
}

func verify(t *testing.T, data string, repair bool) serve.Verification {
	t.Helper()
	v, err := serve.Verify(t.Context(), data, "", repair)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVerifyWhileServing wants nothing to be found in a sound folder, at work or not, and the same after backup and restore.
func TestVerifyWhileServing(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := filled(t, data)
	busy := verify(t, data, false)
	if _, err := serve.Verify(t.Context(), data, "", true); domain.AsProblem(err).Code != domain.CodeUnavailable {
		t.Errorf("a repair while a server is at work: %v", err)
	}
	if _, err := serve.Backup(t.Context(), data, "", filepath.Join(dir, "b.tar"), "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Restore(t.Context(), filepath.Join(dir, "b.tar"), filepath.Join(dir, "restored")); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]serve.Verification{"at work": busy, "at rest": verify(t, data, false), "restored": verify(t, filepath.Join(dir, "restored"), false)} {
		if !v.OK || len(v.Problems)+len(v.Leftover) > 0 || v.Blobs < 12 || v.Tables["assets"].Rows != 5 || v.Tables["trash"].Rows != 1 || v.Tables["label_events"].Rows != 4 {
			t.Errorf("%s: %+v", name, v)
		}
		if !maps.Equal(v.Tables, busy.Tables) {
			t.Errorf("%s: tables are %v, were %v", name, v.Tables, busy.Tables)
		}
	}
}

// TestVerifyFindsWhatIsWrong ruins one thing after the other.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	blobs := func(t *testing.T, data string) []string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(data, "blobs", "*", "*", "*"))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		return found
	}
	run := func(query string) func(*testing.T, string) {
		return func(t *testing.T, data string) {
			t.Helper()
			db, err := sql.Open("sqlite", strings.ReplaceAll(store.SQLiteDSN(filepath.Join(data, "irum.db")), "foreign_keys%281%29", "foreign_keys%280%29"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			res, err := db.ExecContext(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := res.RowsAffected(); n == 0 {
				t.Fatal("nothing was ruined", err)
			}
		}
	}
	without := func(column string) func(*testing.T, string) {
		return func(t *testing.T, data string) {
			t.Helper()
			db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(data, "irum.db")))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			var sha string
			if err = db.QueryRowContext(t.Context(), "SELECT MIN("+column+") FROM assets WHERE "+column+" <> ''").Scan(&sha); err == nil {
				err = os.Remove(filepath.Join(data, "blobs", sha[:2], sha[2:4], sha))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		ruin   func(t *testing.T, data string)
		kinds  []string // of problems
		left   []string // of leftovers
		mended bool
	}{
		"a bit of a blob": {func(t *testing.T, data string) {
			path := blobs(t, data)[0]
			text, err := os.ReadFile(path)
			if err == nil {
				text[len(text)/2] ^= 1
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, []string{"damaged"}, nil, false},
		"an image":         {without("sha256"), []string{"missing"}, nil, false},
		"a thumbnail":      {without("thumb_sha"), []string{"missing"}, nil, true},
		"comments":         {run("UPDATE assets SET comments = 9 WHERE id = (SELECT MIN(id) FROM assets)"), []string{"comments"}, nil, true},
		"a row's project":  {run("UPDATE comments SET project_id = 'gone'"), []string{"comments", "reference"}, nil, false},
		"an event's image": {run("UPDATE label_events SET asset_id = 'gone' WHERE to_version = (SELECT MIN(to_version) FROM label_events)"), []string{"reference"}, nil, false},
		"a state":          {run("UPDATE assets SET state = 'skipped' WHERE id = (SELECT MIN(id) FROM assets WHERE state = 'labelled')"), []string{"counts", "label"}, nil, false},
		"a listed class":   {run("DELETE FROM label_classes WHERE asset_id = (SELECT MIN(asset_id) FROM label_classes)"), []string{"classes", "counts"}, nil, false},
		"counts":           {run("UPDATE projects SET counts = '{\"assets\":7}'"), []string{"counts"}, nil, true},
		"credits":          {run("UPDATE balances SET n = n + 1"), []string{"balance"}, nil, true},
		"the audit log":    {run("UPDATE audit SET object = 'nothing' WHERE seq = 2"), []string{"audit"}, nil, false},
		"a leftover": {func(t *testing.T, data string) {
			path := blobs(t, data)[0]
			text := []byte("nobody names me")
			sha := "b7df8f1a3e2d4c5b6a7980112233445566778899aabbccddeeff001122334455"
			_ = path
			target := filepath.Join(data, "blobs", sha[:2], sha[2:4], sha)
			half := filepath.Join(data, "blobs", "tmp", "put-1")
			for _, path := range []string{target, half, filepath.Join(data, "blobs", "notes.txt")} {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				old := time.Now().Add(-2 * time.Hour)
				if err := os.Chtimes(path, old, old); err != nil {
					t.Fatal(err)
				}
			}
		}, nil, []string{"half", "leftover", "stranger"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			s := filled(t, data)
			audited(t, data)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if v := verify(t, data, false); !v.OK || len(v.Leftover) > 0 {
				t.Fatalf("before: %+v", v)
			}
			test.ruin(t, data)
			v := verify(t, data, false)
			if got := kinds(v.Problems); !slices.Equal(got, test.kinds) || v.OK != (test.kinds == nil) {
				t.Errorf("problems %v, want %v: %+v", got, test.kinds, v.Problems)
			}
			if got := kinds(v.Leftover); !slices.Equal(got, test.left) {
				t.Errorf("leftovers %v, want %v: %+v", got, test.left, v.Leftover)
			}
			verify(t, data, true)
			v = verify(t, data, false)
			left := slices.DeleteFunc(kinds(v.Leftover), func(k string) bool { return k == "stranger" })
			if v.OK != test.mended && test.kinds != nil || len(left) > 0 {
				t.Errorf("after a repair: %+v", v)
			}
		})
	}
}

// TestVerifyPostgres looks at a Postgres while its server is at work, and ruins it then.
func TestVerifyPostgres(t *testing.T) {
	dsn, data := storetest.PostgresURL(t), t.TempDir()
	look := func() (serve.Verification, error) { return serve.VerifyPostgres(t.Context(), dsn, data, "") }
	if _, err := look(); domain.AsProblem(err).Code != domain.CodeNotFound {
		t.Errorf("an empty database: %v", err)
	}
	s := peopled(t, open(t, serve.Config{Data: data, DB: dsn}))
	defer func() { _ = s.Close() }()
	v, err := look()
	if err != nil || !v.OK || len(v.Problems)+len(v.Leftover) > 0 || v.Blobs < 12 || v.Tables["assets"].Rows != 5 || v.Tables["label_events"].Rows != 4 {
		t.Fatalf("%+v: %v", v, err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var sha string
	if err = db.QueryRowContext(t.Context(), "SELECT MIN(sha256) FROM assets").Scan(&sha); err == nil {
		err = os.Remove(filepath.Join(data, "blobs", sha[:2], sha[2:4], sha))
	}
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE balances SET n = n + 1")
	}
	if err != nil {
		t.Fatal(err)
	}
	if v, err = look(); err != nil || v.OK || !slices.Equal(kinds(v.Problems), []string{"balance", "missing"}) {
		t.Errorf("%+v: %v", v, err)
	}
	if _, err = db.ExecContext(t.Context(), "DELETE FROM migrations WHERE name = (SELECT MAX(name) FROM migrations)"); err != nil {
		t.Fatal(err)
	}
	if _, err := look(); domain.AsProblem(err).Code != domain.CodeConflict {
		t.Errorf("a database of an older version: %v", err)
	}
}

func kinds(list []serve.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// audited writes some entries of the audit log.
func audited(t *testing.T, data string) {
	t.Helper()
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(data, "irum.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	st, err := store.Open(context.Background(), db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := st.Audit(t.Context(), domain.AuditEntry{Workspace: domain.HomeWorkspace, Action: "x", Object: "y"}); err != nil {
			t.Fatal(err)
		}
	}
}
