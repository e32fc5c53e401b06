package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store is all of Irum's SQL. Its methods may be called at the same time from many goroutines.
type Store struct {
	db  DB
	Now func() time.Time // the clock; replaced in tests

	mu       sync.Mutex
	watchers map[int]func(LabelsMoved)
	watching int
	copies   foundCopies // that a filter asked for last

	lists   listings
	waiting map[string][]*labelWrite // by project: small writes of labels, until somebody takes them (labelgroup.go)
	turns   map[string]chan struct{} // by project: label writes of one process queue here instead of conflicting
}

//go:embed migrations/*.sql
var migrations embed.FS

// Open migrates db and gives its store. db's opener sets the pragmas of SQLite (SQLiteDSN); here they are asked for once
// more, for drivers of one connection without a DSN, and refused ones (WAL on OPFS) are no error.
func Open(ctx context.Context, db *sql.DB, d Dialect) (*Store, error) {
	if d == SQLite {
		for _, pragma := range []string{"busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=1"} {
			if rows, err := db.QueryContext(ctx, "PRAGMA "+pragma); err == nil {
				_ = rows.Close()
			}
		}
	}
	return OpenDB(ctx, newSQL(db, d), d)
}

// OpenDB is Open over another DB.
func OpenDB(ctx context.Context, db DB, d Dialect) (*Store, error) {
	s := newStore(db)
	if err := migrate(ctx, db, d); err != nil {
		return nil, err
	}
	if err := s.firstGrant(ctx); err != nil {
		return nil, fmt.Errorf("grant the first credits: %w", err)
	}
	return s, nil
}

func newStore(db DB) *Store {
	return &Store{db: db, Now: time.Now, turns: map[string]chan struct{}{}, waiting: map[string][]*labelWrite{}}
}

// SQLiteDSN is the DSN for modernc.org/sqlite: WAL, every commit synced, writers queue.
func SQLiteDSN(path string) string {
	q := url.Values{}
	q.Set("_txlock", "immediate")
	for _, p := range []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"} {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// migrate runs the numbered files that were not run yet, each as one batch with its row in migrations. We run them
// ourselves: goose needs a transaction that it can read in, which D1 has not, and adds its size to app.wasm.
func migrate(ctx context.Context, db DB, _ Dialect) error {
	const create = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at BIGINT NOT NULL)"
	_, err := db.Exec(ctx, create)
	for attempt := 0; err != nil && attempt < 3; attempt++ { // on Postgres, two processes that start at once may collide here
		if err := pause(ctx, attempt); err != nil {
			return err
		}
		_, err = db.Exec(ctx, create)
	}
	if err != nil {
		return fmt.Errorf("create table migrations: %w", err)
	}
	names, err := pending(ctx, db)
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		// The row comes first: of two processes that start at once, the second waits on it and then fails here.
		batch := []Stmt{{"INSERT INTO migrations (name, at) VALUES (?, ?)", []any{name, micros(time.Now())}}}
		batch = append(batch, statements(string(text))...)
		if _, err := db.Batch(ctx, batch); err != nil {
			again, readErr := collect(ctx, db, scanString, "SELECT name FROM migrations WHERE name = ?", name)
			if readErr != nil || len(again) == 0 {
				return fmt.Errorf("migrate %s: %w", name, err)
			}
		}
	}
	return nil
}

// pending gives the numbered files that were not run on db yet, in their order.
func pending(ctx context.Context, db DB) ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	done, err := collect(ctx, db, scanString, "SELECT name FROM migrations")
	if err != nil {
		return nil, fmt.Errorf("read table migrations: %w", err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(done, name) }), nil
}

// statements cuts a file at the semicolons that end a line, dropping comment lines.
func statements(text string) []Stmt {
	var out []Stmt
	var b strings.Builder
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "--") {
			continue
		}
		b.WriteString(line)
		if strings.HasSuffix(trimmed, ";") {
			out = append(out, Stmt{SQL: strings.TrimSuffix(strings.TrimSpace(b.String()), ";")})
			b.Reset()
		}
	}
	return out
}

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID gives 26 characters: 48 bits of milliseconds, so that ids sort by time and indexes grow at their end, and 80 random bits.
func NewID() string {
	var b [16]byte
	ms := time.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	_, _ = rand.Read(b[6:]) // never fails
	return idEncoding.EncodeToString(b[:])
}

// queue holds back other label writes to project in this process until unlock.
func (s *Store) queue(ctx context.Context, project string) (unlock func(), err error) {
	s.mu.Lock()
	turn := s.turnOf(project)
	s.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turnOf is what holds others back. It is called with mu held.
func (s *Store) turnOf(project string) chan struct{} {
	turn := s.turns[project]
	if turn == nil {
		turn = make(chan struct{}, 1)
		s.turns[project] = turn
	}
	return turn
}

// pause waits a moment that grows with attempt and differs between processes.
func pause(ctx context.Context, attempt int) error {
	t := time.NewTimer(time.Duration(1+mathrand.IntN(4*(attempt+1))) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// jsonText encodes v, which is always one of our own plain types.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func jsonTexts(vs ...any) ([]string, error) {
	out := make([]string, len(vs))
	for i, v := range vs {
		text, err := jsonText(v)
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return out, nil
}

// clean makes text that every database takes: valid UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// chunks calls f with at most n elements of all at a time.
func chunks[T any](all []T, n int, f func([]T) error) error {
	for len(all) > 0 {
		k := min(n, len(all))
		if err := f(all[:k]); err != nil {
			return err
		}
		all = all[k:]
	}
	return nil
}
