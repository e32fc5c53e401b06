package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const maxJobs = 200

// ErrLeaseLost says that a job is no longer run under the lease that was named: it was given to another, has ended, or its
// project was deleted. Whoever gets it stops at once and leaves the job alone.
var ErrLeaseLost = errors.New("the lease of the job was lost")

// Wishes that the process which runs a job finds at its next RenewJob.
const (
	WishCancel = "cancel"
	WishPause  = "pause"
)

// JobRecord is a job with what it takes to run it.
type JobRecord struct {
	domain.Job
	// Request is JSON for whoever runs the job; "" for work that only the process can do that was asked.
	Request    string
	Priority   int    // within a workspace: higher is sooner
	Lease      string // of the run under way, or of the last one
	Lost       int    // runs that were lost since the last checkpoint
	Wish       string
	Checkpoint string    // SHA-256 of its blob, "" for none
	Due        time.Time // not run before
}

const jobColumns = "data, state, label, starts, worker, request, priority, lease, lost, wish, checkpoint, due"

func scanJobRecord(r Rows) (j JobRecord, err error) {
	var text, state, label, worker string
	var starts int
	var due int64
	if err = r.Scan(&text, &state, &label, &starts, &worker, &j.Request, &j.Priority, &j.Lease, &j.Lost, &j.Wish, &j.Checkpoint, &due); err != nil {
		return j, err
	}
	err = json.Unmarshal([]byte(text), &j.Job)
	// The columns are right where the text was written before they changed.
	j.State, j.Label, j.Starts, j.Worker, j.Due = domain.JobState(state), label, starts, worker, fromMicros(due)
	return j, err
}

func scanJob(r Rows) (domain.Job, error) {
	j, err := scanJobRecord(r)
	return j.Job, err
}

// AddJob keeps a new job and reserves credits for it, both or neither: CodeNoCredits when its workspace has fewer. A job that is
// running already has a Lease, which holds until the database's clock is lease further.
func (s *Store) AddJob(ctx context.Context, j JobRecord, credits int64, lease time.Duration) error {
	if j.ID == "" {
		return domain.Errorf(domain.CodeInvalid, "A job needs an id.").In("id")
	}
	if credits < 0 {
		return domain.Errorf(domain.CodeInvalid, "A job cannot cost %d credits.", credits).In("credits")
	}
	j.Error = clean(j.Error)
	text, err := jsonText(j.Job)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	batch := []Stmt{{
		`INSERT INTO jobs (id, project_id, state, created_at, data, workspace_id, request, label, priority, starts, worker, lease, lease_until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {now} + CAST(? AS BIGINT))`,
		[]any{
			j.ID, j.ProjectID, string(j.State), micros(j.CreatedAt), text, j.Workspace, j.Request, j.Label, int64(j.Priority), int64(j.Starts),
			clean(j.Worker), j.Lease, lease.Microseconds(),
		},
	}}
	if credits > 0 {
		if _, err := s.trial(ctx, j.Workspace); err != nil { // one that has ended pays for nothing
			return err
		}
		batch = append(batch, reserveStmts(j.Workspace, j.ID, credits, micros(s.now()))...)
	}
	_, err = s.db.Batch(ctx, batch)
	if tripped(err, "no_credits") {
		return s.tooFewCredits(ctx, j.Workspace, credits)
	}
	if err != nil {
		return fmt.Errorf("add job: %w", err)
	}
	return nil
}

// Job gives one job, or CodeNotFound.
func (s *Store) Job(ctx context.Context, id string) (domain.Job, error) {
	return one(ctx, s.db, "job", id, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE id = ?", id)
}

// JobRecord is Job with what it takes to run it.
func (s *Store) JobRecord(ctx context.Context, id string) (JobRecord, error) {
	return one(ctx, s.db, "job", id, scanJobRecord, "SELECT "+jobColumns+" FROM jobs WHERE id = ?", id)
}

// Jobs lists the newest 200 jobs of a project, newest first.
func (s *Store) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	return collect(ctx, s.db, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE project_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
		project, int64(maxJobs))
}

