package api

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryRouteSaysWhoMayCallIt wants a need of every route that fits its path: what names an object of a workspace needs a
// right there, and what changes something needs more than to see it.
func TestEveryRouteSaysWhoMayCallIt(t *testing.T) {
	rights := []Need{View, Label, Review, Manage, Members, Own}
	for _, r := range (&server{}).table() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		inside := slices.Contains(rights, r.Need)
		switch {
		case !inside && !slices.Contains([]Need{Open, SignedIn, Host}, r.Need):
			t.Errorf("%s: nobody says who may call it (need %q)", r.Pattern, r.Need)
		case names(path) && !inside:
			t.Errorf("%s names an object of a workspace and needs %q, no right there", r.Pattern, r.Need)
		case method != "GET" && r.Need == View:
			t.Errorf("%s changes something, and who may only look may call it", r.Pattern)
		}
	}
}
