package models

import (
	"math"
	"net/url"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// budgets are the shares of wrong labels that are offered.
var budgets = []float64{0.01, 0.02, 0.05}

// budgetText gives a budget in percent, with as many decimals as it needs.
func budgetText(b float64) string {
	if tenths := math.Round(1000 * b); math.Mod(tenths, 10) != 0 {
		return i18n.Percent(b, 1)
	}
	return i18n.Percent(b, 0)
}

// chooseBudget lets the user say what limits the labels: a confidence, or how many of them may be wrong.
func (d *applyDialog) chooseBudget() app.UI {
	options := []ui.Option{{Value: "0", Label: i18n.T("budget.none")}}
	for _, b := range budgets {
		options = append(options, ui.Option{Value: strconv.FormatFloat(b, 'f', -1, 64), Label: i18n.T("budget.share", "share", budgetText(b))})
	}
	return app.Div().Class("field").Body(
		app.Span().Class("label").Text(i18n.T("budget.title")),
		ui.Segmented(i18n.T("budget.title"), strconv.FormatFloat(d.budget, 'f', -1, 64), options, func(_ app.Context, v string) {
			if b, err := strconv.ParseFloat(v, 64); err == nil && b != d.budget {
				d.change(func() { d.budget = b })
			}
		}))
}

func (d *applyDialog) budgetHint() app.UI {
	text := i18n.T("budget.hint")
	if d.model.Task == domain.TaskMulti {
		text += " " + i18n.T("budget.sets")
	}
	return app.P().Class("small").Text(text)
}

// promise says what a preview under a budget comes to, and where nothing is labelled why.
func (d *applyDialog) promise(p *domain.Promise) app.UI {
	return app.Div().Class("stack", "promise").Body(
		app.If(p.Labelled > 0, func() app.UI {
			return ui.Notice("info", i18n.N("budget.promise", p.Wrong, "labels", p.Labelled, "sure", i18n.Percent(p.Confidence, 0), "held", p.Held)+" "+i18n.N("budget.spot", p.Spot))
		}),
		app.Ul().Class("promise-parts", "small").Body(app.Range(p.Parts).Slice(func(i int) app.UI { return d.part(p.Parts[i], len(p.Parts)) })),
	)
}

func (d *applyDialog) part(p domain.PromisePart, parts int) app.UI {
	var name app.UI = app.B().Text(i18n.T("budget.all"))
	if at := slices.IndexFunc(d.model.Classes, func(c domain.Class) bool { return len(p.Classes) == 1 && c.ID == p.Classes[0] }); at >= 0 {
		c := d.model.Classes[at]
		if now, ok := session.Class(c.ID); ok {
			c = now
		}
		name = app.B().Body(ui.ClassName(c))
	} else if parts > 1 {
		name = app.B().Text(i18n.T("budget.others"))
	}
	text := i18n.T("budget.part", "n", p.Labelled, "of", p.Of, "threshold", i18n.Percent(p.Threshold, 1), "wrong", p.SeenWrong, "seen", p.Seen)
	switch {
	case p.Labelled > 0:
	case p.Of == 0:
		text = i18n.T("budget.part.none")
	case p.More > 0:
		text = i18n.N("budget.part.more", p.More, "of", p.Of, "allowed", int(d.budget*float64(p.Of)+1e-9))
	default:
		text = i18n.T("budget.part.never")
	}
	return app.Li().Body(name, app.Span().Text(text))
}

// checks tell how labels turned out that were given under a budget.
func checks(m *domain.Model) app.UI {
	return app.Section().Class("stack", "checks").Body(
		app.H3().Text(i18n.T("spot.title")),
		app.Range(m.Checks).Slice(func(i int) app.UI { return check(m.Checks[i]) }))
}

func check(c domain.SpotCheck) app.UI {
	share := 0.0
	if c.Checked > 0 {
		share = float64(c.Wrong) / float64(c.Checked)
	}
	head := c.At.Local().Format("2006-01-02 15:04") + " · " + i18n.T("spot.head", "labels", c.Promise.Labelled, "share", budgetText(c.Promise.Budget))
	text := i18n.T("spot.waiting", "n", len(c.Open))
	if c.Checked > 0 {
		text = i18n.T("spot.result", "checked", c.Checked, "wrong", c.Wrong, "share", percent(share), "interval", ciText(c.ErrorCI))
	}
	to := session.At("review", "")
	to.Query = url.Values{"ids": c.Open}
	return app.Div().Class("stack").Body(
		app.P().Class("small", "muted").Text(head),
		app.P().Text(text),
		app.If(c.Over, func() app.UI {
			return ui.Notice("warn", i18n.T("spot.over", "share", budgetText(c.Promise.Budget)))
		}),
		app.If(len(c.Open) > 0, func() app.UI {
			return app.Div().Class("row").Body(ui.LinkButton(i18n.N("spot.check", len(c.Open)), "review", "", to.Path()))
		}),
	)
}
