package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) label(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.LabelRequest](w, r)
	if err != nil {
		return err
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
