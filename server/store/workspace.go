package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

func scanWorkspace(r Rows) (w domain.Workspace, err error) {
	var at int64
	err = r.Scan(&w.ID, &w.Name, &at)
	w.CreatedAt = fromMicros(at)
	return w, err
}

// CreateWorkspace keeps a new workspace, with credits for a trial of TrialTime, whose owner is the person of that id.
func (s *Store) CreateWorkspace(ctx context.Context, name, owner string) (domain.Workspace, error) {
	name, err := workspaceName(name)
	if err != nil {
		return domain.Workspace{}, err
	}
	w := domain.Workspace{ID: NewID(), Name: name, CreatedAt: s.now()}
	at := micros(w.CreatedAt)
	_, err = s.db.Batch(ctx, append([]Stmt{
		{"INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, ?)", []any{w.ID, w.Name, at}},
		{insertMember, []any{w.ID, owner, string(domain.RoleOwner), at}},
	}, trialStmts(w.ID, w.CreatedAt)...))
	if err != nil {
		return domain.Workspace{}, fmt.Errorf("create workspace: %w", err)
	}
	return w, nil
}

func workspaceName(name string) (string, error) {
	name = strings.TrimSpace(clean(name))
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
		return "", domain.Errorf(domain.CodeInvalid, "A workspace has a name of 1 to 100 characters.").In("name")
	}
	return name, nil
}

// Workspace gives one workspace, or CodeNotFound.
func (s *Store) Workspace(ctx context.Context, id string) (domain.Workspace, error) {
	return one(ctx, s.db, "workspace", id, scanWorkspace, "SELECT id, name, created_at FROM workspaces WHERE id = ?", id)
}

// RenameWorkspace gives a workspace another name.
func (s *Store) RenameWorkspace(ctx context.Context, id, name string) (domain.Workspace, error) {
	name, err := workspaceName(name)
	if err != nil {
		return domain.Workspace{}, err
	}
	if _, err := s.db.Exec(ctx, "UPDATE workspaces SET name = ? WHERE id = ?", name, id); err != nil {
		return domain.Workspace{}, fmt.Errorf("rename workspace: %w", err)
	}
	return s.Workspace(ctx, id)
}

// WorkspaceOf tells which workspace a project is in, or CodeNotFound.
func (s *Store) WorkspaceOf(ctx context.Context, project string) (string, error) {
	return one(ctx, s.db, "project", project, scanString, "SELECT workspace_id FROM projects WHERE id = ?", project)
}

const insertMember = "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (?, ?, ?, ?)"

// Memberships lists what a person is where, the workspace that is oldest first.
func (s *Store) Memberships(ctx context.Context, user string) ([]domain.Membership, error) {
	scan := func(r Rows) (m domain.Membership, err error) {
		err = r.Scan(&m.Workspace, &m.Name, &m.Role)
		return m, err
	}
	out, err := collect(ctx, s.db, scan, `SELECT w.id, w.name, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id
		WHERE m.user_id = ? ORDER BY w.created_at, w.id`, user)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	return out, nil
}

const memberQuery = `SELECT u.id, u.name, u.email, m.role, m.created_at FROM members m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = ?`

func scanMember(r Rows) (m domain.Member, err error) {
	var at int64
	err = r.Scan(&m.ID, &m.Name, &m.Email, &m.Role, &at)
	m.Since = fromMicros(at)
	return m, err
}

// Members lists the members of a workspace, by name.
func (s *Store) Members(ctx context.Context, workspace string) ([]domain.Member, error) {
	out, err := collect(ctx, s.db, scanMember, memberQuery+" ORDER BY u.name, u.id", workspace)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return out, nil
}

// Member gives one member of a workspace, or CodeNotFound.
func (s *Store) Member(ctx context.Context, workspace, user string) (domain.Member, error) {
	return one(ctx, s.db, "member", user, scanMember, memberQuery+" AND u.id = ?", workspace, user)
}

// lastOwner fails a batch that leaves a workspace without an owner.
func lastOwner(workspace string) Stmt {
	return guard("moved", "EXISTS (SELECT 1 FROM members WHERE workspace_id = ? AND role = 'owner')", workspace)
}

// SetRole makes a member something else. The last owner stays one (CodeConflict).
func (s *Store) SetRole(ctx context.Context, workspace, user string, role domain.Role) (domain.Member, error) {
	if !role.Valid() {
		return domain.Member{}, domain.Errorf(domain.CodeInvalid, "There is no role %q.", role).In("role")
	}
	err := s.changeMembers(ctx, workspace, user, Stmt{"UPDATE members SET role = ? WHERE workspace_id = ? AND user_id = ?", []any{string(role), workspace, user}})
	if err != nil {
		return domain.Member{}, err
	}
	return s.Member(ctx, workspace, user)
}

// RemoveMember takes a person out of a workspace; what they did stays. The last owner stays (CodeConflict).
func (s *Store) RemoveMember(ctx context.Context, workspace, user string) error {
	return s.changeMembers(ctx, workspace, user, Stmt{"DELETE FROM members WHERE workspace_id = ? AND user_id = ?", []any{workspace, user}})
}

// changeMembers lets one at a time change who owns a workspace, by its row.
func (s *Store) changeMembers(ctx context.Context, workspace, user string, change Stmt) error {
	changed, err := s.db.Batch(ctx, []Stmt{
		{"UPDATE workspaces SET name = name WHERE id = ?", []any{workspace}}, change, lastOwner(workspace),
	})
	switch {
	case tripped(err, "moved"):
		return domain.Errorf(domain.CodeConflict, "A workspace needs an owner. Make somebody else one first.").In("role")
	case err != nil:
		return fmt.Errorf("change members: %w", err)
	case changed[1] == 0:
		return domain.Errorf(domain.CodeNotFound, "There is no member %q here. They may have left.", user)
	}
	return nil
}
