//go:build !js

package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// VoteRecord is a vote about an image that several label, by the round that it is of.
type VoteRecord struct {
	domain.Vote
	AssetID string
	Round   int64
}

const voteQuery = `SELECT t.asset_id, t.round, t.holder, COALESCE(u.name, ''), t.done_at, t.label FROM assignments t LEFT JOIN users u ON u.id = t.holder
	WHERE t.project_id = ? AND t.done_at > 0 AND t.wanted > 1 AND t.round > 0`

func scanVote(r Rows) (v VoteRecord, err error) {
	var at int64
	var text string
	if err = r.Scan(&v.AssetID, &v.Round, &v.By.ID, &v.By.Name, &at, &text); err != nil {
		return v, err
	}
	v.At = fromMicros(at)
	v.Label, err = decodeLabel(text, 0)
	return v, err
}

// Votes gives all votes of a project that count, by image and round. One that was taken back, or given anew, is not among them.
func (s *Store) Votes(ctx context.Context, project string) ([]VoteRecord, error) {
	out, err := collect(ctx, s.db, scanVote, voteQuery+" ORDER BY t.asset_id, t.round, t.holder", project)
	if err != nil {
		return nil, fmt.Errorf("read votes: %w", err)
	}
	return out, nil
}

// BallotCounts tells about how many images votes are awaited, and how many a reviewer has to decide.
func (s *Store) BallotCounts(ctx context.Context, project string) (open, disputed int, err error) {
	type row struct{ open, disputed int }
	n, err := one(ctx, s.db, "project", project, func(r Rows) (v row, err error) {
		err = r.Scan(&v.open, &v.disputed)
		return v, err
	}, `SELECT COALESCE(SUM(CASE WHEN b.votes < b.wanted THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN b.votes < b.wanted THEN 0 ELSE 1 END), 0)
		FROM ballots b JOIN assets a ON a.id = b.asset_id WHERE b.project_id = ? AND b.votes > 0 AND NOT `+ballotDecided, project)
	if err != nil {
		return 0, 0, fmt.Errorf("count ballots: %w", err)
	}
	return n.open, n.disputed, nil
}

// Disputes gives at most limit images whose votes are all there and have led to no label, those that fewest pairs of votes agree on
// first, each with its votes, the oldest first. Proposal is left to the caller.
func (s *Store) Disputes(ctx context.Context, project string, limit int) ([]domain.Dispute, error) {
	type row struct {
		asset     string
		agreement float64
		round     int64
	}
	scan := func(r Rows) (v row, err error) {
		err = r.Scan(&v.asset, &v.agreement, &v.round)
		return v, err
	}
	rows, err := collect(ctx, s.db, scan, `SELECT b.asset_id, b.agreement, b.round FROM ballots b JOIN assets a ON a.id = b.asset_id WHERE b.project_id = ? AND b.votes >= b.wanted
		AND NOT `+ballotDecided+" ORDER BY b.agreement, b.asset_id LIMIT ?", project, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list disputes: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.asset
	}
	text, err := jsonText(ids)
	if err != nil {
		return nil, err
	}
	votes, err := collect(ctx, s.db, scanVote, voteQuery+" AND t.asset_id IN (SELECT e.value FROM {strings}) ORDER BY t.done_at, t.holder", project, text)
	if err != nil {
		return nil, fmt.Errorf("read votes: %w", err)
	}
	assets, err := s.assetsByID(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	out := make([]domain.Dispute, len(rows))
	for i, r := range rows {
		out[i] = domain.Dispute{Asset: assets[r.asset], Agreement: r.agreement}
		for _, v := range votes {
			if v.AssetID == r.asset && v.Round == r.round {
				out[i].Votes = append(out[i].Votes, v.Vote)
			}
		}
	}
	return out, nil
}
