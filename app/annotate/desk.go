package annotate

import (
	"slices"

	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/server/domain"
)

// step is one thing that was done, with what takes it back. A remote step was done by the host to many images at once.
type step struct {
	op            string
	asset         string // "" for a remote step
	kind          string // labelled, accepted, corrected, rejected, skipped, flagged, cleared, bulk
	change        domain.LabelChange
	before, after domain.Label
	n             int // images
}

// desk is the work on the table: the list of images, where in it we are, what is known of them and what has been done. The
// list stays as it is while labels change. desk knows nothing of the page and of the host.
type desk struct {
	task     domain.Task
	review   bool
	filtered bool

	ids    []string
	index  map[string]int
	at     int // len(ids): past the end
	assets map[string]domain.Asset
	open   map[string]bool // images that still want somebody: unlabelled ones, in review those with a proposal

	came    bool     // the image that is looked at wanted somebody when it was come to: boxes label it at once
	draft   []string // multi-label: classes that are ticked on the image drafted, but not yet kept
	drafted string

	done, undone []step
}

func newDesk(task domain.Task, review, filtered bool, ids, open []string) *desk {
	d := &desk{task: task, review: review, filtered: filtered, ids: ids, index: make(map[string]int, len(ids)), assets: map[string]domain.Asset{}, open: make(map[string]bool, len(open))}
	for i, id := range ids {
		d.index[id] = i
	}
	for _, id := range open {
		if _, listed := d.index[id]; listed {
			d.open[id] = true
		}
	}
	return d
}

// current gives the id of the image that is looked at, "" past the end.
func (d *desk) current() string {
	if d.at < 0 || d.at >= len(d.ids) {
		return ""
	}
	return d.ids[d.at]
}

// asset gives the image that is looked at; false while it is not known yet.
func (d *desk) asset() (domain.Asset, bool) {
	a, ok := d.assets[d.current()]
	return a, ok
}

// nextOpen gives the first place after from that wants somebody; len(ids) where there is none.
func (d *desk) nextOpen(from int) int {
	for i := from + 1; i < len(d.ids); i++ {
		if d.open[d.ids[i]] {
			return i
		}
	}
	return len(d.ids)
}

// after gives the place to go to when the image at the present place is done with. wasOpen tells whether it wanted
// somebody before: work goes on with the next that does. After a correction it goes on with the next image.
func (d *desk) after(wasOpen bool) int {
	if !d.review && (d.filtered || !wasOpen) {
		return min(d.at+1, len(d.ids))
	}
	to := d.nextOpen(d.at)
	if to == len(d.ids) && d.review {
		to = d.nextOpen(-1)
	}
	return to
}

// wants tells whether a label of this state wants somebody.
func (d *desk) wants(s domain.State) bool {
	if d.review {
		return s == domain.StateAuto
	}
	return s == domain.StateUnlabelled
}

// put makes l the label of an image.
func (d *desk) put(id string, l domain.Label) {
	if a, known := d.assets[id]; known {
		a.Label = l
		d.assets[id] = a
	}
	if _, listed := d.index[id]; !listed {
		return
	}
	if d.wants(l.State) {
		d.open[id] = true
	} else {
		delete(d.open, id)
	}
}

// learn takes in what the host knows of images. busy are those with writes on their way, whose labels we know better.
func (d *desk) learn(assets []domain.Asset, busy func(id string) bool) {
	for _, a := range assets {
		if old, known := d.assets[a.ID]; known && busy(a.ID) {
			a.Label = old.Label
		}
		d.assets[a.ID] = a
		d.put(a.ID, a.Label)
	}
}

// act does change to the image that is looked at and gives the step, or false where there is nothing to change.
func (d *desk) act(op, kind string, change domain.LabelChange) (step, bool) {
	a, ok := d.asset()
	if !ok {
		return step{}, false
	}
	change.AssetID = a.ID
	st := step{op: op, asset: a.ID, kind: kind, change: change, before: a.Label, after: outbox.Result(a.Label, change), n: 1}
	if saysSame(st.before, st.after) && domain.SameReview(st.before, st.after) {
		return step{}, false
	}
	d.put(a.ID, st.after)
	d.done, d.undone = append(d.done, st), nil
	return st, true
}

