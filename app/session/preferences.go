package session

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
)

// Dark tells whether the dark theme is shown.
var Dark bool

// LoadPreferences reads language and theme, from what was chosen before or what the browser prefers.
func LoadPreferences(ctx app.Context) {
	var language, theme string
	_ = ctx.LocalStorage().Get("language", &language)
	_ = ctx.LocalStorage().Get("theme", &theme)
	if language == "" && app.IsClient {
		if l := app.Window().Get("navigator").Get("language"); l.Truthy() && len(l.String()) >= 2 {
			language = l.String()[:2]
		}
	}
	i18n.Use(language)
	switch theme {
	case "":
		Dark = app.IsClient && app.Window().Call("matchMedia", "(prefers-color-scheme: dark)").Get("matches").Bool()
	default:
		Dark = theme == "dark"
	}
	show()
}

// ToggleTheme changes between light and dark, and remembers it.
func ToggleTheme(ctx app.Context) {
	Dark = !Dark
	theme := "light"
	if Dark {
		theme = "dark"
	}
	_ = ctx.LocalStorage().Set("theme", theme)
	show()
}

// ToggleLanguage changes between English and Korean, and remembers it.
func ToggleLanguage(ctx app.Context) {
	next := "ko"
	if i18n.Language() == "ko" {
		next = "en"
	}
	i18n.Use(next)
	_ = ctx.LocalStorage().Set("language", next)
	show()
}

func show() {
	if !app.IsClient {
		return
	}
	root := app.Window().Get("document").Get("documentElement")
	theme := "light"
	if Dark {
		theme = "dark"
	}
	root.Call("setAttribute", "data-theme", theme)
	root.Call("setAttribute", "lang", i18n.Language())
}
