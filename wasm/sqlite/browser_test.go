//go:build js

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/wasm/glue"
)

// open gives a database of its own: on OPFS in directory, in memory without one. web/e2e runs these tests in Chromium.
func open(t *testing.T, directory string) *sql.DB {
	t.Helper()
	if !js.Global().Get("openSQLite").Truthy() {
		t.Skip("not in a browser's worker: web/e2e runs this test")
	}
	databases, err := glue.Await(context.Background(), js.Global().Call("openSQLite", directory))
	if err != nil {
		t.Fatal(err)
	}
	db := Open(databases, "/test.db")
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func must(t *testing.T, db *sql.DB, query string, args ...any) sql.Result {
	t.Helper()
	res, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return res
}

func TestTypesInSQLite(t *testing.T) {
	db := open(t, "")
	must(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT, f REAL, s TEXT, b BLOB)")
	rows := []struct {
		n any
		f any
		s any
		b any
	}{
		{int64(math.MaxInt64), 0.1, "이름\x00 🙂", []byte{0, 1, 255}},
		{int64(math.MinInt64), -1e300, "", []byte{}},
		{int64(1<<53 + 1), math.SmallestNonzeroFloat64, strings.Repeat("한", 200_000), bytes.Repeat([]byte{7}, 700_000)},
		{nil, nil, nil, nil},
	}
	for i, r := range rows {
		res := must(t, db, "INSERT INTO t (n, f, s, b) VALUES (?, ?, ?, ?)", r.n, r.f, r.s, r.b)
		id, _ := res.LastInsertId()
		n, _ := res.RowsAffected()
		if id != int64(i+1) || n != 1 {
			t.Errorf("row %d: id %d, changed %d", i, id, n)
		}
	}
	found, err := db.Query("SELECT n, f, s, b FROM t ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	for i := 0; found.Next(); i++ {
		var n, f, s any
		var b []byte
		if err := found.Scan(&n, &f, &s, &b); err != nil {
			t.Fatal(err)
		}
		want := rows[i]
		wantBytes, _ := want.b.([]byte)
		if n != want.n || f != want.f || s != want.s || !bytes.Equal(b, wantBytes) || (b == nil) != (want.b == nil) {
			t.Errorf("row %d came back changed (n %v, f %v, %d bytes)", i, n, f, len(b))
		}
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestManyRowsAndQueriesInTurn(t *testing.T) {
	db := open(t, "")
	must(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
	must(t, db, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50000) INSERT INTO t SELECT i, 'row ' || i FROM c")
	for range 2 { // the second time with the cached statement
		rows, err := db.Query("SELECT id, s FROM t ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for rows.Next() {
			var id int64
			var s string
			if err := rows.Scan(&id, &s); err != nil {
				t.Fatal(err)
			}
			if n++; id != n || s != fmt.Sprint("row ", n) {
				t.Fatalf("row %d is %d %q", n, id, s)
			}
		}
		if rows.Err() != nil || n != 50000 {
			t.Fatalf("%d rows: %v", n, rows.Err())
		}
	}
	var first int64
	if err := db.QueryRow("SELECT id FROM t ORDER BY id DESC").Scan(&first); err != nil || first != 50000 { // leaves rows unread
		t.Fatal(first, err)
	}
	res := must(t, db, "UPDATE t SET s = 'x' WHERE id <= ?", 10)
	if n, _ := res.RowsAffected(); n != 10 {
		t.Errorf("changed %d", n)
	}
	res = must(t, db, "INSERT INTO t (id, s) VALUES (1, 'again') ON CONFLICT DO NOTHING")
	if n, _ := res.RowsAffected(); n != 0 {
		t.Errorf("a conflict that does nothing changed %d", n)
	}
	var added int64
	if err := db.QueryRow("INSERT INTO t (s) VALUES (?) RETURNING id", "new").Scan(&added); err != nil || added != 50001 {
		t.Errorf("RETURNING gave %d: %v", added, err)
	}
}

func TestTransactionsAndErrors(t *testing.T) {
	db := open(t, "")
	must(t, db, "CREATE TABLE a (k TEXT PRIMARY KEY, n INTEGER CONSTRAINT guard_small CHECK (n < 10)); CREATE TABLE b (k TEXT)")
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	put, err := tx.PrepareContext(ctx, "INSERT INTO a VALUES (?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put.ExecContext(ctx, "one", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := put.ExecContext(ctx, "two", 99); err == nil || !strings.Contains(err.Error(), "guard_small") {
		t.Errorf("the constraint's name is not in %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		if err := db.QueryRow("SELECT count(*) FROM a").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() != 0 {
		t.Error("a row survived the rollback")
	}
	tx, err = db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO a VALUES ('kept', 1)"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil || count() != 1 {
		t.Error("the commit kept nothing:", err)
	}
	_, err = db.Exec("INSERT INTO a VALUES (?, ?)", "kept", 2)
	if err == nil || !strings.Contains(err.Error(), "UNIQUE constraint failed: a.k") {
		t.Errorf("a duplicate key answers %v", err)
	}
	if _, err = db.Query("SELECT * FROM nowhere"); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("an unknown table answers %v", err)
	}
	if _, err = db.Exec("INSERT INTO a VALUES (?, ?)", "k"); err == nil {
		t.Error("a missing argument is taken")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = db.ExecContext(ended, "DELETE FROM a"); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context answers %v", err)
	}
}

// TestStoreInTheBrowser runs Irum's storage on OPFS: guards, json_each, batches, undo, and reading back.
func TestStoreInTheBrowser(t *testing.T) {
	ctx := context.Background()
	directory := fmt.Sprintf(".test-%d", time.Now().UnixNano())
	db := open(t, directory)
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CreateProject(ctx, domain.Project{Name: "고양이와 개", Task: domain.TaskSingle, Classes: []domain.Class{{Name: "cat"}, {Name: "dog"}}})
	if err != nil {
		t.Fatal(err)
	}
	assets := make([]domain.Asset, 300)
	for i := range assets {
		assets[i] = domain.Asset{Name: fmt.Sprintf("a/%03d.jpg", i), SHA256: fmt.Sprintf("%064x", i+1), Format: "jpeg", Width: 10, Height: 20, Orientation: 1, Bytes: 1 << 40}
	}
	start := time.Now()
	added, err := s.AddAssets(ctx, p.ID, assets, store.LabelWrite{Kind: "import"})
	if err != nil || added.Added != 300 {
		t.Fatalf("added %d: %v", added.Added, err)
	}
	t.Logf("300 assets added in %s", time.Since(start))
	start = time.Now()
	for _, a := range added.Assets[:20] {
		_, err := s.WriteLabels(ctx, p.ID, store.LabelWrite{Kind: "label", Actor: "me", Changes: []store.Change{{
			AssetID: a.ID, Label: domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: p.Classes[1].ID}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("20 labels, one by one, in %s", time.Since(start))
	if _, err := s.Undo(ctx, p.ID, ""); err != nil {
		t.Fatal(err)
	}
	p, err = s.Project(ctx, p.ID)
	if err != nil || p.Counts.Labelled != 19 || p.Counts.Assets != 300 {
		t.Errorf("counts %+v: %v", p.Counts, err)
	}
	start = time.Now()
	page, err := s.Assets(ctx, p.ID, store.Query{Limit: 200})
	if err != nil || len(page.Items) != 200 || page.Items[0].Bytes != 1<<40 {
		t.Errorf("page of %d: %v", len(page.Items), err)
	}
	t.Logf("a page of 200 in %s", time.Since(start))
	stale := p
	stale.Name, stale.Rev = "other", p.Rev-1
	var problem *domain.Problem
	if _, err := s.UpdateProject(ctx, stale); !errors.As(err, &problem) || problem.Code != domain.CodeConflict {
		t.Errorf("a stale rev answers %v", err)
	}
}
