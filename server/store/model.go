package store

import (
	"context"
	"encoding/json"
	"fmt"
)

func scanModel(r Rows) (m ModelRecord, err error) {
	var data, outcomes string
	if err = r.Scan(&data, &m.HeadSHA, &outcomes); err != nil {
		return m, err
	}
	if err = json.Unmarshal([]byte(data), &m.Model); err == nil && outcomes != "" {
		err = json.Unmarshal([]byte(outcomes), &m.Metrics.Outcomes)
	}
	return m, err
}

// SaveModel keeps a model: a new one gets the project's next version (and id and time where empty), one whose id is there is
// replaced under the version it has. Outcomes are kept apart, so that lists stay small.
func (s *Store) SaveModel(ctx context.Context, m ModelRecord) (ModelRecord, error) {
	if m.ID == "" {
		m.ID = NewID()
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = s.now()
	}
	m.Name = clean(m.Name)
	err := s.update(ctx, m.ProjectID, func(p projectRow) error {
		old, err := collect(ctx, s.db, scanModel, "SELECT data, head_sha, '' FROM models WHERE id = ? AND project_id = ?", m.ID, m.ProjectID)
		if err != nil {
			return fmt.Errorf("read model: %w", err)
		}
		m.Version = int(p.modelsMade) + 1
		if len(old) > 0 {
			m.Version = old[0].Version
		}
		short := m.Model
		short.Metrics.Outcomes = nil
		texts, err := jsonTexts(short, m.Metrics.Outcomes)
		if err != nil {
			return err
		}
		made := max(p.modelsMade, int64(m.Version))
		_, err = s.db.Batch(ctx, []Stmt{
			{"UPDATE projects SET label_seq = label_seq + 1, models_made = ? WHERE id = ?", []any{made, p.ID}},
			guard("moved", "EXISTS (SELECT 1 FROM projects WHERE id = ? AND label_seq = ?)", p.ID, p.labelSeq+1),
			{
				`INSERT INTO models (id, project_id, version, sha256, head_sha, data, outcomes) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256, head_sha = excluded.head_sha, data = excluded.data,
				outcomes = excluded.outcomes`,
				[]any{m.ID, p.ID, int64(m.Version), m.SHA256, m.HeadSHA, texts[0], texts[1]},
			},
		})
		if err != nil {
			return fmt.Errorf("save model: %w", err)
		}
		return nil
	})
	if err != nil {
		return ModelRecord{}, err
	}
	return m, nil
}

// Models lists a project's models without Metrics.Outcomes, newest first.
func (s *Store) Models(ctx context.Context, project string) ([]ModelRecord, error) {
	return collect(ctx, s.db, scanModel, "SELECT data, head_sha, '' FROM models WHERE project_id = ? ORDER BY version DESC", project)
}

// Model gives one model of a project with all its metrics, or CodeNotFound.
func (s *Store) Model(ctx context.Context, project, id string) (ModelRecord, error) {
	return one(ctx, s.db, "model", id, scanModel, "SELECT data, head_sha, outcomes FROM models WHERE id = ? AND project_id = ?", id, project)
}

// DeleteModel removes a model and gives the blobs that nobody needs any more. Labels that it gave stay, and name it still.
func (s *Store) DeleteModel(ctx context.Context, project, id string) (freed []string, err error) {
	m, err := s.Model(ctx, project, id)
	if err != nil {
		return nil, err
	}
	_, err = s.db.Batch(ctx, []Stmt{
		{"DELETE FROM models WHERE id = ? AND project_id = ?", []any{id, project}},
		{"DELETE FROM spot_checks WHERE model_id = ? AND project_id = ?", []any{id, project}},
	})
	if err != nil {
		return nil, fmt.Errorf("delete model: %w", err)
	}
	return s.free(ctx, []string{m.SHA256, m.HeadSHA})
}
