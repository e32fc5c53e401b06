package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

type blobColumn struct{ table, column string }

// maxUnion is how many selects D1 takes in one union.
const maxUnion = 5

// blobColumns are all columns that hold on to a blob.
var blobColumns = []blobColumn{
	{"assets", "sha256"},
	{"assets", "thumb_sha"},
	{"trash", "sha256"},
	{"trash", "thumb_sha"},
	{"retained", "sha256"},
	{"exports", "sha256"},
	{"models", "sha256"},
	{"models", "head_sha"},
	{"clusterings", "sha256"},
	{"maps", "sha256"},
	{"jobs", "checkpoint"},
}

// ReferencedBlobs gives the SHA-256 of every blob that a row names: images, thumbnails, those in the trash too, exports, models and their heads, clusterings, maps, checkpoints,
// and what settings hold on to (SetSetting). A bucket's other blobs are leftovers.
func (s *Store) ReferencedBlobs(ctx context.Context) ([]string, error) {
	// One statement, so that no blob is missed whose name moves from a table to another; D1 takes five selects in a union.
	var unions []string
	_ = chunks(blobColumns, maxUnion, func(columns []blobColumn) error {
		selects := make([]string, len(columns))
		for i, c := range columns {
			selects[i] = "SELECT " + c.column + " AS sha FROM " + c.table
		}
		unions = append(unions, "SELECT sha FROM ("+strings.Join(selects, " UNION ")+fmt.Sprintf(") AS some%d", len(unions)))
		return nil
	})
	out, err := collect(ctx, s.db, scanString, "SELECT sha FROM ("+strings.Join(unions, " UNION ")+") AS named WHERE sha <> '' ORDER BY sha")
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
		for _, table := range []string{"label_classes", "label_events", "label_hours", "operations", "comments", "assets", "trash", "deletions", "saved_filters", "retained", "exports", "models", "clusterings", "maps", "jobs", "imports", "assignments", "ballots", "votes", "gold", "spot_checks", "picks"} {
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
