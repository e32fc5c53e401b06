package api_test

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestReview(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		post := func(path, body string, status int, contains ...string) {
			t.Helper()
			h.check(t, scenario{method: "POST", path: "/projects/{single}/" + path, body: body, status: status, contains: contains})
		}
		post("reviews", `{"changes":[{"asset":"{red0}","action":"return","comment":"is it?"},{"asset":"{red1}","action":"approve"}]}`, 200,
			`"changed":1`, `"verdict":"returned"`, `"comment":"is it?"`, `"by":{"id":"you"`) // red1 has no label
		h.check(t, scenario{method: "GET", path: "/projects/{single}", status: 200, contains: []string{`"returned":1`}})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets?verdict=returned", status: 200, contains: []string{`"total":1`}})
		post("labels", `{"changes":[{"asset":"{red0}","action":"set","classes":["red"]}]}`, 200, `"changed":1`) // it is red
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets?verdict=returned", status: 200, contains: []string{`"total":0`}})
		post("reviews", `{"changes":[{"asset":"{red0}","action":"approve"}]}`, 200, `"changed":1`)
		post("reviews", `{"changes":[{"asset":"{red0}","action":"approve"}]}`, 200, `"changed":0`)
		post("labels", `{"changes":[{"asset":"{red0}","action":"set","classes":["red"]}]}`, 200, `"changed":0`) // it says the same
		post("labels", `{"changes":[{"asset":"{red0}","action":"set","classes":["green"]}]}`, 200, `"changed":1`)
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets?verdict=approved", status: 200, contains: []string{`"total":0`}})

		post("labels", `{"changes":[{"asset":"{red0}","action":"approve"}]}`, 422, `changes[0].action`)
		post("reviews", `{"changes":[{"asset":"{red0}","action":"skip"}]}`, 422, `changes[0].action`)
		post("labels", `{"changes":[{"asset":"{red0}","action":"skip","comment":"why"}]}`, 422, `changes[0].comment`)
		post("reviews", `{"changes":[{"asset":"{red0}","action":"return","comment":"`+strings.Repeat("x", domain.MaxComment+1)+`"}]}`, 422, `changes[0].comment`)
		post("bulk", `{"filter":{},"action":"approve"}`, 422, `action`)
		post("bulk/review", `{"filter":{},"action":"skip"}`, 422, `action`)
		h.check(t, scenario{method: "GET", path: "/projects/{single}/assets?verdict=odd", status: 422, contains: []string{`verdict`}})
		post("bulk/preview", `{"filter":{},"action":"approve"}`, 200, `"changed":`)
	})
}
