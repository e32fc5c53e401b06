package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// Me tells who asks. A host with accounts answers domain.CodeSignedOut to whom it does not know.
func (c *Client) Me(ctx context.Context) (domain.Me, error) {
	return get[domain.Me](ctx, c, "/api/me")
}

// Setup makes the first account of a server and signs in.
func (c *Client) Setup(ctx context.Context, in domain.Setup) (domain.Me, error) {
	return post[domain.Me](ctx, c, "/api/setup", in)
}

// Login signs in. domain.CodeWrongLogin and domain.CodeTooMany (with RetryAfter) are its own problems.
func (c *Client) Login(ctx context.Context, in domain.Login) (domain.Me, error) {
	return post[domain.Me](ctx, c, "/api/login", in)
}

// StartProvider gives where to sign in at the provider (Capabilities.Provider); invitation is the token of the link by which
// the person comes, "" for none.
func (c *Client) StartProvider(ctx context.Context, invitation string) (string, error) {
	out, err := post[domain.ProviderStart](ctx, c, "/api/oidc/start", domain.ProviderStart{Invitation: invitation})
	return out.URL, err
}

// Logout signs out.
func (c *Client) Logout(ctx context.Context) error {
	return c.call(ctx, "POST", "/api/logout", struct{}{}, nil)
}

// ChangeAccount changes one's own name or password.
func (c *Client) ChangeAccount(ctx context.Context, in domain.AccountChange) (domain.Me, error) {
	var out domain.Me
	err := c.call(ctx, "PUT", "/api/me", in, &out)
	return out, err
}

// Sessions lists where one has signed in, the one used last first.
func (c *Client) Sessions(ctx context.Context) ([]domain.Session, error) {
	return get[[]domain.Session](ctx, c, "/api/sessions")
}

// EndSession signs out somewhere.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.call(ctx, "DELETE", "/api/sessions/"+url.PathEscape(id), nil, nil)
}

func w(id string) string { return "/api/workspaces/" + url.PathEscape(id) }

// CreateWorkspace makes a workspace that the caller owns; for those who run the server.
func (c *Client) CreateWorkspace(ctx context.Context, name string) (domain.Workspace, error) {
	return post[domain.Workspace](ctx, c, "/api/workspaces", domain.Workspace{Name: name})
}

// RenameWorkspace gives a workspace another name.
func (c *Client) RenameWorkspace(ctx context.Context, id, name string) (domain.Workspace, error) {
	var out domain.Workspace
	err := c.call(ctx, "PUT", w(id), domain.Workspace{Name: name}, &out)
	return out, err
}

// Members lists the members of a workspace, by name.
func (c *Client) Members(ctx context.Context, workspace string) ([]domain.Member, error) {
	return get[[]domain.Member](ctx, c, w(workspace)+"/members")
}

// SetRole makes a member something else.
func (c *Client) SetRole(ctx context.Context, workspace, user string, role domain.Role) (domain.Member, error) {
	var out domain.Member
	err := c.call(ctx, "PUT", w(workspace)+"/members/"+url.PathEscape(user), map[string]domain.Role{"role": role}, &out)
	return out, err
}

// RemoveMember takes a person out of a workspace.
func (c *Client) RemoveMember(ctx context.Context, workspace, user string) error {
	return c.call(ctx, "DELETE", w(workspace)+"/members/"+url.PathEscape(user), nil, nil)
}

// Invitations lists the invitations to a workspace that still can be used.
func (c *Client) Invitations(ctx context.Context, workspace string) ([]domain.Invitation, error) {
	return get[[]domain.Invitation](ctx, c, w(workspace)+"/invitations")
}

// Invite makes an invitation of Role, for the account of Email alone unless that is "". The answer has its Token.
func (c *Client) Invite(ctx context.Context, workspace string, in domain.Invitation) (domain.Invitation, error) {
	return post[domain.Invitation](ctx, c, w(workspace)+"/invitations", in)
}

// Uninvite takes an invitation back.
func (c *Client) Uninvite(ctx context.Context, workspace, id string) error {
	return c.call(ctx, "DELETE", w(workspace)+"/invitations/"+url.PathEscape(id), nil, nil)
}

// LookInvitation tells who invites to what.
func (c *Client) LookInvitation(ctx context.Context, token string) (domain.Invitation, error) {
	return post[domain.Invitation](ctx, c, "/api/invitations/look", domain.Acceptance{Token: token})
}

// AcceptInvitation makes whoever has signed in a member, or makes an account of in and signs in.
func (c *Client) AcceptInvitation(ctx context.Context, in domain.Acceptance) (domain.Me, error) {
	return post[domain.Me](ctx, c, "/api/invitations/accept", in)
}

// Tokens lists one's API tokens, newest first, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]domain.Token, error) {
	return get[[]domain.Token](ctx, c, "/api/tokens")
}

// MakeToken makes an API token. The answer has its Secret.
func (c *Client) MakeToken(ctx context.Context, in domain.Token) (domain.Token, error) {
	return post[domain.Token](ctx, c, "/api/tokens", in)
}

// DeleteToken makes a token good for nothing.
func (c *Client) DeleteToken(ctx context.Context, id string) error {
	return c.call(ctx, "DELETE", "/api/tokens/"+url.PathEscape(id), nil, nil)
}

// AuditLog lists what was done in a workspace, newest first, a hundred at a time; before is the Seq where the page before ended,
// 0 for the first.
func (c *Client) AuditLog(ctx context.Context, workspace string, before int64) ([]domain.AuditEntry, error) {
	path := w(workspace) + "/audit"
	if before > 0 {
		path += "?before=" + strconv.FormatInt(before, 10)
	}
	return get[[]domain.AuditEntry](ctx, c, path)
}

// CheckAudit looks whether the whole audit log is as it was written; for those who run the server.
func (c *Client) CheckAudit(ctx context.Context) (domain.AuditCheck, error) {
	return get[domain.AuditCheck](ctx, c, "/api/audit/check")
}
