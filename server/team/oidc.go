package team

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Provider implements api.Team.
func (s *Service) Provider() string {
	if s.provider == nil {
		return ""
	}
	return s.provider.Name
}

// Why a sign-in by the provider failed: the page knows words for them.
const (
	failedCancelled  = "cancelled"   // at the provider
	failedExpired    = "expired"     // took too long, or began in another browser
	failedUnverified = "unverified"  // the provider has not verified the address
	failedNotInvited = "not_invited" // nobody has invited the person
	failedInvitation = "invitation"  // it is for another address, or not good any more
	failedDisabled   = "disabled"    // the account
	failedProvider   = "provider"    // it does not answer as it should
)

// startProvider sends a browser to the provider: it answers the address to go to, and remembers the browser by a cookie.
func (s *Service) startProvider(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.ProviderStart](w, r)
	if err != nil {
		return err
	}
	if s.provider == nil {
		return domain.Errorf(domain.CodeNotFound, "This server has no provider to sign in by.")
	}
	if in.Invitation != "" {
		if _, err := s.store.InvitationByToken(r.Context(), sum(in.Invitation)); err != nil {
			return err
		}
	}
	to, cookie, err := s.provider.begin(r.Context(), in.Invitation)
	if err != nil {
		s.log.ErrorContext(r.Context(), "the sign-in provider does not answer", "issuer", s.provider.Issuer, "error", err)
		return domain.Errorf(domain.CodeUnavailable, "%s does not answer at the moment. Try again later.", s.provider.Name)
	}
	s.waitCookie(w, cookie, signInLasts)
	return api.WriteJSON(w, http.StatusOK, domain.ProviderStart{URL: to})
}

// waitCookie keeps which sign-in is this browser's. The way back comes from another site, to which a stricter cookie is not sent.
func (s *Service) waitCookie(w http.ResponseWriter, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: "irum-sign-in", Value: value, Path: callbackPath, MaxAge: int(age.Seconds()), HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// finishProvider is where the provider sends the browser back to. It always answers with a page to go to.
func (s *Service) finishProvider(w http.ResponseWriter, r *http.Request) error {
	to, failed := "/", s.byProvider(w, r)
	s.waitCookie(w, "", -time.Second)
	if failed != "" {
		to = "/login?failed=" + failed
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// byProvider signs in whom the provider sends, and tells why not.
func (s *Service) byProvider(w http.ResponseWriter, r *http.Request) (failed string) {
	cookie, err := r.Cookie("irum-sign-in")
	if err != nil || s.provider == nil {
		return failedExpired
	}
	wait, ok := s.provider.take(cookie.Value, r.URL.Query().Get("state"))
	switch {
	case !ok:
		return failedExpired
	case r.URL.Query().Get("error") == "access_denied":
		return failedCancelled
	case r.URL.Query().Get("code") == "":
		s.log.WarnContext(r.Context(), "the sign-in provider refused", "error", r.URL.Query().Get("error"))
		return failedProvider
	}
	c, err := s.provider.finish(r.Context(), wait, r.URL.Query().Get("code"))
	if err != nil {
		s.log.ErrorContext(r.Context(), "a sign-in by the provider failed", "error", err)
		return failedProvider
	}
	u, failed, err := s.person(r.Context(), c, wait.invitation)
	if err != nil {
		s.log.ErrorContext(r.Context(), "a sign-in by the provider failed", "error", err)
		return failedProvider
	}
	if failed != "" {
		s.log.WarnContext(r.Context(), "a sign-in by the provider was refused", "reason", failed)
		return failed
	}
	if _, err := s.begin(w, r, u.ID); err != nil {
		s.log.ErrorContext(r.Context(), "a sign-in by the provider failed", "error", err)
		return failedProvider
	}
	s.audit(r.Context(), domain.Actor{ID: u.ID, Name: u.Name}, "", r.Pattern, callbackPath)
	return ""
}

// person finds the account of whom the provider tells, or makes it where an invitation or the address' domain allows.
func (s *Service) person(ctx context.Context, c claims, invitation string) (u domain.User, failed string, err error) {
	by := store.Identity{Issuer: s.provider.Issuer, Subject: c.Subject}
	known, ok, err := s.store.UserByIdentity(ctx, by)
	if err != nil || ok {
		return s.member(ctx, known, invitation, err)
	}
	if !c.Verified || c.Email == "" {
		return u, failedUnverified, nil
	}
	has, err := s.store.UserByEmail(ctx, c.Email)
	if ignore(err, domain.CodeNotFound) != nil {
		return u, "", err
	}
	if err == nil {
		if has.Disabled {
			return u, failedDisabled, nil
		}
		if err := s.store.LinkIdentity(ctx, by, has.ID); err != nil {
			return u, "", err
		}
		s.log.InfoContext(ctx, "an account is signed in to by the provider from now on", "user", has.ID)
		return s.member(ctx, has, invitation, nil)
	}
	fresh := store.UserRecord{User: domain.User{Email: c.Email, Name: personName(c)}}
	if invitation != "" {
		i, err := s.store.InvitationByToken(ctx, sum(invitation))
		if err != nil || i.Email != "" && !store.SameEmail(i.Email, c.Email) {
			return u, failedInvitation, ignore(err, domain.CodeNotFound)
		}
		u, err = s.store.AcceptIdentity(ctx, i, fresh, by)
		return u, "", err
	}
	started, err := s.store.HasUsers(ctx)
	if err != nil || !started || !s.provider.admits(c.Email) {
		return u, failedNotInvited, err
	}
	u, err = s.store.JoinByIdentity(ctx, fresh, s.provider.Role, by)
	return u, "", err
}

// member is an account that is there, which uses an invitation where it came by one.
func (s *Service) member(ctx context.Context, u store.UserRecord, invitation string, err error) (domain.User, string, error) {
	if err != nil {
		return domain.User{}, "", err
	}
	if u.Disabled {
		return domain.User{}, failedDisabled, nil
	}
	if invitation == "" {
		return u.User, "", nil
	}
	i, err := s.store.InvitationByToken(ctx, sum(invitation))
	if err != nil || i.Email != "" && !store.SameEmail(i.Email, u.Email) {
		return domain.User{}, failedInvitation, ignore(err, domain.CodeNotFound)
	}
	return u.User, "", ignore(s.store.AcceptAs(ctx, i, u.ID), domain.CodeConflict) // a member already
}

// personName is what others see of somebody new, who can change it.
func personName(c claims) string {
	local, _, _ := strings.Cut(c.Email, "@")
	name := []rune(strings.TrimSpace(cmp.Or(strings.TrimSpace(c.Name), local)))
	return string(name[:min(len(name), 100)])
}
