//go:build js

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall/js"

	"github.com/irum-app/irum/wasm/glue"
)

// Open gives the database at path, an absolute one, of what openSQLite in web/shell/sqlite.js resolved to. It has one
// connection: a query inside the rows of another one waits for ever unless ctx ends.
func Open(databases js.Value, path string) *sql.DB {
	db := sql.OpenDB(&connector{databases: databases, path: path})
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	db.SetConnMaxLifetime(0)
	return db
}

type connector struct {
	databases js.Value
	path      string
}

// Connect implements driver.Connector.
func (c *connector) Connect(context.Context) (driver.Conn, error) {
	v, err := glue.Call(c.databases, "open", c.path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", c.path, err)
	}
	return &conn{v: v, cache: map[string]*stmt{}}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return noDriver{} }

type noDriver struct{}

// Open implements driver.Driver.
func (noDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("sqlite: there is no DSN, use sqlite.Open")
}

// maxCached is how many prepared statements a connection keeps.
const maxCached = 64

type conn struct {
	v     js.Value
	cache map[string]*stmt // not in use now
	order []string         // of cache, oldest first
	args  []byte           // reused
	arg   js.Value         // Uint8Array, reused
}

var (
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
)

type stmt struct {
	c       *conn
	query   string
	p       int // sqlite3_stmt *
	columns []string
	inputs  int
	width   int
}

// take gives a prepared statement of query, which must be one statement.
func (c *conn) take(query string) (*stmt, error) {
	if s, ok := c.cache[query]; ok {
		delete(c.cache, query)
		for i, q := range c.order {
			if q == query {
				c.order = append(c.order[:i], c.order[i+1:]...)
				break
			}
		}
		return s, nil
	}
	s, rest, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("sqlite: the statement is empty")
	}
	if strings.TrimSpace(rest) != "" {
		s.finalize()
		return nil, errors.New("sqlite: more than one statement where one is expected")
	}
	return s, nil
}

func (c *conn) prepare(query string) (s *stmt, rest string, err error) {
	v, err := glue.Call(c.v, "prepare", glue.Array([]byte(query)))
	if err != nil {
		return nil, "", err
	}
	p := v.Index(0).Int()
	rest = query[min(v.Index(1).Int(), len(query)):]
	if p == 0 {
		return nil, rest, nil
	}
	return &stmt{c: c, query: query, p: p, width: v.Index(2).Int(), inputs: v.Index(3).Int()}, rest, nil
}

// give puts s back for the next use of its query.
func (c *conn) give(s *stmt) {
	if _, there := c.cache[s.query]; there || len(s.query) > 4096 {
		s.finalize()
		return
	}
	if len(c.order) >= maxCached {
		oldest := c.order[0]
		c.order = c.order[1:]
		c.cache[oldest].finalize()
		delete(c.cache, oldest)
	}
	c.cache[s.query] = s
	c.order = append(c.order, s.query)
}

func (s *stmt) finalize() { s.c.v.Call("finalize", s.p) }

// encode gives the arguments as a Uint8Array that is valid until the next call.
func (c *conn) encode(args []driver.NamedValue, inputs int) (js.Value, error) {
	if len(args) != inputs {
		return js.Undefined(), fmt.Errorf("sqlite: the statement takes %d arguments, not %d", inputs, len(args))
	}
	b := c.args[:0]
	var err error
	for _, a := range args {
		if a.Name != "" {
			return js.Undefined(), fmt.Errorf("sqlite: the argument %s is named, which is not supported", a.Name)
		}
		if b, err = appendValue(b, a.Value); err != nil {
			return js.Undefined(), err
		}
	}
	c.args = b
	if c.arg.IsUndefined() || c.arg.Get("length").Int() < len(b) {
		c.arg = js.Global().Get("Uint8Array").New(max(4096, 2*len(b)))
	}
	js.CopyBytesToJS(c.arg, b)
	if cap(c.args) > 1<<20 {
		c.args = nil
	}
	return c.arg.Call("subarray", 0, len(b)), nil
}

// ExecContext implements driver.ExecerContext. Without arguments query may hold several statements.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return c.execAll(query)
	}
	s, err := c.take(query)
	if err != nil {
		return nil, err
	}
	defer c.give(s)
	return s.exec(args)
}

