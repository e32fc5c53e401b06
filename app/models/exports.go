// Package models shows Label Exports, trains Custom Auto-Label AIs from them, and shows, compares and applies the models.
package models

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Exports is the screen of Label Exports.
type Exports struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what a dialog or menu begins may end after it is gone
	list    []domain.Export
	loaded  bool
	failure error
	adding  bool
	saving  bool
	problem error
	name    string
	train   *trainDialog
	out     *downloadDialog
	host    *domain.Capabilities
}

// CompoID implements app.DismountEnforcer.
func (s *Exports) CompoID() string { return s.Key }

// OnMount loads the list.
func (s *Exports) OnMount(ctx app.Context) {
	s.ctx = ctx
	s.load(ctx)
	ctx.Handle(session.ActionAccount, func(app.Context, app.Action) {}) // it tells what the person may
	askHost(ctx, &s.host)
}

func (s *Exports) load(app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.Export, error) { return c.Exports(ctx, project) },
		func(_ app.Context, list []domain.Export, err error) {
			s.list, s.failure, s.loaded = list, err, true
		})
}

// Render implements app.Composer.
func (s *Exports) Render() app.UI {
	lead := "lead"
	if s.host != nil && !learns(s.host) {
		lead = "lead_boxes"
	}
	return app.Div().Class("page").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("exports.title")), app.P().Text(i18n.T("exports."+lead))),
			app.If(session.May(domain.RightManage), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("exports.new"), Icon: "plus", On: s.startAdding})
			}),
		),
		s.body(),
		app.If(s.adding, s.addDialog),
		app.If(s.out != nil, func() app.UI { return s.out.render(func(app.Context) { s.out = nil }) }),
		app.If(s.train != nil, func() app.UI { return s.train.render(func(app.Context) { s.train = nil }) }),
	)
}

func (s *Exports) body() app.UI {
	switch {
	case s.failure != nil:
		return ui.Failed(s.failure, s.load)
	case !s.loaded:
		return ui.Loading()
	case len(s.list) == 0:
		return app.Div().Class("card").Body(ui.Empty("archive", i18n.T("exports.empty"), i18n.T("exports.empty_text"),
			ui.Button(ui.ButtonSpec{Label: i18n.T("exports.new"), Icon: "plus", Kind: "primary", On: s.startAdding}),
			ui.LinkButton(i18n.T("nav.annotate"), "tag", "", session.At("annotate", "").Path())))
	}
	return app.Ul().Class("exports").Body(app.Range(s.list).Slice(func(i int) app.UI { return s.row(s.list[i]) }))
}

func (s *Exports) row(e domain.Export) app.UI {
	return app.Li().Class("card", "export").Body(
		app.Div().Class("what").Body(
			app.H2().Class("cut").Text(e.Name),
			app.Div().Class("row", "wrap", "small", "muted").Body(
				app.Span().Text(e.CreatedAt.Local().Format("2006-01-02 15:04")),
				app.Button().Type("button").Class("sha").Title(i18n.T("exports.sha", "sha", e.SHA256)).
					OnClick(func(ctx app.Context, _ app.Event) { copySHA(ctx, e.SHA256) }, app.EventScope(e.ID)).
					Body(app.Code().Text(e.SHA256[:min(12, len(e.SHA256))])),
			),
		),
		app.Div().Class("metrics").Body(
			figure(i18n.T("exports.items"), i18n.Number(e.Items)),
			figure(i18n.T("exports.labelled"), i18n.Number(e.Labelled)),
		),
		classShares(e),
		app.Div().Class("actions").Body(
			app.If(session.May(domain.RightManage), func() app.UI { return s.downloads(e) }),
			app.If(session.May(domain.RightManage) && learns(s.host), func() app.UI { return s.trainButton(e) }),
		),
	)
}

func (s *Exports) trainButton(e domain.Export) app.UI {
	return ui.Button(ui.ButtonSpec{Label: i18n.T("exports.train"), Icon: "spark", Kind: "primary", Scope: e.ID, Disabled: e.Labelled == 0, On: func(app.Context) {
		s.train = newTrainDialog(s.ctx, e, func(ctx app.Context) { ctx.Navigate(session.At("ai", "").Path()) })
	}})
}

func figure(name, value string) app.UI {
	return app.Div().Class("metric").Body(app.Span().Class("value").Text(value), app.Span().Class("name").Text(name))
}

// classShares draws how many labelled images each class has.
func classShares(e domain.Export) app.UI {
	most := 1
	for _, n := range e.ByClass {
		most = max(most, n)
	}
	var rows []domain.Class
	for _, c := range classesOf(e) {
		rows = append(rows, c)
		if len(rows) == 12 {
			break
		}
	}
	return app.Ul().Class("shares").Aria("label", i18n.T("exports.classes")).Body(app.Range(rows).Slice(func(i int) app.UI {
		n := e.ByClass[rows[i].ID]
		return app.Li().Title(rows[i].Name+": "+i18n.Number(n)).Body(
			app.Span().Class("column", ui.ColorClass(rows[i].Color)).Body(column(float64(n)/float64(most))),
			app.Span().Class("cut").Text(rows[i].Name), app.Span().Class("visually-hidden").Text(i18n.Number(n)))
	}))
}

func classesOf(e domain.Export) []domain.Class {
	var out []domain.Class
	if session.Project != nil {
		for _, c := range session.Project.Classes {
			if e.ByClass[c.ID] > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

func download(ctx app.Context, path, name string) {
	place := session.Now.Place
	session.Do(ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, platform.Current.Download(ctx, place, path, name)
	}, func(ctx app.Context, _ struct{}, err error) {
		if err != nil {
			ui.ToastError(ctx, err)
		}
	})
}

func copySHA(ctx app.Context, sha string) {
	if clipboard := app.Window().Get("navigator").Get("clipboard"); clipboard.Truthy() {
		clipboard.Call("writeText", sha)
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("exports.copied")})
	}
}

func (s *Exports) startAdding(_ app.Context) {
	s.adding, s.problem, s.name = true, nil, i18n.T("exports.name_default", "n", len(s.list)+1)
}

func (s *Exports) addDialog() app.UI {
	return &ui.Dialog{
		Title: i18n.T("exports.new"), OnClose: func(app.Context) { s.adding = false },
		Content: func() []app.UI {
			return []app.UI{
				ui.Field("export-name", i18n.T("exports.name"), i18n.T("exports.new_hint"), "", ui.Input("export-name", s.name, "", func(v string) { s.name = v })),
				app.If(s.problem != nil, func() app.UI { return ui.Failed(s.problem, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: func(app.Context) { s.adding = false }}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("exports.create"), Kind: "primary", Disabled: s.saving, On: s.add}),
			}
		},
	}
}

func (s *Exports) add(app.Context) {
	s.saving = true
	c, project, name := session.Client(), session.Now.Project, s.name
	session.Do(s.ctx, func(ctx context.Context) (domain.Export, error) {
		return c.CreateExport(ctx, project, name, domain.Filter{})
	}, func(ctx app.Context, _ domain.Export, err error) {
		s.saving, s.problem = false, err
		if err == nil {
			s.adding = false
			s.load(ctx)
		}
	})
}
