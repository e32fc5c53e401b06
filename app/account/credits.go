package account

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// creditsCard shows what a workspace has, how long its trial lasts, and the newest lines of its ledger.
func creditsCard(c domain.Credits) app.UI {
	return app.Section().Class("card", "stack").ID("credits").Body(
		app.Div().Class("row", "between").Body(
			app.H2().Text(i18n.T("credits.title")), app.B().Text(i18n.T("credits.balance", "n", c.Balance))),
		app.If(c.Trial != nil, func() app.UI { return trialNotice(*c.Trial) }),
		app.Ul().Class("key-list").Aria("label", i18n.T("credits.ledger")).Body(app.Range(c.Entries).Slice(func(i int) app.UI {
			e := c.Entries[i]
			sign := ""
			if e.Amount > 0 {
				sign = "+"
			}
			return app.Li().Class("key-row").Body(
				app.Span().Class("grow").Text(i18n.T("credits.kind."+e.Kind)),
				app.Span().Class("muted", "small").Text(e.At.Local().Format("2006-01-02 15:04")),
				app.B().Text(sign+i18n.Number(int(e.Amount))))
		})),
	)
}

func trialNotice(t domain.Trial) app.UI {
	if t.Ended {
		return ui.Notice("warn", i18n.T("credits.trial.ended", "date", t.Ends.Local().Format("2006-01-02")))
	}
	return ui.Notice("info", i18n.N("credits.trial.left", t.DaysLeft, "credits", t.Left))
}
