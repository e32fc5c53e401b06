package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) makeMap(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.MapRequest](w, r)
	if err != nil {
		return err
	}
	if p := checkFilterField(in.Filter); p != nil {
		return p
	}
	job, err := s.Auto.Map(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

func (s *server) imageMap(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	m, err := s.Auto.ImageMap(r.Context(), p.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m)
}

// mapStanding tells how the images of the map stand; with judged=true also what a head says of them.
func (s *server) mapStanding(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"judged"}, nil)
	if err != nil {
		return err
	}
	judged := q.Get("judged")
	if judged != "" && judged != "true" && judged != "false" {
		return domain.Errorf(domain.CodeInvalid, "judged is true or false, not %q.", judged).In("judged")
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	standing, err := s.Auto.MapStanding(r.Context(), p.ID, judged == "true")
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, standing)
}
