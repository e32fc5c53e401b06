package store_test

import (
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestWatchersSeeEveryWriteOfLabels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b")
		var got []store.LabelsMoved
		end := s.Watch(func(m store.LabelsMoved) { got = append(got, m) })
		_, before, err := s.LabelSeq(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		op := write(t, s, p.ID, set(human("cat"), a[0].ID, a[1].ID))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, op.ID))
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		addImages(t, s, p.ID, "c")
		if len(got) != 4 {
			t.Fatalf("told of %d writes: %+v", len(got), got)
		}
		for i, m := range got {
			ids := slices.Sorted(slices.Values(m.Assets))
			want := slices.Sorted(slices.Values([]string{a[0].ID, a[1].ID}))
			if i == 3 {
				want = nil
			}
			if m.Project != p.ID || m.From != before+int64(i) || m.To != m.From+1 || !slices.Equal(ids, want) {
				t.Errorf("write %d: %+v", i, m)
			}
		}
		if _, now, err := s.LabelSeq(ctx, p.ID); err != nil || now != got[3].To {
			t.Errorf("the sequence is %d, %v", now, err)
		}
		end()
		write(t, s, p.ID, set(human("dog"), a[0].ID))
		if len(got) != 4 {
			t.Error("told after the end")
		}
	})
}

func TestImagesWithoutAnEmbedding(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		if err := s.PutEmbeddings(ctx, "net", map[string][]float32{a[1].SHA256: {1}}); err != nil {
			t.Fatal(err)
		}
		first, last, err := s.Unembedded(ctx, p.ID, "net", 0, 2)
		if err != nil || names(first) != "a c" {
			t.Errorf("first %q, %v", names(first), err)
		}
		rest, last, err := s.Unembedded(ctx, p.ID, "net", last, 2)
		if err != nil || names(rest) != "d" {
			t.Errorf("then %q, %v", names(rest), err)
		}
		if none, same, err := s.Unembedded(ctx, p.ID, "net", last, 2); err != nil || len(none) != 0 || same != last {
			t.Errorf("at the end %q, %d, %v", names(none), same, err)
		}
		for backbone, want := range map[string]int{"net": 1, "other": 0} {
			if n, err := s.CountEmbedded(ctx, p.ID, backbone); err != nil || n != want {
				t.Errorf("%d are embedded by %s, %v", n, backbone, err)
			}
		}
	})
}
