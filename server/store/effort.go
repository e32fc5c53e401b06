package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// EffortEvent is what one decision about one image took.
type EffortEvent struct {
	domain.Effort // Seconds and Suggestion only

	AssetID string
	Actor   string
	At      time.Time
}

// Efforts gives the measured efforts of a project since a time, oldest first. Those of operations that were undone are left
// out: they are done again under another operation, or not at all.
func (s *Store) Efforts(ctx context.Context, project string, since time.Time) ([]EffortEvent, error) {
	scan := func(r Rows) (e EffortEvent, err error) {
		var at int64
		err = r.Scan(&e.AssetID, &e.Actor, &at, &e.Seconds, &e.Suggestion)
		e.At = fromMicros(at)
		return e, err
	}
	out, err := collect(ctx, s.db, scan, `SELECT v.asset_id, v.actor, v.at, v.seconds, v.suggestion FROM label_events v
		JOIN operations o ON o.id = v.op_id WHERE v.project_id = ? AND v.at >= ? AND v.seconds > 0 AND o.undone = 0
		ORDER BY v.at, v.asset_id`, project, micros(since))
	if err != nil {
		return nil, fmt.Errorf("read efforts: %w", err)
	}
	return out, nil
}
