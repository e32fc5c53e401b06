//go:build !js

package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// Stats are numbers about the whole database, for whoever watches a server. None of them costs more than a look at an index
// or at one row a project.
type Stats struct {
	Bytes    int64 // of the database
	Projects int
	Counts   domain.Counts // of all projects together, without classes
	Jobs     map[domain.JobState]int
}

// Stats gives them.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var out Stats
	counts, err := collect(ctx, s.db, scanJSON[domain.Counts], "SELECT counts FROM projects")
	if err != nil {
		return out, fmt.Errorf("read the counts: %w", err)
	}
	out.Projects = len(counts)
	for _, c := range counts {
		out.Counts.Assets += c.Assets
		out.Counts.Labelled += c.Labelled
		out.Counts.Auto += c.Auto
		out.Counts.Skipped += c.Skipped
		out.Counts.Unlabelled += c.Unlabelled
	}
	if out.Jobs, err = s.jobsByState(ctx); err != nil {
		return out, fmt.Errorf("count the jobs: %w", err)
	}
	query := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if db, ok := s.db.(*sqlDB); ok && db.dialect == Postgres {
		query = "SELECT pg_database_size(current_database())"
	}
	size, err := collect(ctx, s.db, scanInt, query)
	if err != nil {
		return out, fmt.Errorf("measure the database: %w", err)
	}
	out.Bytes = size[0]
	return out, nil
}

// jobsByState has every state, also those that no job is in.
func (s *Store) jobsByState(ctx context.Context) (map[domain.JobState]int, error) {
	type group struct {
		state domain.JobState
		n     int
	}
	groups, err := collect(ctx, s.db, func(r Rows) (g group, err error) {
		err = r.Scan(&g.state, &g.n)
		return g, err
	}, "SELECT state, COUNT(*) FROM jobs GROUP BY state")
	out := map[domain.JobState]int{
		domain.JobQueued: 0, domain.JobRunning: 0, domain.JobDone: 0, domain.JobFailed: 0, domain.JobCancelled: 0, domain.JobPaused: 0,
	}
	for _, g := range groups {
		out[g.state] = g.n
	}
	return out, err
}
