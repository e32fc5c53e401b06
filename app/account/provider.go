package account

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Provider leads to where people sign in for this server, too, if there is such a place, and says why that failed when they are
// back without having signed in.
type Provider struct {
	app.Compo

	Invitation string // token of the link by which the person comes

	ctx     app.Context
	name    string
	busy    bool
	failure error
}

// OnMount asks whether there is one.
func (p *Provider) OnMount(ctx app.Context) {
	p.ctx = ctx
	session.Do(p.ctx, session.ClientOf(platform.Server).Capabilities, func(_ app.Context, v domain.Capabilities, err error) {
		if err == nil {
			p.name = v.Provider
		}
	})
}

// Render implements app.Composer.
func (p *Provider) Render() app.UI {
	failed := "account.failed." + session.Now.Query.Get("failed")
	return app.Div().Class("stack").Body(
		app.If(p.failure != nil, func() app.UI { return ui.Notice("error", text(p.failure)) }).
			ElseIf(i18n.Has(failed), func() app.UI { return ui.Notice("error", i18n.T(failed)) }),
		app.If(p.name != "", func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("account.provider", "name", p.name), Disabled: p.busy, On: p.leave})
		}),
	)
}

func (p *Provider) leave(app.Context) {
	if p.busy {
		return
	}
	p.busy, p.failure = true, nil
	c := session.ClientOf(platform.Server)
	session.Do(p.ctx, func(ctx context.Context) (string, error) { return c.StartProvider(ctx, p.Invitation) },
		func(_ app.Context, to string, err error) {
			if p.failure = err; err != nil {
				p.busy = false
				return
			}
			app.Window().Get("location").Call("assign", to)
		})
}
