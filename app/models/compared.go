package models

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// mostTaught is how many labelled images there may be for others without labels to be learnt from.
const mostTaught = 1000

// loose is how many images without a person's label there are to learn from, where this training can.
func (d *trainDialog) loose() int {
	if d.level != headLevel || session.Project.Task != domain.TaskSingle || d.estimate != nil && d.estimate.Images > mostTaught {
		return 0
	}
	return session.Project.Counts.Unlabelled + session.Project.Counts.Auto
}

// chooseUnlabelled lets the user learn from images without labels, too.
func (d *trainDialog) chooseUnlabelled() app.UI {
	return app.Div().Class("field").Body(
		app.Label().Class("row").Body(
			app.Input().ID("model-unlabelled").Type("checkbox").Checked(d.unlabelled).OnChange(func(ctx app.Context, _ app.Event) {
				d.unlabelled = ctx.JSSrc().Get("checked").Bool()
				delete(d.known, headLevel)
				d.measure(ctx)
			}),
			app.Span().Text(i18n.T("train.unlabelled"))),
		app.P().Class("small", "muted").Text(i18n.T("train.unlabelled_hint")))
}

// compared says what came of asking for more than a head of the labels alone.
func compared(c *domain.Comparison) app.UI {
	kind := "level"
	if c.Of == "unlabelled" {
		kind = c.Of
	}
	kept := ".dropped"
	if c.Kept {
		kept = ".kept"
	}
	if c.MAPWith != nil && c.MAPWithout != nil {
		kind = "boxes"
		return app.P().Class("small").Text(i18n.T("compared."+kind+kept, "level", i18n.T("level."+c.Of), "n", c.Images, "with", percent(c.With), "without", percent(c.Without)) + " " +
			i18n.T("compared.boxes.gain", "gain", signed(c.With-c.Without), "low", signed(c.Gain.Low), "high", signed(c.Gain.High), "after", percent(*c.MAPWith), "before", percent(*c.MAPWithout)))
	}
	words := i18n.T("compared."+kind+kept, "level", i18n.T("level."+c.Of), "used", c.Used, "n", c.Images, "with", percent(c.With), "without", percent(c.Without)) + " " +
		i18n.T("compared.gain", "gain", signed(c.With-c.Without), "low", signed(c.Gain.Low), "high", signed(c.Gain.High),
			"after", loss(c.LossWith), "before", loss(c.LossWithout))
	return app.P().Class("small").Text(words)
}

// signed is a difference of shares in percentage points.
func signed(v float64) string {
	text := strconv.FormatFloat(100*v, 'f', 1, 64)
	if v > 0 {
		text = "+" + text
	}
	return text
}
