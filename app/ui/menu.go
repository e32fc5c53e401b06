package ui

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/lookup"
)

// MenuItem is one line of a Menu. One with Checked is a tick box, and the menu stays open when it is pressed.
type MenuItem struct {
	Label    string
	Hint     string // small, at the end
	Icon     string
	Color    string // of a class: a dot before the label
	Danger   bool
	Disabled bool
	Checked  *bool
	On       Handler
}

// longMenu is from how many items on a menu has a field to search them.
const longMenu = 12

// Menu is a button that opens a list of commands, or of other content where Content is set. Arrow keys walk through the
// list, Esc and a click elsewhere close it.
type Menu struct {
	app.Compo

	Label    string
	Icon     string
	Kind     string // of the button
	Small    bool
	IconOnly bool
	Disabled bool
	Count    int // how many of its items are on; shown at the button
	Items    []MenuItem
	Content  func() []app.UI

	ctx     app.Context // of the menu: an item is gone before what it does has ended
	open    bool
	query   string
	outside app.Func
}

// OnMount implements app.Mounter.
func (m *Menu) OnMount(ctx app.Context) { m.ctx = ctx }

// OnDismount frees the listener.
func (m *Menu) OnDismount() { m.unlisten() }

// Render implements app.Composer.
func (m *Menu) Render() app.UI {
	class := "button " + m.Kind
	if m.Small {
		class += " small"
	}
	if m.IconOnly {
		class += " icon-only"
	}
	if m.Count > 0 {
		class += " on"
	}
	kind := "menu"
	if m.Content != nil {
		kind = "dialog"
	}
	button := app.Button().Type("button").Class(strings.Fields(class)...).Aria("haspopup", kind).Aria("expanded", boolText(m.open)).
		Disabled(m.Disabled).OnClick(m.toggle)
	if m.IconOnly {
		button = button.Aria("label", m.Label).Title(m.Label)
	}
	return app.Div().Class("menu-root").OnKeyDown(m.onKey).Body(
		button.Body(
			app.If(m.Icon != "", func() app.UI { return Icon(m.Icon) }),
			app.If(!m.IconOnly, func() app.UI { return app.Span().Text(m.Label) }),
			app.If(m.Count > 0, func() app.UI { return app.Span().Class("badge").Text(i18n.Number(m.Count)) }),
			app.If(!m.IconOnly, func() app.UI { return Icon("chevron") }),
		),
		app.If(m.open, m.list),
	)
}

func (m *Menu) list() app.UI {
	if m.Content != nil {
		return app.Div().Class("menu", "floating", "content").Role("dialog").Aria("label", m.Label).Body(m.Content()...)
	}
	seen := m.found()
	return app.Div().Class("menu", "floating").Body(
		app.If(len(m.Items) >= longMenu, func() app.UI {
			return app.Input().Class("input").Type("search").Placeholder(i18n.T("menu.search")).Aria("label", i18n.T("menu.search")).
				AutoComplete(false).OnInput(func(ctx app.Context, _ app.Event) { m.query = ctx.JSSrc().Get("value").String() })
		}),
		app.If(len(seen) == 0, func() app.UI { return app.Span().Class("muted", "small", "nothing").Text(i18n.T("menu.nothing")) }),
		app.Div().Class("items").Role("menu").Aria("label", m.Label).Body(app.Range(seen).Slice(func(i int) app.UI { return m.item(seen[i]) })),
	)
}

// found are the items that the search leaves, at most 100: nobody reads more.
func (m *Menu) found() []MenuItem {
	if m.query == "" {
		return m.Items
	}
	var out []MenuItem
	for _, it := range m.Items {
		if lookup.Matches(it.Label, m.query) {
			out = append(out, it)
		}
	}
	return out[:min(len(out), 100)]
}

