package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) cluster(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.ClusterRequest](w, r)
	if err != nil {
		return err
	}
	if p := checkFilterField(in.Filter); p != nil {
		return p
	}
	job, err := s.Auto.Cluster(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

func (s *server) clusterings(w http.ResponseWriter, r *http.Request) error {
	cursor, limit, err := listPage(r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	records, more, err := s.Store.ClusteringsPage(r.Context(), p.ID, cursor, limit)
	if err != nil {
		return err
	}
	list := make([]domain.Clustering, len(records))
	for i, c := range records {
		list[i] = c.Clustering
	}
	return writePage(w, r, list, more, limit, func(c domain.Clustering) string { return domain.ListCursor(c.CreatedAt, c.ID) })
}

func (s *server) clustering(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Auto.Clustering(r.Context(), r.PathValue("project"), r.PathValue("clustering"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}
