//go:build !js

package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// Assign puts what a filter selects into the queue for r.Labellers people each: for r.Assignee, who is one of them, or for
// everybody. It begins a new round for these images: what waited for them until now does so no more; what is held or done
// stays. The answer is how many images there are.
func (s *Store) Assign(ctx context.Context, project string, r domain.AssignRequest) (int, error) {
	w, err := s.filtered(ctx, project, r.Filter)
	if err != nil {
		return 0, err
	}
	slots, err := slotText(r.Labellers)
	if err != nil {
		return 0, err
	}
	some := "SELECT a.id FROM assets a WHERE " + w.text()
	args := []any{project, int64(r.Labellers), r.Assignee, int64(-r.Priority)}
	args = append(append(args, w.args...), slots)
	changed, err := s.db.Batch(ctx, []Stmt{
		{"DELETE FROM assignments WHERE project_id = ? AND round > 0 AND done_at = 0 AND expires_at <= ? AND asset_id IN (" + some + ")", append([]any{project, micros(s.now())}, w.args...)},
		{`INSERT INTO assignments (id, project_id, asset_id, round, wanted, assignee, rank, seq, fresh, holder, taken_at, expires_at, done_at, version, op_id, label)
			SELECT a.id || '/' || CAST(a.round AS TEXT) || '/' || e.value, CAST(? AS TEXT), a.id, a.round, CAST(? AS BIGINT), CASE WHEN e.value = '0' THEN CAST(? AS TEXT) ELSE '' END,
			CAST(? AS BIGINT), a.seq, CASE WHEN a.state = 'unlabelled' THEN 1 ELSE 0 END, '', 0, 0, 0, 0, '', ''
			FROM (SELECT a.id, a.seq, a.state, 1 + COALESCE((SELECT MAX(o.round) FROM assignments o WHERE o.asset_id = a.id), 0) AS round
				FROM assets a WHERE ` + w.text() + `) a, {strings} WHERE 1 = 1`, args},
	})
	if err != nil {
		return 0, fmt.Errorf("assign images: %w", err)
	}
	return int(changed[1]) / r.Labellers, nil
}

// Withdraw takes what waits for a person, or for everybody where assignee is "", out of the queue and tells how much that was.
// What somebody holds stays.
func (s *Store) Withdraw(ctx context.Context, project, assignee string) (int, error) {
	n, err := s.db.Exec(ctx, "DELETE FROM assignments WHERE project_id = ? AND assignee = ? AND round > 0 AND done_at = 0 AND expires_at <= ?", project, assignee, micros(s.now()))
	if err != nil {
		return 0, fmt.Errorf("withdraw assignments: %w", err)
	}
	return int(n), nil
}

// QueueCounts tells how the queue of a project goes: for each person, and for everybody under the id "", what waits for them, what
// they hold and what they have done. unqueued counts images without a label that nobody was given.
func (s *Store) QueueCounts(ctx context.Context, project string) (shares []domain.QueueShare, unqueued int, err error) {
	scan := func(r Rows) (v domain.QueueShare, err error) {
		err = r.Scan(&v.Person.ID, &v.Person.Name, &v.Waiting, &v.Held, &v.Done)
		return v, err
	}
	now := micros(s.now())
	shares, err = collect(ctx, s.db, scan, `SELECT q.who, COALESCE(u.name, ''), q.waiting, q.held, q.done FROM (
		SELECT t.who, SUM(CASE WHEN t.kind = 0 THEN 1 ELSE 0 END) AS waiting, SUM(CASE WHEN t.kind = 1 THEN 1 ELSE 0 END) AS held, SUM(CASE WHEN t.kind = 2 THEN 1 ELSE 0 END) AS done FROM (
			SELECT t.holder AS who, 2 AS kind FROM assignments t WHERE t.project_id = ? AND t.done_at > 0
			UNION ALL SELECT t.holder, 1 FROM assignments t WHERE t.project_id = ? AND t.done_at = 0 AND t.expires_at > ?
			UNION ALL SELECT t.assignee, 0 FROM assignments t JOIN assets a ON a.id = t.asset_id WHERE t.project_id = ? AND `+free+`) t GROUP BY t.who) q
		LEFT JOIN users u ON u.id = q.who ORDER BY COALESCE(u.name, ''), q.who`, project, project, now, project, now)
	if err != nil {
		return nil, 0, fmt.Errorf("count assignments: %w", err)
	}
	n, err := collect(ctx, s.db, scanInt, `SELECT COUNT(*) FROM assets a WHERE a.project_id = ? AND a.state = 'unlabelled'
		AND NOT EXISTS (SELECT 1 FROM assignments o WHERE o.asset_id = a.id AND o.round > 0)`, project)
	if err != nil {
		return nil, 0, fmt.Errorf("count images that are in no queue: %w", err)
	}
	return shares, int(n[0]), nil
}

