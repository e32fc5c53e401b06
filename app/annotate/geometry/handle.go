package geometry

import "math"

// Handle is the part of a rectangle that a pointer holds.
type Handle uint8

// The eight handles and the rest. A corner is the sum of its two edges.
const (
	None      Handle = 0
	West      Handle = 1
	East      Handle = 2
	North     Handle = 4
	South     Handle = 8
	Body      Handle = 16 // the inside or the border: moves the whole
	NorthWest        = North | West
	NorthEast        = North | East
	SouthWest        = South | West
	SouthEast        = South | East
)

// Handles are the eight in the order in which they are drawn.
var Handles = []Handle{NorthWest, North, NorthEast, East, SouthEast, South, SouthWest, West}

// Cursor is the name that CSS gives to the cursor over h.
func (h Handle) Cursor() string {
	switch h {
	case NorthWest, SouthEast:
		return "nwse-resize"
	case NorthEast, SouthWest:
		return "nesw-resize"
	case West, East:
		return "ew-resize"
	case North, South:
		return "ns-resize"
	case Body:
		return "move"
	}
	return ""
}

// At is where h lies on r.
func (h Handle) At(r Rect) ImagePt {
	p := ImagePt{(r.X0 + r.X1) / 2, (r.Y0 + r.Y1) / 2}
	switch {
	case h&West != 0:
		p.X = r.X0
	case h&East != 0:
		p.X = r.X1
	}
	switch {
	case h&North != 0:
		p.Y = r.Y0
	case h&South != 0:
		p.Y = r.Y1
	}
	return p
}

// HandleAt gives the handle of r that p holds, None where there is none: within reach outside of the border, and inside of it
// at most a third of the way, so that a small rectangle can still be held by its middle. Both are in pixels of the image.
func HandleAt(r Rect, p ImagePt, reach float64) Handle {
	if !r.Grow(reach).Contains(p) {
		return None
	}
	return side(p.X, r.X0, r.X1, reach, West, East) | side(p.Y, r.Y0, r.Y1, reach, North, South)
}

func side(v, from, to, reach float64, first, second Handle) Handle {
	within := math.Min(reach, (to-from)/3)
	switch {
	case v <= from+within:
		return first
	case v >= to-within:
		return second
	}
	return None
}

// Drag is r with the edges of h at p, and the handle that is held then: an edge that is pulled over the opposite one becomes
// that one.
func (h Handle) Drag(r Rect, p ImagePt) (Rect, Handle) {
	if h&West != 0 {
		r.X0 = p.X
	}
	if h&East != 0 {
		r.X1 = p.X
	}
	if h&North != 0 {
		r.Y0 = p.Y
	}
	if h&South != 0 {
		r.Y1 = p.Y
	}
	if r.X0 > r.X1 {
		r.X0, r.X1 = r.X1, r.X0
		h ^= West | East
	}
	if r.Y0 > r.Y1 {
		r.Y0, r.Y1 = r.Y1, r.Y0
		h ^= North | South
	}
	return r, h
}

// Hit gives the index of the rectangle that a click at p means: of those that hold p, grown by reach, the smallest, because
// a larger one around it can be hit elsewhere. after, when it is one of them, passes the turn on: clicking again and again
// goes through all of them. It is -1 where there is none.
func Hit(rects []Rect, p ImagePt, reach float64, after int) int {
	first, next := -1, -1
	before := func(i, j int) bool { // in order of area, then the last drawn first
		return j < 0 || rects[i].Area() < rects[j].Area() || rects[i].Area() == rects[j].Area() && i > j
	}
	hit := func(i int) bool { return rects[i].Grow(reach).Contains(p) }
	turn := after >= 0 && after < len(rects) && hit(after)
	for i := range rects {
		if !hit(i) {
			continue
		}
		if before(i, first) {
			first = i
		}
		if turn && i != after && before(after, i) && before(i, next) {
			next = i
		}
	}
	if next >= 0 {
		return next
	}
	return first
}
