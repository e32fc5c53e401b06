package team

import (
	"context"
	"net/http"
	"strconv"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

// Did implements api.Team: it keeps in the audit log what a caller did. That the log cannot be written does not undo what was
// done, but is told loudly.
func (s *Service) Did(ctx context.Context, workspace, action, object string) {
	s.audit(ctx, domain.ActorOf(ctx), workspace, action, object)
}

func (s *Service) audit(ctx context.Context, by domain.Actor, workspace, action, object string) {
	err := s.store.Audit(context.WithoutCancel(ctx), domain.AuditEntry{Workspace: workspace, Actor: by, Action: action, Object: object})
	if err != nil {
		s.log.ErrorContext(ctx, "the audit log could not be written", "user", by.ID, "action", action, "object", object, "error", err)
	}
}

const auditPage = 100

// auditLog gives a page of what was done in a workspace, newest first; the parameter before is the Seq where the page before ended.
func (s *Service) auditLog(w http.ResponseWriter, r *http.Request) error {
	before := int64(0)
	if text := r.URL.Query().Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return domain.Errorf(domain.CodeInvalid, "%q is no number of an entry.", text).In("before")
		}
	}
	list, err := s.store.AuditLog(r.Context(), r.PathValue("workspace"), before, auditPage)
	if err != nil {
		return err
	}
	if list == nil {
		list = []domain.AuditEntry{}
	}
	return api.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) checkAudit(w http.ResponseWriter, r *http.Request) error {
	found, err := s.store.VerifyAudit(r.Context())
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, found)
}
