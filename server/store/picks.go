package store

import (
	"context"
	"fmt"
	"time"
)

// Pick is an image that was handed out because its label would be useful, or, Chance, because chance has chosen it.
type Pick struct {
	AssetID string
	Chance  bool
	Actor   string    // who was given it last
	At      time.Time // when
}

func scanPick(r Rows) (v Pick, err error) {
	var chance, at int64
	err = r.Scan(&v.AssetID, &chance, &v.Actor, &at)
	v.Chance, v.At = chance != 0, fromMicros(at)
	return v, err
}

// KeepPicks remembers what was handed out to a person now. What chance has chosen once stays so.
func (s *Store) KeepPicks(ctx context.Context, project, actor string, picks []Pick) error {
	if len(picks) == 0 {
		return nil
	}
	now := micros(s.now())
	batch := make([]Stmt, len(picks))
	for place, p := range picks {
		chance := 0
		if p.Chance {
			chance = 1
		}
		batch[place] = Stmt{
			`INSERT INTO picks (project_id, asset_id, chance, actor, at, place) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (project_id, asset_id) DO UPDATE SET actor = excluded.actor, at = excluded.at, place = excluded.place,
			chance = CASE WHEN excluded.chance > picks.chance THEN excluded.chance ELSE picks.chance END`,
			[]any{project, p.AssetID, int64(chance), actor, now, int64(place)},
		}
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return fmt.Errorf("keep picks: %w", err)
	}
	return nil
}

// Picks lists what was handed out in a project, in the order in which it was.
func (s *Store) Picks(ctx context.Context, project string) ([]Pick, error) {
	out, err := collect(ctx, s.db, scanPick, "SELECT asset_id, chance, actor, at FROM picks WHERE project_id = ? ORDER BY at, place, asset_id", project)
	if err != nil {
		return nil, fmt.Errorf("read picks: %w", err)
	}
	return out, nil
}
