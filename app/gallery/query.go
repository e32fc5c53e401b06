package gallery

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// view is what the address says about the grid: which images, in which order.
type view struct {
	filter domain.Filter
	sort   string
	to     string // image that SortSimilarity compares with
	saved  string // id of a saved filter, which says the rest
}

// parseView reads an address's query. Lists are repeated or separated by commas; what makes no sense is left out, so that
// an address that somebody wrote by hand shows something.
func parseView(q url.Values) view {
	v := view{sort: domain.SortCreated}
	v.filter.IDs = list(q["ids"])
	v.filter.Classes = list(q["class"])
	v.filter.Exact = len(v.filter.Classes) > 0 && q.Get("exact") == "true"
	for _, s := range list(q["state"]) {
		if slices.Contains(states, domain.State(s)) {
			v.filter.States = append(v.filter.States, domain.State(s))
		}
	}
	for _, s := range list(q["source"]) {
		if slices.Contains(sources, domain.Source(s)) {
			v.filter.Sources = append(v.filter.Sources, domain.Source(s))
		}
	}
	for _, f := range list(q["flag"]) {
		if slices.Contains(domain.Flags, domain.Flag(f)) {
			v.filter.Flags = append(v.filter.Flags, domain.Flag(f))
		}
	}
	for _, w := range list(q["issue"]) {
		if slices.Contains(domain.Issues, domain.Issue(w)) {
			v.filter.Issues = append(v.filter.Issues, domain.Issue(w))
		}
	}
	for _, w := range list(q["verdict"]) {
		if slices.Contains(domain.Verdicts, domain.Verdict(w)) {
			v.filter.Verdicts = append(v.filter.Verdicts, domain.Verdict(w))
		}
	}
	if c := q.Get("comments"); c == domain.CommentsOpen || c == domain.CommentsAny {
		v.filter.Comments = c
	}
	v.filter.Text = strings.TrimSpace(q.Get("text"))
	v.filter.Model = q.Get("model")
	v.filter.MinConfidence = share(q.Get("min_confidence"))
	v.filter.MaxConfidence = share(q.Get("max_confidence"))
	if s := q.Get("sort"); slices.Contains(sorts, s) {
		v.sort = s
	}
	if v.to = q.Get("to"); v.sort != domain.SortSimilarity || v.to == "" {
		v.to = ""
		if v.sort == domain.SortSimilarity {
			v.sort = domain.SortCreated
		}
	}
	if saved := q.Get("saved"); saved != "" {
		return view{sort: domain.SortCreated, saved: saved}
	}
	return v
}

var sorts = []string{domain.SortName, domain.SortUncertain, domain.SortUncertainty, domain.SortDisagreement, domain.SortSimilarity, domain.SortUseful}

// query is the address of v; parseView reads the same from it.
func (v view) query() url.Values {
	if v.saved != "" {
		return url.Values{"saved": {v.saved}}
	}
	return v.spelled()
}

// spelled is the address of v that says all of it, not by the name of a saved filter.
func (v view) spelled() url.Values {
	q := client.FilterQuery(v.filter)
	if len(v.filter.IDs) > 0 {
		q["ids"] = []string{strings.Join(v.filter.IDs, ",")}
	}
	if v.sort != domain.SortCreated && v.sort != "" {
		q.Set("sort", v.sort)
	}
	if v.to != "" {
		q.Set("to", v.to)
	}
	return q
}

var (
	states  = []domain.State{domain.StateUnlabelled, domain.StateAuto, domain.StateLabelled, domain.StateSkipped}
	sources = []domain.Source{domain.SourceHuman, domain.SourceImport, domain.SourceModel}
)

// restricted tells whether v leaves out anything.
func (v view) restricted() bool { return len(client.FilterQuery(v.filter)) > 0 }

// hidden counts the restrictions that stand in the bar that narrow windows fold away.
func (v view) hidden() int {
	f := v.filter
	n := 0
	for _, on := range []bool{
		len(f.States) > 0, len(f.Flags) > 0, len(f.Issues) > 0, len(f.Verdicts) > 0, f.Comments != "", len(f.Classes) > 0, len(f.Sources) > 0, f.Model != "", f.MinConfidence != nil || f.MaxConfidence != nil, len(f.IDs) > 0,
	} {
		if on {
			n++
		}
	}
	return n
}

func list(values []string) []string {
	var out []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}

func share(text string) *float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= 1) {
		return nil
	}
	return &v
}

// toggled gives list with v put in or taken out.
func toggled[T comparable](list []T, v T) []T {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), v)
}
