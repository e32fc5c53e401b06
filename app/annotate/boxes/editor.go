// Package boxes is the work on the bounding boxes of one image: what a pointer and a key do to them. It knows neither the page
// nor the host, so that every gesture is tested without a browser; the stage tells it of pointers and draws what it holds.
package boxes

import (
	"slices"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/server/domain"
)

// MinSide is the least width and height in pixels of a box that is drawn by hand.
const MinSide = 1

// Tool says what a drag over the image does.
type Tool uint8

// The tools.
const (
	Draw   Tool = iota // makes a box
	Select             // moves the box under the pointer, or chooses those in a rectangle
)

// Notice is why something was not done; "" for no reason to tell.
type Notice string

// The notices.
const (
	TooSmall Notice = "small"
	Full     Notice = "full"
	NoClass  Notice = "no_class"
)

// Editor holds the boxes of one image while somebody works on them. The zero value holds none.
type Editor struct {
	Size  geometry.Size
	Tool  Tool
	Class string // of new boxes
	Snap  bool   // to other boxes; to the image's edges it snaps always

	boxes    []domain.Box
	rects    []geometry.Rect // of boxes
	selected []int           // ascending
	hover    int
	pointer  *geometry.ImagePt // where it is, nil while it is elsewhere
	gesture  gesture
}

// Load takes the boxes of an image. What is selected stays so as long as again is set: the boxes are those of the same image.
func (e *Editor) Load(list []domain.Box, size geometry.Size, again bool) {
	e.Size, e.gesture, e.hover = size, gesture{}, -1
	old := e.boxes
	e.boxes = slices.Clone(list)
	e.rects = make([]geometry.Rect, len(list))
	for i, b := range list {
		e.rects[i] = rectOf(b)
	}
	if !again {
		e.selected = nil
		return
	}
	e.selected = carried(old, e.boxes, e.selected)
}

