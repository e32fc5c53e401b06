package annotate

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// stage shows one image. What is inside it is put there by code, past go-app's rendering, so that a key press shows the next
// image in the next frame.
type stage struct {
	root, flashes app.Value
	view          view
	sheets        []*sheet
	top           *sheet // the one that is seen, nil for none
	pointers      map[int]geometry.ScreenPt
	moved         bool
	start         geometry.ScreenPt // of a touch that may become a swipe
	swiping       bool
	over          *geometry.ScreenPt // where the pointer is, nil while it is elsewhere
	free          []func()

	layer *boxLayer // where labels are boxes, else nil

	swipe func(ctx app.Context, right bool)
}

// sheet is one image on the stage. Those that will be wanted next lie under the one that is seen: the browser has painted
// them already when they come to the top, which takes long for large photos.
type sheet struct {
	asset         string
	layer         app.Value
	sharp         bool // it is the image itself, not its thumbnail
	width, height float64
}

// stageBox puts s into the page.
type stageBox struct {
	app.Compo

	Stage  *stage
	Review bool
	Label  string
	Help   string // how boxes are worked on by keyboard; "" where there are none
}

// OnMount hands the elements over to the stage.
func (b *stageBox) OnMount(ctx app.Context) {
	if app.IsClient {
		b.Stage.mount(ctx, b.JSValue())
	}
}

// OnDismount frees listeners.
func (b *stageBox) OnDismount() {
	for _, f := range b.Stage.free {
		f()
	}
	b.Stage.free, b.Stage.root, b.Stage.top, b.Stage.sheets = nil, nil, nil, nil
}

// Render implements app.Composer.
func (b *stageBox) Render() app.UI {
	right, left := i18n.T("annotate.previous"), i18n.T("annotate.next")
	if b.Review {
		right, left = i18n.T("review.accept"), i18n.T("review.reject")
	}
	stage := app.Div().Class("an-canvas").TabIndex(-1).Role("img").Aria("label", b.Label)
	if b.Help != "" {
		stage = stage.Class("drawing").TabIndex(0).Role("application").Aria("description", b.Help)
	}
	return stage.Body(
		app.Div().Class("an-ground"),
		app.Span().Class("an-swipe", "right").Aria("hidden", "true").Text(right),
		app.Span().Class("an-swipe", "left").Aria("hidden", "true").Text(left),
		app.Div().Class("an-flashes").Aria("hidden", "true"),
	)
}

func (s *stage) mount(ctx app.Context, root app.Value) {
	s.root = root
	s.flashes = root.Call("querySelector", ".an-flashes")
	s.pointers = map[int]geometry.ScreenPt{}
	s.on("wheel", s.wheel)
	s.on("pointerdown", s.down)
	s.on("pointermove", s.move)
	s.on("pointerup", func(e app.Value) { s.up(ctx, e, true) })
	s.on("pointerleave", func(app.Value) { s.over = nil })
	s.on("pointercancel", func(e app.Value) { s.up(ctx, e, false) })
	s.on("dblclick", func(e app.Value) {
		if s.layer != nil {
			return // two clicks are the corners of a box
		}
		p := s.at(e)
		s.view.toggle(p.X, p.Y)
		s.place()
	})
	if s.layer != nil {
		s.layer.mount(s)
	}
	resized := app.FuncOf(func(app.Value, []app.Value) any { s.measure(); return nil })
	observer := app.Window().Get("ResizeObserver").New(resized)
	observer.Call("observe", root)
	s.free = append(s.free, func() { observer.Call("disconnect"); resized.Release() })
	s.tone(toneNow)
	s.measure()
	ctx.Dispatch(nil)
}

// on listens on the stage for as long as it is mounted.
func (s *stage) on(event string, f func(e app.Value)) { s.listen(s.root, event, f, false) }

// onWindow listens on the window, before what is rendered does.
func (s *stage) onWindow(event string, f func(e app.Value)) { s.listen(app.Window(), event, f, true) }

func (s *stage) listen(on app.Value, event string, f func(e app.Value), capture bool) {
	listener := app.FuncOf(func(_ app.Value, args []app.Value) any { f(args[0]); return nil })
	options := map[string]any{"passive": false, "capture": capture}
	on.Call("addEventListener", event, listener, options)
	s.free = append(s.free, func() {
		on.Call("removeEventListener", event, listener, options)
		listener.Release()
	})
}

func (s *stage) measure() {
	if s.root == nil {
		return
	}
	w, h := s.root.Get("clientWidth").Float(), s.root.Get("clientHeight").Float()
	if w > 0 && h > 0 && (w != s.view.stageW || h != s.view.stageH) {
		s.view.resize(w, h)
		s.place()
		s.keep(nil) // what lies under was fitted to the old size
		if s.layer != nil {
			s.layer.measure()
		}
	}
}

