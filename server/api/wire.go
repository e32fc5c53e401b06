package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may have left
	return nil
}

// WriteJSON answers with v; for routes of a Team.
func WriteJSON(w http.ResponseWriter, status int, v any) error { return writeJSON(w, status, v) }

// ReadJSON decodes the body of r into a T and refuses what T does not have; for routes of a Team.
func ReadJSON[T any](w http.ResponseWriter, r *http.Request) (T, error) { return readJSON[T](w, r) }

// writeList answers with a JSON list, [] when there is nothing in it.
func writeList[T any](w http.ResponseWriter, items []T) error {
	if items == nil {
		items = []T{}
	}
	return writeJSON(w, http.StatusOK, items)
}

func writeProblem(w http.ResponseWriter, p *domain.Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"code":"internal","status":500}`) // a struct of strings always encodes
	}
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Disposition", "ETag"} {
		h.Del(name)
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// readJSON decodes the body of r into a T. Fields that T does not have are refused: a filter with a misspelt name would
// select everything.
func readJSON[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var in T
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return in, domain.Errorf(domain.CodeUnsupported, "Send JSON with the header Content-Type: application/json.")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, bodyProblem(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return in, domain.Errorf(domain.CodeInvalid, "The body holds more than one JSON value. Send one.")
	}
	return in, nil
}

func bodyProblem(err error) error {
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	field, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &wrongType):
		return domain.Errorf(domain.CodeInvalid, "The field %q cannot be a %s.", wrongType.Field, wrongType.Value).In(wrongType.Field)
	case errors.As(err, &syntax):
		return domain.Errorf(domain.CodeInvalid, "The body is not JSON: %s at byte %d.", syntax.Error(), syntax.Offset)
	case unknown:
		return domain.Errorf(domain.CodeInvalid, "There is no field %s here.", field).In(strings.Trim(field, `"`))
	case errors.Is(err, io.EOF):
		return domain.Errorf(domain.CodeInvalid, "The body is empty. Send a JSON object.")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return domain.Errorf(domain.CodeInvalid, "The JSON in the body ends too early.")
	}
	return domain.Errorf(domain.CodeInvalid, "The body cannot be read as the JSON that is expected here.")
}

// query gives the URL's parameters. Only those named may be there, and only lists may be repeated.
func query(r *http.Request, single, lists []string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, domain.Errorf(domain.CodeInvalid, "The part of the address after ? cannot be read.")
	}
	known := make(map[string]int, len(single)+len(lists))
	for _, name := range single {
		known[name] = 1
	}
	for _, name := range lists {
		known[name] = 2
	}
	for name, values := range q {
		switch {
		case known[name] == 0:
			return nil, domain.Errorf(domain.CodeInvalid, "There is no parameter %q here.", name).In(name)
		case known[name] == 1 && len(values) > 1:
			return nil, domain.Errorf(domain.CodeInvalid, "The parameter %q is given more than once.", name).In(name)
		}
	}
	return q, nil
}

// listPage reads the parameters cursor and limit of a list.
func listPage(r *http.Request) (cursor string, limit int, err error) {
	q, err := query(r, []string{"cursor", "limit"}, nil)
	if err != nil {
		return "", 0, err
	}
	limit, err = pageLimit(q)
	return q.Get("cursor"), limit, err
}

// writePage answers with one page of a list, and where there is more with the address of the next one (RFC 8288). place is the
// cursor behind an item.
func writePage[T any](w http.ResponseWriter, r *http.Request, page []T, more bool, limit int, place func(T) string) error {
	if more && len(page) > 0 {
		next := url.Values{"cursor": {place(page[len(page)-1])}, "limit": {strconv.Itoa(limit)}}
		w.Header().Set("Link", "<"+r.URL.Path+"?"+next.Encode()+`>; rel="next"`)
	}
	return writeList(w, page)
}

// pageLimit is how many of a list are asked for at once, by the parameter limit: 1 to domain.MaxList, which it is where nothing is said.
func pageLimit(q url.Values) (int, error) {
	if !q.Has("limit") {
		return domain.MaxList, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > domain.MaxList {
		return 0, domain.Errorf(domain.CodeInvalid, "A page has 1 to %d lines, not %q.", domain.MaxList, q.Get("limit")).In("limit")
	}
	return n, nil
}

// disposition is the header Content-Disposition of a download (RFC 6266): the name in UTF-8, and in ASCII for those who
// read only that.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\/%;`, r) {
			return '_'
		}
		return r
	}, name)
	var b strings.Builder
	for _, c := range []byte(strings.NewReplacer("/", "_", "\\", "_").Replace(name)) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + b.String()
}
