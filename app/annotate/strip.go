package annotate

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// strip is the film under the stage: the images around the one that is looked at. Like the stage it is filled by code, so
// that thumbnails stay in place when the film moves on.
type strip struct {
	root   app.Value
	frames map[string]*filmFrame
	thumbs *pictures
	free   func()

	pick  func(ctx app.Context, id string)
	ready func() // called when it has come into the page
}

type filmFrame struct {
	button, mark app.Value
	filled       bool
	state, class string
	label        string
}

// cell is the width of one thumbnail with its gap, in pixels, as the style sheet has it.
const cell = 68

// stripBox puts s into the page.
type stripBox struct {
	app.Compo

	Strip *strip
	Label string
}

// OnMount hands the element over to the strip.
func (b *stripBox) OnMount(ctx app.Context) {
	if !app.IsClient {
		return
	}
	s := b.Strip
	s.root, s.frames = b.JSValue(), map[string]*filmFrame{}
	clicked := app.FuncOf(func(_ app.Value, args []app.Value) any {
		button := args[0].Get("target").Call("closest", "button")
		if button.Truthy() {
			id := button.Get("dataset").Get("id").String()
			ctx.Dispatch(func(ctx app.Context) { s.pick(ctx, id) })
		}
		return nil
	})
	s.root.Call("addEventListener", "click", clicked)
	s.free = func() { s.root.Call("removeEventListener", "click", clicked); clicked.Release() }
	ctx.Dispatch(func(app.Context) { s.ready() })
}

// OnDismount frees the listener.
func (b *stripBox) OnDismount() {
	if b.Strip.free != nil {
		b.Strip.free()
	}
	b.Strip.free, b.Strip.root = nil, nil
}

// Render implements app.Composer.
func (b *stripBox) Render() app.UI {
	return app.Div().Class("an-strip").Role("group").Aria("label", b.Label)
}

// update shows what surrounds d's place.
func (s *strip) update(d *desk) {
	if s.root == nil || !s.root.Get("offsetParent").Truthy() {
		return
	}
	room := max((s.root.Get("clientWidth").Int()-cell/4)/cell, 5)
	from, to := window(d.at, room, len(d.ids))
	ids := slices.Clone(d.ids[from:to])
	elements := make([]any, 0, room)
	for i, id := range ids {
		elements = append(elements, s.frame(d, id, from+i).button)
	}
	for id := range s.frames {
		if !slices.Contains(ids, id) {
			delete(s.frames, id)
		}
	}
	s.root.Call("replaceChildren", elements...)
	slices.SortStableFunc(ids, func(a, b string) int { return distance(d, a) - distance(d, b) })
	s.thumbs.want(ids)
}

// window gives the n places of a list of size around at: at stands in the middle, except near the ends.
func window(at, n, size int) (from, to int) {
	from = max(0, min(at-n/2, size-n))
	return from, min(from+n, size)
}

func distance(d *desk, id string) int {
	n := d.index[id] - d.at
	if n < 0 {
		return -n
	}
	return n
}

func (s *strip) frame(d *desk, id string, place int) *filmFrame {
	f := s.frames[id]
	if f == nil {
		document := app.Window().Get("document")
		f = &filmFrame{button: document.Call("createElement", "button"), mark: document.Call("createElement", "span")}
		f.button.Set("type", "button")
		f.button.Set("tabIndex", -1) // arrows go along the film; Tab need not
		f.button.Get("dataset").Set("id", id)
		f.button.Call("append", f.mark)
		s.frames[id] = f
	}
	if !f.filled {
		if img, _ := s.thumbs.get(id); img != nil {
			f.filled = true
			f.button.Call("prepend", img)
		}
	}
	class := "an-frame"
	if place == d.at {
		class += " current"
	}
	if class != f.class {
		f.class = class
		f.button.Set("className", class)
	}
	s.mark(f, d, id, place)
	return f
}

// mark shows the state of an image's label on its thumbnail.
func (s *strip) mark(f *filmFrame, d *desk, id string, place int) {
	a, known := d.assets[id]
	state, label := "unknown", i18n.Number(place+1)
	if known {
		state = string(a.Label.State)
		label += ", " + a.Name + ", " + i18n.T("state."+string(a.Label.State))
		if a.Label.Flag != domain.FlagNone {
			state += " " + string(a.Label.Flag)
			label += ", " + i18n.T("flag."+string(a.Label.Flag))
		}
		if a.OpenThreads > 0 {
			label += ", " + i18n.N("comments.open_long", a.OpenThreads)
		}
		if len(a.Label.Classes) > 0 {
			c, _ := session.Class(a.Label.Classes[0].ClassID)
			state += " " + ui.ColorClass(c.Color)
		}
	}
	if state != f.state {
		f.state = state
		f.mark.Set("className", "an-mark "+state)
	}
	if label != f.label {
		f.label = label
		f.button.Call("setAttribute", "aria-label", label)
		f.button.Set("title", label)
	}
}

// fill puts a thumbnail that has just come into its place.
func (s *strip) fill(id string) {
	f := s.frames[id]
	if f == nil || f.filled {
		return
	}
	if img, _ := s.thumbs.get(id); img != nil {
		f.filled = true
		f.button.Call("prepend", img)
	}
}
