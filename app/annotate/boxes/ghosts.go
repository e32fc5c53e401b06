package boxes

import (
	"slices"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/server/domain"
)

const (
	// sameObject is the overlap (IoU) from which on a box of the image and a suggestion are of one object.
	sameObject = 0.5
	// stillObject is the overlap down to which a box that was a suggestion is still of its object, however it was pulled.
	stillObject = 0.1
)

// Ghosts are what is suggested for one image. A suggestion is open until a person has said something of its object: has taken it, has
// refused it, or has drawn a box there.
type Ghosts struct {
	list    []domain.Box // the surest first
	rects   []geometry.Rect
	taken   []bool
	refused []bool
	focus   int // -1 for none
}

// NewGhosts are suggestions that nobody has said anything of, the surest first.
func NewGhosts(list []domain.Box) *Ghosts {
	g := &Ghosts{list: list, taken: make([]bool, len(list)), refused: make([]bool, len(list)), focus: -1}
	for _, b := range list {
		g.rects = append(g.rects, rectOf(b))
	}
	return g
}

// Open gives the places of the suggestions of at least least that are open beside the boxes of an image, the surest first. Nil Ghosts
// have none.
func (g *Ghosts) Open(rects []geometry.Rect, least float64) []int {
	if g == nil {
		return nil
	}
	var open []int
	for i, b := range g.list {
		enough := sameObject
		if g.taken[i] {
			enough = stillObject
		}
		over := func(r geometry.Rect) bool { return geometry.IoU(r, g.rects[i]) >= enough }
		if b.Score >= least && !g.refused[i] && !slices.ContainsFunc(rects, over) {
			open = append(open, i)
		}
	}
	return open
}

// Count is how many suggestions have at least a score, whatever was said of them.
func (g *Ghosts) Count(least float64) (n int) {
	for _, b := range g.list {
		if b.Score >= least {
			n++
		}
	}
	return n
}

// Box gives the i-th suggestion, Rect its edges.
func (g *Ghosts) Box(i int) domain.Box { return g.list[i] }

// Rect is described at Box.
func (g *Ghosts) Rect(i int) geometry.Rect { return g.rects[i] }

// Take remembers that a suggestion was taken.
func (g *Ghosts) Take(i int) { g.taken[i] = true }

// Recall looks at which suggestions have been taken, when the boxes of the image have become others by undo.
func (g *Ghosts) Recall(list []domain.Box) {
	if g == nil {
		return
	}
	for i := range g.list {
		g.taken[i] = g.taken[i] && slices.ContainsFunc(list, func(b domain.Box) bool { return geometry.IoU(rectOf(b), g.rects[i]) >= sameObject })
	}
}

// Refuse remembers that a suggestion was refused, Restore that it was not.
func (g *Ghosts) Refuse(i int) { g.refused[i] = true }

// Restore is described at Refuse.
func (g *Ghosts) Restore(i int) { g.refused[i] = false }

// Focus gives the suggestion that keys mean; false where none of open is.
func (g *Ghosts) Focus(open []int) (int, bool) {
	if g == nil || !slices.Contains(open, g.focus) {
		return -1, false
	}
	return g.focus, true
}

// Leave lets keys mean no suggestion.
func (g *Ghosts) Leave() {
	if g != nil {
		g.focus = -1
	}
}

// Step lets keys mean the next of open (by 1) or the one before (by -1), around the ends. The one that is meant need not be open any more:
// it goes on from there.
func (g *Ghosts) Step(open []int, by int) {
	if len(open) == 0 {
		g.focus = -1
		return
	}
	at, found := slices.BinarySearch(open, g.focus)
	switch {
	case by < 0:
		at--
	case found:
		at++
	}
	if g.focus < 0 && by < 0 {
		at = len(open) - 1
	}
	g.focus = open[(at+len(open))%len(open)]
}

// Under gives the suggestion of open that a press at p means, -1 for none.
func (g *Ghosts) Under(open []int, p Pointer) int {
	rects := make([]geometry.Rect, len(open))
	for k, i := range open {
		rects[k] = g.rects[i]
	}
	if k := geometry.Hit(rects, p.At, 2/p.Scale, -1); k >= 0 {
		return open[k]
	}
	return -1
}

// Grips tells whether p holds a handle of the i-th suggestion.
func (g *Ghosts) Grips(i int, p Pointer) bool {
	h := geometry.HandleAt(g.rects[i], p.At, p.Reach/p.Scale)
	return h != geometry.None && h != geometry.Body
}

// Of gives the places of the suggestions that are of the objects of some boxes.
func (g *Ghosts) Of(rects []geometry.Rect) []int {
	if g == nil {
		return nil
	}
	var out []int
	for i := range g.list {
		if slices.ContainsFunc(rects, func(r geometry.Rect) bool { return geometry.IoU(r, g.rects[i]) >= sameObject }) {
			out = append(out, i)
		}
	}
	return out
}

// Tally counts what became of the suggestions of an image with these boxes: those that stand there as they were, those that do otherwise,
// and those that were refused.
func (g *Ghosts) Tally(list []domain.Box) (accepted, adjusted, refused int) {
	if g == nil {
		return 0, 0, 0
	}
	for i := range g.list {
		if g.refused[i] {
			refused++
		}
	}
	for i, b := range g.list {
		switch {
		case !g.taken[i]:
		case slices.ContainsFunc(list, func(o domain.Box) bool { return sameBox(o, b) }):
			accepted++
		case slices.ContainsFunc(list, func(o domain.Box) bool { return geometry.IoU(rectOf(o), g.rects[i]) >= stillObject }):
			adjusted++
		}
	}
	return accepted, adjusted, refused
}

// Alone gives the score of the least sure of some boxes; false unless all of them, of which there is one at least, are suggestions as they were.
func (g *Ghosts) Alone(list []domain.Box) (least float64, ok bool) {
	if g == nil {
		return 0, false
	}
	least = 1
	for _, b := range list {
		i := slices.IndexFunc(g.list, func(o domain.Box) bool { return sameBox(b, o) })
		if i < 0 {
			return 0, false
		}
		least = min(least, g.list[i].Score)
	}
	return least, len(list) > 0
}

// sameBox tells whether a box says the same as a suggestion, whoever says it. A suggestion of no class says nothing of it.
func sameBox(b, suggestion domain.Box) bool {
	if suggestion.ClassID == "" {
		b.ClassID = ""
	}
	b.Score, suggestion.Score = 0, 0
	return b == suggestion
}
