package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/consensus"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// desk is a queue of animals with a clock that stands until somebody moves it.
type desk struct {
	t  *testing.T
	s  *store.Store
	p  domain.Project
	a  []domain.Asset
	at time.Time
	n  int
}

func newDesk(t *testing.T, s *store.Store, task domain.Task, images int) *desk {
	t.Helper()
	d := &desk{t: t, s: s, p: project(t, s, task), at: time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)}
	names := make([]string, images)
	for i := range names {
		names[i] = fmt.Sprintf("%03d", i)
	}
	d.a = addImages(t, s, d.p.ID, names...)
	s.Now = func() time.Time { return d.at }
	return d
}

func (d *desk) lease(l store.Lease) string {
	d.t.Helper()
	if l.Until.IsZero() {
		l.Until = d.at.Add(10 * time.Minute)
	}
	l.Labellers = max(l.Labellers, 1)
	items := must[[]domain.QueueItem](d.t)(d.s.Lease(ctx, d.p.ID, l))
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Asset.Name
		if l := item.Asset.Label; l.State != domain.StateUnlabelled || l.Rev != 0 || !item.Until.After(d.at) {
			d.t.Errorf("what is held tells %+v until %v", l, item.Until)
		}
	}
	return strings.Join(sortedWords(out), " ")
}

func sortedWords(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return out
}

func (d *desk) count(votes []domain.Label) (domain.Label, float64, bool) {
	return consensus.Count(d.p.Task, votes, false)
}

// said makes an answer whatever was answered before.
func said(l domain.Label) func(domain.Asset) (domain.Label, error) {
	return func(domain.Asset) (domain.Label, error) { return l, nil }
}

// answer makes actor's next answer and gives its operation.
func (d *desk) answer(actor string, image int, l domain.Label) domain.Operation {
	d.t.Helper()
	d.n++
	return must[domain.Operation](d.t)(d.s.Answer(ctx, d.p.ID, store.Answer{OpID: fmt.Sprint("op", d.n), Asset: d.a[image].ID, Actor: actor, Label: said(l), Count: d.count}))
}

func (d *desk) undo(actor string, op domain.Operation) domain.Operation {
	d.t.Helper()
	return must[domain.Operation](d.t)(d.s.UndoAnswer(ctx, d.p.ID, op.ID, actor, d.at.Add(10*time.Minute), d.count))
}

func (d *desk) says(image int, want string) {
	d.t.Helper()
	if got := says(d.t, d.s, d.p.ID, d.a[image].ID); got != want {
		d.t.Errorf("image %d is %q, not %q", image, got, want)
	}
}

func (d *desk) disputes(open, disputed int) {
	d.t.Helper()
	o, n, err := d.s.BallotCounts(ctx, d.p.ID)
	ok(d.t, err)
	list := must[[]domain.Dispute](d.t)(d.s.Disputes(ctx, d.p.ID, 10))
	if o != open || n != disputed || len(list) != disputed {
		d.t.Errorf("%d images wait for votes, %d for a decision, %d are listed; want %d and %d", o, n, len(list), open, disputed)
	}
}

func wantWords(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}

