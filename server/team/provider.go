package team

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/irum-app/irum/server/domain"
)

// OIDC is a provider of OpenID Connect by which people sign in. The zero value is none.
type OIDC struct {
	Issuer   string // its address, such as https://accounts.example
	ClientID string
	Secret   string // "" for a public client; never logged
	Name     string // on the button; the issuer's host when ""
	// Domains are those whose people may make accounts without an invitation, by a verified address there, as Role in the
	// workspace that is there from the start.
	Domains []string
	Role    domain.Role // labeller when ""
}

const (
	providerPatience = 15 * time.Second // for each answer of the provider
	signInLasts      = 10 * time.Minute // from the button to the way back
	maxSignIns       = 10_000           // that are under way
	callbackPath     = "/api/oidc/callback"
)

// provider is OIDC at work: authorization codes with PKCE, a state and a nonce, all of which are good once.
type provider struct {
	OIDC
	callback string
	client   *http.Client
	now      func() time.Time

	mu      sync.Mutex
	known   *oidc.Provider        // asked for when it is needed first: the provider may start later than Irum
	pending map[string]signInWait // by the SHA-256 of what the browser's cookie holds
}

// signInWait is a sign-in whose person is at the provider.
type signInWait struct {
	state, nonce, verifier string
	invitation             string // token; "" for none
	until                  time.Time
}

// newProvider checks c; base is the address at which people open Irum.
func newProvider(c OIDC, base string, now func() time.Time) (*provider, error) {
	if c.Issuer == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	wrong := func(field, format string, args ...any) error {
		return domain.Errorf(domain.CodeInvalid, format, args...).In(field)
	}
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil:
		return nil, wrong("oidc-issuer", "The issuer's address looks like https://accounts.example.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, wrong("oidc-issuer", "The issuer has to be reached by https.")
	case c.ClientID == "":
		return nil, wrong("oidc-client", "Name the client that the issuer knows Irum by.")
	case base == "":
		return nil, wrong("url", "To sign in elsewhere people need a way back: give the address at which they open Irum by --url.")
	}
	if c.Role = cmp.Or(c.Role, domain.RoleLabeller); !c.Role.Valid() || c.Role == domain.RoleOwner || c.Role == domain.RoleAdmin {
		return nil, wrong("oidc-role", "New people may be made manager, reviewer, labeller or viewer, not %q.", c.Role)
	}
	for i, d := range c.Domains {
		if c.Domains[i] = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@")); c.Domains[i] == "" {
			return nil, wrong("oidc-domain", "A domain looks like example.com.")
		}
	}
	c.Name = cmp.Or(c.Name, u.Host)
	return &provider{OIDC: c, callback: base + callbackPath, client: &http.Client{Timeout: providerPatience}, now: now, pending: map[string]signInWait{}}, nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// discover asks the provider where it is asked what, once it has answered.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	// The provider's keys are fetched by this context later on.
	known, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the issuer: %w", err)
	}
	p.known = known
	return known, nil
}

func (p *provider) oauth(known *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: known.Endpoint(), RedirectURL: p.callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}
}

// begin gives the address to send the browser to, and what its cookie is to hold.
func (p *provider) begin(ctx context.Context, invitation string) (to, cookie string, err error) {
	known, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	cookie = newToken()
	w := signInWait{state: newToken(), nonce: newToken(), verifier: oauth2.GenerateVerifier(), invitation: invitation, until: p.now().Add(signInLasts)}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, old := range p.pending {
		if len(p.pending) >= maxSignIns || p.now().After(old.until) {
			delete(p.pending, key)
		}
	}
	p.pending[sum(cookie)] = w
	return p.oauth(known).AuthCodeURL(w.state, oidc.Nonce(w.nonce), oauth2.S256ChallengeOption(w.verifier)), cookie, nil
}

// take gives the sign-in of a cookie, once, if state is its own.
func (p *provider) take(cookie, state string) (w signInWait, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok = p.pending[sum(cookie)]
	delete(p.pending, sum(cookie))
	return w, ok && p.now().Before(w.until) && subtle.ConstantTimeCompare([]byte(w.state), []byte(state)) == 1
}

// claims are what the provider says of a person.
type claims struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
}

// finish exchanges the code and checks all that the provider answers. What the ID token leaves out of address and name, as
// providers may, the provider is asked for.
func (p *provider) finish(ctx context.Context, w signInWait, code string) (c claims, err error) {
	known, err := p.discover(ctx)
	if err != nil {
		return c, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(known).Exchange(ctx, code, oauth2.VerifierOption(w.verifier))
	if err != nil {
		return c, fmt.Errorf("exchange the code: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return c, fmt.Errorf("verify the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(w.nonce)) != 1 {
		return c, fmt.Errorf("the ID token is of another sign-in")
	}
	if err := id.Claims(&c); err != nil {
		return c, fmt.Errorf("read the ID token: %w", err)
	}
	if c.Email != "" && c.Name != "" {
		return c, nil
	}
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return c, fmt.Errorf("ask who has signed in: %w", err)
	}
	if info.Subject != id.Subject {
		return c, fmt.Errorf("the provider tells of another person than its ID token")
	}
	if err := info.Claims(&c); err != nil {
		return c, fmt.Errorf("read who has signed in: %w", err)
	}
	return c, nil
}

// admits tells whether an address is in one of Domains.
func (p *provider) admits(email string) bool {
	_, host, _ := strings.Cut(strings.ToLower(email), "@")
	for _, d := range p.Domains {
		if host == d {
			return true
		}
	}
	return false
}
