package account

import (
	"context"
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Screen is one's own account: name, password, and where one has signed in.
type Screen struct {
	app.Compo

	Key string

	ctx      app.Context
	name     string
	sessions []domain.Session
	failure  error // of loading
	wrong    error // of what was sent
	busy     bool
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount fills the form.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	s.load(ctx)
	ctx.Handle(session.ActionAccount, func(ctx app.Context, _ app.Action) { s.load(ctx) })
}

func (s *Screen) load(app.Context) {
	if session.Me == nil || session.Me.Local {
		return
	}
	s.name, s.failure = session.Me.User.Name, nil
	c := session.ClientOf(platform.Server)
	session.Do(s.ctx, c.Sessions, func(_ app.Context, list []domain.Session, err error) {
		s.sessions, s.failure = list, err
	})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	if session.Me == nil || session.Me.Local {
		return ui.Empty("lock", i18n.T("account.none.title"), i18n.T("account.none.text"), ui.LinkButton(i18n.T("nav.projects"), "home", "", "/"))
	}
	return app.Div().Class("page", "settings").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("account.title")), app.P().Text(session.Me.User.Email)),
			ui.Button(ui.ButtonSpec{Label: i18n.T("account.logout"), On: s.logout})),
		s.workspaceCard(),
		s.nameCard(),
		s.passwordCard(),
		s.sessionCard(),
		&Tokens{},
	)
}

func (s *Screen) workspaceCard() app.UI {
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("team.workspaces")),
		app.If(len(session.Me.Workspaces) == 0, func() app.UI { return app.P().Text(i18n.T("team.nowhere")) }),
		app.Ul().Class("key-list").Body(app.Range(session.Me.Workspaces).Slice(func(i int) app.UI {
			m := session.Me.Workspaces[i]
			return app.Li().Class("key-row").Body(
				app.Span().Class("grow").Body(app.Span().Text(workspaceName(m)), app.Span().Class("muted", "small", "where").Text(roleName(m.Role))),
				ui.LinkButton(i18n.T("team.title"), "", "small", "/team?workspace="+url.QueryEscape(m.Workspace)))
		})),
	)
}

func (s *Screen) nameCard() app.UI {
	changed := strings.TrimSpace(s.name) != session.Me.User.Name && strings.TrimSpace(s.name) != ""
	return app.Form().Class("card", "stack").OnSubmit(func(ctx app.Context, e app.Event) {
		e.PreventDefault()
		name := strings.TrimSpace(s.name)
		s.change(domain.AccountChange{Name: &name}, "account.name_saved")
	}).Body(
		app.H2().Text(i18n.T("account.name_title")),
		ui.Field("own-name", i18n.T("account.name"), i18n.T("account.name_hint"), problemIn(s.wrong, "name"), ui.Input("own-name", s.name, "", func(v string) { s.name = v })),
		app.Div().Class("row").Body(app.Button().Type("submit").Class("button").Disabled(!changed || s.busy).Body(app.Span().Text(i18n.T("action.save")))),
	)
}

func (s *Screen) passwordCard() app.UI {
	old := field{"account-old", i18n.T("account.password_old"), "password", "current-password", ""}
	fresh := field{"account-new", i18n.T("account.password_new"), "password", "new-password", i18n.T("account.password_hint", "n", minPassword)}
	return app.Form().Class("card", "stack").OnSubmit(s.changePassword).Body(
		app.Div().Body(app.H2().Text(i18n.T("account.password_title")), app.P().Class("muted", "small").Text(i18n.T("account.password_text"))),
		old.render(problemIn(s.wrong, "old_password")), fresh.render(problemIn(s.wrong, "password")),
		app.Div().Class("row").Body(app.Button().Type("submit").Class("button").Disabled(s.busy).Body(app.Span().Text(i18n.T("account.password_change")))),
	)
}

func (s *Screen) changePassword(_ app.Context, e app.Event) {
	e.PreventDefault()
	in := domain.AccountChange{OldPassword: read("account-old"), Password: read("account-new")}
	if s.wrong = short(in.Password); s.wrong != nil {
		return
	}
	s.change(in, "account.password_saved")
}

func (s *Screen) change(in domain.AccountChange, said string) {
	if s.busy {
		return
	}
	s.busy, s.wrong = true, nil
	c := session.ClientOf(platform.Server)
	session.Do(s.ctx, func(ctx context.Context) (domain.Me, error) { return c.ChangeAccount(ctx, in) },
		func(ctx app.Context, me domain.Me, err error) {
			s.busy, s.wrong = false, err
			if err != nil {
				if problemIn(err, "name")+problemIn(err, "password")+problemIn(err, "old_password") == "" {
					ui.ToastError(ctx, err)
				}
				return
			}
			for _, id := range []string{"account-old", "account-new"} {
				if e := app.Window().GetElementByID(id); e.Truthy() {
					e.Set("value", "")
				}
			}
			session.Signed(&me)
			ctx.NewAction(session.ActionAccount)
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T(said)})
		})
}

func (s *Screen) sessionCard() app.UI {
	return app.Section().Class("card", "stack").Body(
		app.Div().Body(app.H2().Text(i18n.T("account.sessions")), app.P().Class("muted", "small").Text(i18n.T("account.sessions_text"))),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }),
		app.Ul().Class("key-list").Body(app.Range(s.sessions).Slice(func(i int) app.UI {
			v := s.sessions[i]
			end := func(app.Context) { s.end(v.ID) }
			return app.Li().Class("key-row").Body(
				app.Span().Class("grow").Body(app.Span().Text(agent(v.Agent)),
					app.Span().Class("muted", "small", "where").Text(i18n.T("account.seen", "time", v.SeenAt.Local().Format("2006-01-02 15:04")))),
				app.If(v.Current, func() app.UI { return ui.Tag(i18n.T("account.this"), "jade") }).
					Else(func() app.UI {
						return ui.Button(ui.ButtonSpec{Label: i18n.T("account.end"), Small: true, Scope: v.ID, On: end})
					}),
			)
		})),
	)
}

// agent makes a browser's own, long name short: the browser, and on what it runs.
func agent(text string) string {
	name := ""
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(text, known[0]) {
			name = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}} {
		if strings.Contains(text, known[0]) && name != "" {
			return name + ", " + known[1]
		}
	}
	if name != "" {
		return name
	}
	if len(text) > 60 {
		text = text[:60]
	}
	if text == "" {
		return "?"
	}
	return text
}

func (s *Screen) end(id string) {
	c := session.ClientOf(platform.Server)
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.EndSession(ctx, id) },
		func(ctx app.Context, _ struct{}, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
			}
			s.load(ctx)
		})
}

func (s *Screen) logout(ctx app.Context) { Logout(s.ctx, session.ClientOf(platform.Server)) }

// Logout signs out and goes home.
func Logout(ctx app.Context, c *client.Client) {
	session.Do(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Logout(ctx) },
		func(ctx app.Context, _ struct{}, err error) {
			if err != nil && domain.AsProblem(err).Code != domain.CodeSignedOut {
				ui.ToastError(ctx, err)
				return
			}
			session.Signed(nil)
			session.Project = nil
			ctx.NewAction(session.ActionAccount)
			ctx.Navigate("/")
		})
}
