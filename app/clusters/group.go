package clusters

import (
	"cmp"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxShown    = 12 // thumbnails of members in a row
	maxOutliers = 4  // and of outliers
	// maxLink is how many images the gallery is asked for by an address.
	maxLink = 400
)

const (
	// smallGroup is up to how many images a group counts as small: a row shows most of it.
	smallGroup = 2 * maxShown
	// clearFrom and sureFrom are where a small group is rather likely to show one thing only (engine/bench/UNSUPERVISED.md).
	clearFrom = 0.3
	sureFrom  = 0.7
)

// group is one cluster as it is worked on: merged and split groups are only here, the clustering stays as it was made.
type group struct {
	key      string // differs between all groups that there have been
	members  []string
	outliers []string
	shown    []string // of members, the most typical first
	clear    float64
	class    string // id of the class that labels suggest; sure is its probability
	sure     float64
	only     bool            // nothing but the most typical image is ticked, unless it was toggled
	passed   bool            // was labelled or left out: keys go on past it
	toggled  map[string]bool // images that a person ticked or unticked
}

// groupsOf gives the groups of c, those first that are the most likely to show one thing. In a small group that may be mixed only the most
// typical image is ticked.
func groupsOf(c domain.Clustering) []*group {
	out := make([]*group, len(c.Clusters))
	for i, of := range c.Clusters {
		g := &group{
			key: c.ID + "/" + of.ID, members: of.Assets, outliers: of.Outliers, shown: of.Shown,
			clear: of.Clear, class: of.Class, sure: of.Sure, toggled: map[string]bool{},
		}
		g.only = g.size() <= smallGroup && len(g.shown) > 0 && g.mixed()
		out[i] = g
	}
	slices.SortStableFunc(out, func(a, b *group) int {
		if d := b.sure - a.sure; d != 0 {
			return cmp.Compare(b.sure, a.sure)
		}
		return cmp.Compare(b.clear, a.clear)
	})
	return out
}

// mixed tells whether the images are likely to show several things.
func (g *group) mixed() bool {
	if g.sure > 0 {
		return g.sure < sureFrom
	}
	return g.clear < clearFrom
}

// all gives the images of g, members first.
func (g *group) all() []string { return slices.Concat(g.members, g.outliers) }

func (g *group) size() int { return len(g.members) + len(g.outliers) }

// ticked tells whether an image is labelled with the group.
func (g *group) ticked(id string) bool {
	on := !slices.Contains(g.outliers, id)
	if g.only {
		on = id == g.shown[0]
	}
	return on != g.toggled[id]
}

// toggle takes an image out of the group's labelling, or in.
func (g *group) toggle(id string) {
	if g.toggled[id] {
		delete(g.toggled, id)
	} else {
		g.toggled[id] = true
	}
}

// alone ticks the most typical image only, or, where that is so, all but the outliers.
func (g *group) alone() {
	if len(g.shown) > 0 {
		g.only, g.toggled = !g.only, map[string]bool{}
	}
}

// target is what labelling g is about: of the ticked images those that are open, or all of them where none is.
func (g *group) target(open map[string]bool) []string {
	var ticked, still []string
	for _, id := range g.all() {
		if !g.ticked(id) {
			continue
		}
		ticked = append(ticked, id)
		if open[id] {
			still = append(still, id)
		}
	}
	if len(still) > 0 {
		return still
	}
	return ticked
}

// left counts the images of g that are open.
func (g *group) left(open map[string]bool) (n int) {
	for _, id := range g.members {
		if open[id] {
			n++
		}
	}
	for _, id := range g.outliers {
		if open[id] {
			n++
		}
	}
	return n
}

// thumbs are the images that a row shows.
func (g *group) thumbs() (members, outliers []string) {
	return g.shown[:min(len(g.shown), maxShown)], g.outliers[:min(len(g.outliers), maxOutliers)]
}

// spliced gives rows with n of them from at on replaced.
func spliced(rows []*group, at, n int, by ...*group) []*group {
	out := append([]*group{}, rows[:at]...)
	out = append(out, by...)
	return append(out, rows[at+n:]...)
}

// merged puts two groups together; what is shown comes from both, and what was ticked stays so.
func merged(a, b *group) *group {
	out := &group{
		key: a.key + "+" + b.key, members: slices.Concat(a.members, b.members), outliers: slices.Concat(a.outliers, b.outliers),
		clear: min(a.clear, b.clear), toggled: map[string]bool{},
	}
	if a.class == b.class {
		out.class, out.sure = a.class, min(a.sure, b.sure)
	}
	for i := range maxShown {
		for _, from := range []*group{a, b} {
			if i < len(from.shown) && len(out.shown) < maxShown {
				out.shown = append(out.shown, from.shown[i])
			}
		}
	}
	for _, from := range []*group{a, b} {
		for _, id := range from.all() {
			if from.ticked(id) != out.ticked(id) {
				out.toggled[id] = true
			}
		}
	}
	return out
}

// classOf gives the class that all of the shown images that are labelled have, "" where they differ or none is.
func classOf(g *group, assets map[string]domain.Asset) string {
	class := ""
	for _, id := range g.shown {
		l := assets[id].Label
		if l.State != domain.StateLabelled {
			continue
		}
		if len(l.Classes) != 1 || (class != "" && class != l.Classes[0].ClassID) {
			return ""
		}
		class = l.Classes[0].ClassID
	}
	return class
}

// nextOpen gives the first group after at that is still to be looked at, at where there is none.
func nextOpen(groups []*group, at int, open map[string]bool) int {
	for i := 1; i < len(groups); i++ {
		if to := (at + i) % len(groups); !groups[to].passed && groups[to].left(open) > 0 {
			return to
		}
	}
	return at
}
