package clusters

import (
	"slices"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxShown    = 12 // thumbnails of members in a row
	maxOutliers = 4  // and of outliers
	// maxLink is how many images the gallery is asked for by an address.
	maxLink = 400
)

// group is one cluster as it is worked on: merged and split groups are only here, the clustering stays as it was made.
type group struct {
	key      string // differs between all groups that there have been
	members  []string
	outliers []string
	shown    []string
	toggled  map[string]bool // members that were unticked, outliers that were ticked
}

func groupsOf(c domain.Clustering) []*group {
	out := make([]*group, len(c.Clusters))
	for i, of := range c.Clusters {
		out[i] = &group{key: c.ID + "/" + of.ID, members: of.Assets, outliers: of.Outliers, shown: of.Shown, toggled: map[string]bool{}}
	}
	return out
}

// all gives the images of g, members first.
func (g *group) all() []string { return slices.Concat(g.members, g.outliers) }

// ticked tells whether an image is labelled with the group.
func (g *group) ticked(id string) bool {
	return slices.Contains(g.outliers, id) == g.toggled[id]
}

// toggle takes an image out of the group's labelling, or in.
func (g *group) toggle(id string) {
	if g.toggled[id] {
		delete(g.toggled, id)
	} else {
		g.toggled[id] = true
	}
}

// target is what labelling g is about: of the ticked images those that are open, or all of them where none is.
func (g *group) target(open map[string]bool) []string {
	var ticked, still []string
	take := func(list []string, on bool) {
		for _, id := range list {
			if g.toggled[id] == on {
				continue
			}
			ticked = append(ticked, id)
			if open[id] {
				still = append(still, id)
			}
		}
	}
	take(g.members, true)
	take(g.outliers, false)
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

// merged puts two groups together; what is shown comes from both.
func merged(a, b *group) *group {
	out := &group{key: a.key + "+" + b.key, members: slices.Concat(a.members, b.members), outliers: slices.Concat(a.outliers, b.outliers), toggled: map[string]bool{}}
	for i := range maxShown {
		for _, from := range []*group{a, b} {
			if i < len(from.shown) && len(out.shown) < maxShown {
				out.shown = append(out.shown, from.shown[i])
			}
		}
	}
	for _, from := range []*group{a, b} {
		for id := range from.toggled {
			out.toggled[id] = true
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

// nextOpen gives the first group after at that has something to label, at where there is none.
func nextOpen(groups []*group, at int, open map[string]bool) int {
	for i := 1; i < len(groups); i++ {
		if to := (at + i) % len(groups); groups[to].left(open) > 0 {
			return to
		}
	}
	return at
}
