package settings

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
)

// binding is the state of changing one key.
type binding struct {
	action hotkeys.Action // whose key is waited for; "" while none is
	key    string         // pressed, but taken by another action
	wrong  bool           // the last key cannot be bound
}

// keys is the part of the screen that changes the keys of actions. They are kept in this browser, for all projects.
func (s *Screen) keys() app.UI {
	var presets []ui.Option
	for _, p := range hotkeys.Presets {
		presets = append(presets, ui.Option{Value: string(p), Label: i18n.T("keys.preset." + presetName(p))})
	}
	rows := s.keyRows()
	return app.Section().Class("card", "stack").ID("keys").Body(
		app.Div().Body(app.H2().Text(i18n.T("keys.title")), app.P().Class("muted", "small").Text(i18n.T("keys.text"))),
		app.Div().Class("row", "wrap", "between").Body(
			ui.Segmented(i18n.T("keys.preset"), string(hotkeys.Chosen()), presets, func(ctx app.Context, p string) {
				s.binding = binding{}
				hotkeys.Use(ctx, hotkeys.Preset(p))
			}),
			ui.Button(ui.ButtonSpec{Label: i18n.T("keys.reset_all"), Icon: "undo", Small: true, Disabled: !hotkeys.AnyChanged(), On: func(ctx app.Context) {
				s.binding = binding{}
				hotkeys.Use(ctx, hotkeys.Chosen())
			}})),
		app.Ul().Class("key-list").Body(rows...),
	)
}

func presetName(p hotkeys.Preset) string {
	if p == hotkeys.Irum {
		return "irum"
	}
	return string(p)
}

func (s *Screen) keyRows() []app.UI {
	var rows []app.UI
	seen := map[hotkeys.Action]bool{}
	for _, scope := range hotkeys.Scopes {
		for _, a := range hotkeys.Actions(scope) {
			if !seen[a] {
				seen[a] = true
				rows = append(rows, s.keyRow(a))
			}
		}
	}
	return rows
}

// where says in which parts of Irum a works.
func where(a hotkeys.Action) string {
	var names []string
	for _, scope := range hotkeys.Scopes {
		for _, other := range hotkeys.Actions(scope) {
			if other == a {
				names = append(names, i18n.T("keys.scope."+string(scope)))
			}
		}
	}
	return strings.Join(names, ", ")
}

func (s *Screen) keyRow(a hotkeys.Action) app.UI {
	name, keys := i18n.T("keys.do."+string(a)), hotkeys.KeysOf(a)
	return app.Li().Class("key-row").Body(
		app.Span().Class("grow").Body(app.Span().Text(name), app.Span().Class("muted", "small", "where").Text(where(a))),
		app.Span().Class("row", "wrap", "key-caps").Body(
			app.Range(keys).Slice(func(i int) app.UI { return s.keycap(a, name, keys[i]) }),
			app.If(s.binding.action == a && s.binding.key == "", func() app.UI { return s.waiting(a, name) }).
				Else(func() app.UI {
					return app.Button().Type("button").ID("key-"+string(a)).Class("button", "quiet", "small", "icon-only").
						Aria("label", i18n.T("keys.add", "what", name)).Title(i18n.T("keys.add", "what", name)).
						OnClick(func(ctx app.Context, _ app.Event) { s.await(ctx, a) }, app.EventScope(a)).Body(ui.Icon("plus"))
				}),
			app.If(hotkeys.Changed(a), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("keys.reset", "what", name), Icon: "undo", IconOnly: true, Small: true, Kind: "quiet", Scope: string(a), On: func(ctx app.Context) {
					s.binding = binding{}
					hotkeys.Reset(ctx, a)
					s.focusSoon("key-" + string(a))
				}})
			})),
		app.If(s.binding.action == a && s.binding.key != "", func() app.UI { return s.clash(a) }),
		app.If(s.binding.action == a && s.binding.wrong, func() app.UI {
			return app.P().Class("small", "hard").Role("alert").Text(i18n.T("keys.refused"))
		}),
	)
}

