//go:build !js

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// UndoAnswer takes back the answer that a person gave by the operation op: their answer before it counts again, or else the image
// is theirs to label again until a time. What it made of the image's label is taken back with it. Skipped is 1 where others have
// decided since: then all stays. An answer that was taken back before stays so. What is no answer is undone as UndoOf does.
func (s *Store) UndoAnswer(ctx context.Context, project, op, actor string, until time.Time, count Count) (domain.Operation, error) {
	var out domain.Operation
	other := false
	err := s.update(ctx, project, func(p projectRow) error {
		rows, err := collect(ctx, s.db, scanAssignment, "SELECT "+assignmentColumns+" FROM assignments WHERE project_id = ? AND op_id = ? AND holder = ?", project, clean(op), actor)
		if err != nil {
			return fmt.Errorf("find answer: %w", err)
		}
		if len(rows) == 0 {
			before, err := collect(ctx, s.db, scanString, "SELECT asset_id FROM votes WHERE id = ? AND project_id = ? AND actor = ?", back(op), project, actor)
			if other = err == nil && len(before) == 0; other || err != nil {
				return err
			}
			out = domain.Operation{ID: op, Kind: "label", At: s.now(), Undone: true}
			return nil
		}
		w := answering{s: s, p: p, row: rows[0], actor: actor, op: op, at: s.now(), count: count}
		out, err = w.undo(ctx, until)
		return err
	})
	if err == nil && other {
		return s.UndoOf(ctx, project, op, actor)
	}
	if err != nil {
		return domain.Operation{}, err
	}
	return out, nil
}

// back is the id of the event that takes the vote of an operation back.
func back(op string) string { return op + "/back" }

func (w *answering) undo(ctx context.Context, until time.Time) (domain.Operation, error) {
	if err := w.read(ctx, func(own domain.Asset) (domain.Label, error) { return own.Label, nil }); err != nil {
		return domain.Operation{}, err
	}
	before, label, err := w.before(ctx)
	if err != nil {
		return domain.Operation{}, err
	}
	reopen := Stmt{
		`UPDATE assignments SET done_at = 0, expires_at = ?, version = 0, op_id = '', label = '' WHERE id = ?`, []any{micros(until), w.row.id},
	}
	if before != "" {
		reopen = Stmt{
			`UPDATE assignments SET op_id = ?, label = ?, version = CASE WHEN version > 0 THEN (SELECT a.version FROM assets a WHERE a.id = asset_id) ELSE 0 END WHERE id = ?`,
			[]any{before, label.text, w.row.id},
		}
	}
	more := []Stmt{
		guard("moved", "EXISTS (SELECT 1 FROM assignments WHERE id = ? AND holder = ? AND op_id = ?)", w.row.id, w.actor, w.op),
		reopen, w.event(back(w.op), ""),
	}
	if w.row.round > 0 && w.row.wanted > 1 {
		return w.undoVote(ctx, label, more)
	}
	if w.row.round == 0 {
		return w.undone(ctx, "", label, more)
	}
	if w.row.version != w.cur.version {
		return w.told(ctx, 1)
	}
	return w.undone(ctx, w.op, label, more)
}

// kept is an answer with the text that it is kept as.
type kept struct {
	domain.Label
	text string
}

// before gives the answer that the person gave to this assignment before the one that is taken back; op is "" where there was none.
func (w *answering) before(ctx context.Context) (op string, label kept, err error) {
	type row struct{ id, text string }
	scan := func(r Rows) (v row, err error) {
		err = r.Scan(&v.id, &v.text)
		return v, err
	}
	rows, err := collect(ctx, w.s.db, scan, `SELECT v.id, v.label FROM votes v WHERE v.asset_id = ? AND v.project_id = ? AND v.round = ? AND v.actor = ? AND v.label <> '' AND v.id <> ?
		AND v.at >= ? AND NOT EXISTS (SELECT 1 FROM votes b WHERE b.id = v.id || '/back') ORDER BY v.at DESC, v.id DESC LIMIT 1`,
		w.row.asset, w.p.ID, w.row.round, w.actor, w.op, w.row.taken)
	if err != nil {
		return "", kept{}, fmt.Errorf("read votes: %w", err)
	}
	if len(rows) == 0 {
		return "", kept{Label: domain.Label{State: domain.StateUnlabelled}}, nil
	}
	label.text = rows[0].text
	label.Label, err = decodeLabel(label.text, 0)
	return rows[0].id, label, err
}

// undoVote takes a vote back. Where it had decided, with the others, the label that they came to is taken back too.
func (w *answering) undoVote(ctx context.Context, label kept, more []Stmt) (domain.Operation, error) {
	votes, err := w.votes(ctx)
	if err != nil {
		return domain.Operation{}, err
	}
	had := len(votes) + 1
	open, err := w.undecided(ctx)
	if err != nil {
		return domain.Operation{}, err
	}
	by := ""
	if int64(had) >= w.row.wanted && !open {
		mine, err := collect(ctx, w.s.db, scanInt, `SELECT COUNT(*) FROM operations o JOIN label_events e ON e.op_id = o.id
			WHERE o.id = ? AND o.undone = 0 AND e.asset_id = ? AND e.to_version = ?`, w.settling(), w.row.asset, w.cur.version)
		if err != nil {
			return domain.Operation{}, fmt.Errorf("find what the votes decided: %w", err)
		}
		if mine[0] == 0 {
			return w.told(ctx, 1)
		}
		by = w.settling()
	}
	if label.text != "" {
		votes = append(votes, label.Label)
	}
	_, agreement, _ := w.count(votes)
	return w.undone(ctx, by, label, append(more, w.ballot(len(votes), agreement, w.cur.version)))
}

// undone takes the answer back, with the operation of that id unless it is "".
func (w *answering) undone(ctx context.Context, op string, label kept, more []Stmt) (domain.Operation, error) {
	w.label = label.Label
	answer := func() (domain.Operation, error) {
		out, err := w.told(ctx, 0)
		out.Undone = true
		return out, err
	}
	if op != "" {
		rows, err := collect(ctx, w.s.db, scanOperation, "SELECT "+operationColumns+" FROM operations WHERE id = ? AND project_id = ? AND undone = 0", op, w.p.ID)
		if err != nil {
			return domain.Operation{}, fmt.Errorf("find operation: %w", err)
		}
		if len(rows) > 0 {
			if _, err := w.s.turnOperation(ctx, w.p, rows[0], true, more...); err != nil {
				return domain.Operation{}, err
			}
			return answer()
		}
	}
	batch, err := w.p.bump(w.p.Counts, w.p.assetSeq)
	if err != nil {
		return domain.Operation{}, err
	}
	if _, err := w.s.db.Batch(ctx, append(batch, more...)); err != nil {
		return domain.Operation{}, fmt.Errorf("take an answer back: %w", err)
	}
	w.s.moved(w.p, nil)
	return answer()
}
