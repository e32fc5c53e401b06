package autolabel_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestMapShowsAlikeImagesTogether(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 10)
	_, err := s.ImageMap(ctx, p.ID)
	wantCode(t, err, domain.CodeNotFound)
	j := done(t, s, must[domain.Job](t)(s.Map(ctx, p.ID, domain.MapRequest{Neighbours: 8})))
	m := must[domain.ImageMap](t)(s.ImageMap(ctx, p.ID))
	all := h.assets(t, p.ID)
	if m.ID != j.ID || j.Kind != "map" || m.Images != len(all) || len(m.Assets) != len(all) || len(m.XY) != 2*len(all) || m.Backbone == "" || m.Trust < 0.7 {
		t.Fatalf("job %+v, map of %d images: %d ids, %d coordinates, trust %.2f", j, m.Images, len(m.Assets), len(m.XY), m.Trust)
	}
	hue := map[string]string{}
	for _, a := range all {
		hue[a.ID] = hueOf(a)
	}
	for i, id := range m.Assets {
		best, at := math.MaxInt, -1
		for k := range m.Assets {
			dx, dy := m.XY[2*i]-m.XY[2*k], m.XY[2*i+1]-m.XY[2*k+1]
			if d := dx*dx + dy*dy; k != i && d < best {
				best, at = d, k
			}
		}
		if hue[m.Assets[at]] != hue[id] {
			t.Errorf("beside a %s image lies a %s one", hue[id], hue[m.Assets[at]])
		}
	}
	if n := h.balance(t); n != store.FirstGrant {
		t.Errorf("a map cost %d credits", store.FirstGrant-n)
	}
	// the next map takes its place, and its blob goes
	part := must[domain.Job](t)(s.Map(ctx, p.ID, domain.MapRequest{Filter: domain.Filter{States: []domain.State{domain.StateUnlabelled}}}))
	done(t, s, part)
	if m := must[domain.ImageMap](t)(s.ImageMap(ctx, p.ID)); m.ID != part.ID || m.Images != 30 {
		t.Errorf("the second map is %s of %d images", m.ID, m.Images)
	}
}

func TestMapStanding(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 10, 4)
	done(t, s, must[domain.Job](t)(s.Map(ctx, p.ID, domain.MapRequest{})))
	all := h.assets(t, p.ID)
	wrong := ofState(all, domain.StateLabelled)[2]
	h.give(t, p.ID, wrong, map[string]string{"red": "green", "green": "blue", "blue": "red"}[hueOf(wrong)])
	gone := ofState(all, domain.StateUnlabelled)[0]
	must[domain.Operation](t)(h.st.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{gone.ID}}, store.NewID(), ""))
	suggested(t, s, p.ID, ofState(all, domain.StateUnlabelled)[1:], func(got domain.Suggestions) bool { return got.Embedded == 29 })

	m := must[domain.ImageMap](t)(s.ImageMap(ctx, p.ID))
	plain := must[domain.MapStanding](t)(s.MapStanding(ctx, p.ID, false))
	if plain.Map != m.ID || len(plain.Label) != 30 || len(plain.Model) != 0 || len(plain.Classes) != 3 {
		t.Fatalf("%+v", plain)
	}
	judged := must[domain.MapStanding](t)(s.MapStanding(ctx, p.ID, true))
	if !slices.Equal(judged.Label, plain.Label) || len(judged.Model) != 30 || len(judged.Doubt) != 30 {
		t.Fatalf("%+v", judged)
	}
	names := map[string]string{}
	for _, c := range must[domain.Project](t)(h.st.Project(ctx, p.ID)).Classes {
		names[c.ID] = c.Name
	}
	byID := map[string]domain.Asset{}
	for _, a := range all {
		byID[a.ID] = a
	}
	for i, id := range m.Assets {
		a := byID[id]
		switch label := judged.Label[i]; {
		case id == gone.ID:
			if label != domain.MapGone {
				t.Errorf("the deleted image has label %d", label)
			}
			continue
		case a.Label.State == domain.StateUnlabelled:
			if label != domain.MapNone {
				t.Errorf("an image without a label has %d", label)
			}
		case id != wrong.ID && (label < 0 || names[judged.Classes[label]] != hueOf(a)):
			t.Errorf("a %s image has label %d", hueOf(a), label)
		}
		if c := judged.Model[i]; c < 0 || names[judged.Classes[c]] != hueOf(a) {
			t.Errorf("the head takes a %s image for %d", hueOf(a), c)
		}
		if d := judged.Doubt[i]; d < 0 || d > 1000 || (id == wrong.ID) != (d > 500) {
			t.Errorf("doubt %d of an image whose label is wrong: %v", d, id == wrong.ID)
		}
	}
}

// stuckMap is an engine whose Map goes on until it is cancelled.
type stuckMap struct{ *gated }

func (stuckMap) Map(ctx context.Context, _ cluster.Points, _ embedmap.Options, progress func(done, total int)) (*embedmap.Map, error) {
	progress(1, 2)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestMapIsRefusedAndCancelled(t *testing.T) {
	h := newHost(t)
	h.config.Engine = stuckMap{newGated(h.config.Engine, 100)}
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 4, 4)
	for _, n := range []int{-1, 1, 101} {
		_, err := s.Map(ctx, p.ID, domain.MapRequest{Neighbours: n})
		wantCode(t, err, domain.CodeInvalid)
	}
	_, err := s.Map(ctx, p.ID, domain.MapRequest{Filter: domain.Filter{Text: "no such image"}})
	wantCode(t, err, domain.CodeInvalid)
	_, err = s.Map(ctx, "nothing", domain.MapRequest{})
	wantCode(t, err, domain.CodeNotFound)
	j := must[domain.Job](t)(s.Map(ctx, p.ID, domain.MapRequest{}))
	until(t, s, j, func(j domain.Job) bool { return j.Phase == "map" && j.Done == 1 })
	must[domain.Job](t)(s.Cancel(ctx, j.ID))
	until(t, s, j, func(j domain.Job) bool { return j.State == domain.JobCancelled })
	_, err = s.ImageMap(ctx, p.ID)
	wantCode(t, err, domain.CodeNotFound)
}
