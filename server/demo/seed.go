package demo

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// maxSeed is the most that one request of seeding may hold, in bytes.
const maxSeed = 16 << 20

// Rows are rows of one table on their way to POST /api/seed/rows. Values are numbers, text, null, or Bytes.
type Rows struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// Bytes is a value of Rows that is no text.
type Bytes struct {
	Bytes []byte `json:"bytes"`
}

// Blobs are files on their way to POST /api/seed/blobs: each is a request to R2, of which a Worker makes fifty for one of its own.
type Blobs struct {
	Blobs [][]byte `json:"blobs"`
}

// MaxBlobs is how many Blobs go at once.
const MaxBlobs = 25

// Kept is the answer of POST /api/seed/blobs: their names, in order.
type Kept struct {
	SHA256 []string `json:"sha256"`
}

// addBlobs keeps Blobs.
func (s *Service) addBlobs(w http.ResponseWriter, r *http.Request) error {
	if err := s.room(r); err != nil {
		return err
	}
	var in Blobs
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSeed)).Decode(&in); err != nil || len(in.Blobs) > MaxBlobs {
		return domain.Errorf(domain.CodeInvalid, "The body is no JSON of at most %d blobs.", MaxBlobs).In("blobs")
	}
	out := Kept{SHA256: make([]string, len(in.Blobs))}
	for i, data := range in.Blobs {
		var err error
		if out.SHA256[i], err = s.cfg.Blobs.PutBytes(r.Context(), data); err != nil {
			return err
		}
	}
	return api.WriteJSON(w, http.StatusCreated, out)
}

// addRows puts Rows into the database.
func (s *Service) addRows(w http.ResponseWriter, r *http.Request) error {
	if err := s.room(r); err != nil {
		return err
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSeed))
	d.UseNumber()
	var in Rows
	if err := d.Decode(&in); err != nil {
		return domain.Errorf(domain.CodeInvalid, "The body is no JSON of rows: %v.", err)
	}
	for _, row := range in.Rows {
		for i, v := range row {
			var err error
			if row[i], err = value(v); err != nil {
				return err
			}
		}
	}
	if err := s.cfg.Store.AddRows(r.Context(), store.TableRows{Table: in.Table, Columns: in.Columns, Rows: in.Rows}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// value gives what the store takes for a value of JSON.
func value(v any) (any, error) {
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case map[string]any:
		if text, ok := v["bytes"].(string); ok && len(v) == 1 {
			var b []byte
			err := json.Unmarshal([]byte(`"`+text+`"`), &b)
			return b, err
		}
	}
	return nil, domain.Errorf(domain.CodeInvalid, "A value is a number, a text, null or bytes, not a %T.", v).In("rows")
}

// Around refuses what adds images once the demo holds as much as it may.
func (s *Service) Around(r api.Route) api.Route {
	if !strings.HasSuffix(r.Pattern, "/files") && !strings.HasSuffix(r.Pattern, "/imports") {
		return r
	}
	do := r.Do
	r.Do = func(w http.ResponseWriter, req *http.Request) error {
		if err := s.room(req); err != nil {
			return err
		}
		return do(w, req)
	}
	return r
}

// room tells whether more may be added.
func (s *Service) room(r *http.Request) error {
	assets, bytes, err := s.cfg.Store.Usage(r.Context())
	if err != nil {
		return err
	}
	if assets >= s.cfg.MaxAssets || bytes >= s.cfg.MaxBytes {
		return domain.Errorf(domain.CodeStorage, "This demo holds %d images of %d MB, as many as it may. Delete some first.", assets, bytes>>20)
	}
	return nil
}
