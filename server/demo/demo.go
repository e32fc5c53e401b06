// Package demo is what a host for everybody has instead of accounts: visitors, who may look at the home workspace and change
// nothing, and the owner, who comes with a token and fills it. It gives the API's guard (api.Team) who sent a request.
package demo

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Config is what New needs. Store and Blobs must be set.
type Config struct {
	Store *store.Store
	Blobs blob.Bucket
	// Token is what the owner comes with; "" for a demo that nobody changes.
	Token     string
	MaxAssets int64 // that all projects may have; 0 for DefaultAssets
	MaxBytes  int64 // that their images may have; 0 for DefaultBytes
	Log       *slog.Logger
}

// Default limits of what the demo holds.
const (
	DefaultAssets = 5000
	DefaultBytes  = 500 << 20
)

// Service is one demo.
type Service struct {
	cfg Config
	log *slog.Logger
}

var _ api.Team = (*Service)(nil)

// New gives the demo of c.
func New(c Config) *Service {
	s := &Service{cfg: c, log: c.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.cfg.MaxAssets == 0 {
		s.cfg.MaxAssets = DefaultAssets
	}
	if s.cfg.MaxBytes == 0 {
		s.cfg.MaxBytes = DefaultBytes
	}
	return s
}

// visitor is everybody who comes without a token.
func visitor() api.Caller {
	return api.Caller{
		User: domain.User{ID: domain.VisitorUser}, First: domain.HomeWorkspace,
		Rights: map[string][]domain.Right{domain.HomeWorkspace: domain.RoleViewer.Rights()},
	}
}

// Identify implements api.Team. There are no cookies, so no other site can make a browser act for the owner.
func (s *Service) Identify(_ http.ResponseWriter, r *http.Request) (api.Caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if s.cfg.Token == "" || !strings.EqualFold(scheme, "Bearer") || !same(strings.TrimSpace(token), s.cfg.Token) {
			return api.Caller{}, domain.Errorf(domain.CodeSignedOut, "This is not the owner's token.")
		}
		return api.Caller{User: domain.User{ID: domain.LocalUser, Host: true}, Local: true, First: domain.HomeWorkspace}, nil
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return api.Caller{}, domain.Errorf(domain.CodeNoRight, "This is a demo to look at. Make a project on your device: everything works there, and nothing leaves it.")
	}
	return visitor(), nil
}

// same compares in a time that tells nothing of where two tokens differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Accounts implements api.Team: nobody signs in.
func (s *Service) Accounts(context.Context) (string, error) { return domain.AccountsNone, nil }

// Provider implements api.Team.
func (s *Service) Provider() string { return "" }

// Did implements api.Team. The owner is one person, who knows.
func (s *Service) Did(ctx context.Context, _, action, object string) {
	s.log.InfoContext(ctx, "the owner changed the demo", "action", action, "object", object)
}

// Routes implements api.Team.
func (s *Service) Routes() []api.Route {
	return []api.Route{
		{Pattern: "GET /api/me", Need: api.SignedIn, Do: s.me},
		{Pattern: "POST /api/seed/blobs", Need: api.Host, Do: s.addBlobs},
		{Pattern: "POST /api/seed/rows", Need: api.Host, Do: s.addRows},
	}
}

func (s *Service) me(w http.ResponseWriter, r *http.Request) error {
	c := api.CallerOf(r.Context())
	m := domain.Membership{Workspace: domain.HomeWorkspace, Role: domain.RoleViewer, Rights: c.Rights[domain.HomeWorkspace]}
	if c.Local {
		m.Role, m.Rights = domain.RoleOwner, domain.Rights
	}
	return api.WriteJSON(w, http.StatusOK, domain.Me{User: c.User, Local: c.Local, Visitor: !c.Local, Workspaces: []domain.Membership{m}})
}

// Ages after which CleanUp removes things.
const (
	trashAge = 7 * 24 * time.Hour // deleted images
	looseAge = 24 * time.Hour     // blobs that no row names
)

// CleanUp empties the trash of what lies there for a week, and removes blobs that no row has named for a day.
func (s *Service) CleanUp(ctx context.Context) error {
	projects, err := s.cfg.Store.Projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		// What this frees is swept below, once it is old enough: somebody may just be putting the same bytes.
		if _, _, err := s.cfg.Store.EmptyTrash(ctx, p.ID, s.cfg.Store.Now().Add(-trashAge)); err != nil {
			return err
		}
	}
	named, err := s.cfg.Store.ReferencedBlobs(ctx)
	if err != nil {
		return err
	}
	n, bytes, err := blob.Sweep(ctx, s.cfg.Blobs, named, looseAge)
	s.log.InfoContext(ctx, "cleaned up", "blobs", n, "bytes", bytes)
	return err
}
