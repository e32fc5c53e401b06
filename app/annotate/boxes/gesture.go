package boxes

import (
	"math"
	"slices"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/server/domain"
)

// Pointer is where a mouse, a pen or a finger is, and how exactly it can be meant.
type Pointer struct {
	At    geometry.ImagePt // may lie outside the image
	Scale float64          // screen pixels per pixel of the image
	Reach float64          // screen pixels: how near to a handle means it
	Slop  float64          // screen pixels: what is less than this is a click, not a drag
	Shift bool
	Ctrl  bool // the other tool for now, and no snapping
}

// snapReach is how near in screen pixels an edge comes to a line that it snaps to.
const snapReach = 6

type kind uint8

const (
	idle   kind = iota
	press       // a button is down, nothing has moved yet
	span        // a box is being dragged open
	corner      // the first corner was clicked, the second is awaited
	resize
	move
	band // a rectangle that selects
)

// gesture is what a pointer is doing.
type gesture struct {
	kind   kind
	from   geometry.ImagePt // where the button went down
	anchor geometry.ImagePt // of span, corner and band: the corner that stays
	to     geometry.ImagePt // of them: the other one
	box    int              // of press and resize
	handle geometry.Handle
	start  geometry.Rect // of resize: the box before
	before []domain.Box  // of resize and move: all boxes before
	chosen []int         // of band: what was selected before
	snap   geometry.Snapper
	guides geometry.Guides
	pulls  bool // Ctrl was down: the select tool's press
}

// Busy tells whether a gesture is under way.
func (e *Editor) Busy() bool { return e.gesture.kind != idle }

// Clicks tells whether a button that comes up at p has clicked beside all boxes, where the draw tool would begin one.
func (e *Editor) Clicks(p Pointer) bool {
	g := e.gesture
	return g.kind == press && g.handle == geometry.None && geometry.Hit(e.rects, p.At, 2/p.Scale, -1) < 0
}

// Free tells whether a press at p means neither a box nor a handle.
func (e *Editor) Free(p Pointer) bool {
	_, h := e.grip(p)
	return h == geometry.None && e.under(p) < 0
}

// AwaitsCorner tells whether the first corner of a box was clicked and the second is awaited.
func (e *Editor) AwaitsCorner() bool { return e.gesture.kind == corner }

// Open gives the box that is being drawn.
func (e *Editor) Open() (geometry.Rect, bool) {
	return geometry.Span(e.gesture.anchor, e.gesture.to), e.gesture.kind == span || e.gesture.kind == corner
}

// Band gives the rectangle that selects.
func (e *Editor) Band() (geometry.Rect, bool) {
	return geometry.Span(e.gesture.anchor, e.gesture.to), e.gesture.kind == band
}

// Guides gives the lines that what is being drawn, moved or resized has snapped to, NaN for none.
func (e *Editor) Guides() geometry.Guides {
	if e.gesture.kind < span || e.gesture.kind == band {
		return geometry.NoGuides
	}
	return e.gesture.guides
}

// Pointer gives where the pointer is in the image, for a crosshair; false while it is elsewhere or does something else than
// to draw.
func (e *Editor) Pointer() (geometry.ImagePt, bool) {
	if e.pointer == nil || e.Tool != Draw || e.gesture.kind >= resize {
		return geometry.ImagePt{}, false
	}
	return *e.pointer, true
}

// Leave tells that the pointer is elsewhere.
func (e *Editor) Leave() { e.pointer, e.hover = nil, -1 }

// grip gives the handle of the box that is selected alone under p. While drawing only the squares count, because the next box
// may well begin at an edge of this one.
func (e *Editor) grip(p Pointer) (int, geometry.Handle) {
	if len(e.selected) != 1 {
		return -1, geometry.None
	}
	i := e.selected[0]
	h := geometry.HandleAt(e.rects[i], p.At, p.Reach/p.Scale)
	if h != geometry.None && e.Tool == Draw && !p.Ctrl {
		at := h.At(e.rects[i])
		if math.Max(math.Abs(at.X-p.At.X), math.Abs(at.Y-p.At.Y)) > p.Reach/p.Scale || !e.Shows(h, e.rects[i], p.Scale) {
			return -1, geometry.None
		}
	}
	return i, h
}

