package annotate

import (
	"math"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// boxLayer is the boxes over the image on the stage. Pointers move them and a canvas shows them, both past go-app's
// rendering: what a pointer does is seen in the next frame. A canvas and not SVG, because hundreds of boxes then cost no
// elements, and lines keep their width at every zoom.
type boxLayer struct {
	stage *stage
	edit  boxes.Editor
	asset string
	base  []domain.Box // as the label has them; what differs from it is not written yet

	canvas, pen app.Value
	ratio       float64 // device pixels per CSS pixel
	asked       bool    // a frame has been asked for
	ticket      int     // of that frame
	frame       app.Func
	widths      map[string]float64 // of texts
	cursor      string

	hidden  bool // boxes are out of sight
	space   bool // the space bar is down: drags move the image
	panning bool
	pinched bool // a second finger was down: nothing is drawn until all are up
	nudged  bool // a key that moves boxes is down
	haunt   haunt

	tightening bool // a model is looking for the objects of boxes

	// changed is called when the boxes have changed, chosen when something else of them has that the page shows.
	changed func(kind string)
	chosen  func()
	notice  func(boxes.Notice)
	// suggested gives what is suggested for an image, and the least score that is shown.
	suggested func(asset string) (*boxes.Ghosts, float64)
}

// mount makes the canvas and listens.
func (l *boxLayer) mount(s *stage) {
	l.stage = s
	l.canvas = app.Window().Get("document").Call("createElement", "canvas")
	l.canvas.Set("className", "an-boxes")
	l.pen = l.canvas.Call("getContext", "2d")
	l.widths = map[string]float64{}
	s.root.Call("append", l.canvas)
	l.frame = app.FuncOf(func(app.Value, []app.Value) any {
		l.asked = false
		l.paint()
		return nil
	})
	s.on("pointerleave", func(app.Value) { l.edit.Leave(); l.haunt.hover = -1; l.later() })
	s.onWindow("keydown", l.keyDown)
	s.onWindow("keyup", l.keyUp)
	s.onWindow("blur", func(app.Value) { l.release() })
	s.free = append(s.free, func() {
		if l.asked {
			app.Window().Call("cancelAnimationFrame", l.ticket)
		}
		l.asked, l.canvas, l.pen = false, nil, nil
		l.frame.Release()
	})
	l.measure()
}

// measure fits the canvas to the stage.
func (l *boxLayer) measure() {
	if l.canvas == nil {
		return
	}
	l.ratio = math.Max(app.Window().Get("devicePixelRatio").Float(), 1)
	l.canvas.Set("width", math.Round(l.stage.view.stageW*l.ratio))
	l.canvas.Set("height", math.Round(l.stage.view.stageH*l.ratio))
	l.paint()
}

// later paints with the next frame, however often it is called until then.
func (l *boxLayer) later() {
	if l.asked || l.canvas == nil {
		return
	}
	l.asked = true
	l.ticket = app.Window().Call("requestAnimationFrame", l.frame).Int()
}

// show takes the boxes of the image that is seen. Those that we know already stay as they are, with what is being done to them.
func (l *boxLayer) show(a domain.Asset) {
	again := a.ID == l.asset
	if !again || !slices.Equal(a.Label.Boxes, l.base) {
		l.asset, l.base = a.ID, a.Label.Boxes
		l.edit.Load(a.Label.Boxes, geometry.Size{W: l.stage.view.width, H: l.stage.view.height}, again)
		l.nudged = false
	}
	if !again {
		l.suggest(l.suggested(a.ID))
	}
	l.edit.Size = geometry.Size{W: l.stage.view.width, H: l.stage.view.height}
	l.paint()
}

// clear shows no boxes.
func (l *boxLayer) clear() {
	l.asset, l.base = "", nil
	l.haunt = haunt{hover: -1, taking: -1}
	l.edit.Load(nil, geometry.Size{}, false)
	l.paint()
}

// pointer reads an event. A finger covers what it means, so that it need not be as exact as a mouse.
func (l *boxLayer) pointer(e app.Value) boxes.Pointer {
	p := boxes.Pointer{
		At: l.stage.view.image(l.stage.at(e)), Scale: l.stage.view.scale, Reach: 7, Slop: 4,
		Shift: e.Get("shiftKey").Bool(), Ctrl: e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool(),
	}
	switch e.Get("pointerType").String() {
	case "touch":
		p.Reach, p.Slop = 24, 10
	case "pen":
		p.Reach, p.Slop = 12, 6
	}
	return p
}

// down is told of every button and finger that goes down on the stage.
func (l *boxLayer) down(e app.Value) {
	switch {
	case len(l.stage.pointers) > 1:
		l.pinched, l.panning = true, false
		l.cancel()
	case l.space || e.Get("button").Int() == 1 || session.OnlyLooks():
		l.panning = true
	case l.asset != "" && !l.hidden && e.Get("button").Int() == 0:
		l.settle()
		p := l.pointer(e)
		l.seize(p)
		l.edit.Down(p)
	}
	l.stage.root.Get("classList").Call("toggle", "held", l.panning)
	l.later()
}

// move is told of every move over the stage; before is where the pointer was, when it is down.
func (l *boxLayer) move(e app.Value, before geometry.ScreenPt, held bool) {
	switch {
	case l.pinched:
		if held && len(l.stage.pointers) == 2 {
			l.stage.pinch(e.Get("pointerId").Int(), before, l.stage.at(e))
		}
	case l.panning && held:
		p := l.stage.at(e)
		l.stage.view.pan(p.X-before.X, p.Y-before.Y)
		l.stage.place()
	case l.asset != "" && !l.hidden:
		p := l.pointer(e)
		l.edit.Move(p)
		l.pointGhost(p)
		l.point(p)
	}
	l.later()
}

// point shows what a press here would do.
func (l *boxLayer) point(p boxes.Pointer) {
	cursor := l.edit.Cursor(p)
	if l.space {
		cursor = "grab"
	}
	l.setCursor(cursor)
}

func (l *boxLayer) setCursor(cursor string) {
	if cursor != l.cursor && l.stage.root != nil {
		l.cursor = cursor
		ui.SetStyle(l.stage.root, "cursor", cursor)
	}
}

// up is told of every button and finger that comes up, or is taken away (done false).
func (l *boxLayer) up(e app.Value, done bool) {
	if len(l.stage.pointers) == 0 {
		defer func() { l.pinched = false }()
	}
	l.stage.root.Get("classList").Call("remove", "held")
	if l.panning || l.pinched {
		l.panning = false
		return
	}
	if !done {
		l.cancel()
		l.later()
		return
	}
	if l.clicked(l.pointer(e)) {
		return
	}
	before := slices.Clone(l.edit.Selected())
	corner := l.edit.AwaitsCorner()
	changed, notice := l.edit.Up(l.pointer(e))
	changed = l.letGo(true) || changed
	if len(l.edit.Selected()) > 0 {
		l.haunt.ghosts.Leave()
	}
	l.later()
	l.tell(changed, "labelled", notice)
	if !changed && (corner != l.edit.AwaitsCorner() || !slices.Equal(before, l.edit.Selected())) {
		l.chosen()
	}
}

// tell hands on what came of something that was done.
func (l *boxLayer) tell(changed bool, kind string, n boxes.Notice) {
	if changed {
		l.base = slices.Clone(l.edit.Boxes())
		l.changed(kind)
	}
	if n != "" {
		l.notice(n)
	}
	l.later()
}

// arrows are the directions of the keys that move boxes.
var arrows = map[string][2]float64{"ArrowLeft": {-1, 0}, "ArrowRight": {1, 0}, "ArrowUp": {0, -1}, "ArrowDown": {0, 1}}

// keyDown takes the keys that only mean something over the image: they are the pointer's, or would do something else.
func (l *boxLayer) keyDown(e app.Value) {
	if l.stage.root == nil || session.OnlyLooks() || e.Get("defaultPrevented").Bool() || e.Get("isComposing").Bool() || l.elsewhere(e) {
		return
	}
	key := e.Get("key").String()
	way, arrow := arrows[key]
	switch {
	case key == " " && !e.Get("ctrlKey").Bool():
		l.space = true
		l.setCursor("grab")
	case arrow && e.Get("altKey").Bool() && !e.Get("ctrlKey").Bool():
		held := len(l.edit.Selected()) == 0 && l.hold()
		if len(l.edit.Selected()) == 0 {
			return
		}
		by := 1.0
		if e.Get("shiftKey").Bool() {
			by = 10
		}
		l.nudged = l.edit.Nudge(way[0]*by, way[1]*by) || held || l.nudged
		l.later()
	case key == "Tab" && l.focused() && len(l.edit.Boxes()) > 0:
		by := 1
		if e.Get("shiftKey").Bool() {
			by = -1
		}
		inside := l.edit.Step(by)
		l.chosen()
		l.later()
		if !inside {
			return // out of the image, as Tab goes everywhere
		}
	default:
		return
	}
	e.Call("preventDefault")
}

// elsewhere tells whether a key is meant for a field, a control or a dialog.
func (l *boxLayer) elsewhere(e app.Value) bool {
	target := e.Get("target")
	if app.Window().Get("document").Call("querySelector", "dialog[open]").Truthy() {
		return true
	}
	if !target.Truthy() || !target.Get("matches").Truthy() {
		return false
	}
	if e.Get("key").String() == " " {
		return target.Call("matches", "button,a[href],summary,input,textarea,select,[role=listbox]").Bool()
	}
	return target.Call("matches", "input,textarea,select").Bool()
}

func (l *boxLayer) focused() bool {
	return app.Window().Get("document").Get("activeElement").Equal(l.stage.root)
}

// keyUp ends what a held key has done: one step to undo, however long it was held.
func (l *boxLayer) keyUp(e app.Value) {
	switch e.Get("key").String() {
	case " ":
		l.space = false
		l.setCursor("default")
	case "Alt", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown":
		l.settle()
	}
}

// settle keeps what keys have moved.
func (l *boxLayer) settle() {
	if l.nudged {
		l.nudged = false
		l.tell(!slices.Equal(l.base, l.edit.Boxes()), "labelled", "")
	}
}

// release lets go of keys whose coming up is seen by another window.
func (l *boxLayer) release() {
	l.space = false
	l.settle()
	l.later()
}

// middle is a rectangle in the middle of what is seen, for a box that is made without a pointer.
func (l *boxLayer) middle() geometry.Rect {
	v := &l.stage.view
	a, b := v.image(geometry.ScreenPt{X: v.stageW * 3 / 8, Y: v.stageH * 3 / 8}), v.image(geometry.ScreenPt{X: v.stageW * 5 / 8, Y: v.stageH * 5 / 8})
	return geometry.Span(a.Clip(l.edit.Size).Whole(), b.Clip(l.edit.Size).Whole())
}
