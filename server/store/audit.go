package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

const auditColumns = "seq, at, workspace_id, actor, name, action, object, hash"

func scanAudit(r Rows) (e domain.AuditEntry, err error) {
	var at int64
	err = r.Scan(&e.Seq, &at, &e.Workspace, &e.Actor.ID, &e.Actor.Name, &e.Action, &e.Object, &e.Hash)
	e.At = fromMicros(at)
	return e, err
}

// chain is the hash of an entry after the one of hash before. What is hashed is JSON: no two entries have the same text.
func chain(before string, e domain.AuditEntry) (string, error) {
	text, err := jsonText([]any{before, e.Seq, micros(e.At), e.Workspace, e.Actor.ID, e.Actor.Name, e.Action, e.Object})
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), err
}

// Audit adds an entry at the end of the log; its Seq, At and Hash are given here.
func (s *Store) Audit(ctx context.Context, e domain.AuditEntry) error {
	unlock, err := s.queue(ctx, "audit log")
	if err != nil {
		return err
	}
	defer unlock()
	e.Actor.Name, e.Action, e.Object = clean(e.Actor.Name), clean(e.Action), clean(e.Object)
	for attempt := range 40 { // another process may have taken the place
		last, err := collect(ctx, s.db, scanAudit, "SELECT "+auditColumns+" FROM audit ORDER BY seq DESC LIMIT 1")
		if err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		before := ""
		e.Seq, e.At = 1, s.now()
		if len(last) > 0 {
			e.Seq, before = last[0].Seq+1, last[0].Hash
		}
		if e.Hash, err = chain(before, e); err != nil {
			return err
		}
		n, err := s.db.Exec(ctx, "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			e.Seq, micros(e.At), e.Workspace, e.Actor.ID, e.Actor.Name, e.Action, e.Object, e.Hash)
		if err != nil {
			return fmt.Errorf("write the audit log: %w", err)
		}
		if n == 1 {
			return nil
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return domain.Errorf(domain.CodeUnavailable, "Too many others are writing to the audit log at the moment. Try again.")
}

// AuditLog gives entries of a workspace, newest first, those before seq (0 for all), at most limit.
func (s *Store) AuditLog(ctx context.Context, workspace string, before int64, limit int) ([]domain.AuditEntry, error) {
	if limit < 1 || limit > 500 {
		return nil, domain.Errorf(domain.CodeInvalid, "The limit %d is not between 1 and 500.", limit).In("limit")
	}
	out, err := collect(ctx, s.db, scanAudit, "SELECT "+auditColumns+` FROM audit WHERE workspace_id = ? AND (? = 0 OR seq < ?)
		ORDER BY seq DESC LIMIT ?`, workspace, before, before, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return out, nil
}

// VerifyAudit works all hashes out anew. Broken is the first entry that is not what was written, 0 when all are; Head is the
// hash of the last one: whoever keeps it elsewhere can tell later that nothing before it has gone.
func (s *Store) VerifyAudit(ctx context.Context) (domain.AuditCheck, error) {
	var out domain.AuditCheck
	for {
		part, err := collect(ctx, s.db, scanAudit, "SELECT "+auditColumns+" FROM audit WHERE seq > ? ORDER BY seq LIMIT 1000", out.Entries)
		if err != nil {
			return out, fmt.Errorf("read the audit log: %w", err)
		}
		for _, e := range part {
			want, err := chain(out.Head, e)
			if err != nil {
				return out, err
			}
			if e.Seq != out.Entries+1 || e.Hash != want {
				out.Broken = out.Entries + 1
				return out, nil
			}
			out.Entries, out.Head = e.Seq, e.Hash
		}
		if len(part) == 0 {
			return out, nil
		}
	}
}