// Shows tells whether handle h of r is drawn at scale: in the middle of short edges there is no room for one.
func (e *Editor) Shows(h geometry.Handle, r geometry.Rect, scale float64) bool {
	const room = 36
	switch h {
	case geometry.North, geometry.South:
		return r.W()*scale >= room
	case geometry.West, geometry.East:
		return r.H()*scale >= room
	}
	return true
}

// under gives the box that a press at p means: one that is selected already where it is under it, else the smallest.
func (e *Editor) under(p Pointer) int {
	for _, i := range e.selected {
		if e.rects[i].Contains(p.At) {
			return i
		}
	}
	return geometry.Hit(e.rects, p.At, 2/p.Scale, -1)
}

// Cursor gives the CSS cursor over p.
func (e *Editor) Cursor(p Pointer) string {
	switch e.gesture.kind {
	case resize:
		return e.gesture.handle.Cursor()
	case move:
		return "move"
	case idle, press:
		if _, h := e.grip(p); h != geometry.None {
			return h.Cursor()
		}
		if (e.Tool == Select || p.Ctrl) && e.under(p) >= 0 {
			return "move"
		}
	}
	if e.Tool == Draw && !p.Ctrl {
		return "crosshair"
	}
	return "default"
}

// Down is a button or a finger that goes down.
func (e *Editor) Down(p Pointer) {
	if e.gesture.kind == corner {
		return // the second corner is where it comes up
	}
	g := gesture{kind: press, from: p.At, box: -1, pulls: e.Tool == Select || p.Ctrl, guides: geometry.NoGuides}
	if i, h := e.grip(p); h != geometry.None {
		g.box, g.handle = i, h
	} else if g.pulls {
		g.box = e.under(p)
	}
	e.gesture = g
}

// Move is a pointer that moves, with a button down or not.
func (e *Editor) Move(p Pointer) {
	at := p.At
	e.pointer = &at
	g := &e.gesture
	if g.kind == press && math.Hypot(p.At.X-g.from.X, p.At.Y-g.from.Y)*p.Scale > p.Slop {
		e.begin(p)
	}
	switch g.kind {
	case idle:
		e.hover = geometry.Hit(e.rects, p.At, 2/p.Scale, -1)
	case span, corner:
		g.to, g.guides = e.edge(p, p.At, geometry.None)
	case resize:
		e.pull(p)
	case move:
		e.carry(p)
	case band:
		g.to = p.At
		e.choose()
	}
}

// begin makes a drag of a press.
func (e *Editor) begin(p Pointer) {
	g := &e.gesture
	g.before = slices.Clone(e.boxes)
	switch {
	case g.handle != geometry.None:
		g.kind, g.start = resize, e.rects[g.box]
		g.snap = e.snapper(p, []int{g.box})
	case g.box >= 0:
		if !e.IsSelected(g.box) {
			e.Choose(g.box, p.Shift)
		}
		g.kind = move
		g.snap = e.snapper(p, e.selected)
	case g.pulls:
		g.kind, g.anchor = band, g.from
		if p.Shift {
			g.chosen = slices.Clone(e.selected)
		}
	default:
		e.openAt(p, span)
	}
}

// openAt begins a box at where the button went down.
func (e *Editor) openAt(p Pointer, k kind) {
	g := &e.gesture
	g.kind = k
	g.snap = e.snapper(p, nil)
	g.anchor, g.guides = e.edge(p, g.from, geometry.None)
	g.to = g.anchor
	e.hover = -1
}

// snapper knows the lines of all boxes but those that move.
func (e *Editor) snapper(p Pointer, moving []int) geometry.Snapper {
	var others []geometry.Rect
	if e.Snap {
		for i, r := range e.rects {
			if !slices.Contains(moving, i) {
				others = append(others, r)
			}
		}
	}
	return geometry.NewSnapper(e.Size, others, snapReach/p.Scale)
}

