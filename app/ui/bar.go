package ui

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
)

// Part of a bar: Share is 0..1, Class one of done, auto, skipped.
type Part struct {
	Share float64
	Class string
}

// Bar draws parts of a whole side by side. label is its accessible name.
func Bar(label string, parts ...Part) app.UI {
	var b strings.Builder
	at := 0.0
	for _, p := range parts {
		share := max(min(p.Share, 1-at), 0)
		fmt.Fprintf(&b, `<rect class=%q x="%.3f%%" y="0" width="%.3f%%" height="100%%"></rect>`, p.Class, 100*at, 100*share)
		at += share
	}
	return app.Span().Class("bar").Role("img").Aria("label", label).Body(
		app.Raw(`<svg preserveAspectRatio="none" aria-hidden="true">` + b.String() + `</svg>`))
}

// Progress shows long work: what is being done, how far it is, what is left, and Cancel where cancel is not nil.
func Progress(what string, done, total int, eta float64, cancel Handler) app.UI {
	share := 0.0
	if total > 0 {
		share = float64(done) / float64(total)
	}
	left := ""
	if eta > 0 {
		left = i18n.T("progress.left", "time", i18n.Duration(eta))
	}
	return app.Div().Class("progress").Body(
		app.Div().Class("row", "between").Body(
			app.Span().Text(what),
			app.Span().Class("muted", "small", "num").Text(strings.TrimSpace(progressCount(done, total)+"  "+left)),
			app.If(cancel != nil, func() app.UI {
				return Button(ButtonSpec{Label: i18n.T("action.cancel"), Small: true, On: cancel})
			}),
		),
		// Around the bar alone: what is inside a progress bar is hidden from screen readers, and Cancel must not be.
		app.Div().Role("progressbar").Aria("label", what).Aria("valuemin", "0").Aria("valuemax", "100").
			Aria("valuenow", fmt.Sprintf("%.0f", 100*share)).Body(Bar(what, Part{share, "done"})),
	)
}

func progressCount(done, total int) string {
	if total <= 0 {
		return ""
	}
	return i18n.Number(done) + " / " + i18n.Number(total)
}
