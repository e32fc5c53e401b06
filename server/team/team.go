// Package team is the accounts of a server: people, how they sign in, and what they may do. It gives the API's guard (api.Team)
// who sent a request, and the routes about accounts. Only servers link it; the device and the command line have one user.
package team

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Config is what New needs. Store must be set.
type Config struct {
	Store *store.Store
	// URL is the address at which people open the server, such as https://irum.example; "" where that is not known. With
	// https cookies are bound to HTTPS.
	URL string
	// Proxy says that a proxy on this machine stands in front and names clients in X-Forwarded-For.
	Proxy bool
	OIDC  OIDC         // by which people may sign in, beside passwords
	Cost  Cost         // of checking a password; DefaultCost when zero
	Log   *slog.Logger // nil for slog.Default()
}

// Service is the accounts of one server.
type Service struct {
	store  *store.Store
	log    *slog.Logger
	secure bool
	proxy  bool
	hasher *hasher
	limit  *limiter

	provider *provider // nil for none

	mu    sync.Mutex
	setup string // SHA-256 of the token by which the first account is made; "" when there is one
}

var _ api.Team = (*Service)(nil)

// New opens the accounts. Where there are none yet, setup is the token by which the first one is made (Setup.Token), this
// time only: it is kept nowhere and another one is given at the next start.
func New(ctx context.Context, c Config) (s *Service, setup string, err error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s = &Service{store: c.Store, log: c.Log, secure: strings.HasPrefix(c.URL, "https://"), proxy: c.Proxy, hasher: newHasher(c.Cost)}
	s.limit = &limiter{now: s.now, tries: map[string]*tries{}}
	if s.provider, err = newProvider(c.OIDC, c.URL, s.now); err != nil {
		return nil, "", err
	}
	has, err := c.Store.HasUsers(ctx)
	if err != nil {
		return nil, "", err
	}
	if !has {
		setup = newToken()
		s.setup = sum(setup)
	}
	return s, setup, nil
}

func (s *Service) now() time.Time { return s.store.Now() }

// Accounts implements api.Team.
func (s *Service) Accounts(ctx context.Context) (string, error) {
	s.mu.Lock()
	waiting := s.setup != ""
	s.mu.Unlock()
	if !waiting {
		return domain.AccountsOn, nil
	}
	has, err := s.store.HasUsers(ctx)
	if has || err != nil {
		return domain.AccountsOn, err
	}
	return domain.AccountsSetup, nil
}

// Identify implements api.Team.
func (s *Service) Identify(w http.ResponseWriter, r *http.Request) (api.Caller, error) {
	if token, found := bearer(r); found {
		return s.guarded(r, token)
	}
	v, ok, err := s.session(w, r)
	if err != nil || !ok {
		return api.Caller{}, err
	}
	if !harmless(r.Method) && r.Header.Get(csrfHeader) != csrfToken(v.Secret) {
		w.Header().Set(csrfHeader, csrfToken(v.Secret)) // no other site can read it
		return api.Caller{}, domain.Errorf(domain.CodeForbidden, "The request has no sign that it came from Irum's own page. Send the header %s that came with this answer.", csrfHeader)
	}
	if r.URL.Path == "/api/me" {
		w.Header().Set(csrfHeader, csrfToken(v.Secret))
	}
	return s.caller(r.Context(), v.User.User, v.ID)
}

// caller gives a person with what they may do where.
func (s *Service) caller(ctx context.Context, u domain.User, session string) (api.Caller, error) {
	c := api.Caller{User: u, Session: session, Rights: map[string][]domain.Right{}}
	all, err := s.store.Memberships(ctx, u.ID)
	if err != nil {
		return api.Caller{}, err
	}
	for i, m := range all {
		if i == 0 {
			c.First = m.Workspace
		}
		c.Rights[m.Workspace] = m.Role.Rights()
	}
	return c, nil
}

func harmless(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
