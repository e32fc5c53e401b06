package consensus

import (
	"math"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func label(classes ...string) domain.Label {
	l := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range classes {
		l.Classes = append(l.Classes, domain.ClassScore{ClassID: c})
	}
	return l
}

var skip = domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman}

func short(l domain.Label) string {
	out := string(l.State)
	for _, c := range l.ClassIDs() {
		out += " " + c
	}
	return out
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		name      string
		task      domain.Task
		votes     []domain.Label
		unanimous bool
		want      string
		agreement float64
		settled   bool
	}{
		{"one", domain.TaskSingle, []domain.Label{label("a")}, false, "labelled a", 1, true},
		{"two agree", domain.TaskSingle, []domain.Label{label("a"), label("a")}, true, "labelled a", 1, true},
		{"two differ", domain.TaskSingle, []domain.Label{label("a"), label("b")}, false, "unlabelled", 0, false},
		{"two of three", domain.TaskSingle, []domain.Label{label("a"), label("b"), label("a")}, false, "labelled a", 1.0 / 3, true},
		{"two of three, all wanted", domain.TaskSingle, []domain.Label{label("a"), label("b"), label("a")}, true, "labelled a", 1.0 / 3, false},
		{"most, but not half", domain.TaskSingle, []domain.Label{label("a"), label("b"), label("a"), label("c")}, false, "labelled a", 1.0 / 6, false},
		{"both skip", domain.TaskSingle, []domain.Label{skip, skip}, false, "skipped", 1, true},
		{"one skips", domain.TaskSingle, []domain.Label{skip, label("a")}, false, "unlabelled", 0, false},
		{"order is nothing", domain.TaskMulti, []domain.Label{label("a", "b"), label("b", "a")}, true, "labelled a b", 1, true},
		{"each class by itself", domain.TaskMulti, []domain.Label{label("a", "b"), label("a"), label("b", "c")}, false, "labelled a b", 0, true},
		{"a class is tied", domain.TaskMulti, []domain.Label{label("a", "b"), label("a")}, false, "labelled a", 0, false},
		{"none of them", domain.TaskMulti, []domain.Label{label(), label()}, false, "labelled", 1, true},
		{"most skip", domain.TaskMulti, []domain.Label{skip, skip, label("a")}, false, "skipped", 1.0 / 3, true},
		{"nobody", domain.TaskSingle, nil, false, "unlabelled", 1, false},
	} {
		got, agreement, settled := Count(c.task, c.votes, c.unanimous)
		if short(got) != c.want || math.Abs(agreement-c.agreement) > 1e-12 || settled != c.settled {
			t.Errorf("%s: %s, %v, %v", c.name, short(got), agreement, settled)
		}
	}
}

func vote(asset, by string, l domain.Label) store.VoteRecord {
	return store.VoteRecord{AssetID: asset, Round: 1, Vote: domain.Vote{By: domain.Actor{ID: by, Name: by}, Label: l}}
}

// TestReport compares with figures that were worked out by hand.
func TestReport(t *testing.T) {
	p := domain.Project{Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a"}, {ID: "b"}, {ID: "never"}}}
	votes := []store.VoteRecord{
		vote("1", "ann", label("a")), vote("1", "bob", label("a")),
		vote("2", "ann", label("a")), vote("2", "bob", label("b")),
		vote("3", "ann", label("b")), vote("3", "bob", label("b")),
		vote("4", "ann", label("b")), vote("4", "bob", label("b")), vote("4", "cho", skip),
		vote("5", "cho", label("a")),
		vote("6", "ann", label("gone")), vote("6", "bob", label("a")),
	}
	r := Report(p, votes)
	// ann and bob: po = 3/4, ann gives a 2 of 4, bob 1 of 4: pe = 2/4*1/4 + 2/4*3/4 = 1/2, kappa = (3/4 - 1/2) / (1/2) = 1/2.
	if r.Images != 4 || r.Votes != 9 || len(r.Pairs) != 3 || r.Pairs[0].Images != 4 || r.Pairs[0].Agreed != 0.75 || *r.Pairs[0].Kappa != 0.5 {
		t.Errorf("%+v, of ann and bob %+v", r, r.Pairs[0])
	}
	if x := r.Pairs[1]; x.A.Name != "ann" || x.B.Name != "cho" || x.Agreed != 0 || *x.Kappa != 0 {
		t.Errorf("ann and cho: %+v", x)
	}
	// Fleiss of the three images of two votes: P = 2/3, a 3 of 6, b 3 of 6: Pe = 1/2, kappa = 1/3.
	if math.Abs(*r.Fleiss-1.0/3) > 1e-12 {
		t.Errorf("Fleiss %v", *r.Fleiss)
	}
	// Alpha: a 3, b 5, skipped 1 of 9; apart: image 2 gives 2, image 4 (2*1 + 1*2)/2 = 2; expected 3*6 + 5*4 + 1*8 = 46: 1 - 8*4/46.
	if math.Abs(*r.Alpha-(1-32.0/46)) > 1e-12 {
		t.Errorf("alpha %v", *r.Alpha)
	}
	if len(r.Classes) != 3 || r.Classes[0].ClassID != "" || r.Classes[0].Votes != 1 {
		t.Errorf("classes %+v", r.Classes)
	}
}

func TestReportOfManyClasses(t *testing.T) {
	p := domain.Project{Task: domain.TaskMulti, Classes: []domain.Class{{ID: "a"}, {ID: "b"}}}
	r := Report(p, []store.VoteRecord{
		vote("1", "ann", label("a", "b")), vote("1", "bob", label("a")),
		vote("2", "ann", label("a")), vote("2", "bob", label()),
		vote("3", "ann", label()), vote("3", "bob", label()),
		vote("4", "ann", label("a")), vote("4", "bob", label("a")),
		vote("5", "ann", skip), vote("5", "bob", label("b")),
	})
	// a: po = 3/4, ann 3 of 4, bob 2 of 4: pe = 3/8 + 1/8 = 1/2, kappa = 1/2. b: po = 3/4, ann 1 of 4, bob 0: pe = 3/4, kappa = 0.
	if len(r.Pairs) != 1 || r.Pairs[0].Images != 5 || math.Abs(r.Pairs[0].Agreed-0.4) > 1e-12 || math.Abs(*r.Pairs[0].Kappa-0.25) > 1e-12 {
		t.Errorf("pairs %+v", r.Pairs)
	}
	if len(r.Classes) != 2 || r.Classes[0].ClassID != "b" || r.Classes[1].Votes != 5 {
		t.Errorf("classes %+v", r.Classes)
	}
}
