package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/irum-app/irum/server/domain"
)

// Dialect is the SQL that a database speaks.
type Dialect int

// Dialects.
const (
	SQLite Dialect = iota
	Postgres
)

// Stmt is one statement of a batch. SQL has ? for its arguments.
type Stmt struct {
	SQL  string
	Args []any
}

// Rows is what a query answers, as database/sql gives it.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Close() error
	Err() error
}

// DB is all that the store asks of a database. Batch runs all statements or none and tells how many rows each changed:
// one transaction on SQLite and Postgres, batch() on D1.
type DB interface {
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	Batch(ctx context.Context, stmts []Stmt) ([]int64, error)
}

// sqlDB is DB over database/sql.
type sqlDB struct {
	db      *sql.DB
	dialect Dialect
	// write lets one batch in at a time where the database knows one writer only, so that nobody waits in SQLite's
	// busy handler, which is unfair and gives up.
	write chan struct{}
}

func newSQL(db *sql.DB, d Dialect) *sqlDB {
	s := &sqlDB{db: db, dialect: d}
	if d == SQLite {
		s.write = make(chan struct{}, 1)
	}
	return s
}

func (s *sqlDB) lock(ctx context.Context) (unlock func(), err error) {
	if s.write == nil {
		return func() {}, nil
	}
	select {
	case s.write <- struct{}{}:
		return func() { <-s.write }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *sqlDB) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	return s.db.QueryContext(ctx, translate(s.dialect, query), args...)
}

func (s *sqlDB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	res, err := s.db.ExecContext(ctx, translate(s.dialect, query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *sqlDB) Batch(ctx context.Context, stmts []Stmt) ([]int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin batch: %w", err)
	}
	changed, err := s.run(ctx, tx, stmts)
	if err != nil {
		return nil, errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit batch: %w", err)
	}
	return changed, nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// run executes the statements; one that comes more than once is prepared once.
func (s *sqlDB) run(ctx context.Context, tx *sql.Tx, stmts []Stmt) ([]int64, error) {
	uses := make(map[string]int, 8)
	for _, st := range stmts {
		uses[st.SQL]++
	}
	prepared := map[string]*sql.Stmt{}
	defer func() {
		for _, p := range prepared {
			_ = p.Close()
		}
	}()
	changed := make([]int64, len(stmts))
	progress := progressOf(ctx)
	for i, st := range stmts {
		progress(i, len(stmts))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var res sql.Result
		var err error
		if uses[st.SQL] < 2 {
			res, err = tx.ExecContext(ctx, translate(s.dialect, st.SQL), st.Args...)
		} else {
			p := prepared[st.SQL]
			if p == nil {
				if p, err = tx.PrepareContext(ctx, translate(s.dialect, st.SQL)); err != nil {
					return nil, fmt.Errorf("prepare statement %d of batch: %w", i, err)
				}
				prepared[st.SQL] = p
			}
			res, err = p.ExecContext(ctx, st.Args...)
		}
		if err != nil {
			return nil, fmt.Errorf("statement %d of batch: %w", i, err)
		}
		if changed[i], err = res.RowsAffected(); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

type progressKey struct{}

// WithProgress lets the writes of ctx tell how far they are, in a unit of their own. tell is called with the database held by
// the write, so it must not use the store. A write that is cancelled leaves nothing behind.
func WithProgress(ctx context.Context, tell func(done, total int)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// tells tells whether WithProgress wants to know of ctx's writes.
func tells(ctx context.Context) bool {
	_, ok := ctx.Value(progressKey{}).(func(done, total int))
	return ok
}

func progressOf(ctx context.Context) func(done, total int) {
	if tell, ok := ctx.Value(progressKey{}).(func(done, total int)); ok {
		return tell
	}
	return func(int, int) {}
}

// The words that differ between dialects. {skiplocked} ends a subquery over t whose rows are about to be changed: rows that another
// statement is changing are passed, where several write at a time. {each} makes rows e(value) of a JSON array of objects, {strings} of a JSON
// array of strings: one argument carries a thousand rows, where D1 takes a hundred arguments at most.
// {now} is the database's clock in microseconds since 1970.
var words = map[Dialect]*strings.Replacer{
	SQLite: strings.NewReplacer("{each}", "json_each(?) AS e", "{strings}", "json_each(?) AS e",
		"{skiplocked}", "", "{instr}", "instr", "{blob}", "BLOB", "{ctext}", "TEXT", "{norowid}", " WITHOUT ROWID",
		"{now}", "CAST((julianday('now') - 2440587.5) * 86400000000 AS BIGINT)"),
	Postgres: strings.NewReplacer("{each}", "jsonb_array_elements(CAST(? AS jsonb)) AS e(value)",
		"{strings}", "jsonb_array_elements_text(CAST(? AS jsonb)) AS e(value)",
		"{skiplocked}", "FOR UPDATE OF t SKIP LOCKED", "{instr}", "strpos", "{blob}", "BYTEA", "{ctext}", `TEXT COLLATE "C"`, "{norowid}", "",
		"{now}", "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"),
}

// translated keeps what translate gives, of the first thousands of statements: there are not many more.
var translated = struct {
	sync.RWMutex
	of map[Dialect]map[string]string
}{of: map[Dialect]map[string]string{SQLite: {}, Postgres: {}}}

const maxTranslated = 4096

// translate gives a statement in the words of a dialect, worked out once.
func translate(d Dialect, query string) string {
	translated.RLock()
	out, known := translated.of[d][query]
	translated.RUnlock()
	if known {
		return out
	}
	out = inWords(d, query)
	translated.Lock()
	defer translated.Unlock()
	if len(translated.of[d]) < maxTranslated {
		translated.of[d][query] = out
	}
	return out
}

// inWords puts the dialect's words in and numbers the ? placeholders for Postgres. No statement of ours has a ? in a literal.
func inWords(d Dialect, query string) string {
	query = words[d].Replace(query)
	if d != Postgres {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// guard makes a statement that fails its batch as kind unless cond holds.
func guard(kind, cond string, args ...any) Stmt {
	return Stmt{"INSERT INTO guards (kind) SELECT '" + kind + "' WHERE NOT (" + cond + ")", args}
}

// tripped tells whether err came from guard(kind, ...). The constraint's name is in the message of every driver.
func tripped(err error, kind string) bool {
	return err != nil && strings.Contains(err.Error(), "guard_"+kind)
}

// collect scans every row of a query by scan.
func collect[T any](ctx context.Context, db DB, scan func(Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one gives the only row of a query, or CodeNotFound naming what and id.
func one[T any](ctx context.Context, db DB, what, id string, scan func(Rows) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, db, scan, query, args...)
	if err == nil && len(all) > 0 {
		return all[0], nil
	}
	var zero T
	if err == nil {
		err = domain.Errorf(domain.CodeNotFound, "There is no %s %q here. It may have been deleted.", what, id)
	}
	return zero, err
}

func scanString(r Rows) (string, error) {
	var v string
	err := r.Scan(&v)
	return v, err
}

func scanInt(r Rows) (int64, error) {
	var v int64
	err := r.Scan(&v)
	return v, err
}
