package annotate

import (
	"slices"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/server/domain"
)

// haunt is what is suggested over the boxes of the image on the stage.
type haunt struct {
	ghosts *boxes.Ghosts // nil for none
	least  float64       // score of those that are shown
	hover  int           // the one under the pointer, -1 for none
	taking int           // the one that a gesture has taken hold of, -1 for none
	before []domain.Box  // the boxes before it did
}

// open are the suggestions that are seen.
func (l *boxLayer) open() []int {
	if l.asset == "" || l.hidden {
		return nil
	}
	return l.haunt.ghosts.Open(l.edit.Rects(), l.haunt.least)
}

// suggest shows ghosts over the image, nil for none.
func (l *boxLayer) suggest(g *boxes.Ghosts, least float64) {
	if l.haunt.ghosts != g {
		l.haunt.hover, l.haunt.taking = -1, -1
	}
	l.haunt.ghosts, l.haunt.least = g, least
	l.later()
}

// put makes boxes of suggestions, selected where chosen says so. It is false where there is nothing to make, or no room.
func (l *boxLayer) put(list []int, chosen bool) (bool, boxes.Notice) {
	g := l.haunt.ghosts
	var taken []domain.Box
	for _, i := range list {
		b := g.Box(i)
		if b.ClassID == "" { // a place that may hold something: what, the person has chosen
			b.ClassID = l.edit.Class
		}
		if b.ClassID == "" {
			return false, boxes.NoClass
		}
		taken = append(taken, b)
	}
	changed, n := l.edit.Append(taken)
	if !changed {
		return false, n
	}
	for _, i := range list {
		g.Take(i)
	}
	if !chosen {
		l.edit.Choose(-1, false)
	}
	return true, n
}

// seize takes hold of the suggestion under a button that goes down: of one of its handles where keys mean it, with the select tool of any.
func (l *boxLayer) seize(p boxes.Pointer) {
	l.haunt.taking = -1
	open, g := l.open(), l.haunt.ghosts
	if len(open) == 0 || l.edit.Busy() {
		return
	}
	i, focused := g.Focus(open)
	if !focused || !g.Grips(i, p) {
		i = -1
		if (l.edit.Tool == boxes.Select || p.Ctrl) && l.edit.Free(p) {
			i = g.Under(open, p)
		}
	}
	if i < 0 {
		return
	}
	before := slices.Clone(l.edit.Boxes())
	if made, _ := l.put([]int{i}, true); made {
		l.haunt.taking, l.haunt.before = i, before
		g.Leave()
	}
}

// clicked takes the suggestion under a click of the draw tool. A place of no class has to be meant by keys already: else a click there is
// the first corner of a box.
func (l *boxLayer) clicked(p boxes.Pointer) bool {
	if !l.edit.Clicks(p) {
		return false
	}
	open, g := l.open(), l.haunt.ghosts
	if len(open) == 0 {
		return false
	}
	i := g.Under(open, p)
	if focus, _ := g.Focus(open); i < 0 || g.Box(i).ClassID == "" && i != focus {
		return false
	}
	l.edit.Cancel()
	made, n := l.put([]int{i}, true)
	l.haunt.ghosts.Leave()
	l.tell(made, "labelled", n)
	return true
}

// hold takes the suggestion that keys mean, to be moved by them.
func (l *boxLayer) hold() bool {
	i, focused := l.haunt.ghosts.Focus(l.open())
	if !focused {
		return false
	}
	made, _ := l.put([]int{i}, true)
	l.haunt.ghosts.Leave()
	return made
}

// cancel gives up the gesture that is under way.
func (l *boxLayer) cancel() {
	if l.edit.Busy() {
		l.edit.Cancel()
	}
	l.letGo(false)
}

// letGo ends a gesture that has taken hold of a suggestion; true where the boxes differ for that. One that was given up leaves the
// suggestion as it was.
func (l *boxLayer) letGo(done bool) bool {
	took := l.haunt.taking >= 0
	if l.haunt.taking = -1; took && !done {
		l.edit.Load(l.haunt.before, l.edit.Size, true)
	}
	return took && done
}

// pointGhost remembers the suggestion under the pointer.
func (l *boxLayer) pointGhost(p boxes.Pointer) {
	l.haunt.hover = -1
	if open := l.open(); len(open) > 0 && !l.edit.Busy() && l.edit.Hover() < 0 {
		l.haunt.hover = l.haunt.ghosts.Under(open, p)
	}
}
