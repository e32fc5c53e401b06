package store

import (
	"context"
	"fmt"
	"maps"

	"github.com/irum-app/irum/server/domain"
)

// cloneCounts copies c, so that a failed write leaves what was read alone.
func cloneCounts(c domain.Counts) domain.Counts {
	c.ByClass, c.AutoClass = maps.Clone(c.ByClass), maps.Clone(c.AutoClass)
	return c
}

// tally adds n assets of label l to c (n is -1 to take one away).
func tally(c *domain.Counts, l domain.Label, n int) {
	c.Assets += n
	c.Add(l, n)
}

// tallyAsset adds n times a to c, with what is said about it.
func tallyAsset(c *domain.Counts, a domain.Asset, n int) {
	tally(c, a.Label, n)
	if a.OpenThreads > 0 {
		c.Discussed += n
	}
}

// flagCount is the kept count of assets with a flag.
func flagCount(c domain.Counts, flag domain.Flag) int {
	switch flag {
	case domain.FlagUnsure:
		return c.Unsure
	case domain.FlagBad:
		return c.Bad
	default:
		return c.Assets - c.Unsure - c.Bad
	}
}

// verdictCount is the kept count of assets with a verdict.
func verdictCount(c domain.Counts, verdict domain.Verdict) int {
	switch verdict {
	case domain.VerdictApproved:
		return c.Approved
	case domain.VerdictReturned:
		return c.Returned
	default:
		return c.Assets - c.Approved - c.Returned
	}
}

// stateCount is the kept count of assets in a state.
func stateCount(c domain.Counts, state domain.State) int {
	switch state {
	case domain.StateLabelled:
		return c.Labelled
	case domain.StateAuto:
		return c.Auto
	case domain.StateSkipped:
		return c.Skipped
	default:
		return c.Unlabelled
	}
}

// RecountProject counts the project's assets and labels anew and keeps that. The kept counts are exact without it; it is
// there to prove so, and for rows that were written around this package.
func (s *Store) RecountProject(ctx context.Context, id string) error {
	return s.update(ctx, id, func(p projectRow) error {
		counts, err := s.recount(ctx, id)
		if err != nil {
			return fmt.Errorf("recount project: %w", err)
		}
		stmts, err := p.bump(counts, p.assetSeq)
		if err == nil {
			_, err = s.db.Batch(ctx, stmts)
		}
		return err
	})
}

func (s *Store) recount(ctx context.Context, id string) (domain.Counts, error) {
	type group struct {
		class   string // in states: the flag
		verdict domain.Verdict
		state   domain.State
		n       int
	}
	scan := func(r Rows) (g group, err error) {
		err = r.Scan(&g.class, &g.verdict, &g.state, &g.n)
		return g, err
	}
	var c domain.Counts
	states, err := collect(ctx, s.db, scan, "SELECT flag, verdict, state, COUNT(*) FROM assets WHERE project_id = ? GROUP BY flag, verdict, state", id)
	if err != nil {
		return c, err
	}
	for _, g := range states {
		tally(&c, domain.Label{State: g.state, Flag: domain.Flag(g.class), Review: &domain.Review{Verdict: g.verdict}}, g.n)
	}
	discussed, err := collect(ctx, s.db, scanInt, "SELECT COUNT(*) FROM assets WHERE project_id = ? AND open_threads > 0", id)
	if err != nil {
		return c, err
	}
	c.Discussed = int(discussed[0])
	classes, err := collect(ctx, s.db, scan, `SELECT c.class_id, '', a.state, COUNT(*) FROM label_classes c
		JOIN assets a ON a.id = c.asset_id WHERE c.project_id = ? GROUP BY c.class_id, a.state`, id)
	if err != nil {
		return c, err
	}
	for _, g := range classes {
		c.AddClasses(domain.Label{State: g.state, Classes: []domain.ClassScore{{ClassID: g.class}}}, g.n)
	}
	return c, nil
}
