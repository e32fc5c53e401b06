package home

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// card is a project with the place it is in.
type card struct {
	place   platform.Place
	project domain.Project
}

func (c card) route(screen string) session.Route {
	return session.Route{Place: c.place, Project: c.project.ID, Screen: screen}
}

// shownClasses is how many classes a card names.
const shownClasses = 8

func (s *Screen) card(c card) app.UI {
	counts := c.project.Counts
	icon, tone := "device", "jade"
	if c.place == platform.Server {
		icon, tone = "server", ""
	}
	var classes []domain.Class
	for _, class := range c.project.Classes {
		if !class.Archived {
			classes = append(classes, class)
		}
	}
	return app.Li().Class("card", "project-card").Body(
		app.Div().Class("row").Body(
			app.H2().Class("grow", "cut").Body(app.A().Class("cover").Href(c.route("images").Path()).Title(c.project.Name).Text(c.project.Name)),
			app.If(c.place != platform.Server || session.MayIn(c.project.Workspace, domain.RightManage), func() app.UI {
				return &ui.Menu{Label: i18n.T("home.card.menu", "name", c.project.Name), Icon: "more", IconOnly: true, Kind: "quiet", Small: true, Items: []ui.MenuItem{
					{Label: i18n.T("nav.annotate"), Icon: "tag", On: func(ctx app.Context) { ctx.Navigate(c.route("annotate").Path()) }},
					{Label: i18n.T("nav.settings"), Icon: "settings", On: func(ctx app.Context) { ctx.Navigate(c.route("settings").Path()) }},
					{Label: i18n.T("home.delete"), Icon: "trash", Danger: true, On: func(ctx app.Context) {
						s.doomed, s.typed, s.dialog, s.failure = c, "", "delete", nil
					}},
				}}
			}),
		),
		app.Div().Class("row", "wrap").Body(
			ui.Tag(i18n.T("place."+string(c.place)), tone, icon),
			ui.Tag(i18n.T("task."+string(c.project.Task)), "")),
		progress(counts),
		app.Div().Class("swatches").Body(
			app.Range(classes[:min(len(classes), shownClasses)]).Slice(func(i int) app.UI { return ui.ClassName(classes[i]) }),
			app.If(len(classes) > shownClasses, func() app.UI { return app.Span().Class("muted").Text(fmt.Sprintf("+%d", len(classes)-shownClasses)) }),
			app.If(len(classes) == 0, func() app.UI { return app.Span().Class("muted").Text(i18n.T("home.card.no_classes")) }),
		),
		app.Span().Class("small", "muted", "made").Text(i18n.T("home.card.made", "when", day(c.project.CreatedAt))),
	)
}

// day writes a date so that it reads the same in every language.
func day(t time.Time) string { return t.Local().Format("2006-01-02") }

func progress(c domain.Counts) app.UI {
	all := float64(max(c.Assets, 1))
	text := i18n.T("summary.labelled", "n", c.Labelled, "total", c.Assets)
	return app.Div().Class("card-progress").Body(
		ui.Bar(text, ui.Part{Share: float64(c.Labelled) / all, Class: "done"}, ui.Part{Share: float64(c.Auto) / all, Class: "auto"}, ui.Part{Share: float64(c.Skipped) / all, Class: "skipped"}),
		app.Div().Class("row", "between", "small").Body(
			app.Span().Class("muted").Text(countText(c)),
			app.If(c.Auto > 0, func() app.UI { return ui.Tag(i18n.T("summary.auto", "n", c.Auto), "violet", "spark") }),
		),
	)
}

func countText(c domain.Counts) string {
	if c.Assets == 0 {
		return i18n.T("home.card.empty")
	}
	return i18n.T("summary.labelled", "n", c.Labelled, "total", c.Assets)
}

func (s *Screen) deleteDialog() app.UI {
	c := s.doomed
	sure := strings.TrimSpace(s.typed) == strings.TrimSpace(c.project.Name)
	return &ui.Dialog{
		Title: i18n.T("home.delete.title", "name", c.project.Name), OnClose: s.closeDialog,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Text(i18n.N("home.delete.text", c.project.Counts.Assets) + " " + i18n.T("place."+string(c.place)+"_hint") + "."),
				ui.Field("delete-name", i18n.T("home.delete.type"), c.project.Name, "", ui.Input("delete-name", s.typed, "", func(v string) { s.typed = v })),
				app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("home.delete"), Icon: "trash", Kind: "danger", Disabled: !sure || s.busy, On: s.delete}),
			}
		},
	}
}

func (s *Screen) delete(ctx app.Context) {
	if s.busy {
		return
	}
	s.busy, s.failure = true, nil
	c := s.doomed
	api := session.ClientOf(c.place)
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, api.DeleteProject(ctx, c.project.ID) },
		func(ctx app.Context, _ struct{}, err error) {
			s.busy = false
			if s.failure = err; err != nil {
				return
			}
			s.dialog = ""
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("home.deleted", "name", c.project.Name)})
			s.loadShelf(ctx, c.place)
		})
}
