package shell

import (
	"strings"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/account"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// watchAccount finds out who uses the server, and shows when it wants to be signed in to.
func (r *Root) watchAccount(ctx app.Context) {
	r.ctx = ctx
	session.OnSignedOut = func() {
		ctx.Dispatch(func(ctx app.Context) {
			if !session.SignedOut {
				session.SignedOut = true
				ctx.NewAction(session.ActionAccount)
			}
		})
	}
	ctx.Handle(session.ActionAccount, func(app.Context, app.Action) {}) // the bar shows it
	if platform.Current == nil || platform.Current.Why(platform.Server) != "" {
		return
	}
	c := session.ClientOf(platform.Server)
	session.Do(ctx, c.Me, func(ctx app.Context, me domain.Me, err error) {
		if err == nil {
			session.Signed(&me)
			ctx.NewAction(session.ActionAccount)
		}
	})
}

// who is in the top bar: the account, or the way to one.
func (r *Root) who() app.UI {
	switch {
	case session.SignedOut && session.Now.Screen != "login":
		return ui.LinkButton(i18n.T("account.login.button"), "", "quiet", "/login")
	case session.Me == nil || session.Me.Local || session.Me.Visitor || session.SignedOut:
		return app.Text("")
	}
	name := session.Me.User.Name
	first, _ := utf8.DecodeRuneInString(name)
	return app.A().Class("avatar").Href("/account").Title(name).Aria("label", i18n.T("account.of", "name", name)).
		Text(strings.ToUpper(string(first)))
}

// alone is a screen without a project.
func (r *Root) alone(key string) app.UI {
	switch session.Now.Screen {
	case "account":
		if session.SignedOut {
			return r.login(nil)
		}
		return &account.Screen{Key: key}
	case "team":
		if session.SignedOut {
			return r.login(func(app.Context) {})
		}
		return &account.Team{Key: key, Workspace: session.Now.Query.Get("workspace")}
	case "invite":
		if token := fragment(); token != "" {
			return framed(&account.Invited{Token: token, Done: goHome})
		}
	case "setup":
		if token := fragment(); token != "" {
			return framed(&account.Form{Token: token, Done: goHome})
		}
	}
	return r.login(goHome)
}

// login signs in where the page is, and then goes on there.
func (r *Root) login(then func(app.Context)) app.UI {
	if then == nil {
		then = func(app.Context) { // the form's own context ends with it
			r.loadProject(r.ctx)
		}
	}
	return framed(&account.Form{Done: then})
}

// loginAgain stands over a screen whose session has ended: what is on it stays.
func (r *Root) loginAgain() app.UI {
	return &ui.Dialog{Key: "login", Title: i18n.T("account.again"), Content: func() []app.UI {
		return []app.UI{&account.Form{Again: true, Done: func(app.Context) { r.loadProject(r.ctx) }}}
	}}
}

func framed(form app.UI) app.UI {
	return app.Div().Class("page", "account").Body(app.Div().Class("card").Body(form))
}

func goHome(ctx app.Context) { ctx.Navigate("/") }

// fragment is what follows # in the address: a token, which is never sent with it.
func fragment() string {
	if !app.IsClient {
		return ""
	}
	return strings.TrimPrefix(app.Window().Get("location").Get("hash").String(), "#")
}
