package team

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Routes implements api.Team.
func (s *Service) Routes() []api.Route {
	return []api.Route{
		{Pattern: "POST /api/setup", Need: api.Open, Do: s.makeFirst},
		{Pattern: "POST /api/login", Need: api.Open, Do: s.login},
		{Pattern: "POST /api/oidc/start", Need: api.Open, Do: s.startProvider},
		{Pattern: "GET " + callbackPath, Need: api.Open, Do: s.finishProvider},
		{Pattern: "POST /api/logout", Need: api.SignedIn, Do: inPerson(s.logout)},
		{Pattern: "GET /api/me", Need: api.SignedIn, Do: s.me},
		{Pattern: "PUT /api/me", Need: api.SignedIn, Do: inPerson(s.change)},
		{Pattern: "GET /api/sessions", Need: api.SignedIn, Do: inPerson(s.sessions)},
		{Pattern: "DELETE /api/sessions/{session}", Need: api.SignedIn, Do: inPerson(s.endSession)},
		{Pattern: "GET /api/tokens", Need: api.SignedIn, Do: inPerson(s.tokens)},
		{Pattern: "POST /api/tokens", Need: api.SignedIn, Do: inPerson(s.makeToken)},
		{Pattern: "DELETE /api/tokens/{token}", Need: api.SignedIn, Do: inPerson(s.deleteToken)},

		{Pattern: "GET /api/audit/check", Need: api.Host, Do: s.checkAudit},
		{Pattern: "GET /api/workspaces/{workspace}/audit", Need: api.Members, Do: s.auditLog},
		{Pattern: "POST /api/workspaces", Need: api.Host, Do: s.createWorkspace},
		{Pattern: "PUT /api/workspaces/{workspace}", Need: api.Own, Do: s.renameWorkspace},
		{Pattern: "GET /api/workspaces/{workspace}/members", Need: api.View, Do: s.members},
		{Pattern: "PUT /api/workspaces/{workspace}/members/{user}", Need: api.Members, Do: s.setRole},
		{Pattern: "DELETE /api/workspaces/{workspace}/members/{user}", Need: api.Members, Do: s.removeMember},
		{Pattern: "GET /api/workspaces/{workspace}/invitations", Need: api.Members, Do: s.invitations},
		{Pattern: "POST /api/workspaces/{workspace}/invitations", Need: api.Members, Do: s.invite},
		{Pattern: "DELETE /api/workspaces/{workspace}/invitations/{invitation}", Need: api.Members, Do: s.uninvite},
		{Pattern: "POST /api/invitations/look", Need: api.Open, Do: s.lookInvitation},
		{Pattern: "POST /api/invitations/accept", Need: api.Open, Do: s.accept},
	}
}

// makeFirst makes the first account, by the token that the server printed, and signs its person in.
func (s *Service) makeFirst(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Setup](w, r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	want := s.setup
	s.mu.Unlock()
	if want == "" || subtle.ConstantTimeCompare([]byte(sum(in.Token)), []byte(want)) != 1 {
		return domain.Errorf(domain.CodeNotFound, "This link is not good any more. The server prints a new one when it starts without accounts.").In("token")
	}
	hash, err := s.hasher.hash(r.Context(), in.Password)
	if err != nil {
		return err
	}
	u, err := s.store.AddFirstUser(r.Context(), store.UserRecord{User: domain.User{Email: in.Email, Name: in.Name}, Password: hash})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.setup = ""
	s.mu.Unlock()
	s.log.InfoContext(r.Context(), "the first account was made", "user", u.ID)
	return s.signIn(w, r, u)
}

