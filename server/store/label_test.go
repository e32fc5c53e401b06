package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestWriteLabels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskMulti)
		a := addImages(t, s, p.ID, "a", "b", "c")
		w := set(human("cat", "owl", "cat"), a[0].ID, a[1].ID)
		w.Changes[1].Label.Actor = "bob"
		op := write(t, s, p.ID, w)
		if op.Changed != 2 || op.Kind != "label" || op.Undone || len(op.Assets) != 2 || op.Assets[1].ID != a[1].ID {
			t.Errorf("wrote %+v", op)
		}
		l := op.Assets[0].Label
		if short(l) != "labelled cat owl" || l.Rev != 1 || l.Actor != "ann" || l.UpdatedAt.IsZero() || op.Assets[1].Label.Actor != "bob" {
			t.Errorf("labels %+v, %+v", l, op.Assets[1].Label)
		}
		if op := write(t, s, p.ID, set(human("cat", "owl"), a[0].ID)); op.Changed != 0 {
			t.Errorf("the same label was written again: %+v", op)
		}
		twice := set(human("dog"), a[2].ID)
		twice.Changes = append(twice.Changes, set(guess("owl", 0.5), a[2].ID).Changes...)
		if op := write(t, s, p.ID, twice); op.Changed != 1 || short(op.Assets[0].Label) != "auto owl" || op.Assets[0].Label.ModelID != "m1" {
			t.Errorf("two changes of one asset: %+v", op)
		}
		if got := names(must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: domain.Filter{Classes: []string{"dog"}}})).Items); got != "" {
			t.Errorf("%q are listed under a class that they never had", got)
		}
		write(t, s, p.ID, set(domain.Label{State: domain.StateUnlabelled, Classes: human("cat").Classes, Confidence: 1}, a[2].ID))
		if c := exactCounts(t, s, p.ID); c.Labelled != 2 || c.ByClass["cat"] != 2 || c.ByClass["owl"] != 2 || c.Auto != 0 || c.Unlabelled != 1 {
			t.Errorf("counts %+v", c)
		}
		if got := says(t, s, p.ID, a[2].ID); got != "unlabelled" {
			t.Errorf("cleared label is %q", got)
		}
	})
}

func TestBoxes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskBoxes)
		a := addImages(t, s, p.ID, "a")
		box := domain.Box{ClassID: "cat", X: 1.5, Y: 2, W: 3.25, H: 4}
		write(t, s, p.ID, set(domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: []domain.Box{box, {ClassID: "cat", W: 1, H: 1}}}, a[0].ID))
		if got := says(t, s, p.ID, a[0].ID); got != "labelled cat@1.5,2,3.25,4 cat@0,0,1,1" {
			t.Errorf("boxes %q", got)
		}
		if c := exactCounts(t, s, p.ID); c.ByClass["cat"] != 1 {
			t.Errorf("two boxes of a class in one image count %d", c.ByClass["cat"])
		}
		for _, bad := range []domain.Box{
			{ClassID: "cat"},
			{ClassID: "cat", W: -1, H: 1},
			{ClassID: "wolf", W: 1, H: 1},
			{ClassID: "cat", X: math.NaN(), W: 1, H: 1},
			{ClassID: "cat", X: 39, W: 2, H: 1},
			{ClassID: "cat", Y: 29.5, W: 1, H: 1},
			{ClassID: "cat", X: -1, W: 2, H: 1},
		} {
			_, err := s.WriteLabels(ctx, p.ID, set(domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: []domain.Box{box, bad}}, a[0].ID))
			wantCode(t, err, domain.CodeInvalid, "changes[0].boxes[1]")
		}
	})
}

// Boxes are undone, counted and filtered by as classes are.
func TestBoxesThroughUndoAndFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskBoxes)
		a := addImages(t, s, p.ID, "a", "b")
		boxed := func(boxes ...domain.Box) domain.Label {
			return domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: boxes}
		}
		cat, dog := domain.Box{ClassID: "cat", X: 1, Y: 2, W: 3, H: 4}, domain.Box{ClassID: "dog", X: 5, Y: 6, W: 7.5, H: 8.25}
		write(t, s, p.ID, set(boxed(cat), a[0].ID))
		write(t, s, p.ID, set(boxed(cat, dog), a[0].ID))
		write(t, s, p.ID, set(boxed(), a[1].ID))
		having := func(class string) int {
			return must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: domain.Filter{Classes: []string{class}}})).Total
		}
		if having("cat") != 1 || having("dog") != 1 || having("owl") != 0 {
			t.Errorf("by class: %d cats, %d dogs, %d owls", having("cat"), having("dog"), having("owl"))
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, "")) // nothing is there, of b
		must[domain.Operation](t)(s.Undo(ctx, p.ID, "")) // the dog of a
		if got := says(t, s, p.ID, a[0].ID); got != "labelled cat@1,2,3,4" {
			t.Errorf("after undo %q", got)
		}
		if c := exactCounts(t, s, p.ID); having("dog") != 0 || c.ByClass["dog"] != 0 || c.ByClass["cat"] != 1 || c.Labelled != 1 {
			t.Errorf("after undo %d dogs, counts %+v", having("dog"), c)
		}
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		if got := says(t, s, p.ID, a[0].ID); got != "labelled cat@1,2,3,4 dog@5,6,7.5,8.25" || having("dog") != 1 {
			t.Errorf("after redo %q, %d dogs", got, having("dog"))
		}
	})
}

