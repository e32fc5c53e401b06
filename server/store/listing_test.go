package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/consensus"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestListsInMemoryAreTheDatabases writes at random, through two stores over one database, and compares after each write what
// is answered from memory with what the database answers, for random filters, orders and places.
func TestListsInMemoryAreTheDatabases(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		path := t.TempDir() + "/irum.db"
		compareListings(t, storetest.OpenSQLite(t, path), storetest.OpenSQLite(t, path))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		compareListings(t, storetest.OpenPostgresAt(t, dsn), storetest.OpenPostgresAt(t, dsn))
	})
}

func compareListings(t *testing.T, s, other *store.Store) {
	store.HoldListsFrom(s, 1)
	r := rand.New(rand.NewPCG(11, 12))
	p := project(t, s, domain.TaskMulti)
	p.Classes = append(p.Classes, domain.Class{ID: "pup", Name: "Pup", Parent: "dog"})
	p = must[domain.Project](t)(s.UpdateProject(ctx, p))
	var ids []string
	for i := range 60 {
		ids = append(ids, addImages(t, s, p.ID, fmt.Sprintf("%c/%d.png", 'a'+i%3, i*7%60))[0].ID)
	}
	held := 0
	for step := range 300 {
		by := s
		if step%4 == 3 {
			by = other // as another process
		}
		ids = writeAtRandom(t, r, by, p.ID, ids, step)
		f, sort := randomFilter(r), []string{domain.SortCreated, domain.SortName, domain.SortUncertain}[r.IntN(3)]
		held += sameList(t, s, other, p.ID, f, sort, step)
		if t.Failed() {
			t.Fatalf("step %d, filter %+v by %s", step, f, sort)
		}
	}
	if held < 200 {
		t.Errorf("%d of 300 lists came from memory", held)
	}
}

// writeAtRandom does something to a project, and gives the ids of its assets.
func writeAtRandom(t *testing.T, r *rand.Rand, s *store.Store, project string, ids []string, step int) []string {
	some := func() string { return ids[r.IntN(len(ids))] }
	switch r.IntN(20) {
	case 18:
		ok(t, s.SetMeasures(ctx, project, map[string]domain.Measures{
			some(): {Sharpness: r.IntN(1000), Light: r.IntN(256), Shade: r.IntN(256), Contrast: r.IntN(256)}, some(): {},
		}))
	case 19:
		ok(t, s.SetLimits(ctx, project, domain.Limits{domain.IssueBlurred: r.IntN(1000), domain.IssueDark: r.IntN(256), domain.IssueTiny: r.IntN(60), domain.IssueNarrow: 100 + r.IntN(60)}))
	case 16:
		queueAtRandom(t, r, s, project, some, step)
	case 17:
		importAtRandom(t, r, s, project, some, step)
	case 10:
		a := image(fmt.Sprintf("C/%d.png", step))
		a.Label = human("pup")
		return append(ids, must[store.AddResult](t)(s.AddAssets(ctx, project, []domain.Asset{a}, store.LabelWrite{Kind: "import"})).Assets[0].ID)
	case 11:
		_, _, err := s.EmptyTrash(ctx, project, time.Now().Add(time.Hour))
		ok(t, err)
	case 12:
		for _, asset := range ids[:10] {
			list, _ := s.Comments(ctx, project, asset) // it may be deleted
			for _, c := range list {
				if c.First() && r.IntN(2) == 0 {
					_, err := s.ResolveThread(ctx, project, c.ID, !c.Resolved, domain.Actor{ID: "ann"})
					ok(t, err)
				} else {
					_ = s.DeleteComment(ctx, project, c.ID) // it may have gone with its thread
				}
			}
		}
	case 13:
		must[int](t)(s.SetSplit(ctx, project, map[string]string{some(): "val", some(): "train"}))
		ok(t, s.RecountProject(ctx, project))
	case 14:
		if step%5 == 0 {
			_, err := s.MergeClasses(ctx, project, domain.MergeRequest{From: []string{"owl"}, Into: "cat"})
			_ = err // where there is nothing of it
		} else {
			_, _ = s.WriteLabels(ctx, project, set(human("pup", "owl"), some(), some()))
		}
	case 15:
		if step%3 == 0 {
			now := must[domain.Project](t)(s.Project(ctx, project)).Task
			to := map[domain.Task]domain.Task{domain.TaskMulti: domain.TaskSingle, domain.TaskSingle: domain.TaskMulti}[now]
			_, err := s.ChangeTask(ctx, project, domain.TaskRequest{Task: to, Rule: domain.RuleFirst})
			_ = err
		}
	case 0:
		return append(ids, addImages(t, s, project, fmt.Sprintf("B/%d.png", step))[0].ID)
	case 1:
		must[domain.Operation](t)(s.DeleteAssets(ctx, project, domain.Filter{IDs: []string{some(), some()}}, "", "ann"))
	case 2:
		_, _ = s.Undo(ctx, project, "") // a deletion's too; there may be nothing to undo
	case 3:
		_, _ = s.Redo(ctx, project)
	case 4:
		_, _ = s.AddComment(ctx, project, domain.Comment{AssetID: some(), Text: "Look"}) // it may be deleted
	case 5:
		l := human("cat")
		l.Flag = domain.FlagUnsure
		l.Review = &domain.Review{Verdict: domain.VerdictReturned, Comment: `"class":"dog" \"class\":\"owl\"`}
		_, _ = s.WriteLabels(ctx, project, set(l, some()))
	case 6:
		_, _ = s.WriteLabels(ctx, project, set(guess("owl", float64(r.IntN(5))/5), some(), some()))
	case 7:
		_, _ = s.WriteLabels(ctx, project, set(domain.Label{State: domain.StateSkipped, Flag: domain.FlagBad}, some()))
	default:
		_, _ = s.WriteLabels(ctx, project, set(human([]string{"cat", "dog", "owl"}[:1+r.IntN(3)]...), some(), some()))
	}
	return ids
}

