package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func (s *server) suggest(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.SuggestRequest](w, r)
	if err != nil {
		return err
	}
	out, err := s.Auto.Suggest(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// suggests tells whether a project has suggestions; it begins nothing.
func (s *server) suggests(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	on, err := s.Auto.Suggests(r.Context(), p.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]bool{"on": on})
}

func (s *server) switchSuggestions(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		On bool `json:"on"`
	}](w, r)
	if err != nil {
		return err
	}
	if err := s.Auto.SetSuggests(r.Context(), r.PathValue("project"), in.On); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, in)
}

// useful hands out the images whose labels would teach the most.
func (s *server) useful(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	out, err := s.Auto.Useful(r.Context(), r.PathValue("project"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// saving tells how many labels the queue of useful images has spared.
func (s *server) saving(w http.ResponseWriter, r *http.Request) error {
	out, err := s.Auto.Saving(r.Context(), r.PathValue("project"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// judged tells whether an order is by what a head or an embedding says, not by what the store holds.
func judged(sort string) bool {
	return sort == domain.SortUncertainty || sort == domain.SortDisagreement || sort == domain.SortSimilarity || sort == domain.SortUseful
}

// judgedCursor is the place of the last asset of a page of a judged order. Where the order is forgotten, the next page is of a
// new one, after the asset of that id if it is still listed.
type judgedCursor struct {
	Sort  string `json:"s"`
	To    string `json:"t,omitempty"`
	Order string `json:"o"`
	ID    string `json:"i"`
	At    int    `json:"n"`
}

// judgedList gives the order that q goes on in, and the place where its page begins.
func (s *server) judgedList(r *http.Request, project string, q store.Query, to string) (ids []string, from judgedCursor, err error) {
	if q.Cursor != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if err == nil {
			err = json.Unmarshal(b, &from)
		}
		if err != nil || from.Sort != q.Sort || from.To != to || from.At < 0 {
			return nil, from, domain.Errorf(domain.CodeInvalid, "The cursor is not one of this list. Begin at the first page again.").In("cursor")
		}
	}
	if ids := s.orders.find(project, from.Order); ids != nil {
		return ids, from, nil
	}
	if ids, err = s.Auto.Order(r.Context(), project, q.Filter, q.Sort, to); err != nil {
		return nil, from, err
	}
	from.Order = s.orders.keep(project, ids)
	if i := slices.Index(ids, from.ID); i >= 0 {
		from.At = i + 1
	}
	return ids, from, nil
}

// judgedPage gives a page of a judged order as it was when its first page was asked for.
func (s *server) judgedPage(r *http.Request, project string, q store.Query, to string) (domain.AssetPage, error) {
	ids, from, err := s.judgedList(r, project, q, to)
	if err != nil {
		return domain.AssetPage{}, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	first := min(from.At, len(ids))
	part := ids[first:min(first+limit, len(ids))]
	page := domain.AssetPage{Total: len(ids), Items: []domain.Asset{}}
	byID := make(map[string]domain.Asset, len(part))
	if len(part) > 0 {
		err = s.Store.EachAsset(r.Context(), project, store.Query{Filter: domain.Filter{IDs: part}}, func(some []domain.Asset) error {
			for _, a := range some {
				byID[a.ID] = a
			}
			return nil
		})
		if err != nil {
			return domain.AssetPage{}, err
		}
	}
	for _, id := range part {
		if a, ok := byID[id]; ok {
			page.Items = append(page.Items, a)
		}
	}
	if end := first + len(part); end < len(ids) {
		b, err := json.Marshal(judgedCursor{q.Sort, to, from.Order, ids[end-1], end})
		if err != nil {
			return domain.AssetPage{}, err
		}
		page.NextCursor = base64.RawURLEncoding.EncodeToString(b)
	}
	return page, nil
}
