package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Undo takes back operation op, or the newest one that is not undone when op is "" (CodeNotFound when there is none). Labels
// that somebody has changed since, or that the project's task cannot hold any more, stay as they are and are counted in Skipped. A
// deletion's assets come back. What changed the project itself is undone by UndoChange alone. The answer is the operation with Undone set;
// its Changed is how many labels went back. Undoing what is undone already changes nothing.
func (s *Store) Undo(ctx context.Context, project, op string) (domain.Operation, error) {
	return s.UndoOf(ctx, project, op, "")
}

// UndoOf is Undo among what actor did; of anybody when actor is "". An operation that is named and somebody else's is
// CodeForbidden.
func (s *Store) UndoOf(ctx context.Context, project, op, actor string) (domain.Operation, error) {
	if op != "" {
		return s.turn(ctx, project, actor, "project_id = ? AND of_op = '' AND detail = '' AND id = ?", []any{project, op}, true)
	}
	return s.turn(ctx, project, actor, `project_id = ? AND of_op = '' AND detail = '' AND undone = 0 AND changed > 0
		AND (? = '' OR actor = ?) ORDER BY seq DESC LIMIT 1`, []any{project, actor, actor}, true)
}

// Redo applies the operation that was undone last again (CodeNotFound when there is none; a new write of labels leaves none).
// Labels that somebody has changed since its undo stay as they are and are counted in Skipped.
func (s *Store) Redo(ctx context.Context, project string) (domain.Operation, error) {
	return s.RedoOf(ctx, project, "")
}

// RedoOf is Redo among what actor did; of anybody when actor is "".
func (s *Store) RedoOf(ctx context.Context, project, actor string) (domain.Operation, error) {
	return s.turn(ctx, project, actor, "project_id = ? AND detail = '' AND undone = 1 AND (? = '' OR actor = ?) ORDER BY undone_seq DESC LIMIT 1",
		[]any{project, actor, actor}, false)
}

// turn undoes (back) or redoes the operation that where selects, unless actor is somebody and it is another's.
func (s *Store) turn(ctx context.Context, project, actor, where string, args []any, back bool) (domain.Operation, error) {
	var op domain.Operation
	err := s.update(ctx, project, func(p projectRow) error {
		rows, err := collect(ctx, s.db, scanOperation, "SELECT "+operationColumns+" FROM operations WHERE "+where, args...)
		if err != nil {
			return fmt.Errorf("find operation: %w", err)
		}
		if len(rows) == 0 {
			return nothingTo(back)
		}
		row := rows[0]
		if actor != "" && row.actor != actor {
			return domain.Errorf(domain.CodeForbidden, "This was done by somebody else. Ask them, or a reviewer, to take it back.").In("op")
		}
		if back && row.Undone {
			op, err = s.shown(ctx, row, 0, nil)
			return err
		}
		if row.Kind == kindDelete {
			op, err = s.turnDeletion(ctx, p, row, back)
			return err
		}
		op, err = s.turnOperation(ctx, p, row, back)
		return err
	})
	if err != nil {
		return domain.Operation{}, err
	}
	return op, nil
}

func nothingTo(back bool) error {
	if back {
		return domain.Errorf(domain.CodeNotFound, "There is nothing to undo in this project.")
	}
	return domain.Errorf(domain.CodeNotFound, "There is nothing to redo in this project.")
}

