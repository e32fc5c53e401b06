package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// FirstGrant is how many credits a workspace gets when it is opened first.
const FirstGrant = 1000

const shownEntries = 50

func scanCredit(r Rows) (e domain.CreditEntry, err error) {
	var at int64
	err = r.Scan(&e.ID, &e.Kind, &e.Amount, &e.JobID, &at)
	e.At = fromMicros(at)
	return e, err
}

const insertCredit = "INSERT INTO credits (id, kind, amount, job_id, slot, at) VALUES (?, ?, ?, ?, ?, ?)"

// firstGrant opens the ledger, once.
func (s *Store) firstGrant(ctx context.Context) error {
	opened, err := collect(ctx, s.db, scanInt, "SELECT n FROM balance WHERE id = 1")
	if err != nil || len(opened) > 0 {
		return err
	}
	_, err = s.db.Batch(ctx, []Stmt{
		{insertCredit + " ON CONFLICT DO NOTHING", []any{"first", "grant", int64(FirstGrant), "", "first", micros(s.now())}},
		{"INSERT INTO balance (id, n) VALUES (1, ?) ON CONFLICT DO NOTHING", []any{int64(FirstGrant)}},
	})
	return err
}

// Grant adds amount credits, which must be more than 0.
func (s *Store) Grant(ctx context.Context, amount int64) error {
	if amount <= 0 || amount > 1e12 {
		return domain.Errorf(domain.CodeInvalid, "Credits are granted in amounts of 1 to 10^12, not %d.", amount).In("amount")
	}
	id := NewID()
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE balance SET n = n + ? WHERE id = 1", []any{amount}},
		{insertCredit, []any{id, "grant", amount, "", id, micros(s.now())}},
	})
	if err != nil {
		return fmt.Errorf("grant credits: %w", err)
	}
	return nil
}

// Reserve takes amount credits for a job, or answers CodeNoCredits and takes none when the balance is smaller. Reserving the
// same for the same job again changes nothing.
func (s *Store) Reserve(ctx context.Context, job string, amount int64) error {
	if job == "" || amount < 0 {
		return domain.Errorf(domain.CodeInvalid, "A reservation needs a job and an amount that is not negative.").In("amount")
	}
	l, err := s.ledger(ctx, job)
	if err != nil {
		return err
	}
	if l.open || l.closed {
		return l.repeated(job, amount)
	}
	_, err = s.db.Batch(ctx, []Stmt{
		{"UPDATE balance SET n = n - ? WHERE id = 1", []any{amount}},
		{insertCredit, []any{NewID(), "reserve", -amount, job, "reserve", micros(s.now())}},
	})
	if err == nil {
		return nil
	}
	if l, again := s.ledger(ctx, job); again == nil && (l.open || l.closed) { // another call for the same job was first
		return l.repeated(job, amount)
	}
	if !tripped(err, "no_credits") {
		return fmt.Errorf("reserve credits: %w", err)
	}
	c, err := s.Credits(ctx)
	if err != nil {
		return err
	}
	return domain.Errorf(domain.CodeNoCredits, "This needs %d credits and there are %d.", amount, c.Balance)
}

// Settle ends a job's reservation: actual credits are kept, at most what was reserved, and the rest is given back. A job is
// closed once: settling or refunding it again changes nothing. CodeNotFound when nothing was reserved.
func (s *Store) Settle(ctx context.Context, job string, actual int64) error {
	if actual < 0 {
		return domain.Errorf(domain.CodeInvalid, "A job cannot cost %d credits.", actual).In("actual")
	}
	l, err := s.ledger(ctx, job)
	if err != nil {
		return err
	}
	if !l.open && !l.closed {
		return domain.Errorf(domain.CodeNotFound, "No credits were reserved for the job %q.", job)
	}
	return s.closeJob(ctx, job, l, "settle", l.reserved-min(actual, l.reserved))
}

// Refund gives all that is reserved for a job back. It changes nothing when nothing is, or when the job is closed.
func (s *Store) Refund(ctx context.Context, job string) error {
	l, err := s.ledger(ctx, job)
	if err != nil {
		return err
	}
	return s.closeJob(ctx, job, l, "refund", l.reserved)
}

func (s *Store) closeJob(ctx context.Context, job string, l jobLedger, kind string, back int64) error {
	if !l.open {
		return nil
	}
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE balance SET n = n + ? WHERE id = 1", []any{back}},
		{insertCredit, []any{NewID(), kind, back, job, "close", micros(s.now())}},
	})
	if err != nil { // another call may have closed it first
		if l, again := s.ledger(ctx, job); again == nil && l.closed {
			return nil
		}
		return fmt.Errorf("%s credits: %w", kind, err)
	}
	return nil
}

// jobLedger is how a job stands: open when credits are reserved and not settled.
type jobLedger struct {
	reserved     int64
	open, closed bool
}

func (l jobLedger) repeated(job string, amount int64) error {
	if l.open && l.reserved == amount {
		return nil
	}
	return domain.Errorf(domain.CodeConflict, "%d credits were reserved for the job %q already.", l.reserved, job)
}

func (s *Store) ledger(ctx context.Context, job string) (jobLedger, error) {
	var l jobLedger
	entries, err := collect(ctx, s.db, scanCredit, "SELECT id, kind, amount, job_id, at FROM credits WHERE job_id = ? AND slot IN ('reserve', 'close')", job)
	if err != nil {
		return l, fmt.Errorf("read ledger: %w", err)
	}
	for _, e := range entries {
		if e.Kind == "reserve" {
			l.reserved, l.open = -e.Amount, true
		} else {
			l.closed = true
		}
	}
	l.open = l.open && !l.closed
	return l, nil
}

// Credits gives the balance with the newest 50 entries of the ledger, newest first.
func (s *Store) Credits(ctx context.Context) (domain.Credits, error) {
	balance, err := one(ctx, s.db, "balance", "1", scanInt, "SELECT n FROM balance WHERE id = 1")
	if err != nil {
		return domain.Credits{}, fmt.Errorf("read balance: %w", err)
	}
	entries, err := collect(ctx, s.db, scanCredit, "SELECT id, kind, amount, job_id, at FROM credits ORDER BY at DESC, id DESC LIMIT ?", int64(shownEntries))
	if err != nil {
		return domain.Credits{}, fmt.Errorf("read ledger: %w", err)
	}
	return domain.Credits{Balance: balance, Entries: entries}, nil
}
