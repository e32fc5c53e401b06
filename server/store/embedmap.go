package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// MapRecord is a map without its Assets and XY, which the blob SHA256 holds.
type MapRecord struct {
	domain.ImageMap
	SHA256 string `json:"-"`
}

func scanMap(r Rows) (m MapRecord, err error) {
	v, err := scanJSON[domain.ImageMap](leading{r, &m.SHA256})
	m.ImageMap = v
	return m, err
}

// SaveMap keeps the map of a project in place of the one before, unless that one is newer; freed are blobs that nobody needs any
// more. Saving the same map again changes nothing.
func (s *Store) SaveMap(ctx context.Context, m MapRecord) (freed []string, err error) {
	if _, err := s.project(ctx, m.ProjectID); err != nil {
		return nil, err
	}
	before, err := collect(ctx, s.db, scanMap, "SELECT sha256, data FROM maps WHERE project_id = ?", m.ProjectID)
	if err != nil {
		return nil, err
	}
	m.Assets, m.XY = nil, nil
	text, err := jsonText(m.ImageMap)
	if err != nil {
		return nil, err
	}
	_, err = s.db.Exec(ctx, "INSERT INTO maps (project_id, id, sha256, created_at, data) VALUES (?, ?, ?, ?, ?) "+
		"ON CONFLICT (project_id) DO UPDATE SET id = excluded.id, sha256 = excluded.sha256, created_at = excluded.created_at, data = excluded.data "+
		"WHERE excluded.created_at >= maps.created_at", m.ProjectID, m.ID, m.SHA256, micros(m.CreatedAt), text)
	if err != nil {
		return nil, fmt.Errorf("save map: %w", err)
	}
	shas := []string{m.SHA256}
	for _, old := range before {
		shas = append(shas, old.SHA256)
	}
	return s.free(ctx, shas)
}

// Map gives the map of a project, or CodeNotFound.
func (s *Store) Map(ctx context.Context, project string) (MapRecord, error) {
	return one(ctx, s.db, "map of project", project, scanMap, "SELECT sha256, data FROM maps WHERE project_id = ?", project)
}