// remember takes in a step that the host has done already.
func (d *desk) remember(st step) { d.done, d.undone = append(d.done, st), nil }

// back takes the newest step off what was done. A step on one image is taken back here at once, and looked at.
func (d *desk) back() (step, bool) {
	if len(d.done) == 0 {
		return step{}, false
	}
	st := d.done[len(d.done)-1]
	d.done, d.undone = d.done[:len(d.done)-1], append(d.undone, st)
	d.show(st.asset, st.before)
	return st, true
}

// again does the step that was taken back last once more, as a new operation op.
func (d *desk) again(op string) (step, bool) {
	if len(d.undone) == 0 {
		return step{}, false
	}
	st := d.undone[len(d.undone)-1]
	if st.asset != "" {
		st.op = op
	}
	d.undone, d.done = d.undone[:len(d.undone)-1], append(d.done, st)
	d.show(st.asset, st.after)
	return st, true
}

// show makes l the label of an image and looks at it. One that has left the list, as reviewed ones do when it is loaded
// again, comes back into it here.
func (d *desk) show(asset string, l domain.Label) {
	if asset == "" {
		return
	}
	if _, listed := d.index[asset]; !listed {
		d.at = min(d.at, len(d.ids))
		d.ids = slices.Insert(d.ids, d.at, asset)
		for i := d.at; i < len(d.ids); i++ {
			d.index[d.ids[i]] = i
		}
	}
	d.put(asset, l)
	d.at = d.index[asset]
}

// tally counts the images of what was done, by kind.
func (d *desk) tally() map[string]int {
	out := map[string]int{}
	for _, st := range d.done {
		out[st.kind] += st.n
	}
	return out
}

// ticked gives the classes that are on for the image that is looked at: the draft, else its label's.
func (d *desk) ticked() []string {
	if id := d.current(); id != "" && d.drafted == id {
		return d.draft
	}
	a, _ := d.asset()
	return classesOf(a.Label)
}

// tick turns a class of the draft on or off.
func (d *desk) tick(class string) {
	now := slices.Clone(d.ticked())
	d.drafted = d.current()
	if i := slices.Index(now, class); i >= 0 {
		d.draft = slices.Delete(now, i, i+1)
	} else {
		d.draft = append(now, class)
	}
}

// changed tells whether the draft differs from the label of its image.
func (d *desk) changed() bool {
	a, ok := d.asset()
	return ok && d.drafted == a.ID && !sameClasses(d.draft, classesOf(a.Label))
}

// settled forgets the draft.
func (d *desk) settled() { d.draft, d.drafted = nil, "" }

// around gives the ids from before places behind to ahead places in front of the present place, the present one first,
// then those in front, then those behind, nearest first.
func (d *desk) around(ahead, behind int) []string {
	var out []string
	for i := d.at; i <= d.at+ahead && i < len(d.ids); i++ {
		out = append(out, d.ids[i])
	}
	// What comes next may lie further on than the next place.
	if to := d.nextOpen(d.at); to > d.at+ahead && to < len(d.ids) && len(out) > 0 && !d.filtered {
		far := []string{}
		for i := to; i < len(d.ids) && len(far) < ahead/2; i++ {
			if d.open[d.ids[i]] {
				far = append(far, d.ids[i])
			}
		}
		out = append(out[:1:1], append(far, out[1:max(1, len(out)-ahead/2)]...)...)
	}
	for i := d.at - 1; i >= d.at-behind && i >= 0; i-- {
		if i < len(d.ids) {
			out = append(out, d.ids[i])
		}
	}
	return out
}

// unknown gives up to limit ids near the present place that nothing is known of yet.
func (d *desk) unknown(ahead, behind, limit int) []string {
	var out []string
	for _, id := range d.around(ahead, behind) {
		if _, known := d.assets[id]; !known && len(out) < limit {
			out = append(out, id)
		}
	}
	return out
}
