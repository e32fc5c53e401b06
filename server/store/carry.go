package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// TableRows are rows of one table, as they stand in the database: what is carried from one database to another of the same
// schema. Values are whole numbers (int64), float64, text, []byte or nil.
type TableRows struct {
	Table   string
	Columns []string
	Rows    [][]any
}

// maxCarried is how many rows AddRows takes at once: each is a statement, and D1 runs a thousand for one request.
const maxCarried = 500

// AddRows puts rows into the database, all or none. Rows whose key is there already are left out.
func (s *Store) AddRows(ctx context.Context, t TableRows) error {
	if !identifier(t.Table) || len(t.Columns) == 0 || len(t.Rows) > maxCarried {
		return domain.Errorf(domain.CodeInvalid, "Name a table and its columns, and send at most %d rows at once.", maxCarried).In("rows")
	}
	for _, c := range t.Columns {
		if !identifier(c) {
			return domain.Errorf(domain.CodeInvalid, "There is no column %q.", c).In("columns")
		}
	}
	insert := "INSERT INTO " + t.Table + " (" + strings.Join(t.Columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(t.Columns)-1) + ") ON CONFLICT DO NOTHING"
	batch := make([]Stmt, len(t.Rows))
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return domain.Errorf(domain.CodeInvalid, "Row %d has %d values for %d columns.", i, len(row), len(t.Columns)).In("rows")
		}
		batch[i] = Stmt{insert, row}
	}
	if len(batch) == 0 {
		return nil
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return fmt.Errorf("add rows to %s: %w", t.Table, err)
	}
	return nil
}

func identifier(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return name != ""
}

// Usage is how many assets all projects have, and how many bytes their images.
func (s *Store) Usage(ctx context.Context) (assets, bytes int64, err error) {
	type usage struct{ assets, bytes int64 }
	all, err := collect(ctx, s.db, func(r Rows) (u usage, err error) {
		err = r.Scan(&u.assets, &u.bytes)
		return u, err
	}, "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM assets")
	if err != nil || len(all) == 0 {
		return 0, 0, err
	}
	return all[0].assets, all[0].bytes, nil
}
