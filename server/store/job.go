package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

const maxJobs = 200

// SaveJob keeps j, new or changed, under its id.
func (s *Store) SaveJob(ctx context.Context, j domain.Job) error {
	if j.ID == "" {
		return domain.Errorf(domain.CodeInvalid, "A job needs an id.").In("id")
	}
	j.Error = clean(j.Error)
	text, err := jsonText(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	_, err = s.db.Exec(ctx, `INSERT INTO jobs (id, project_id, state, created_at, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET project_id = excluded.project_id, state = excluded.state, data = excluded.data`,
		j.ID, j.ProjectID, string(j.State), micros(j.CreatedAt), text)
	if err != nil {
		return fmt.Errorf("save job: %w", err)
	}
	return nil
}

// Job gives one job, or CodeNotFound.
func (s *Store) Job(ctx context.Context, id string) (domain.Job, error) {
	return one(ctx, s.db, "job", id, scanJSON[domain.Job], "SELECT data FROM jobs WHERE id = ?", id)
}

// Jobs lists the newest 200 jobs of a project, newest first.
func (s *Store) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	return collect(ctx, s.db, scanJSON[domain.Job], "SELECT data FROM jobs WHERE project_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
		project, int64(maxJobs))
}

// FailRunningJobs is called when a host starts, before it runs jobs: those that an earlier process left queued or running
// are failed with reason, every reservation that is open is given back, and the failed jobs are answered.
func (s *Store) FailRunningJobs(ctx context.Context, reason string) ([]domain.Job, error) {
	jobs, err := collect(ctx, s.db, scanJSON[domain.Job], "SELECT data FROM jobs WHERE state = ? OR state = ? ORDER BY created_at, id",
		string(domain.JobQueued), string(domain.JobRunning))
	if err != nil {
		return nil, fmt.Errorf("find running jobs: %w", err)
	}
	for i := range jobs {
		jobs[i].State, jobs[i].Error, jobs[i].Code, jobs[i].EndedAt = domain.JobFailed, reason, domain.JobInterrupted, s.now()
		if err := s.SaveJob(ctx, jobs[i]); err != nil {
			return nil, err
		}
	}
	open, err := collect(ctx, s.db, scanString, `SELECT r.job_id FROM credits r WHERE r.slot = 'reserve'
		AND NOT EXISTS (SELECT 1 FROM credits c WHERE c.job_id = r.job_id AND c.slot = 'close')`)
	if err != nil {
		return nil, fmt.Errorf("find open reservations: %w", err)
	}
	for _, job := range open {
		if err := s.Refund(ctx, job); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}
