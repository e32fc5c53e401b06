package gallery

import (
	"fmt"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

var verdictIcons = map[domain.Verdict]string{domain.VerdictApproved: "check", domain.VerdictReturned: "undo"}

// verdictChip restricts to what a reviewer said something of; it is there as long as there is something.
func (s *Screen) verdictChip(verdict domain.Verdict) app.UI {
	on := slices.Contains(s.view.filter.Verdicts, verdict)
	c := session.Project.Counts
	count := map[domain.Verdict]int{domain.VerdictApproved: c.Approved, domain.VerdictReturned: c.Returned}[verdict]
	return slot(on || count > 0, func() app.UI {
		return app.Button().Type("button").Class("button", "small", "chip", "is-"+string(verdict)).Aria("pressed", fmt.Sprint(on)).
			OnClick(func(ctx app.Context, _ app.Event) {
				s.refine(func(v *view) { v.filter.Verdicts = toggled(v.filter.Verdicts, verdict) })(ctx)
			}, app.EventScope(string(verdict))).Body(
			ui.Icon(verdictIcons[verdict]), app.Span().Text(i18n.T("verdict."+string(verdict))), app.Span().Class("count").Text(i18n.Number(count)))
	})
}

// approve says that all labels that are meant are right.
func (s *Screen) approve(ctx app.Context) {
	if session.MayReview() {
		s.change(ctx, "approve")
	}
}
