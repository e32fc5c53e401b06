package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestListsAreGivenPageByPage follows the links from page to page, and finds what the client lists, which follows them too.
func TestListsAreGivenPageByPage(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	ctx := t.Context()
	for i := range domain.MaxList + 3 {
		if _, err := h.CreateExport(ctx, h.names["single"], fmt.Sprint(i), domain.Filter{}); err != nil {
			t.Fatal(err)
		}
	}
	exports, err := h.Exports(ctx, h.names["single"])
	if err != nil || len(exports) != domain.MaxList+3 {
		t.Fatalf("%d exports, %v", len(exports), err)
	}
	var names []string
	pages := 0
	for path := "/projects/{single}/exports?limit=100"; path != ""; pages++ {
		res := h.check(t, scenario{method: "GET", path: path, status: 200})
		var page []domain.Export
		if err := json.Unmarshal(res.Body.Bytes(), &page); err != nil || len(page) > 100 {
			t.Fatal(len(page), err)
		}
		for _, e := range page {
			names = append(names, e.Name)
		}
		link, _, _ := strings.Cut(strings.TrimPrefix(res.Header().Get("Link"), "<"), ">")
		path = strings.TrimPrefix(link, "/api")
	}
	if !slices.EqualFunc(names, exports, func(n string, e domain.Export) bool { return n == e.Name }) || pages != 6 {
		t.Errorf("%d exports on %d pages", len(names), pages)
	}
	for _, path := range []string{"/projects?limit=2", "/projects/{single}/models", "/projects/{single}/clusterings?limit=1"} {
		h.check(t, scenario{method: "GET", path: path, status: 200})
	}
	for _, path := range []string{"/projects?cursor=x", "/projects?limit=0", "/projects?page=2", "/projects/{single}/exports?limit=501", "/projects/{single}/models?cursor=newest"} {
		h.check(t, scenario{method: "GET", path: path, status: 422})
	}
	projects, err := h.Projects(ctx)
	if err != nil || len(projects) != 3 {
		t.Errorf("%d projects, %v", len(projects), err)
	}
}
