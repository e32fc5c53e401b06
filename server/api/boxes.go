package api

import (
	"net/http"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// suggestBoxes tells what a model finds in an image.
func (s *server) suggestBoxes(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"model"}, nil)
	if err != nil {
		return err
	}
	out, err := s.Auto.SuggestBoxes(r.Context(), r.PathValue("project"), r.PathValue("asset"), q.Get("model"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// propose tells where in an image something may be.
func (s *server) propose(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"limit"}, nil)
	if err != nil {
		return err
	}
	limit := domain.DefaultProposals
	if q.Has("limit") {
		if limit, err = strconv.Atoi(q.Get("limit")); err != nil || limit < 1 || limit > domain.MaxProposals {
			return domain.Errorf(domain.CodeInvalid, "limit is a number from 1 to %d.", domain.MaxProposals).In("limit")
		}
	}
	out, err := s.Auto.Propose(r.Context(), r.PathValue("project"), r.PathValue("asset"), limit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// tighten answers a rough box with that of the object.
func (s *server) tighten(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.TightenRequest](w, r)
	if err != nil {
		return err
	}
	out, err := s.Auto.Tighten(r.Context(), r.PathValue("project"), r.PathValue("asset"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}
