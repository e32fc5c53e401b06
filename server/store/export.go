package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// scanJSON reads one column of JSON.
func scanJSON[T any](r Rows) (v T, err error) {
	var text string
	if err = r.Scan(&text); err == nil {
		err = json.Unmarshal([]byte(text), &v)
	}
	return v, err
}

// SaveExport keeps a new export; its id and time are given where empty. An export is never changed: CodeConflict when the id
// is taken.
func (s *Store) SaveExport(ctx context.Context, e domain.Export) (domain.Export, error) {
	if _, err := s.project(ctx, e.ProjectID); err != nil {
		return domain.Export{}, err
	}
	if e.ID == "" {
		e.ID = NewID()
	}
	if e.CreatedAt.IsZero() {
		e.CreatedAt = s.now()
	}
	e.Name = clean(e.Name)
	text, err := jsonText(e)
	if err != nil {
		return domain.Export{}, err
	}
	n, err := s.db.Exec(ctx, "INSERT INTO exports (id, project_id, sha256, created_at, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		e.ID, e.ProjectID, e.SHA256, micros(e.CreatedAt), text)
	if err != nil {
		return domain.Export{}, fmt.Errorf("save export: %w", err)
	}
	if n == 0 {
		return domain.Export{}, domain.Errorf(domain.CodeConflict, "There is an export %q already, and exports are never changed.", e.ID)
	}
	return e, nil
}

// Exports lists a project's exports, newest first.
func (s *Store) Exports(ctx context.Context, project string) ([]domain.Export, error) {
	return collect(ctx, s.db, scanJSON[domain.Export], "SELECT data FROM exports WHERE project_id = ? ORDER BY created_at DESC, id DESC", project)
}

// Export gives one export of a project, or CodeNotFound.
func (s *Store) Export(ctx context.Context, project, id string) (domain.Export, error) {
	return one(ctx, s.db, "export", id, scanJSON[domain.Export], "SELECT data FROM exports WHERE id = ? AND project_id = ?", id, project)
}

// LabelledSince counts the images of a project that have a label which was given or changed after a time, when the project's writes were at seq
// (0 where that is not known, which takes a look at every label).
func (s *Store) LabelledSince(ctx context.Context, project string, seq int64, at time.Time) (int, error) {
	// What is joined to a text is not looked up by an index: few rows have been touched, many have the state.
	n, err := collect(ctx, s.db, scanInt, `SELECT COUNT(*) FROM assets a WHERE a.project_id = ? AND a.touched > ? AND a.state || '' = ?
		AND EXISTS (SELECT 1 FROM label_events e WHERE e.project_id = a.project_id AND e.asset_id = a.id AND e.at > ?)`,
		project, seq, string(domain.StateLabelled), micros(at))
	if err != nil {
		return 0, fmt.Errorf("count labels since %s: %w", at, err)
	}
	return int(n[0]), nil
}
