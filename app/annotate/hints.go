package annotate

import (
	"slices"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const (
	// hintsAhead is how many of the images that come next are asked about with the present one.
	hintsAhead = 12
	// maxGhosts is how many classes of a suggestion are shown, leastGhost the least probability of one that is.
	maxGhosts  = 3
	leastGhost = 0.05
	// settling is how long a suggestion that has changed before a person's eyes is not taken by a key: they may have meant the
	// one before.
	settling = 250 * time.Millisecond
)

// hints is what the host suggests for the images of a desk. It knows nothing of the page.
type hints struct {
	off    bool // this person's choice
	status domain.Suggestions
	known  map[string]domain.Suggestion // by asset
	turned map[string]time.Time         // when the best class of an image became another
}

// learn takes in an answer.
func (h *hints) learn(got domain.Suggestions, now time.Time) {
	if h.known == nil || got.State != domain.SuggestReady {
		h.known, h.turned = map[string]domain.Suggestion{}, map[string]time.Time{}
	}
	for _, item := range got.Items {
		old, had := h.known[item.AssetID]
		if item.Pending {
			continue
		}
		if had && !sameClasses(old.Take, item.Take) {
			h.turned[item.AssetID] = now
		}
		h.known[item.AssetID] = item
	}
	got.Items = nil
	h.status = got
}

// of gives what is suggested for an image that wants a label.
func (h *hints) of(a domain.Asset) (domain.Suggestion, bool) {
	s, ok := h.known[a.ID]
	return s, ok && !h.off && a.Label.State == domain.StateUnlabelled && len(s.Classes) > 0
}

// steady tells whether the suggestion for an image has stood long enough to be taken.
func (h *hints) steady(asset string, now time.Time) bool { return now.Sub(h.turned[asset]) >= settling }

// ghosts are the classes of a suggestion that are shown: what it comes to, and what else is likely.
func ghosts(s domain.Suggestion) []domain.ClassScore {
	out := []domain.ClassScore{}
	for i, c := range s.Classes {
		if slices.Contains(s.Take, c.ClassID) || i < maxGhosts && c.Score >= leastGhost {
			out = append(out, c)
		}
	}
	return out
}

// wanted are the images to ask about: the present one, if it wants a label, then those that come next.
func (d *desk) wanted(limit int) []string {
	var out []string
	if id := d.current(); d.open[id] {
		out = append(out, id)
	}
	for i := d.nextOpen(d.at); i < len(d.ids) && len(out) < limit; i = d.nextOpen(i) {
		out = append(out, d.ids[i])
	}
	return out
}

// adopt begins the draft of the image that is looked at with some classes, unless it is begun.
func (d *desk) adopt(classes []string) {
	if d.drafted != d.current() {
		d.draft, d.drafted = slices.Clone(classes), d.current()
	}
}