// login signs a person in. That there is no such account takes as long and says the same as a wrong password.
func (s *Service) login(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Login](w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	tried := counts(address(r, s.proxy), strings.ToLower(strings.TrimSpace(in.Email)))
	if err := s.limit.begin(tried); err != nil {
		return err
	}
	u, err := s.store.UserByEmail(ctx, in.Email)
	if ignore(err, domain.CodeNotFound) != nil {
		return err
	}
	right, stale, err := s.hasher.check(ctx, u.Password, in.Password)
	if err != nil {
		return err
	}
	if !right || u.Disabled {
		s.log.WarnContext(ctx, "a login failed", "address", address(r, s.proxy), "user", u.ID)
		return domain.Errorf(domain.CodeWrongLogin, "No account has this e-mail address and password.").In("password")
	}
	s.limit.end(tried)
	if stale {
		if hash, err := s.hasher.hash(ctx, in.Password); err == nil {
			if err := s.store.SetPassword(ctx, u.ID, hash); err != nil {
				return err
			}
		}
	}
	return s.signIn(w, r, u.User)
}

func (s *Service) signIn(w http.ResponseWriter, r *http.Request, u domain.User) error {
	if _, err := s.begin(w, r, u.ID); err != nil {
		return err
	}
	s.audit(r.Context(), domain.Actor{ID: u.ID, Name: u.Name}, "", r.Pattern, r.URL.Path)
	return s.writeMe(w, r, u)
}

func (s *Service) writeMe(w http.ResponseWriter, r *http.Request, u domain.User) error {
	c, err := s.caller(r.Context(), u, "")
	if err != nil {
		return err
	}
	return s.writeCaller(w, r, c)
}

// writeCaller tells who somebody is and what they may do where, by the way that they came.
func (s *Service) writeCaller(w http.ResponseWriter, r *http.Request, c api.Caller) error {
	all, err := s.store.Memberships(r.Context(), c.ID)
	if err != nil {
		return err
	}
	me := domain.Me{User: c.User, Workspaces: []domain.Membership{}}
	for _, m := range all {
		if m.Rights = c.Rights[m.Workspace]; m.Rights != nil {
			me.Workspaces = append(me.Workspaces, m)
		}
	}
	return api.WriteJSON(w, http.StatusOK, me)
}

func (s *Service) logout(w http.ResponseWriter, r *http.Request) error {
	c := api.CallerOf(r.Context())
	if err := s.end(r.Context(), w, c.ID, c.Session); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) me(w http.ResponseWriter, r *http.Request) error {
	c := api.CallerOf(r.Context())
	return s.writeCaller(w, r, c)
}

// change gives another name or password. Guessing the old password is held back as at the login.
func (s *Service) change(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.AccountChange](w, r)
	if err != nil {
		return err
	}
	ctx, c := r.Context(), api.CallerOf(r.Context())
	if in.Password != "" {
		if err := s.changePassword(r, c, in); err != nil {
			return err
		}
	}
	if in.Name != nil {
		if err := s.store.RenameUser(ctx, c.ID, *in.Name); err != nil {
			return err
		}
	}
	u, err := s.store.User(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.writeMe(w, r, u.User)
}

// changePassword also ends all other sessions: whoever knew the old password may be in one.
func (s *Service) changePassword(r *http.Request, c api.Caller, in domain.AccountChange) error {
	ctx := r.Context()
	u, err := s.store.User(ctx, c.ID)
	if err != nil {
		return err
	}
	tried := counts(address(r, s.proxy), strings.ToLower(u.Email))
	if err := s.limit.begin(tried); err != nil {
		return err
	}
	right, _, err := s.hasher.check(ctx, u.Password, in.OldPassword)
	if err != nil {
		return err
	}
	if !right {
		return domain.Errorf(domain.CodeWrongLogin, "This is not the password that you have now.").In("old_password")
	}
	s.limit.end(tried)
	hash, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	if err := s.store.SetPassword(ctx, c.ID, hash); err != nil {
		return err
	}
	return s.store.DeleteSessions(ctx, c.ID, c.Session)
}

func (s *Service) sessions(w http.ResponseWriter, r *http.Request) error {
	c := api.CallerOf(r.Context())
	list, err := s.store.Sessions(r.Context(), c.ID)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Current = list[i].ID == c.Session
	}
	return api.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) endSession(w http.ResponseWriter, r *http.Request) error {
	c := api.CallerOf(r.Context())
	id := r.PathValue("session")
	if err := s.store.DeleteSession(r.Context(), c.ID, id); err != nil {
		return err
	}
	if id == c.Session {
		s.clearCookie(w)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
