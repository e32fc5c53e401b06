//go:build !js

package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// RepairBalance makes the balance of a workspace what the entries of its ledger add up to. CodeConflict where that is less than
// nothing: then entries are missing.
func (s *Store) RepairBalance(ctx context.Context, workspace string) error {
	_, err := s.db.Batch(ctx, []Stmt{{`UPDATE balances SET n = (SELECT COALESCE(SUM(c.amount), 0) FROM credits c WHERE c.workspace_id = balances.workspace_id)
		WHERE workspace_id = ?`, []any{workspace}}})
	if tripped(err, "no_credits") {
		return domain.Errorf(domain.CodeConflict, "The ledger of the workspace %q adds up to less than nothing.", workspace)
	}
	if err != nil {
		return fmt.Errorf("repair balance: %w", err)
	}
	return nil
}

// RepairComments counts the comments and the open threads of an image anew.
func (s *Store) RepairComments(ctx context.Context, asset string) error {
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE projects SET label_seq = label_seq + 1 WHERE id = (SELECT project_id FROM assets WHERE id = ?)", []any{asset}},
		{`UPDATE assets SET comments = (SELECT COUNT(*) FROM comments c WHERE c.project_id = assets.project_id AND c.asset_id = assets.id),
			open_threads = (SELECT COUNT(*) FROM comments c WHERE c.project_id = assets.project_id AND c.asset_id = assets.id AND c.thread = c.id AND c.resolved_at = 0),
			touched = (SELECT p.label_seq FROM projects p WHERE p.id = assets.project_id) WHERE id = ?`, []any{asset}},
	})
	if err != nil {
		return fmt.Errorf("repair comments: %w", err)
	}
	return nil
}

// Pictured gives the digest of an image whose thumbnail is a blob, deleted ones too; "" where it is nobody's thumbnail, or the blob
// is something else as well.
func (s *Store) Pictured(ctx context.Context, thumb string) (sha string, err error) {
	for _, c := range blobColumns {
		if c.column == "thumb_sha" {
			continue
		}
		n, err := collect(ctx, s.db, scanInt, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s = ?", c.table, c.column), thumb)
		if err != nil {
			return "", fmt.Errorf("find what a blob is: %w", err)
		}
		if n[0] > 0 {
			return "", nil
		}
	}
	list, err := collect(ctx, s.db, scanString, "SELECT sha256 FROM assets WHERE thumb_sha = ? UNION SELECT sha256 FROM trash WHERE thumb_sha = ?", thumb, thumb)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// SetThumb names another blob as the thumbnail of all images that have the blob was.
func (s *Store) SetThumb(ctx context.Context, was, is string) error {
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE assets SET thumb_sha = ? WHERE thumb_sha = ?", []any{is, was}},
		{"UPDATE trash SET thumb_sha = ? WHERE thumb_sha = ?", []any{is, was}},
	})
	if err != nil {
		return fmt.Errorf("keep a thumbnail: %w", err)
	}
	return nil
}
