package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// States of operations.undone.
const (
	notUndone  = 0
	redoable   = 1
	undoneGood = 2
)

// operationRow is an operation as it is kept.
type operationRow struct {
	domain.Operation
	project string
	actor   string
	undone  int64
	detail  string // of what changed the project itself: structure as JSON
}

const operationColumns = "id, project_id, kind, actor, changed, skipped, at, undone, detail"

func scanOperation(r Rows) (o operationRow, err error) {
	var at int64
	err = r.Scan(&o.ID, &o.project, &o.Kind, &o.actor, &o.Changed, &o.Skipped, &at, &o.undone, &o.detail)
	o.At, o.Undone = fromMicros(at), o.undone != notUndone
	return o, err
}

// openedOperation is the operation that a write goes into, new or (exists) kept already.
type openedOperation struct {
	row    operationRow
	exists bool
	at     time.Time
}

func (s *Store) openOperation(ctx context.Context, p projectRow, w LabelWrite) (openedOperation, error) {
	now := s.now()
	o := openedOperation{at: now, row: operationRow{
		Operation: domain.Operation{ID: clean(w.OpID), Kind: w.Kind, At: now}, project: p.ID, actor: clean(w.Actor),
	}}
	switch w.Kind {
	case "label", "bulk", "apply", "import", kindDelete, kindTask, kindMerge, kindMove:
	case "":
		o.row.Kind = "label"
	default:
		return o, domain.Errorf(domain.CodeInvalid, "The kind %q of an operation is not known. Use label, bulk, apply or import.", w.Kind).In("kind")
	}
	if w.OpID == "" {
		o.row.ID = NewID()
		return o, nil
	}
	if len(w.OpID) > 100 {
		return o, domain.Errorf(domain.CodeInvalid, "An operation's id has at most 100 bytes.").In("op")
	}
	rows, err := collect(ctx, s.db, scanOperation, "SELECT "+operationColumns+" FROM operations WHERE id = ?", o.row.ID)
	if err != nil {
		return o, fmt.Errorf("read operation: %w", err)
	}
	if len(rows) == 0 {
		return o, nil
	}
	if rows[0].project != p.ID {
		return o, domain.Errorf(domain.CodeConflict, "The operation id %q belongs to another project. Make a new one.", w.OpID).In("op")
	}
	o.row, o.exists = rows[0], true
	return o, nil
}

// stmts keeps the operation after a write of n edits; the write clears its actor's list of redos unless it changed nothing.
func (o openedOperation) stmts(p projectRow, n int) []Stmt {
	var out []Stmt
	if n > 0 {
		out = append(out, Stmt{
			"UPDATE operations SET undone = ? WHERE project_id = ? AND undone = ? AND (actor = ? OR actor = '')",
			[]any{int64(undoneGood), p.ID, int64(redoable), o.row.actor},
		})
	}
	if !o.exists {
		return append(out, insertOperation(p, o.row, o.at, ""))
	}
	if n > 0 { // what joins an undone operation can be undone again
		o.row.undone = notUndone
	}
	return append(out, Stmt{
		"UPDATE operations SET changed = ?, skipped = ?, undone = ? WHERE id = ?",
		[]any{int64(o.row.Changed), int64(o.row.Skipped), o.row.undone, o.row.ID},
	})
}

func insertOperation(p projectRow, row operationRow, at time.Time, of string) Stmt {
	return Stmt{
		`INSERT INTO operations (id, project_id, seq, kind, actor, changed, skipped, at, undone, undone_seq, of_op, detail)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)`,
		[]any{row.ID, p.ID, p.labelSeq + 1, row.Kind, row.actor, int64(row.Changed), int64(row.Skipped), micros(at), of, row.detail},
	}
}

// Operations lists the newest operations of a project that can be, or were, undone, newest first; limit is 1..1000, 50 when 0.
// Their Assets are left out.
func (s *Store) Operations(ctx context.Context, project string, limit int) ([]domain.Operation, error) {
	if limit == 0 {
		limit = 50
	}
	if limit < 1 || limit > 1000 {
		return nil, domain.Errorf(domain.CodeInvalid, "The limit %d is not between 1 and 1000.", limit).In("limit")
	}
	rows, err := collect(ctx, s.db, scanOperation, "SELECT "+operationColumns+` FROM operations
		WHERE project_id = ? AND of_op = '' AND changed > 0 ORDER BY seq DESC LIMIT ?`, project, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list operations: %w", err)
	}
	out := make([]domain.Operation, len(rows))
	for i, r := range rows {
		out[i] = r.Operation
	}
	return out, nil
}
