package annotate

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// mostRows is how many boxes the list shows at once: more would be slow to render and nobody reads them.
const mostRows = 150

// boxClasses are the classes: the one that is drawn with is pressed.
func (s *Screen) boxClasses(known bool) app.UI {
	classes, now, l := session.Classes(), s.classInHand(), s.stage.layer
	count := map[string]int{}
	for _, b := range l.edit.Boxes() {
		count[b.ClassID]++
	}
	all, wanted := len(classes), []string{now}
	for id := range count {
		wanted = append(wanted, id)
	}
	classes = shortList(classes, recent[s.project], wanted)
	finder := func() app.UI { return s.findButton(all, len(classes)) }
	density := "usual"
	if len(classes) > 8 {
		density = "dense"
	}
	return app.Div().Class("an-classes", density).Role("group").Aria("label", i18n.T("annotate.classes")).Body(
		app.If(all > len(classes), finder),
		app.Range(classes).Slice(func(i int) app.UI {
			b := s.button(classes[i], classes[i].ID == now, known)
			if n := count[b.ID]; n > 0 {
				b.Count = n
			}
			return b
		}),
		app.If(all > 10 && all == len(classes), finder),
	)
}

// boxList lists the boxes of the image and shows the numbers of the one that is selected.
func (s *Screen) boxList() app.UI {
	l := s.stage.layer
	all, chosen := l.edit.Boxes(), l.edit.Selected()
	from, to := 0, len(all)
	if len(all) > mostRows {
		at := 0
		if len(chosen) > 0 {
			at = chosen[0]
		}
		from = max(0, min(at-mostRows/2, len(all)-mostRows))
		to = from + mostRows
	}
	active := ""
	if len(chosen) > 0 && chosen[0] >= from && chosen[0] < to {
		active = rowID(chosen[0])
	}
	return app.Section().Class("an-boxed").Aria("label", i18n.T("boxes.list")).Body(
		app.Div().Class("row", "between").Body(
			app.H2().Class("an-sub").Body(app.Text(i18n.T("boxes.list")), app.Text(" "), app.Span().Class("num", "muted").Text(i18n.Number(len(all)))),
			app.If(!session.OnlyLooks(), func() app.UI {
				return app.Span().Class("row").Body(
					s.boxIcon("boxhints.tighten", "tighten", hotkeys.Tighten, len(chosen) == 0),
					s.boxIcon("boxes.duplicate", "copy", hotkeys.DupBox, len(chosen) == 0),
					s.boxIcon("action.delete", "trash", hotkeys.Clear, len(chosen) == 0),
					s.boxIcon("boxes.add", "plus", hotkeys.NewBox, false))
			}),
		),
		app.If(len(all) == 0, func() app.UI { return app.P().Class("muted", "small").Text(i18n.T("boxes.hint")) }).
			Else(func() app.UI {
				return app.Ul().Class("an-boxlist").Role("listbox").Aria("label", i18n.T("boxes.list")).Aria("multiselectable", "true").
					Aria("activedescendant", active).TabIndex(0).OnKeyDown(s.listKey).OnMouseLeave(s.listLeft).Body(
					app.Range(all[from:to]).Slice(func(i int) app.UI { return s.boxRow(from+i, all[from+i]) }))
			}),
		app.If(to-from < len(all), func() app.UI {
			return app.P().Class("muted", "small").Text(i18n.T("boxes.some", "from", from+1, "to", to, "total", len(all)))
		}),
		app.If(len(chosen) == 1, func() app.UI { return s.boxFields(all[chosen[0]]) }).
			ElseIf(len(chosen) > 1, func() app.UI { return app.P().Class("small").Text(i18n.N("boxes.chosen", len(chosen))) }),
	)
}

func (s *Screen) boxIcon(text, icon string, a hotkeys.Action, off bool) app.UI {
	return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T(text), a), Icon: icon, IconOnly: true, Small: true, Kind: "quiet", Disabled: off, Scope: text, On: s.boxButton(a)})
}

// boxButton does a as the button for it.
func (s *Screen) boxButton(a hotkeys.Action) ui.Handler {
	return func(ctx app.Context) { s.box(ctx, a) }
}

func rowID(i int) string { return fmt.Sprintf("an-box-%d", i) }

func (s *Screen) boxRow(i int, b domain.Box) app.UI {
	c, _ := session.Class(b.ClassID)
	size := pixels(b.W) + " × " + pixels(b.H)
	row := app.Li().ID(rowID(i)).Role("option").Aria("selected", pressed(s.stage.layer.edit.IsSelected(i))).
		Aria("label", c.Name+", "+size).OnMouseEnter(func(ctx app.Context, _ app.Event) {
		s.stage.layer.edit.HoverOver(i)
		s.stage.layer.later()
		ctx.PreventUpdate()
	}, app.EventScope(i)).OnClick(func(ctx app.Context, e app.Event) { s.pickBox(i, e) }, app.EventScope(i))
	return row.Body(ui.ClassName(c), app.Span().Class("num", "muted").Text(size))
}

func (s *Screen) listLeft(ctx app.Context, _ app.Event) {
	s.stage.layer.edit.Leave()
	s.stage.layer.later()
	ctx.PreventUpdate()
}

func (s *Screen) pickBox(i int, e app.Event) {
	l := s.stage.layer
	l.settle()
	if e.Get("shiftKey").Bool() {
		l.edit.ChooseTo(i)
	} else {
		l.edit.Choose(i, e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool())
	}
	l.later()
}

