package models

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// maxShown is how many suspects a card shows.
const maxShown = 8

// suspects is the section of a card about labels that are probably wrong.
func suspects(m domain.Model, list *domain.Suspects) app.UI {
	text := i18n.N("suspects.on_card_text", list.Total, "open", list.Open)
	switch {
	case list.Total == 0:
		text = i18n.T("suspects.on_card_none")
	case list.Open == 0:
		text = i18n.T("suspects.on_card_done", "n", list.Total)
	}
	return app.Section().Class("su-card").Body(
		app.H3().Text(i18n.T("suspects.on_card")), app.P().Class("small", "muted").Text(text),
		app.If(list.Open > 0, func() app.UI {
			return app.Ul().Body(app.Range(list.Items).Slice(func(i int) app.UI {
				f := list.Items[i]
				return app.Li().Title(f.Asset.Name).Body(&ui.Thumb{ID: f.Asset.ID}, classNames(f.Given, "from"), classNames(f.Suggested, "to"))
			}))
		}),
		app.If(list.Open > 0 && !session.OnlyLooks(), func() app.UI {
			return app.Div().Class("row").Body(ui.LinkButton(i18n.N("suspects.check", list.Open), "check", "", session.At("suspects", m.ID).Path()))
		}),
	)
}

func classNames(scores []domain.ClassScore, kind string) app.UI {
	if len(scores) == 0 {
		return app.Span().Class("su-names", kind).Body(app.Span().Class("cut").Text(i18n.T("annotate.none_of_them")))
	}
	return app.Span().Class("su-names", kind).Body(app.Range(scores).Slice(func(i int) app.UI {
		c, _ := session.Class(scores[i].ClassID)
		return ui.ClassName(c)
	}))
}
