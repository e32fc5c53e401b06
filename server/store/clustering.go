package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// maxClusterings is how many clusterings of a project are kept.
const maxClusterings = 30

// ClusteringRecord is a clustering without its Clusters, which the blob SHA256 holds.
type ClusteringRecord struct {
	domain.Clustering
	SHA256 string `json:"-"`
}

func scanClustering(r Rows) (c ClusteringRecord, err error) {
	v, err := scanJSON[domain.Clustering](leading{r, &c.SHA256})
	c.Clustering = v
	return c, err
}

// leading scans a first column apart from the rest.
type leading struct {
	Rows
	first *string
}

func (l leading) Scan(to ...any) error { return l.Rows.Scan(append([]any{l.first}, to...)...) }

// SaveClustering keeps a new clustering under its id. Of a project the newest 30 are kept; freed are the blobs of older
// ones that nobody needs any more.
func (s *Store) SaveClustering(ctx context.Context, c ClusteringRecord) (freed []string, err error) {
	if _, err := s.project(ctx, c.ProjectID); err != nil {
		return nil, err
	}
	c.Clusters = nil
	text, err := jsonText(c.Clustering)
	if err != nil {
		return nil, err
	}
	n, err := s.db.Exec(ctx, "INSERT INTO clusterings (id, project_id, sha256, created_at, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.ID, c.ProjectID, c.SHA256, micros(c.CreatedAt), text)
	if err != nil {
		return nil, fmt.Errorf("save clustering: %w", err)
	}
	if n == 0 {
		return nil, domain.Errorf(domain.CodeConflict, "There is a clustering %q already, and clusterings are never changed.", c.ID)
	}
	all, err := s.Clusterings(ctx, c.ProjectID)
	if err != nil || len(all) <= maxClusterings {
		return nil, err
	}
	var shas []string
	for _, old := range all[maxClusterings:] {
		if _, err := s.db.Exec(ctx, "DELETE FROM clusterings WHERE id = ? AND project_id = ?", old.ID, c.ProjectID); err != nil {
			return nil, fmt.Errorf("delete clustering: %w", err)
		}
		shas = append(shas, old.SHA256)
	}
	return s.free(ctx, shas)
}

// Clusterings lists a project's clusterings without their groups, newest first.
func (s *Store) Clusterings(ctx context.Context, project string) ([]ClusteringRecord, error) {
	return collect(ctx, s.db, scanClustering,
		"SELECT sha256, data FROM clusterings WHERE project_id = ? ORDER BY created_at DESC, id DESC", project)
}

// Clustering gives one clustering of a project, or CodeNotFound.
func (s *Store) Clustering(ctx context.Context, project, id string) (ClusteringRecord, error) {
	return one(ctx, s.db, "clustering", id, scanClustering,
		"SELECT sha256, data FROM clusterings WHERE id = ? AND project_id = ?", id, project)
}
