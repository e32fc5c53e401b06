package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Team is the accounts of a host. A host without one is of one user, who may do everything.
type Team interface {
	// Identify finds who sent r, by a session or a token; a Caller without an id where nobody has signed in. It may set
	// cookies by w. An error is a refusal of who has signed in, such as a request that another site may have made.
	Identify(w http.ResponseWriter, r *http.Request) (Caller, error)
	// Accounts tells for Capabilities whether there are accounts.
	Accounts(ctx context.Context) (string, error)
	// Provider names what people may sign in by beside passwords, "" for nothing.
	Provider() string
	// Did keeps in the audit log what the caller of ctx did: action is the pattern of the route, object the path.
	Did(ctx context.Context, workspace, action, object string)
	// Routes are the addresses about accounts; they pass through the same guard as all others.
	Routes() []Route
}

// Caller is who sent a request, and what they may do.
type Caller struct {
	domain.User
	Local   bool                      // the one user of a host without accounts
	Token   string                    // id of the API token they came by, "" for another way
	Session string                    // id of the session they came by, "" for another way
	Rights  map[string][]domain.Right // what they may do, by workspace
	First   string                    // the workspace that they mean where they name none
}

// May tells whether the caller has a right in a workspace.
func (c Caller) May(workspace string, right domain.Right) bool {
	return c.Local || slices.Contains(c.Rights[workspace], right)
}

type callerKey struct{}

// CallerOf is who sent the request of ctx.
func CallerOf(ctx context.Context) Caller {
	if c, ok := ctx.Value(callerKey{}).(Caller); ok {
		return c
	}
	return Caller{User: domain.User{ID: domain.LocalUser, Host: true}, Local: true}
}

func withCaller(ctx context.Context, c Caller) context.Context {
	return domain.WithActor(context.WithValue(ctx, callerKey{}, c), domain.Actor{ID: c.ID, Name: c.Name})
}

// me answers who asks where nobody signs in.
func (s *server) me(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, http.StatusOK, domain.Me{
		User: CallerOf(r.Context()).User, Local: true,
		Workspaces: []domain.Membership{{Workspace: domain.HomeWorkspace, Role: domain.RoleOwner, Rights: domain.Rights}},
	})
}