// listKey goes through the list by keyboard. What it does not know the page's keys do.
func (s *Screen) listKey(ctx app.Context, e app.Event) {
	l := s.stage.layer
	n, at := len(l.edit.Boxes()), -1
	if chosen := l.edit.Selected(); len(chosen) > 0 {
		at = chosen[0]
	}
	if e.Get("altKey").Bool() || e.Get("ctrlKey").Bool() {
		ctx.PreventUpdate()
		return
	}
	switch e.Get("key").String() {
	case "ArrowDown":
		at = min(at+1, n-1)
	case "ArrowUp":
		at = max(at-1, 0)
	case "Home":
		at = 0
	case "End":
		at = n - 1
	default:
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	l.edit.Choose(at, false)
	l.later()
	s.revealRow(ctx)
}

// revealRow scrolls the list to what is selected.
func (s *Screen) revealRow(app.Context) {
	s.ctx.Defer(func(app.Context) {
		chosen := s.stage.layer.edit.Selected()
		if len(chosen) == 0 {
			return
		}
		if row := app.Window().GetElementByID(rowID(chosen[len(chosen)-1])); row.Truthy() {
			row.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// boxFields are the numbers of one box, to be typed.
func (s *Screen) boxFields(b domain.Box) app.UI {
	values := []float64{b.X, b.Y, b.W, b.H}
	names := []string{"x", "y", "w", "h"}
	return app.Div().Class("an-numbers").Role("group").Aria("label", i18n.T("boxes.numbers")).Body(
		app.Range(names).Slice(func(i int) app.UI {
			id := "an-number-" + names[i]
			return app.Label().For(id).Body(app.Span().Aria("hidden", "true").Text(i18n.T("boxes."+names[i])),
				app.Input().ID(id).Class("input").Type("number").Step(1).Min(0).Value(plain(values[i])).Aria("label", i18n.T("boxes."+names[i]+"_long")).
					OnChange(func(ctx app.Context, _ app.Event) { s.typed(ctx.JSSrc(), i) }, app.EventScope(i)))
		}))
}

// plain shows a number with as many digits as mean something, at most a thousandth of a pixel.
func plain(v float64) string { return fmt.Sprint(float64(int64(v*1000+.5)) / 1000) }

// typed takes over a number of the box that is selected; one that is none gives way to what stood there.
func (s *Screen) typed(field app.Value, i int) {
	l := s.stage.layer
	chosen := l.edit.Selected()
	v := field.Get("valueAsNumber").Float()
	if len(chosen) != 1 {
		return
	}
	b := l.edit.Boxes()[chosen[0]]
	if v == v { // not NaN
		*[]*float64{&b.X, &b.Y, &b.W, &b.H}[i] = v
		changed, n := l.edit.SetRect(geometry.Rect{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H})
		l.tell(changed, "labelled", n)
		b = l.edit.Boxes()[chosen[0]]
	}
	field.Set("value", plain([]float64{b.X, b.Y, b.W, b.H}[i]))
}

// boxTools are the tools that float over the stage where labels are boxes.
// boxLook is how the tools for boxes look.
type boxLook struct {
	tool         boxes.Tool
	snap, hidden bool
}

func (l *boxLayer) look() boxLook { return boxLook{l.edit.Tool, l.edit.Snap, l.hidden} }

func (s *Screen) boxTools() []app.UI {
	l := s.stage.layer
	tool := func(text, icon string, on bool, a hotkeys.Action, do ui.Handler) app.UI {
		return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T(text), a), Icon: icon, IconOnly: true, Small: true, Kind: "quiet", Pressed: &on, Scope: text, On: do})
	}
	return []app.UI{
		tool("boxes.draw", "box", l.edit.Tool == boxes.Draw, hotkeys.DrawBox, func(app.Context) { s.useTool(boxes.Draw) }),
		tool("boxes.select", "pointer", l.edit.Tool == boxes.Select, hotkeys.DrawBox, func(app.Context) { s.useTool(boxes.Select) }),
		tool("boxes.snap", "magnet", l.edit.Snap, "", s.toggleSnap),
		tool("boxes.hide", "eye", l.hidden, hotkeys.HideBoxes, s.boxButton(hotkeys.HideBoxes)),
		app.Span().Class("an-rule").Aria("hidden", "true"),
	}
}

// boxActions are what can be done with the image besides drawing.
func (s *Screen) boxActions(a domain.Asset, known bool, button func(text, icon, kind string, do hotkeys.Action, off bool) app.UI) app.UI {
	proposed := known && a.Label.State == domain.StateAuto
	text := "boxes.done"
	switch {
	case proposed:
		text = "review.accept"
	case known && a.Label.State == domain.StateUnlabelled:
		text = "boxes.none"
	}
	nothing := known && a.Label.State == domain.StateUnlabelled
	primary := button(text, "check", "primary", hotkeys.Accept, false)
	if n := s.takes(); n > 0 {
		primary = ui.Button(ui.ButtonSpec{Label: i18n.N("boxhints.accept", n), Icon: "spark", Kind: "primary", Key: s.keys.Key(hotkeys.Accept), Scope: "accept-ghosts", On: func(ctx app.Context) { s.run(ctx, hotkeys.Accept) }})
	}
	return app.Div().Class("an-actions").Body(
		primary,
		app.If(proposed, func() app.UI { return button("review.reject", "close", "", hotkeys.Reject, false) }),
		app.If(!s.Review, func() app.UI {
			return app.Div().Class("an-copy").Body(button("boxes.copy", "copy", "", hotkeys.Copy, s.desk.at == 0))
		}),
		app.If(!s.Review, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.clear"), Icon: "trash", Disabled: !known || nothing, Scope: "clear-all", On: s.clearBoxes})
		}),
		s.passes(a, known),
		s.verdicts(a),
	)
}