func TestWriteLabelsRefusesAllOrNothing(t *testing.T) {
	s := storetest.SQLite(t)
	p := project(t, s, domain.TaskSingle)
	a := addImages(t, s, p.ID, "a", "b")
	tooSure := guess("cat", 1.5)
	noSource := human("cat")
	noSource.Source = "dream"
	for what, label := range map[string]domain.Label{
		"an unknown class":     human("wolf"),
		"two classes":          human("cat", "dog"),
		"boxes":                {State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: []domain.Box{{ClassID: "cat", W: 1, H: 1}}},
		"a confidence of 1.5":  tooSure,
		"a confidence of NaN":  guess("cat", math.NaN()),
		"an unknown state":     {State: "lost"},
		"an unknown source":    noSource,
		"a label of no source": {State: domain.StateLabelled},
	} {
		w := set(human("cat"), a[0].ID)
		w.Changes = append(w.Changes, set(label, a[1].ID).Changes...)
		_, err := s.WriteLabels(ctx, p.ID, w)
		if err == nil {
			t.Errorf("%s: taken", what)
			continue
		}
		wantCode(t, err, domain.CodeInvalid, "changes[1]")
	}
	_, err := s.WriteLabels(ctx, p.ID, set(human("cat"), a[0].ID, "nobody"))
	wantCode(t, err, domain.CodeNotFound, "changes[1]")
	w := set(human("cat"), a[0].ID)
	w.Kind = "magic"
	_, err = s.WriteLabels(ctx, p.ID, w)
	wantCode(t, err, domain.CodeInvalid, "kind")
	_, err = s.WriteLabels(ctx, "nobody", set(human("cat"), a[0].ID))
	wantCode(t, err, domain.CodeNotFound, "")
	other := project(t, s, domain.TaskSingle)
	_, err = s.WriteLabels(ctx, other.ID, set(human("cat"), a[0].ID))
	wantCode(t, err, domain.CodeNotFound, "changes[0]")
	if c := exactCounts(t, s, p.ID); c.Labelled != 0 {
		t.Errorf("%d labels were written", c.Labelled)
	}
}

func TestConflicts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b")
		write(t, s, p.ID, set(human("cat"), a[0].ID))
		seen := int64(0)
		w := set(guess("dog", 0.8), a[0].ID, a[1].ID)
		for i := range w.Changes {
			w.Changes[i].IfRev = &seen
		}
		_, err := s.WriteLabels(ctx, p.ID, w)
		wantCode(t, err, domain.CodeConflict, "changes[0]")
		if got := says(t, s, p.ID, a[1].ID); got != "unlabelled" {
			t.Errorf("the other change of a refused write was kept: %q", got)
		}
		w.SkipConflicts = true
		w.Changes = append(w.Changes, set(guess("dog", 1), "deleted meanwhile").Changes...)
		if op := write(t, s, p.ID, w); op.Changed != 1 || op.Skipped != 2 {
			t.Errorf("wrote %+v", op)
		}
		if got := says(t, s, p.ID, a[0].ID) + ", " + says(t, s, p.ID, a[1].ID); got != "labelled cat, auto dog" {
			t.Errorf("labels %q", got)
		}
	})
}

func TestReplayedWritesChangeNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b")
		w := set(human("cat"), a[0].ID, a[1].ID)
		w.OpID = "op-1"
		first := write(t, s, p.ID, w)
		write(t, s, p.ID, set(human("dog"), a[0].ID))
		again := write(t, s, p.ID, w)
		if again.ID != first.ID || again.Changed != 2 || !again.At.Equal(first.At) || len(again.Assets) != 2 {
			t.Errorf("replayed %+v, first %+v", again, first)
		}
		if got := says(t, s, p.ID, a[0].ID); got != "labelled dog" {
			t.Errorf("the replay wrote %q", got)
		}
		// A write that changed nothing is not applied later either.
		w = set(human("dog"), a[0].ID)
		w.OpID = "op-2"
		write(t, s, p.ID, w)
		write(t, s, p.ID, set(human("owl"), a[0].ID))
		if op := write(t, s, p.ID, w); op.Changed != 0 {
			t.Errorf("replayed %+v", op)
		}
		if got := says(t, s, p.ID, a[0].ID); got != "labelled owl" {
			t.Errorf("the replay wrote %q", got)
		}
		if ops := must[[]domain.Operation](t)(s.Operations(ctx, p.ID, 0)); len(ops) != 3 || ops[2].ID != "op-1" {
			t.Errorf("operations %+v", ops)
		}
		other := project(t, s, domain.TaskSingle)
		b := addImages(t, s, other.ID, "a")
		w = set(human("cat"), b[0].ID)
		w.OpID = "op-1"
		_, err := s.WriteLabels(ctx, other.ID, w)
		wantCode(t, err, domain.CodeConflict, "op")
	})
}

