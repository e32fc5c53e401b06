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
	_, err := s.db.Exec(ctx, `INSERT INTO imports (id, project_id, labels, voc_asked, imported, labelled, duplicates, finished, created_at, pending)
		VALUES (?, ?, ?, ?, 0, 0, 0, 0, ?, ?)`, r.ID, r.ProjectID, r.Labels, string(r.AskedVOC), micros(r.CreatedAt), r.Pending)
	if err != nil {
		return ImportRecord{}, fmt.Errorf("open import: %w", err)
	}
	return r, nil
}

func scanImport(r Rows) (v ImportRecord, err error) {
	var finished, at int64
	var p domain.ImportProgress
	err = r.Scan(&v.ID, &v.ProjectID, &v.Labels, &v.AskedVOC, &v.VOC, &v.Imported, &v.Labelled, &v.Duplicates, &v.RefusedCount, &v.NotesCount,
		&p.Phase, &p.Done, &p.Total, &finished, &at, &v.Pending)
	v.Finished, v.CreatedAt, v.Refused = finished != 0, fromMicros(at), []domain.Refusal{}
	if p.Phase != "" && !v.Finished {
		v.Progress = &p
	}
	return v, err
}

// Import gives an import with its counts, or CodeNotFound. Its lines are not read.
func (s *Store) Import(ctx context.Context, project, id string) (ImportRecord, error) {
	return one(ctx, s.db, "import", id, scanImport, `SELECT id, project_id, labels, voc_asked, voc, imported, labelled, duplicates, refused, noted,
		phase, done, total, finished, created_at, pending FROM imports WHERE id = ? AND project_id = ?`, id, project)
}

// ImportReport gives an import with the first lines of what was refused and of what was noted, so many of each at most, in
// the order they came, and how often each code was refused; or CodeNotFound.
func (s *Store) ImportReport(ctx context.Context, project, id string, lines int) (domain.ImportReport, error) {
	v, err := s.Import(ctx, project, id)
	if err != nil {
		return domain.ImportReport{}, err
	}
	out := v.ImportReport
	if out.RefusedCount > 0 {
		if out.Refused, _, err = s.importLines(ctx, id, false, "", lines); err != nil {
			return out, err
		}
		type code struct {
			code string
			n    int
		}
		codes, err := collect(ctx, s.db, func(r Rows) (c code, err error) {
			err = r.Scan(&c.code, &c.n)
			return c, err
		}, "SELECT code, COUNT(*) FROM import_lines WHERE import_id = ? AND note = 0 GROUP BY code", id)
		if err != nil {
			return out, fmt.Errorf("count what was refused: %w", err)
		}
		out.RefusedBy = make(map[string]int, len(codes))
		for _, c := range codes {
			out.RefusedBy[c.code] = c.n
		}
	}
	if out.NotesCount > 0 {
		out.Notes, _, err = s.importLines(ctx, id, true, "", lines)
	}
	return out, err
}

// ImportLines gives lines of an import behind cursor ("" from the first on) in the order they came: what was refused, or what
// was noted. next is "" on the last page. CodeNotFound where there is no such import.
func (s *Store) ImportLines(ctx context.Context, project, id string, notes bool, cursor string, limit int) (lines []domain.Refusal, next string, err error) {
	if _, err := s.Import(ctx, project, id); err != nil {
		return nil, "", err
	}
	return s.importLines(ctx, id, notes, cursor, limit)
}

func (s *Store) importLines(ctx context.Context, id string, notes bool, cursor string, limit int) (lines []domain.Refusal, next string, err error) {
	type line struct {
		id string
		domain.Refusal
	}
	rows, err := collect(ctx, s.db, func(r Rows) (l line, err error) {
		err = r.Scan(&l.id, &l.Path, &l.Code, &l.Reason)
		return l, err
	}, `SELECT id, path, code, reason FROM import_lines WHERE import_id = ? AND id > ? AND note = ? ORDER BY id LIMIT ?`,
		id, cursor, flag(notes), int64(limit+1))
	if err != nil {
		return nil, "", fmt.Errorf("read lines of an import: %w", err)
	}
	if len(rows) > limit {
		rows, next = rows[:limit], rows[limit-1].id
	}
	lines = make([]domain.Refusal, len(rows))
	for i, l := range rows {
		lines[i] = l.Refusal
	}
	return lines, next, nil
}

