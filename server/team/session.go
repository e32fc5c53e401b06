package team

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	longestSession = 30 * 24 * time.Hour // however much it is used
	idleSession    = 7 * 24 * time.Hour  // when it is not used
	rotateEvery    = 12 * time.Hour      // another token takes the place of the one in use
	overlap        = time.Minute         // in which requests under way may still come with the token before
	touchEvery     = 5 * time.Minute     // how exactly it is kept when a session was used
	maxAgent       = 300                 // bytes kept of a browser's name
)

// csrfHeader carries the CSRF token: to clients with the answer to who they are, and from them with what changes something.
const csrfHeader = "X-Csrf-Token"

// newToken gives 256 random bits as text, and newSecret the same in hex.
func newToken() string { return base64.RawURLEncoding.EncodeToString(random()) }

func newSecret() string { return hex.EncodeToString(random()) }

func random() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

// sum is what is kept of a token.
func sum(token string) string {
	s := sha256.Sum256([]byte(token))
	return hex.EncodeToString(s[:])
}

// derive makes a token of a session's secret and what it is for: of the token in use comes the one after it, the same for all
// requests that are under way. Neither whoever has seen a token nor whoever reads the database alone can work it out.
func derive(secret, what string) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = m.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func csrfToken(secret string) string { return derive(secret, "csrf") }

func nextToken(secret, token string) string { return derive(secret, "next "+token) }

// cookieName is bound to the host and to HTTPS where that is in use.
func (s *Service) cookieName() string {
	if s.secure {
		return "__Host-irum"
	}
	return "irum"
}

func (s *Service) setCookie(w http.ResponseWriter, token string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: token, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode,
	})
}

func (s *Service) clearCookie(w http.ResponseWriter) { s.setCookie(w, "", -time.Second) }

// session finds the session of r's cookie; ok is false when there is none that still runs. It offers a new token by w when
// the one in use is old, and keeps that the session is used.
func (s *Service) session(w http.ResponseWriter, r *http.Request) (v store.SessionRecord, ok bool, err error) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil || cookie.Value == "" {
		return v, false, nil
	}
	ctx, now := r.Context(), s.now()
	mine := sum(cookie.Value)
	v, ok, err = s.store.SessionByToken(ctx, mine)
	if err != nil || !ok {
		return v, false, err
	}
	over := now.Sub(v.CreatedAt) > longestSession || now.Sub(v.SeenAt) > idleSession || v.User.Disabled
	stolen := mine == v.Old && now.Sub(v.RotatedAt) > overlap
	if stolen {
		s.log.WarnContext(ctx, "a session was ended: a token of it that was replaced has been used again", "user", v.User.ID, "session", v.ID)
	}
	if over || stolen {
		s.clearCookie(w)
		err = s.store.DeleteSession(ctx, v.User.ID, v.ID)
		return v, false, ignore(err, domain.CodeNotFound)
	}
	if err := s.bear(ctx, s.rotate(w, r, &v, cookie.Value, mine, now)); err != nil {
		return v, false, err
	}
	if now.Sub(v.SeenAt) > touchEvery {
		if err := s.bear(ctx, s.store.TouchSession(ctx, v.ID)); err != nil {
			return v, false, err
		}
	}
	return v, true, nil
}

// bear lets people go on reading while nothing can be kept: that a session or a token was used is not worth a refusal.
func (s *Service) bear(ctx context.Context, err error) error {
	if err != nil && domain.AsProblem(err).Code == domain.CodeStorage {
		s.log.WarnContext(ctx, "that a session or a token was used could not be kept", "error", err)
		return nil
	}
	return err
}

// rotate puts the offered token in use when it comes back, and offers one when the token in use is old. Until then both are
// good: the answer with the offer may never arrive.
func (s *Service) rotate(w http.ResponseWriter, r *http.Request, v *store.SessionRecord, token, mine string, now time.Time) error {
	switch {
	case mine == v.Next:
		return s.store.RotateSession(r.Context(), v.ID, mine)
	case mine == v.Token && now.Sub(v.RotatedAt) > rotateEvery:
		next := nextToken(v.Secret, token)
		if v.Next == "" {
			if err := s.store.OfferToken(r.Context(), v.ID, mine, sum(next)); err != nil {
				return err
			}
		}
		s.setCookie(w, next, longestSession-now.Sub(v.CreatedAt))
	}
	return nil
}

// begin signs a person in: a session with tokens of its own, whatever cookie came.
func (s *Service) begin(w http.ResponseWriter, r *http.Request, user string) (store.SessionRecord, error) {
	ctx, now := r.Context(), s.now()
	if old, ok, err := s.session(w, r); err == nil && ok {
		if err := s.store.DeleteSession(ctx, old.User.ID, old.ID); ignore(err, domain.CodeNotFound) != nil {
			return store.SessionRecord{}, err
		}
	}
	if err := s.store.DropSessions(ctx, now.Add(-longestSession), now.Add(-idleSession)); err != nil {
		return store.SessionRecord{}, err
	}
	token := newToken()
	v := store.SessionRecord{Secret: newSecret(), Token: sum(token)}
	v.User.ID = user
	v.Agent = r.UserAgent()[:min(len(r.UserAgent()), maxAgent)]
	id, err := s.store.AddSession(ctx, v)
	if err != nil {
		return v, err
	}
	v.ID = id
	w.Header().Del("Set-Cookie")
	s.setCookie(w, token, longestSession)
	w.Header().Set(csrfHeader, csrfToken(v.Secret))
	return v, nil
}

// end signs out.
func (s *Service) end(ctx context.Context, w http.ResponseWriter, user, session string) error {
	w.Header().Del("Set-Cookie")
	s.clearCookie(w)
	return ignore(s.store.DeleteSession(ctx, user, session), domain.CodeNotFound)
}

// ignore gives err unless it is a problem of code.
func ignore(err error, code string) error {
	if err != nil && domain.AsProblem(err).Code == code {
		return nil
	}
	return err
}
