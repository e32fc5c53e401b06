package suspects

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func listOf(open int, ids ...string) domain.Suspects {
	l := domain.Suspects{Total: open, Open: open}
	for _, id := range ids {
		l.Items = append(l.Items, domain.Suspect{Asset: domain.Asset{ID: id}})
	}
	return l
}

func at(t *testing.T, q *queue, want string) {
	t.Helper()
	got := ""
	if s := q.current(); s != nil {
		got = s.Asset.ID
	}
	if got != want {
		t.Errorf("looked at is %q, want %q", got, want)
	}
}

func TestDecisionsLeadFromOneToTheNext(t *testing.T) {
	var q queue
	q.fill(listOf(3, "a", "b", "c"))
	at(t, &q, "a")
	q.move(1)
	q.decide(kept, "1")
	at(t, &q, "c")
	q.decide(aside, "")
	at(t, &q, "a")
	if q.settled() != 1 || q.left() != 2 || q.done() {
		t.Errorf("settled %d, left %d, done %v", q.settled(), q.left(), q.done())
	}
	q.decide(fixed, "2")
	if !q.done() || q.settled() != 2 || q.asides() != 1 {
		t.Errorf("done %v, settled %d, aside %d", q.done(), q.settled(), q.asides())
	}
	q.resume()
	at(t, &q, "c")
	if q.done() || q.asides() != 0 {
		t.Error("what was put aside is not asked again")
	}
}

func TestDecisionsAreTakenBackNewestFirst(t *testing.T) {
	var q queue
	q.fill(listOf(3, "a", "b", "c"))
	q.decide(fixed, "1")
	q.decide(aside, "")
	q.decide(kept, "3")
	for _, want := range []made{{"c", "3"}, {"b", ""}, {"a", "1"}} {
		got, ok := q.back()
		if !ok || got != want {
			t.Errorf("taken back %+v, %v, want %+v", got, ok, want)
		}
		at(t, &q, want.asset)
	}
	for i, want := range []int64{2, 0, 2} { // a write and its undo
		if got := q.list.Items[i].Asset.Label.Rev; got != want {
			t.Errorf("image %d has rev %d, want %d", i, got, want)
		}
	}
	if _, ok := q.back(); ok || q.settled() != 0 {
		t.Error("there is more to take back than was decided")
	}
}

func TestAWriteThatFailsOpensItsImageAgain(t *testing.T) {
	var q queue
	q.fill(listOf(2, "a", "b"))
	q.decide(fixed, "1")
	q.decide(kept, "2")
	q.drop("1")
	at(t, &q, "a")
	if m, ok := q.back(); !ok || m.op != "2" {
		t.Errorf("taken back %+v", m)
	}
}

func TestTheNextPartComesWithoutWhatWasPutAside(t *testing.T) {
	var q queue
	q.fill(listOf(4, "a", "b"))
	if !q.more() {
		t.Error("there is more")
	}
	q.decide(aside, "")
	q.decide(fixed, "1")
	q.fill(domain.Suspects{Total: 4, Open: 3, Items: listOf(0, "a", "c", "d").Items})
	at(t, &q, "c")
	if q.list.Items[2].Asset.ID != "a" || q.settled() != 1 {
		t.Errorf("%+v, settled %d", q.list.Items, q.settled())
	}
	if m, ok := q.back(); !ok || m.op != "1" {
		t.Errorf("a decision of the part before is not taken back: %+v", m)
	}
	q.fill(listOf(0))
	at(t, &q, "")
	if !q.done() || q.more() {
		t.Error("an empty list is not done")
	}
}
