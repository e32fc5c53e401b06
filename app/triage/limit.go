package triage

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// beyond counts the images that would have the issue at a limit; ok is false where the bars do not tell.
func beyond(i domain.IssueSummary, limit int) (n int, ok bool) {
	if limit == i.Limit {
		return i.Count, true
	}
	for k, bar := range i.Bars {
		if bad(i, k, limit) {
			n += bar
		}
	}
	return n, len(i.Bars) > 0
}

// bad tells whether the images of bar k have the issue at a limit, which stands at the edge of a bar.
func bad(i domain.IssueSummary, k, limit int) bool { return i.Below == (i.Min+k*i.Step < limit) }

// histogram draws the bars as SVG: their heights are square roots, so that a few images beside thousands are seen.
func histogram(i domain.IssueSummary, limit int) string {
	const height = 100
	most := 0
	for _, n := range i.Bars {
		most = max(most, n)
	}
	var b strings.Builder
	n := max(len(i.Bars)-1, 1) // the last bar holds what is over the scale, and hangs over its end, where the slider ends
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true">`, n, height)
	for k, bar := range i.Bars {
		if bar == 0 {
			continue
		}
		h := max(int(math.Sqrt(float64(bar)/float64(most))*height), 2)
		class := "fine"
		if bad(i, k, limit) {
			class = "bad"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%d.08" y="%d" width=".84" height="%d"></rect>`, class, k, height-h, h)
	}
	at := float64(limit-i.Min) / float64(i.Step)
	fmt.Fprintf(&b, `<path class="line" d="M%.2f 0V%d" vector-effect="non-scaling-stroke"></path></svg>`, at, height)
	return b.String()
}

// measureCard tells what the issue is, how the project's images are spread, and where the limit stands.
func (s *Screen) measureCard() app.UI {
	i := s.now()
	name := string(i.Issue)
	n, known := beyond(i, s.limit)
	count := "…"
	if known {
		count = i18n.T("check.count", "n", i18n.Number(n), "total", i18n.Number(s.report.Images))
	}
	limit := i18n.T("check.limit."+name, "n", shown(i.Issue, s.limit))
	return app.Div().Class("card", "check-card").Body(
		app.Div().Class("row", "between", "wrap").Body(
			app.H2().Text(i18n.T("issue."+name)),
			app.B().Class("num").Role("status").Text(count)),
		app.P().Class("muted").Text(i18n.T("issue.what."+name)),
		app.If(len(i.Bars) > 0, func() app.UI {
			return app.Div().Class("check-bars").Body(app.Raw(`<div>` + histogram(i, s.limit) + `</div>`))
		}),
		app.Div().Class("check-limit").Body(
			app.Input().ID("check-limit").Type("range").Min(i.Min).Max(i.Min+(i.Max-i.Min)/i.Step*i.Step).Step(float64(i.Step)).Value(s.limit).
				Disabled(!session.May(domain.RightManage)).Aria("label", i18n.T("check.limit")).Aria("valuetext", limit).
				OnInput(s.onLimit, app.EventScope(name)).OnChange(s.onLimitSet, app.EventScope(name)),
		),
		app.Div().Class("row", "between", "wrap").Body(
			app.Label().For("check-limit").Text(limit),
			app.If(s.limit != i.Default && session.May(domain.RightManage), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("check.default", "n", shown(i.Issue, i.Default)), Icon: "undo", Kind: "quiet", Small: true, Disabled: s.saving, Scope: name, On: func(app.Context) {
					s.limit = i.Default
					s.keepLimit()
				}})
			})),
	)
}

// shown is a value as people read it.
func shown(issue domain.Issue, v int) string {
	if issue == domain.IssueNarrow {
		return fmt.Sprintf("%.1f", float64(v)/100)
	}
	return i18n.Number(v)
}

func (s *Screen) onLimit(ctx app.Context, _ app.Event) {
	_, _ = fmt.Sscan(ctx.JSSrc().Get("value").String(), &s.limit)
}

func (s *Screen) onLimitSet(ctx app.Context, e app.Event) {
	s.onLimit(ctx, e)
	s.keepLimit()
}

// keepLimit keeps the limit that is shown, and the others as they are.
func (s *Screen) keepLimit() {
	limits := domain.Limits{}
	for _, i := range s.report.Issues {
		if i.Issue == s.issue {
			i.Limit = s.limit
		}
		if i.Limit != i.Default {
			limits[i.Issue] = i.Limit
		}
	}
	s.saving = true
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Triage, error) { return c.SetLimits(ctx, project, limits) },
		func(ctx app.Context, t domain.Triage, err error) {
			s.saving = false
			if err != nil {
				s.limit = s.now().Limit
				ui.ToastError(ctx, err)
				return
			}
			s.report = &t
			s.list = list{}
			s.load(ctx)
		})
}
