package team

import (
	"net/http"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// invitationLasts is how long a link works.
const invitationLasts = 7 * 24 * time.Hour

// mayGive tells whether the caller may make somebody a role, or take it away: nobody gives more than they have, and admins and
// owners alone get here.
func mayGive(r *http.Request, role domain.Role) error {
	if !role.Valid() {
		return domain.Errorf(domain.CodeInvalid, "There is no role %q. Use owner, admin, manager, reviewer, labeller or viewer.", role).In("role")
	}
	if role == domain.RoleOwner && !api.CallerOf(r.Context()).May(r.PathValue("workspace"), domain.RightOwn) {
		return domain.Errorf(domain.CodeForbidden, "Only an owner may make or change an owner.").In("role")
	}
	return nil
}

func (s *Service) members(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("workspace")
	list, err := s.store.Members(r.Context(), id)
	if err != nil {
		return err
	}
	if !api.CallerOf(r.Context()).May(id, domain.RightMembers) {
		for i := range list {
			list[i].Email = ""
		}
	}
	return api.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) setRole(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[struct {
		Role domain.Role `json:"role"`
	}](w, r)
	if err != nil {
		return err
	}
	m, err := s.store.Member(r.Context(), r.PathValue("workspace"), r.PathValue("user"))
	if err != nil {
		return err
	}
	for _, role := range []domain.Role{in.Role, m.Role} {
		if err := mayGive(r, role); err != nil {
			return err
		}
	}
	if m, err = s.store.SetRole(r.Context(), r.PathValue("workspace"), m.ID, in.Role); err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, m)
}

func (s *Service) removeMember(w http.ResponseWriter, r *http.Request) error {
	m, err := s.store.Member(r.Context(), r.PathValue("workspace"), r.PathValue("user"))
	if err != nil {
		return err
	}
	if err := mayGive(r, m.Role); err != nil {
		return err
	}
	if err := s.store.RemoveMember(r.Context(), r.PathValue("workspace"), m.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) createWorkspace(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Workspace](w, r)
	if err != nil {
		return err
	}
	made, err := s.store.CreateWorkspace(r.Context(), in.Name, api.CallerOf(r.Context()).ID)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusCreated, made)
}

func (s *Service) renameWorkspace(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Workspace](w, r)
	if err != nil {
		return err
	}
	renamed, err := s.store.RenameWorkspace(r.Context(), r.PathValue("workspace"), in.Name)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, renamed)
}

func (s *Service) invitations(w http.ResponseWriter, r *http.Request) error {
	list, err := s.store.Invitations(r.Context(), r.PathValue("workspace"))
	if err != nil {
		return err
	}
	if list == nil {
		list = []domain.Invitation{}
	}
	return api.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) invite(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Invitation](w, r)
	if err != nil {
		return err
	}
	if err := mayGive(r, in.Role); err != nil {
		return err
	}
	token := newToken()
	made, err := s.store.AddInvitation(r.Context(), domain.Invitation{
		Workspace: r.PathValue("workspace"), Role: in.Role, Email: in.Email, By: api.CallerOf(r.Context()).ID, ExpiresAt: s.now().Add(invitationLasts),
	}, sum(token))
	if err != nil {
		return err
	}
	made.Token = token
	return api.WriteJSON(w, http.StatusCreated, made)
}

func (s *Service) uninvite(w http.ResponseWriter, r *http.Request) error {
	if err := s.store.DeleteInvitation(r.Context(), r.PathValue("workspace"), r.PathValue("invitation")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// lookInvitation tells who invites to what, to whoever has the link. It is a POST so that the token is in no address.
func (s *Service) lookInvitation(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Acceptance](w, r)
	if err != nil {
		return err
	}
	i, err := s.store.InvitationByToken(r.Context(), sum(in.Token))
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, domain.Invitation{WorkspaceName: i.WorkspaceName, Role: i.Role, Email: i.Email, ByName: i.ByName, ExpiresAt: i.ExpiresAt})
}

// accept makes whoever has signed in a member, or makes an account and signs it in.
func (s *Service) accept(w http.ResponseWriter, r *http.Request) error {
	in, err := api.ReadJSON[domain.Acceptance](w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	i, err := s.store.InvitationByToken(ctx, sum(in.Token))
	if err != nil {
		return err
	}
	c := api.CallerOf(ctx)
	email := in.Email
	if c.ID != "" {
		email = c.Email
	}
	if i.Email != "" && !store.SameEmail(i.Email, email) {
		return domain.Errorf(domain.CodeForbidden, "This invitation is for another e-mail address.").In("email")
	}
	if c.Token != "" {
		return domain.Errorf(domain.CodeForbidden, "A token may not do that. Sign in on the page.")
	}
	if c.ID != "" {
		if err := s.store.AcceptAs(ctx, i, c.ID); err != nil {
			return err
		}
		s.audit(ctx, domain.Actor{ID: c.ID, Name: c.Name}, i.Workspace, r.Pattern, r.URL.Path)
		return s.writeMe(w, r, c.User)
	}
	hash, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	u, err := s.store.AcceptNew(ctx, i, store.UserRecord{User: domain.User{Email: in.Email, Name: in.Name}, Password: hash})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "an invitation was accepted", "user", u.ID, "workspace", i.Workspace)
	return s.signIn(w, r, u)
}
