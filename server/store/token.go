package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

// maxTokens is how many tokens a person may have.
const maxTokens = 50

// TokenRecord is a token with its person.
type TokenRecord struct {
	domain.Token
	User UserRecord
}

const tokenQuery = `SELECT t.id, t.workspace_id, t.name, t.scopes, t.created_at, t.expires_at, t.seen_at, ` + userColumns +
	` FROM tokens t JOIN users u ON u.id = t.user_id WHERE `

func scanToken(r Rows) (v TokenRecord, err error) {
	var created, expires, seen, host, since, disabled int64
	var scopes string
	err = r.Scan(&v.ID, &v.Workspace, &v.Name, &scopes, &created, &expires, &seen,
		&v.User.ID, &v.User.Email, &v.User.Name, &v.User.Password, &host, &since, &disabled)
	if err != nil {
		return v, err
	}
	v.CreatedAt, v.ExpiresAt, v.SeenAt = fromMicros(created), fromMicros(expires), fromMicros(seen)
	v.User.Host, v.User.CreatedAt, v.User.Disabled = host != 0, fromMicros(since), disabled != 0
	return v, json.Unmarshal([]byte(scopes), &v.Scopes)
}

// AddToken keeps a token of a person under its SHA-256. Scopes must be rights, or domain.ScopeHost.
func (s *Store) AddToken(ctx context.Context, user string, t domain.Token, sum string) (domain.Token, error) {
	t.Name = strings.TrimSpace(clean(t.Name))
	if n := utf8.RuneCountInString(t.Name); n < 1 || n > 100 {
		return t, domain.Errorf(domain.CodeInvalid, "A token has a name of 1 to 100 characters, so that you know later what it is for.").In("name")
	}
	if len(t.Scopes) == 0 {
		return t, domain.Errorf(domain.CodeInvalid, "Say what the token may do.").In("scopes")
	}
	for _, scope := range t.Scopes {
		if scope != domain.ScopeHost && !slices.Contains(domain.Rights, scope) {
			return t, domain.Errorf(domain.CodeInvalid, "There is no right %q.", scope).In("scopes")
		}
	}
	scopes, err := jsonText(t.Scopes)
	if err != nil {
		return t, err
	}
	have, err := s.Tokens(ctx, user)
	if err != nil {
		return t, err
	}
	if len(have) >= maxTokens {
		return t, domain.Errorf(domain.CodeConflict, "You have %d tokens. Delete one that nothing uses.", len(have)).In("name")
	}
	t.ID, t.CreatedAt = NewID(), s.now()
	_, err = s.db.Exec(ctx, `INSERT INTO tokens (id, user_id, workspace_id, name, scopes, token, created_at, expires_at, seen_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`, t.ID, user, t.Workspace, t.Name, scopes, sum, micros(t.CreatedAt), micros(t.ExpiresAt))
	if err != nil {
		return t, fmt.Errorf("keep a token: %w", err)
	}
	return t, nil
}

// Tokens lists the tokens of a person, newest first.
func (s *Store) Tokens(ctx context.Context, user string) ([]domain.Token, error) {
	rows, err := collect(ctx, s.db, scanToken, tokenQuery+"t.user_id = ? ORDER BY t.created_at DESC, t.id DESC", user)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	out := make([]domain.Token, len(rows))
	for i, r := range rows {
		out[i] = r.Token
	}
	return out, nil
}

// TokenBySum gives the token of a SHA-256; ok is false when there is none.
func (s *Store) TokenBySum(ctx context.Context, sum string) (v TokenRecord, ok bool, err error) {
	rows, err := collect(ctx, s.db, scanToken, tokenQuery+"t.token = ?", sum)
	if err != nil {
		return v, false, fmt.Errorf("find a token: %w", err)
	}
	if len(rows) == 0 {
		return v, false, nil
	}
	return rows[0], true, nil
}

// TouchToken keeps that the token was used now.
func (s *Store) TouchToken(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, "UPDATE tokens SET seen_at = ? WHERE id = ?", micros(s.now()), id)
	if err != nil {
		return fmt.Errorf("keep when a token was used: %w", err)
	}
	return nil
}

// DeleteToken makes a token of a person good for nothing; CodeNotFound when it is none of theirs.
func (s *Store) DeleteToken(ctx context.Context, user, id string) error {
	n, err := s.db.Exec(ctx, "DELETE FROM tokens WHERE id = ? AND user_id = ?", id, user)
	if err != nil {
		return fmt.Errorf("delete a token: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no token %q of yours.", id)
	}
	return nil
}
