package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// SpotRecord is the random part of an operation's labels that people are to check. Sample has the classes that the model gave, by
// the image's id.
type SpotRecord struct {
	OperationID, ProjectID, ModelID string
	At                              time.Time
	Promise                         domain.Promise
	Sample                          map[string][]string
}

func scanSpot(r Rows) (v SpotRecord, err error) {
	var at int64
	var promise, sample string
	if err = r.Scan(&v.OperationID, &v.ProjectID, &v.ModelID, &at, &promise, &sample); err != nil {
		return v, err
	}
	v.At = fromMicros(at)
	if err = json.Unmarshal([]byte(promise), &v.Promise); err == nil {
		err = json.Unmarshal([]byte(sample), &v.Sample)
	}
	return v, err
}

const spotColumns = "s.op_id, s.project_id, s.model_id, s.at, s.promise, s.sample"

// KeepSpotCheck keeps a sample, unless there is one of the operation, and gives what is kept.
func (s *Store) KeepSpotCheck(ctx context.Context, r SpotRecord) (SpotRecord, error) {
	promise, err := jsonText(r.Promise)
	if err != nil {
		return r, err
	}
	sample, err := jsonText(r.Sample)
	if err != nil {
		return r, err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO spot_checks (op_id, project_id, model_id, at, promise, sample) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (op_id) DO NOTHING`, clean(r.OperationID), r.ProjectID, r.ModelID, micros(s.now()), promise, sample)
	if err != nil {
		return r, fmt.Errorf("keep spot check: %w", err)
	}
	return s.SpotCheck(ctx, r.ProjectID, r.OperationID)
}

// SpotCheck gives the sample of an operation, whether its labels are there or not; CodeNotFound when it has none.
func (s *Store) SpotCheck(ctx context.Context, project, operation string) (SpotRecord, error) {
	return one(ctx, s.db, "spot check", operation, scanSpot, "SELECT "+spotColumns+" FROM spot_checks s WHERE s.op_id = ? AND s.project_id = ?", clean(operation), project)
}

// SpotChecks gives the newest samples of what a model labelled, limit at most, without those of operations that are undone.
func (s *Store) SpotChecks(ctx context.Context, project, model string, limit int) ([]SpotRecord, error) {
	out, err := collect(ctx, s.db, scanSpot, "SELECT "+spotColumns+` FROM spot_checks s JOIN operations o ON o.id = s.op_id
		WHERE s.project_id = ? AND s.model_id = ? AND o.undone = ? ORDER BY s.at DESC, s.op_id LIMIT ?`, project, model, int64(notUndone), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read spot checks: %w", err)
	}
	return out, nil
}
