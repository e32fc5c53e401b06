package annotate

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// filterOf reads a filter and an order out of an address, as client.FilterQuery writes them. A number that is none is left
// out. restricted tells whether the filter leaves anything out.
func filterOf(q url.Values) (f domain.Filter, sort string, restricted bool) {
	f = domain.Filter{IDs: split(q["ids"]), Classes: split(q["class"]), Exact: q.Get("exact") == "true", Text: q.Get("text"), Comments: q.Get("comments"), Model: q.Get("model")}
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
	for name, to := range map[string]**float64{"min_confidence": &f.MinConfidence, "max_confidence": &f.MaxConfidence} {
		if v, err := strconv.ParseFloat(q.Get(name), 64); err == nil {
			*to = &v
		}
	}
	restricted = len(f.IDs)+len(f.Classes)+len(f.States)+len(f.Sources)+len(f.Flags)+len(f.Issues)+len(f.Verdicts) > 0 || f.Text != "" || f.Comments != "" || f.Model != "" ||
		f.MinConfidence != nil || f.MaxConfidence != nil
	return f, q.Get("sort"), restricted
}

// split takes lists apart that are written with commas, as the grid writes them.
func split(values []string) []string {
	var out []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
