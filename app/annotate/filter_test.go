package annotate

import (
	"net/url"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

func TestFilterOfAnAddress(t *testing.T) {
	low, high := 0.5, 0.9
	want := domain.Filter{
		IDs: []string{"a", "b"}, Classes: []string{"c"}, States: []domain.State{domain.StateAuto}, Sources: []domain.Source{domain.SourceModel},
		Flags: []domain.Flag{domain.FlagUnsure, domain.FlagBad}, Comments: domain.CommentsOpen,
		Text: "x y&z", Model: "m", MinConfidence: &low, MaxConfidence: &high,
	}
	q := client.FilterQuery(want)
	q.Set("sort", domain.SortName)
	got, sort, restricted := filterOf(q)
	if client.FilterQuery(got).Encode() != client.FilterQuery(want).Encode() || sort != domain.SortName || !restricted {
		t.Errorf("got %+v, %q, %v", got, sort, restricted)
	}
	if f, _, restricted := filterOf(url.Values{"at": {"i"}, "min_confidence": {"half"}}); restricted || f.MinConfidence != nil {
		t.Errorf("an address without a filter gives %+v", f)
	}
}

func TestFound(t *testing.T) {
	classes := []domain.Class{{Name: "House sparrow"}, {Name: "Sparrow hawk"}, {Name: "참새"}}
	for text, want := range map[string][]string{
		"sparrow": {"Sparrow hawk", "House sparrow"}, " HOUSE ": {"House sparrow"}, "참": {"참새"}, "": {"House sparrow", "Sparrow hawk", "참새"}, "x": nil,
	} {
		var got []string
		for _, c := range found(classes, domain.Tree{}, text, nil) {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("found(%q) = %v, want %v", text, got, want)
		}
	}
}
