package teamwork

import (
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// ruling is what was decided about an image, by which operation.
type ruling struct {
	asset, op string
}

// docket is the list of images to decide, where in it we are, and what was decided. It knows nothing of the page.
type docket struct {
	list    []domain.Dispute
	at      int
	vote    int // of the current image, that Enter takes
	decided map[string]*ruling
	history []*ruling
}

// fill begins with a list, of which nothing is decided.
func (d *docket) fill(list []domain.Dispute) {
	d.list = list
	d.decided, d.history = map[string]*ruling{}, nil
	d.move(0)
}

// current is the image that is looked at; nil where there is none.
func (d *docket) current() *domain.Dispute {
	if d.at < 0 || d.at >= len(d.list) {
		return nil
	}
	return &d.list[d.at]
}

// move looks at another image, and at the first of its votes that says what most say.
func (d *docket) move(to int) {
	d.at, d.vote = min(max(to, 0), max(len(d.list)-1, 0)), 0
	now := d.current()
	if now == nil {
		return
	}
	for i, v := range now.Votes {
		if v.Label.State == now.Proposal.State && slices.Equal(classIDs(v.Label), classIDs(now.Proposal)) {
			d.vote = i
			return
		}
	}
}

// choose looks at the vote that many places on.
func (d *docket) choose(by int) {
	if now := d.current(); now != nil && len(now.Votes) > 0 {
		d.vote = (d.vote + by + len(now.Votes)) % len(now.Votes)
	}
}

// decide notes a decision about the current image and goes on to the next that is open, at the end from the first.
func (d *docket) decide(op string) {
	r := &ruling{d.current().Asset.ID, op}
	d.decided[r.asset] = r
	d.history = append(d.history, r)
	for k := range d.list {
		i := (d.at + 1 + k) % len(d.list)
		if d.decided[d.list[i].Asset.ID] == nil {
			d.move(i)
			return
		}
	}
}

// back takes the newest decision off, looks at its image and gives it; nil where there is none.
func (d *docket) back() *ruling {
	if len(d.history) == 0 {
		return nil
	}
	r := d.history[len(d.history)-1]
	d.drop(r.op)
	return r
}

// drop takes the decision of an operation off and looks at its image.
func (d *docket) drop(op string) {
	i := slices.IndexFunc(d.history, func(r *ruling) bool { return r.op == op })
	if i < 0 {
		return
	}
	asset := d.history[i].asset
	d.history = slices.Delete(d.history, i, i+1)
	delete(d.decided, asset)
	if at := slices.IndexFunc(d.list, func(x domain.Dispute) bool { return x.Asset.ID == asset }); at >= 0 {
		d.move(at)
	}
}

// done tells that all in the list is decided.
func (d *docket) done() bool { return len(d.decided) == len(d.list) }