func TestLeases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, domain.TaskSingle, 6)
		write(t, s, d.p.ID, set(human("cat"), d.a[1].ID))
		wantWords(t, "without auto", d.lease(store.Lease{Actor: "ann", N: 2}), "")
		wantWords(t, "ann", d.lease(store.Lease{Actor: "ann", N: 2, Auto: true}), "000 002")
		wantWords(t, "ann again", d.lease(store.Lease{Actor: "ann", N: 2, Auto: true}), "000 002")
		wantWords(t, "bob", d.lease(store.Lease{Actor: "bob", N: 2, Auto: true}), "003 004")
		wantWords(t, "cho", d.lease(store.Lease{Actor: "cho", N: 2, Auto: true}), "005")
		d.at = d.at.Add(6 * time.Minute)
		d.lease(store.Lease{Actor: "ann", N: 0})
		d.at = d.at.Add(6 * time.Minute) // bob's and cho's are over, ann's are not
		wantWords(t, "cho later", d.lease(store.Lease{Actor: "cho", N: 3, Auto: true}), "003 004 005")
		_, err := s.Answer(ctx, d.p.ID, store.Answer{OpID: "late", Asset: d.a[3].ID, Actor: "bob", Label: said(human("dog")), Count: d.count})
		wantCode(t, err, domain.CodeNotFound, "asset")
		ok(t, s.Release(ctx, d.p.ID, "cho"))
		wantWords(t, "bob again", d.lease(store.Lease{Actor: "bob", N: 9, Auto: true}), "003 004 005")
		write(t, s, d.p.ID, set(human("owl"), d.a[0].ID)) // in the grid
		wantWords(t, "what others have labelled is passed", d.lease(store.Lease{Actor: "dan", N: 9, Auto: true}), "")

		op := d.answer("ann", 2, human("dog"))
		if l := op.Assets[0].Label; op.Changed != 1 || short(l) != "labelled dog" || l.Actor != "ann" {
			t.Errorf("answered %+v", op)
		}
		d.says(2, "labelled dog")
		again := must[domain.Operation](t)(s.Answer(ctx, d.p.ID, store.Answer{OpID: op.ID, Asset: d.a[2].ID, Actor: "ann", Label: said(human("dog")), Count: d.count}))
		if len(again.Assets) != 1 || again.Assets[0].ID != d.a[2].ID {
			t.Errorf("sent twice: %+v", again)
		}
		better := d.answer("ann", 2, human("cat"))
		d.says(2, "labelled cat")
		d.undo("ann", better)
		d.says(2, "labelled dog")
		d.undo("ann", op)
		d.says(2, "unlabelled")
		if twice := d.undo("ann", op); !twice.Undone {
			t.Errorf("undone twice: %+v", twice)
		}
		if n := must[int](t)(s.AnsweredBy(ctx, d.p.ID, "ann")); n != 0 {
			t.Errorf("ann has %d answers", n)
		}
		d.answer("ann", 2, human("owl"))
		must[domain.Operation](t)(s.Undo(ctx, d.p.ID, "")) // by somebody who knows nothing of the queue
		wantWords(t, "it comes again", d.lease(store.Lease{Actor: "dan", N: 9, Auto: true}), "002")
		exactCounts(t, s, d.p.ID)

		if skipped := d.answer("ann", 0, human("cat")); skipped.Skipped != 1 {
			t.Errorf("an image that was labelled otherwise: %+v", skipped)
		}
		d.says(0, "labelled owl")
	})
}

