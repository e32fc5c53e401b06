package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestUndoAndRedo goes through scripts over the assets a, b and c: "ann: a cat" writes, "undo", "redo" and "undo 1" (the
// operation of the first line) turn, "= ..." tells what the labels must be now.
func TestUndoAndRedo(t *testing.T) {
	scripts := map[string]string{
		"back to the beginning and forth": `
			write a cat
			write a dog
			write b owl
			= dog owl -
			undo 1 0
			= dog - -
			undo 1 0
			= cat - -
			undo 1 0
			= - - -
			undo none
			redo 1 0
			= cat - -
			redo 1 0
			redo 1 0
			= dog owl -
			redo none`,
		"a new write leaves no redo": `
			write a cat
			undo 1 0
			write b dog
			redo none
			= - dog -
			undo 1 0
			redo 1 0
			= - dog -`,
		"a write that changes nothing keeps the redo": `
			write b dog
			write a cat
			undo 1 0
			write b dog
			redo 1 0
			= cat dog -`,
		"an earlier one out of its turn": `
			write ab cat
			write bc dog
			undo#0 1 1
			= - dog dog
			redo 1 1
			= cat dog dog
			undo 2 0
			= cat cat -
			undo 2 0
			= - - -`,
		"what others changed since stays": `
			write abc cat
			write b dog
			undo#0 2 1
			= - dog -
			undo#0 0 0
			= - dog -
			redo 2 1
			= cat dog cat`,
		"undo of undo by writing the same again": `
			write a cat
			undo 1 0
			write a cat
			undo 1 0
			= - - -
			redo 1 0
			= cat - -`,
		"the redo of what was changed in between": `
			write ab cat
			undo 2 0
			redo 2 0
			write a dog
			undo#0 1 1
			= dog - -
			undo 1 0
			= cat - -`,
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, script := range scripts {
			t.Run(name, func(t *testing.T) { play(t, s, script) })
		}
	})
}

func play(t *testing.T, s *store.Store, script string) {
	p := project(t, s, domain.TaskSingle)
	assets := addImages(t, s, p.ID, "a", "b", "c")
	var ops []string
	for line := range strings.Lines(strings.TrimSpace(script)) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		switch words[0] {
		case "write":
			var ids []string
			for _, letter := range words[1] {
				ids = append(ids, assets[letter-'a'].ID)
			}
			ops = append(ops, write(t, s, p.ID, set(human(words[2]), ids...)).ID)
		case "undo", "redo", "undo#0":
			turn := func() (domain.Operation, error) { return s.Undo(ctx, p.ID, "") }
			if words[0] == "redo" {
				turn = func() (domain.Operation, error) { return s.Redo(ctx, p.ID) }
			} else if words[0] == "undo#0" {
				turn = func() (domain.Operation, error) { return s.Undo(ctx, p.ID, ops[0]) }
			}
			op, err := turn()
			if words[1] == "none" {
				wantCode(t, err, domain.CodeNotFound, "")
				continue
			}
			ok(t, err)
			if op.Changed != int(words[1][0]-'0') || op.Skipped != int(words[2][0]-'0') || op.Undone != (words[0] != "redo") {
				t.Fatalf("%s: got %+v", line, op)
			}
			if len(op.Assets) > 0 && op.Assets[0].Label.Rev < 2 {
				t.Fatalf("%s: a label went back to an old rev: %+v", line, op.Assets[0])
			}
		case "=":
			for i, want := range words[1:] {
				want = strings.ReplaceAll("labelled "+want, "labelled -", "unlabelled")
				if got := says(t, s, p.ID, assets[i].ID); got != want {
					t.Fatalf("%s: %s is %q, want %q", line, assets[i].Name, got, want)
				}
			}
		}
		exactCounts(t, s, p.ID)
	}
}

func TestUndoSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "irum.db")
	var p domain.Project
	var ids []string
	t.Run("before", func(t *testing.T) {
		s := storetest.OpenSQLite(t, path)
		p = project(t, s, domain.TaskSingle)
		for _, a := range addImages(t, s, p.ID, "a", "b") {
			ids = append(ids, a.ID)
		}
		write(t, s, p.ID, set(human("cat"), ids...))
		write(t, s, p.ID, set(human("dog"), ids...))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
	})
	t.Run("after", func(t *testing.T) {
		s := storetest.OpenSQLite(t, path)
		if got := says(t, s, p.ID, ids[0]); got != "labelled cat" {
			t.Errorf("label %q", got)
		}
		must[domain.Operation](t)(s.Redo(ctx, p.ID))
		if got := says(t, s, p.ID, ids[1]); got != "labelled dog" {
			t.Errorf("redone label %q", got)
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if got := says(t, s, p.ID, ids[1]); got != "unlabelled" {
			t.Errorf("undone label %q", got)
		}
		if ops := must[[]domain.Operation](t)(s.Operations(ctx, p.ID, 10)); len(ops) != 2 || !ops[0].Undone || !ops[1].Undone {
			t.Errorf("operations %+v", ops)
		}
	})
}

func TestUndoNamesWhatIsMissing(t *testing.T) {
	s := storetest.SQLite(t)
	p := project(t, s, domain.TaskSingle)
	for _, op := range []string{"", "nobody"} {
		_, err := s.Undo(ctx, p.ID, op)
		wantCode(t, err, domain.CodeNotFound, "")
	}
	_, err := s.Undo(ctx, "nobody", "")
	wantCode(t, err, domain.CodeNotFound, "")
	_, err = s.Operations(ctx, p.ID, -1)
	wantCode(t, err, domain.CodeInvalid, "limit")
}

// TestUndoOfOnesOwn wants everybody to take back their own work alone, and only their own writes to end what they can redo.
func TestUndoOfOnesOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "one", "two", "three")
		by := func(actor string, w store.LabelWrite) domain.Operation {
			w.Actor = actor
			return write(t, s, p.ID, w)
		}
		by("ann", set(human("cat"), a[0].ID))
		bob := by("bob", set(human("dog"), a[1].ID))
		_, err := s.UndoOf(ctx, p.ID, bob.ID, "ann")
		wantCode(t, err, domain.CodeForbidden, "op")
		undone := must[domain.Operation](t)(s.UndoOf(domain.WithActor(ctx, domain.Actor{ID: "ann"}), p.ID, "", "ann"))
		if len(undone.Assets) != 1 || undone.Assets[0].ID != a[0].ID {
			t.Errorf("ann took back %+v, not her own label", undone.Assets)
		}
		by("bob", set(human("owl"), a[2].ID))
		if got := must[domain.Operation](t)(s.RedoOf(ctx, p.ID, "ann")); got.Changed != 1 || says(t, s, p.ID, a[0].ID) != "labelled cat" {
			t.Errorf("ann's redo changed %d, the label says %s", got.Changed, says(t, s, p.ID, a[0].ID))
		}
		_, err = s.RedoOf(ctx, p.ID, "bob")
		wantCode(t, err, domain.CodeNotFound, "")
		must[domain.Operation](t)(s.UndoOf(ctx, p.ID, bob.ID, ""))
		if got := says(t, s, p.ID, a[1].ID); got != "unlabelled" {
			t.Errorf("a reviewer's undo left %s", got)
		}
	})
}
