package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// kindDelete is the kind of operations that delete assets.
const kindDelete = "delete"

// storedColumns are all columns of assets; trash has the same, and the time of the deletion.
const storedColumns = `id, project_id, seq, name, fold, sha256, thumb_sha, format, width, height, orientation, bytes, dhash, split,
	created_at, state, source, uncertain, model_id, rev, version, label, flag, comments, open_threads, verdict,
	sharp, light, shade, contrast`

// DeleteAssets moves what f selects into the trash, as one operation of id op ("" makes one) that Undo takes back. An op that
// was done before answers what it did. The answer's Changed is the number of assets. Of what only a deletion knows, the
// classes of labels are listed no more; labels and their history come back with the assets.
func (s *Store) DeleteAssets(ctx context.Context, project string, f domain.Filter, op, actor string) (domain.Operation, error) {
	var out domain.Operation
	err := s.update(ctx, project, func(p projectRow) error {
		o, err := s.openOperation(ctx, p, LabelWrite{OpID: op, Kind: kindDelete, Actor: actor})
		if err != nil {
			return err
		}
		out = o.row.Operation
		if o.exists {
			return nil
		}
		w, err := s.filtered(ctx, p.ID, f)
		if err != nil {
			return err
		}
		rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text(), w.args...)
		if err != nil || len(rows) == 0 {
			return err
		}
		o.row.Changed = len(rows)
		out = o.row.Operation
		batch, err := p.discard(rows, o.row.ID, o.at)
		if err != nil {
			return err
		}
		batch = append(batch, o.stmts(p, len(rows))...)
		if _, err := s.db.Batch(ctx, batch); err != nil {
			return fmt.Errorf("delete assets: %w", err)
		}
		return nil
	})
	if err != nil {
		return domain.Operation{}, err
	}
	return out, nil
}

// discard is the batch that moves rows into the trash under the operation op.
func (p projectRow) discard(rows []assetRow, op string, at time.Time) ([]Stmt, error) {
	counts := cloneCounts(p.Counts)
	ids := make([]string, len(rows))
	for i, a := range rows {
		tallyAsset(&counts, a.Asset, -1)
		ids[i] = a.ID
	}
	batch, err := p.bump(counts, p.assetSeq)
	if err != nil {
		return nil, err
	}
	err = chunks(ids, 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		batch = append(batch,
			Stmt{`INSERT INTO retained (project_id, sha256) SELECT project_id, sha256 FROM assets
				WHERE id IN (SELECT e.value FROM {strings}) AND EXISTS (SELECT 1 FROM exports WHERE exports.project_id = assets.project_id)
				ON CONFLICT DO NOTHING`, []any{text}},
			Stmt{dropClasses, []any{text}},
			Stmt{
				"INSERT INTO deletions (op_id, asset_id, project_id) SELECT CAST(? AS TEXT), e.value, CAST(? AS TEXT) FROM {strings} WHERE 1 = 1 ON CONFLICT DO NOTHING",
				[]any{op, p.ID, text},
			},
			Stmt{
				"INSERT INTO trash (" + storedColumns + ", at, touched) SELECT " + storedColumns + ", CAST(? AS BIGINT), CAST(? AS BIGINT) FROM assets WHERE id IN (SELECT e.value FROM {strings})",
				[]any{micros(at), p.labelSeq + 1, text},
			},
			Stmt{"DELETE FROM assets WHERE id IN (SELECT e.value FROM {strings})", []any{text}})
		return err
	})
	return batch, err
}

