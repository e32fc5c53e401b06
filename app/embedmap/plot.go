package embedmap

import (
	"math"
)

// plot is points in the plane as they are seen: by a camera, coloured by row of the legend. It knows no page. Places on the screen are in
// device pixels from the upper left corner.
type plot struct {
	xy       []float32 // -1 to 1, y upwards, two a point
	row      []int16   // of the legend, by point
	selected []bool
	picked   int // how many are selected
	hidden   []bool
	colours  []colour // by row of the legend

	w, h          int
	cx, cy, scale float64 // middle of the screen, and pixels per unit
	radius        int     // of a point
}

type colour [3]byte

// mixed is c with so much of another colour.
func (c colour) mixed(other colour, share float64) (out colour) {
	for i := range c {
		out[i] = byte(math.Round(float64(c[i])*(1-share) + float64(other[i])*share))
	}
	return out
}

const (
	margin   = 0.06 // of the screen, round the points that are fitted in
	maxZoom  = 400  // times the scale at which all is seen
	dimShare = 0.72 // of the ground, in points that are not selected while others are
)

// size sets the size of the screen. What is in the middle stays there.
func (p *plot) size(w, h int, ratio float64) {
	before := min(p.w, p.h)
	p.w, p.h = w, h
	size := 4.6
	switch n := len(p.row); {
	case n > 15_000:
		size = 2.2
	case n > 2000:
		size = 3.4
	}
	p.radius = max(int(math.Round(size*ratio)), 1)
	if before == 0 || p.scale == 0 {
		p.fit()
		return
	}
	p.scale *= float64(min(w, h)) / float64(before)
}

// whole is the scale at which all points are seen.
func (p *plot) whole() float64 { return float64(max(min(p.w, p.h), 1)) * (1 - 2*margin) / 2 }

// fit shows all points.
func (p *plot) fit() { p.cx, p.cy, p.scale = 0, 0, p.whole() }

// camera tells what is seen: two equal ones show every point in the same place.
func (p *plot) camera() [3]float64 { return [3]float64{p.cx, p.cy, p.scale} }

// screen is where a place of the map is seen.
func (p *plot) screen(x, y float32) (float64, float64) {
	return (float64(x)-p.cx)*p.scale + float64(p.w)/2, float64(p.h)/2 - (float64(y)-p.cy)*p.scale
}

// zoom makes all larger by a factor, so that what is at a place of the screen stays there.
func (p *plot) zoom(factor, x, y float64) {
	to := min(max(p.scale*factor, p.whole()/2), p.whole()*maxZoom)
	dx, dy := x-float64(p.w)/2, float64(p.h)/2-y
	p.cx += dx/p.scale - dx/to
	p.cy += dy/p.scale - dy/to
	p.scale = to
	p.bound()
}

// pan moves what is seen by pixels.
func (p *plot) pan(dx, dy float64) {
	p.cx -= dx / p.scale
	p.cy += dy / p.scale
	p.bound()
}

// bound keeps the points in reach.
func (p *plot) bound() { p.cx, p.cy = min(max(p.cx, -1.2), 1.2), min(max(p.cy, -1.2), 1.2) }

func (p *plot) shown(i int) bool { return !p.hidden[p.row[i]] }

// pick gives the point that is nearest to a place and not farther than reach, -1 where there is none.
func (p *plot) pick(x, y, reach float64) int {
	best, at := reach*reach, -1
	for i := range p.row {
		if !p.shown(i) {
			continue
		}
		sx, sy := p.screen(p.xy[2*i], p.xy[2*i+1])
		if d := (sx-x)*(sx-x) + (sy-y)*(sy-y); d <= best {
			best, at = d, i
		}
	}
	return at
}

// mark selects the points for which inside is true; add keeps those that are selected already.
func (p *plot) mark(add bool, inside func(i int) bool) {
	p.picked = 0
	for i := range p.selected {
		p.selected[i] = add && p.selected[i] || p.shown(i) && inside(i)
		if p.selected[i] {
			p.picked++
		}
	}
}

// toggle selects a point, or no longer.
func (p *plot) toggle(i int) {
	p.selected[i] = !p.selected[i]
	if p.selected[i] {
		p.picked++
	} else {
		p.picked--
	}
}

// within tells whether point i is seen in a rectangle of the screen.
func (p *plot) within(i int, x0, y0, x1, y1 float64) bool {
	x, y := p.screen(p.xy[2*i], p.xy[2*i+1])
	return x >= min(x0, x1) && x <= max(x0, x1) && y >= min(y0, y1) && y <= max(y0, y1)
}

// inside gives what tells whether a point is inside of a closed line over the screen: first by the box round the line, since most are not.
func (p *plot) inside(line []float64) func(i int) bool {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := 0; i+1 < len(line); i += 2 {
		x0, x1 = min(x0, line[i]), max(x1, line[i])
		y0, y1 = min(y0, line[i+1]), max(y1, line[i+1])
	}
	return func(i int) bool { return p.within(i, x0, y0, x1, y1) && p.enclosed(i, line) }
}

// enclosed tells whether point i is inside of a closed line over the screen, x and y by turns: by the even-odd rule.
func (p *plot) enclosed(i int, line []float64) bool {
	x, y := p.screen(p.xy[2*i], p.xy[2*i+1])
	in := false
	n := len(line) / 2
	for a, b := 0, n-1; a < n; b, a = a, a+1 {
		ax, ay, bx, by := line[2*a], line[2*a+1], line[2*b], line[2*b+1]
		if (ay > y) != (by > y) && x < (bx-ax)*(y-ay)/(by-ay)+ax {
			in = !in
		}
	}
	return in
}

// hex reads a colour #rrggbb.
func hex(text string) (c colour, ok bool) {
	if len(text) != 7 || text[0] != '#' {
		return c, false
	}
	for i := range c {
		v := 0
		for _, r := range text[1+2*i : 3+2*i] {
			switch {
			case r >= '0' && r <= '9':
				v = 16*v + int(r-'0')
			case r >= 'a' && r <= 'f':
				v = 16*v + int(r-'a') + 10
			case r >= 'A' && r <= 'F':
				v = 16*v + int(r-'A') + 10
			default:
				return c, false
			}
		}
		c[i] = byte(v)
	}
	return c, true
}