// openImport answers CodeNotFound, or CodeConflict when the import is finished.
func (s *Store) openImport(ctx context.Context, project, id string) error {
	finished, err := one(ctx, s.db, "import", id, scanInt, "SELECT finished FROM imports WHERE id = ? AND project_id = ?", id, project)
	if err == nil && finished != 0 {
		err = domain.Errorf(domain.CodeConflict, "The import %q is finished. Start another one.", id)
	}
	return err
}

// AddToImport adds delta's counts, refusals, notes and progress to an import that is not finished: Progress.Done and Total
// are added to those of the phase, a Phase other than "" begins one of that name at 0. VOC is kept where it says something. late marks the lines of finishing.
func (s *Store) AddToImport(ctx context.Context, project, id string, delta domain.ImportReport, late bool) error {
	if err := s.openImport(ctx, project, id); err != nil {
		return err
	}
	batch := []Stmt{{
		`UPDATE imports SET imported = imported + ?, labelled = labelled + ?, duplicates = duplicates + ?, refused = refused + ?,
		noted = noted + ?, voc = CASE WHEN CAST(? AS TEXT) = '' THEN voc ELSE ? END WHERE id = ?`,
		[]any{
			int64(delta.Imported), int64(delta.Labelled), int64(delta.Duplicates), int64(len(delta.Refused)), int64(len(delta.Notes)),
			string(delta.VOC), string(delta.VOC), id,
		},
	}}
	if p := delta.Progress; p != nil {
		batch = append(batch, Stmt{
			`UPDATE imports SET done = CASE WHEN CAST(? AS TEXT) IN ('', phase) THEN done ELSE 0 END + ?,
			total = CASE WHEN CAST(? AS TEXT) IN ('', phase) THEN total ELSE 0 END + ?, phase = CASE WHEN CAST(? AS TEXT) = '' THEN phase ELSE ? END
			WHERE id = ?`, []any{p.Phase, int64(p.Done), p.Phase, int64(p.Total), p.Phase, p.Phase, id},
		})
	}
	lines, err := importLines(id, delta, late)
	if err != nil {
		return err
	}
	if _, err := s.db.Batch(ctx, append(batch, lines...)); err != nil {
		return fmt.Errorf("add to import: %w", err)
	}
	return nil
}

func importLines(id string, delta domain.ImportReport, late bool) ([]Stmt, error) {
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
		out = append(out, Stmt{`INSERT INTO import_lines (id, import_id, late, note, path, code, reason)
			SELECT e.value->>'id', CAST(? AS TEXT), CAST(? AS BIGINT), CAST(e.value->>'note' AS BIGINT), e.value->>'path', e.value->>'code',
			e.value->>'reason' FROM {each}`, []any{id, flag(late), text}})
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

// FinishingImport forgets the late lines and counts of an earlier attempt to finish an import that is not finished.
func (s *Store) FinishingImport(ctx context.Context, project, id string) error {
	if err := s.openImport(ctx, project, id); err != nil {
		return err
	}
	count := "(SELECT COUNT(*) FROM import_lines l WHERE l.import_id = imports.id AND l.note = "
	_, err := s.db.Batch(ctx, []Stmt{
		{"DELETE FROM import_lines WHERE import_id = ? AND late = 1", []any{id}},
		{"UPDATE imports SET labelled = 0, done = 0, total = 0, phase = '', refused = " + count + "0), noted = " + count + "1) WHERE id = ?", []any{id}},
	})
	if err != nil {
		return fmt.Errorf("finish import: %w", err)
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
