package chart

import "strings"

const (
	left, right = 46.0, 10.0 // pixels beside the plot
	top, bottom = 8.0, 24.0  // over and under it
)

// Painter draws into the plot of a chart. Its coordinates are those of the axes; class is a CSS class.
type Painter struct {
	b             strings.Builder
	x, y          Axis
	width, height float64
}

// X and Y are a point of the axes in pixels.
func (p *Painter) X(v float64) float64 { return p.place(v, p.x, left, p.width-right) }

// Y is described at X.
func (p *Painter) Y(v float64) float64 { return p.place(v, p.y, p.height-p.under(), top) }

func (p *Painter) under() float64 {
	if p.x.Title != "" {
		return bottom + 18
	}
	return bottom
}

func (p *Painter) place(v float64, a Axis, from, to float64) float64 {
	if a.Max == a.Min {
		return from
	}
	return from + (min(max(v, a.Min), a.Max)-a.Min)/(a.Max-a.Min)*(to-from)
}

// Column is an upright bar from x0 to x1 with gap pixels of air on both sides.
func (p *Painter) Column(class string, x0, x1, y0, y1, gap float64) {
	a, b := p.X(x0)+gap, p.X(x1)-gap
	if b-a < 1 {
		b = a + 1
	}
	low, high := p.Y(y0), p.Y(y1)
	if low-high < 1 && y1 > y0 {
		high = low - 1 // little is not nothing
	}
	p.tag(`<rect class="`, class, `" x="`, number(a), `" y="`, number(high), `" width="`, number(b-a), `" height="`, number(low-high), `"></rect>`)
}

// Line goes through points of x and y.
func (p *Painter) Line(class string, points ...[2]float64) {
	p.tag(`<path class="line `, class, `" d="`, p.path(points), `"></path>`)
}

// Band fills what lies between two lines of the same x.
func (p *Painter) Band(class string, low, high [][2]float64) {
	if len(low) == 0 {
		return
	}
	around := append([][2]float64{}, high...)
	for i := len(low) - 1; i >= 0; i-- {
		around = append(around, low[i])
	}
	p.tag(`<path class="band `, class, `" d="`, p.path(around), `Z"></path>`)
}

// Point is a dot with its interval.
func (p *Painter) Point(class string, x, y, low, high float64) {
	at := number(p.X(x))
	if high > low {
		a, b := number(p.Y(low)), number(p.Y(high))
		l, r := number(p.X(x)-4), number(p.X(x)+4)
		p.tag(`<path class="whisker" d="M`, at, ` `, a, `V`, b, `M`, l, ` `, a, `H`, r, `M`, l, ` `, b, `H`, r, `"></path>`)
	}
	p.tag(`<circle class="`, class, `" cx="`, at, `" cy="`, number(p.Y(y)), `" r="3.5"></circle>`)
}

// Mark is a line from top to bottom with a word beside it.
func (p *Painter) Mark(class string, x float64, word string) {
	at := p.X(x)
	p.tag(`<path class="line `, class, `" d="M`, number(at), ` `, number(top), `V`, number(p.height-p.under()), `"></path>`)
	if word != "" {
		side, anchor := at+5, "start"
		if at > p.width*0.7 {
			side, anchor = at-5, "end"
		}
		p.tag(`<text x="`, number(side), `" y="`, number(p.height-p.under()-6), `" text-anchor="`, anchor, `">`, escape(word), `</text>`)
	}
}

func (p *Painter) path(points [][2]float64) string {
	var b strings.Builder
	for i, v := range points {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(number(p.X(v[0])))
		b.WriteByte(' ')
		b.WriteString(number(p.Y(v[1])))
	}
	return b.String()
}

func (p *Painter) tag(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

// frame draws the grid and what the axes say. Marks of the x axis that would touch the one before are left without words.
func (p *Painter) frame() {
	for _, t := range p.y.Ticks {
		y := p.Y(t.At)
		p.tag(`<path class="gridline" d="M`, number(left), ` `, number(y), `H`, number(p.width-right), `"></path>`)
		p.tag(`<text x="`, number(left-6), `" y="`, number(y+4), `" text-anchor="end">`, escape(t.Text), `</text>`)
	}
	free, base := 0.0, p.height-p.under()
	for _, t := range p.x.Ticks {
		at, half := p.X(t.At), 4.1*float64(len([]rune(t.Text)))
		at = min(max(at, half), p.width-half)
		if at-half < free {
			continue
		}
		free = at + half + 8
		p.tag(`<text x="`, number(at), `" y="`, number(base+17), `" text-anchor="middle">`, escape(t.Text), `</text>`)
	}
	if p.x.Title != "" {
		p.tag(`<text class="title" x="`, number((left+p.width-right)/2), `" y="`, number(p.height-4), `" text-anchor="middle">`, escape(p.x.Title), `</text>`)
	}
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