// TestNobodyGetsWhatAnotherHas lets many people ask at the same time, of two processes.
func TestNobodyGetsWhatAnotherHas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, domain.TaskSingle, 120)
		must[int](t)(s.Assign(ctx, d.p.ID, domain.AssignRequest{Labellers: 2}))
		const people = 30
		got := make([][]domain.QueueItem, people)
		var wg sync.WaitGroup
		for i := range people {
			wg.Go(func() {
				for range 4 { // what others are just taking is passed: ask again, as the page does
					var err error
					if got[i], err = s.Lease(ctx, d.p.ID, store.Lease{Actor: fmt.Sprint("p", i), N: 8, Until: d.at.Add(time.Hour), Labellers: 1}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		held, all := map[string]int{}, 0
		for i := range people {
			mine := map[string]bool{}
			for _, item := range got[i] {
				held[item.Asset.ID]++
				all++
				if mine[item.Asset.ID] {
					t.Errorf("person %d has an image twice", i)
				}
				mine[item.Asset.ID] = true
			}
		}
		for id, n := range held {
			if n > 2 {
				t.Errorf("%d people have %s", n, id)
			}
		}
		if all != 240 {
			t.Errorf("of 240 answers that are wanted %d are held", all)
		}
	})
}

// TestVotesAtTheSameTime lets two people answer about the same images at the same time, of two processes: no vote is lost, and the
// one that comes last decides.
func TestVotesAtTheSameTime(t *testing.T) {
	for name, open := range map[string]func() (*store.Store, *store.Store){
		"sqlite": func() (*store.Store, *store.Store) {
			path := filepath.Join(t.TempDir(), "irum.db")
			return storetest.OpenSQLite(t, path), storetest.OpenSQLite(t, path)
		},
		"postgres": func() (*store.Store, *store.Store) {
			dsn := storetest.Postgres(t)
			return storetest.OpenPostgresAt(t, dsn), storetest.OpenPostgresAt(t, dsn)
		},
	} {
		t.Run(name, func(t *testing.T) {
			one, other := open()
			d := newDesk(t, one, domain.TaskSingle, 12)
			other.Now = one.Now
			must[int](t)(one.Assign(ctx, d.p.ID, domain.AssignRequest{Labellers: 2}))
			var wg sync.WaitGroup
			for who, s := range map[string]*store.Store{"ann": one, "bob": other} {
				wg.Go(func() {
					for held := 0; held < 12; { // what the other is just taking is passed: ask again
						items, err := s.Lease(ctx, d.p.ID, store.Lease{Actor: who, N: 12, Until: d.at.Add(time.Hour), Labellers: 2})
						if err != nil {
							t.Error(err)
							return
						}
						held = len(items)
					}
					for _, a := range d.a {
						_, err := s.Answer(ctx, d.p.ID, store.Answer{OpID: who + a.Name, Asset: a.ID, Actor: who, Label: said(human("cat")), Count: d.count})
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if c := exactCounts(t, one, d.p.ID); c.Labelled != 12 || c.ByClass["cat"] != 12 {
				t.Errorf("counts %+v", c)
			}
			d.disputes(0, 0)
		})
	}
}

func TestAssign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, domain.TaskSingle, 5)
		write(t, s, d.p.ID, set(human("cat"), d.a[4].ID))
		some := func(images ...int) domain.Filter {
			f := domain.Filter{}
			for _, i := range images {
				f.IDs = append(f.IDs, d.a[i].ID)
			}
			return f
		}
		for _, r := range []domain.AssignRequest{
			{Filter: some(2), Assignee: "bob", Labellers: 1},
			{Filter: some(3), Priority: 5, Labellers: 1},
			{Filter: some(4), Assignee: "ann", Labellers: 1},
			{Filter: some(1), Labellers: 1, Assignee: "bob"},
			{Filter: some(1), Labellers: 1},
		} {
			if n := must[int](t)(s.Assign(ctx, d.p.ID, r)); n != 1 {
				t.Errorf("%+v assigned %d", r, n)
			}
		}
		wantWords(t, "one's own first", d.lease(store.Lease{Actor: "ann", N: 1}), "004")
		wantWords(t, "then what is urgent", d.lease(store.Lease{Actor: "ann", N: 2}), "003 004")
		wantWords(t, "then the rest", d.lease(store.Lease{Actor: "ann", N: 9}), "001 003 004")
		if op := d.answer("ann", 4, human("dog")); op.Skipped != 0 {
			t.Errorf("a second look: %+v", op)
		}
		d.says(4, "labelled dog")
		shares, unqueued, err := s.QueueCounts(ctx, d.p.ID)
		ok(t, err)
		got := fmt.Sprint(unqueued)
		for _, v := range shares {
			got += fmt.Sprintf(" %s:%d/%d/%d", v.Person.ID, v.Waiting, v.Held, v.Done)
		}
		wantWords(t, "counts", got, "1 ann:0/2/1 bob:1/0/0")
		if n := must[int](t)(s.Withdraw(ctx, d.p.ID, "bob")); n != 1 {
			t.Errorf("withdrew %d", n)
		}
		wantWords(t, "bob", d.lease(store.Lease{Actor: "bob", N: 9}), "")
		must[int](t)(s.Assign(ctx, d.p.ID, domain.AssignRequest{Filter: some(4), Assignee: "ann", Labellers: 1}))
		wantWords(t, "the same image to the same person once more", d.lease(store.Lease{Actor: "ann", N: 9}), "001 003 004")
	})
}

func TestVotes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, domain.TaskSingle, 3)
		for _, who := range []string{"ann", "bob"} {
			wantWords(t, who, d.lease(store.Lease{Actor: who, N: 9, Auto: true, Labellers: 2}), "000 001 002")
		}
		wantWords(t, "a third", d.lease(store.Lease{Actor: "cho", N: 9, Auto: true, Labellers: 2}), "")
		d.answer("ann", 0, human("cat"))
		d.says(0, "unlabelled")
		d.disputes(1, 0)
		second := d.answer("bob", 0, human("cat"))
		d.says(0, "labelled cat")
		if a := must[domain.Asset](t)(s.Asset(ctx, d.p.ID, d.a[0].ID)); a.Label.Actor != domain.ConsensusActor {
			t.Errorf("the label is %s's", a.Label.Actor)
		}
		d.undo("bob", second)
		d.says(0, "unlabelled")
		d.disputes(1, 0)
		other := d.answer("bob", 0, human("dog"))
		d.disputes(0, 1)
		d.says(0, "unlabelled")
		better := d.answer("bob", 0, human("cat")) // on second thoughts
		d.says(0, "labelled cat")
		d.disputes(0, 0)
		d.undo("bob", better)
		d.says(0, "unlabelled")
		d.disputes(0, 1)
		if l := must[[]domain.Dispute](t)(s.Disputes(ctx, d.p.ID, 9))[0]; l.Agreement != 0 || len(l.Votes) != 2 || short(l.Votes[1].Label) != "labelled dog" || l.Votes[0].By.ID != "ann" {
			t.Errorf("dispute %+v", l)
		}

		decision := write(t, s, d.p.ID, set(human("owl"), d.a[0].ID))
		d.disputes(0, 0)
		if late := d.answer("bob", 0, human("cat")); late.Skipped != 1 {
			t.Errorf("an answer after the decision: %+v", late)
		}
		if late := d.undo("bob", other); late.Skipped != 1 {
			t.Errorf("undone after the decision: %+v", late)
		}
		d.says(0, "labelled owl")
		must[domain.Operation](t)(s.Undo(ctx, d.p.ID, decision.ID))
		d.disputes(0, 1)
		must[domain.Operation](t)(s.Redo(ctx, d.p.ID))
		d.disputes(0, 0)
		d.says(0, "labelled owl")

		d.answer("ann", 1, domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman})
		write(t, s, d.p.ID, set(human("dog"), d.a[1].ID)) // somebody else did not wait
		d.answer("bob", 1, human("cat"))
		d.says(1, "labelled dog")
		d.disputes(0, 0)
		exactCounts(t, s, d.p.ID)
		if votes := must[[]store.VoteRecord](t)(s.Votes(ctx, d.p.ID)); len(votes) != 4 {
			t.Errorf("%d votes", len(votes))
		}
		must[[]string](t)(s.DeleteProject(ctx, d.p.ID))
	})
}