// carried gives the selection after old became now: what undo brought back or changed, else what was selected before.
func carried(old, now []domain.Box, selected []int) []int {
	if slices.Equal(old, now) {
		return selected
	}
	var fresh []int
	for i, b := range now {
		if !slices.Contains(old, b) {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) > 0 {
		return fresh
	}
	var kept []int
	for _, i := range selected {
		if k := slices.Index(now, old[i]); k >= 0 && !slices.Contains(kept, k) {
			kept = append(kept, k)
		}
	}
	slices.Sort(kept)
	return kept
}

func rectOf(b domain.Box) geometry.Rect {
	return geometry.Rect{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H}
}

// Boxes gives the boxes as they stand. The slice is the editor's.
func (e *Editor) Boxes() []domain.Box { return e.boxes }

// Rects gives the boxes' edges. The slice is the editor's.
func (e *Editor) Rects() []geometry.Rect { return e.rects }

// Selected gives the places of what is selected, ascending. The slice is the editor's.
func (e *Editor) Selected() []int { return e.selected }

// IsSelected tells whether box i is selected.
func (e *Editor) IsSelected(i int) bool {
	_, found := slices.BinarySearch(e.selected, i)
	return found
}

// Hover is the box that a click would mean, -1 for none.
func (e *Editor) Hover() int { return e.hover }

// HoverOver shows box i as if the pointer were over it; -1 for none.
func (e *Editor) HoverOver(i int) { e.hover = i }

// put gives box i new edges. What has not moved keeps its numbers to the last bit.
func (e *Editor) put(i int, r geometry.Rect) {
	if r == e.rects[i] {
		return
	}
	e.rects[i] = r
	e.boxes[i].X, e.boxes[i].Y, e.boxes[i].W, e.boxes[i].H, e.boxes[i].Score = r.X0, r.Y0, r.W(), r.H(), 0
}

func (e *Editor) add(class string, r geometry.Rect) {
	e.boxes = append(e.boxes, domain.Box{ClassID: class, X: r.X0, Y: r.Y0, W: r.W(), H: r.H()})
	e.rects = append(e.rects, r)
}

// shift moves box i, whose width and height stay what they are to the last bit.
func (e *Editor) shift(i int, from domain.Box, dx, dy float64) {
	from.X, from.Y, from.Score = from.X+dx, from.Y+dy, 0
	e.boxes[i], e.rects[i] = from, rectOf(from)
}

// Choose selects box i alone, or with more also: once more takes it out again. i of -1 selects nothing.
func (e *Editor) Choose(i int, more bool) {
	switch at, found := slices.BinarySearch(e.selected, i); {
	case i < 0 || i >= len(e.boxes):
		if !more {
			e.selected = nil
		}
	case !more:
		e.selected = []int{i}
	case found:
		e.selected = slices.Delete(slices.Clone(e.selected), at, at+1)
	default:
		e.selected = slices.Insert(slices.Clone(e.selected), at, i)
	}
}

// ChooseTo selects from the first that is selected to i.
func (e *Editor) ChooseTo(i int) {
	from := i
	if len(e.selected) > 0 {
		from = e.selected[0]
		if i < from {
			from = e.selected[len(e.selected)-1]
		}
	}
	e.selected = nil
	for k := min(from, i); k <= max(from, i) && k < len(e.boxes); k++ {
		e.selected = append(e.selected, k)
	}
}

// ChooseAll selects all boxes.
func (e *Editor) ChooseAll() {
	e.selected = nil
	for i := range e.boxes {
		e.selected = append(e.selected, i)
	}
}

// Step selects the next box (by 1) or the one before (by -1) in the order of the list. It is false, and nothing is selected,
// behind the last and before the first: there the way leads out of the image.
func (e *Editor) Step(by int) bool {
	i := 0
	switch {
	case len(e.selected) > 0 && by > 0:
		i = e.selected[len(e.selected)-1] + 1
	case len(e.selected) > 0:
		i = e.selected[0] - 1
	case by < 0:
		i = len(e.boxes) - 1
	}
	if i < 0 || i >= len(e.boxes) {
		e.selected = nil
		return false
	}
	e.selected = []int{i}
	return true
}

// Delete takes away what is selected. It is false where nothing is.
func (e *Editor) Delete() bool {
	if len(e.selected) == 0 {
		return false
	}
	e.gesture = gesture{}
	boxes, rects := e.boxes[:0:0], e.rects[:0:0]
	for i, b := range e.boxes {
		if !e.IsSelected(i) {
			boxes, rects = append(boxes, b), append(rects, e.rects[i])
		}
	}
	e.boxes, e.rects, e.selected, e.hover = boxes, rects, nil, -1
	return true
}

// Relabel gives what is selected the class, which new boxes get from now on too. It is false where nothing changes.
func (e *Editor) Relabel(class string) bool {
	e.Class = class
	changed := false
	for _, i := range e.selected {
		if e.boxes[i].ClassID != class {
			e.boxes[i].ClassID, e.boxes[i].Score, changed = class, 0, true
		}
	}
	return changed
}

// Nudge moves what is selected, as far as the image goes. It is false where nothing moves.
func (e *Editor) Nudge(dx, dy float64) bool {
	if len(e.selected) == 0 || e.Busy() {
		return false
	}
	dx, dy = e.around(e.selected).Inside(e.Size, dx, dy)
	if dx == 0 && dy == 0 {
		return false
	}
	for _, i := range e.selected {
		e.shift(i, e.boxes[i], dx, dy)
	}
	return true
}

// around is the rectangle around some boxes, of which there is at least one.
func (e *Editor) around(list []int) geometry.Rect {
	r := e.rects[list[0]]
	for _, i := range list[1:] {
		r = r.Union(e.rects[i])
	}
	return r
}

// Duplicate puts copies of what is selected beside it, by pixels of the image to the right and down, and selects them.
func (e *Editor) Duplicate(by float64) (bool, Notice) {
	switch {
	case len(e.selected) == 0 || e.Busy():
		return false, ""
	case len(e.boxes)+len(e.selected) > domain.MaxBoxes:
		return false, Full
	}
	r := e.around(e.selected)
	dx, dy := r.Inside(e.Size, by, by)
	if dx < by {
		dx, _ = r.Inside(e.Size, -by, 0)
	}
	if dy < by {
		_, dy = r.Inside(e.Size, 0, -by)
	}
	var copies []int
	for _, i := range e.selected {
		e.add(e.boxes[i].ClassID, geometry.Rect{})
		e.shift(len(e.boxes)-1, e.boxes[i], dx, dy)
		copies = append(copies, len(e.boxes)-1)
	}
	e.selected = copies
	return true, ""
}

// Append puts boxes of another image onto this one, cut at its edges, without those that are there already, and selects them.
func (e *Editor) Append(list []domain.Box) (bool, Notice) {
	var fresh []int
	for _, b := range list {
		r := rectOf(b).Clip(e.Size)
		if r.W() < MinSide || r.H() < MinSide || slices.ContainsFunc(e.boxes, func(o domain.Box) bool { return o.ClassID == b.ClassID && rectOf(o) == r }) {
			continue
		}
		if len(e.boxes) == domain.MaxBoxes {
			return len(fresh) > 0, Full
		}
		e.add(b.ClassID, r)
		if r == rectOf(b) { // whole: to the last bit
			b.Score = 0
			e.boxes[len(e.boxes)-1] = b
		}
		fresh = append(fresh, len(e.boxes)-1)
	}
	if len(fresh) == 0 {
		return false, ""
	}
	e.selected = fresh
	return true, ""
}

// Fit gives box i new edges, cut at the image's, as long as it still is what it was. It is false where nothing changes.
func (e *Editor) Fit(i int, was domain.Box, r geometry.Rect) bool {
	if r = r.Clip(e.Size); e.Busy() || i >= len(e.boxes) || e.boxes[i] != was || r.W() < MinSide || r.H() < MinSide || r == e.rects[i] {
		return false
	}
	e.put(i, r)
	return true
}

// Add puts a box of the class of new boxes at r, cut at the image's edges, and selects it.
func (e *Editor) Add(r geometry.Rect) (bool, Notice) {
	r = r.Clip(e.Size)
	switch {
	case e.Class == "":
		return false, NoClass
	case len(e.boxes) >= domain.MaxBoxes:
		return false, Full
	case r.W() < MinSide || r.H() < MinSide:
		return false, TooSmall
	}
	e.add(e.Class, r)
	e.selected = []int{len(e.boxes) - 1}
	return true, ""
}

// SetRect gives the box that is selected alone new edges, cut at the image's.
func (e *Editor) SetRect(r geometry.Rect) (bool, Notice) {
	if len(e.selected) != 1 || e.Busy() {
		return false, ""
	}
	r = r.Clip(e.Size)
	if r.W() < MinSide || r.H() < MinSide {
		return false, TooSmall
	}
	i := e.selected[0]
	if r == e.rects[i] {
		return false, ""
	}
	e.put(i, r)
	return true, ""
}
