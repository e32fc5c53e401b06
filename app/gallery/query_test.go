package gallery

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestViewsAreKeptInAddresses(t *testing.T) {
	low, high := 0.25, 0.9
	for name, v := range map[string]view{
		"all":     {sort: domain.SortCreated},
		"sorted":  {sort: domain.SortUncertain},
		"similar": {sort: domain.SortSimilarity, to: "a&b", filter: domain.Filter{Text: "x"}},
		"saved":   {sort: domain.SortCreated, saved: "f1"},
		"everything": {sort: domain.SortName, filter: domain.Filter{
			IDs: []string{"a", "b"}, Classes: []string{"c1", "c2"}, States: []domain.State{domain.StateAuto, domain.StateSkipped},
			Sources: []domain.Source{domain.SourceImport}, Text: "고양이 & dog=1", Model: "m", MinConfidence: &low, MaxConfidence: &high,
		}},
	} {
		q, err := url.ParseQuery(v.query().Encode())
		if err != nil {
			t.Fatal(err)
		}
		if got := parseView(q); !reflect.DeepEqual(got, v) {
			t.Errorf("%s: %+v comes back as %+v", name, v, got)
		}
	}
}

func TestAddressesByHand(t *testing.T) {
	for text, want := range map[string]view{
		"ids=a,b,c":          {sort: domain.SortCreated, filter: domain.Filter{IDs: []string{"a", "b", "c"}}},
		"ids=a&ids=b&ids=a,": {sort: domain.SortCreated, filter: domain.Filter{IDs: []string{"a", "b"}}},
		"state=auto,nonsense&source=&sort=upwards&min_confidence=7&max_confidence=x": {
			sort: domain.SortCreated, filter: domain.Filter{States: []domain.State{domain.StateAuto}},
		},
		"sort=similarity":            {sort: domain.SortCreated},
		"sort=disagreement&to=x":     {sort: domain.SortDisagreement},
		"saved=f1&state=auto&sort=x": {sort: domain.SortCreated, saved: "f1"},
		"min_confidence=NaN&text=+":  {sort: domain.SortCreated},
	} {
		q, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := parseView(q); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, want %+v", text, got, want)
		}
	}
}

func TestSavedFiltersAreKnownByWhatTheyShow(t *testing.T) {
	f := domain.SavedFilter{ID: "1", Filter: domain.Filter{States: []domain.State{domain.StateAuto}}, Sort: domain.SortName}
	v := viewOf(f)
	v.saved = ""
	if !v.shows(f) || !viewOf(f).shows(f) {
		t.Error("a view does not show the filter that it was made of")
	}
	v.sort = domain.SortCreated
	if v.shows(f) {
		t.Error("another order is the same")
	}
}

func TestRestrictionsAreCounted(t *testing.T) {
	v := parseView(url.Values{"state": {"auto,labelled"}, "class": {"x"}, "min_confidence": {"0.5"}, "max_confidence": {"0.6"}, "text": {"a"}})
	if !v.restricted() || v.hidden() != 3 {
		t.Errorf("restricted %v, %d", v.restricted(), v.hidden())
	}
	if v := parseView(url.Values{"sort": {"name"}}); v.restricted() {
		t.Error("an order restricts")
	}
}
