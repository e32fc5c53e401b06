package hotkeys

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
)

// actionShow asks the listener of the page to open the overview.
const actionShow = "hotkeys-overview"

// Show opens the overview of the keys in force.
func Show(ctx app.Context) { ctx.NewAction(actionShow) }

// Listener listens for the keys of a screen while it is rendered, and shows the overview of them. On tells whether it took
// the key; a key that means nothing, or that is only held down, does not come to it.
type Listener struct {
	app.Compo

	Map   Map
	Hide  []Action // what this screen does not offer
	Note  string   // under the overview: what the pointer does
	On    func(ctx app.Context, p Press) bool
	Up    func(ctx app.Context, code string) // a key was let go; "" when the page cannot tell any more which are held
	Shown func() bool                        // as of ui.Hotkeys

	shown bool
}

// OnMount implements app.Mounter.
func (l *Listener) OnMount(ctx app.Context) {
	ctx.Handle(actionShow, func(app.Context, app.Action) { l.shown = true })
}

// Render implements app.Composer.
func (l *Listener) Render() app.UI {
	return app.Div().Class("hotkeys").Body(
		&ui.Hotkeys{On: l.key, Up: l.Up, Shown: l.Shown},
		app.If(l.shown, func() app.UI {
			return &ui.Dialog{Title: i18n.T("keys.title"), Wide: true, Content: l.overview, Footer: l.footer(), OnClose: func(app.Context) { l.shown = false }}
		}),
	)
}

func (l *Listener) key(ctx app.Context, k ui.Key) bool {
	p, ok := l.Map.Find(k)
	p.Code = k.Code
	switch {
	case !ok || slices.Contains(l.Hide, p.Action):
		return false
	case p.Action == Help:
		l.shown = true
		return true
	case l.On == nil:
		return false
	case p.Held:
		return true
	}
	return l.On(ctx, p)
}

// overview lists the keys in force: of this screen, or of all where the screen has none of its own.
func (l *Listener) overview() []app.UI {
	scopes := l.Map.open()
	if l.Map.scope == Everywhere {
		scopes = Scopes
	}
	out := []app.UI{l.classes()}
	for _, s := range scopes {
		m := l.Map
		if l.Map.scope == Everywhere {
			m = For(s, nil)
		}
		out = append(out, l.section(s, m))
	}
	return append(out,
		app.If(l.Note != "", func() app.UI { return app.P().Class("muted", "small").Text(l.Note) }),
		app.If(l.Map.scope == Grid, func() app.UI { return app.P().Class("muted", "small").Text(i18n.T("keys.extend")) }),
	)
}

// footer leads to where the keys are changed: they belong to the browser, but the settings are a project's.
func (l *Listener) footer() func() []app.UI {
	if session.Now.Project == "" {
		return nil
	}
	return func() []app.UI {
		return []app.UI{ui.LinkButton(i18n.T("keys.change"), "settings", "", session.At("settings", "").Path()+"#keys")}
	}
}

func (l *Listener) section(s Scope, m Map) app.UI {
	var rows []app.UI
	for _, a := range Actions(s) {
		if keys := m.Keys(a); len(keys) > 0 && !slices.Contains(l.Hide, a) {
			rows = append(rows, app.Div().Class("an-key").Body(app.Span().Text(i18n.T("keys.do."+string(a))),
				app.Span().Class("row").Body(app.Range(keys).Slice(func(i int) app.UI { return app.Kbd().Text(Keycap(keys[i])) }))))
		}
	}
	return app.If(len(rows) > 0, func() app.UI {
		return app.Section().Class("stack").Body(app.H3().Text(i18n.T("keys.scope."+string(s))), app.Div().Class("an-keys").Body(rows...))
	})
}

// classes lists the keys of the first classes; all of them stand on the screens themselves.
func (l *Listener) classes() app.UI {
	var rows []app.UI
	for _, c := range session.Classes() {
		if c.Key != "" && len(l.Map.classes) > 0 && len(rows) < 12 {
			rows = append(rows, app.Div().Class("an-key").Body(ui.ClassName(c), app.Kbd().Text(Keycap(c.Key))))
		}
	}
	return app.If(len(rows) > 0, func() app.UI {
		return app.Section().Class("stack").Body(app.H3().Text(i18n.T("keys.classes")), app.Div().Class("an-keys").Body(rows...))
	})
}