func (m *Menu) item(it MenuItem) app.UI {
	role := "menuitem"
	if it.Checked != nil {
		role = "menuitemcheckbox"
	}
	b := app.Button().Type("button").Role(role).TabIndex(-1).Disabled(it.Disabled).
		OnClick(func(app.Context, app.Event) {
			if it.Checked == nil {
				m.close(true)
			}
			it.On(m.ctx)
		}, app.EventScope(it.Label, it.Hint, fmt.Sprintf("%p", it.On), it.Checked != nil && *it.Checked))
	if it.Danger {
		b = b.Class("danger")
	}
	if it.Checked != nil {
		b = b.Aria("checked", boolText(*it.Checked))
	}
	return b.Body(
		app.If(it.Checked != nil, func() app.UI {
			return app.Span().Class("tick").Aria("hidden", "true").Body(app.If(*it.Checked, func() app.UI { return Icon("check") }))
		}),
		app.If(it.Icon != "", func() app.UI { return Icon(it.Icon) }),
		app.If(it.Color != "", func() app.UI { return app.Span().Class("dot", ColorClass(it.Color)).Aria("hidden", "true") }),
		app.Span().Class("grow", "cut").Text(it.Label),
		app.If(it.Hint != "", func() app.UI { return app.Span().Class("hint").Text(it.Hint) }),
	)
}

func (m *Menu) toggle(ctx app.Context, _ app.Event) {
	if m.open {
		m.close(true)
		return
	}
	m.open, m.query = true, ""
	m.outside = app.FuncOf(func(_ app.Value, args []app.Value) any {
		if root := m.JSValue(); !root.Truthy() || !root.Call("contains", args[0].Get("target")).Bool() {
			ctx.Dispatch(func(app.Context) { m.close(false) })
		}
		return nil
	})
	app.Window().Call("addEventListener", "pointerdown", m.outside, true)
	ctx.Defer(func(app.Context) { m.place() })
}

// place puts the list beside the button where it fits into the window, and the focus into the list.
func (m *Menu) place() {
	root := m.JSValue()
	list := root.Call("querySelector", ".menu")
	if !list.Truthy() {
		return
	}
	at, size := root.Call("getBoundingClientRect"), list.Call("getBoundingClientRect")
	width, height := app.Window().Get("innerWidth").Float(), app.Window().Get("innerHeight").Float()
	left := max(8, min(at.Get("left").Float(), width-size.Get("width").Float()-8))
	below, above := height-at.Get("bottom").Float()-12, at.Get("top").Float()-12
	top, room := at.Get("bottom").Float()+4, below
	if tall := size.Get("height").Float(); tall > below && above > below {
		room = above
		top = at.Get("top").Float() - 4 - min(tall, above)
	}
	SetStyle(list, "left", fmt.Sprintf("%.0fpx", left))
	SetStyle(list, "top", fmt.Sprintf("%.0fpx", top))
	SetStyle(list, "max-height", fmt.Sprintf("%.0fpx", min(room, 420)))
	SetStyle(list, "visibility", "visible")
	if first := list.Call("querySelector", "input,select,button:not([disabled])"); first.Truthy() {
		first.Call("focus")
	}
}

func (m *Menu) close(focus bool) {
	m.open = false
	m.unlisten()
	if focus {
		m.JSValue().Call("querySelector", "button").Call("focus")
	}
}

func (m *Menu) unlisten() {
	if m.outside != nil {
		app.Window().Call("removeEventListener", "pointerdown", m.outside, true)
		m.outside.Release()
		m.outside = nil
	}
}

// onKey walks through the list. While it is open no key goes on to the page.
func (m *Menu) onKey(ctx app.Context, e app.Event) {
	if !m.open {
		ctx.PreventUpdate()
		return
	}
	e.Call("stopPropagation")
	switch e.Get("key").String() {
	case "Escape":
		e.PreventDefault()
		m.close(true)
	case "Tab":
		if m.Content == nil {
			m.close(true)
		}
	case "ArrowDown":
		m.step(e, 1)
	case "ArrowUp":
		m.step(e, -1)
	case "Home":
		m.step(e, -1000)
	case "End":
		m.step(e, 1000)
	}
}

func (m *Menu) step(e app.Event, by int) {
	if m.Content != nil {
		return
	}
	e.PreventDefault()
	all := m.JSValue().Call("querySelectorAll", ".menu input, .menu button:not([disabled])")
	n := all.Get("length").Int()
	if n == 0 {
		return
	}
	now := -1
	active := app.Window().Get("document").Get("activeElement")
	for i := range n {
		if all.Index(i).Equal(active) {
			now = i
		}
	}
	next := now + by
	switch {
	case by == 1 && next >= n:
		next = 0
	case by == -1 && next < 0:
		next = n - 1
	}
	all.Index(max(0, min(next, n-1))).Call("focus")
}
