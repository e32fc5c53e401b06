// Package ui is the kit that every screen is built from: buttons, fields, dialogs, progress, notices. The looks are in
// web/static/css/3-kit.css. Note on go-app: an event handler is only replaced on a new render when its code or its scope
// differs, so a handler that captures a loop variable or other changing value needs a scope (the key arguments here).
package ui

import (
	"errors"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// Handler is what a control does.
type Handler = func(ctx app.Context)

// ButtonSpec describes a button. Kind: "" (plain), primary, quiet, danger. Key is shown as a hint of the hotkey that does the
// same. Scope must differ whenever On captures something that changes.
type ButtonSpec struct {
	Label    string
	Icon     string
	Kind     string
	Small    bool
	IconOnly bool // Label becomes the accessible name and tooltip
	Key      string
	Disabled bool
	Pressed  *bool
	Expanded *bool // of what it opens in the page
	Scope    string
	On       Handler
}

// Button renders s.
func Button(s ButtonSpec) app.UI {
	class := "button " + s.Kind
	if s.Small {
		class += " small"
	}
	if s.IconOnly {
		class += " icon-only"
	}
	b := app.Button().Type("button").Class(strings.Fields(class)...).Disabled(s.Disabled)
	if s.On != nil {
		b = b.OnClick(func(ctx app.Context, _ app.Event) { s.On(ctx) }, app.EventScope(s.Label, s.Scope))
	}
	if s.Pressed != nil {
		b = b.Aria("pressed", boolText(*s.Pressed))
	}
	if s.Expanded != nil {
		b = b.Aria("expanded", boolText(*s.Expanded))
	}
	if s.IconOnly {
		b = b.Aria("label", s.Label).Title(s.Label)
	}
	return b.Body(
		app.If(s.Icon != "", func() app.UI { return Icon(s.Icon) }),
		app.If(!s.IconOnly, func() app.UI { return app.Span().Text(s.Label) }),
		app.If(s.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(s.Key) }),
	)
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// LinkButton looks like a button and goes to href.
func LinkButton(label, icon, kind, href string) app.UI {
	return app.A().Class("button").Class(strings.Fields(kind)...).Href(href).Body(
		app.If(icon != "", func() app.UI { return Icon(icon) }),
		app.Span().Text(label),
	)
}

// Tag is a small rounded label; tone: "", jade, violet, amber, red.
func Tag(text, tone string, icon ...string) app.UI {
	return app.Span().Class("tag").Class(strings.Fields(tone)...).Body(
		app.If(len(icon) > 0, func() app.UI { return Icon(icon[0]) }),
		app.Span().Class("cut").Text(text),
	)
}

// ClassName shows a class with its colour.
func ClassName(c domain.Class) app.UI {
	return app.Span().Class("class-name").Body(
		app.Span().Class("dot", ColorClass(c.Color)).Aria("hidden", "true"),
		app.Span().Class("cut").Text(c.Name),
	)
}

// Notice is a message in the page; tone: info, warn, error.
func Notice(tone, text string, action ...app.UI) app.UI {
	icon := map[string]string{"info": "info", "warn": "alert", "error": "alert"}[tone]
	role := "status"
	if tone == "error" {
		role = "alert"
	}
	return app.Div().Class("notice", tone).Role(role).Body(
		Icon(icon), app.Div().Class("text").Text(text), app.Range(action).Slice(func(i int) app.UI { return action[i] }),
	)
}

// Empty tells what would stand here and how to get it.
func Empty(icon, title, text string, action ...app.UI) app.UI {
	return app.Div().Class("empty").Body(
		Icon(icon), app.H2().Text(title), app.P().Text(text),
		app.Div().Class("row", "wrap").Body(app.Range(action).Slice(func(i int) app.UI { return action[i] })),
	)
}

// Loading stands for what is on its way.
func Loading() app.UI {
	return app.Div().Class("loading").Role("status").Body(app.Div().Class("spinner"), app.Span().Text(i18n.T("loading")))
}

// ErrorText says err in the user's language where its code has a text, with the detail that the host gave.
func ErrorText(err error) string {
	var p *domain.Problem
	if !errors.As(err, &p) {
		return i18n.T("error.offline")
	}
	switch p.Code {
	case domain.CodeInvalid, domain.CodeTooLarge, domain.CodeUnsupported, domain.CodeForbidden:
		return p.Detail // names what was wrong with the input, which no general text can
	}
	if p.Code == domain.CodeTooMany {
		return i18n.T("error.too_many", "time", i18n.Duration(float64(p.RetryAfter)))
	}
	if key := "error." + p.Code; i18n.Has(key) {
		if p.Code == domain.CodeUnavailable && p.Detail != "" {
			return p.Detail
		}
		return i18n.T(key)
	}
	return p.Detail
}

// Failed shows err with a way on; retry may be nil.
func Failed(err error, retry Handler) app.UI {
	return Notice("error", ErrorText(err), app.If(retry != nil, func() app.UI {
		return Button(ButtonSpec{Label: i18n.T("action.retry"), Small: true, On: retry})
	}))
}

// ToastSpec is a short message at the bottom of the page, with at most one action.
type ToastSpec struct {
	Text   string
	Error  bool
	Action string
	On     Handler
}

// Toast shows t.
func Toast(ctx app.Context, t ToastSpec) { ctx.NewActionWithValue(session.ActionToast, t) }

// ToastError shows err as a toast.
func ToastError(ctx app.Context, err error) {
	Toast(ctx, ToastSpec{Text: ErrorText(err), Error: true})
}

// Field is a labelled control with a hint or an error under it. The control must have id.
func Field(id, label, hint, problem string, control app.UI) app.UI {
	return app.Div().Class("field").Body(
		app.Label().For(id).Text(label), control,
		app.If(problem != "", func() app.UI { return app.Div().Class("error").ID(id + "-error").Role("alert").Text(problem) }).
			ElseIf(hint != "", func() app.UI { return app.Div().Class("hint").ID(id + "-hint").Text(hint) }),
	)
}

// Input is a text input bound to value.
func Input(id, value, placeholder string, set func(string)) app.HTMLInput {
	return app.Input().ID(id).Class("input").Type("text").Value(value).Placeholder(placeholder).AutoComplete(false).
		OnInput(func(ctx app.Context, e app.Event) { set(ctx.JSSrc().Get("value").String()) }, app.EventScope(id))
}

// Option of a Choice.
type Option struct{ Value, Label, Hint, Icon string }

// Choices are big radio buttons.
func Choices(label, value string, options []Option, set func(app.Context, string)) app.UI {
	return app.Div().Class("choices").Role("radiogroup").Aria("label", label).OnKeyDown(RadioKeys).Body(app.Range(options).Slice(func(i int) app.UI {
		o := options[i]
		return app.Button().Type("button").Class("choice").Role("radio").Aria("checked", boolText(o.Value == value)).
			OnClick(func(ctx app.Context, _ app.Event) { set(ctx, o.Value) }, app.EventScope(o.Value)).
			Body(app.If(o.Icon != "", func() app.UI { return Icon(o.Icon) }),
				app.Span().Body(app.B().Text(o.Label), app.If(o.Hint != "", func() app.UI { return app.Span().Class("small").Text(o.Hint) })))
	}))
}

// RadioKeys makes the arrow keys choose among the radio buttons of a group.
func RadioKeys(ctx app.Context, e app.Event) {
	by := map[string]int{"ArrowRight": 1, "ArrowDown": 1, "ArrowLeft": -1, "ArrowUp": -1}[e.Get("key").String()]
	if by == 0 {
		ctx.PreventUpdate()
		return
	}
	all := ctx.JSSrc().Call("querySelectorAll", "[role=radio]:not([disabled])")
	n := all.Get("length").Int()
	active := app.Window().Get("document").Get("activeElement")
	for i := range n {
		if all.Index(i).Equal(active) {
			e.PreventDefault()
			e.Call("stopPropagation")
			to := all.Index((i + by + n) % n)
			to.Call("focus")
			to.Call("click")
			return
		}
	}
}

// Segmented is a row of options of which one is on.
func Segmented(label, value string, options []Option, set func(app.Context, string)) app.UI {
	return app.Div().Class("segmented").Role("group").Aria("label", label).Body(app.Range(options).Slice(func(i int) app.UI {
		o := options[i]
		return app.Button().Type("button").Aria("pressed", boolText(o.Value == value)).
			OnClick(func(ctx app.Context, _ app.Event) { set(ctx, o.Value) }, app.EventScope(o.Value)).Text(o.Label)
	}))
}
