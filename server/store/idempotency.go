//go:build !js

package store

import (
	"context"
	"fmt"
	"time"
)

// KeyedRequest is a request that came with a key of its caller's, and its answer; Status is 0 while there is none.
type KeyedRequest struct {
	Caller  string // id of who sent it
	Key     string
	Request string // SHA-256 of what was asked
	Process string // that does it
	At      time.Time
	Status  int
	Kind    string // media type of Body
	Body    []byte
}

// ClaimKey takes r's key for r, and gives what is kept under it where it is taken. A key can be taken that was used before
// expired, and one whose request got no answer: by r.Process at any time, by others when it began before lost.
func (s *Store) ClaimKey(ctx context.Context, r KeyedRequest, expired, lost time.Time) (kept KeyedRequest, claimed bool, err error) {
	r.At = s.now()
	n, err := s.db.Exec(ctx, `INSERT INTO idempotency (caller, name, request, process, at, status, kind) VALUES (?, ?, ?, ?, ?, 0, '')
		ON CONFLICT (caller, name) DO UPDATE SET request = excluded.request, process = excluded.process, at = excluded.at, status = 0, kind = '', body = NULL
		WHERE idempotency.at < ? OR idempotency.status = 0 AND (idempotency.process = excluded.process OR idempotency.at < ?)`,
		r.Caller, clean(r.Key), r.Request, r.Process, micros(r.At), micros(expired), micros(lost))
	if err != nil {
		return kept, false, fmt.Errorf("claim a request's key: %w", err)
	}
	if n > 0 {
		return r, true, nil
	}
	kept, err = one(ctx, s.db, "key", r.Key, func(rows Rows) (v KeyedRequest, err error) {
		var at int64
		err = rows.Scan(&v.Caller, &v.Key, &v.Request, &v.Process, &at, &v.Status, &v.Kind, &v.Body)
		v.At = fromMicros(at)
		return v, err
	}, "SELECT caller, name, request, process, at, status, kind, body FROM idempotency WHERE caller = ? AND name = ?", r.Caller, clean(r.Key))
	return kept, false, err
}

// KeepAnswer keeps the answer to r, as ClaimKey gave it.
func (s *Store) KeepAnswer(ctx context.Context, r KeyedRequest) error {
	_, err := s.db.Exec(ctx, "UPDATE idempotency SET status = ?, kind = ?, body = ? WHERE caller = ? AND name = ? AND at = ? AND status = 0",
		int64(r.Status), r.Kind, r.Body, r.Caller, clean(r.Key), micros(r.At))
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}

// ReleaseKey gives the key of r back: nothing was done.
func (s *Store) ReleaseKey(ctx context.Context, r KeyedRequest) error {
	_, err := s.db.Exec(ctx, "DELETE FROM idempotency WHERE caller = ? AND name = ? AND at = ? AND status = 0", r.Caller, clean(r.Key), micros(r.At))
	if err != nil {
		return fmt.Errorf("release a request's key: %w", err)
	}
	return nil
}

// DropKeys forgets requests that began before expired, and (abandoned) those without an answer that other processes than
// process began.
func (s *Store) DropKeys(ctx context.Context, expired time.Time, process string, abandoned bool) error {
	_, err := s.db.Exec(ctx, "DELETE FROM idempotency WHERE at < ? OR ? = 1 AND status = 0 AND process <> ?", micros(expired), flag(abandoned), process)
	if err != nil {
		return fmt.Errorf("drop old answers: %w", err)
	}
	return nil
}
