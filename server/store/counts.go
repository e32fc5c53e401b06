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
	switch l.Flag {
	case domain.FlagUnsure:
		c.Unsure += n
	case domain.FlagBad:
		c.Bad += n
	}
	switch l.Verdict() {
	case domain.VerdictApproved:
		c.Approved += n
	case domain.VerdictReturned:
		c.Returned += n
	}
	switch l.State {
	case domain.StateLabelled:
		c.Labelled += n
		tallyClasses(&c.ByClass, l, n)
	case domain.StateAuto:
		c.Auto += n
		tallyClasses(&c.AutoClass, l, n)
	case domain.StateSkipped:
		c.Skipped += n
	default:
		c.Unlabelled += n
	}
}

// tallyAsset adds n times a to c, with what is said about it.
func tallyAsset(c *domain.Counts, a domain.Asset, n int) {
	tally(c, a.Label, n)
	if a.OpenThreads > 0 {
		c.Discussed += n
	}
}

func tallyClasses(by *map[string]int, l domain.Label, n int) {
	for _, class := range labelClasses(l) {
		if *by == nil {
			*by = map[string]int{}
		}
		(*by)[class] += n
		if (*by)[class] == 0 {
			delete(*by, class)
		}
	}
}

// labelClasses are the ids of the classes that l holds, each once.
func labelClasses(l domain.Label) []string {
	out := make([]string, 0, len(l.Classes)+len(l.Boxes))
	seen := make(map[string]bool, cap(out))
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, c := range l.Classes {
		add(c.ClassID)
	}
	for _, b := range l.Boxes {
		add(b.ClassID)
	}
	return out
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
		label := domain.Label{Classes: []domain.ClassScore{{ClassID: g.class}}}
		switch g.state {
		case domain.StateLabelled:
			tallyClasses(&c.ByClass, label, g.n)
		case domain.StateAuto:
			tallyClasses(&c.AutoClass, label, g.n)
		}
	}
	return c, nil
}
