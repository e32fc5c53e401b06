package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func later() time.Time { return time.Now().Add(time.Hour) }

func TestDeletionsAreUndone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		assets := addImages(t, s, p.ID, "a", "b", "c")
		write(t, s, p.ID, set(human("cat"), assets[0].ID, assets[1].ID))
		cats := domain.Filter{Classes: []string{"cat"}}
		op := must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, cats, "op1", "ann"))
		if again := must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{}, "op1", "ann")); op.Changed != 2 || again.Changed != 2 {
			t.Errorf("deleted %d, and by the same operation %d", op.Changed, again.Changed)
		}
		left := func(want int) {
			t.Helper()
			if c := exactCounts(t, s, p.ID); c.Assets != want || c.Labelled != want-1 {
				t.Errorf("counts %+v, want %d images", c, want)
			}
			if n := must[int](t)(s.CountAssets(ctx, p.ID, cats)); n != want-1 {
				t.Errorf("%d cats", n)
			}
		}
		left(1)
		if tr := must[domain.Trash](t)(s.Trash(ctx, p.ID)); tr.Images != 2 || tr.Bytes == 0 {
			t.Errorf("trash %+v", tr)
		}
		for range 2 {
			if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, "")); op.Changed != 2 || !op.Undone || op.Kind != "delete" {
				t.Errorf("undone %+v", op)
			}
			left(3)
			if got := says(t, s, p.ID, assets[1].ID); got != "labelled cat" {
				t.Errorf("b came back as %q", got)
			}
			if op := must[domain.Operation](t)(s.Redo(ctx, p.ID)); op.Changed != 2 || op.Undone {
				t.Errorf("redone %+v", op)
			}
			left(1)
		}
		addImages(t, s, p.ID, "a") // the same bytes: the old one cannot come back beside it
		if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, "op1")); op.Changed != 1 || op.Skipped != 1 {
			t.Errorf("undone %+v", op)
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, "")) // the labels, of b and of the a in the trash
		if got := says(t, s, p.ID, assets[1].ID); got != "unlabelled" {
			t.Errorf("b is %q", got)
		}
	})
}

func TestWhatIsGoneForGoodIsNotUndone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		addImages(t, s, p.ID, "a", "b")
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{Text: "a"}, "", ""))
		if n, _, err := s.EmptyTrash(ctx, p.ID, time.Now().Add(-time.Hour)); n != 0 || err != nil {
			t.Errorf("removed %d that was not old, %v", n, err)
		}
		if n, _, err := s.EmptyTrash(ctx, p.ID, later()); n != 1 || err != nil {
			t.Errorf("removed %d, %v", n, err)
		}
		_, err := s.Undo(ctx, p.ID, "")
		wantCode(t, err, domain.CodeNotFound, "")
	})
}

// TestWritesTellHowFarTheyAre cancels a write in its middle: nothing of it may stay.
func TestWritesTellHowFarTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		var names, ids []string
		for i := range 1500 {
			names = append(names, string(rune('a'+i%26))+time.Duration(i).String())
		}
		for _, a := range addImages(t, s, p.ID, names...) {
			ids = append(ids, a.ID)
		}
		told, all := 0, 0
		ok(t, tell(s, p.ID, ids, context.Background(), func(_ context.CancelFunc, done, total int) { told, all = told+1, total }))
		if told < 8 || all < told {
			t.Errorf("told %d times of %d", told, all)
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		err := tell(s, p.ID, ids, context.Background(), func(stop context.CancelFunc, done, _ int) {
			if done == all/2 {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled write ends with %v", err)
		}
		if c := exactCounts(t, s, p.ID); c.Labelled != 0 {
			t.Errorf("%d labels stay of a cancelled write", c.Labelled)
		}
		if _, err := s.Redo(ctx, p.ID); err != nil {
			t.Errorf("a cancelled write takes the redo away: %v", err)
		}
	})
}

func tell(s *store.Store, project string, ids []string, ctx context.Context, f func(stop context.CancelFunc, done, total int)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ctx = store.WithProgress(ctx, func(done, total int) { f(stop, done, total) })
	_, err := s.WriteLabels(ctx, project, set(human("cat"), ids...))
	return err
}
