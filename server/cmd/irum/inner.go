package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/irum-app/irum/server/domain"
)

// innerErrors is the log of an API in this process. The API hides from its callers what went wrong inside; whoever runs
// the command is the one to be told, so the last error is kept for the command's own message.
type innerErrors struct {
	mu   sync.Mutex
	last string
}

// Enabled implements slog.Handler.
func (*innerErrors) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}

// Handle implements slog.Handler.
func (e *innerErrors) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(", %s %v", a.Key, a.Value)
		return true
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = text
	return nil
}

// WithAttrs implements slog.Handler.
func (e *innerErrors) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup implements slog.Handler.
func (e *innerErrors) WithGroup(string) slog.Handler { return e }

// explain puts the kept error into the place of a problem that hides it.
func (e *innerErrors) explain(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil || e.last == "" || domain.AsProblem(err).Code != domain.CodeInternal {
		return err
	}
	return domain.Errorf(domain.CodeInternal, "Something went wrong inside Irum: %s.", e.last)
}
