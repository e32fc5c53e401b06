package shell

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// mark is Irum's sign: a name tag whose hole is an eye.
const mark = `<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" d="M3 7.500A3.500 3.500 0 0 1 6.500 4h11A3.500 3.500 0 0 1 21 7.500v9a3.500 3.500 0 0 1-3.500 3.500h-11A3.500 3.500 0 0 1 3 16.500z"/><circle cx="12" cy="9.600" r="2.700" fill="#fff"/><circle cx="12" cy="9.600" r="1.200" fill="#1d1f23"/><path d="M7 15.600h10" stroke="#fff" stroke-width="1.800" stroke-linecap="round"/></svg>`

func (r *Root) topbar() app.UI {
	theme, icon := i18n.T("theme.dark"), "moon"
	if session.Dark {
		theme, icon = i18n.T("theme.light"), "sun"
	}
	inside := session.Now.Project != ""
	return app.Header().Class("topbar").Body(
		app.A().Class("brand").Href("/").Aria("label", "Irum 이름").Body(app.Raw(mark),
			app.Span().Class(narrowInside(inside)).Text("Irum "), app.Span().Class("hangul").Text("이름")),
		app.If(inside && session.Project != nil, func() app.UI {
			return app.Div().Class("crumb").Body(
				app.Span().Aria("hidden", "true").Text("/"), app.B().Class("cut").Title(session.Project.Name).Text(session.Project.Name),
				app.Span().Class("only-wide").Body(ui.Tag(i18n.T("task."+string(session.Project.Task)), "")), placeTag(session.Now.Place))
		}),
		app.Span().Class("grow"),
		r.waitingTag(),
		app.If(inside && session.Visits(), func() app.UI {
			return ui.LinkButton(i18n.T("demo.own"), "plus", "primary small", "/?new=")
		}),
		app.If(r.update, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("action.reload"), Small: true, Kind: "primary", On: func(ctx app.Context) { ctx.Reload() }})
		}),
		app.If(inside && r.credits != nil && !session.Visits(), func() app.UI {
			text := i18n.T("credits.balance", "n", r.credits.Balance)
			if t := r.credits.Trial; t != nil && !t.Ended {
				text += " · " + i18n.N("credits.trial.days", t.DaysLeft)
			}
			return app.Span().Class("only-wide").Body(ui.Tag(text, "", "coins"))
		}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("language.switch"), Icon: "language", IconOnly: true, Kind: "quiet", On: session.ToggleLanguage}),
		ui.Button(ui.ButtonSpec{Label: theme, Icon: icon, IconOnly: true, Kind: "quiet", On: session.ToggleTheme}),
		r.who(),
	)
}

func narrowInside(inside bool) string {
	if inside {
		return "only-wide"
	}
	return "name"
}

func (r *Root) rail() app.UI {
	items := []struct{ screen, icon, label string }{
		{"images", "grid", i18n.T("nav.images")},
		{"annotate", "tag", i18n.T("nav.annotate")},
		{"work", "team", i18n.T("nav.work")},
		{"clusters", "clusters", i18n.T("nav.clusters")},
		{"map", "map", i18n.T("nav.map")},
		{"review", "review", i18n.T("nav.review")},
		{"exports", "archive", i18n.T("nav.exports")},
		{"ai", "spark", i18n.T("nav.ai")},
		{"analytics", "chart", i18n.T("nav.analytics")},
		{"settings", "settings", i18n.T("nav.settings")},
	}
	items = slices.DeleteFunc(items, func(i struct{ screen, icon, label string }) bool {
		switch i.screen {
		case "clusters": // boxes are not given to groups of images
			return session.Project != nil && session.Project.Task == domain.TaskBoxes || session.OnlyLooks()
		case "annotate", "review", "settings":
			return session.OnlyLooks()
		case "work": // nobody shares work alone
			return !session.Team() || !session.May(domain.RightLabel)
		}
		return false
	})
	count := func(screen string) int {
		if session.Project == nil {
			return 0
		}
		switch screen {
		case "images":
			return session.Project.Counts.Assets
		case "review":
			return session.Project.Counts.Auto
		}
		return 0
	}
	return app.Nav().Class("rail").Aria("label", i18n.T("nav.project")).Body(
		app.Range(items).Slice(func(i int) app.UI {
			it := items[i]
			a := app.A().Href(session.At(it.screen, "").Path()).Body(ui.Icon(it.icon), app.Span().Text(it.label),
				app.If(count(it.screen) > 0, func() app.UI { return app.Span().Class("count").Text(i18n.Number(count(it.screen))) }))
			if session.Now.Screen == it.screen || inside[session.Now.Screen] == it.screen {
				a = a.Aria("current", "page")
			}
			return a
		}),
		app.If(session.Project != nil && session.Project.Counts.Assets > 0, r.summary),
	)
}

// inside names, of the screens that the rail does not list, the one that leads to them.
var inside = map[string]string{"suspects": "ai", "queue": "work", "disputes": "work", "check": "images"}

// summary draws how far the project is.
func (r *Root) summary() app.UI {
	c := session.Project.Counts
	all := float64(c.Assets)
	text := i18n.T("summary.labelled", "n", c.Labelled, "total", c.Assets)
	return app.Div().Class("summary").Body(
		ui.Bar(text, ui.Part{Share: float64(c.Labelled) / all, Class: "done"}, ui.Part{Share: float64(c.Auto) / all, Class: "auto"}, ui.Part{Share: float64(c.Skipped) / all, Class: "skipped"}),
		app.Span().Text(text),
		app.If(c.Auto > 0, func() app.UI { return app.Span().Text(i18n.T("summary.auto", "n", c.Auto)) }),
		app.If(session.Now.Place == platform.Device, func() app.UI {
			return app.Span().Class("row").Title(i18n.T("network.sent_hint")).Body(ui.Icon("lock"), app.Span().Text(i18n.T("network.sent")))
		}),
	)
}
