package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// ClaimJob takes the job with label that is next, to run it under lease, a new word, for as long as lease holds. ok is false when
// none waits. Workspaces take turns: the one with the fewest jobs under way is next, and of those the one that has waited
// longest since a job of it was begun; within a workspace the job of the highest priority, then the oldest.
func (s *Store) ClaimJob(ctx context.Context, label, worker, lease string, hold time.Duration) (j JobRecord, ok bool, err error) {
	n, err := s.db.Exec(ctx, `UPDATE jobs SET state = 'running', lease = ?, lease_until = {now} + CAST(? AS BIGINT), worker = ?, started = {now},
		starts = starts + 1, wish = '' WHERE state = 'queued' AND id = (SELECT t.id FROM jobs t
			WHERE t.state = 'queued' AND t.request <> '' AND t.label = ? AND t.due <= {now}
			ORDER BY (SELECT COUNT(*) FROM jobs r WHERE r.state = 'running' AND r.workspace_id = t.workspace_id AND r.request <> ''),
				(SELECT MAX(r.started) FROM jobs r WHERE r.workspace_id = t.workspace_id), t.priority DESC, t.created_at, t.id
			LIMIT 1 {skiplocked})`, lease, hold.Microseconds(), clean(worker), label)
	if err != nil || n == 0 {
		return j, false, wrap("claim a job", err)
	}
	rows, err := collect(ctx, s.db, scanJobRecord, "SELECT "+jobColumns+" FROM jobs WHERE lease = ?", lease)
	if err != nil || len(rows) == 0 {
		return j, false, wrap("read the claimed job", err)
	}
	return rows[0], true, nil
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// RenewJob holds the lease of a job for hold from now, and tells what its run is asked for. ErrLeaseLost when it is over.
func (s *Store) RenewJob(ctx context.Context, id, lease string, hold time.Duration) (wish string, err error) {
	err = s.leased(ctx, "renew lease", "UPDATE jobs SET lease_until = {now} + CAST(? AS BIGINT) WHERE id = ? AND lease = ? AND state = 'running'",
		hold.Microseconds(), id, lease)
	if err != nil {
		return "", err
	}
	rows, err := collect(ctx, s.db, scanString, "SELECT wish FROM jobs WHERE id = ? AND lease = ?", id, lease)
	if err != nil || len(rows) == 0 {
		return "", wrap("read the wish", err)
	}
	return rows[0], nil
}

// WishJob asks whoever runs a job for wish. It changes nothing when the job does not run.
func (s *Store) WishJob(ctx context.Context, id, wish string) error {
	_, err := s.db.Exec(ctx, "UPDATE jobs SET wish = ? WHERE id = ? AND state = 'running' AND wish <> 'cancel'", wish, id)
	return wrap("ask the worker", err)
}

// ReleaseJob ends a run of a job that is not at its end: it waits for another run (JobQueued), or until it is resumed (JobPaused).
func (s *Store) ReleaseJob(ctx context.Context, id, lease string, state domain.JobState) error {
	return s.leased(ctx, "hand the job back", "UPDATE jobs SET state = ?, wish = '', worker = '' WHERE id = ? AND lease = ? AND state = 'running'",
		string(state), id, lease)
}

// MoveJob takes a job that does not run from one state to another; moved is false when it was in neither.
func (s *Store) MoveJob(ctx context.Context, id string, from, to domain.JobState) (moved bool, err error) {
	n, err := s.db.Exec(ctx, "UPDATE jobs SET state = ?, due = 0 WHERE id = ? AND state = ?", string(to), id, string(from))
	return n > 0, wrap("move job", err)
}

// RequeueLost lets jobs be run again whose lease is over: after wait, and twice as long each time that one is lost again. A job
// that was lost most times in a row, or whose run was asked for something, is left to LostJobs.
func (s *Store) RequeueLost(ctx context.Context, wait time.Duration, most int) (n int64, err error) {
	n, err = s.db.Exec(ctx, `UPDATE jobs SET state = 'queued', worker = '', due = {now} + CAST(? AS BIGINT) * (1 << lost), lost = lost + 1
		WHERE state = 'running' AND lease_until < {now} AND request <> '' AND wish = '' AND lost + 1 < ?`, wait.Microseconds(), int64(most))
	return n, wrap("queue lost jobs again", err)
}

// LostJobs gives the jobs whose lease is over, and those that wait and that nobody could run: earlier versions kept no requests.
func (s *Store) LostJobs(ctx context.Context) ([]JobRecord, error) {
	list, err := collect(ctx, s.db, scanJobRecord, "SELECT "+jobColumns+" FROM jobs WHERE state = 'running' AND lease_until < {now} OR state = 'queued' AND request = ''")
	return list, wrap("find lost jobs", err)
}

// RequeueRunning is called by a process that has the database for itself, before it runs jobs: those that an earlier one ran are
// queued again, except those that were lost most times in a row or cannot be repeated.
func (s *Store) RequeueRunning(ctx context.Context, most int) error {
	_, err := s.db.Exec(ctx, `UPDATE jobs SET state = 'queued', worker = '', lost = lost + 1
		WHERE state = 'running' AND request <> '' AND wish = '' AND lost + 1 < ?`, int64(most))
	return wrap("queue running jobs again", err)
}

// Waiting counts the jobs that could be run now, by the label that they ask for.
func (s *Store) Waiting(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	_, err := collect(ctx, s.db, func(r Rows) (label string, err error) {
		var n int
		err = r.Scan(&label, &n)
		out[label] = n
		return label, err
	}, "SELECT label, COUNT(*) FROM jobs WHERE state = 'queued' AND request <> '' AND due <= {now} GROUP BY label")
	return out, wrap("count waiting jobs", err)
}

// WorkerRecord is a process that runs jobs.
type WorkerRecord struct {
	ID, Name, Version string
	Labels            []string // "" is that of ordinary jobs
	StartedAt         time.Time
}

// SeeWorker keeps that a worker is there, for as long as hold says.
func (s *Store) SeeWorker(ctx context.Context, w WorkerRecord, hold time.Duration) error {
	labels, err := jsonText(w.Labels)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO workers (id, name, labels, version, started_at, seen_until) VALUES (?, ?, ?, ?, ?, {now} + CAST(? AS BIGINT))
		ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until`, w.ID, clean(w.Name), labels, clean(w.Version), micros(w.StartedAt), hold.Microseconds())
	return wrap("keep worker", err)
}

// DropWorker forgets a worker, and those that have been silent for a day.
func (s *Store) DropWorker(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, "DELETE FROM workers WHERE id = ? OR seen_until < {now} - CAST(? AS BIGINT)", id, (24 * time.Hour).Microseconds())
	return wrap("forget worker", err)
}

// Workers lists those that are there, by name.
func (s *Store) Workers(ctx context.Context) ([]WorkerRecord, error) {
	list, err := collect(ctx, s.db, func(r Rows) (w WorkerRecord, err error) {
		var at int64
		w.Labels, err = scanJSON[[]string](trailing{r, []any{&w.ID, &w.Name, &w.Version, &at}})
		w.StartedAt = fromMicros(at)
		return w, err
	}, "SELECT id, name, version, started_at, labels FROM workers WHERE seen_until >= {now} ORDER BY name, id")
	return list, wrap("list workers", err)
}

// trailing scans the columns before the last apart from it.
type trailing struct {
	Rows
	first []any
}

func (t trailing) Scan(to ...any) error { return t.Rows.Scan(append(t.first, to...)...) }
