package models

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
)

// slider chooses a share 0..1 in hundredths: set is told every one, then what when it is let go.
func slider(id, label string, value float64, set func(float64), then ...ui.Handler) app.UI {
	return app.Div().Class("slider").Body(
		app.Label().For(id).Text(label),
		app.Input().ID(id).Type("range").Min(0).Max(100).Step(1).Value(int(100*value+0.5)).
			OnInput(func(ctx app.Context, _ app.Event) {
				if v, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); err == nil {
					set(float64(v) / 100)
				}
			}, app.EventScope(id)).
			OnChange(func(ctx app.Context, _ app.Event) {
				for _, do := range then {
					do(ctx)
				}
			}, app.EventScope(id)),
		app.Output().For(id).Class("num").Text(i18n.Percent(value, 0)),
	)
}
