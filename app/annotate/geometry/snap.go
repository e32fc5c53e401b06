package geometry

import (
	"math"
	"slices"
)

// Snapper pulls edges to lines: those of the image, and where wanted those of other rectangles.
type Snapper struct {
	xs, ys []float64 // sorted
	reach  float64
}

// NewSnapper makes a Snapper of an image and other rectangles. reach is how near an edge has to come, in pixels of the image.
func NewSnapper(s Size, others []Rect, reach float64) Snapper {
	n := Snapper{xs: []float64{0, s.W}, ys: []float64{0, s.H}, reach: reach}
	for _, r := range others {
		n.xs = append(n.xs, r.X0, r.X1)
		n.ys = append(n.ys, r.Y0, r.Y1)
	}
	slices.Sort(n.xs)
	slices.Sort(n.ys)
	return n
}

// Guides are the lines that something has snapped to; NaN for none.
type Guides struct{ X, Y float64 }

// NoGuides is nothing snapped.
var NoGuides = Guides{math.NaN(), math.NaN()}

// line gives the line of sorted nearest to v within reach.
func line(sorted []float64, v, reach float64) (float64, bool) {
	i, _ := slices.BinarySearch(sorted, v)
	best, found := 0.0, false
	for _, k := range []int{i - 1, i} {
		if k < 0 || k >= len(sorted) {
			continue
		}
		if d := math.Abs(sorted[k] - v); d <= reach && (!found || d < math.Abs(best-v)) {
			best, found = sorted[k], true
		}
	}
	return best, found
}

// Point pulls p, of a corner or of the edges in h (both where h is None).
func (n Snapper) Point(p ImagePt, h Handle) (ImagePt, Guides) {
	g := NoGuides
	if h == None || h&(West|East) != 0 {
		if x, ok := line(n.xs, p.X, n.reach); ok {
			p.X, g.X = x, x
		}
	}
	if h == None || h&(North|South) != 0 {
		if y, ok := line(n.ys, p.Y, n.reach); ok {
			p.Y, g.Y = y, y
		}
	}
	return p, g
}

// Move gives how far to move r so that of its edges the one nearest to a line lies on it, where dx, dy was asked for.
func (n Snapper) Move(r Rect, dx, dy float64) (float64, float64, Guides) {
	g := NoGuides
	pull := func(lines []float64, d, a, b float64) (float64, float64) {
		la, okA := line(lines, a+d, n.reach)
		lb, okB := line(lines, b+d, n.reach)
		switch {
		case okA && (!okB || math.Abs(la-a-d) <= math.Abs(lb-b-d)):
			return la - a, la
		case okB:
			return lb - b, lb
		}
		return d, math.NaN()
	}
	dx, g.X = pull(n.xs, dx, r.X0, r.X1)
	dy, g.Y = pull(n.ys, dy, r.Y0, r.Y1)
	return dx, dy, g
}
