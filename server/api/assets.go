package api

import (
	"net/http"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) assets(w http.ResponseWriter, r *http.Request) error {
	q, err := listQuery(r, "sort", "to", "cursor", "limit")
	if err != nil {
		return err
	}
	p, seq, err := s.Store.LabelSeq(r.Context(), r.PathValue("project"))
	if err != nil || !judged(q.Sort) && unchanged(w, r, s.projectTag(p, seq)) {
		return err
	}
	var page domain.AssetPage
	if judged(q.Sort) {
		page, err = s.judgedPage(r, p.ID, q, r.URL.Query().Get("to"))
	} else {
		page, err = s.Store.Assets(r.Context(), p.ID, q)
	}
	if err != nil {
		return err
	}
	if page.Items == nil {
		page.Items = []domain.Asset{}
	}
	return writeJSON(w, http.StatusOK, page)
}

func (s *server) assetIDs(w http.ResponseWriter, r *http.Request) error {
	q, err := listQuery(r, "sort", "to")
	if err != nil {
		return err
	}
	p, seq, err := s.Store.LabelSeq(r.Context(), r.PathValue("project"))
	if err != nil || !judged(q.Sort) && unchanged(w, r, s.projectTag(p, seq)) {
		return err
	}
	var ids []string
	if judged(q.Sort) {
		ids, err = s.Auto.Order(r.Context(), p.ID, q.Filter, q.Sort, r.URL.Query().Get("to"))
	} else {
		ids, err = s.Store.AssetIDs(r.Context(), p.ID, q.Filter, q.Sort)
	}
	if err != nil {
		return err
	}
	return writeList(w, ids)
}

func (s *server) theAsset(r *http.Request) (domain.Asset, error) {
	return s.Store.Asset(r.Context(), r.PathValue("project"), r.PathValue("asset"))
}

func (s *server) asset(w http.ResponseWriter, r *http.Request) error {
	a, err := s.theAsset(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a)
}

func (s *server) deleteAssets(w http.ResponseWriter, r *http.Request) error {
	f, err := readJSON[domain.Filter](w, r)
	if err != nil {
		return err
	}
	if p := checkFilter(f); p != nil {
		return p
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	op, err := s.Store.DeleteAssets(r.Context(), p.ID, f, "", domain.ActorOf(r.Context()).ID)
	if err != nil {
		return err
	}
	s.dropOld(r.Context(), p.ID)
	return writeJSON(w, http.StatusOK, map[string]any{"deleted": op.Changed, "op": op.ID})
}

func (s *server) thumb(w http.ResponseWriter, r *http.Request) error {
	a, err := s.theAsset(r)
	if err != nil || fresh(w, r, a.SHA256+"-thumb") {
		return err
	}
	data, kind, err := s.Transfer.Thumb(r.Context(), a)
	if err != nil {
		return err
	}
	return writeFile(w, kind, data)
}

func (s *server) image(w http.ResponseWriter, r *http.Request) error {
	a, err := s.theAsset(r)
	if err != nil || fresh(w, r, a.SHA256+"-view") {
		return err
	}
	data, kind, err := s.Transfer.Image(r.Context(), a)
	if err != nil {
		return err
	}
	return writeFile(w, kind, data)
}

// fresh sets the cache headers of what never changes under its address, and answers 304 when the client has it.
func fresh(w http.ResponseWriter, r *http.Request, version string) bool {
	tag := `"` + version + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	return notModified(w, r, tag)
}

func writeFile(w http.ResponseWriter, kind string, data []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(data) // the client may have left
	return nil
}
