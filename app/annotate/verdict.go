package annotate

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// approve says that the label is right, and goes on.
func (s *Screen) approve(ctx app.Context, a domain.Asset) {
	if !session.MayReview() || a.Label.State != domain.StateLabelled || s.desk.changed() {
		return
	}
	s.act("approved", domain.LabelChange{Action: "approve"})
	s.flash(i18n.T("verdict.approved"), "")
	s.goTo(ctx, s.desk.at+1)
}

// askReturn asks what is to be looked at again.
func (s *Screen) askReturn(a domain.Asset) {
	if !session.MayReview() || a.Label.State != domain.StateLabelled {
		return
	}
	s.returning, s.dialog = "", "return"
}

func (s *Screen) returnContent() []app.UI {
	return []app.UI{
		ui.Field("an-return", i18n.T("verdict.comment"), i18n.T("verdict.comment_hint"), "",
			ui.Input("an-return", s.returning, "", func(v string) { s.returning = v }).AutoFocus(true).MaxLength(domain.MaxComment).
				OnKeyDown(func(ctx app.Context, e app.Event) {
					if e.Get("key").String() == "Enter" && !e.Get("isComposing").Bool() {
						e.Call("stopPropagation") // the image that comes is not accepted too
						s.giveBack(ctx)
					}
				})),
	}
}

func (s *Screen) returnFooter() []app.UI {
	return []app.UI{
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("verdict.return"), Kind: "primary", On: s.giveBack}),
	}
}

// giveBack returns the label to who labels, and goes on.
func (s *Screen) giveBack(ctx app.Context) {
	s.dialog = ""
	s.act("returned", domain.LabelChange{Action: "return", Comment: strings.TrimSpace(s.returning)})
	s.flash(i18n.T("verdict.returned"), "")
	s.goTo(ctx, s.desk.at+1)
}

var verdictTones = map[domain.Verdict]string{domain.VerdictApproved: "jade", domain.VerdictReturned: "amber"}

func verdictTag(v domain.Verdict) app.UI {
	return app.If(v != domain.VerdictNone, func() app.UI {
		return ui.Tag(i18n.T("verdict."+string(v)), verdictTones[v], ui.VerdictIcons[v])
	})
}

// reviewNote is what a reviewer said.
func reviewNote(r *domain.Review) app.UI {
	return app.If(r != nil && r.Comment != "", func() app.UI {
		return app.P().Class("an-note").Body(
			app.If(r.By.Name != "", func() app.UI { return app.B().Text(r.By.Name + ": ") }), app.Span().Text(r.Comment))
	})
}

// verdicts are the buttons of who reviews.
func (s *Screen) verdicts(a domain.Asset) app.UI {
	if !session.MayReview() || s.Queue {
		return app.Div().Hidden(true)
	}
	button := func(text string, v domain.Verdict, do hotkeys.Action) app.UI {
		on := a.Label.Verdict() == v
		return ui.Button(ui.ButtonSpec{
			Label: i18n.T(text), Icon: ui.VerdictIcons[v], Key: s.keys.Key(do), Disabled: a.Label.State != domain.StateLabelled, Pressed: &on, Scope: string(do),
			On: func(ctx app.Context) { s.run(ctx, do) },
		})
	}
	return app.Div().Class("an-passes").Role("group").Aria("label", i18n.T("verdict.title")).Body(
		button("verdict.approve", domain.VerdictApproved, hotkeys.Approve),
		button("verdict.return", domain.VerdictReturned, hotkeys.Return),
	)
}
