package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// blobColumns are all columns that hold on to a blob.
var blobColumns = []struct{ table, column string }{
	{"assets", "sha256"},
	{"assets", "thumb_sha"},
	{"retained", "sha256"},
	{"exports", "sha256"},
	{"models", "sha256"},
	{"models", "head_sha"},
	{"clusterings", "sha256"},
}

// ReferencedBlobs gives the SHA-256 of every blob that a row names: images, thumbnails, exports, models and their heads, clusterings,
// and what settings hold on to (SetSetting). A bucket's other blobs are leftovers.
func (s *Store) ReferencedBlobs(ctx context.Context) ([]string, error) {
	selects := make([]string, len(blobColumns))
	for i, c := range blobColumns {
		selects[i] = "SELECT " + c.column + " AS sha FROM " + c.table
	}
	out, err := collect(ctx, s.db, scanString, "SELECT sha FROM ("+strings.Join(selects, " UNION ")+") AS named WHERE sha <> '' ORDER BY sha")
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	held, err := s.heldBySettings(ctx)
	return distinct(append(out, held...)), err
}

// free gives those of shas that no row names any more, and forgets their embeddings.
func (s *Store) free(ctx context.Context, shas []string) ([]string, error) {
	var conditions []string
	for _, c := range blobColumns {
		conditions = append(conditions, "NOT EXISTS (SELECT 1 FROM "+c.table+" WHERE "+c.table+"."+c.column+" = e.value)")
	}
	settings, err := s.heldBySettings(ctx)
	if err != nil {
		return nil, err
	}
	held := make(map[string]bool, len(settings))
	for _, sha := range settings {
		held[sha] = true
	}
	var freed []string
	err = chunks(distinct(shas), 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		if err != nil {
			return err
		}
		free, err := collect(ctx, s.db, scanString, "SELECT e.value FROM {strings} WHERE "+strings.Join(conditions, " AND "), text)
		if err != nil {
			return fmt.Errorf("find freed blobs: %w", err)
		}
		for _, sha := range free {
			if sha != "" && !held[sha] {
				freed = append(freed, sha)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return freed, chunks(freed, 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		if err == nil {
			_, err = s.db.Exec(ctx, "DELETE FROM embeddings WHERE sha256 IN (SELECT e.value FROM {strings})", text)
		}
		return err
	})
}

// DeleteAssets removes what f selects with its labels and their history, and gives the number, and the blobs that nobody
// needs any more. Images stay needed while the project has exports, whose downloads hold them.
func (s *Store) DeleteAssets(ctx context.Context, project string, f domain.Filter) (n int, freed []string, err error) {
	var shas []string
	err = s.update(ctx, project, func(p projectRow) error {
		n, shas, err = s.deleteAssets(ctx, p, f)
		return err
	})
	if err != nil || n == 0 {
		return 0, nil, err
	}
	freed, err = s.free(ctx, shas)
	return n, freed, err
}

func (s *Store) deleteAssets(ctx context.Context, p projectRow, f domain.Filter) (n int, shas []string, err error) {
	w, err := filtered(p.ID, f)
	if err != nil {
		return 0, nil, err
	}
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text(), w.args...)
	if err != nil || len(rows) == 0 {
		return 0, nil, err
	}
	counts := cloneCounts(p.Counts)
	ids := make([]string, len(rows))
	for i, a := range rows {
		tally(&counts, a.Label, -1)
		ids[i] = a.ID
		shas = append(shas, a.SHA256, a.ThumbSHA)
	}
	batch, err := p.bump(counts, p.assetSeq)
	if err != nil {
		return 0, nil, err
	}
	err = chunks(ids, 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		batch = append(batch,
			Stmt{`INSERT INTO retained (project_id, sha256) SELECT project_id, sha256 FROM assets
				WHERE id IN (SELECT e.value FROM {strings}) AND EXISTS (SELECT 1 FROM exports WHERE exports.project_id = assets.project_id)
				ON CONFLICT DO NOTHING`, []any{text}},
			Stmt{dropClasses, []any{text}},
			Stmt{"DELETE FROM label_events WHERE project_id = ? AND asset_id IN (SELECT e.value FROM {strings})", []any{p.ID, text}},
			Stmt{"DELETE FROM assets WHERE id IN (SELECT e.value FROM {strings})", []any{text}})
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return 0, nil, fmt.Errorf("delete assets: %w", err)
	}
	return len(rows), shas, nil
}

// DeleteProject removes a project with all it holds, and gives the blobs that nobody needs any more. The ledger of credits stays.
func (s *Store) DeleteProject(ctx context.Context, id string) (freed []string, err error) {
	var shas []string
	err = s.update(ctx, id, func(p projectRow) error {
		shas = nil
		for _, c := range blobColumns {
			some, err := collect(ctx, s.db, scanString, "SELECT "+c.column+" FROM "+c.table+" WHERE project_id = ?", id)
			if err != nil {
				return fmt.Errorf("list the project's blobs: %w", err)
			}
			shas = append(shas, some...)
		}
		batch, err := p.bump(domain.Counts{}, p.assetSeq)
		if err != nil {
			return err
		}
		batch = append(batch, Stmt{"DELETE FROM import_lines WHERE import_id IN (SELECT id FROM imports WHERE project_id = ?)", []any{id}})
		for _, table := range []string{"label_classes", "label_events", "operations", "assets", "retained", "exports", "models", "clusterings", "jobs", "imports"} {
			batch = append(batch, Stmt{"DELETE FROM " + table + " WHERE project_id = ?", []any{id}})
		}
		batch = append(batch, Stmt{"DELETE FROM projects WHERE id = ?", []any{id}})
		if _, err := s.db.Batch(ctx, batch); err != nil {
			return fmt.Errorf("delete project: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.free(ctx, shas)
}
