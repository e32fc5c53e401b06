package domain

import (
	"context"
	"time"
)

// HomeWorkspace is the workspace that every host has. What one person made before there were accounts is in it.
const HomeWorkspace = "home"

// Workspace is what people share: projects, members, credits.
type Workspace struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"` // "" for HomeWorkspace as long as nobody named it
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// Membership is what somebody is in a workspace.
type Membership struct {
	Workspace string  `json:"workspace"` // id
	Name      string  `json:"name"`      // of the workspace
	Role      Role    `json:"role"`
	Rights    []Right `json:"rights"` // of the role, or of the token that asks
}

// Member is a person in a workspace. Email is told to those alone who may change members.
type Member struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Email string    `json:"email,omitempty"`
	Role  Role      `json:"role"`
	Since time.Time `json:"since"`
}

// Invitation makes whoever has its link a member, once.
type Invitation struct {
	ID            string    `json:"id"`
	Workspace     string    `json:"workspace"`
	WorkspaceName string    `json:"workspace_name"`
	Role          Role      `json:"role"`
	Email         string    `json:"email,omitempty"` // only for the account of this address
	By            string    `json:"by"`              // user id
	ByName        string    `json:"by_name"`
	CreatedAt     time.Time `json:"created_at"`
	ExpiresAt     time.Time `json:"expires_at"`
	// Token is what the link holds, /invite#TOKEN. It is told once, to whoever made the invitation.
	Token string `json:"token,omitempty"`
}

// Acceptance uses an invitation: whoever has signed in becomes a member; else an account is made of the other fields.
type Acceptance struct {
	Token    string `json:"token"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Password string `json:"password,omitempty"`
}

type workspaceKey struct{}

// WithWorkspace gives a context in which what is made goes into workspace. Requests have it from the guard of the API.
func WithWorkspace(ctx context.Context, workspace string) context.Context {
	return context.WithValue(ctx, workspaceKey{}, workspace)
}

// WorkspaceOf is where what is made in ctx goes: HomeWorkspace where nothing else is named.
func WorkspaceOf(ctx context.Context) string {
	if w, ok := ctx.Value(workspaceKey{}).(string); ok {
		return w
	}
	return HomeWorkspace
}