func TestGold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, domain.TaskSingle, 4)
		write(t, s, d.p.ID, set(human("cat"), d.a[0].ID, d.a[1].ID))
		if n := must[int](t)(s.MarkGold(ctx, d.p.ID, domain.Filter{}, false)); n != 2 {
			t.Errorf("%d images are gold", n)
		}
		wantWords(t, "with gold", d.lease(store.Lease{Actor: "ann", N: 3, GoldShare: 1, Auto: true}), "000 001 002")
		before := must[domain.Project](t)(s.Project(ctx, d.p.ID)).Counts
		if op := d.answer("ann", 0, human("dog")); short(op.Assets[0].Label) != "labelled dog" {
			t.Errorf("answered %+v", op)
		}
		wrong := d.answer("ann", 1, human("owl"))
		d.says(0, "labelled cat")
		if after := must[domain.Project](t)(s.Project(ctx, d.p.ID)).Counts; fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("gold answers moved the counts: %v, %v", before, after)
		}
		d.undo("ann", wrong)
		d.answer("ann", 1, human("cat"))
		var got []string
		for _, g := range must[[]store.GoldAnswer](t)(s.GoldAnswers(ctx, d.p.ID)) {
			got = append(got, fmt.Sprint(g.Actor, ":", short(g.Answer), "/", short(g.Truth)))
		}
		wantWords(t, "answers", strings.Join(sortedWords(got), ", "), "ann:labelled cat/labelled cat, ann:labelled dog/labelled cat")
		wantWords(t, "no more gold for ann", d.lease(store.Lease{Actor: "ann", N: 3, GoldShare: 1, Auto: true}), "002 003")
		wantWords(t, "bob's", d.lease(store.Lease{Actor: "bob", N: 1, GoldShare: 1}), "000 001"[4*indexOf(d, "bob"):][:3])
		ok(t, s.Release(ctx, d.p.ID, "bob"))
		must[int](t)(s.MarkGold(ctx, d.p.ID, domain.Filter{IDs: []string{d.a[0].ID}}, true))
		if list, n, err := s.Gold(ctx, d.p.ID, 1); err != nil || n != 1 || names(list) != "001" {
			t.Errorf("gold %d: %s, %v", n, names(list), err)
		}
		wantWords(t, "bob's last", d.lease(store.Lease{Actor: "bob", N: 2, GoldShare: 1}), "001")
	})
}

// indexOf tells which of the two gold images somebody was given.
func indexOf(d *desk, actor string) int {
	if strings.Contains(d.lease(store.Lease{Actor: actor, N: 1}), "001") {
		return 1
	}
	return 0
}
