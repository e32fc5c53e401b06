package models

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/server/domain"
)

// column is one upright bar of share 0..1 in the colour of the class around it.
func column(share float64) app.UI {
	height := max(share, 0.03) * 36
	return app.Raw(fmt.Sprintf(`<svg viewBox="0 0 10 36" aria-hidden="true"><rect x="0" y="%.2f" width="10" height="%.2f" rx="1.500"></rect></svg>`, 36-height, height))
}

// interval draws a value 0..1 as a bar with its confidence interval as a whisker.
func interval(v float64, ci domain.Interval) app.UI {
	whisker := ""
	if ci.High > ci.Low {
		whisker = fmt.Sprintf(`<path class="whisker" d="M%.2f 5H%.2fM%.2f 2.500v5M%.2f 2.500v5"></path>`, 100*ci.Low, 100*ci.High, 100*ci.Low, 100*ci.High)
	}
	return app.Span().Class("interval").Aria("hidden", "true").Body(app.Raw(fmt.Sprintf(
		`<svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="back" width="100" height="10"></rect><rect class="value" width="%.2f" height="10"></rect>%s</svg>`, 100*v, whisker)))
}

// thresholdCurve draws coverage and precision over the threshold, with a line at t.
func thresholdCurve(points []domain.ThresholdPoint, t float64, label string) app.UI {
	line := func(value func(domain.ThresholdPoint) float64) string {
		var b strings.Builder
		for i, p := range points {
			command := "L"
			if i == 0 {
				command = "M"
			}
			fmt.Fprintf(&b, "%s%.2f %.2f", command, 30+260*p.Threshold, 10+120*(1-value(p)))
		}
		return b.String()
	}
	var grid strings.Builder
	for k := 0; k <= 4; k++ {
		y := 10 + 30*float64(k)
		fmt.Fprintf(&grid, `<path class="gridline" d="M30 %.0fH290"></path><text x="26" y="%.1f" text-anchor="end">%d%%</text>`, y, y+3, 100-25*k)
		x := 30 + 65*float64(k)
		fmt.Fprintf(&grid, `<text x="%.0f" y="145" text-anchor="middle">%d%%</text>`, x, 25*k)
	}
	return app.Div().Class("curve").Role("img").Aria("label", label).Body(app.Raw(fmt.Sprintf(
		`<svg viewBox="0 0 300 150">%s<path class="coverage" d="%s"></path><path class="precision" d="%s"></path><path class="cursor" d="M%.2f 6V134"></path></svg>`,
		grid.String(), line(func(p domain.ThresholdPoint) float64 { return p.Coverage }), line(func(p domain.ThresholdPoint) float64 { return p.Precision }), 30+260*t)))
}

// at gives the last point of the curve whose threshold is not over t.
func at(points []domain.ThresholdPoint, t float64) (domain.ThresholdPoint, bool) {
	found := false
	var best domain.ThresholdPoint
	for _, p := range points {
		if p.Threshold <= t+1e-9 {
			best, found = p, true
		}
	}
	return best, found
}

// histogram draws counts of 20 bins of confidence; bins under limit are pale.
func histogram(bins []int, limit float64, label string) app.UI {
	most := 1
	for _, n := range bins {
		most = max(most, n)
	}
	var b strings.Builder
	for i, n := range bins {
		class := "taken"
		if (float64(i)+0.5)/float64(len(bins)) < limit {
			class = "left"
		}
		height := 60 * float64(n) / float64(most)
		if n > 0 {
			height = max(height, 1.5)
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%d</title></rect>`, class, float64(i)*300/float64(len(bins))+1, 62-height, 300/float64(len(bins))-2, height, n)
	}
	return app.Div().Class("histogram").Role("img").Aria("label", label).Body(app.Raw(fmt.Sprintf(
		`<svg viewBox="0 0 300 80"><path class="gridline" d="M0 62.500H300"></path>%s<path class="cursor" d="M%.2f 0V66"></path><text x="0" y="77">0%%</text><text x="150" y="77" text-anchor="middle">50%%</text><text x="300" y="77" text-anchor="end">100%%</text></svg>`, b.String(), 300*limit)))
}
