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
	op, err := s.Store.Undo(r.Context(), r.PathValue("project"), in.Op)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}

func (s *server) redo(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	op, err := s.Store.Redo(r.Context(), r.PathValue("project"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}
