package teamwork

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func voted(class string) domain.Vote {
	l := domain.Label{State: domain.StateLabelled, Classes: []domain.ClassScore{{ClassID: class}}}
	if class == "" {
		l = domain.Label{State: domain.StateSkipped}
	}
	return domain.Vote{Label: l}
}

func dispute(id, proposal string, votes ...string) domain.Dispute {
	d := domain.Dispute{Asset: domain.Asset{ID: id}, Proposal: domain.Label{State: domain.StateUnlabelled}}
	if proposal != "" {
		d.Proposal = voted(proposal).Label
	}
	for _, v := range votes {
		d.Votes = append(d.Votes, voted(v))
	}
	return d
}

func TestDocket(t *testing.T) {
	var d docket
	d.choose(1)
	if d.current() != nil {
		t.Error("an empty docket has an image")
	}
	d.fill([]domain.Dispute{dispute("1", "b", "a", "b", "b"), dispute("2", "", "a", ""), dispute("3", "", "a", "b")})
	if d.vote != 1 {
		t.Errorf("vote %d is offered, not the one of most", d.vote)
	}
	d.choose(2)
	if d.vote != 0 {
		t.Errorf("two votes on is vote %d", d.vote)
	}
	d.move(2)
	d.decide("x")
	if d.at != 0 || d.done() {
		t.Errorf("after the last comes %d", d.at)
	}
	d.decide("y")
	if d.at != 1 {
		t.Errorf("after the first comes %d", d.at)
	}
	d.decide("z")
	if !d.done() {
		t.Error("all are decided, and it is not done")
	}
	d.drop("x")
	if d.at != 2 || d.done() || d.decided["3"] != nil {
		t.Errorf("dropped: at %d", d.at)
	}
	if r := d.back(); r == nil || r.op != "z" || d.at != 1 {
		t.Errorf("back took %+v, at %d", r, d.at)
	}
	if r := d.back(); r == nil || r.op != "y" || d.back() != nil {
		t.Error("there is more to take back than was done")
	}
}
