package client

import (
	"context"
	"net/url"

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
