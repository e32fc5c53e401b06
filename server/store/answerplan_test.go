package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/irum-app/irum/server/store"
)

// TestAnswersAreFoundByTheirImage asks SQLite how it would look for what a person holds of an image: not among all that they did.
func TestAnswersAreFoundByTheirImage(t *testing.T) {
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(t.TempDir(), "plan.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := store.Open(context.Background(), db, store.SQLite); err != nil {
		t.Fatal(err)
	}
	var id, parent, unused int
	var plan string
	err = db.QueryRow("EXPLAIN QUERY PLAN SELECT id FROM assignments WHERE project_id = ? AND asset_id = ? AND holder = ? ORDER BY round DESC LIMIT 1", "p", "a", "h").
		Scan(&id, &parent, &unused, &plan)
	if err != nil || !strings.Contains(plan, "assignments_of_image") {
		t.Errorf("%s %v", plan, err)
	}
}
