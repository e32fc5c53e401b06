//go:build !js

package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// Identity is a person as an issuer of OpenID Connect knows them.
type Identity struct{ Issuer, Subject string }

func (s *Store) insertIdentity(i Identity, user string) Stmt {
	return Stmt{"INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)", []any{clean(i.Issuer), clean(i.Subject), user, micros(s.now())}}
}

// UserByIdentity gives the account of an identity; ok is false where it has none.
func (s *Store) UserByIdentity(ctx context.Context, i Identity) (u UserRecord, ok bool, err error) {
	rows, err := collect(ctx, s.db, scanUser, "SELECT "+userColumns+" FROM users u JOIN identities n ON n.user_id = u.id WHERE n.issuer = ? AND n.subject = ?",
		clean(i.Issuer), clean(i.Subject))
	if err != nil {
		return u, false, fmt.Errorf("find an identity: %w", err)
	}
	if len(rows) == 0 {
		return u, false, nil
	}
	return rows[0], true, nil
}

// LinkIdentity gives an account an identity, whose issuer has shown that the account's address is the person's. What was good for
// the account before may be somebody else's, who made it with that address: its password, sessions and tokens go.
func (s *Store) LinkIdentity(ctx context.Context, i Identity, user string) error {
	_, err := s.db.Batch(ctx, []Stmt{
		s.insertIdentity(i, user),
		{"UPDATE users SET password = '' WHERE id = ?", []any{user}},
		{"DELETE FROM sessions WHERE user_id = ?", []any{user}},
		{"DELETE FROM tokens WHERE user_id = ?", []any{user}},
	})
	if err != nil {
		return fmt.Errorf("link an identity: %w", err)
	}
	return nil
}

// AcceptIdentity is AcceptNew of somebody who has no password, but an identity.
func (s *Store) AcceptIdentity(ctx context.Context, i domain.Invitation, u UserRecord, by Identity) (domain.User, error) {
	u.Host, u.Password = false, ""
	insert, err := s.insertUser(&u)
	if err != nil {
		return domain.User{}, err
	}
	_, err = s.db.Batch(ctx, append([]Stmt{insert, s.insertIdentity(by, u.ID)}, s.accept(i, u.ID)...))
	return u.User, s.accepted(ctx, i, err)
}

// JoinByIdentity makes an account without a password of somebody whose identity lets them in, as a member of HomeWorkspace.
func (s *Store) JoinByIdentity(ctx context.Context, u UserRecord, role domain.Role, by Identity) (domain.User, error) {
	u.Host, u.Password = false, ""
	insert, err := s.insertUser(&u)
	if err != nil {
		return domain.User{}, err
	}
	_, err = s.db.Batch(ctx, []Stmt{
		insert, s.insertIdentity(by, u.ID),
		{insertMember, []any{domain.HomeWorkspace, u.ID, string(role), micros(s.now())}},
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("make an account: %w", err)
	}
	return u.User, nil
}