// UpdateJob keeps how a job that runs under lease stands. Its state stays. ErrLeaseLost when the lease is not its own any more.
func (s *Store) UpdateJob(ctx context.Context, j domain.Job, lease string) error {
	text, err := jsonText(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	return s.leased(ctx, "save job", "UPDATE jobs SET data = ? WHERE id = ? AND lease = ? AND state = ?", text, j.ID, lease, string(domain.JobRunning))
}

// leased runs an update of one job, which answers ErrLeaseLost when it finds none.
func (s *Store) leased(ctx context.Context, what, query string, args ...any) error {
	n, err := s.db.Exec(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return ErrLeaseLost
	}
	return nil
}

// KeepCheckpoint makes the blob sha the one that the job's next run resumes from. Runs that were lost before count no more.
func (s *Store) KeepCheckpoint(ctx context.Context, id, lease, sha string) error {
	return s.leased(ctx, "keep checkpoint", "UPDATE jobs SET checkpoint = ?, lost = 0 WHERE id = ? AND lease = ? AND state = ?",
		sha, id, lease, string(domain.JobRunning))
}

// ended are the states that a job does not leave.
const ended = "('done', 'failed', 'cancelled')"

// EndJob keeps the end of a job, j.State, and gives back what is still reserved for it, both or neither. lease is that of its run,
// or the last one where none is under way ("" where it never ran). ErrLeaseLost when it is another's, or has ended.
func (s *Store) EndJob(ctx context.Context, j domain.Job, lease string) error {
	j.Error = clean(j.Error)
	text, err := jsonText(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	for attempt := range 5 {
		var l jobLedger
		if l, err = s.ledger(ctx, j.ID); err != nil {
			return err
		}
		batch := []Stmt{
			{
				"UPDATE jobs SET state = ?, data = ?, checkpoint = '', wish = '' WHERE id = ? AND lease = ? AND state NOT IN " + ended,
				[]any{string(j.State), text, j.ID, lease},
			},
			guard("moved", "EXISTS (SELECT 1 FROM jobs WHERE id = ? AND lease = ? AND state = ?)", j.ID, lease, string(j.State)),
		}
		if l.open {
			batch = append(batch, closeStmts(j.ID, l, "refund", l.reserved, micros(s.now()))...)
		}
		if _, err = s.db.Batch(ctx, batch); err == nil {
			return nil
		}
		if tripped(err, "moved") {
			return ErrLeaseLost
		}
		if err := pause(ctx, attempt); err != nil { // its credits were settled meanwhile
			return err
		}
	}
	return fmt.Errorf("end job %s: %w", j.ID, err)
}

// OpenJobs gives all jobs that have not ended, oldest first.
func (s *Store) OpenJobs(ctx context.Context) ([]JobRecord, error) {
	list, err := collect(ctx, s.db, scanJobRecord, "SELECT "+jobColumns+" FROM jobs WHERE state IN ('queued', 'running', 'paused') ORDER BY created_at, id")
	if err != nil {
		return nil, fmt.Errorf("find open jobs: %w", err)
	}
	return list, nil
}

// RefundEnded gives back what is still reserved for jobs that have ended, or that are gone with their project.
func (s *Store) RefundEnded(ctx context.Context) error {
	open, err := collect(ctx, s.db, scanString, `SELECT r.job_id FROM credits r WHERE r.slot = 'reserve'
		AND NOT EXISTS (SELECT 1 FROM credits c WHERE c.job_id = r.job_id AND c.slot = 'close')
		AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = r.job_id AND j.state NOT IN `+ended+`)`)
	if err != nil {
		return fmt.Errorf("find open reservations: %w", err)
	}
	for _, job := range open {
		if err := s.Refund(ctx, job); err != nil {
			return err
		}
	}
	return nil
}
