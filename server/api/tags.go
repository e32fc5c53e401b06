package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// An entity tag (RFC 9110) of what has a rev begins with it: "REV" or "REV-...". What follows changes with what is shown beside,
// which edits do not depend on.

// etag makes the tag of what has a rev and the numbers beside it.
func etag(rev int64, beside ...string) string {
	return `"` + strings.Join(append([]string{strconv.FormatInt(rev, 10)}, beside...), "-") + `"`
}

// projectTag changes with a project's name, classes, labels and images, and with the program: another one may tell more of them.
func (s *server) projectTag(p domain.Project, seq int64) string {
	return etag(p.Rev, strconv.FormatInt(seq, 10), strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '"' {
			return '_'
		}
		return r
	}, s.Version))
}

// unchanged sets the tag of an answer that clients may keep but must ask about, and answers 304 when the client has it.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	return notModified(w, r, tag)
}

func notModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	for seen := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if seen = strings.TrimSpace(seen); seen == "*" || strings.TrimPrefix(seen, "W/") == tag {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// ifMatch tells whether r makes a condition of the rev that it changes (If-Match), and refuses it when that is not rev.
func ifMatch(r *http.Request, rev int64) (asked bool, err error) {
	header := r.Header.Get("If-Match")
	if header == "" || strings.TrimSpace(header) == "*" {
		return false, nil
	}
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.Trim(strings.TrimSpace(tag), `"`)
		if first, _, _ := strings.Cut(tag, "-"); first == strconv.FormatInt(rev, 10) {
			return true, nil
		}
	}
	return true, stale()
}

func stale() error {
	return domain.Errorf(domain.CodeStale, "This was changed meanwhile. Load it again and repeat the change.").In("If-Match")
}

// staleOf is err, or stale where a condition was asked for and err says that it was not met at the last moment.
func staleOf(asked bool, err error) error {
	if asked && err != nil && domain.AsProblem(err).Code == domain.CodeConflict && domain.AsProblem(err).Field == "rev" {
		return stale()
	}
	return err
}
