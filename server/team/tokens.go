package team

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

// tokenPrefix tells people, and what looks for secrets in files, what a token is.
const tokenPrefix = "irum_"

// longestToken is how long a token may be good for, unless it is for ever.
const longestToken = 10 * 365 * 24 * time.Hour

// bearer gives the token that r names in Authorization; found tells whether it names any way of signing in there.
func bearer(r *http.Request) (token string, found bool) {
	header := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", header != ""
	}
	return strings.TrimSpace(token), true
}

// guarded is byToken that tells who comes with wrong tokens again and again to wait. Good ones of the same address, which may be
// that of a whole office, are let in.
func (s *Service) guarded(r *http.Request, token string) (api.Caller, error) {
	c, err := s.byToken(r.Context(), token)
	if err != nil && domain.AsProblem(err).Code == domain.CodeSignedOut {
		if wait := s.limit.begin([]count{{"token " + address(r, s.proxy), freeTokens}}); wait != nil {
			return c, wait
		}
	}
	return c, err
}

// byToken finds who acts by a token: the person, limited to what the token is for. Other sites cannot make a browser send
// one, so that there is no CSRF token beside it.
func (s *Service) byToken(ctx context.Context, token string) (api.Caller, error) {
	wrong := domain.Errorf(domain.CodeSignedOut, "The API token is not good: it is unknown, deleted, or too old. Make another one under Account.")
	if !strings.HasPrefix(token, tokenPrefix) {
		return api.Caller{}, wrong
	}
	v, ok, err := s.store.TokenBySum(ctx, sum(token))
	if err != nil {
		return api.Caller{}, err
	}
	if !ok || v.User.Disabled || !v.ExpiresAt.IsZero() && s.now().After(v.ExpiresAt) {
		return api.Caller{}, wrong
	}
	if s.now().Sub(v.SeenAt) > touchEvery {
		if err := s.bear(ctx, s.store.TouchToken(ctx, v.ID)); err != nil {
			return api.Caller{}, err
		}
	}
	c, err := s.caller(ctx, v.User.User, "")
	if err != nil {
		return api.Caller{}, err
	}
	c.Token = v.ID
	c.Host = c.Host && slices.Contains(v.Scopes, domain.ScopeHost)
	for workspace, rights := range c.Rights {
		if v.Workspace != "" && v.Workspace != workspace {
			delete(c.Rights, workspace)
			continue
		}
		c.Rights[workspace] = slices.DeleteFunc(rights, func(r domain.Right) bool { return r != domain.RightView && !slices.Contains(v.Scopes, r) })
	}
	if v.Workspace != "" {
		c.First = v.Workspace
	}
	return c, nil
}

// inPerson refuses tokens: what they may not do is to make others, or to take the account over.
func inPerson(do func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if api.CallerOf(r.Context()).Token != "" {
			return domain.Errorf(domain.CodeForbidden, "A token may not do that. Sign in on the page.")
		}
		return do(w, r)
	}
}

func (s *Service) tokens(w http.ResponseWriter, r *http.Request) error {
	list, err := s.store.Tokens(r.Context(), api.CallerOf(r.Context()).ID)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) makeToken(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Token](w, r)
	if err != nil {
		return err
	}
	c := api.CallerOf(r.Context())
	if in.Workspace != "" && c.Rights[in.Workspace] == nil {
		return domain.Errorf(domain.CodeNotFound, "There is no workspace %q here.", in.Workspace).In("workspace")
	}
	if !in.ExpiresAt.IsZero() && (in.ExpiresAt.Before(s.now()) || in.ExpiresAt.After(s.now().Add(longestToken))) {
		return domain.Errorf(domain.CodeInvalid, "A token is good until a time to come.").In("expires_at")
	}
	secret := tokenPrefix + newToken()
	made, err := s.store.AddToken(r.Context(), c.ID, in, sum(secret))
	if err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "an API token was made", "user", c.ID, "token", made.ID)
	made.Secret = secret
	return api.WriteJSON(w, http.StatusCreated, made)
}

func (s *Service) deleteToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.store.DeleteToken(r.Context(), api.CallerOf(r.Context()).ID, r.PathValue("token")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
