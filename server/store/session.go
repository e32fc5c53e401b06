package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// SessionRecord is a session with its person. Tokens are SHA-256 in hex; Next and Old are "" where there is none.
type SessionRecord struct {
	domain.Session
	User             UserRecord
	Secret           string
	Token, Next, Old string
	RotatedAt        time.Time
}

func scanSession(r Rows) (v SessionRecord, err error) {
	var created, rotated, seen, host, since, disabled int64
	err = r.Scan(&v.ID, &v.Secret, &v.Token, &v.Next, &v.Old, &v.Agent, &created, &rotated, &seen,
		&v.User.ID, &v.User.Email, &v.User.Name, &v.User.Password, &host, &since, &disabled)
	v.CreatedAt, v.RotatedAt, v.SeenAt = fromMicros(created), fromMicros(rotated), fromMicros(seen)
	v.User.Host, v.User.CreatedAt, v.User.Disabled = host != 0, fromMicros(since), disabled != 0
	return v, err
}

const sessionQuery = `SELECT v.id, v.secret, v.token, v.next_token, v.old_token, v.agent, v.created_at, v.rotated_at, v.seen_at, ` +
	userColumns + ` FROM sessions v JOIN users u ON u.id = v.user_id WHERE `

// AddSession keeps a new session of v.User.ID with Secret, Token and Agent, and gives its id.
func (s *Store) AddSession(ctx context.Context, v SessionRecord) (id string, err error) {
	id = NewID()
	now := micros(s.now())
	_, err = s.db.Exec(ctx, `INSERT INTO sessions (id, user_id, secret, token, next_token, old_token, agent, created_at, rotated_at, seen_at)
		VALUES (?, ?, ?, ?, '', '', ?, ?, ?, ?)`, id, v.User.ID, v.Secret, v.Token, clean(v.Agent), now, now, now)
	if err != nil {
		return "", fmt.Errorf("keep a session: %w", err)
	}
	return id, nil
}

// SessionByToken gives the session in which a token, by its SHA-256, is in use, offered or the one before; ok is false when
// there is none.
func (s *Store) SessionByToken(ctx context.Context, sum string) (v SessionRecord, ok bool, err error) {
	if sum == "" {
		return v, false, nil
	}
	rows, err := collect(ctx, s.db, scanSession, sessionQuery+"v.token = ? OR v.next_token = ? OR v.old_token = ?", sum, sum, sum)
	if err != nil {
		return v, false, fmt.Errorf("find a session: %w", err)
	}
	if len(rows) == 0 {
		return v, false, nil
	}
	return rows[0], true, nil
}

// OfferToken keeps that next was offered to take the place of token; it changes nothing when token is not in use any more.
func (s *Store) OfferToken(ctx context.Context, id, token, next string) error {
	_, err := s.db.Exec(ctx, "UPDATE sessions SET next_token = ? WHERE id = ? AND token = ?", next, id, token)
	if err != nil {
		return fmt.Errorf("offer a token: %w", err)
	}
	return nil
}

// RotateSession puts the token that was offered in use, once: of two that call it with the same one, one changes nothing.
func (s *Store) RotateSession(ctx context.Context, id, next string) error {
	_, err := s.db.Exec(ctx, `UPDATE sessions SET old_token = token, token = next_token, next_token = '', rotated_at = ?
		WHERE id = ? AND next_token = ?`, micros(s.now()), id, next)
	if err != nil {
		return fmt.Errorf("rotate a session: %w", err)
	}
	return nil
}

// TouchSession keeps that the session was used now.
func (s *Store) TouchSession(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, "UPDATE sessions SET seen_at = ? WHERE id = ?", micros(s.now()), id)
	if err != nil {
		return fmt.Errorf("keep when a session was used: %w", err)
	}
	return nil
}

// Sessions lists where user has signed in, the one used last first.
func (s *Store) Sessions(ctx context.Context, user string) ([]domain.Session, error) {
	rows, err := collect(ctx, s.db, scanSession, sessionQuery+"v.user_id = ? ORDER BY v.seen_at DESC, v.id DESC", user)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]domain.Session, len(rows))
	for i, r := range rows {
		out[i] = r.Session
	}
	return out, nil
}

// DeleteSession ends one session of user; CodeNotFound when it is none of theirs.
func (s *Store) DeleteSession(ctx context.Context, user, id string) error {
	n, err := s.db.Exec(ctx, "DELETE FROM sessions WHERE id = ? AND user_id = ?", id, user)
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no session %q of yours. It may have ended.", id)
	}
	return nil
}

// DeleteSessions ends all sessions of user but keep ("" for none).
func (s *Store) DeleteSessions(ctx context.Context, user, keep string) error {
	_, err := s.db.Exec(ctx, "DELETE FROM sessions WHERE user_id = ? AND id <> ?", user, keep)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// DropSessions forgets sessions that were made before made, or were last used before used.
func (s *Store) DropSessions(ctx context.Context, made, used time.Time) error {
	_, err := s.db.Exec(ctx, "DELETE FROM sessions WHERE created_at < ? OR seen_at < ?", micros(made), micros(used))
	if err != nil {
		return fmt.Errorf("forget old sessions: %w", err)
	}
	return nil
}
