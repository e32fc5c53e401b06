package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
)

// Dialog is a modal window; it is open while it is rendered. The browser keeps the focus inside and gives it back at the end.
type Dialog struct {
	app.Compo

	Key     string // differs between dialogs of which one takes the other's place
	Title   string
	Wide    bool
	Content func() []app.UI
	Footer  func() []app.UI
	OnClose Handler // Esc, the close button; nil for a dialog that has to be answered

	release func()
	before  app.Value // what had the focus
}

// CompoID implements app.DismountEnforcer.
func (d *Dialog) CompoID() string { return d.Key }

// OnMount opens the window.
func (d *Dialog) OnMount(ctx app.Context) {
	element := d.JSValue()
	d.before = app.Window().Get("document").Get("activeElement")
	element.Call("showModal")
	cancel := app.FuncOf(func(_ app.Value, args []app.Value) any {
		args[0].Call("preventDefault")
		ctx.Dispatch(func(ctx app.Context) {
			if d.OnClose != nil {
				d.OnClose(ctx)
			}
		})
		return nil
	})
	element.Call("addEventListener", "cancel", cancel)
	d.release = cancel.Release
	focusFirst(element)
}

// focusFirst gives the focus to what a person came for: the first field, else the first choice, else the first button of the
// footer, which undoes nothing, else the text, so that keys scroll it. The browser would take the button that closes.
func focusFirst(dialog app.Value) {
	content := dialog.Call("querySelector", ".content")
	if !content.Call("querySelector", "a[href],button,input,select,textarea").Truthy() {
		content.Call("setAttribute", "tabindex", "0")
	}
	for _, what := range []string{"[autofocus]", ".content input:not([disabled]), .content textarea, .content select", ".content button:not([disabled]), .content a", "footer button:not([disabled])", ".content"} {
		if first := dialog.Call("querySelector", what); first.Truthy() {
			first.Call("focus")
			if first.Get("type").String() == "text" {
				first.Call("select")
			}
			return
		}
	}
}

// enter lets Enter in a line of text do what the dialog is for, as in any form.
func enter(ctx app.Context, e app.Event) {
	target := e.Get("target")
	if e.Get("key").String() != "Enter" || e.Get("isComposing").Bool() || e.Get("defaultPrevented").Bool() || target.Get("tagName").String() != "INPUT" {
		ctx.PreventUpdate()
		return
	}
	if button := ctx.JSSrc().Call("querySelector", "footer button.primary:not([disabled]), footer button.danger:not([disabled])"); button.Truthy() {
		e.PreventDefault()
		button.Call("click")
	}
}

// OnDismount frees the listener and gives the focus back: the browser does so only for a dialog that is closed, not for one
// that is taken out of the page.
func (d *Dialog) OnDismount() {
	if d.before != nil && d.before.Truthy() && d.before.Get("isConnected").Bool() {
		d.before.Call("focus", map[string]any{"preventScroll": true})
	}
	if d.release != nil {
		d.release()
	}
}

// Render implements app.Composer.
func (d *Dialog) Render() app.UI {
	size := "normal"
	if d.Wide {
		size = "wide"
	}
	return app.Dialog().Class("dialog", size).Aria("label", d.Title).OnKeyDown(enter).Body(
		app.Header().Body(app.H2().Text(d.Title), app.If(d.OnClose != nil, func() app.UI {
			return Button(ButtonSpec{Label: i18n.T("action.close"), Icon: "close", IconOnly: true, Kind: "quiet", Small: true, On: func(ctx app.Context) { d.OnClose(ctx) }})
		})),
		app.Div().Class("content").Body(d.Content()...),
		app.If(d.Footer != nil, func() app.UI { return app.Footer().Body(d.Footer()...) }),
	)
}
