package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) savedFilters(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Store.SavedFilters(r.Context(), r.PathValue("project"))
	if err != nil {
		return err
	}
	return writeList(w, list)
}

func (s *server) saveFilter(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.SavedFilter](w, r)
	if err != nil {
		return err
	}
	if p := checkFilterField(in.Filter); p != nil {
		return p
	}
	if !knownSorts[in.Sort] {
		return domain.Errorf(domain.CodeInvalid, "There is no order %q.", in.Sort).In("sort")
	}
	in.ID = r.PathValue("filter")
	asked := r.Header.Get("If-Match") != ""
	out, err := s.Store.SaveFilterIf(r.Context(), r.PathValue("project"), in, func(rev int64) error {
		_, err := ifMatch(r, rev)
		return err
	})
	if err != nil {
		return staleOf(asked, err)
	}
	w.Header().Set("ETag", etag(out.Rev))
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) deleteSavedFilter(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteSavedFilter(r.Context(), p.ID, r.PathValue("filter")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