// turnDeletion brings the assets of a deletion back (back), or deletes them once more. What cannot come back, because the
// same image was added again or the trash was emptied, is counted in Skipped.
func (s *Store) turnDeletion(ctx context.Context, p projectRow, row operationRow, back bool) (domain.Operation, error) {
	from := "assets"
	if back {
		from = "trash"
	}
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM "+from+` a
		JOIN deletions d ON d.asset_id = a.id WHERE d.op_id = ? ORDER BY a.seq`, row.ID)
	if err != nil {
		return domain.Operation{}, fmt.Errorf("read deletion: %w", err)
	}
	now := s.now()
	var batch []Stmt
	var mended []edit
	kind, undone := "redo", int64(notUndone)
	if back {
		kind, undone = "undo", redoable
		if rows, err = s.restorable(ctx, p, rows); err == nil {
			mended = p.settled(rows, now)
			batch, err = p.restore(rows)
		}
	} else {
		batch, err = p.discard(rows, row.ID, now)
	}
	if err != nil {
		return domain.Operation{}, err
	}
	skipped := max(row.Changed-len(rows), 0)
	turned := operationRow{Operation: domain.Operation{ID: NewID(), Kind: kind, Changed: len(rows), Skipped: skipped}, actor: row.actor}
	batch = append(batch,
		insertOperation(p, turned, now, row.ID),
		Stmt{"UPDATE operations SET undone = ?, undone_seq = ? WHERE id = ?", []any{undone, p.labelSeq + 1, row.ID}})
	if len(mended) > 0 {
		labels, err := labelStmts(p.ID, turned.ID, now, mended)
		if err != nil {
			return domain.Operation{}, err
		}
		batch = append(batch, labels...)
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return domain.Operation{}, fmt.Errorf("%s deletion: %w", kind, err)
	}
	out := row.Operation
	out.Undone, out.Changed, out.Skipped = back, len(rows), skipped
	return out, nil
}

// restorable are those of rows whose image nobody has added again.
func (s *Store) restorable(ctx context.Context, p projectRow, rows []assetRow) ([]assetRow, error) {
	shas := make([]string, len(rows))
	for i, a := range rows {
		shas[i] = a.SHA256
	}
	again, err := s.AssetsBySHA(ctx, p.ID, shas)
	if err != nil || len(again) == 0 {
		return rows, err
	}
	kept := rows[:0]
	for _, a := range rows {
		if _, there := again[a.SHA256]; !there {
			kept = append(kept, a)
			again[a.SHA256] = a.Asset
		}
	}
	return kept, nil
}

// restore is the batch that brings rows back from the trash.
func (p projectRow) restore(rows []assetRow) ([]Stmt, error) {
	counts := cloneCounts(p.Counts)
	ids, edits := make([]string, len(rows)), make([]edit, len(rows))
	for i, a := range rows {
		tallyAsset(&counts, a.Asset, 1)
		ids[i], edits[i] = a.ID, edit{asset: a.ID, after: versioned{label: a.Label}}
	}
	batch, err := p.bump(counts, p.assetSeq)
	if err != nil {
		return nil, err
	}
	err = chunks(ids, 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		batch = append(batch,
			Stmt{
				"INSERT INTO assets (" + storedColumns + ", touched) SELECT " + storedColumns + ", CAST(? AS BIGINT) FROM trash WHERE id IN (SELECT e.value FROM {strings})",
				[]any{p.labelSeq + 1, text},
			},
			Stmt{"DELETE FROM trash WHERE id IN (SELECT e.value FROM {strings})", []any{text}})
		return err
	})
	if err != nil {
		return nil, err
	}
	classes, err := classStmts(p.ID, edits)
	return append(batch, classes...), err
}

// Trash tells what deletions of a project could still be taken back.
func (s *Store) Trash(ctx context.Context, project string) (domain.Trash, error) {
	return one(ctx, s.db, "project", project, func(r Rows) (t domain.Trash, err error) {
		err = r.Scan(&t.Images, &t.Bytes)
		return t, err
	}, "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM trash WHERE project_id = ?", project)
}

// EmptyTrash removes what was deleted from a project (from all where project is "") before a time, for good, with its
// history, and gives the number and the blobs that nobody needs any more.
func (s *Store) EmptyTrash(ctx context.Context, project string, before time.Time) (n int, freed []string, err error) {
	type row struct{ id, sha, thumb string }
	where, args := "at < ?", []any{micros(before)}
	if project != "" {
		where, args = "project_id = ? AND "+where, append([]any{project}, args...)
	}
	rows, err := collect(ctx, s.db, func(r Rows) (v row, err error) {
		err = r.Scan(&v.id, &v.sha, &v.thumb)
		return v, err
	}, "SELECT id, sha256, thumb_sha FROM trash WHERE "+where, args...)
	if err != nil || len(rows) == 0 {
		return 0, nil, err
	}
	var shas []string
	err = chunks(rows, 4*rowsPerStmt, func(part []row) error {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i] = r.id
			shas = append(shas, r.sha, r.thumb)
		}
		text, err := jsonText(ids)
		if err != nil {
			return err
		}
		// What came back in between is in no trash any more, and stays.
		const gone = "(SELECT t.id FROM trash t WHERE t.id IN (SELECT e.value FROM {strings}))"
		changed, err := s.db.Batch(ctx, []Stmt{
			{"DELETE FROM label_events WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM comments WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM assignments WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM ballots WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM votes WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM gold WHERE asset_id IN " + gone, []any{text}},
			{"UPDATE operations SET changed = 0 WHERE kind = 'delete' AND id IN (SELECT d.op_id FROM deletions d WHERE d.asset_id IN " + gone + ")", []any{text}},
			{"DELETE FROM deletions WHERE asset_id IN " + gone, []any{text}},
			{"DELETE FROM trash WHERE id IN (SELECT e.value FROM {strings})", []any{text}},
		})
		if err == nil {
			n += int(changed[len(changed)-1])
		}
		return err
	})
	if err != nil {
		return n, nil, fmt.Errorf("empty trash: %w", err)
	}
	freed, err = s.free(ctx, shas)
	return n, freed, err
}
