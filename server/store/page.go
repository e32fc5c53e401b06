package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// newest gives one page of query, which ends in a condition, the newest first: what comes behind cursor ("" the first page), at most
// limit rows. more tells that there are others. Its table has created_at and id.
func newest[T any](ctx context.Context, db DB, scan func(Rows) (T, error), cursor string, limit int, query string, args ...any) (page []T, more bool, err error) {
	if cursor != "" {
		at, id, err := domain.ParseListCursor(cursor)
		if err != nil {
			return nil, false, err
		}
		query += " AND (created_at < ? OR created_at = ? AND id < ?)"
		args = append(args, at, at, id)
	}
	page, err = collect(ctx, db, scan, query+" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, int64(limit+1))...)
	if err != nil {
		return nil, false, fmt.Errorf("read a page: %w", err)
	}
	return page[:min(len(page), limit)], len(page) > limit, nil
}

// ProjectsPage gives one page of all projects, the newest first.
func (s *Store) ProjectsPage(ctx context.Context, cursor string, limit int) (page []domain.Project, more bool, err error) {
	rows, more, err := newest(ctx, s.db, scanProject, cursor, limit, "SELECT "+projectColumns+" FROM projects WHERE 1 = 1")
	page = make([]domain.Project, len(rows))
	for i, r := range rows {
		page[i] = r.Project
	}
	return page, more, err
}

// ExportsPage gives one page of Exports.
func (s *Store) ExportsPage(ctx context.Context, project, cursor string, limit int) (page []domain.Export, more bool, err error) {
	return newest(ctx, s.db, scanJSON[domain.Export], cursor, limit, "SELECT data FROM exports WHERE project_id = ?", project)
}

// ClusteringsPage gives one page of Clusterings.
func (s *Store) ClusteringsPage(ctx context.Context, project, cursor string, limit int) (page []ClusteringRecord, more bool, err error) {
	return newest(ctx, s.db, scanClustering, cursor, limit, "SELECT sha256, data FROM clusterings WHERE project_id = ?", project)
}

// ModelsPage gives one page of Models; cursor is the version of the last model before it, "" for the first page.
func (s *Store) ModelsPage(ctx context.Context, project, cursor string, limit int) (page []ModelRecord, more bool, err error) {
	below := int64(maxExact)
	if cursor != "" {
		if below, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return nil, false, domain.Errorf(domain.CodeInvalid, "The cursor %q is not the version of a model.", cursor).In("cursor")
		}
	}
	page, err = collect(ctx, s.db, scanModel, "SELECT data, head_sha, '' FROM models WHERE project_id = ? AND version < ? ORDER BY version DESC LIMIT ?",
		project, below, int64(limit+1))
	if err != nil {
		return nil, false, fmt.Errorf("read models: %w", err)
	}
	return page[:min(len(page), limit)], len(page) > limit, nil
}
