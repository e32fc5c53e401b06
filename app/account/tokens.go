package account

import (
	"context"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// lasts are how many days a new token may be good for; 0 is for ever.
var lasts = []int{30, 90, 365, 0}

// Tokens are the API tokens of the person.
type Tokens struct {
	app.Compo

	ctx    app.Context
	list   []domain.Token
	name   string
	right  domain.Right // the mightiest that the new token has
	days   int
	secret string // of the token that was just made
	wrong  error
}

// OnMount loads the tokens.
func (t *Tokens) OnMount(ctx app.Context) {
	t.ctx, t.right, t.days = ctx, domain.RightManage, 90
	t.load()
}

func (t *Tokens) load() {
	c := session.ClientOf(platform.Server)
	session.Do(t.ctx, c.Tokens, func(_ app.Context, list []domain.Token, err error) { t.list, t.wrong = list, err })
}

// Render implements app.Composer.
func (t *Tokens) Render() app.UI {
	return app.Form().Class("card", "stack").OnSubmit(t.make).Body(
		app.Div().Body(app.H2().Text(i18n.T("tokens.title")), app.P().Class("muted", "small").Text(i18n.T("tokens.text"))),
		app.Div().Class("token-row").Body(
			ui.Field("token-name", i18n.T("tokens.name"), "", problemIn(t.wrong, "name"), ui.Input("token-name", t.name, i18n.T("tokens.name_example"), func(v string) { t.name = v })),
			ui.Field("token-right", i18n.T("tokens.right"), "", "", app.Select().ID("token-right").Class("select").
				OnChange(func(ctx app.Context, _ app.Event) { t.right = domain.Right(ctx.JSSrc().Get("value").String()) }).
				Body(app.Range(domain.Rights).Slice(func(i int) app.UI {
					r := domain.Rights[i]
					return app.Option().Value(string(r)).Selected(r == t.right).Text(i18n.T("right." + string(r)))
				}))),
			ui.Field("token-days", i18n.T("tokens.good"), "", "", app.Select().ID("token-days").Class("select").
				OnChange(func(ctx app.Context, _ app.Event) { t.days = lasts[ctx.JSSrc().Get("selectedIndex").Int()] }).
				Body(app.Range(lasts).Slice(func(i int) app.UI { return app.Option().Selected(lasts[i] == t.days).Text(days(lasts[i])) }))),
			app.Button().Type("submit").Class("button").Body(app.Span().Text(i18n.T("tokens.make")))),
		app.If(t.secret != "", func() app.UI {
			return app.Div().Class("invite-link").Role("status").Body(
				app.Div().Class("field").Body(app.Label().For("token-secret").Text(i18n.T("tokens.secret")), app.Input().ID("token-secret").Class("input").Type("text").ReadOnly(true).Value(t.secret)),
				ui.Button(ui.ButtonSpec{Label: i18n.T("team.copy"), Icon: "copy", Scope: t.secret, On: func(ctx app.Context) { copyText(ctx, "token-secret", t.secret) }}))
		}),
		app.If(len(t.list) > 0, func() app.UI {
			return app.Ul().Class("key-list").Body(app.Range(t.list).Slice(func(i int) app.UI { return t.token(t.list[i]) }))
		}),
	)
}

func days(n int) string {
	if n == 0 {
		return i18n.T("tokens.forever")
	}
	return i18n.T("tokens.days", "n", n)
}

func (t *Tokens) token(v domain.Token) app.UI {
	until := i18n.T("tokens.forever")
	if !v.ExpiresAt.IsZero() {
		until = i18n.T("tokens.until", "time", v.ExpiresAt.Local().Format("2006-01-02"))
	}
	seen := i18n.T("tokens.unused")
	if !v.SeenAt.IsZero() {
		seen = i18n.T("account.seen", "time", v.SeenAt.Local().Format("2006-01-02 15:04"))
	}
	what := ""
	for _, r := range domain.Rights {
		if slices.Contains(v.Scopes, r) {
			what = i18n.T("right." + string(r))
		}
	}
	return app.Li().Class("key-row").Body(
		app.Span().Class("grow").Body(app.Span().Text(v.Name), app.Span().Class("muted", "small", "where").Text(what+" · "+until+" · "+seen)),
		ui.Button(ui.ButtonSpec{Label: i18n.T("tokens.delete", "name", v.Name), Icon: "trash", IconOnly: true, Kind: "quiet", Scope: v.ID, On: func(app.Context) { t.remove(v.ID) }}),
	)
}

func (t *Tokens) make(_ app.Context, e app.Event) {
	e.PreventDefault()
	in := domain.Token{Name: t.name, Scopes: domain.Rights[:slices.Index(domain.Rights, t.right)+1]}
	if t.right == domain.RightOwn && session.Me.User.Host {
		in.Scopes = append(slices.Clone(in.Scopes), domain.ScopeHost)
	}
	if t.days > 0 {
		in.ExpiresAt = time.Now().UTC().AddDate(0, 0, t.days)
	}
	t.secret, t.wrong = "", nil
	c := session.ClientOf(platform.Server)
	session.Do(t.ctx, func(ctx context.Context) (domain.Token, error) { return c.MakeToken(ctx, in) },
		func(ctx app.Context, made domain.Token, err error) {
			if t.wrong = err; err != nil {
				if problemIn(err, "name") == "" {
					ui.ToastError(ctx, err)
				}
				return
			}
			t.name, t.secret = "", made.Secret
			t.load()
		})
}

func (t *Tokens) remove(id string) {
	c := session.ClientOf(platform.Server)
	session.Do(t.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.DeleteToken(ctx, id) },
		func(ctx app.Context, _ struct{}, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
			}
			t.load()
		})
}

// copyText puts text into the clipboard, or selects it in the field of that id where the browser does not let us.
func copyText(ctx app.Context, id, text string) {
	if clipboard := app.Window().Get("navigator").Get("clipboard"); clipboard.Truthy() {
		clipboard.Call("writeText", text)
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("team.copied")})
		return
	}
	if e := app.Window().GetElementByID(id); e.Truthy() {
		e.Call("select")
	}
}
