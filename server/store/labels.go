package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// maxShown is how many of its assets an operation is answered with.
const maxShown = 200

// WriteLabels writes one user action: its changes are kept all or none, in one batch, and undone together. The answer holds
// at most 200 of the changed assets as they are now. A label that says the same already is not written. Errors: CodeNotFound
// (project or asset), CodeInvalid (a label that the project cannot hold), CodeConflict (Change.IfRev); their Field is changes[i].
func (s *Store) WriteLabels(ctx context.Context, project string, w LabelWrite) (domain.Operation, error) {
	if len(w.Changes) <= groupChanges && !tells(ctx) {
		return s.writeInGroup(ctx, project, w)
	}
	var op domain.Operation
	err := s.update(ctx, project, func(p projectRow) (err error) {
		op, err = s.writeLabels(ctx, p, w)
		return err
	})
	if err != nil {
		return domain.Operation{}, err
	}
	return op, nil
}

// openLabels opens the operation of w; again tells that it was written before and nothing is to be done.
func (s *Store) openLabels(ctx context.Context, p projectRow, w LabelWrite) (o openedOperation, again bool, err error) {
	if o, err = s.openOperation(ctx, p, w); err != nil {
		return o, false, err
	}
	if o.exists && w.Append && (o.row.Kind == "label" || o.row.Kind == "bulk") && o.row.actor != clean(w.Actor) {
		return o, false, domain.Errorf(domain.CodeConflict, "The operation %q is somebody else's. Make a new one.", w.OpID).In("op")
	}
	return o, o.exists && !w.Append, nil
}

func (s *Store) writeLabels(ctx context.Context, p projectRow, w LabelWrite) (domain.Operation, error) {
	o, again, err := s.openLabels(ctx, p, w)
	if err != nil {
		return domain.Operation{}, err
	}
	if again {
		return s.shown(ctx, o.row, o.row.Changed, nil)
	}
	edits, skipped, err := s.plan(ctx, p, w, o.at)
	if err != nil {
		return domain.Operation{}, err
	}
	o.row.Skipped += skipped
	o.row.Changed += len(edits)
	if len(edits) > 0 || w.OpID != "" {
		if err := s.commitEdits(ctx, p, o, edits); err != nil {
			return domain.Operation{}, err
		}
	}
	return s.shown(ctx, o.row, o.row.Changed, edits)
}

// commitEdits writes operation and edits in one batch.
func (s *Store) commitEdits(ctx context.Context, p projectRow, o openedOperation, edits []edit) error {
	batch, err := p.bump(talliedEdits(p.Counts, edits), p.assetSeq)
	if err != nil {
		return err
	}
	stmts, err := editStmts(p, o, edits)
	if err != nil {
		return err
	}
	if _, err = s.db.Batch(ctx, append(batch, stmts...)); err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	s.moved(p, edits)
	return nil
}

// editStmts keep operation and edits, behind the bump of p.
func editStmts(p projectRow, o openedOperation, edits []edit) ([]Stmt, error) {
	batch := o.stmts(p, len(edits))
	batch = append(batch, hourStmts(p.ID, o.row.Kind, o.row.At, edits, false)...)
	labels, err := labelStmts(p.ID, o.row.ID, o.at, edits)
	return append(batch, labels...), err
}

// plan gives the edits that w asks for, in the order of its changes, one an asset.
func (s *Store) plan(ctx context.Context, p projectRow, w LabelWrite, at time.Time) (edits []edit, skipped int, err error) {
	ids := make([]string, len(w.Changes))
	for i, c := range w.Changes {
		ids[i] = c.AssetID
	}
	now, err := s.currentLabels(ctx, p.ID, ids)
	if err != nil {
		return nil, 0, err
	}
	return p.plan(w, at, now)
}

// plan is Store.plan from labels that were read before.
func (p projectRow) plan(w LabelWrite, at time.Time, now map[string]current) (edits []edit, skipped int, err error) {
	place := make(map[string]int, len(w.Changes))
	for i, c := range w.Changes {
		field := fmt.Sprintf("changes[%d]", i)
		cur, ok := now[c.AssetID]
		if !ok && w.SkipConflicts {
			skipped++
			continue
		}
		if !ok {
			return nil, 0, domain.Errorf(domain.CodeNotFound, "There is no asset %q in this project. It may have been deleted.", c.AssetID).In(field)
		}
		if c.IfRev != nil && *c.IfRev != cur.label.Rev {
			if w.SkipConflicts {
				skipped++
				continue
			}
			return nil, 0, domain.Errorf(domain.CodeConflict,
				"The label of asset %q was changed meanwhile (rev %d, not %d). Look at it again.", c.AssetID, cur.label.Rev, *c.IfRev).In(field)
		}
		if c.Label.Actor == "" {
			c.Label.Actor = w.Actor
		}
		label, problem := p.normal(c.Label, cur.width, cur.height)
		if problem != nil {
			return nil, 0, within(problem, field)
		}
		e := edit{asset: c.AssetID, before: cur.versioned, after: versioned{label, p.labelSeq + 1}, effort: c.Effort}.next(at)
		if k, again := place[c.AssetID]; again {
			edits[k] = e
			continue
		}
		place[c.AssetID] = len(edits)
		edits = append(edits, e)
	}
	changed := make([]edit, 0, len(edits))
	for _, e := range edits {
		if !domain.SameLabel(e.before.label, e.after.label) {
			changed = append(changed, e)
		}
	}
	return changed, skipped, nil
}

// within names the change that a problem is in, keeping the field in it.
func within(p *domain.Problem, change string) *domain.Problem {
	if p.Field != "" {
		change += "." + p.Field
	}
	return p.In(change)
}

// current is an asset's label, and the size of its image in pixels.
type current struct {
	versioned
	width, height int
}

// currentLabels gives the labels of the assets of ids that project has.
func (s *Store) currentLabels(ctx context.Context, project string, ids []string) (map[string]current, error) {
	type row struct {
		id string
		current
	}
	scan := func(r Rows) (out row, err error) {
		var text string
		var rev int64
		if err = r.Scan(&out.id, &text, &rev, &out.version, &out.width, &out.height); err == nil {
			out.label, err = decodeLabel(text, rev)
		}
		return out, err
	}
	out := make(map[string]current, len(ids))
	err := chunks(ids, 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		if err != nil {
			return err
		}
		rows, err := collect(ctx, s.db, scan, `SELECT id, label, rev, version, width, height FROM assets
			WHERE project_id = ? AND id IN (SELECT e.value FROM {strings})`, project, text)
		for _, r := range rows {
			out[r.id] = r.current
		}
		return err
	})
	return out, err
}

// shown is row with changed and the assets of edits, or of row's own history where edits is nil, as they are now.
func (s *Store) shown(ctx context.Context, row operationRow, changed int, edits []edit) (domain.Operation, error) {
	op := row.Operation
	op.Changed = changed
	var ids []string
	if edits == nil && changed > 0 {
		var err error
		ids, err = collect(ctx, s.db, scanString, `SELECT asset_id FROM label_events WHERE op_id = ?
			GROUP BY asset_id ORDER BY asset_id LIMIT ?`, row.ID, int64(maxShown))
		if err != nil {
			return op, fmt.Errorf("read operation: %w", err)
		}
	}
	for _, e := range edits[:min(len(edits), maxShown)] {
		ids = append(ids, e.asset)
	}
	byID, err := s.assetsByID(ctx, row.project, ids)
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			op.Assets = append(op.Assets, a)
		}
	}
	return op, err
}
