package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// ClassButtons has a button for each class of the project, with its key; on gives the class.
func ClassButtons(disabled bool, on func(app.Context, domain.Class)) app.UI {
	classes := session.Classes()
	return app.Range(classes).Slice(func(i int) app.UI {
		c := classes[i]
		return app.Button().Type("button").Class("button", "small", "chip").Disabled(disabled).
			OnClick(func(ctx app.Context, _ app.Event) { on(ctx, c) }, app.EventScope(c.ID, c.Name)).
			Body(ClassName(c), app.If(c.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(c.Key) }))
	})
}