// queueAtRandom hands out images to one of two people, who answer some, alone or with the other one, and take some answers back.
func queueAtRandom(t *testing.T, r *rand.Rand, s *store.Store, project string, some func() string, step int) {
	t.Helper()
	actor := []string{"ann", "bob"}[r.IntN(2)]
	task := must[domain.Project](t)(s.Project(ctx, project)).Task
	count := func(votes []domain.Label) (domain.Label, float64, bool) { return consensus.Count(task, votes, false) }
	if r.IntN(2) == 0 {
		must[int](t)(s.Assign(ctx, project, domain.AssignRequest{Filter: domain.Filter{IDs: []string{some(), some(), some()}}, Labellers: 1 + r.IntN(2)}))
	}
	items := must[[]domain.QueueItem](t)(s.Lease(ctx, project, store.Lease{Actor: actor, N: 3, Until: time.Now().Add(time.Hour), Auto: r.IntN(2) == 0, Labellers: 1 + r.IntN(2)}))
	for i, item := range items {
		op := fmt.Sprintf("answer-%d-%d", step, i)
		_, err := s.Answer(ctx, project, store.Answer{OpID: op, Asset: item.Asset.ID, Actor: actor, Label: said(human([]string{"cat", "dog", "owl"}[r.IntN(3)])), Count: count})
		if err == nil && r.IntN(4) == 0 {
			_, err = s.UndoAnswer(ctx, project, op, actor, time.Now().Add(time.Hour), count)
		}
		_ = err // the image may be gone, or the class merged away
	}
	ok(t, s.Release(ctx, project, actor))
}

// importAtRandom labels as an import does: one operation in parts, which leaves out what was changed meanwhile.
func importAtRandom(t *testing.T, r *rand.Rand, s *store.Store, project string, some func() string, step int) {
	t.Helper()
	for range 1 + r.IntN(2) {
		rev := int64(r.IntN(3))
		l := human("dog")
		l.Source = domain.SourceImport
		_, err := s.WriteLabels(ctx, project, store.LabelWrite{
			OpID: fmt.Sprint("import-", step), Kind: "import", Append: true, SkipConflicts: true,
			Changes: []store.Change{{AssetID: some(), Label: l, IfRev: &rev}, {AssetID: some(), Label: l}},
		})
		_ = err // the class may have been merged away
	}
}

