package api_test

import (
	"fmt"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMapIsMadeAndRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["single"]
		for i := range 4 {
			h.image(p, fmt.Sprintf("redder%d", i), servetest.Red)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/map", status: 404})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/map/standing", status: 404})
		h.check(t, scenario{method: "POST", path: "/projects/{single}/map", body: `{"neighbours":1}`, status: 422, contains: []string{"neighbours"}})
		job, err := h.Map(ctx, p, domain.MapRequest{})
		if err != nil || job.Kind != "map" {
			t.Fatalf("%+v, %v", job, err)
		}
		if job = h.waitFor(job); job.State != domain.JobDone {
			t.Fatalf("map: %+v", job)
		}
		m, err := h.ImageMap(ctx, p)
		if err != nil || m.ID != job.ID || m.Images != len(m.Assets) || len(m.XY) != 2*m.Images || m.Images < 7 {
			t.Fatalf("%+v, %v", m, err)
		}
		standing, err := h.MapStanding(ctx, p, false)
		if err != nil || standing.Map != m.ID || len(standing.Label) != m.Images || len(standing.Doubt) != 0 {
			t.Fatalf("%+v, %v", standing, err)
		}
		h.check(t, scenario{method: "GET", path: "/projects/{single}/map/standing?judged=perhaps", status: 422})
		h.check(t, scenario{method: "GET", path: "/projects/{single}/map/standing?judged=true", status: 409})
		h.check(t, scenario{method: "GET", path: "/projects/{multi}/map", status: 404})
		h.check(t, scenario{method: "DELETE", path: "/projects/{single}", status: 204})
		h.noBlobs(t)
	})
}
