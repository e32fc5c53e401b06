package shell

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
)

// shown is how long a toast stays; errors and toasts with an action stay longer.
const (
	shown     = 4 * time.Second
	shownLong = 10 * time.Second
)

type toast struct {
	ui.ToastSpec
	id int
}

// toasts are the messages at the bottom of the page, the newest last, three at most.
type toasts struct {
	ctx  app.Context // of the page: a toast is gone before what its action does has ended
	list []toast
	next int
}

func (t *toasts) show(ctx app.Context, spec ui.ToastSpec) {
	t.ctx = ctx
	t.next++
	id := t.next
	t.list = append(t.list, toast{spec, id})
	if len(t.list) > 3 {
		t.list = t.list[1:]
	}
	stay := shown
	if spec.Error || spec.Action != "" {
		stay = shownLong
	}
	ctx.After(stay, func(app.Context) { t.drop(id) })
}

func (t *toasts) drop(id int) {
	for i, x := range t.list {
		if x.id == id {
			t.list = append(t.list[:i:i], t.list[i+1:]...)
			return
		}
	}
}

func (t *toasts) render() app.UI {
	return app.Div().Class("toasts").Role("status").Aria("live", "polite").Body(app.Range(t.list).Slice(func(i int) app.UI {
		x := t.list[i]
		class := "plain"
		if x.Error {
			class = "error"
		}
		return app.Div().Class("toast", class).Body(
			app.Span().Class("grow").Text(x.Text),
			app.If(x.Action != "", func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: x.Action, Small: true, Scope: i18n.Number(x.id), On: func(app.Context) {
					t.drop(x.id)
					x.On(t.ctx)
				}})
			}),
			ui.Button(ui.ButtonSpec{Label: i18n.T("action.dismiss"), Icon: "close", IconOnly: true, Small: true, Scope: i18n.Number(x.id), On: func(app.Context) { t.drop(x.id) }}),
		)
	}))
}