func randomFilter(r *rand.Rand) (f domain.Filter) {
	at := func(v float64) *float64 { return &v }
	for _, set := range []func(){
		func() { f.States = []domain.State{domain.StateAuto, domain.StateLabelled}[:1+r.IntN(2)] },
		func() { f.Classes, f.Exact = []string{"owl", "dog", "none"}[r.IntN(2):], r.IntN(3) == 0 },
		func() { f.Sources = []domain.Source{domain.SourceHuman} },
		func() { f.Flags = []domain.Flag{domain.FlagNone, domain.FlagUnsure}[r.IntN(2):] },
		func() { f.Verdicts = []domain.Verdict{domain.VerdictReturned} },
		func() { f.Comments = []string{domain.CommentsOpen, domain.CommentsAny}[r.IntN(2)] },
		func() {
			f.Issues = []domain.Issue{domain.IssueBlurred, domain.IssueTiny, domain.IssueDark, domain.IssueNarrow}[r.IntN(4):]
		},
		func() {
			f.Issues = []domain.Issue{domain.IssueBright, domain.IssueBlank, domain.IssueDuplicate}[:1+r.IntN(3)]
		},
		func() { f.Text = []string{"B/", "a/1", ".png", "none", "DO", "p"}[r.IntN(6)] },
		func() { f.MinConfidence = at(0.3) },
		func() { f.MaxConfidence = at(0.6) },
		func() { f.Model = []string{"m1", "m2"}[r.IntN(2)] },
	} {
		if r.IntN(6) == 0 {
			set()
		}
	}
	return f
}

// sameList compares all pages, the total and the ids, and gives 1 when memory was asked.
func sameList(t *testing.T, s, database *store.Store, project string, f domain.Filter, sort string, step int) int {
	must[int](t)(s.CountAssets(ctx, project, f)) // wants the listing where there is none
	store.AwaitLists(s)
	held := store.HoldsList(s, project)
	for cursor := ""; ; {
		q := store.Query{Filter: f, Sort: sort, Cursor: cursor, Limit: 7 + step%30}
		got := must[domain.AssetPage](t)(s.Assets(ctx, project, q))
		want := must[domain.AssetPage](t)(database.Assets(ctx, project, q))
		if names(got.Items) != names(want.Items) || !reflect.DeepEqual(got, want) && len(got.Items) > 0 {
			t.Errorf("page %+v\nwant %+v", got, want)
		}
		if got.Total != want.Total || got.NextCursor != want.NextCursor {
			t.Errorf("total %d, next %q; want %d, %q", got.Total, got.NextCursor, want.Total, want.NextCursor)
		}
		if cursor = got.NextCursor; cursor == "" || t.Failed() {
			break
		}
	}
	if got, want := must[[]string](t)(s.AssetIDs(ctx, project, f, sort)), must[[]string](t)(database.AssetIDs(ctx, project, f, sort)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	if got, want := must[int](t)(s.CountAssets(ctx, project, f)), must[int](t)(database.CountAssets(ctx, project, f)); got != want {
		t.Errorf("counted %d, want %d", got, want)
	}
	if held {
		return 1
	}
	return 0
}

// TestListsAreLetGo: what nobody asks for is not held for ever.
func TestListsAreLetGo(t *testing.T) {
	s := storetest.SQLite(t)
	store.HoldListsFrom(s, 1)
	store.ReleaseListsAfter(s, 20*time.Millisecond)
	p := project(t, s, domain.TaskSingle)
	addImages(t, s, p.ID, "a")
	must[int](t)(s.CountAssets(ctx, p.ID, domain.Filter{}))
	store.AwaitLists(s)
	if !store.HoldsList(s, p.ID) {
		t.Fatal("the list is not held")
	}
	for deadline := time.Now().Add(10 * time.Second); store.HeldLists(s) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the list is still held")
		}
	}
}

// TestWritersOfAssetsTouchThem: every statement of this package that writes what lists go by says that the row has changed.
func TestWritersOfAssetsTouchThem(t *testing.T) {
	files := must[[]string](t)(filepath.Glob("*.go"))
	statements := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text := string(must[[]byte](t)(os.ReadFile(file)))
		for _, begin := range []string{"UPDATE assets SET", "INSERT INTO assets"} {
			for rest := text; ; {
				i := strings.Index(rest, begin)
				if i < 0 {
					break
				}
				rest = rest[i+len(begin):]
				end := strings.Index(rest, "[]any{")
				if k := strings.Index(rest, "`\n"); k >= 0 && (end < 0 || k < end) {
					end = k
				}
				statement := rest[:max(end, 0)]
				statements++
				if !strings.Contains(statement, "touched") && !strings.HasPrefix(statement, " split = e.value->>'split' FROM") && !strings.HasPrefix(statement, " thumb_sha = ? WHERE") {
					t.Errorf("%s: %s%.200s: it must set touched to the project's new label_seq (updateLabels)", file, begin, statement)
				}
			}
		}
	}
	if statements < 4 {
		t.Errorf("%d statements were found", statements)
	}
}
