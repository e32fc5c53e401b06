package embedmap

import (
	"math"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
)

// What a drag over the map does.
const (
	toolMove  = "move"
	toolBox   = "box"
	toolLasso = "lasso"
)

// canvas shows a plot and lets pointers work on it, past go-app's rendering: what a pointer does is seen in the next frame.
type canvas struct {
	plot plot
	tool string

	root, element, pen app.Value
	over, line         app.Value // a canvas above, and its pen: what is drawn round points touches none of them
	bytes, image       app.Value // what is put on the canvas
	seen               picture
	camera             [3]float64 // with which seen was painted: cx, cy, scale
	stale              bool       // colours or the selection have changed since
	ratio              float64    // device pixels per CSS pixel
	asked              bool       // a frame has been asked for
	ticket             int
	frame              app.Func
	free               []func()
	ground, rim        colour
	ink                string // colour of the lasso

	pointers map[int][2]float64
	drag     string // what the pointer that is down does, "" for nothing
	path     []float64
	part     [2]float64 // of a pixel that the map has yet to move by
	moved    bool
	hover    int // point under the pointer, -1 for none
	cursor   int // point that keys have come to, -1 for none

	chosen  func()                    // the selection has changed
	hovered func(i int, x, y float64) // place in CSS pixels
}

// canvasBox puts c into the page.
type canvasBox struct {
	app.Compo

	Canvas *canvas
	Label  string
}

// OnMount hands the element over to the canvas.
func (b *canvasBox) OnMount(app.Context) {
	if app.IsClient {
		b.Canvas.mount(b.JSValue())
	}
}

// OnDismount frees listeners.
func (b *canvasBox) OnDismount() {
	for _, f := range b.Canvas.free {
		f()
	}
	b.Canvas.free, b.Canvas.root, b.Canvas.element = nil, nil, nil
}

// Render implements app.Composer.
func (b *canvasBox) Render() app.UI {
	return app.Div().Class("map-plane").TabIndex(0).Role("application").Aria("label", b.Label).Aria("description", i18n.T("map.keyboard"))
}

func (c *canvas) mount(root app.Value) {
	c.root, c.pointers, c.hover, c.cursor, c.drag = root, map[int][2]float64{}, -1, -1, ""
	c.element = app.Window().Get("document").Call("createElement", "canvas")
	c.pen = c.element.Call("getContext", "2d", map[string]any{"alpha": false})
	c.over = app.Window().Get("document").Call("createElement", "canvas")
	c.line = c.over.Call("getContext", "2d")
	root.Call("append", c.element, c.over)
	c.frame = app.FuncOf(func(app.Value, []app.Value) any {
		c.asked = false
		c.paint()
		return nil
	})
	c.listen(root, "wheel", c.wheel)
	c.listen(root, "pointerdown", c.down)
	c.listen(root, "pointermove", c.move)
	c.listen(root, "pointerup", func(e app.Value) { c.up(e, true) })
	c.listen(root, "dblclick", func(e app.Value) {
		at := c.at(e)
		c.gather(c.plot.pick(at[0], at[1], 12*c.ratio), e.Get("shiftKey").Bool())
		c.chosen()
	})
	c.listen(root, "pointercancel", func(e app.Value) { c.up(e, false) })
	c.listen(root, "pointerleave", func(app.Value) { c.point(-1, 0, 0) })
	resized := app.FuncOf(func(app.Value, []app.Value) any { c.measure(); return nil })
	observer := app.Window().Get("ResizeObserver").New(resized)
	observer.Call("observe", root)
	themed := app.FuncOf(func(app.Value, []app.Value) any { c.theme(); c.changed(); return nil })
	theme := app.Window().Get("MutationObserver").New(themed)
	theme.Call("observe", app.Window().Get("document").Get("documentElement"), map[string]any{"attributes": true, "attributeFilter": []any{"data-theme"}})
	c.free = append(c.free, func() {
		observer.Call("disconnect")
		theme.Call("disconnect")
		if c.asked {
			app.Window().Call("cancelAnimationFrame", c.ticket)
			c.asked = false
		}
		resized.Release()
		themed.Release()
		c.frame.Release()
	})
	c.theme()
	c.measure()
}

func (c *canvas) listen(on app.Value, event string, f func(e app.Value)) {
	listener := app.FuncOf(func(_ app.Value, args []app.Value) any { f(args[0]); return nil })
	on.Call("addEventListener", event, listener, map[string]any{"passive": false})
	c.free = append(c.free, func() {
		on.Call("removeEventListener", event, listener)
		listener.Release()
	})
}

