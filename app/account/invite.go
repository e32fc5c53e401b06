package account

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// inviteCard makes links by which others join.
func (t *Team) inviteCard() app.UI {
	return app.Form().Class("card", "stack").OnSubmit(t.invite).Body(
		app.Div().Body(app.H2().Text(i18n.T("team.invite")), app.P().Class("muted", "small").Text(i18n.T("team.invite_text"))),
		app.Div().Class("invite-row").Body(
			ui.Field("invite-role", i18n.T("team.role"), "", problemIn(t.wrong, "role"), t.roles("invite-role", i18n.T("team.role"), t.role, func(r domain.Role) { t.role = r })),
			ui.Field("invite-email", i18n.T("team.invite_email"), "", problemIn(t.wrong, "email"),
				ui.Input("invite-email", t.email, "name@example.com", func(v string) { t.email = v })),
			app.Button().Type("submit").Class("button", "primary").Body(app.Span().Text(i18n.T("team.invite_do"))),
		),
		app.If(t.link != "", func() app.UI {
			return app.Div().Class("invite-link").Role("status").Body(
				app.Div().Class("field").Body(app.Label().For("invite-link").Text(i18n.T("team.link")), app.Input().ID("invite-link").Class("input").Type("text").ReadOnly(true).Value(t.link)),
				ui.Button(ui.ButtonSpec{Label: i18n.T("team.copy"), Icon: "copy", Scope: t.link, On: func(ctx app.Context) { copyText(ctx, "invite-link", t.link) }}))
		}),
		app.If(len(t.invitations) > 0, func() app.UI {
			return app.Ul().Class("key-list").Aria("label", i18n.T("team.open")).Body(app.Range(t.invitations).Slice(func(i int) app.UI { return t.invitation(t.invitations[i]) }))
		}),
	)
}

func (t *Team) invitation(v domain.Invitation) app.UI {
	who := v.Email
	if who == "" {
		who = i18n.T("team.anybody")
	}
	return app.Li().Class("key-row").Body(
		app.Span().Class("grow").Body(app.Span().Text(who), app.Span().Class("muted", "small", "where").
			Text(i18n.T("team.invited", "role", roleName(v.Role), "name", v.ByName, "time", v.ExpiresAt.Local().Format("2006-01-02 15:04")))),
		ui.Button(ui.ButtonSpec{Label: i18n.T("team.take_back"), Small: true, Scope: v.ID, On: func(app.Context) {
			t.do(func(ctx context.Context, c *client.Client, id string) error { return c.Uninvite(ctx, id, v.ID) })
		}}),
	)
}

func (t *Team) invite(_ app.Context, e app.Event) {
	e.PreventDefault()
	c, id, in := session.ClientOf(platform.Server), t.mine.Workspace, domain.Invitation{Role: t.role, Email: t.email}
	t.wrong, t.link = nil, ""
	session.Do(t.ctx, func(ctx context.Context) (domain.Invitation, error) { return c.Invite(ctx, id, in) },
		func(ctx app.Context, made domain.Invitation, err error) {
			if t.wrong = err; err != nil {
				if problemIn(err, "email")+problemIn(err, "role") == "" {
					ui.ToastError(ctx, err)
				}
				return
			}
			t.email = ""
			t.link = app.Window().Get("location").Get("origin").String() + "/invite#" + made.Token
			t.load(ctx)
		})
}

// Invited is where the link of an invitation leads.
type Invited struct {
	app.Compo

	Token string
	Done  func(ctx app.Context)

	ctx     app.Context
	what    domain.Invitation
	loaded  bool
	gone    error
	failure error
	busy    bool
}

// OnMount asks who invites to what.
func (v *Invited) OnMount(ctx app.Context) {
	v.ctx = ctx
	c := session.ClientOf(platform.Server)
	session.Do(v.ctx, func(ctx context.Context) (domain.Invitation, error) { return c.LookInvitation(ctx, v.Token) },
		func(_ app.Context, what domain.Invitation, err error) { v.what, v.gone, v.loaded = what, err, true })
}

// Render implements app.Composer.
func (v *Invited) Render() app.UI {
	switch {
	case !v.loaded:
		return ui.Loading()
	case v.gone != nil:
		return app.Div().Class("stack").Body(app.H1().Text(i18n.T("invited.gone.title")), app.P().Text(i18n.T("invited.gone.text")))
	}
	title := i18n.T("invited.title_home")
	if v.what.WorkspaceName != "" {
		title = i18n.T("invited.title", "workspace", v.what.WorkspaceName)
	}
	in := session.Me != nil && !session.Me.Local && !session.SignedOut
	return app.Form().Class("stack", "account-form").OnSubmit(v.submit).Body(
		app.Div().Body(app.H1().Text(title),
			app.P().Class("muted").Text(i18n.T("invited.text", "name", v.what.ByName, "role", roleName(v.what.Role)))),
		app.If(in, func() app.UI { return app.P().Text(i18n.T("invited.as", "name", session.Me.User.Name)) }).
			Else(func() app.UI {
				return app.Div().Class("stack").Body(app.Range(v.fields()).Slice(func(i int) app.UI {
					one := v.fields()[i]
					return one.render(problemIn(v.failure, one.id[len("account-"):]))
				}))
			}),
		app.If(v.failure != nil && v.elsewhere(in), func() app.UI { return ui.Notice("error", text(v.failure)) }),
		app.Div().Class("row", "wrap").Body(
			app.Button().Type("submit").Class("button", "primary").Disabled(v.busy).Body(app.Span().Text(i18n.T("invited.button"))),
			app.If(!in, func() app.UI { return ui.LinkButton(i18n.T("invited.login"), "", "quiet", "/login") })),
		app.If(!in, func() app.UI { return &Provider{Invitation: v.Token} }),
	)
}

func (v *Invited) fields() []field { return (&Form{Token: v.Token}).fields() }

// elsewhere tells whether the failure stands at no field.
func (v *Invited) elsewhere(in bool) bool {
	return in || problemIn(v.failure, "email")+problemIn(v.failure, "name")+problemIn(v.failure, "password") == ""
}

func (v *Invited) submit(_ app.Context, e app.Event) {
	e.PreventDefault()
	in := domain.Acceptance{Token: v.Token, Email: read("account-email"), Name: read("account-name"), Password: read("account-password")}
	if v.busy {
		return
	}
	v.busy, v.failure = true, nil
	c := session.ClientOf(platform.Server)
	session.Do(v.ctx, func(ctx context.Context) (domain.Me, error) { return c.AcceptInvitation(ctx, in) },
		func(ctx app.Context, me domain.Me, err error) {
			v.busy, v.failure = false, err
			if err != nil {
				return
			}
			session.Signed(&me)
			ctx.NewAction(session.ActionAccount)
			v.Done(ctx)
		})
}