// show brings img to the top as the picture of a. blurred tells that it is only the thumbnail.
func (s *stage) show(a domain.Asset, img app.Value, blurred bool) {
	if s.root == nil {
		return
	}
	before := s.top
	x := s.lay(a, img, blurred)
	s.top = x
	for _, other := range s.sheets {
		other.layer.Get("classList").Call("toggle", "top", other == x)
	}
	s.view.width, s.view.height = x.width, x.height
	if before == nil || before.asset != a.ID {
		s.view.fit()
	}
	s.place()
	if s.layer != nil {
		s.layer.show(a)
	}
}

// prepare lays img under what is seen.
func (s *stage) prepare(a domain.Asset, img app.Value) {
	if s.root != nil && s.view.stageW > 0 {
		s.lay(a, img, false)
	}
}

// lay gives the sheet of a, with img on it.
func (s *stage) lay(a domain.Asset, img app.Value, blurred bool) *sheet {
	x := s.find(a.ID)
	if x != nil && (x.sharp || blurred) {
		return x
	}
	if x == nil {
		x = &sheet{asset: a.ID, layer: app.Window().Get("document").Call("createElement", "div")}
		x.layer.Set("className", "an-layer")
		s.sheets = append(s.sheets, x)
		s.root.Call("prepend", x.layer)
	}
	x.sharp = !blurred
	if x.width, x.height = float64(a.Width), float64(a.Height); x.width <= 0 || x.height <= 0 {
		x.width, x.height = img.Get("naturalWidth").Float(), img.Get("naturalHeight").Float()
	}
	x.layer.Call("replaceChildren", img)
	ui.SetStyle(x.layer, "width", px(x.width))
	ui.SetStyle(x.layer, "height", px(x.height))
	v := view{width: x.width, height: x.height}
	v.resize(s.view.stageW, s.view.stageH)
	x.place(&v)
	return x
}

func (s *stage) find(asset string) *sheet {
	for _, x := range s.sheets {
		if x.asset == asset {
			return x
		}
	}
	return nil
}

// keep drops all sheets but the one that is seen and those of assets.
func (s *stage) keep(assets []string) {
	s.sheets = slices.DeleteFunc(s.sheets, func(x *sheet) bool {
		drop := x != s.top && !slices.Contains(assets, x.asset)
		if drop {
			x.layer.Call("remove")
		}
		return drop
	})
}

// empty takes everything off the stage.
func (s *stage) empty() {
	s.top = nil
	s.keep(nil)
	if s.layer != nil {
		s.layer.clear()
	}
}

func px(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "px" }

// place moves what is seen to where view says.
func (s *stage) place() {
	if s.root == nil {
		return
	}
	if s.top != nil {
		s.top.place(&s.view)
	}
	s.root.Get("classList").Call("toggle", "zoomed", s.view.free && s.layer == nil)
	if scale := s.root.Get("parentNode").Call("querySelector", ".an-scale span"); scale.Truthy() {
		scale.Set("textContent", s.percent())
	}
	if s.layer != nil {
		s.layer.later()
	}
}

func (x *sheet) place(v *view) {
	ui.SetStyle(x.layer, "transform", fmt.Sprintf("translate(%.2fpx,%.2fpx) scale(%.5f)", v.x, v.y, v.scale))
	x.layer.Get("classList").Call("toggle", "pixels", v.scale >= 8)
	x.layer.Get("classList").Call("toggle", "moved", v.free)
}

// zoom scales around the pointer, or around the middle while it is elsewhere.
func (s *stage) zoom(factor float64) {
	p := s.middle()
	s.view.zoom(factor, p.X, p.Y)
	s.place()
}

func (s *stage) actual() {
	p := s.middle()
	s.view.actual(p.X, p.Y)
	s.place()
}

func (s *stage) middle() geometry.ScreenPt {
	if s.over != nil {
		return *s.over
	}
	return geometry.ScreenPt{X: s.view.stageW / 2, Y: s.view.stageH / 2}
}

// pans are the ways in which keys move the view over the image, as shares of the stage.
var pans = map[hotkeys.Action][2]float64{
	hotkeys.PanLeft: {-1. / 8, 0}, hotkeys.PanRight: {1. / 8, 0}, hotkeys.PanUp: {0, -1. / 8}, hotkeys.PanDown: {0, 1. / 8},
}

func (s *stage) pan(x, y float64) {
	if s.view.overflows() {
		s.view.pan(-x*s.view.stageW, -y*s.view.stageH)
		s.place()
	}
}

