package teamwork

import (
	"context"
	"math"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// number is a field for a whole number; what is none, or too much, is set to the nearest that may be.
func number(id string, value, least, most int, set func(int)) app.UI {
	return app.Input().ID(id).Class("input", "num").Type("number").Min(strconv.Itoa(least)).Max(strconv.Itoa(most)).Value(strconv.Itoa(value)).
		OnChange(func(ctx app.Context, _ app.Event) {
			n, err := strconv.Atoi(ctx.JSSrc().Get("value").String())
			if err != nil {
				n = value
			}
			n = max(least, min(n, most))
			ctx.JSSrc().Set("value", strconv.Itoa(n))
			set(n)
		}, app.EventScope(id))
}

// tick is a line with a box to tick.
func tick(id, key string, on bool, set func(bool)) app.UI {
	return app.Label().Class("row").Body(
		app.Input().ID(id).Type("checkbox").Checked(on).OnChange(func(ctx app.Context, _ app.Event) { set(ctx.JSSrc().Get("checked").Bool()) }, app.EventScope(id)),
		app.Span().Text(i18n.T(key)))
}

// settings is how images are handed out.
func (s *Screen) settings() app.UI {
	f := &s.form
	whole := session.Project.Task != domain.TaskBoxes
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("work.settings")),
		tick("queue-auto", "work.auto", f.Auto, func(v bool) { f.Auto = v }),
		app.If(whole, func() app.UI {
			return app.Div().Class("stack").Body(
				ui.Field("queue-labellers", i18n.T("work.labellers"), i18n.T("work.labellers_hint"), "", number("queue-labellers", f.Labellers, 1, domain.MaxLabellers, func(n int) { f.Labellers = n })),
				tick("queue-unanimous", "work.unanimous", f.Unanimous, func(v bool) { f.Unanimous = v }),
				ui.Field("queue-gold", i18n.T("work.gold_share"), i18n.T("work.gold_share_hint"), "",
					number("queue-gold", int(math.Round(100*f.GoldShare)), 0, int(100*domain.MaxGoldShare), func(n int) { f.GoldShare = float64(n) / 100 })))
		}),
		ui.Field("queue-minutes", i18n.T("work.minutes"), i18n.T("work.minutes_hint"), "", number("queue-minutes", f.Minutes, 1, domain.MaxLeaseTime, func(n int) { f.Minutes = n })),
		app.Div().Class("row").Body(ui.Button(ui.ButtonSpec{Label: i18n.T("settings.save"), Kind: "primary", Disabled: s.busy || *f == s.status.Settings, On: s.save})),
	)
}

func (s *Screen) save(app.Context) {
	in := s.form
	s.do(func(ctx context.Context, c *client.Client, project string) (int, error) {
		return 0, c.SetQueue(ctx, project, in)
	}, "settings.saved")
	s.status.Settings = in
}

// goldCard is the images by which labellers are measured.
func (s *Screen) goldCard() app.UI {
	approved := domain.Filter{Verdicts: []domain.Verdict{domain.VerdictApproved}}
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("work.gold", "n", s.gold.Total)),
		app.P().Class("muted").Text(i18n.T("work.gold_text")),
		app.If(s.gold.Total == 0, func() app.UI { return app.P().Text(i18n.T("work.gold_none")) }),
		app.If(len(s.gold.Items) > 0, func() app.UI {
			return app.Ul().Class("tw-gold").Body(app.Range(s.gold.Items).Slice(func(i int) app.UI {
				a := s.gold.Items[i]
				return app.Li().Body(&ui.Thumb{ID: a.ID}, app.Span().Class("cut").Title(a.Name).Text(words(a.Label)),
					ui.Button(ui.ButtonSpec{Label: i18n.T("work.gold_off", "name", a.Name), Icon: "close", IconOnly: true, Small: true, Kind: "quiet", Scope: a.ID, Disabled: s.busy, On: func(app.Context) {
						s.do(func(ctx context.Context, c *client.Client, project string) (int, error) {
							return c.MarkGold(ctx, project, domain.Filter{IDs: []string{a.ID}}, true)
						}, "work.gold_less")
					}}))
			}))
		}),
		app.If(session.Project.Counts.Approved > 0, func() app.UI {
			return app.Div().Class("row").Body(ui.Button(ui.ButtonSpec{Label: i18n.T("work.gold_approved"), Icon: "plus", Disabled: s.busy, On: func(app.Context) {
				s.do(func(ctx context.Context, c *client.Client, project string) (int, error) {
					return c.MarkGold(ctx, project, approved, false)
				}, "work.gold_more")
			}}))
		}),
	)
}

// words says a label in short.
func words(l domain.Label) string {
	if l.State == domain.StateSkipped {
		return i18n.T("state.skipped")
	}
	out := ""
	for i, c := range l.Classes {
		class, _ := session.Class(c.ClassID)
		if i > 0 {
			out += ", "
		}
		out += class.Name
	}
	if out == "" {
		return i18n.T("annotate.none_of_them")
	}
	return out
}
