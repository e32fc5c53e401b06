package domain

import "time"

// User is a person with an account on a server.
type User struct {
	ID        string    `json:"id"`
	Email     string    `json:"email,omitempty"`
	Name      string    `json:"name"`
	Host      bool      `json:"host,omitempty"` // runs the server: backbones, workspaces
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// Me is who asks, and what they may do.
type Me struct {
	User User `json:"user"`
	// Local says that the host has no accounts: its one user may do everything, and there is nothing to sign out of.
	Local bool `json:"local,omitempty"`
	// Visitor says that the host is a demo, which may be looked at without an account.
	Visitor    bool         `json:"visitor,omitempty"`
	Workspaces []Membership `json:"workspaces"`
}

// Session is one place where somebody has signed in.
type Session struct {
	ID        string    `json:"id"`
	Agent     string    `json:"agent"` // the browser, as it names itself
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"` // within some minutes
	Current   bool      `json:"current"` // the one that asks
}

// Login is how somebody signs in.
type Login struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// ProviderStart begins a sign-in at the provider of Capabilities.Provider.
type ProviderStart struct {
	Invitation string `json:"invitation,omitempty"` // token of its link, where the person comes by one
	URL        string `json:"url,omitempty"`        // of the answer: where the browser goes
}

// Setup makes the first account, by the token of the link that the server printed.
type Setup struct {
	Token    string `json:"token"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// AccountChange changes what is given of one's own account. A new password needs the old one, and signs out everywhere else.
type AccountChange struct {
	Name        *string `json:"name,omitempty"`
	Password    string  `json:"password,omitempty"`
	OldPassword string  `json:"old_password,omitempty"`
}

// States of the accounts of a host, as Capabilities tells them.
const (
	AccountsNone  = ""      // one user, nobody signs in
	AccountsSetup = "setup" // the first account is still to be made
	AccountsOn    = "on"
)