// MarkGold makes those images that a filter selects and that have a label gold, or (off) what they were, and tells how many changed.
func (s *Store) MarkGold(ctx context.Context, project string, f domain.Filter, off bool) (int, error) {
	w, err := s.filtered(ctx, project, f)
	if err != nil {
		return 0, err
	}
	var n int64
	if off {
		n, err = s.db.Exec(ctx, "DELETE FROM gold WHERE project_id = ? AND asset_id IN (SELECT a.id FROM assets a WHERE "+w.text()+")", append([]any{project}, w.args...)...)
	} else {
		n, err = s.db.Exec(ctx, "INSERT INTO gold (project_id, asset_id, at) SELECT a.project_id, a.id, CAST(? AS BIGINT) FROM assets a WHERE a.state = 'labelled' AND "+w.text()+" ON CONFLICT DO NOTHING",
			append([]any{micros(s.now())}, w.args...)...)
	}
	if err != nil {
		return 0, fmt.Errorf("mark gold images: %w", err)
	}
	return int(n), nil
}

// Gold lists at most limit gold images of a project, as they came, and tells how many there are.
func (s *Store) Gold(ctx context.Context, project string, limit int) ([]domain.Asset, int, error) {
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM gold g JOIN assets a ON a.id = g.asset_id WHERE g.project_id = ? ORDER BY a.seq LIMIT ?", project, int64(limit))
	if err != nil {
		return nil, 0, fmt.Errorf("list gold images: %w", err)
	}
	n, err := collect(ctx, s.db, scanInt, "SELECT COUNT(*) FROM gold g JOIN assets a ON a.id = g.asset_id WHERE g.project_id = ?", project)
	if err != nil {
		return nil, 0, fmt.Errorf("count gold images: %w", err)
	}
	return plain(rows), int(n[0]), nil
}

// GoldAnswer is what a person said of a gold image, beside what it is labelled as now.
type GoldAnswer struct {
	Actor         string
	Answer, Truth domain.Label
}

// GoldAnswers gives what was answered about images that are gold and labelled now, by person.
func (s *Store) GoldAnswers(ctx context.Context, project string) ([]GoldAnswer, error) {
	scan := func(r Rows) (g GoldAnswer, err error) {
		var answer, truth string
		if err = r.Scan(&g.Actor, &answer, &truth); err != nil {
			return g, err
		}
		if g.Answer, err = decodeLabel(answer, 0); err == nil {
			g.Truth, err = decodeLabel(truth, 0)
		}
		return g, err
	}
	out, err := collect(ctx, s.db, scan, `SELECT t.holder, t.label, a.label FROM assignments t JOIN gold g ON g.project_id = t.project_id AND g.asset_id = t.asset_id
		JOIN assets a ON a.id = t.asset_id WHERE t.project_id = ? AND t.round = 0 AND t.done_at > 0 AND a.state = 'labelled' ORDER BY t.holder, t.asset_id`, project)
	if err != nil {
		return nil, fmt.Errorf("read answers to gold images: %w", err)
	}
	return out, nil
}