// edge is where an edge or a corner at p comes to lie: on a line near by, else between two pixels; never outside the image.
func (e *Editor) edge(p Pointer, at geometry.ImagePt, h geometry.Handle) (geometry.ImagePt, geometry.Guides) {
	at = at.Clip(e.Size)
	whole := at.Whole()
	if p.Ctrl {
		return whole, geometry.NoGuides
	}
	snapped, guides := e.gesture.snap.Point(at, h)
	if math.IsNaN(guides.X) {
		snapped.X = whole.X
	}
	if math.IsNaN(guides.Y) {
		snapped.Y = whole.Y
	}
	return snapped, guides
}

// pull resizes the box that is held.
func (e *Editor) pull(p Pointer) {
	g := &e.gesture
	hold := g.handle.At(g.start) // the pointer need not be exactly on the handle
	at := geometry.ImagePt{X: p.At.X + hold.X - g.from.X, Y: p.At.Y + hold.Y - g.from.Y}
	at, guides := e.edge(p, at, g.handle)
	r, _ := g.handle.Drag(g.start, at)
	if r.W() >= MinSide && r.H() >= MinSide {
		e.put(g.box, r)
		g.guides = guides
	}
}

// carry moves what is selected.
func (e *Editor) carry(p Pointer) {
	g := &e.gesture
	r := rectOf(g.before[e.selected[0]])
	for _, i := range e.selected[1:] {
		r = r.Union(rectOf(g.before[i]))
	}
	dx, dy := math.Round(p.At.X-g.from.X), math.Round(p.At.Y-g.from.Y)
	g.guides = geometry.NoGuides
	if !p.Ctrl {
		dx, dy, g.guides = g.snap.Move(r, dx, dy)
	}
	dx, dy = r.Inside(e.Size, dx, dy)
	for _, i := range e.selected {
		e.shift(i, g.before[i], dx, dy)
	}
}

// choose selects what the band touches.
func (e *Editor) choose() {
	r, _ := e.Band()
	e.selected = slices.Clone(e.gesture.chosen)
	for i := range e.rects {
		if r.Overlaps(e.rects[i]) && !slices.Contains(e.selected, i) {
			e.selected = append(e.selected, i)
		}
	}
	slices.Sort(e.selected)
}

// Up is a button or a finger that comes up. changed tells whether the boxes differ from before the gesture.
func (e *Editor) Up(p Pointer) (changed bool, n Notice) {
	g := e.gesture
	switch g.kind {
	case press:
		return e.click(p)
	case span, corner:
		e.Move(p)
		r, _ := e.Open()
		if g.kind == corner && p.Scale*math.Hypot(p.At.X-g.from.X, p.At.Y-g.from.Y) <= p.Slop {
			return false, "" // the same place again, as in a double click
		}
		e.gesture = gesture{}
		return e.Add(r)
	case resize, move:
		e.Move(p)
		e.gesture = gesture{}
		return !slices.Equal(g.before, e.boxes), ""
	}
	e.gesture = gesture{}
	return false, ""
}

// click selects the box under the pointer; beside all boxes it begins one, or selects nothing.
func (e *Editor) click(p Pointer) (bool, Notice) {
	g := e.gesture
	e.gesture.kind = idle
	if g.handle != geometry.None {
		return false, ""
	}
	after := -1
	if len(e.selected) == 1 && !p.Shift {
		after = e.selected[0]
	}
	hit := geometry.Hit(e.rects, p.At, 2/p.Scale, after)
	switch {
	case hit >= 0:
		e.Choose(hit, p.Shift)
	case g.pulls:
		e.Choose(-1, p.Shift)
	case e.Class == "":
		return false, NoClass
	case len(e.boxes) >= domain.MaxBoxes:
		return false, Full
	default:
		e.selected = nil
		e.openAt(p, corner)
	}
	return false, ""
}

// Cancel gives up the gesture that is under way; where there is none, what is selected. It is false where there is neither.
func (e *Editor) Cancel() bool {
	g := e.gesture
	e.gesture = gesture{}
	switch g.kind {
	case idle, press:
		had := len(e.selected) > 0
		e.selected = nil
		return had
	case resize, move:
		e.boxes = g.before
		for i, b := range e.boxes {
			e.rects[i] = rectOf(b)
		}
	case band:
		e.selected = g.chosen
	}
	return true
}