// keycap is a key that is taken away when it is pressed. One that a class of this project has does nothing here.
func (s *Screen) keycap(a hotkeys.Action, name, key string) app.UI {
	cap := hotkeys.Keycap(key)
	title, class := i18n.T("keys.remove", "key", cap, "what", name), "free"
	for _, c := range session.Classes() {
		if strings.EqualFold(c.Key, key) {
			title, class = title+". "+i18n.T("keys.class_has", "name", c.Name), "taken"
		}
	}
	return app.Button().Type("button").Class("keycap", class).Aria("label", title).Title(title).
		OnClick(func(ctx app.Context, _ app.Event) {
			s.binding = binding{}
			hotkeys.Remove(ctx, a, key)
			s.focusSoon("key-" + string(a))
		}, app.EventScope(a, key)).
		Body(app.Kbd().Text(cap), ui.Icon("close"))
}

// await waits for the key that a is to have.
func (s *Screen) await(ctx app.Context, a hotkeys.Action) {
	s.binding = binding{action: a}
	s.focusSoon("key-wait")
}

func (s *Screen) waiting(a hotkeys.Action, name string) app.UI {
	return app.Button().Type("button").ID("key-wait").Class("button", "small", "key-wait").Aria("label", i18n.T("keys.press")+" "+name).
		OnKeyDown(func(ctx app.Context, e app.Event) { s.pressed(ctx, e, a) }, app.EventScope(a)).
		OnBlur(func(app.Context, app.Event) {
			if s.binding.key == "" {
				s.binding = binding{}
			}
		}, app.EventScope(a)).
		Text(i18n.T("keys.press"))
}

// pressed takes the key for a. Tab goes on to the next control, and Esc leaves all as it is.
func (s *Screen) pressed(ctx app.Context, e app.Event, a hotkeys.Action) {
	k := ui.KeyOf(e)
	if k.Name == "Tab" || k.Name == "Shift" || k.Name == "Control" || k.Name == "Alt" || k.Name == "Meta" {
		return
	}
	e.PreventDefault()
	e.Call("stopPropagation")
	key := hotkeys.Chord(k)
	_, _, taken := hotkeys.Conflict(a, key)
	switch {
	case k.Name == "Escape":
		s.binding = binding{}
		s.focusSoon("key-" + string(a))
	case key == "":
		s.binding = binding{action: a, wrong: true}
		s.focusSoon("key-wait")
	case taken:
		s.binding = binding{action: a, key: key}
		s.focusSoon("key-take")
	default:
		s.bind(ctx, a, key)
	}
}

func (s *Screen) bind(ctx app.Context, a hotkeys.Action, key string) {
	s.binding = binding{}
	hotkeys.Add(ctx, a, key)
	s.focusSoon("key-" + string(a))
}

// clash asks what a key is to do that another action has.
func (s *Screen) clash(a hotkeys.Action) app.UI {
	key := s.binding.key
	other, scope, _ := hotkeys.Conflict(a, key)
	text := i18n.T("keys.clash", "key", hotkeys.Keycap(key), "what", i18n.T("keys.do."+string(other)), "where", i18n.T("keys.scope."+string(scope)))
	return app.Div().Class("key-clash").Body(ui.Notice("warn", text,
		app.Button().Type("button").ID("key-take").Class("button", "small").Text(i18n.T("keys.take")).
			OnClick(func(ctx app.Context, _ app.Event) { s.bind(ctx, a, key) }, app.EventScope(a, key)),
		ui.Button(ui.ButtonSpec{Label: i18n.T("keys.leave"), Small: true, Scope: string(a), On: func(ctx app.Context) {
			s.binding = binding{}
			s.focusSoon("key-" + string(a))
		}})))
}

// focusSoon gives the focus to the control of that id once it is on the page.
func (s *Screen) focusSoon(id string) {
	s.ctx.Defer(func(app.Context) { // of the screen: the control that was pressed may be gone
		if e := app.Window().GetElementByID(id); e.Truthy() {
			e.Call("focus")
		}
	})
}
