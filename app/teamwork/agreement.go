package teamwork

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// kappa writes a measure that is 1 for full agreement and 0 for what chance would give.
func kappa(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

// agreementCard is how far people agree, on the whole, two by two, and class by class.
func (s *Screen) agreementCard() app.UI {
	a := s.agreement
	figure := func(value, key string) app.UI {
		return app.Div().Class("st-figure").Body(app.Span().Class("value").Text(value), app.Span().Class("name").Text(i18n.T(key)))
	}
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("work.agreement")),
		app.P().Class("muted").Text(i18n.T("work.agreement_lead", "n", a.Images, "votes", a.Votes)),
		app.Div().Class("st-figures").Body(
			figure(i18n.Percent(a.Agreed, 0), "work.agreed"), figure(kappa(a.Fleiss), "work.fleiss"), figure(kappa(a.Alpha), "work.alpha"),
			figure(i18n.Number(a.Open), "work.ballots_open"), figure(i18n.Number(a.Disputed), "work.disputed")),
		app.Div().Class("st-pair").Body(s.pairs(), s.classes()),
		app.P().Class("muted", "small").Text(i18n.T("work.kappa_how")),
	)
}

func (s *Screen) pairs() app.UI {
	list := s.agreement.Pairs
	return app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", i18n.T("work.pairs")).Body(app.Table().Class("tw-table").ID("pairs").Body(
		app.THead().Body(app.Tr().Body(app.Th().Scope("col").Text(i18n.T("work.pairs")), app.Th().Scope("col").Class("num").Text(i18n.T("work.images")),
			app.Th().Scope("col").Class("num").Text(i18n.T("work.agreed")), app.Th().Scope("col").Class("num").Text(i18n.T("work.kappa")))),
		app.TBody().Body(app.Range(list).Slice(func(i int) app.UI {
			p := list[i]
			return app.Tr().Body(app.Th().Scope("row").Text(nameOf(p.A)+" · "+nameOf(p.B)), app.Td().Class("num").Text(i18n.Number(p.Images)),
				app.Td().Class("num").Text(i18n.Percent(p.Agreed, 0)), app.Td().Class("num").Body(app.B().Text(kappa(p.Kappa))))
		}))))
}

func (s *Screen) classes() app.UI {
	list := s.agreement.Classes
	return app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", i18n.T("metric.class")).Body(app.Table().Class("tw-table").ID("class-agreement").Body(
		app.THead().Body(app.Tr().Body(app.Th().Scope("col").Text(i18n.T("metric.class")), app.Th().Scope("col").Class("num").Text(i18n.T("work.votes")),
			app.Th().Scope("col").Class("num").Text(i18n.T("work.alpha_short")))),
		app.TBody().Body(app.Range(list).Slice(func(i int) app.UI {
			c := list[i]
			return app.Tr().Body(app.Th().Scope("row").Body(className(c.ClassID)), app.Td().Class("num").Text(i18n.Number(c.Votes)), app.Td().Class("num").Body(app.B().Text(kappa(c.Alpha))))
		}))))
}

func className(id string) app.UI {
	if class, known := session.Class(id); known {
		return ui.ClassName(class)
	}
	return app.Span().Text(i18n.T("state." + string(domain.StateSkipped)))
}
