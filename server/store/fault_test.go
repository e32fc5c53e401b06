package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// faultStride is which of the writes are made to fail in daily work: every so manieth. With IRUM_FAULTS=all it is each.
const faultStride = 13

// TestEveryDiskErrorKeepsWhatWasAcknowledged makes each write, sync, truncation and deletion of SQLite's files fail in turn,
// alone and with all after it, while labels are written, undone and images added, and looks after opening the file anew whether
// all that was acknowledged is there, what was refused is there whole or not at all, and counts are those of a recount.
func TestEveryDiskErrorKeepsWhatWasAcknowledged(t *testing.T) {
	registerFaults(t)
	f := newFaultRun(t)
	strides := map[string]int{"write": faultStride, "sync": 1, "truncate": 1, "delete": 1}
	if os.Getenv("IRUM_FAULTS") == "all" {
		strides["write"] = 1
	}
	failed := map[string]int{}
	for kind, stride := range strides {
		for _, dies := range []bool{false, true} {
			for at := 1; ; at += stride {
				code := int32(sqlite3.SQLITE_FULL)
				if at%2 == 0 {
					code = sqlite3.SQLITE_IOERR_WRITE
				}
				if !f.run(t, kind, at, dies, code) {
					break
				}
				failed[kind]++
				if t.Failed() {
					t.Fatalf("%s %d, dies %v, code %d", kind, at, dies, code)
				}
			}
		}
	}
	t.Logf("steps that failed: %v; %d writes acknowledged, %d refused", failed, f.acknowledged, f.refused)
	if failed["write"] == 0 || failed["sync"] == 0 || failed["truncate"] == 0 || f.refused == 0 || f.acknowledged == 0 {
		t.Error("not every kind of step was made to fail")
	}
}

// faultRun is a database file with a project, of which every run works on a copy.
type faultRun struct {
	base                  []byte
	project               string
	assets                []string
	acknowledged, refused int
}

func newFaultRun(t *testing.T) *faultRun {
	f := &faultRun{}
	path := filepath.Join(t.TempDir(), "base.db")
	t.Run("base", func(t *testing.T) {
		s := storetest.OpenSQLite(t, path)
		f.project = project(t, s, domain.TaskSingle).ID
		for _, a := range addImages(t, s, f.project, "1", "2", "3", "4") {
			f.assets = append(f.assets, a.ID)
		}
	})
	f.base = must[[]byte](t)(os.ReadFile(path)) // closing put the log back into the file
	return f
}

// run lets a step fail, the one of number at of its kind, and tells whether there are so many.
func (f *faultRun) run(t *testing.T, kind string, at int, dies bool, code int32) bool {
	path := filepath.Join(t.TempDir(), "irum.db")
	ok(t, os.WriteFile(path, f.base, 0o600))
	db := must[*sql.DB](t)(sql.Open("sqlite", store.SQLiteDSN(path)+"&vfs="+faultVFS))
	begin(kind, at, dies, code)
	said := f.work(t, db)
	failed := disarm() != ""
	ok(t, db.Close())
	s := must[*sql.DB](t)(sql.Open("sqlite", store.SQLiteDSN(path)))
	defer func() { ok(t, s.Close()) }()
	f.check(t, must[*store.Store](t)(store.Open(ctx, s, store.SQLite)), said)
	return failed
}

// faultSaid is what the store answered: labels and images that it acknowledged, and those that it refused.
type faultSaid struct {
	class     map[string]string // by asset
	maybe     map[string]string // by asset: what the last write that was refused would have made of it
	images    []string          // names
	maybeMore []string
}

// work writes until all is done or nothing works any more.
func (f *faultRun) work(t *testing.T, db *sql.DB) faultSaid {
	said := faultSaid{class: map[string]string{}, maybe: map[string]string{}}
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		return said
	}
	note := func(err error) bool {
		var p *domain.Problem
		if errors.As(err, &p) {
			t.Errorf("a disk error is told as %s: %v", p.Code, err)
		}
		if err == nil {
			f.acknowledged++
		} else {
			f.refused++
		}
		return err == nil
	}
	var last string
	for i := range 4 {
		class, assets := []string{"cat", "dog"}[i%2], f.assets[:2+i%2]
		op, err := s.WriteLabels(ctx, f.project, set(human(class), assets...))
		for _, a := range assets {
			if note(err) {
				said.class[a] = class
				if op.Changed > 0 { // else it was so already
					last = op.ID
				}
				delete(said.maybe, a)
			} else {
				said.maybe[a] = class
			}
		}
		name := fmt.Sprint("new ", i, strings.Repeat(" long", 300)) // so that pages fill
		if _, err := s.AddAssets(ctx, f.project, []domain.Asset{image(name)}, store.LabelWrite{}); note(err) {
			said.images = append(said.images, name)
		} else {
			said.maybeMore = append(said.maybeMore, name)
		}
		if i == 1 {
			_, _ = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		}
	}
	if last != "" && len(said.maybe) == 0 {
		if op, err := s.Undo(ctx, f.project, last); note(err) {
			for _, a := range op.Assets {
				said.class[a.ID] = classOfLabel(a.Label)
			}
		} else {
			for _, a := range f.assets[:3] {
				said.maybe[a] = "?" // back to what it was before
			}
		}
	}
	return said
}

func classOfLabel(l domain.Label) string {
	if len(l.Classes) == 0 {
		return ""
	}
	return l.Classes[0].ClassID
}

func (f *faultRun) check(t *testing.T, s *store.Store, said faultSaid) {
	exactCounts(t, s, f.project)
	names := map[string]bool{}
	now := map[string]string{}
	ok(t, s.EachAsset(ctx, f.project, store.Query{}, func(part []domain.Asset) error {
		for _, a := range part {
			names[a.Name], now[a.ID] = true, classOfLabel(a.Label)
		}
		return nil
	}))
	for _, a := range f.assets {
		maybe, open := said.maybe[a]
		if now[a] != said.class[a] && !(open && (now[a] == maybe || maybe == "?")) {
			t.Errorf("asset %s was acknowledged as %q and is %q", a, said.class[a], now[a])
		}
	}
	for _, name := range said.images {
		if !names[name] {
			t.Errorf("the image %q was acknowledged and is gone", name)
		}
	}
	if len(names) > len(f.assets)+len(said.images)+len(said.maybeMore) {
		t.Errorf("there are %d images", len(names))
	}
	// What is there works on.
	ok(t, func() error {
		_, err := s.WriteLabels(ctx, f.project, set(human("owl"), f.assets...))
		return err
	}())
	exactCounts(t, s, f.project)
}

// TestFullDatabase lets the file grow by some pages only: writes are refused whole, and go on once there is room again.
func TestFullDatabase(t *testing.T) {
	f := newFaultRun(t)
	refused := 0
	for more := range 24 {
		path := filepath.Join(t.TempDir(), "irum.db")
		ok(t, os.WriteFile(path, f.base, 0o600))
		pages := len(f.base)/4096 + more
		db := must[*sql.DB](t)(sql.Open("sqlite", store.SQLiteDSN(path)+fmt.Sprintf("&_pragma=max_page_count(%d)", pages)))
		before := f.refused
		said := f.work(t, db)
		refused += f.refused - before
		ok(t, db.Close())
		f.check(t, storetest.OpenSQLite(t, path), said)
	}
	if refused == 0 {
		t.Error("nothing was refused: the file had room")
	}
	t.Logf("%d writes were refused", refused)
}
