package api

import (
	"net/http"

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
