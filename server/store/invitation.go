package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

const invitationQuery = `SELECT i.id, i.workspace_id, w.name, i.role, i.email, i.created_by, COALESCE(u.name, ''), i.created_at, i.expires_at
	FROM invitations i JOIN workspaces w ON w.id = i.workspace_id LEFT JOIN users u ON u.id = i.created_by WHERE i.used_by = '' AND i.expires_at > ?`

func scanInvitation(r Rows) (i domain.Invitation, err error) {
	var created, expires int64
	err = r.Scan(&i.ID, &i.Workspace, &i.WorkspaceName, &i.Role, &i.Email, &i.By, &i.ByName, &created, &expires)
	i.CreatedAt, i.ExpiresAt = fromMicros(created), fromMicros(expires)
	return i, err
}

// AddInvitation keeps an invitation to i.Workspace as i.Role, by i.By, until i.ExpiresAt, for whoever has the token of that
// SHA-256; only for the account of i.Email unless that is "".
func (s *Store) AddInvitation(ctx context.Context, i domain.Invitation, token string) (domain.Invitation, error) {
	if !i.Role.Valid() {
		return i, domain.Errorf(domain.CodeInvalid, "There is no role %q.", i.Role).In("role")
	}
	if i.Email != "" {
		if err := checkEmail(&i.Email); err != nil {
			return i, err
		}
	}
	i.ID, i.CreatedAt = NewID(), s.now()
	_, err := s.db.Exec(ctx, `INSERT INTO invitations (id, workspace_id, role, email, token, created_by, created_at, expires_at, used_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')`, i.ID, i.Workspace, string(i.Role), i.Email, token, i.By, micros(i.CreatedAt), micros(i.ExpiresAt))
	if err != nil {
		return i, fmt.Errorf("keep an invitation: %w", err)
	}
	return i, nil
}

// Invitations lists the invitations to a workspace that still can be used, newest first.
func (s *Store) Invitations(ctx context.Context, workspace string) ([]domain.Invitation, error) {
	out, err := collect(ctx, s.db, scanInvitation, invitationQuery+" AND i.workspace_id = ? ORDER BY i.created_at DESC, i.id DESC", micros(s.now()), workspace)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	return out, nil
}

// InvitationByToken gives the invitation of a token, by its SHA-256, or CodeNotFound when it was used, is over or taken back.
func (s *Store) InvitationByToken(ctx context.Context, token string) (domain.Invitation, error) {
	rows, err := collect(ctx, s.db, scanInvitation, invitationQuery+" AND i.token = ?", micros(s.now()), token)
	if err != nil {
		return domain.Invitation{}, fmt.Errorf("find an invitation: %w", err)
	}
	if len(rows) == 0 {
		return domain.Invitation{}, invitationGone()
	}
	return rows[0], nil
}

func invitationGone() error {
	return domain.Errorf(domain.CodeNotFound, "This invitation is not good any more: it was used, taken back, or is too old. Ask for another one.").In("token")
}

// DeleteInvitation takes an invitation back.
func (s *Store) DeleteInvitation(ctx context.Context, workspace, id string) error {
	n, err := s.db.Exec(ctx, "DELETE FROM invitations WHERE id = ? AND workspace_id = ? AND used_by = ''", id, workspace)
	if err != nil {
		return fmt.Errorf("take an invitation back: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no invitation %q here. It may have been used.", id)
	}
	return nil
}

// AcceptAs uses an invitation, once: the person of id user becomes a member. CodeConflict when they are one.
func (s *Store) AcceptAs(ctx context.Context, i domain.Invitation, user string) error {
	if _, err := s.Member(ctx, i.Workspace, user); err == nil {
		return domain.Errorf(domain.CodeConflict, "You are in this workspace already.").In("token")
	}
	_, err := s.db.Batch(ctx, s.accept(i, user))
	return s.accepted(ctx, i, err)
}

// AcceptNew uses an invitation, once: u gets an account and becomes a member. CodeConflict about email when the address has an
// account.
func (s *Store) AcceptNew(ctx context.Context, i domain.Invitation, u UserRecord) (domain.User, error) {
	u.Host = false
	insert, err := s.insertUser(&u)
	if err != nil {
		return domain.User{}, err
	}
	if _, err := s.UserByEmail(ctx, u.Email); err == nil {
		return domain.User{}, domain.Errorf(domain.CodeConflict, "This address has an account. Sign in first, then open the invitation again.").In("email")
	}
	_, err = s.db.Batch(ctx, append([]Stmt{insert}, s.accept(i, u.ID)...))
	return u.User, s.accepted(ctx, i, err)
}

func (s *Store) accept(i domain.Invitation, user string) []Stmt {
	return []Stmt{
		{"INSERT INTO once (what) VALUES (?)", []any{"invitation " + i.ID}},
		{"UPDATE invitations SET used_by = ? WHERE id = ?", []any{user, i.ID}},
		guard("moved", "EXISTS (SELECT 1 FROM invitations WHERE id = ? AND used_by = ?)", i.ID, user), // taken back meanwhile
		{insertMember, []any{i.Workspace, user, string(i.Role), micros(s.now())}},
	}
}

// accepted explains why an invitation could not be used.
func (s *Store) accepted(ctx context.Context, i domain.Invitation, err error) error {
	if err == nil {
		return nil
	}
	used, readErr := collect(ctx, s.db, scanString, "SELECT id FROM invitations WHERE id = ? AND used_by = ''", i.ID)
	if readErr == nil && len(used) == 0 {
		return invitationGone()
	}
	return fmt.Errorf("accept an invitation: %w", err)
}
