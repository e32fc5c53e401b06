package store_test

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestSetSplit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, other := project(t, s, domain.TaskSingle), project(t, s, domain.TaskSingle)
		images, foreign := addImages(t, s, p.ID, "a", "b", "c"), addImages(t, s, other.ID, "a")
		splits := map[string]string{images[0].ID: "train", images[1].ID: "val", foreign[0].ID: "test", "nothing": "test"}
		if n := must[int](t)(s.SetSplit(ctx, p.ID, splits)); n != 2 {
			t.Errorf("%d images changed, want 2", n)
		}
		if n := must[int](t)(s.SetSplit(ctx, p.ID, splits)); n != 0 {
			t.Errorf("the same again changed %d", n)
		}
		if n := must[int](t)(s.SetSplit(ctx, p.ID, map[string]string{images[1].ID: ""})); n != 1 {
			t.Errorf("taking one away changed %d", n)
		}
		for i, want := range []string{"train", "", ""} {
			if got := must[domain.Asset](t)(s.Asset(ctx, p.ID, images[i].ID)); got.Split != want || got.Label.Rev != 0 {
				t.Errorf("%s is in %q, want %q", got.Name, got.Split, want)
			}
		}
		if got := must[domain.Asset](t)(s.Asset(ctx, other.ID, foreign[0].ID)); got.Split != "" {
			t.Error("another project's image was changed")
		}
		many := map[string]string{}
		for range 1200 {
			many[store.NewID()] = "test"
		}
		many[images[2].ID] = "test"
		if n := must[int](t)(s.SetSplit(ctx, p.ID, many)); n != 1 {
			t.Errorf("of many %d changed", n)
		}
		_, err := s.SetSplit(ctx, p.ID, map[string]string{images[0].ID: "holdout"})
		wantCode(t, err, domain.CodeInvalid, "split")
		_, err = s.SetSplit(ctx, "nowhere", splits)
		wantCode(t, err, domain.CodeNotFound, "")
	})
}
