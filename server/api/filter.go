package api

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	maxPage = 500  // assets of one page
	maxText = 1000 // characters of a filter's text
)

var (
	filterSingle = []string{"exact", "text", "comments", "model", "min_confidence", "max_confidence"}
	filterLists  = []string{"ids", "class", "state", "source", "flag", "issue", "verdict"}
	knownSorts   = map[string]bool{
		"": true, domain.SortName: true, domain.SortCreated: true, domain.SortUncertain: true,
		domain.SortUncertainty: true, domain.SortDisagreement: true, domain.SortSimilarity: true, domain.SortUseful: true,
	}
)

// listQuery reads a filter and, of the parameters named in more, the sort, the cursor and the limit.
func listQuery(r *http.Request, more ...string) (store.Query, error) {
	q, err := query(r, append(more, filterSingle...), filterLists)
	if err != nil {
		return store.Query{}, err
	}
	out := store.Query{Sort: q.Get("sort"), Cursor: q.Get("cursor")}
	if !knownSorts[out.Sort] {
		return out, domain.Errorf(domain.CodeInvalid, "There is no order %q. Use created, name, uncertain, uncertainty, disagreement, similarity or useful.", out.Sort).In("sort")
	}
	if q.Has("limit") {
		if out.Limit, err = strconv.Atoi(q.Get("limit")); err != nil || out.Limit < 1 || out.Limit > maxPage {
			return out, domain.Errorf(domain.CodeInvalid, "A page has 1 to %d assets, not %q.", maxPage, q.Get("limit")).In("limit")
		}
	}
	if out.Filter, err = urlFilter(q); err != nil {
		return out, err
	}
	if p := checkFilter(out.Filter); p != nil {
		return out, p
	}
	return out, nil
}

func urlFilter(q url.Values) (domain.Filter, error) {
	f := domain.Filter{IDs: q["ids"], Classes: q["class"], Text: q.Get("text"), Comments: q.Get("comments"), Model: q.Get("model")}
	for _, v := range q["state"] {
		f.States = append(f.States, domain.State(v))
	}
	for _, v := range q["source"] {
		f.Sources = append(f.Sources, domain.Source(v))
	}
	for _, v := range q["flag"] {
		f.Flags = append(f.Flags, domain.Flag(v))
	}
	for _, v := range q["issue"] {
		f.Issues = append(f.Issues, domain.Issue(v))
	}
	for _, v := range q["verdict"] {
		f.Verdicts = append(f.Verdicts, domain.Verdict(v))
	}
	switch v := q.Get("exact"); v {
	case "", "0", "false":
	case "1", "true":
		f.Exact = true
	default:
		return f, domain.Errorf(domain.CodeInvalid, "Exact is true or false, not %q.", v).In("exact")
	}
	for name, to := range map[string]**float64{"min_confidence": &f.MinConfidence, "max_confidence": &f.MaxConfidence} {
		if !q.Has(name) {
			continue
		}
		v, err := strconv.ParseFloat(q.Get(name), 64)
		if err != nil {
			return f, domain.Errorf(domain.CodeInvalid, "%q is not a number.", q.Get(name)).In(name)
		}
		*to = &v
	}
	return f, nil
}

// checkFilter tells what is wrong with f, wherever it came from.
func checkFilter(f domain.Filter) *domain.Problem {
	if utf8.RuneCountInString(f.Text) > maxText {
		return domain.Errorf(domain.CodeInvalid, "The text to look for has more than %d characters.", maxText).In("text")
	}
	return domain.CheckFilter(f)
}

// checkFilterField is checkFilter for the field "filter" of a larger body.
func checkFilterField(f domain.Filter) *domain.Problem {
	p := checkFilter(f)
	if p != nil {
		p = p.In("filter." + p.Field)
	}
	return p
}

// share tells whether v is a number from 0 to 1.
func share(v float64) bool { return !math.IsNaN(v) && v >= 0 && v <= 1 }
