package suspects

import (
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// decision is what a person made of one suspect.
type decision string

const (
	fixed decision = "fixed" // another label
	kept  decision = "kept"  // the label is right
	aside decision = "aside" // not now: nothing is written
)

// made is a decision that can be taken back. op is "" of one that wrote nothing.
type made struct {
	asset string
	op    string
}

// queue is the list of suspects and how far it is. Those that are decided stay in sight until the list is read again.
type queue struct {
	list    domain.Suspects
	at      int
	decided map[string]decision // by asset; aside ones over all lists of this visit
	history []made
}

// fill takes a list that was read from the host. What was put aside stays so, at the end.
func (q *queue) fill(list domain.Suspects) {
	if q.decided == nil {
		q.decided = map[string]decision{}
	}
	for asset, d := range q.decided {
		if d != aside {
			delete(q.decided, asset)
		}
	}
	slices.SortStableFunc(list.Items, func(a, b domain.Suspect) int {
		return q.rank(a) - q.rank(b)
	})
	q.list, q.at = list, 0
}

func (q *queue) rank(s domain.Suspect) int {
	if q.decided[s.Asset.ID] == aside {
		return 1
	}
	return 0
}

// current is the suspect that is looked at; nil where there is none.
func (q *queue) current() *domain.Suspect {
	if q.at < 0 || q.at >= len(q.list.Items) {
		return nil
	}
	return &q.list.Items[q.at]
}

// move looks at another one.
func (q *queue) move(to int) { q.at = min(max(to, 0), max(len(q.list.Items)-1, 0)) }

// settled is how many of all are decided, on this screen or before.
func (q *queue) settled() int {
	n := q.list.Total - q.list.Open
	for _, s := range q.list.Items {
		if d := q.decided[s.Asset.ID]; d == fixed || d == kept {
			n++
		}
	}
	return n
}

// left is how many of the list are undecided, put aside or not.
func (q *queue) left() int { return q.list.Total - q.settled() }

// decide notes a decision about the current one and goes on to the next that is undecided. A write makes the rev of its
// label one more, and so does taking it back: what is decided next need not wait for the host to tell.
func (q *queue) decide(d decision, op string) {
	s := q.current()
	if op != "" {
		s.Asset.Label.Rev++
	}
	q.decided[s.Asset.ID] = d
	q.history = append(q.history, made{s.Asset.ID, op})
	q.next()
}

// next goes on to the next that nobody has decided or put aside, after the current one or, at the end, from the first.
func (q *queue) next() bool {
	n := len(q.list.Items)
	for k := range n {
		i := (q.at + 1 + k) % n
		if q.decided[q.list.Items[i].Asset.ID] == "" {
			q.at = i
			return true
		}
	}
	return false
}

// done tells that nothing in the list is open, but for what was put aside.
func (q *queue) done() bool {
	return !slices.ContainsFunc(q.list.Items, func(s domain.Suspect) bool { return q.decided[s.Asset.ID] == "" })
}

// more tells that the host has others than those that were listed.
func (q *queue) more() bool { return q.list.Open > len(q.list.Items) }

// asides is how many were put aside.
func (q *queue) asides() int {
	n := 0
	for _, d := range q.decided {
		if d == aside {
			n++
		}
	}
	return n
}

// resume looks again at what was put aside.
func (q *queue) resume() {
	for asset, d := range q.decided {
		if d == aside {
			delete(q.decided, asset)
		}
	}
	if s := q.current(); s != nil && q.decided[s.Asset.ID] != "" {
		q.next()
	}
}

// back forgets the newest decision and looks at its image again; ok is false where there is none.
func (q *queue) back() (m made, ok bool) {
	if len(q.history) == 0 {
		return m, false
	}
	m = q.history[len(q.history)-1]
	q.history = q.history[:len(q.history)-1]
	q.reopen(m.asset)
	if s := q.current(); m.op != "" && s != nil && s.Asset.ID == m.asset {
		s.Asset.Label.Rev++
	}
	return m, true
}

// drop forgets the decision that op wrote: it was not taken.
func (q *queue) drop(op string) {
	for i, m := range q.history {
		if m.op == op {
			q.history = slices.Delete(q.history, i, i+1)
			q.reopen(m.asset)
			return
		}
	}
}

// reopen makes a suspect undecided and looks at it, if it is in the list.
func (q *queue) reopen(asset string) {
	delete(q.decided, asset)
	if i := slices.IndexFunc(q.list.Items, func(s domain.Suspect) bool { return s.Asset.ID == asset }); i >= 0 {
		q.at = i
	}
}
