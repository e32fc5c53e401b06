package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// D1 gives the DB of a Cloudflare D1 database, which is SQLite without transactions. ask hands a request to web/edge/d1.mjs and
// gives its answer, both in JSON: in the edge host by a call, in tests by HTTP.
//
// D1 keeps integers as float64, so whole numbers beyond 2^53 are refused instead of rounded, and takes 100 arguments a statement.
func D1(ask func(ctx context.Context, request []byte) (answer []byte, err error)) DB { return d1{ask} }

type d1 struct {
	ask func(ctx context.Context, request []byte) ([]byte, error)
}

type d1Request struct {
	Rows  bool     `json:"rows,omitempty"`
	Batch [][2]any `json:"batch"` // SQL and its arguments
}

type d1Answer struct {
	Rows    [][]json.RawMessage `json:"rows"`
	Changed []int64             `json:"changed"`
	Error   string              `json:"error"`
}

// d1Bytes is how bytes are written.
type d1Bytes struct {
	Bytes []byte `json:"bytes"`
}

// maxExact is the largest whole number up to which float64 holds every one.
const maxExact = 1 << 53

func (d d1) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	a, err := d.run(ctx, true, []Stmt{{query, args}})
	if err != nil {
		return nil, err
	}
	return &d1Rows{rows: a.Rows, at: -1}, nil
}

func (d d1) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	changed, err := d.Batch(ctx, []Stmt{{query, args}})
	if err != nil {
		return 0, err
	}
	return changed[0], nil
}

func (d d1) Batch(ctx context.Context, stmts []Stmt) ([]int64, error) {
	if len(stmts) == 0 {
		return nil, nil
	}
	a, err := d.run(ctx, false, stmts)
	if err != nil {
		return nil, err
	}
	if len(a.Changed) != len(stmts) {
		return nil, fmt.Errorf("D1 answered %d of %d statements", len(a.Changed), len(stmts))
	}
	return a.Changed, nil
}

func (d d1) run(ctx context.Context, rows bool, stmts []Stmt) (a d1Answer, err error) {
	request, progress := d1Request{Rows: rows, Batch: make([][2]any, len(stmts))}, progressOf(ctx)
	for i, st := range stmts {
		if !rows {
			progress(i, len(stmts))
		}
		if err := ctx.Err(); err != nil {
			return a, err
		}
		args, err := d1Arguments(st.Args)
		if err != nil {
			return a, fmt.Errorf("statement %d: %w", i, err)
		}
		request.Batch[i] = [2]any{translate(SQLite, st.SQL), args}
	}
	text, err := json.Marshal(request)
	if err != nil {
		return a, err
	}
	if text, err = d.ask(ctx, text); err != nil {
		return a, fmt.Errorf("ask D1: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("read D1's answer: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// d1Arguments gives arguments as JSON holds them.
func d1Arguments(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, arg := range args {
		v := reflect.ValueOf(arg)
		switch {
		case arg == nil:
		case v.CanInt():
			if n := v.Int(); n > maxExact || n < -maxExact {
				return nil, fmt.Errorf("argument %d is %d, which D1 would round", i, n)
			}
			out[i] = v.Int()
		case v.CanFloat():
			out[i] = v.Float()
		case v.Kind() == reflect.String:
			out[i] = v.String()
		case v.Kind() == reflect.Bool:
			out[i] = flag(v.Bool())
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
			if !v.IsNil() {
				out[i] = d1Bytes{v.Bytes()}
			}
		default:
			return nil, fmt.Errorf("argument %d is a %T, which D1 has no type for", i, arg)
		}
	}
	return out, nil
}

// d1Rows is what a query answered, all of it.
type d1Rows struct {
	rows [][]json.RawMessage
	at   int
}

func (r *d1Rows) Next() bool {
	r.at++
	return r.at < len(r.rows)
}

func (r *d1Rows) Close() error { return nil }
func (r *d1Rows) Err() error   { return nil }

// Scan writes the row into pointers to whole numbers, floats, strings, bytes and booleans. NULL is refused but for bytes, where
// it is nil, as database/sql does.
func (r *d1Rows) Scan(dest ...any) error {
	if r.at < 0 || r.at >= len(r.rows) {
		return errors.New("Scan without a row")
	}
	row := r.rows[r.at]
	if len(row) != len(dest) {
		return fmt.Errorf("a row has %d columns, not %d", len(row), len(dest))
	}
	for i, to := range dest {
		if err := d1Scan(row[i], to); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func d1Scan(from json.RawMessage, to any) error {
	if b, ok := to.(*[]byte); ok {
		return d1ScanBytes(from, b)
	}
	if b, ok := to.(*bool); ok {
		var n float64
		err := json.Unmarshal(from, &n)
		*b = n != 0
		return err
	}
	if bytes.Equal(from, []byte("null")) {
		return fmt.Errorf("NULL does not fit a %T", to)
	}
	return json.Unmarshal(from, to)
}

func d1ScanBytes(from json.RawMessage, to *[]byte) error {
	switch {
	case bytes.Equal(from, []byte("null")):
		*to = nil
		return nil
	case len(from) > 0 && from[0] == '"': // text is bytes too
		var s string
		err := json.Unmarshal(from, &s)
		*to = []byte(s)
		return err
	}
	var b d1Bytes
	err := json.Unmarshal(from, &b)
	*to = b.Bytes
	return err
}
