package annotate

import (
	"math"
	"slices"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

const (
	noClass   = "#8d939e" // of suggestions that nobody has given a class
	ghostInk  = "#ffffff"
	ghostChip = "rgba(22,24,28,.78)"
)

// paintGhosts draws what is suggested: dashed, until a person says so.
func (l *boxLayer) paintGhosts() {
	open := l.open()
	if len(open) == 0 {
		return
	}
	g := l.haunt.ghosts
	focus, focused := g.Focus(open)
	var all paths
	var colors []string
	byColor := map[string]*paths{}
	window := geometry.Rect{X1: l.stage.view.stageW, Y1: l.stage.view.stageH}
	seen := open[:0:0]
	for _, i := range open {
		r := l.screen(g.Rect(i))
		if !r.Grow(2).Overlaps(window) {
			continue
		}
		seen = append(seen, i)
		color := ghostColor(g.Box(i))
		if byColor[color] == nil {
			byColor[color] = &paths{}
			colors = append(colors, color)
		}
		all.rect(r)
		byColor[color].rect(r)
	}
	l.pen.Call("setLineDash", []any{8, 5})
	l.strokePath(&all, "rgba(0,0,0,.35)", 3)
	for _, color := range colors {
		l.strokePath(byColor[color], color, 2)
	}
	if focused {
		l.fill(l.screen(g.Rect(focus)), ghostColor(g.Box(focus)), .2)
		l.stroke(l.screen(g.Rect(focus)), ghostColor(g.Box(focus)), 3)
	}
	l.pen.Call("setLineDash", []any{})
	if l.haunt.hover >= 0 && l.haunt.hover != focus {
		l.fill(l.screen(g.Rect(l.haunt.hover)), ghostColor(g.Box(l.haunt.hover)), .16)
	}
	l.ghostNames(seen, focus)
	if focused {
		l.grips(l.screen(g.Rect(focus)))
	}
}

func ghostColor(b domain.Box) string {
	if b.ClassID == "" {
		return noClass
	}
	return classColor(b.ClassID)
}

// ghostNames writes how sure the model is of each suggestion, with its class where there is room. Of names that would lie over each other the surest
// is seen, but for what keys or the pointer mean.
func (l *boxLayer) ghostNames(list []int, focus int) {
	const height = 18
	var written []geometry.Rect
	write := func(i int, pointed bool) {
		r, b := l.screen(l.haunt.ghosts.Rect(i)), l.haunt.ghosts.Box(i)
		if b.ClassID == "" {
			return
		}
		text := i18n.Percent(b.Score, 0)
		if c, known := session.Class(b.ClassID); known && (pointed || r.W() >= 84) {
			name := []rune(c.Name)
			if len(name) > 28 {
				name = append(name[:27], '…')
			}
			text = string(name) + " " + text
		}
		x, y := math.Max(r.X0, 0), r.Y0-height
		if y < 0 {
			y = math.Max(r.Y0, 0)
		}
		ground := geometry.Rect{X0: x - 1, Y0: y, X1: x + l.width(text) + 9, Y1: y + height}
		if slices.ContainsFunc(written, ground.Overlaps) {
			return
		}
		written = append(written, ground)
		l.chipOn(text, x, y, ghostChip, ghostInk)
		l.pen.Set("fillStyle", ghostColor(b))
		l.pen.Call("fillRect", x-1, y, 3, height)
	}
	for _, i := range []int{focus, l.haunt.hover} {
		if i >= 0 && slices.Contains(list, i) {
			write(i, true)
		}
	}
	for _, i := range list {
		r := l.screen(l.haunt.ghosts.Rect(i))
		if len(list) <= mostNames && r.W() >= 30 && r.H() >= 14 && i != focus && i != l.haunt.hover {
			write(i, false)
		}
	}
}
