package models

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// downloads lists the formats that hold this project's labels.
func (s *Exports) downloads(e domain.Export) app.UI {
	var items []ui.MenuItem
	for _, f := range domain.Formats {
		if session.Project != nil && !f.Holds(session.Project.Task) {
			continue
		}
		items = append(items, ui.MenuItem{Label: i18n.T("format." + f.Name), Icon: "file", On: func(app.Context) {
			s.out = newDownloadDialog(s.ctx, e, f)
		}})
	}
	return &ui.Menu{Label: i18n.T("exports.download"), Icon: "download", Items: items}
}

// downloadDialog says what a format does not hold of an export, before it is downloaded.
type downloadDialog struct {
	ctx     app.Context
	export  domain.Export
	format  domain.Format
	check   *domain.ExportCheck // nil until it is there
	failure error
}

func newDownloadDialog(ctx app.Context, e domain.Export, f domain.Format) *downloadDialog {
	d := &downloadDialog{ctx: ctx, export: e, format: f}
	d.start(ctx)
	return d
}

func (d *downloadDialog) start(app.Context) {
	d.failure = nil
	c, project := session.Client(), session.Now.Project
	session.Do(d.ctx, func(ctx context.Context) (domain.ExportCheck, error) {
		return c.CheckExport(ctx, project, d.export.ID, d.format.Name)
	}, func(_ app.Context, check domain.ExportCheck, err error) {
		if d.failure = err; err == nil {
			d.check = &check
		}
	})
}

func (d *downloadDialog) render(over ui.Handler) app.UI {
	return &ui.Dialog{
		Key: d.format.Name, Title: i18n.T("download.title", "format", i18n.T("format."+d.format.Name)), OnClose: over,
		Content: d.content,
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: over}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("download.do"), Icon: "download", Kind: "primary", On: func(ctx app.Context) {
					download(d.ctx, client.DownloadPath(session.Now.Project, d.export.ID, d.format.Name), d.export.Name+d.format.Ending)
					over(ctx)
				}}),
			}
		},
	}
}

func (d *downloadDialog) content() []app.UI {
	out := []app.UI{app.P().Class("muted").Text(i18n.T("format." + d.format.Name + "_hint"))}
	switch {
	case d.failure != nil:
		return append(out, ui.Failed(d.failure, d.start))
	case d.check == nil:
		return append(out, app.Div().Class("loading").Role("status").Body(app.Div().Class("spinner"), app.Span().Text(i18n.T("download.checking"))))
	}
	tone, text := "info", i18n.N("download.same", d.check.Same)
	if d.check.Same < d.check.Items {
		tone, text = "warn", i18n.T("download.some", "n", i18n.Number(d.check.Same), "all", i18n.Number(d.check.Items))
	}
	out = append(out, ui.Notice(tone, text))
	if losses := d.check.Losses; len(losses) > 0 {
		out = append(out, app.Div().Class("field").Body(
			app.H3().Class("label").ID("losses").Text(i18n.T("download.losses")),
			app.Ul().Class("losses").Aria("labelledby", "losses").Body(app.Range(losses).Slice(func(i int) app.UI { return lossRow(losses[i]) })),
		))
	}
	if d.format.Name != "json" {
		out = append(out, app.P().Class("muted", "small").Text(i18n.T("download.history")))
	}
	return out
}

func lossRow(l domain.Loss) app.UI {
	text := i18n.N("download.loss."+l.Code, l.Count)
	if l.Code == "rounded" {
		text = i18n.T("download.loss.rounded", "n", i18n.Number(l.Count), "px", l.Example)
	}
	return app.Li().Body(
		app.Span().Text(text),
		app.If(l.Example != "" && l.Code != "rounded", func() app.UI {
			return app.Span().Class("example").Text(i18n.T("download.example", "example", l.Example))
		}),
	)
}