// TestCountsStayExact writes, undoes, redoes and deletes at random, from several goroutines on two stores over one database.
func TestCountsStayExact(t *testing.T) {
	run := func(t *testing.T, one, two *store.Store) {
		p := project(t, one, domain.TaskMulti)
		var all []string
		for i := range 30 {
			all = append(all, addImages(t, one, p.ID, fmt.Sprint("start", i))[0].ID)
		}
		var wg sync.WaitGroup
		for g := range 4 {
			s := []*store.Store{one, two}[g%2]
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(g), 7))
				for step := range 25 {
					if err := randomStep(s, p.ID, all, r, fmt.Sprintf("%d/%d", g, step)); err != nil {
						t.Errorf("goroutine %d, step %d: %v", g, step, err)
						return
					}
				}
			})
		}
		wg.Wait()
		c := exactCounts(t, one, p.ID)
		if c.Assets != c.Unlabelled+c.Labelled+c.Auto+c.Skipped {
			t.Errorf("counts do not add up: %+v", c)
		}
		t.Logf("in the end %+v", c)
		for { // and back to where it began, as far as nothing was deleted
			if _, err := one.Undo(ctx, p.ID, ""); err != nil {
				wantCode(t, err, domain.CodeNotFound, "")
				break
			}
		}
		exactCounts(t, two, p.ID)
	}
	t.Run("sqlite", func(t *testing.T) {
		path := t.TempDir() + "/irum.db"
		run(t, storetest.OpenSQLite(t, path), storetest.OpenSQLite(t, path))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		run(t, storetest.OpenPostgresAt(t, dsn), storetest.OpenPostgresAt(t, dsn))
	})
}

func randomStep(s *store.Store, project string, ids []string, r *rand.Rand, unique string) error {
	some := func() (out []string) {
		for range 1 + r.IntN(6) {
			out = append(out, ids[r.IntN(len(ids))])
		}
		return out
	}
	class := []string{"cat", "dog", "owl"}[r.IntN(3)]
	w := store.LabelWrite{}
	switch r.IntN(9) {
	case 0, 1:
		w = set(human(class), some()...)
	case 2:
		w = set(human("cat", "owl"), some()...)
	case 3:
		w = set(guess(class, r.Float64()), some()...)
	case 4:
		w = set(domain.Label{State: domain.StateSkipped}, some()...)
	case 5:
		_, err := s.Undo(ctx, project, "")
		return missingIsFine(err)
	case 6:
		_, err := s.Redo(ctx, project)
		return missingIsFine(err)
	case 7:
		a := image(unique)
		a.Label = human(class)
		_, err := s.AddAssets(ctx, project, []domain.Asset{a, image(strings.ToUpper(class))}, store.LabelWrite{Kind: "import"})
		return err
	default:
		if r.IntN(4) > 0 {
			return nil
		}
		_, err := s.DeleteAssets(ctx, project, domain.Filter{IDs: some()[:1]}, "", "")
		return err
	}
	w.SkipConflicts = true
	_, err := s.WriteLabels(ctx, project, w)
	return err
}

func TestNobodyAppendsToWhatAnotherDid(t *testing.T) {
	s := storetest.SQLite(t)
	p := project(t, s, domain.TaskSingle)
	assets := addImages(t, s, p.ID, "a", "b", "c")
	w := set(human("cat"), assets[0].ID)
	w.OpID = "stroke"
	write(t, s, p.ID, w)
	w.Append, w.Changes[0].AssetID = true, assets[1].ID
	if op := write(t, s, p.ID, w); op.Changed != 2 {
		t.Errorf("after the second image the operation is %+v", op)
	}
	w.Actor, w.Changes[0].AssetID = "bob", assets[2].ID
	_, err := s.WriteLabels(ctx, p.ID, w)
	wantCode(t, err, domain.CodeConflict, "op")
	if op := must[domain.Operation](t)(s.Undo(ctx, p.ID, "")); op.Changed != 2 {
		t.Errorf("one undo takes back %+v", op)
	}
}

func missingIsFine(err error) error {
	if err != nil && domain.AsProblem(err).Code == domain.CodeNotFound {
		return nil
	}
	return err
}
