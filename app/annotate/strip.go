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
	width  int // of root; asking for it each time would have the page laid out each time
	frames map[string]*filmFrame
	shown  []string // the ids of what stands in root
	thumbs *pictures
	free   func()

	pick  func(ctx app.Context, id string)
	ready func() // called when it has come into the page
}

type filmFrame struct {
	button, mark app.Value
	filled       bool
	of           marked
	state, class string
	label        string
}

// marked is what the mark of a frame is made of.
type marked struct {
	place       int
	known       bool
	name, color string // color: of its first class
	state       domain.State
	flag        domain.Flag
	threads     int
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
	s.root, s.frames, s.shown = b.JSValue(), map[string]*filmFrame{}, nil
	s.width = s.root.Get("clientWidth").Int()
	clicked := app.FuncOf(func(_ app.Value, args []app.Value) any {
		button := args[0].Get("target").Call("closest", "button")
		if button.Truthy() {
			id := button.Get("dataset").Get("id").String()
			ctx.Dispatch(func(ctx app.Context) { s.pick(ctx, id) })
		}
		return nil
	})
	s.root.Call("addEventListener", "click", clicked)
	resized := app.FuncOf(func(app.Value, []app.Value) any {
		if s.root == nil {
			return nil
		}
		if w := s.root.Get("clientWidth").Int(); w != s.width {
			s.width = w
			s.ready()
		}
		return nil
	})
	observer := app.Window().Get("ResizeObserver").New(resized)
	observer.Call("observe", s.root)
	s.free = func() {
		s.root.Call("removeEventListener", "click", clicked)
		observer.Call("disconnect")
		clicked.Release()
		resized.Release()
	}
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
	if s.root == nil || s.width == 0 {
		return
	}
	room := max((s.width-cell/4)/cell, 5)
	from, to := window(d.at, room, len(d.ids))
	ids := slices.Clone(d.ids[from:to])
	s.place(ids)
	for i, id := range ids {
		s.look(d, id, from+i)
	}
	slices.SortStableFunc(ids, func(a, b string) int { return distance(d, a) - distance(d, b) })
	s.thumbs.want(ids)
}

// place makes the frames of ids those that stand in the film. Those that stay are not touched: the page would lay out and paint
// every one of them anew.
func (s *strip) place(ids []string) {
	gone := func(id string) bool { return !slices.Contains(ids, id) }
	stay := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return s.frames[id] == nil })
	for id, f := range s.frames {
		if gone(id) {
			f.button.Call("remove")
			delete(s.frames, id)
		}
	}
	s.shown = slices.DeleteFunc(s.shown, gone)
	moved := !slices.Equal(s.shown, stay)
	var next app.Value
	for i := len(ids) - 1; i >= 0; i-- {
		f := s.frames[ids[i]]
		if f == nil || moved {
			if f == nil {
				f = newFrame(ids[i])
				s.frames[ids[i]] = f
			}
			if next == nil {
				s.root.Call("append", f.button)
			} else {
				next.Call("before", f.button)
			}
		}
		next = f.button
	}
	s.shown = slices.Clone(ids)
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

func newFrame(id string) *filmFrame {
	document := app.Window().Get("document")
	f := &filmFrame{button: document.Call("createElement", "button"), mark: document.Call("createElement", "span")}
	f.button.Set("type", "button")
	f.button.Set("tabIndex", -1) // arrows go along the film; Tab need not
	f.button.Get("dataset").Set("id", id)
	f.button.Call("append", f.mark)
	return f
}

// look brings the frame of an image up to date.
func (s *strip) look(d *desk, id string, place int) {
	f := s.frames[id]
	s.fill(id)
	class := "an-frame"
	if place == d.at {
		class += " current"
	}
	if class != f.class {
		f.class = class
		f.button.Set("className", class)
	}
	a, known := d.assets[id]
	now := marked{place: place, known: known, name: a.Name, state: a.Label.State, flag: a.Label.Flag, threads: a.OpenThreads}
	if len(a.Label.Classes) > 0 {
		c, _ := session.Class(a.Label.Classes[0].ClassID)
		now.color = ui.ColorClass(c.Color)
	}
	if now != f.of || f.label == "" {
		f.of = now
		f.show(now)
	}
}

// show shows the state of an image's label on its thumbnail.
func (f *filmFrame) show(m marked) {
	state, label := "unknown", i18n.Number(m.place+1)
	if m.known {
		state = string(m.state)
		label += ", " + m.name + ", " + i18n.T("state."+string(m.state))
		if m.flag != domain.FlagNone {
			state += " " + string(m.flag)
			label += ", " + i18n.T("flag."+string(m.flag))
		}
		if m.threads > 0 {
			label += ", " + i18n.N("comments.open_long", m.threads)
		}
		if m.color != "" {
			state += " " + m.color
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
