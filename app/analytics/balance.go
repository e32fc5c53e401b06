package analytics

import (
	"cmp"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	// listed is how many classes are shown until all are asked for.
	listed = 12
	// uneven is from how many times as many labels on the balance is spoken about.
	uneven = 3
)

// classCount is a class with how many images have it.
type classCount struct {
	domain.Class
	labelled, auto int
}

// counted gives the classes that can be given, those with most labels first.
func counted(classes []domain.Class, c domain.Counts) []classCount {
	var out []classCount
	for _, class := range classes {
		if !class.Archived {
			out = append(out, classCount{class, c.ByClass[class.ID], c.AutoClass[class.ID]})
		}
	}
	slices.SortStableFunc(out, func(a, b classCount) int { return cmp.Compare(b.labelled, a.labelled) })
	return out
}

// balanceWords says whether the classes have alike many labels.
func (s *Screen) balanceWords() string {
	list := counted(session.Project.Classes, session.Project.Counts)
	if len(list) == 0 || list[0].labelled == 0 {
		return i18n.T("analytics.balance_none")
	}
	most, least := list[0], list[len(list)-1]
	switch {
	case len(list) == 1:
		return i18n.T("analytics.balance_one")
	case least.labelled == 0:
		return i18n.T("analytics.balance_missing", "name", least.Name)
	case most.labelled >= uneven*least.labelled:
		return i18n.T("analytics.balance_uneven", "most", most.Name, "least", least.Name, "times", fixed(float64(most.labelled)/float64(least.labelled), 1))
	}
	return i18n.T("analytics.balance_even", "times", fixed(float64(most.labelled)/float64(least.labelled), 1))
}

// balance lists the classes with a bar each.
func (s *Screen) balance() app.UI {
	list := counted(session.Project.Classes, session.Project.Counts)
	most, all := 1, 0
	for _, c := range list {
		most, all = max(most, c.labelled+c.auto), all+c.labelled
	}
	rest := len(list) - listed
	if !s.every {
		list = list[:min(len(list), listed)]
	}
	return app.Div().Class("stack").Body(
		app.Table().Class("st-balance").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Scope("col").Text(i18n.T("metric.class")), app.Td(),
				app.Th().Scope("col").Class("num").Text(i18n.T("analytics.labels")), app.Th().Scope("col").Class("num").Text(i18n.T("analytics.share")))),
			app.TBody().Body(app.Range(list).Slice(func(i int) app.UI {
				c := list[i]
				return app.Tr().Body(
					app.Th().Scope("row").Body(ui.ClassName(c.Class)),
					app.Td().Class("st-bar").Body(ui.Bar(c.Name, ui.Part{Share: float64(c.labelled) / float64(most), Class: "done"}, ui.Part{Share: float64(c.auto) / float64(most), Class: "auto"})),
					app.Td().Class("num").Body(app.Text(i18n.Number(c.labelled)), app.If(c.auto > 0, func() app.UI {
						return app.Span().Class("st-more").Title(i18n.T("analytics.auto_hint")).Text(" +" + i18n.Number(c.auto))
					})),
					app.Td().Class("num").Text(i18n.Percent(float64(c.labelled)/float64(max(all, 1)), 1)))
			}))),
		app.If(rest > 0, func() app.UI {
			label := i18n.N("analytics.every", rest)
			if s.every {
				label = i18n.T("analytics.fewer")
			}
			return app.Div().Class("row").Body(ui.Button(ui.ButtonSpec{Label: label, Small: true, Kind: "quiet", Expanded: &s.every, On: func(app.Context) { s.every = !s.every }}))
		}),
	)
}