// percent is the scale as it is written.
func (s *stage) percent() string {
	if s.top == nil {
		return "–"
	}
	return strconv.Itoa(int(math.Round(100*s.view.scale))) + "%"
}

func (s *stage) fit() {
	s.view.fit()
	s.place()
}

func (s *stage) at(e app.Value) geometry.ScreenPt {
	r := s.root.Call("getBoundingClientRect")
	return geometry.ScreenPt{X: e.Get("clientX").Float() - r.Get("left").Float(), Y: e.Get("clientY").Float() - r.Get("top").Float()}
}

func (s *stage) wheel(e app.Value) {
	e.Call("preventDefault")
	d := e.Get("deltaY").Float()
	if e.Get("deltaMode").Int() == 1 {
		d *= 16
	}
	if e.Get("ctrlKey").Bool() {
		d *= 5 // two fingers on a trackpad: browsers tell of them so, in small steps
	}
	p := s.at(e)
	s.view.zoom(math.Exp(-math.Max(-120, math.Min(d, 120))/400), p.X, p.Y)
	s.place()
}

func (s *stage) down(e app.Value) {
	if e.Get("button").Int() > 1 {
		return
	}
	id, p := e.Get("pointerId").Int(), s.at(e)
	s.pointers[id] = p
	s.root.Call("setPointerCapture", id)
	s.start, s.moved = p, false
	if s.layer != nil {
		s.root.Call("focus", map[string]any{"preventScroll": true})
		s.layer.down(e)
		return
	}
	s.swiping = len(s.pointers) == 1 && !s.view.free && e.Get("pointerType").String() == "touch"
	if len(s.pointers) > 1 {
		s.slide(0)
	}
	s.root.Get("classList").Call("add", "held")
}

func (s *stage) move(e app.Value) {
	id := e.Get("pointerId").Int()
	before, held := s.pointers[id]
	if at := s.at(e); e.Get("pointerType").String() != "touch" {
		s.over = &at
	}
	if s.layer != nil {
		s.layer.move(e, before, held)
		if held {
			s.pointers[id] = s.at(e)
		}
		return
	}
	if !held {
		return
	}
	p := s.at(e)
	s.pointers[id] = p
	s.moved = s.moved || p.Distance(s.start) > 4
	switch {
	case len(s.pointers) == 2:
		s.pinch(id, before, p)
	case s.swiping:
		s.slide(p.X - s.start.X)
	case s.moved && s.view.overflows():
		s.view.pan(p.X-before.X, p.Y-before.Y)
		s.place()
	}
}

// pinch scales by how two fingers move apart, and moves the image with them.
func (s *stage) pinch(id int, before, now geometry.ScreenPt) {
	for other, o := range s.pointers {
		if other == id {
			continue
		}
		was, is := before.Distance(o), now.Distance(o)
		if was > 1 && is > 1 {
			s.view.zoom(is/was, (before.X+o.X)/2, (before.Y+o.Y)/2)
			if s.view.free {
				s.view.pan((now.X-before.X)/2, (now.Y-before.Y)/2)
			}
			s.place()
		}
	}
}

// far is how far a finger has to move for a swipe.
const far = 64

// slide shows a swipe that is under way.
func (s *stage) slide(dx float64) {
	list := s.root.Get("classList")
	list.Call("toggle", "to-right", dx > far)
	list.Call("toggle", "to-left", dx < -far)
	if s.top != nil {
		ui.SetStyle(s.top.layer, "margin-left", px(dx))
	}
}

func (s *stage) up(ctx app.Context, e app.Value, done bool) {
	id := e.Get("pointerId").Int()
	if _, held := s.pointers[id]; !held {
		return
	}
	p := s.at(e)
	delete(s.pointers, id)
	if s.layer != nil {
		s.layer.up(e, done)
		return
	}
	s.root.Get("classList").Call("remove", "held")
	if !s.swiping {
		return
	}
	s.swiping = false
	s.slide(0)
	dx, dy := p.X-s.start.X, p.Y-s.start.Y
	if done && math.Abs(dx) > far && math.Abs(dx) > 1.4*math.Abs(dy) {
		ctx.Dispatch(func(ctx app.Context) { s.swipe(ctx, dx > 0) })
	}
}

// flash says for a moment what was done to the image that is gone already.
func (s *stage) flash(text, color string) {
	if s.root == nil {
		return
	}
	document := app.Window().Get("document")
	chip := document.Call("createElement", "span")
	chip.Set("className", "an-flash")
	if color != "" {
		dot := document.Call("createElement", "span")
		dot.Set("className", "dot "+ui.ColorClass(color))
		chip.Call("append", dot)
	}
	chip.Call("append", text)
	s.flashes.Call("replaceChildren", chip)
}
