package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// crashFile names the environment variable that makes this test binary a writer on a database file, to be killed.
const crashFile = "IRUM_CRASH_FILE"

const crashRounds = 20

// TestAcknowledgedLabelsSurviveKill lets a process write labels, undo and import, kills it at a random moment, and looks
// whether all that it was told is kept is there, nothing is half done, and counts are what a recount gives; twenty times over one file.
func TestAcknowledgedLabelsSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "irum.db")
	said := map[string]string{} // by asset: class and rev that were acknowledged last
	var project string
	t.Run("begin", func(t *testing.T) { project = beginCrash(t, path) })
	r := rand.New(rand.NewPCG(3, 4))
	lines := 0
	for range crashRounds {
		lines += killWriter(t, path, time.Duration(2+r.IntN(60))*time.Millisecond, said)
		t.Run("reopen", func(t *testing.T) { afterCrash(t, path, project, said) })
	}
	t.Logf("%d acknowledged writes over %d kills", lines, crashRounds)
	if lines < crashRounds {
		t.Errorf("only %d writes were acknowledged: the kills come too early to show anything", lines)
	}
}

func beginCrash(t *testing.T, path string) string {
	s := storetest.OpenSQLite(t, path)
	p := project(t, s, domain.TaskSingle)
	for i := range 40 {
		addImages(t, s, p.ID, fmt.Sprint(i))
	}
	return p.ID
}

// killWriter runs the writer until after has passed since its first word, and notes what it said.
func killWriter(t *testing.T, path string, after time.Duration, said map[string]string) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	lines := 0
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		if lines == 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		var asset, label string
		if n, _ := fmt.Sscanf(scan.Text(), "kept %s %s .", &asset, &label); n == 2 {
			said[asset] = label
			lines++
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	return lines
}

func afterCrash(t *testing.T, path, project string, said map[string]string) {
	s := storetest.OpenSQLite(t, path)
	c := exactCounts(t, s, project)
	if c.Labelled+c.Unlabelled != c.Assets {
		t.Errorf("counts %+v", c)
	}
	ids := map[string]domain.Asset{}
	ok(t, s.EachAsset(ctx, project, store.Query{}, func(part []domain.Asset) error {
		for _, a := range part {
			ids[a.ID] = a
		}
		return nil
	}))
	for id, want := range said {
		a, there := ids[id]
		var rev int64
		var class string
		if _, err := fmt.Sscanf(want, "%d:%s", &rev, &class); err != nil {
			t.Fatal(err)
		}
		// The write that was under way when the kill came may be there or not.
		if !there || a.Label.Rev < rev || (a.Label.Rev == rev && a.Label.Classes[0].ClassID != class) || a.Label.Rev > rev+1 {
			t.Errorf("%s was acknowledged as %s and is %+v", id, want, a.Label)
		}
		said[id] = fmt.Sprintf("%d:%s", a.Label.Rev, a.Label.Classes[0].ClassID)
	}
}

// writeUntilKilled is the writer's side: one line for every write that it was told is kept.
func writeUntilKilled(path string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx := context.Background()
	db, err := sql.Open("sqlite", store.SQLiteDSN(path))
	if err != nil {
		fail(err)
	}
	s, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		fail(err)
	}
	projects, err := s.Projects(ctx)
	if err != nil {
		fail(err)
	}
	p := projects[0].ID
	ids, err := s.AssetIDs(ctx, p, domain.Filter{}, "")
	if err != nil {
		fail(err)
	}
	for i := 0; ; i++ {
		class := []string{"cat", "dog", "owl"}[i%3]
		asset := ids[rand.IntN(40)]
		op, err := s.WriteLabels(ctx, p, set(human(class), asset))
		if err != nil {
			fail(err)
		}
		if op.Changed == 1 {
			fmt.Printf("kept %s %d:%s .\n", asset, op.Assets[0].Label.Rev, class)
		}
		if i%5 == 4 {
			a := image(store.NewID())
			a.Label = human("owl")
			r, err := s.AddAssets(ctx, p, []domain.Asset{a}, store.LabelWrite{Kind: "import"})
			if err != nil {
				fail(err)
			}
			fmt.Printf("kept %s 1:owl .\n", r.Assets[0].ID)
		}
	}
}
