package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// SetSplit gives images of a project, by asset id, the split train, val, test or "" (none) in one batch, and tells how many
// are in another one than before. Ids that the project does not have are passed over. CodeInvalid for another split.
func (s *Store) SetSplit(ctx context.Context, project string, splits map[string]string) (changed int, err error) {
	if _, err := s.project(ctx, project); err != nil {
		return 0, err
	}
	type row struct {
		ID    string `json:"id"`
		Split string `json:"split"`
	}
	rows := make([]row, 0, len(splits))
	for _, id := range slices.Sorted(maps.Keys(splits)) {
		switch split := splits[id]; split {
		case "", "train", "val", "test":
			rows = append(rows, row{id, split})
		default:
			return 0, domain.Errorf(domain.CodeInvalid, "The split %q is not known. Use train, val, test or none.", split).In("split")
		}
	}
	var batch []Stmt
	err = chunks(rows, rowsPerStmt, func(part []row) error {
		text, err := jsonText(part)
		batch = append(batch, Stmt{`UPDATE assets SET split = e.value->>'split' FROM {each}
			WHERE assets.id = e.value->>'id' AND assets.project_id = ? AND assets.split <> e.value->>'split'`, []any{text, project}})
		return err
	})
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	// Lists of images show the split, so that they are other ones now.
	batch = append(batch, Stmt{"UPDATE projects SET label_seq = label_seq + 1 WHERE id = ?", []any{project}})
	counts, err := s.db.Batch(ctx, batch)
	if err != nil {
		return 0, fmt.Errorf("set splits: %w", err)
	}
	for _, n := range counts[:len(counts)-1] {
		changed += int(n)
	}
	return changed, nil
}
