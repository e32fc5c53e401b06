package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// FirstGrant is how many credits a workspace gets when it is opened first: HomeWorkspace without an end, others for a trial.
const FirstGrant = 1000

const shownEntries = 50

func scanCredit(r Rows) (e domain.CreditEntry, err error) {
	var at int64
	err = r.Scan(&e.ID, &e.Kind, &e.Amount, &e.JobID, &at)
	e.At = fromMicros(at)
	return e, err
}

const insertCredit = "INSERT INTO credits (id, kind, amount, job_id, slot, at, workspace_id) VALUES (?, ?, ?, ?, ?, ?, ?)"

// firstGrant opens the ledger of a workspace, once: id is that of the entry.
func firstGrant(workspace, id string, at int64) []Stmt {
	return []Stmt{
		{insertCredit + " ON CONFLICT DO NOTHING", []any{id, "grant", int64(FirstGrant), "", id, at, workspace}},
		{"INSERT INTO balances (workspace_id, n) VALUES (?, ?) ON CONFLICT DO NOTHING", []any{workspace, int64(FirstGrant)}},
	}
}

// firstGrant opens the ledger of HomeWorkspace.
func (s *Store) firstGrant(ctx context.Context) error {
	opened, err := collect(ctx, s.db, scanInt, "SELECT n FROM balances WHERE workspace_id = ?", domain.HomeWorkspace)
	if err != nil || len(opened) > 0 {
		return err
	}
	_, err = s.db.Batch(ctx, firstGrant(domain.HomeWorkspace, "first", micros(s.now())))
	return err
}

// Grant adds amount credits, which must be more than 0, to HomeWorkspace.
func (s *Store) Grant(ctx context.Context, amount int64) error {
	return s.GrantTo(ctx, domain.HomeWorkspace, amount)
}

// GrantTo is Grant to a workspace.
func (s *Store) GrantTo(ctx context.Context, workspace string, amount int64) error {
	if amount <= 0 || amount > 1e12 {
		return domain.Errorf(domain.CodeInvalid, "Credits are granted in amounts of 1 to 10^12, not %d.", amount).In("amount")
	}
	id := NewID()
	_, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE balances SET n = n + ? WHERE workspace_id = ?", []any{amount, workspace}},
		{insertCredit, []any{id, "grant", amount, "", id, micros(s.now()), workspace}},
	})
	if err != nil {
		return fmt.Errorf("grant credits: %w", err)
	}
	return nil
}

// payer is the workspace that pays for a job: that of its project, HomeWorkspace where the job is not kept.
func (s *Store) payer(ctx context.Context, job string) (string, error) {
	rows, err := collect(ctx, s.db, scanString, "SELECT p.workspace_id FROM jobs j JOIN projects p ON p.id = j.project_id WHERE j.id = ?", job)
	if err != nil || len(rows) == 0 {
		return domain.HomeWorkspace, err
	}
	return rows[0], nil
}

// Reserve takes amount credits of the workspace of a job's project, or answers CodeNoCredits and takes none when the balance is smaller. Reserving the
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
	workspace, err := s.payer(ctx, job)
	if err != nil {
		return fmt.Errorf("find who pays: %w", err)
	}
	if _, err := s.trial(ctx, workspace); err != nil {
		return err
	}
	if _, err = s.db.Batch(ctx, reserveStmts(workspace, job, amount, micros(s.now()))); err == nil {
		return nil
	}
	if l, again := s.ledger(ctx, job); again == nil && (l.open || l.closed) { // another call for the same job was first
		return l.repeated(job, amount)
	}
	if !tripped(err, "no_credits") {
		return fmt.Errorf("reserve credits: %w", err)
	}
	return s.tooFewCredits(ctx, workspace, amount)
}

// reserveStmts take amount from a workspace's balance, which fails on the row when it is less.
func reserveStmts(workspace, job string, amount, at int64) []Stmt {
	return []Stmt{
		{"UPDATE balances SET n = n - ? WHERE workspace_id = ?", []any{amount, workspace}},
		{insertCredit, []any{NewID(), "reserve", -amount, job, "reserve", at, workspace}},
	}
}

func (s *Store) tooFewCredits(ctx context.Context, workspace string, amount int64) error {
	c, err := s.CreditsOf(ctx, workspace)
	if err != nil {
		return err
	}
	return domain.Errorf(domain.CodeNoCredits, "This needs %d credits and there are %d. Train on fewer images or add credits.", amount, c.Balance)
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
	_, err := s.db.Batch(ctx, closeStmts(job, l, kind, back, micros(s.now())))
	if err != nil { // another call may have closed it first
		if l, again := s.ledger(ctx, job); again == nil && l.closed {
			return nil
		}
		return fmt.Errorf("%s credits: %w", kind, err)
	}
	return nil
}

// closeStmts end a reservation, once: the second to come finds the entry there and fails.
func closeStmts(job string, l jobLedger, kind string, back, at int64) []Stmt {
	return []Stmt{
		{"UPDATE balances SET n = n + ? WHERE workspace_id = ?", []any{back, l.workspace}},
		{insertCredit, []any{NewID(), kind, back, job, "close", at, l.workspace}},
	}
}

// jobLedger is how a job stands: open when credits are reserved and not settled.
type jobLedger struct {
	workspace    string // that paid
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
	scan := func(r Rows) (e struct {
		kind, workspace string
		amount          int64
	}, err error,
	) {
		err = r.Scan(&e.kind, &e.amount, &e.workspace)
		return e, err
	}
	entries, err := collect(ctx, s.db, scan, "SELECT kind, amount, workspace_id FROM credits WHERE job_id = ? AND slot IN ('reserve', 'close')", job)
	if err != nil {
		return l, fmt.Errorf("read ledger: %w", err)
	}
	for _, e := range entries {
		if e.kind == "reserve" {
			l.reserved, l.open, l.workspace = -e.amount, true, e.workspace
		} else {
			l.closed = true
		}
	}
	l.open = l.open && !l.closed
	return l, nil
}

// Credits gives the balance of HomeWorkspace with the newest 50 entries of its ledger, newest first.
func (s *Store) Credits(ctx context.Context) (domain.Credits, error) {
	return s.CreditsOf(ctx, domain.HomeWorkspace)
}

// CreditsOf is Credits of a workspace.
func (s *Store) CreditsOf(ctx context.Context, workspace string) (domain.Credits, error) {
	trial, err := s.trial(ctx, workspace)
	if err != nil {
		return domain.Credits{}, err
	}
	balance, err := one(ctx, s.db, "balance", workspace, scanInt, "SELECT n FROM balances WHERE workspace_id = ?", workspace)
	if err != nil {
		return domain.Credits{}, fmt.Errorf("read balance: %w", err)
	}
	entries, err := collect(ctx, s.db, scanCredit, `SELECT id, kind, amount, job_id, at FROM credits WHERE workspace_id = ?
		ORDER BY at DESC, id DESC LIMIT ?`, workspace, int64(shownEntries))
	if err != nil {
		return domain.Credits{}, fmt.Errorf("read ledger: %w", err)
	}
	return domain.Credits{Balance: balance, Entries: entries, Trial: trial}, nil
}
