package api

import (
	"fmt"
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) label(w http.ResponseWriter, r *http.Request) error { return s.write(w, r, false) }

// write writes one user action: verdicts, or labels. Each has an address of its own, whose right was asked for.
func (s *server) write(w http.ResponseWriter, r *http.Request, verdicts bool) error {
	in, err := readJSON[domain.LabelRequest](w, r)
	if err != nil {
		return err
	}
	for i, c := range in.Changes {
		if judges(c.Action) != verdicts {
			return domain.Errorf(domain.CodeInvalid, "The action %q does not belong to this address. Verdicts are sent to reviews, everything else to labels.", c.Action).
				In(fmt.Sprintf("changes[%d].action", i))
		}
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	op, err := s.writeLabels(r.Context(), p, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}

func (s *server) undo(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Op string `json:"op"`
	}](w, r)
	if err != nil {
		return err
	}
	op, err := s.Store.UndoOf(r.Context(), r.PathValue("project"), in.Op, ownOnly(r, in.Op))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}

// ownOnly is whose operations a request may take back: in a team one's own, but reviewers those of others too, by name. It is ""
// for everybody's.
func ownOnly(r *http.Request, op string) string {
	c := CallerOf(r.Context())
	if c.Local || op != "" && c.May(domain.WorkspaceOf(r.Context()), domain.RightReview) {
		return ""
	}
	return c.ID
}

func (s *server) redo(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	op, err := s.Store.RedoOf(r.Context(), r.PathValue("project"), ownOnly(r, ""))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}
