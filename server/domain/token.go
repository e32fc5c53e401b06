package domain

import "time"

// ScopeHost lets a token of somebody who runs the server do what those may.
const ScopeHost Right = "host"

// Token lets a program act for a person: with the rights in Scopes that the person has too, in Workspace, or in all of the
// person's when that is "".
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"` // what it is for
	Workspace string    `json:"workspace,omitempty"`
	Scopes    []Right   `json:"scopes"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero for never
	SeenAt    time.Time `json:"seen_at,omitzero"`    // within some minutes
	// Secret is what programs send in the header Authorization, as Bearer. It is told once, when the token is made.
	Secret string `json:"secret,omitempty"`
}
