//go:build !js

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// TrialTime is how long the credits last that a new workspace begins with.
const TrialTime = 14 * 24 * time.Hour

// granted is the sum of what a workspace was given without an end.
const granted = "(SELECT COALESCE(SUM(c.amount), 0) FROM credits c WHERE c.workspace_id = b.workspace_id AND c.kind = 'grant')"

// trialStmts open the ledger of a new workspace with credits that end.
func trialStmts(workspace string, at time.Time) []Stmt {
	return []Stmt{
		{insertCredit, []any{workspace, "trial", int64(FirstGrant), "", workspace, micros(at), workspace}},
		{"INSERT INTO balances (workspace_id, n) VALUES (?, ?)", []any{workspace, int64(FirstGrant)}},
		{"INSERT INTO trials (workspace_id, amount, ends) VALUES (?, ?, ?)", []any{workspace, int64(FirstGrant), micros(at.Add(TrialTime))}},
	}
}

// trial gives the trial of a workspace, nil where it has none. Once it has ended, what was not spent of it expires: what is left over
// the credits that were granted without an end, because those of the trial are spent first. What is refunded later of a job that the
// trial paid for expires when it is looked at next.
func (s *Store) trial(ctx context.Context, workspace string) (*domain.Trial, error) {
	type row struct {
		domain.Trial
		over int64
	}
	rows, err := collect(ctx, s.db, func(r Rows) (t row, err error) {
		var ends int64
		err = r.Scan(&t.Amount, &ends, &t.over)
		t.Ends = fromMicros(ends)
		return t, err
	}, "SELECT t.amount, t.ends, b.n - "+granted+" FROM trials t JOIN balances b ON b.workspace_id = t.workspace_id WHERE t.workspace_id = ?", workspace)
	if err != nil {
		return nil, fmt.Errorf("read trial: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	t, now := rows[0], s.now()
	t.Left = max(t.over, 0)
	if now.Before(t.Ends) {
		t.DaysLeft = int((t.Ends.Sub(now) + 24*time.Hour - 1) / (24 * time.Hour))
		return &t.Trial, nil
	}
	if t.Left > 0 {
		if err := s.expire(ctx, workspace, now); err != nil {
			return nil, err
		}
	}
	t.Left, t.Ended = 0, true
	return &t.Trial, nil
}

// expire takes what is over what was granted. The first statement holds the balance for the others.
func (s *Store) expire(ctx context.Context, workspace string, at time.Time) error {
	id := NewID()
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE balances SET n = n WHERE workspace_id = ?", []any{workspace}},
		{`INSERT INTO credits (id, kind, amount, job_id, slot, at, workspace_id)
			SELECT CAST(? AS TEXT), 'expire', ` + granted + ` - b.n, '', CAST(? AS TEXT), CAST(? AS BIGINT), b.workspace_id
			FROM balances b WHERE b.workspace_id = ? AND b.n > ` + granted, []any{id, id, micros(at), workspace}},
		{"UPDATE balances AS b SET n = " + granted + " WHERE b.workspace_id = ? AND b.n > " + granted, []any{workspace}},
	})
	if err != nil {
		return fmt.Errorf("let a trial end: %w", err)
	}
	return nil
}
