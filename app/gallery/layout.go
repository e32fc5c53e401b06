package gallery

import "github.com/irum-app/irum/app/hotkeys"

// Sizes of the grid in CSS pixels.
const (
	gap     = 10
	caption = 30 // height of the line under each image
	edge    = 16 // left and right of the grid
	top     = 12 // above the first row
)

// layout is how count cells lie in a grid that scrolls: all cells are of one size, so where each lies is arithmetic.
type layout struct {
	count int
	cols  int
	cell  float64 // width of a cell; its image is square
}

// newLayout fits as many columns of at least tile pixels as width holds, at least two.
func newLayout(count int, width float64, tile int) layout {
	inner := width - 2*edge
	cols := max(int((inner+gap)/float64(tile+gap)), 2)
	return layout{count: count, cols: cols, cell: max((inner-float64((cols-1)*gap))/float64(cols), 1)}
}

// rows is 0 before the first layout.
func (l layout) rows() int { return (l.count + l.cols - 1) / max(l.cols, 1) }

// row is the height of one row with the gap under it.
func (l layout) row() float64 { return l.cell + caption + gap }

func (l layout) height() float64 { return top + float64(l.rows())*l.row() + top }

// rowTop is where row r begins.
func (l layout) rowTop(r int) float64 { return top + float64(r)*l.row() }

// visible are the rows [from, to) that a viewport shows, in part or whole.
func (l layout) visible(scroll, viewport float64) (from, to int) {
	from = int((scroll - top) / l.row())
	to = int((scroll+viewport-top)/l.row()) + 1
	return clamp(from, 0, l.rows()), clamp(to, 0, l.rows())
}

// page is how many rows a viewport can show at most, cut ones included.
func (l layout) page(viewport float64) int { return int(viewport/l.row()) + 2 }

// window are the rows [from, to) to render: what is visible and as much again above and below. Their number is the same
// everywhere in the grid.
func (l layout) window(scroll, viewport float64) (from, to int) {
	a, _ := l.visible(scroll, viewport)
	page := l.page(viewport)
	size := min(3*page, l.rows())
	from = clamp(a-page, 0, l.rows()-size)
	return from, from + size
}

// near tells whether the viewport has come so close to the end of the rendered rows [from, to) that they must move on, also
// while they pass too fast to be looked at.
func (l layout) near(from, to int, scroll, viewport float64) bool {
	a, b := l.visible(scroll, viewport)
	reserve := max(l.page(viewport)/3, 1)
	return (from > 0 && a-from < reserve) || (to < l.rows() && to-b < reserve)
}

// reveal is the scroll position, as near as possible to scroll, at which cell i is visible whole.
func (l layout) reveal(i int, scroll, viewport float64) float64 {
	at := l.rowTop(i / l.cols)
	switch bottom := at + l.row(); {
	case at-gap < scroll:
		return max(at-gap, 0)
	case bottom > scroll+viewport:
		return bottom - viewport
	}
	return scroll
}

// keep is the scroll position at which the cells that were on top in old are on top in l: after a change of size or width
// the same images are looked at.
func (l layout) keep(old layout, scroll float64) float64 {
	if old.cols == 0 || scroll <= 0 {
		return scroll
	}
	from, _ := old.visible(scroll, 1)
	into := (scroll - old.rowTop(from)) / old.row()
	return max(l.rowTop(from*old.cols/l.cols)+into*l.row(), 0)
}

// move gives the cell that an action leads to from cell i, and whether the action is one that moves. page is the number of
// rows that a page has.
func (l layout) move(i int, to hotkeys.Action, page int) (int, bool) {
	last := l.count - 1
	switch to {
	case hotkeys.Next:
		i++
	case hotkeys.Prev:
		i--
	case hotkeys.Down:
		if i/l.cols == last/l.cols {
			return i, true
		}
		i += l.cols
	case hotkeys.Up:
		if i < l.cols {
			return i, true
		}
		i -= l.cols
	case hotkeys.Ahead:
		i += l.cols * max(page, 1)
	case hotkeys.Back:
		i -= l.cols * max(page, 1)
	case hotkeys.First:
		i = 0
	case hotkeys.Last:
		i = last
	default:
		return i, false
	}
	return clamp(i, 0, max(last, 0)), true
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }
