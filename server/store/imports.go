package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// CreateImport opens an import of a project; its id and time are given where empty.
func (s *Store) CreateImport(ctx context.Context, r ImportRecord) (ImportRecord, error) {
	if _, err := s.project(ctx, r.ProjectID); err != nil {
		return ImportRecord{}, err
	}
	if r.ID == "" {
		r.ID = NewID()
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = s.now()
	}
	if r.Refused == nil {
		r.Refused = []domain.Refusal{}
	}
	_, err := s.db.Exec(ctx, `INSERT INTO imports (id, project_id, labels, imported, labelled, duplicates, finished, created_at, pending)
		VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?)`, r.ID, r.ProjectID, r.Labels, micros(r.CreatedAt), r.Pending)
	if err != nil {
		return ImportRecord{}, fmt.Errorf("open import: %w", err)
	}
	return r, nil
}

func scanImport(r Rows) (v ImportRecord, err error) {
	var finished, at int64
	err = r.Scan(&v.ID, &v.ProjectID, &v.Labels, &v.Imported, &v.Labelled, &v.Duplicates, &finished, &at, &v.Pending)
	v.Finished, v.CreatedAt, v.Refused = finished != 0, fromMicros(at), []domain.Refusal{}
	return v, err
}

// Import gives an import with all that was refused and noted so far, in the order it came, or CodeNotFound.
func (s *Store) Import(ctx context.Context, project, id string) (ImportRecord, error) {
	v, err := one(ctx, s.db, "import", id, scanImport, `SELECT id, project_id, labels, imported, labelled, duplicates, finished, created_at, pending
		FROM imports WHERE id = ? AND project_id = ?`, id, project)
	if err != nil {
		return ImportRecord{}, err
	}
	type line struct {
		note int64
		domain.Refusal
	}
	lines, err := collect(ctx, s.db, func(r Rows) (l line, err error) {
		err = r.Scan(&l.note, &l.Path, &l.Code, &l.Reason)
		return l, err
	}, "SELECT note, path, code, reason FROM import_lines WHERE import_id = ? ORDER BY id", id)
	if err != nil {
		return ImportRecord{}, fmt.Errorf("read import: %w", err)
	}
	for _, l := range lines {
		if l.note != 0 {
			v.Notes = append(v.Notes, l.Refusal)
		} else {
			v.Refused = append(v.Refused, l.Refusal)
		}
	}
	return v, nil
}

// openImport answers CodeNotFound, or CodeConflict when the import is finished.
func (s *Store) openImport(ctx context.Context, project, id string) error {
	finished, err := one(ctx, s.db, "import", id, scanInt, "SELECT finished FROM imports WHERE id = ? AND project_id = ?", id, project)
	if err == nil && finished != 0 {
		err = domain.Errorf(domain.CodeConflict, "The import %q is finished. Start another one.", id)
	}
	return err
}

// AddToImport adds delta's counts, refusals and notes to an import that is not finished.
func (s *Store) AddToImport(ctx context.Context, project, id string, delta domain.ImportReport) error {
	if err := s.openImport(ctx, project, id); err != nil {
		return err
	}
	batch := []Stmt{{
		"UPDATE imports SET imported = imported + ?, labelled = labelled + ?, duplicates = duplicates + ? WHERE id = ?",
		[]any{int64(delta.Imported), int64(delta.Labelled), int64(delta.Duplicates), id},
	}}
	lines, err := importLines(id, delta)
	if err != nil {
		return err
	}
	if _, err := s.db.Batch(ctx, append(batch, lines...)); err != nil {
		return fmt.Errorf("add to import: %w", err)
	}
	return nil
}

func importLines(id string, delta domain.ImportReport) ([]Stmt, error) {
	type row struct {
		ID     string `json:"id"`
		Note   int64  `json:"note"`
		Path   string `json:"path"`
		Code   string `json:"code"`
		Reason string `json:"reason"`
	}
	base := NewID()
	var rows []row
	add := func(list []domain.Refusal, note bool) {
		for _, l := range list {
			rows = append(rows, row{fmt.Sprintf("%s-%06d", base, len(rows)), flag(note), clean(l.Path), clean(l.Code), clean(l.Reason)})
		}
	}
	add(delta.Refused, false)
	add(delta.Notes, true)
	var out []Stmt
	err := chunks(rows, rowsPerStmt, func(part []row) error {
		text, err := jsonText(part)
		out = append(out, Stmt{`INSERT INTO import_lines (id, import_id, note, path, code, reason)
			SELECT e.value->>'id', CAST(? AS TEXT), CAST(e.value->>'note' AS BIGINT), e.value->>'path', e.value->>'code',
			e.value->>'reason' FROM {each}`, []any{id, text}})
		return err
	})
	return out, err
}

// SetImportPending keeps the caller's bytes with an import that is not finished.
func (s *Store) SetImportPending(ctx context.Context, project, id string, pending []byte) error {
	if err := s.openImport(ctx, project, id); err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, "UPDATE imports SET pending = ? WHERE id = ?", pending, id); err != nil {
		return fmt.Errorf("keep labels that wait for their images: %w", err)
	}
	return nil
}

// FinishImport closes an import and forgets what was pending. Finishing it again changes nothing.
func (s *Store) FinishImport(ctx context.Context, project, id string) error {
	n, err := s.db.Exec(ctx, "UPDATE imports SET finished = 1, pending = NULL WHERE id = ? AND project_id = ?", id, project)
	if err != nil {
		return fmt.Errorf("finish import: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no import %q here. It may have been deleted.", id)
	}
	return nil
}