// theme reads the colours of the page.
func (c *canvas) theme() {
	if c.root == nil {
		return
	}
	style := app.Window().Call("getComputedStyle", c.root)
	read := func(name string) string { return strings.TrimSpace(style.Call("getPropertyValue", name).String()) }
	c.ground, _ = hex(read("--sunken"))
	c.rim, _ = hex(read("--ink"))
	c.ink = read("--jade")
}

// measure fits the canvas to the page. Above two device pixels a pixel nothing more is seen of a point.
func (c *canvas) measure() {
	if c.root == nil {
		return
	}
	w, h := c.root.Get("clientWidth").Float(), c.root.Get("clientHeight").Float()
	if w <= 0 || h <= 0 {
		return
	}
	c.ratio = min(max(app.Window().Get("devicePixelRatio").Float(), 1), 2)
	pw, ph := int(math.Round(w*c.ratio)), int(math.Round(h*c.ratio))
	for _, canvas := range []app.Value{c.element, c.over} {
		canvas.Set("width", pw)
		canvas.Set("height", ph)
	}
	c.plot.size(pw, ph, c.ratio)
	c.seen, c.stale = newPicture(pw, ph), true
	c.bytes = app.Window().Get("Uint8ClampedArray").New(4 * pw * ph)
	c.image = app.Window().Get("ImageData").New(c.bytes, pw, ph)
	c.paint()
}

// later paints with the next frame, however often it is called until then.
func (c *canvas) later() {
	if c.asked || c.root == nil {
		return
	}
	c.asked = true
	c.ticket = app.Window().Call("requestAnimationFrame", c.frame).Int()
}

// changed is later for when more than the camera has changed.
func (c *canvas) changed() {
	c.stale = true
	c.later()
}

func (c *canvas) paint() {
	if c.root == nil || len(c.seen.pix) == 0 {
		return
	}
	if c.stale || c.camera != c.plot.camera() {
		c.repaint()
		app.CopyBytesToJS(c.bytes, c.seen.bytes())
		c.pen.Call("putImageData", c.image, 0, 0)
	}
	c.outline()
}

// repaint brings seen up to date. Where all has moved by whole pixels, what is seen already moves along, and only what comes in is painted.
func (c *canvas) repaint() {
	p, before := &c.plot, c.camera
	dx, dy := (before[0]-p.cx)*p.scale, (p.cy-before[1])*p.scale
	px, py := int(math.Round(dx)), int(math.Round(dy))
	w, h := c.seen.w, c.seen.h
	whole := math.Abs(dx-float64(px)) < 0.01 && math.Abs(dy-float64(py)) < 0.01
	switch {
	case c.stale || before[2] != p.scale || !whole || max(px, -px) > w/2 || max(py, -py) > h/2:
		p.paint(c.seen, c.ground, c.rim)
	default:
		c.seen.scroll(px, py)
		if px > 0 {
			p.paintPart(c.seen, c.ground, c.rim, 0, 0, px, h)
		} else {
			p.paintPart(c.seen, c.ground, c.rim, w+px, 0, w, h)
		}
		if py > 0 {
			p.paintPart(c.seen, c.ground, c.rim, 0, 0, w, py)
		} else {
			p.paintPart(c.seen, c.ground, c.rim, 0, h+py, w, h)
		}
	}
	c.camera, c.stale = p.camera(), false
}

// outline draws the box or the lasso that is being drawn.
func (c *canvas) outline() {
	c.line.Call("clearRect", 0, 0, c.plot.w, c.plot.h)
	c.ring()
	if len(c.path) < 4 {
		return
	}
	c.line.Set("strokeStyle", c.ink)
	c.line.Set("lineWidth", 1.5*c.ratio)
	c.line.Call("beginPath")
	if c.drag == toolBox {
		c.line.Call("rect", c.path[0], c.path[1], c.path[2]-c.path[0], c.path[3]-c.path[1])
	} else {
		c.line.Call("moveTo", c.path[0], c.path[1])
		for i := 2; i+1 < len(c.path); i += 2 {
			c.line.Call("lineTo", c.path[i], c.path[i+1])
		}
		c.line.Call("closePath")
	}
	c.line.Call("stroke")
}

// at is the place of an event in device pixels.
func (c *canvas) at(e app.Value) [2]float64 {
	box := c.root.Call("getBoundingClientRect")
	return [2]float64{(e.Get("clientX").Float() - box.Get("left").Float()) * c.ratio, (e.Get("clientY").Float() - box.Get("top").Float()) * c.ratio}
}

func (c *canvas) wheel(e app.Value) {
	e.Call("preventDefault")
	by := e.Get("deltaY").Float()
	if e.Get("deltaMode").Int() == 1 { // lines
		by *= 20
	}
	at := c.at(e)
	c.plot.zoom(math.Exp(-by*0.0016), at[0], at[1])
	c.later()
}