// turnOperation undoes or redoes row, with more in the same batch.
func (s *Store) turnOperation(ctx context.Context, p projectRow, row operationRow, back bool, more ...Stmt) (domain.Operation, error) {
	now := s.now()
	events, err := s.events(ctx, row.ID)
	if err != nil {
		return domain.Operation{}, err
	}
	edits, skipped, err := retrace(events, back)
	if err != nil {
		return domain.Operation{}, err
	}
	after, err := p.turned(row, back)
	if err != nil {
		return domain.Operation{}, err
	}
	edits, unfit := fitting(edits, after.Task)
	skipped += unfit
	if err := s.leavesNone(ctx, p, after.Task, edits); err != nil {
		return domain.Operation{}, err
	}
	for i := range edits {
		edits[i] = edits[i].next(now)
	}
	kind, undone := "redo", int64(notUndone)
	if back {
		kind, undone = "undo", redoable
	}
	turned := operationRow{Operation: domain.Operation{ID: NewID(), Kind: kind, Changed: len(edits), Skipped: skipped}, actor: domain.ActorOf(ctx).ID}
	batch, err := p.bump(talliedEdits(p.Counts, edits), p.assetSeq)
	if err != nil {
		return domain.Operation{}, err
	}
	batch = append(batch,
		insertOperation(p, turned, now, row.ID),
		Stmt{"UPDATE operations SET undone = ?, undone_seq = ? WHERE id = ?", []any{undone, p.labelSeq + 1, row.ID}})
	batch = append(batch, hourStmts(p.ID, row.Kind, row.At, edits, back)...)
	if row.detail != "" {
		reshaped, err := p.reshape(after)
		if err != nil {
			return domain.Operation{}, err
		}
		batch = append(batch, reshaped...)
	}
	labels, err := labelStmts(p.ID, turned.ID, now, edits)
	if err != nil {
		return domain.Operation{}, err
	}
	if _, err := s.db.Batch(ctx, append(append(batch, labels...), more...)); err != nil {
		return domain.Operation{}, fmt.Errorf("%s operation: %w", kind, err)
	}
	if row.detail == "" { // else whoever watches finds another sequence than it knows, and reads the project anew
		s.moved(p, edits)
	}
	row.Undone, row.Skipped = back, skipped
	if edits == nil {
		edits = []edit{}
	}
	return s.shown(ctx, row, len(edits), edits)
}

// event is one row of an operation's history beside the label that its asset has now.
type event struct {
	asset         string
	before, after string // labels as they are kept
	from, to      int64  // their versions
	now           string
	rev, version  int64
}

// events reads an operation's history, oldest first by asset. Assets that were deleted are left out.
func (s *Store) events(ctx context.Context, op string) ([]event, error) {
	scan := func(r Rows) (e event, err error) {
		err = r.Scan(&e.asset, &e.before, &e.after, &e.from, &e.to, &e.now, &e.rev, &e.version)
		return e, err
	}
	out, err := collect(ctx, s.db, scan, `SELECT v.asset_id, v.before, v.after, v.from_version, v.to_version, a.label, a.rev, a.version
		FROM label_events v JOIN assets a ON a.id = v.asset_id WHERE v.op_id = ? ORDER BY v.asset_id, v.to_version`, op)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return out, nil
}

// retrace goes through the events of each asset, backwards from what they led to or forwards from what they began with, as
// far as the versions follow on each other from the one that the asset has now: where they do not, somebody else's write
// lies between, and stays.
func retrace(events []event, back bool) (edits []edit, skipped int, err error) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].asset == events[0].asset {
			n++
		}
		own := events[:n]
		events = events[n:]
		e := own[0]
		now, err := decodeLabel(e.now, e.rev)
		if err != nil {
			return nil, 0, err
		}
		version, text, there := e.version, e.now, false
		if back {
			slices.Reverse(own)
		}
		for _, e := range own {
			from, to, label := e.from, e.to, e.after
			if back {
				from, to, label = e.to, e.from, e.before
			}
			there = there || e.version == to
			if version == from {
				version, text = to, label
			}
		}
		if version == e.version {
			if !there {
				skipped++
			}
			continue
		}
		label, err := decodeLabel(text, 0)
		if err != nil {
			return nil, 0, err
		}
		edits = append(edits, edit{asset: e.asset, before: versioned{now, e.version}, after: versioned{label, version}})
	}
	return edits, skipped, nil
}
