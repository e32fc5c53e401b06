package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// classButton gives its class. It is a component of its own, so that a key renders the few buttons that look different after
// it and not all of them.
type classButton struct {
	app.Compo

	Screen *Screen
	ID     string
	Name   string
	Over   string // what the class is under
	Color  string
	Key    string
	Look   string // further classes of the style sheet
	Count  int    // shown where it is not negative
	On     bool
	Off    bool // it cannot be pressed
}

// button makes the button of c.
func (s *Screen) button(c domain.Class, on, known bool) *classButton {
	return &classButton{Screen: s, ID: c.ID, Name: c.Name, Over: session.Over(c.ID), Color: c.Color, Key: c.Key, Count: -1, On: on, Off: !known}
}

// Render implements app.Composer.
func (b *classButton) Render() app.UI {
	return app.Button().Type("button").Class("an-class").Class(b.Look).Class(ui.ColorClass(b.Color)).Disabled(b.Off).
		Aria("pressed", pressed(b.On)).Aria("keyshortcuts", b.Key).OnClick(b.press).Body(
		app.Span().Class("dot").Aria("hidden", "true"),
		app.Span().Class("name").Title(b.Over+b.Name).Body(
			app.If(b.Over != "", func() app.UI { return app.Span().Class("over").Text(b.Over) }),
			app.Span().Class("own").Text(b.Name)),
		app.If(b.Count >= 0, func() app.UI {
			return app.Span().Class("count", "num").Aria("hidden", "true").Text(i18n.Number(b.Count))
		}),
		app.If(b.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(hotkeys.Keycap(b.Key)) }),
	)
}

func (b *classButton) press(ctx app.Context, _ app.Event) { b.Screen.give(ctx, b.ID, false) }
