package settings

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// suggestSwitch is whether suggestions are on in the project. It is kept at once, not with the form.
type suggestSwitch struct{ known, on, busy bool }

// loadSuggests asks whether suggestions are on.
func (s *Screen) loadSuggests() {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (bool, error) { return c.Suggests(ctx, project) },
		func(_ app.Context, on bool, err error) { s.suggest = suggestSwitch{known: err == nil, on: on} })
}

// suggestions switches them for everybody in the project.
func (s *Screen) suggestions() app.UI {
	return app.If(s.suggest.known && s.base.Task != domain.TaskBoxes, func() app.UI {
		return app.Section().Class("card", "stack").Body(
			app.H2().Text(i18n.T("settings.suggest")),
			app.P().Class("muted").Text(i18n.T("settings.suggest.hint")),
			app.Label().Class("row").Body(
				app.Input().Type("checkbox").Checked(s.suggest.on).Disabled(s.suggest.busy).OnChange(func(ctx app.Context, _ app.Event) {
					s.switchSuggests(ctx, ctx.JSSrc().Get("checked").Bool())
				}),
				app.Span().Text(i18n.T("settings.suggest.on"))),
		)
	})
}

func (s *Screen) switchSuggests(_ app.Context, on bool) {
	before := s.suggest.on
	s.suggest.on, s.suggest.busy = on, true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.SetSuggests(ctx, project, on) },
		func(ctx app.Context, _ struct{}, err error) {
			s.suggest.busy = false
			if err != nil {
				s.suggest.on = before
				ui.ToastError(ctx, err)
			}
		})
}
