package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/blob"
)

type setting struct{ name, value string }

func scanSetting(r Rows) (v setting, err error) {
	err = r.Scan(&v.name, &v.value)
	return v, err
}

// Setting gives the value kept under key; ok tells whether there is one.
func (s *Store) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	rows, err := collect(ctx, s.db, scanSetting, "SELECT name, value FROM settings WHERE name = ?", clean(key))
	if err != nil {
		return "", false, fmt.Errorf("read setting %s: %w", key, err)
	}
	if len(rows) == 0 {
		return "", false, nil
	}
	return rows[0].value, true, nil
}

// SetSetting keeps value under key. A key that ends in a slash and the SHA-256 of a blob ("backbone/e3b0...") holds on to that blob.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	_, err := s.db.Exec(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		clean(key), clean(value))
	if err != nil {
		return fmt.Errorf("keep setting %s: %w", key, err)
	}
	return nil
}

// Settings gives all settings whose key begins with prefix.
func (s *Store) Settings(ctx context.Context, prefix string) (map[string]string, error) {
	prefix = clean(prefix)
	rows, err := collect(ctx, s.db, scanSetting, "SELECT name, value FROM settings WHERE substr(name, 1, ?) = ?",
		int64(utf8.RuneCountInString(prefix)), prefix)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.name] = r.value
	}
	return out, nil
}

// heldBySettings are the blobs that keys of settings name.
func (s *Store) heldBySettings(ctx context.Context) ([]string, error) {
	names, err := collect(ctx, s.db, scanString, "SELECT name FROM settings")
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var out []string
	for _, name := range names {
		if at := strings.LastIndexByte(name, '/'); at >= 0 && blob.Valid(name[at+1:]) {
			out = append(out, name[at+1:])
		}
	}
	return out, nil
}
