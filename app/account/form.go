// Package account is where people sign in to a server, and look after their account.
package account

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// minPassword is how many characters the server wants of a password.
const minPassword = 10

// field is one line of a form, as a password manager understands it. Its value is read when the form is sent, since what a
// manager fills in is not always told.
type field struct {
	id, label, kind, complete, hint string
}

func (f field) render(problem string) app.UI {
	input := app.Input().ID(f.id).Class("input").Type(f.kind).Attr("autocomplete", f.complete).Required(true)
	if problem != "" {
		input = input.Aria("invalid", "true").Aria("describedby", f.id+"-error")
	} else if f.hint != "" {
		input = input.Aria("describedby", f.id+"-hint")
	}
	return ui.Field(f.id, f.label, f.hint, problem, input)
}

// read gives what stands in a field.
func read(id string) string {
	if e := app.Window().GetElementByID(id); e.Truthy() {
		return e.Get("value").String()
	}
	return ""
}

// problemIn gives the text of err if it is about the field of that name.
func problemIn(err error, name string) string {
	var p *domain.Problem
	if errors.As(err, &p) && p.Field == name {
		return text(err)
	}
	return ""
}

// text says err in the user's language.
func text(err error) string {
	var p *domain.Problem
	if errors.As(err, &p) && p.Code == domain.CodeInvalid {
		if key := "account.wrong." + p.Field; i18n.Has(key) {
			return i18n.T(key, "n", minPassword)
		}
	}
	if errors.As(err, &p) && p.Field == "old_password" {
		return i18n.T("account.wrong.old_password")
	}
	return ui.ErrorText(err)
}

// short is the problem of a password that the server would not take.
func short(password string) error {
	if utf8.RuneCountInString(password) < minPassword {
		return domain.Errorf(domain.CodeInvalid, "too short").In("password")
	}
	return nil
}

// Form signs somebody in. With Token it makes the first account of the server.
type Form struct {
	app.Compo

	Token string
	Again bool // in a dialog that says already what it is for
	Done  func(ctx app.Context)

	ctx     app.Context
	busy    bool
	failure error
	waiting bool // the server has no account yet, and this is not the link to make one
}

// OnMount asks whether there is an account to sign in to.
func (f *Form) OnMount(ctx app.Context) {
	f.ctx = ctx
	if f.Token != "" {
		return
	}
	c := session.ClientOf(platform.Server)
	session.Do(f.ctx, c.Capabilities, func(_ app.Context, v domain.Capabilities, err error) {
		f.waiting = err == nil && v.Accounts == domain.AccountsSetup
	})
}

// Render implements app.Composer.
func (f *Form) Render() app.UI {
	title, lead, button := "account.login.title", "account.login.text", "account.login.button"
	if f.Token != "" {
		title, lead, button = "account.setup.title", "account.setup.text", "account.setup.button"
	}
	if f.waiting {
		return app.Div().Class("stack").Body(app.H1().Text(i18n.T("account.waiting.title")), app.P().Text(i18n.T("account.waiting.text")))
	}
	return app.Form().Class("stack", "account-form").OnSubmit(f.submit).Body(
		app.If(f.Again, func() app.UI { return app.P().Text(i18n.T("account.again_text")) }).Else(func() app.UI {
			return app.Div().Body(app.H1().Text(i18n.T(title)), app.P().Class("muted").Text(i18n.T(lead)))
		}),
		app.Range(f.fields()).Slice(func(i int) app.UI {
			one := f.fields()[i]
			return one.render(problemIn(f.failure, one.id[len("account-"):]))
		}),
		app.If(f.failure != nil && !f.shown(), func() app.UI { return ui.Notice("error", text(f.failure)) }),
		app.Button().Type("submit").Class("button", "primary").Disabled(f.busy).Body(app.Span().Text(i18n.T(button))),
		app.If(f.Token == "", func() app.UI { return &Provider{} }),
	)
}

func (f *Form) fields() []field {
	email := field{"account-email", i18n.T("account.email"), "email", "username", ""}
	if f.Token == "" {
		return []field{email, {"account-password", i18n.T("account.password"), "password", "current-password", ""}}
	}
	return []field{
		{"account-name", i18n.T("account.name"), "text", "name", i18n.T("account.name_hint")},
		email,
		{"account-password", i18n.T("account.password"), "password", "new-password", i18n.T("account.password_hint", "n", minPassword)},
	}
}

// shown tells whether the failure stands at its field.
func (f *Form) shown() bool {
	for _, one := range f.fields() {
		if problemIn(f.failure, one.id[len("account-"):]) != "" {
			return true
		}
	}
	return false
}

func (f *Form) submit(_ app.Context, e app.Event) {
	e.PreventDefault()
	email, password, name := read("account-email"), read("account-password"), read("account-name")
	if f.busy {
		return
	}
	if f.Token != "" {
		if f.failure = short(password); f.failure != nil {
			return
		}
	}
	f.busy, f.failure = true, nil
	c := session.ClientOf(platform.Server)
	session.Do(f.ctx, func(ctx context.Context) (domain.Me, error) {
		if f.Token != "" {
			return c.Setup(ctx, domain.Setup{Token: f.Token, Email: email, Name: name, Password: password})
		}
		return c.Login(ctx, domain.Login{Email: email, Password: password})
	}, func(ctx app.Context, me domain.Me, err error) {
		f.busy, f.failure = false, err
		if err != nil {
			return
		}
		session.Signed(&me)
		ctx.NewAction(session.ActionAccount)
		f.Done(ctx)
	})
}
