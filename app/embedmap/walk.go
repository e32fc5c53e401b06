package embedmap

import (
	"math"
)

// toward gives the point that one comes to from a point in a direction, one of the four (screen, y downwards): near, and rather straight on;
// -1 where there is none. From -1 it gives the point that is nearest to the middle of the screen.
func (p *plot) toward(from int, dx, dy float64) int {
	if from < 0 {
		return p.pick(float64(p.w)/2, float64(p.h)/2, math.Inf(1))
	}
	x, y := p.screen(p.xy[2*from], p.xy[2*from+1])
	best, at := math.Inf(1), -1
	for i := range p.row {
		if i == from || !p.shown(i) {
			continue
		}
		sx, sy := p.screen(p.xy[2*i], p.xy[2*i+1])
		along, across := (sx-x)*dx+(sy-y)*dy, math.Abs((sx-x)*dy)+math.Abs((sy-y)*dx)
		if along <= 0 || across > along {
			continue
		}
		if d := along + 2*across; d < best {
			best, at = d, i
		}
	}
	return at
}

// heap tells which points hang together with a point as they are seen: from each to a next one is no farther than reach, in pixels.
func (p *plot) heap(from int, reach float64) []bool {
	type cell [2]int
	in, places := make([]bool, len(p.row)), make([][2]float64, len(p.row))
	cells := map[cell][]int{}
	of := func(at [2]float64) cell { return cell{int(math.Floor(at[0] / reach)), int(math.Floor(at[1] / reach))} }
	for i := range p.row {
		places[i][0], places[i][1] = p.screen(p.xy[2*i], p.xy[2*i+1])
		if p.shown(i) && i != from {
			c := of(places[i])
			cells[c] = append(cells[c], i)
		}
	}
	in[from] = true
	for next := []int{from}; len(next) > 0; {
		at := places[next[len(next)-1]]
		next = next[:len(next)-1]
		c := of(at)
		for x := -1; x <= 1; x++ {
			for y := -1; y <= 1; y++ {
				key := cell{c[0] + x, c[1] + y}
				var left []int // each point is taken once, so that crowded places cost no more than others
				for _, i := range cells[key] {
					if math.Hypot(places[i][0]-at[0], places[i][1]-at[1]) > reach {
						left = append(left, i)
						continue
					}
					in[i] = true
					next = append(next, i)
				}
				cells[key] = left
			}
		}
	}
	return in
}

// walk moves the cursor from point to point by keys, and keeps it in sight.
func (c *canvas) walk(dx, dy float64) {
	to := c.plot.toward(c.cursor, dx, dy)
	if to < 0 {
		return
	}
	c.cursor = to
	p := &c.plot
	x, y := p.screen(p.xy[2*to], p.xy[2*to+1])
	edge := 0.05 * float64(min(p.w, p.h))
	if x < edge || y < edge || x > float64(p.w)-edge || y > float64(p.h)-edge {
		c.slide(float64(p.w)/2-x, float64(p.h)/2-y)
		x, y = p.screen(p.xy[2*to], p.xy[2*to+1])
	}
	c.hover = to
	c.hovered(to, x/c.ratio, y/c.ratio)
	c.later()
}

// toggle selects the point under the cursor, or no longer.
func (c *canvas) toggle() {
	if c.cursor >= 0 && c.plot.shown(c.cursor) {
		c.plot.toggle(c.cursor)
		c.changed()
	}
}

// gather selects the heap that a point belongs to; add keeps what is selected already.
func (c *canvas) gather(i int, add bool) {
	if i < 0 || !c.plot.shown(i) {
		return
	}
	in := c.plot.heap(i, float64(4*c.plot.radius+2))
	c.plot.mark(add, func(k int) bool { return in[k] })
	c.changed()
}

// ring marks the point under the cursor.
func (c *canvas) ring() {
	p := &c.plot
	if c.cursor < 0 || c.cursor >= len(p.row) || !p.shown(c.cursor) {
		return
	}
	x, y := p.screen(p.xy[2*c.cursor], p.xy[2*c.cursor+1])
	c.line.Set("strokeStyle", c.ink)
	c.line.Set("lineWidth", 2.5*c.ratio)
	c.line.Call("beginPath")
	c.line.Call("arc", x, y, float64(p.radius)+5*c.ratio, 0, 2*math.Pi)
	c.line.Call("stroke")
}
