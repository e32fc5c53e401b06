package annotate

import (
	"math"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

const (
	mostNames = 60 // more names than this would cover the image: then only those of what is pointed at or selected are shown
	noColor   = "#0b7662"
	halo      = "rgba(0,0,0,.55)" // around every line, so that it is seen on any image
)

// paths gathers rectangles as the text of one Path2D, which is a single call to the page.
type paths struct{ text []byte }

func (p *paths) rect(r geometry.Rect) {
	n := func(b []byte, v float64) []byte { return strconv.AppendFloat(b, math.Round(v*100)/100, 'f', -1, 64) }
	p.text = n(append(p.text, 'M'), r.X0)
	p.text = n(append(p.text, ' '), r.Y0)
	p.text = n(append(p.text, 'H'), r.X1)
	p.text = n(append(p.text, 'V'), r.Y1)
	p.text = append(n(append(p.text, 'H'), r.X0), 'Z')
}

func (p *paths) line(x0, y0, x1, y1 float64) { p.rect(geometry.Rect{X0: x0, Y0: y0, X1: x1, Y1: y1}) }

// paint draws everything anew.
func (l *boxLayer) paint() {
	if l.canvas == nil {
		return
	}
	v := &l.stage.view
	l.pen.Call("setTransform", l.ratio, 0, 0, l.ratio, 0, 0)
	l.pen.Call("clearRect", 0, 0, v.stageW, v.stageH)
	if l.asset == "" || l.hidden {
		return
	}
	l.paintCrosshair()
	l.paintGhosts()
	l.paintBoxes()
	l.paintSelected()
	if r, ok := l.edit.Open(); ok {
		s := l.screen(r)
		color := classColor(l.edit.Class)
		l.fill(s, color, .12)
		l.stroke(s, color, 2)
		if r.Area() > 0 {
			l.size(r, s)
		}
	}
	if r, ok := l.edit.Band(); ok {
		s := l.screen(r)
		l.fill(s, "#ffffff", .12)
		l.stroke(s, "#ffffff", 1)
	}
	l.paintGuides()
}

func classColor(id string) string {
	if c, ok := session.Class(id); ok && len(c.Color) == 7 {
		return c.Color
	}
	return noColor
}

// screen is r in CSS pixels of the stage.
func (l *boxLayer) screen(r geometry.Rect) geometry.Rect {
	v := &l.stage.view
	return geometry.Rect{X0: v.x + r.X0*v.scale, Y0: v.y + r.Y0*v.scale, X1: v.x + r.X1*v.scale, Y1: v.y + r.Y1*v.scale}
}

func (l *boxLayer) strokePath(p *paths, color string, width float64) {
	if len(p.text) == 0 {
		return
	}
	l.pen.Set("strokeStyle", color)
	l.pen.Set("lineWidth", width)
	l.pen.Call("stroke", l.path(p))
}

func (l *boxLayer) stroke(r geometry.Rect, color string, width float64) {
	var p paths
	p.rect(r)
	l.strokePath(&p, halo, width+2)
	l.strokePath(&p, color, width)
}

func (l *boxLayer) fill(r geometry.Rect, color string, alpha float64) {
	l.pen.Set("globalAlpha", alpha)
	l.pen.Set("fillStyle", color)
	l.pen.Call("fillRect", r.X0, r.Y0, r.W(), r.H())
	l.pen.Set("globalAlpha", 1)
}

// paintBoxes draws what is not selected, all boxes of a colour at once.
func (l *boxLayer) paintBoxes() {
	var all paths
	var colors []string
	byColor := map[string]*paths{}
	seen := 0
	window := geometry.Rect{X1: l.stage.view.stageW, Y1: l.stage.view.stageH}
	for i, b := range l.edit.Boxes() {
		r := l.screen(l.edit.Rects()[i])
		if !r.Grow(2).Overlaps(window) {
			continue
		}
		seen++
		if l.edit.IsSelected(i) {
			continue
		}
		color := classColor(b.ClassID)
		if byColor[color] == nil {
			byColor[color] = &paths{}
			colors = append(colors, color)
		}
		all.rect(r)
		byColor[color].rect(r)
	}
	l.strokePath(&all, halo, 3.5)
	for _, color := range colors {
		l.strokePath(byColor[color], color, 1.75)
	}
	if i := l.edit.Hover(); i >= 0 && i < len(l.edit.Boxes()) && !l.edit.Busy() {
		l.fill(l.screen(l.edit.Rects()[i]), classColor(l.edit.Boxes()[i].ClassID), .14)
	}
	for i, b := range l.edit.Boxes() {
		r := l.screen(l.edit.Rects()[i])
		pointed := i == l.edit.Hover() || (l.edit.IsSelected(i) && len(l.edit.Selected()) <= mostNames)
		if pointed || (seen <= mostNames && r.W() >= 40 && r.H() >= 14) {
			if r.Grow(2).Overlaps(window) {
				l.name(b, r)
			}
		}
	}
}

// paintSelected draws what is selected, with handles where it is one box.
func (l *boxLayer) paintSelected() {
	chosen := l.edit.Selected()
	for _, i := range chosen {
		r := l.screen(l.edit.Rects()[i])
		color := classColor(l.edit.Boxes()[i].ClassID)
		l.fill(r, color, .16)
		l.stroke(r, color, 2.5)
	}
	if len(chosen) != 1 {
		return
	}
	r := l.edit.Rects()[chosen[0]]
	s := l.screen(r)
	l.grips(s)
	if l.edit.Busy() || l.nudged {
		l.size(r, s)
	}
}

// grips draws the handles of a rectangle of the stage.
func (l *boxLayer) grips(s geometry.Rect) {
	var grips paths
	for _, h := range geometry.Handles {
		if l.edit.Shows(h, s, 1) {
			p := h.At(s)
			grips.rect(geometry.Rect{X0: p.X - 4, Y0: p.Y - 4, X1: p.X + 4, Y1: p.Y + 4})
		}
	}
	path := l.path(&grips)
	l.pen.Set("fillStyle", "#ffffff")
	l.pen.Call("fill", path)
	l.strokePath(&grips, "#16181c", 1.25)
}

func (l *boxLayer) path(p *paths) app.Value { return app.Window().Get("Path2D").New(string(p.text)) }

// name writes the class of a box on a ground of its colour, above the box or, where there is no room, inside.
func (l *boxLayer) name(b domain.Box, r geometry.Rect) {
	c, _ := session.Class(b.ClassID)
	text := c.Name
	if text == "" {
		return
	}
	if len([]rune(text)) > 28 {
		text = string([]rune(text)[:27]) + "…"
	}
	if b.Score > 0 {
		text += " " + i18n.Percent(b.Score, 0)
	}
	const height = 18
	y := r.Y0 - height
	if y < 0 {
		y = math.Max(r.Y0, 0)
	}
	l.chip(text, math.Max(r.X0, 0), y, classColor(b.ClassID))
}

// chip writes text on a ground of color.
func (l *boxLayer) chip(text string, x, y float64, color string) {
	l.chipOn(text, x, y, color, inkOn(color))
}

func (l *boxLayer) chipOn(text string, x, y float64, ground, ink string) {
	w := l.width(text)
	l.pen.Set("fillStyle", ground)
	l.pen.Call("fillRect", x-1, y, w+10, 18)
	l.pen.Set("fillStyle", ink)
	l.pen.Call("fillText", text, x+4, y+13)
}

// width is that of text on a chip.
func (l *boxLayer) width(text string) float64 {
	l.pen.Set("font", "600 12px system-ui, sans-serif")
	w, known := l.widths[text]
	if !known {
		w = l.pen.Call("measureText", text).Get("width").Float()
		if len(l.widths) > 500 {
			clear(l.widths)
		}
		l.widths[text] = w
	}
	return w
}

// inkOn is black or white, whichever is read better on a colour (relative luminance, WCAG 2.2).
func inkOn(color string) string {
	n, err := strconv.ParseUint(color[1:], 16, 32)
	if err != nil {
		return "#ffffff"
	}
	linear := func(v uint64) float64 {
		s := float64(v&255) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	if 0.2126*linear(n>>16)+0.7152*linear(n>>8)+0.0722*linear(n) > 0.179 {
		return "#101114"
	}
	return "#ffffff"
}

// size writes how large a box is while it changes.
func (l *boxLayer) size(r, s geometry.Rect) {
	y := math.Min(s.Y1+6, l.stage.view.stageH-24)
	l.chip(pixels(r.W())+" × "+pixels(r.H()), math.Max(s.X0, 4), y, "#24272d")
}

// pixels writes a length without digits that say nothing.
func pixels(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// paintCrosshair draws lines through the pointer, to see where edges would lie.
func (l *boxLayer) paintCrosshair() {
	p, ok := l.edit.Pointer()
	v := &l.stage.view
	if !ok || l.space || p.X < 0 || p.Y < 0 || p.X > l.edit.Size.W || p.Y > l.edit.Size.H {
		return
	}
	x, y := math.Round(v.x+p.X*v.scale)+.5, math.Round(v.y+p.Y*v.scale)+.5
	var cross paths
	cross.line(x, math.Max(v.y, 0), x, math.Min(v.y+v.height*v.scale, v.stageH))
	cross.line(math.Max(v.x, 0), y, math.Min(v.x+v.width*v.scale, v.stageW), y)
	l.strokePath(&cross, "rgba(0,0,0,.4)", 2)
	l.strokePath(&cross, "rgba(255,255,255,.75)", .75)
}

// paintGuides draws the lines that something has snapped to.
func (l *boxLayer) paintGuides() {
	g, v := l.edit.Guides(), &l.stage.view
	var p paths
	if !math.IsNaN(g.X) {
		x := v.x + g.X*v.scale
		p.line(x, 0, x, v.stageH)
	}
	if !math.IsNaN(g.Y) {
		y := v.y + g.Y*v.scale
		p.line(0, y, v.stageW, y)
	}
	l.strokePath(&p, "#e0218a", 1)
}