func (c *conn) execAll(query string) (driver.Result, error) {
	var last driver.Result = result{}
	for strings.TrimSpace(query) != "" {
		s, rest, err := c.prepare(query)
		if err != nil {
			return nil, err
		}
		query = rest
		if s == nil {
			continue
		}
		last, err = s.exec(nil)
		s.finalize()
		if err != nil {
			return nil, err
		}
	}
	return last, nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := c.take(query)
	if err != nil {
		return nil, err
	}
	r, err := s.start(args)
	if err != nil {
		c.give(s)
		return nil, err
	}
	return r, nil
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := c.take(query)
	if err != nil {
		return nil, err
	}
	return &prepared{stmt: s}, nil
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	for _, s := range c.cache {
		s.finalize()
	}
	_, err := glue.Call(c.v, "close")
	return err
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx. A transaction holds the write lock from its start.
func (c *conn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE", nil); err != nil {
		return nil, err
	}
	return tx{c}, nil
}

type tx struct{ c *conn }

// Commit implements driver.Tx. A COMMIT that fails is rolled back, so that the connection can be used again.
func (t tx) Commit() error {
	_, err := t.c.execAll("COMMIT")
	if err != nil {
		_, _ = t.c.execAll("ROLLBACK")
	}
	return err
}

// Rollback implements driver.Tx.
func (t tx) Rollback() error {
	_, err := t.c.execAll("ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil // SQLite rolled back by itself: the disk is full, for one
	}
	return err
}

type result struct{ id, changed int64 }

// LastInsertId implements driver.Result.
func (r result) LastInsertId() (int64, error) { return r.id, nil }

// RowsAffected implements driver.Result.
func (r result) RowsAffected() (int64, error) { return r.changed, nil }

func (s *stmt) exec(args []driver.NamedValue) (driver.Result, error) {
	encoded, err := s.c.encode(args, s.inputs)
	if err != nil {
		return nil, err
	}
	v, err := glue.Call(s.c.v, "run", s.p, encoded)
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(v.Index(1).String(), 10, 64)
	if err != nil {
		return nil, err
	}
	return result{id: id, changed: int64(v.Index(0).Float())}, nil
}

func (s *stmt) start(args []driver.NamedValue) (*rows, error) {
	encoded, err := s.c.encode(args, s.inputs)
	if err != nil {
		return nil, err
	}
	if _, err := glue.Call(s.c.v, "bind", s.p, encoded); err != nil {
		s.c.v.Call("reset", s.p)
		return nil, err
	}
	if s.columns == nil {
		names := s.c.v.Call("columns", s.p)
		s.columns = make([]string, names.Length())
		for i := range s.columns {
			s.columns[i] = names.Index(i).String()
		}
	}
	r := &rows{s: s, more: true}
	if err := r.fetch(); err != nil { // at once: what is asked by a query may also change something
		s.c.v.Call("reset", s.p)
		return nil, err
	}
	return r, nil
}

// rows steps through a query; the statement goes back to the cache at Close, unless a prepared one owns it.
type rows struct {
	s     *stmt
	data  []byte // encoded rows that were fetched and not yet read
	more  bool
	owned bool
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string { return r.s.columns }

// Close implements driver.Rows.
func (r *rows) Close() error {
	if r.s == nil {
		return nil
	}
	r.s.c.v.Call("reset", r.s.p)
	if !r.owned {
		r.s.c.give(r.s)
	}
	r.s = nil
	return nil
}

// fetch steps through the next rows.
func (r *rows) fetch() error {
	v, err := glue.Call(r.s.c.v, "rows", r.s.p, r.s.width)
	if err != nil {
		r.more = false
		return err
	}
	r.data, r.more = glue.Bytes(v.Index(0)), v.Index(1).Bool()
	return nil
}

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	for len(r.data) == 0 {
		if !r.more {
			return io.EOF
		}
		if err := r.fetch(); err != nil {
			return err
		}
	}
	var err error
	for i := range dest {
		if dest[i], r.data, err = takeValue(r.data); err != nil {
			return err
		}
	}
	return nil
}

// prepared is a statement that its user keeps.
type prepared struct{ stmt *stmt }

var (
	_ driver.StmtExecContext  = (*prepared)(nil)
	_ driver.StmtQueryContext = (*prepared)(nil)
)

// Close implements driver.Stmt.
func (p *prepared) Close() error {
	if p.stmt != nil {
		p.stmt.c.give(p.stmt)
		p.stmt = nil
	}
	return nil
}

// NumInput implements driver.Stmt.
func (p *prepared) NumInput() int { return p.stmt.inputs }

// ExecContext implements driver.StmtExecContext.
func (p *prepared) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.stmt.exec(args)
}

// QueryContext implements driver.StmtQueryContext.
func (p *prepared) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := p.stmt.start(args)
	if err != nil {
		return nil, err
	}
	r.owned = true
	return r, nil
}

// Exec implements driver.Stmt.
func (p *prepared) Exec(args []driver.Value) (driver.Result, error) { return p.stmt.exec(named(args)) }

// Query implements driver.Stmt.
func (p *prepared) Query(args []driver.Value) (driver.Rows, error) {
	return p.QueryContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}