func (c *canvas) down(e app.Value) {
	at := c.at(e)
	c.pointers[e.Get("pointerId").Int()] = at
	c.root.Call("setPointerCapture", e.Get("pointerId"))
	c.cursor = -1
	c.point(-1, 0, 0)
	switch {
	case len(c.pointers) > 1: // two fingers move and zoom, whatever the tool
		c.drag, c.path = toolMove, nil
		c.moved = true
	case e.Get("button").Int() == 1 || c.tool == toolMove:
		c.drag, c.moved, c.path = toolMove, false, nil
	case e.Get("button").Int() == 0:
		c.drag, c.moved, c.path = c.tool, false, []float64{at[0], at[1]}
	}
	c.later()
}

func (c *canvas) move(e app.Value) {
	id, at := e.Get("pointerId").Int(), c.at(e)
	before, down := c.pointers[id]
	if !down {
		if e.Get("pointerType").String() != "touch" {
			c.point(c.plot.pick(at[0], at[1], 10*c.ratio), at[0]/c.ratio, at[1]/c.ratio)
		}
		return
	}
	if !c.moved && math.Hypot(at[0]-before[0], at[1]-before[1]) < 4*c.ratio {
		return
	}
	c.moved = true
	c.pointers[id] = at
	switch {
	case len(c.pointers) > 1:
		c.pinch(id, before, at)
	case c.drag == toolMove:
		c.slide(at[0]-before[0], at[1]-before[1])
	case c.drag == toolBox:
		c.path = append(c.path[:2], at[0], at[1])
	case c.drag == toolLasso:
		c.path = append(c.path, at[0], at[1])
	}
	c.later()
}

// slide moves the map by whole pixels, and keeps the rest for the next time.
func (c *canvas) slide(dx, dy float64) {
	c.part[0], c.part[1] = c.part[0]+dx, c.part[1]+dy
	x, y := math.Round(c.part[0]), math.Round(c.part[1])
	c.part[0], c.part[1] = c.part[0]-x, c.part[1]-y
	c.plot.pan(x, y)
}

// pinch moves and zooms by one of two fingers.
func (c *canvas) pinch(id int, before, now [2]float64) {
	for other, at := range c.pointers {
		if other == id {
			continue
		}
		was, is := math.Hypot(before[0]-at[0], before[1]-at[1]), math.Hypot(now[0]-at[0], now[1]-at[1])
		c.plot.pan((now[0]-before[0])/2, (now[1]-before[1])/2)
		if was > 0 && is > 0 {
			c.plot.zoom(is/was, (now[0]+at[0])/2, (now[1]+at[1])/2)
		}
		return
	}
}

func (c *canvas) up(e app.Value, done bool) {
	at := c.at(e)
	delete(c.pointers, e.Get("pointerId").Int())
	add := e.Get("shiftKey").Bool() || e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()
	drag, path := c.drag, c.path
	c.path = nil
	if len(c.pointers) == 0 {
		c.drag = ""
	}
	c.changed()
	switch {
	case !done || drag == "":
		return
	case !c.moved:
		c.click(at, add)
	case drag == toolBox && len(path) == 4:
		c.plot.mark(add, func(i int) bool { return c.plot.within(i, path[0], path[1], path[2], path[3]) })
	case drag == toolLasso:
		c.plot.mark(add, c.plot.inside(path))
	default:
		return
	}
	c.chosen()
}

// click selects the point under the pointer, or nothing.
func (c *canvas) click(at [2]float64, add bool) {
	i := c.plot.pick(at[0], at[1], 12*c.ratio)
	switch {
	case i >= 0 && add:
		c.plot.toggle(i)
	case !add:
		c.plot.mark(false, func(k int) bool { return k == i })
	}
}

// point tells which point the pointer is over.
func (c *canvas) point(i int, x, y float64) {
	if i == c.hover {
		return
	}
	c.hover = i
	c.hovered(i, x, y)
}

// view selects what is seen.
func (c *canvas) view(add bool) {
	c.plot.mark(add, func(i int) bool { return c.plot.within(i, 0, 0, float64(c.plot.w), float64(c.plot.h)) })
	c.changed()
}

// near zooms about the middle.
func (c *canvas) near(factor float64) {
	c.plot.zoom(factor, float64(c.plot.w)/2, float64(c.plot.h)/2)
	c.later()
}

// shift moves what is seen by a part of the screen.
func (c *canvas) shift(x, y float64) {
	step := 0.15 * float64(min(c.plot.w, c.plot.h))
	c.slide(x*step, y*step)
	c.later()
}
