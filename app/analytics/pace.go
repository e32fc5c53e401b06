package analytics

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/server/domain"
)

// enough is from how many labels on the two paces are compared.
const enough = 5

// paceWords compares labelling with and without suggestions.
func (s *Screen) paceWords() string {
	alone, assisted := s.data.Alone, s.data.Assisted
	switch {
	case alone.Labels+assisted.Labels == 0:
		return i18n.T("analytics.pace_none")
	case alone.Labels < enough || assisted.Labels < enough:
		return i18n.T("analytics.pace_one")
	case assisted.Median < alone.Median:
		return i18n.T("analytics.pace_faster", "with", seconds(assisted.Median), "without", seconds(alone.Median), "times", fixed(alone.Median/assisted.Median, 1))
	}
	return i18n.T("analytics.pace_slower", "with", seconds(assisted.Median), "without", seconds(alone.Median))
}

// pace draws the middle half of the seconds, with the median.
func (s *Screen) pace() app.UI {
	alone, assisted := s.data.Alone, s.data.Assisted
	most := max(alone.High, assisted.High)
	if most == 0 {
		return app.P().Class("muted").Text(i18n.T("analytics.pace_how", "cut", domain.PaceCutOff))
	}
	row := func(kind string, p domain.Pace) app.UI {
		return app.Div().Class("st-pace", kind).Body(
			app.Div().Class("row", "between").Body(app.B().Text(i18n.T("analytics.pace."+kind)),
				app.If(p.Labels > 0, func() app.UI {
					return app.Span().Class("num").Body(app.B().Text(seconds(p.Median)), app.Span().Class("muted", "small").Text(" · "+i18n.N("analytics.of_labels", p.Labels)))
				}).Else(func() app.UI { return app.Span().Class("muted", "small").Text(i18n.T("analytics.pace_no_labels")) })),
			app.If(p.Labels > 0, func() app.UI {
				return app.Div().Class("st-box").Role("img").Aria("label", i18n.T("analytics.pace_label", "low", seconds(p.Low), "median", seconds(p.Median), "high", seconds(p.High))).
					Body(box(p, most*1.08))
			}),
			app.If(p.Labels > 0, func() app.UI {
				return app.Span().Class("muted", "small").Text(i18n.T("analytics.pace_range", "low", seconds(p.Low), "high", seconds(p.High)))
			}),
		)
	}
	return app.Div().Class("stack").Body(row("alone", alone), row("assisted", assisted),
		app.P().Class("muted", "small").Text(i18n.T("analytics.pace_how", "cut", domain.PaceCutOff)+" "+
			i18n.T("analytics.pace_measured", "n", alone.Measured+assisted.Measured, "total", alone.Labels+assisted.Labels)))
}

func box(p domain.Pace, most float64) app.UI {
	at := func(v float64) string { return fixed(100*v/most, 2) + "%" }
	return app.Raw(`<svg preserveAspectRatio="none" aria-hidden="true"><rect class="back" x="0" y="0" width="100%" height="100%"></rect>` +
		`<rect class="half" x="` + at(p.Low) + `" y="0" width="` + at(max(p.High-p.Low, most/200)) + `" height="100%"></rect>` +
		`<rect class="median" x="` + at(p.Median) + `" y="0" width="3" height="100%"></rect></svg>`)
}
